"""Several publishers at once, and the same command started twice at once."""

from __future__ import annotations

import itertools
import os
import random
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from benchmarks.drills.bucket import Bucket, FaultProxy, client_of, emulator
from benchmarks.drills.campaign import NAME, RUN, Campaign, Command, Done, ended
from benchmarks.drills.judge import Place, Truth, Verdict, Watch, judge, redone
from localizer.errors import TransientError
from localizer.release import publish, read_current, verify_release
from localizer.workspace import Workspace

_RATES = (0.0, 0.1)
_ROUNDS = 20


def publish_race(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """2 and 8 publishers at once, of one run and of two, at a sound and a failing bucket; losers retry."""
    folder = campaign.folder / f"race-{number}"
    folder.mkdir()
    pair = TwoRuns(campaign, folder)
    total = Verdict()
    with emulator() as url:
        bucket = Bucket(url)
        for count, runs, rate in itertools.product((2, 8), (1, 2), _RATES):
            with FaultProxy(url, rate=rate, seed=str(rng.random())) as proxy:
                place = replace(pair.new, publish=bucket.uri(f"{count}-{runs}-{rate}"), client=bucket.client)
                ids = (
                    [place.run_id] * count if runs == 1 else [pair.new.run_id, pair.old.run_id] * (count // 2)
                )
                total += _raced(pair, place, ids, proxy)
    return total


class TwoRuns:
    """Runs of half and of all images in one workspace, edited and approved; published one after the other."""

    def __init__(self, campaign: Campaign, folder: Path, *, most: int = 64) -> None:
        rows = campaign.manifest.read_text().splitlines(keepends=True)[: most + 1]
        at = Place(str(folder / "workspace"), "", str(folder / "published"), NAME)
        self.old, self.new = replace(at, run_id="old"), replace(at, run_id="new")
        self.truths = {}
        for place, count in ((self.old, len(rows) // 2), (self.new, len(rows))):
            manifest = folder / f"{place.run_id}.csv"
            manifest.write_text("".join(rows[:count]))
            root = ("--image-root", str(campaign.manifest.parent))
            done = Command(manifest, place, options=root).run()
            if done.code:
                raise RuntimeError(done.output)
            pointer = read_current(place.publish, NAME)
            self.truths[pointer.release_id if pointer else ""] = place.run_id, Truth.of(place)


def _raced(pair: TwoRuns, place: Place, runs: Sequence[str], proxy: FaultProxy) -> Verdict:
    for _ in range(_ROUNDS):
        lost = _at_once([lambda run=run: _published(place, run, proxy.url) for run in runs])
        runs = [run for run, again in zip(runs, lost, strict=True) if again]
        if not runs:
            break
    odd = [f"{len(runs)} publishers never got through"] if runs else []
    pointer = read_current(place.publish, NAME, client=place.client)
    if pointer is None or pointer.release_id not in pair.truths:
        return Verdict(jobs=1, wrong=1, notes=(f"the pointer is {pointer}",))
    for release in {pointer.release_id, pointer.previous} - {None}:
        verify_release(place.publish, NAME, str(release), client=place.client, read_all=True)
    run, truth = pair.truths[pointer.release_id]
    folder = place.publish.removeprefix(f"gs://{place.published.uri.split('/')[2]}/")
    verdict = judge(replace(place, run_id=run), truth, creates=proxy.images(f"{folder}/"))
    return verdict + Verdict(wrong=len(odd), notes=tuple(odd))


def _published(place: Place, run: str, url: str) -> bool:
    """Publish; whether it has to be tried again."""
    workspace = Workspace.open(place.workspace)
    try:
        publish(
            workspace.run(run),
            workspace=workspace,
            publish_uri=place.publish,
            campaign=NAME,
            client=client_of(url),
        )
    except TransientError:
        return True
    return False


def _at_once(works: Sequence[Callable[[], bool]]) -> list[bool]:
    """Each in a fork of this process, all set off together; what each said."""
    sys.stdout.flush()
    sys.stderr.flush()
    wait_here, go = os.pipe()
    children = []
    for work in works:
        pid = os.fork()
        if not pid:
            try:
                os.close(go)
                os.read(wait_here, 1)  # until the parent closes the other end
                os._exit(10 if work() else 0)
            except BaseException:  # noqa: BLE001 - a child of this fork must not go on as its parent
                sys.excepthook(*sys.exc_info())
                os._exit(1)
        children.append(pid)
    os.close(go)
    os.close(wait_here)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    if set(codes) - {0, 10}:
        raise RuntimeError(f"publishers ended with {codes}; their errors stand above")
    return [code == 10 for code in codes]


def double_trigger(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """The same command twice at once: with one run id, with two, in a folder and in a bucket."""
    total = Verdict()
    for kind, runs in itertools.product(("folder", "bucket"), ((RUN, RUN), (RUN, "other"))):
        total += triggered_twice(campaign, f"twice-{number}-{kind}-{len(set(runs))}", kind, runs)
    return total


def triggered_twice(campaign: Campaign, name: str, kind: str, runs: Sequence[str]) -> Verdict:
    log = campaign.folder / f"{name}.jsonl"
    server: AbstractContextManager[str] = emulator() if kind == "bucket" else nullcontext("")
    with server as url, FaultProxy(url) as proxy:
        environment = {"STORAGE_EMULATOR_HOST": proxy.url} if url else {}
        if url:
            bucket = Bucket(url)
            at = Place(bucket.uri("workspace"), "", bucket.uri("published"), NAME, bucket.client)
        else:
            at = Place(str(campaign.folder / name), "", str(campaign.folder / f"{name}-published"), NAME)
        places = [replace(at, run_id=run) for run in runs]
        commands = [
            Command(campaign.manifest, place, log, seconds=0.05, environment=environment) for place in places
        ]
        watch = Watch(at)
        started = [command.start() for command in commands]
        notes = []
        for command, done in zip(commands, [ended(process) for process in started], strict=True):
            notes += _after(command, done)
        verdict = Verdict()
        for place in dict.fromkeys(places):
            verdict += judge(place, campaign.truth, watch, creates=proxy.images("published/"))
        return verdict + Verdict(redone=redone(log), notes=tuple(notes))


def _after(command: Command, done: Done) -> list[str]:
    """One that lost against the other says so, and does it again."""
    if done.code == 0:
        return []
    told = [f"{command.place.run_id} ended with {done.code}: {done.output.strip()[-300:]}"]
    again = command.run()
    return told if again.code == 0 else [*told, f"and again: {again.output.strip()[-300:]}"]
