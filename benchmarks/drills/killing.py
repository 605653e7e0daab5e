"""kill -9 of the command, of a worker, of all of them, at random times; then the same command again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.drills.campaign import NAME, RUN, Campaign, Command, ended, until, workers
from benchmarks.drills.judge import Place, Verdict, Watch, judge

VICTIMS = ("command", "worker", "all")
_SECONDS = 0.15  # an edit takes


def kill_cli(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """One run in which each kind of victim is killed once, in random order."""
    folder = campaign.folder / f"kill-{number}"
    place = Place(str(folder / "workspace"), RUN, str(folder / "published"), NAME)
    log = folder / "edits.jsonl"
    folder.mkdir()
    command = Command(campaign.manifest, place, log, seconds=_SECONDS)
    watch, killed, notes = Watch(place), 0, []
    # Each kill comes after so many further edits, so that it falls into the work, wherever it is by then.
    share = campaign.images // (len(VICTIMS) + 1)
    victims = rng.sample(VICTIMS, len(VICTIMS))
    process = command.start()
    for victim in victims:
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
    last = command.run()
    if last.code:
        notes.append(f"the last run ended with {last.code}: {last.output[-300:]}")
    verdict = judge(place, campaign.truth, watch, edits=log, killed=killed)
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
