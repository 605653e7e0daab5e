"""A disk that is full in the middle of a run, under the workspace or under the publish target."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.drills.campaign import NAME, RUN, Campaign, Command
from benchmarks.drills.judge import Place, Verdict, Watch, judge
from localizer.workspace import Workspace

_PAGE = 4096
_SAYS = "No space left on device"


class CannotMount(Exception):
    """No small file system can be had here: that takes root and the right to mount."""


def disk_full(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """A disk with room for a part of the workspace, then of the release; then it is made larger."""
    return _full(campaign, f"workspace-{number}", rng) + _full(campaign, f"target-{number}", rng)


def _full(campaign: Campaign, name: str, rng: random.Random) -> Verdict:
    where = "truth" if name.startswith("workspace") else "truth-published"
    needed = _pages(campaign.folder / where)
    size = int(needed * rng.uniform(0.15, 0.85)) * _PAGE
    disk, folder = campaign.folder / f"disk-{name}", campaign.folder / f"full-{name}"
    folder.mkdir()
    log = folder / "edits.jsonl"
    on_disk, beside = str(disk / "here"), str(folder / "there")
    workspace, publish = (on_disk, beside) if where == "truth" else (beside, on_disk)
    place = Place(workspace, RUN, publish, NAME)
    command = Command(campaign.manifest, place, log)
    with small_disk(disk, size) as grow:
        watch, notes, wrong = Watch(place), [], 0
        first = command.run()
        watch.look()
        if _SAYS not in first.output or not first.code:
            notes.append(f"{name}: ended with {first.code} and said: {first.output.strip()[-500:]}")
            wrong += 1
        if half := _half_written(campaign, place):
            notes.append(f"{name}: counts as results: {half}")
            wrong += len(half)
        grow()
        last = command.run()
        if last.code:
            notes.append(f"{name}: then ended with {last.code}: {last.output.strip()[-300:]}")
        # The run ends at once, and what its workers are doing then has nowhere to go.
        verdict = judge(place, campaign.truth, watch, edits=log, killed=command.jobs)
    return verdict + Verdict(wrong=wrong, notes=tuple(notes))


def _half_written(campaign: Campaign, place: Place) -> list[str]:
    """Results that the workspace believes in and that are not those of the undisturbed run."""
    workspace, truth = Workspace.open(place.workspace), {sha for _, sha in campaign.truth.rows.values()}
    keys = {name.split("/")[1] for name in workspace.storage.names("jobs/")}
    found = [workspace.load_result(key) for key in keys]
    return [r.job for r in found if r is not None and r.delivered_sha256 not in truth]


def _pages(folder: Path) -> int:
    return sum(-(-path.stat().st_size // _PAGE) for path in folder.rglob("*") if path.is_file())


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """A file system of so many bytes; gives what makes it large.

    Raises:
        CannotMount: not root, or not allowed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid():
        raise CannotMount("mounting a small file system takes root")
    made = _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    if made.returncode:
        raise CannotMount(made.stderr.strip())
    try:
        yield lambda: _mount("-o", "remount,size=1g", str(folder)).check_returncode()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
