"""Clocks that are wrong, differ between runs, and jump in the middle of one."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.drills.campaign import NAME, RUN, Campaign, Command, ended, until
from benchmarks.drills.judge import Place, Verdict, Watch, judge, redone

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
    """A killed run, a rerun, a second run and a third at other times, each clock jumping once as it works."""
    folder = campaign.folder / f"clock-{number}"
    folder.mkdir()
    offset, log = folder / "offset", folder / "edits.jsonl"
    place = Place(str(folder / "workspace"), RUN, str(folder / "published"), NAME)
    command = Command(campaign.manifest, place, log, seconds=0.1, environment=skewed(folder, offset))
    watch, killed, notes, verdict = Watch(place), 0, [], Verdict()
    for turn, run in enumerate((RUN, RUN, "second", "third")):
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
        if turn and done.code:
            notes.append(
                f"{run}, off by {before} s, then {after} s, ended with {done.code}: {done.output[-400:]}"
            )
    for run in (RUN, "second", "third"):
        verdict += judge(replace(place, run_id=run), campaign.truth, watch)
    return verdict + Verdict(lost=len(notes), redone=redone(log), killed=killed, notes=tuple(notes))
