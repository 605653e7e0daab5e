"""Clocks that are wrong, differ between runs, and jump in the middle of one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.drills.campaign import NAME, RUN, Campaign, Command, ended, until
from benchmarks.drills.judge import Place, Truth, Verdict, Watch, judge, redone

_SOURCE = Path(__file__).with_name("skewed_clock.c")
_DAY = 86_400
_SKEWS = (2 * _DAY, -2 * _DAY, 400 * _DAY, -400 * _DAY, 90, -90)


class NoCompiler(Exception):
    """There is no C compiler (Debian: apt-get install gcc libc6-dev)."""


def skewed(folder: Path, offset: Path) -> Mapping[str, str]:
    """Environment in which the wall clock of processes is off by the seconds that a file holds.

    Files keep the times that the file system gives them, as on a server whose clock is right.

    Raises:
        NoCompiler: the shim cannot be built here.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler(NoCompiler.__doc__)
    library = folder / "skewed_clock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, _SOURCE, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "SKEWED_CLOCK": str(offset)}


def clock_skew(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """A killed run and three more, each at another time and jumping; two pictures change places between."""
    folder = campaign.folder / f"clock-{number}"
    images = folder / "images"
    shutil.copytree(campaign.manifest.parent / "images", images)
    offset, log = folder / "offset", folder / "edits.jsonl"
    place = Place(str(folder / "workspace"), RUN, str(folder / "published"), NAME)
    command = Command(
        campaign.manifest,
        place,
        log,
        seconds=0.1,
        environment=skewed(folder, offset),
        options=("--image-root", str(folder)),
    )
    watch, killed, notes, verdict = Watch(place), 0, [], Verdict()
    truth = campaign.truth
    for turn, run in enumerate((RUN, RUN, "second", "third")):
        if run == "third":
            truth = _swapped(truth, images, rng)
        at = replace(place, run_id=run)
        before, after = rng.choice(_SKEWS), rng.choice(_SKEWS)
        offset.write_text(str(before))
        process = replace(command, place=at).start()
        begun = command.begun() + campaign.images // 3
        if until(lambda begun=begun: command.begun() >= begun, process):
            offset.write_text(str(after))
            if turn == 0:
                killed += command.jobs
                process.kill()
        done = ended(process)
        watch.look()
        if turn:
            verdict += judge(at, truth, watch)
            if done.code:
                notes.append(
                    f"{run}, off by {before} s, then {after} s, ended with {done.code}: {done.output}"
                )
    return verdict + Verdict(lost=len(notes), redone=redone(log), killed=killed, notes=tuple(notes))


def _swapped(truth: Truth, images: Path, rng: random.Random) -> Truth:
    """Let two pictures that pass change places, keeping their dates, as a careless copy does."""
    passing = [slot for slot, (status, _) in truth.rows.items() if status == "passed"]
    first, second = rng.sample(passing, 2)
    files = [next(images.rglob(f"{asset}.*")) for asset, _ in (first, second)]
    contents = [(file.read_bytes(), file.stat()) for file in files]
    for file, (data, _), (_, facts) in zip(files, reversed(contents), contents, strict=True):
        file.write_bytes(data)
        os.utime(file, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    rows = {**truth.rows, first: truth.rows[second], second: truth.rows[first]}
    paths = [next(path for path in truth.images if f"/{asset}." in path) for asset, _ in (first, second)]
    published = dict(truth.images)
    published |= {paths[0]: truth.images[paths[1]], paths[1]: truth.images[paths[0]]}
    return Truth(rows, published)
