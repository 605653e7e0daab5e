"""Cut a plan into shards: contiguous ranges of its jobs, each the work of one task.

Before, every job is looked up. What is known needs no task: it goes into shard files at once, so a run in
which nothing changed maps nothing.

The size of a shard comes from what an image took in earlier runs (`localizer.pace`). A task costs some
seconds before its first image (a process, imports, models), so a shard should take minutes; and the last
shards are smaller, so that no task works on alone while the others have nothing left to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from localizer.pipeline import known_result
from localizer.runs.shard_files import ShardSeries
from localizer.workers.waiting import looked_up

if TYPE_CHECKING:
    from localizer.model import Job, JobResult
    from localizer.plan_files import PlanReader
    from localizer.runs import Run
    from localizer.workspace import Workspace

ONE_TASK_AN_IMAGE_UP_TO = 64
"""Few images: one task each shows best what becomes of them, unless an image is quicker than its task."""

TASK_S = 180.0
"""What a shard should take."""

SHORTEST_TASK_S = 60.0
"""What the last shards should take; less, and tasks cost more than their images."""

QUICK_S = 1.0
"""An image that takes less gets no task of its own, which costs a third of a second of CPU alone."""

_SMALLEST = 20
_UNMEASURED = 50, 150  # while nothing was measured: the last shards, if there are many, and the first
_MOST = 500
_TASKS_AT_ONCE = 4  # as the pool of the compose file allows; decides only how the end is cut
_LOOK_UP_S = 0.01  # for a known job between others; it is looked up again by the task
_GUESS_S = 2.0  # an image, to weigh that against, while nothing was measured
_LABEL = 60  # characters of a job's label


@dataclass(frozen=True, slots=True)
class Shard:
    """Jobs ``start`` up to ``stop`` of the plan."""

    name: str
    start: int
    stop: int
    label: str


Watch = Callable[["Job", "JobResult | None"], None]
"""Called with each job of a plan and its known result, in order."""


def look_up(plan: PlanReader, workspace: Workspace, watch: Watch) -> bytearray:
    """Look every job up, many at a time.

    Returns:
        One byte a job: 1 where its result is known.

    Raises:
        StorageUnavailable: the workspace did not answer.
    """
    known = bytearray(plan.count)
    found = looked_up(plan.jobs(), lambda job: known_result(job, workspace=workspace))
    for index, (job, result) in enumerate(found):
        known[index] = result is not None
        watch(job, result)
    return known


def save_known(run: Run, plan: PlanReader, workspace: Workspace, watch: Watch | None = None) -> bytearray:
    """Like `look_up`, and save what is known as results of the run."""
    with ShardSeries(run, "known") as series:

        def save(job: Job, result: JobResult | None) -> None:
            if result is not None:
                series.add(result)
            if watch is not None:
                watch(job, result)

        return look_up(plan, workspace, save)


def cut(
    plan: PlanReader,
    known: bytearray,
    *,
    most: int,
    seconds: float | None = None,
    together: int = 0,
    processes: int = 1,
) -> list[Shard]:
    """The shards of the jobs that are not known. Known ones between them ride along, as far as that is cheap.

    Args:
        most: shards; Airflow maps no more.
        seconds: that an image took in earlier runs, if there were any.
        together: jobs that the engine lets wait side by side in one task.
        processes: that a task uses for an engine that computes.
    """
    ranges = shard_ranges(known, most=most, seconds=seconds, together=together, processes=processes)
    return [
        Shard(f"{number:04d}", start, stop, label)
        for number, ((start, stop), label) in enumerate(zip(ranges, _labels(plan, ranges), strict=True))
    ]


def shard_ranges(
    known: bytearray, *, most: int, seconds: float | None, together: int = 0, processes: int = 1
) -> list[tuple[int, int]]:
    """Start and stop of each shard; see `cut`."""
    aside = min(1.0, _LOOK_UP_S / (seconds or _GUESS_S))  # what a known job weighs; an unknown one weighs 1
    unknown = known.count(0)
    left = unknown + aside * (len(known) - unknown)
    smallest, largest = _sizes(unknown, seconds, together, processes)
    fewest = left / most  # shards that weigh at least this are not more than `most`
    ranges: list[tuple[int, int]] = []
    start, stop, weight, size = -1, -1, 0.0, 0.0
    for index, is_known in enumerate(known):
        if not is_known:
            if start >= 0 and weight >= size:
                ranges.append((start, stop))
                start = -1
            if start < 0:
                start, weight = index, 0.0
                size = max(fewest, min(largest, max(smallest, left / _TASKS_AT_ONCE)))
            stop = index + 1
        step = aside if is_known else 1.0
        weight += step
        left -= step
    if start >= 0:
        ranges.append((start, stop))
    return ranges


def _sizes(unknown: int, seconds: float | None, together: int, processes: int) -> tuple[int, int]:
    """Fewest and most jobs a shard, as far as their number and pace say."""
    side_by_side = max(1, together or processes)
    if together > 1:
        smallest = max(_SMALLEST, together)  # fewer would leave a task's window half empty
        if seconds is None:
            return smallest, smallest
        return smallest, max(smallest, _within(TASK_S, seconds / side_by_side))
    if unknown <= ONE_TASK_AN_IMAGE_UP_TO and (seconds is None or seconds >= QUICK_S):
        return 1, 1
    if seconds is None:
        last, first = _UNMEASURED
        return min(max(-(-unknown // 16), _SMALLEST), last), first
    an_image = seconds / side_by_side
    return _within(SHORTEST_TASK_S, an_image), _within(TASK_S, an_image)


def _within(task_s: float, seconds: float) -> int:
    return int(min(max(task_s / seconds, 1), _MOST))


def _labels(plan: PlanReader, ranges: list[tuple[int, int]]) -> Iterator[str]:
    """What people see of each shard."""
    slots, place = plan.slots(), 0

    def at(index: int) -> str:
        nonlocal place
        _, asset, locale = next(islice(slots, index - place, None))
        place = index + 1
        label = f"{asset} · {locale}"
        return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"

    for start, stop in ranges:
        first = at(start)
        yield first if stop - start == 1 else f"{first} … {at(stop - 1)} ({stop - start})"
