"""What the runs of a workspace use of its result cache, and what of that they still need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from localizer.model import JobResult, Verdict, slot_of
from localizer.plan_files import PlanReader
from localizer.runs.amendments import Amendment, AmendmentTrail
from localizer.runs.decisions import DecisionTrail, LatestDecisions
from localizer.runs.merging import read_results
from localizer.runs.run import AMENDMENTS, DECISIONS, PLAN, PUBLISHED, RESULTS
from localizer.storage import ObjectInfo, Storage

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

UNFINISHED = "unfinished runs"
REVIEW = "runs that wait for review"
UNPUBLISHED = "approved, not published"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The records of one run, as listed.

    Attributes:
        folder: ``runs/<run>``.
        version: changes when any record of the run does.
    """

    folder: str
    plan: ObjectInfo | None
    results: ObjectInfo | None
    amendments: ObjectInfo | None
    decisions: ObjectInfo | None
    published: ObjectInfo | None
    shards_at: datetime
    newest: datetime
    version: tuple[int, int]

    @property
    def is_merged(self) -> bool:
        """Whether the results were gathered after the last of them came."""
        return self.results is not None and _at(self.results) >= max(self.shards_at, _at(self.plan))

    @property
    def is_reviewed(self) -> bool:
        return self.decisions is not None and _at(self.decisions) >= _at(self.results)

    @property
    def is_published(self) -> bool:
        return self.published is not None and _at(self.published) >= _at(self.decisions)


@dataclass(frozen=True, slots=True)
class Use:
    """That a run uses the result of a job.

    Attributes:
        at: when, in seconds since 1970.
        engine: empty if the run does not tell.
        needed: why the result must stay; empty if it need not.
    """

    key: str
    at: float
    engine: str = ""
    needed: str = ""


def list_runs(storage: Storage) -> Iterator[RunFiles]:
    """All runs, by one listing."""
    for folder, infos in groupby(storage.infos("runs/"), key=lambda info: "/".join(info.name.split("/")[:2])):
        found: dict[str, ObjectInfo] = {}
        shards_at = newest = _LONG_AGO
        count = generations = 0
        for info in infos:
            name = info.name.removeprefix(f"{folder}/")
            newest = max(newest, _at(info))
            count, generations = count + 1, generations + info.generation
            if name.startswith("results/"):
                shards_at = max(shards_at, _at(info))
            elif name in {PLAN, RESULTS, AMENDMENTS, DECISIONS, PUBLISHED}:
                found[name] = info
        yield RunFiles(
            folder,
            found.get(PLAN),
            found.get(RESULTS),
            found.get(AMENDMENTS),
            found.get(DECISIONS),
            found.get(PUBLISHED),
            shards_at,
            newest,
            (count, generations),
        )


def uses_of(run: RunFiles, storage: Storage, *, now: datetime, keep_open: timedelta) -> Iterator[Use]:
    """What a run uses.

    Args:
        keep_open: a run that had no record written for longer does not need anything any more.

    Raises:
        StorageError: a record of the run cannot be read.
    """
    is_open = now - run.newest < keep_open
    if not run.is_merged:
        if is_open:
            yield from (
                Use(key, run.newest.timestamp(), "", UNFINISHED) for key in planned_keys(run, storage)
            )
        return
    name, at = f"{run.folder}/{RESULTS}", _at(run.results).timestamp()
    trail = DecisionTrail(storage, f"{run.folder}/{DECISIONS}")
    with storage.open(name) as file, trail.latest() as latest:
        for result, _ in read_results(file, storage.uri_of(name)):
            if result.job:
                yield Use(result.job, at, result.engine, _need(run, latest, result) if is_open else "")
    if _at(run.amendments) > _at(run.results):  # the results may not have what was done again
        at = _at(run.amendments).timestamp()
        for each in _amendments(run, storage):
            if each.is_open or each.counts:
                yield Use(each.job.key, at, "", UNFINISHED if is_open else "")


def planned_keys(run: RunFiles, storage: Storage) -> Iterator[str]:
    """Keys of the jobs that a run has planned or that were asked for instead; none if it has no plan."""
    if run.plan is None:
        return
    with PlanReader(storage.open(run.plan.name), name=storage.uri_of(run.plan.name)) as plan:
        for key, _, _ in plan.slots():
            yield key
    for each in _amendments(run, storage):
        yield each.job.key


def _amendments(run: RunFiles, storage: Storage) -> list[Amendment]:
    return AmendmentTrail(storage, run.amendments.name).read() if run.amendments else []


def _need(run: RunFiles, latest: LatestDecisions, result: JobResult) -> str:
    """Why a merged run still needs a result, if it does."""
    if not run.is_reviewed:
        return REVIEW if result.image else ""
    if run.is_published:
        return ""
    decision = latest.get(slot_of(result))
    return UNPUBLISHED if decision is not None and decision.verdict is Verdict.APPROVED else ""


def _at(info: ObjectInfo | None) -> datetime:
    return (info.updated if info else None) or _LONG_AGO
