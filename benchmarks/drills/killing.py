"""kill -9 of the command, of a worker, of all of them, at random times; then the same command again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from benchmarks.drills.bucket import Bucket, FaultProxy, emulator
from benchmarks.drills.campaign import NAME, RUN, Campaign, Command, ended, until, workers
from benchmarks.drills.judge import Place, Verdict, Watch, judge

VICTIMS = ("command", "worker", "all")
_SECONDS = 0.15  # an edit takes
_RATE = 0.1
_TRIES = 5


def kill_cli(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """The command, a worker, all of them: each is killed once in a run, in random order."""
    folder = campaign.folder / f"kill-{number}"
    place = Place(str(folder / "workspace"), RUN, str(folder / "published"), NAME)
    return _killed(campaign, Command(campaign.manifest, place, seconds=_SECONDS), folder, rng)


def kill_in_storm(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """The same, with everything in a bucket that spoils 10 % of all requests meanwhile."""
    with emulator() as url, FaultProxy(url, rate=_RATE, seed=str(rng.random())) as proxy:
        bucket = Bucket(url)
        place = Place(bucket.uri("workspace"), RUN, bucket.uri("published"), NAME, bucket.client)
        command = Command(
            campaign.manifest,
            place,
            seconds=_SECONDS,
            environment={"STORAGE_EMULATOR_HOST": proxy.url},
            module="benchmarks.drills.impatient",
        )
        return _killed(campaign, command, campaign.folder / f"storm-{number}", rng, proxy)


def _killed(
    campaign: Campaign, command: Command, folder: Path, rng: random.Random, proxy: FaultProxy | None = None
) -> Verdict:
    """Kill each kind of victim once in a run, then let the same command finish."""
    folder.mkdir()
    log = folder / "edits.jsonl"
    command = replace(command, log=log)
    watch, killed, notes = Watch(command.place), 0, []
    # Each kill comes after so many further edits, so that it falls into the work, wherever it is by then.
    share = campaign.images // (len(VICTIMS) + 1)
    process = command.start()
    for victim in rng.sample(VICTIMS, len(VICTIMS)):
        wanted = command.begun() + rng.randint(1, max(1, share))
        if process.poll() is not None:
            process = command.start()
        if not until(lambda wanted=wanted: command.begun() >= wanted, process):
            notes.append(f"ended before {victim} could be killed: {ended(process).output[-300:]}")
            break
        time.sleep(rng.random() * _SECONDS)
        killed += _kill(victim, process, log, rng)
        watch.look()
    ended(process)
    for _ in range(_TRIES):
        last = command.run()
        if last.code == 0 and not any(row["retryable"] for row in command.place.rows()):
            break
    else:
        notes.append(f"not done after {_TRIES} commands: {last.output[-300:]}")
    creates = proxy.images("published/") if proxy else None
    verdict = judge(command.place, campaign.truth, watch, edits=log, creates=creates, killed=killed)
    return verdict + Verdict(notes=tuple(notes))


def _kill(victim: str, process: subprocess.Popen[str], log: Path, rng: random.Random) -> int:
    """Kill, and wait until it is done; how many workers that cost."""
    at_work = workers(process, log)
    if victim == "worker":
        if at_work:
            os.kill(rng.choice(at_work), signal.SIGKILL)
        return min(1, len(at_work))
    if victim == "all":
        for pid in at_work:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    process.kill()
    ended(process)
    return len(at_work)
