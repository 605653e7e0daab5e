"""Gather the results of a run's shards in the plan's order, without holding them.

Shards may overlap, hold jobs that the plan no longer has, and come in any order: an earlier plan of the same
run, or an earlier cut of it, may have left some. So every line goes to a local file, and of each job of the
plan only the place of its line there is remembered: 24 bytes.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from localizer.documents import DAMAGED
from localizer.errors import StorageError
from localizer.model import Job, JobResult, Slot, Status, slot_of
from localizer.runs.summary import EXAMPLES, Example, RunSummary, example_of, fault_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localizer.plan_files import PlanReader

_Record = TypeVar("_Record")


@dataclass(slots=True)
class Counts:
    """How a run stands.

    Attributes:
        total: results, rejected ones included.
        rejected: of the manifest.
        cached: results that needed no edit.
        retryable: failed for something that a retry may cure.
        images: results with an image.
        locales: results by locale.
        engines: results by engine.
        groups: results by status, engine and locale.
        faults: results that did not pass, by what kept them from it.
        examples: the first of them.
        problem: reason of the first result that has no image.
        retry_reason: of the first that is retryable.
    """

    total: int = 0
    passed: int = 0
    needs_review: int = 0
    failed: int = 0
    rejected: int = 0
    cached: int = 0
    retryable: int = 0
    images: int = 0
    locales: Counter[str] = field(default_factory=Counter)
    engines: Counter[str] = field(default_factory=Counter)
    groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    problem: str = ""
    retry_reason: str = ""

    def add(self, result: JobResult) -> None:
        """Count one result."""
        self.total += 1
        self.passed += result.status is Status.PASSED
        self.needs_review += result.status is Status.NEEDS_REVIEW
        self.failed += result.status is Status.FAILED
        self.cached += result.cached
        self.retryable += result.retryable
        self.locales[result.locale] += 1
        self.groups[str(result.status), result.engine, result.locale] += 1
        if result.engine:
            self.engines[result.engine] += 1
        if result.status is not Status.PASSED:
            self.faults[fault_of(result)] += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append(example_of(result))
        if result.image is not None:
            self.images += 1
        elif not self.problem:
            self.problem = result.reason
        if result.retryable and not self.retry_reason:
            self.retry_reason = result.reason

    def by_status(self) -> dict[Status, int]:
        """Results by status, best first."""
        return {
            Status.PASSED: self.passed,
            Status.NEEDS_REVIEW: self.needs_review,
            Status.FAILED: self.failed,
        }

    @property
    def hit_rate(self) -> float:
        """Share of the jobs, 0 to 1, whose result was known before."""
        jobs = self.total - self.rejected
        return self.cached / jobs if jobs else 0.0

    def summary(self, *, campaign: str, digest: str) -> RunSummary:
        """What is kept of them beside the results."""
        return RunSummary(
            digest=digest,
            campaign=campaign,
            total=self.total,
            passed=self.passed,
            needs_review=self.needs_review,
            failed=self.failed,
            cached=self.cached,
            faults=dict(self.faults.most_common()),
            examples=tuple(self.examples),
        )


def merged(
    plan: PlanReader,
    shards: Iterable[tuple[str, IO[bytes]]],
    amended: Mapping[Slot, Job] | None = None,
) -> Iterator[tuple[JobResult, bytes] | tuple[Job, None]]:
    """Each result of a run, and its line, in the plan's order: one per rejected row and per job. A job that
    has none yet comes itself.

    Args:
        shards: name and content of each, oldest first: the newest result of a job counts. One that could only
            not be done just then gives way to any other that the same version of the checks judged.
        amended: jobs that took the place of jobs of the plan, by the slots of those.

    Raises:
        StorageError: a record is damaged; names file and line.
    """
    with temporary_folder() as folder, (folder / "lines").open("w+b") as kept:
        jobs = amended or {}
        lines = _Lines(plan, kept, jobs)
        for name, file in shards:
            lines.take(name, file)
        index = 0
        for entry in plan.entries():
            if isinstance(entry, JobResult):
                yield entry, line_of(entry)
                continue
            job = jobs.get(entry.slot, entry)
            line = lines.of(index)
            index += 1
            result = JobResult.from_dict(json.loads(line)) if line else None
            if result is None or slot_of(result) != job.slot:
                yield job, None
            else:
                yield result, line


def line_of(record: JobResult) -> bytes:
    """A result as a line of JSON."""
    return json.dumps(record.to_dict(), ensure_ascii=False).encode() + b"\n"


class _Lines:
    """The lines of all shards in a local file, and where the one of each job of the plan stands."""

    def __init__(self, plan: PlanReader, file: IO[bytes], amended: Mapping[Slot, Job]) -> None:
        import numpy as np

        slots = (amended[slot].slot if slot in amended else slot for slot in plan.slots())
        hashes = np.fromiter(map(_hash, slots), dtype=np.uint64, count=plan.count)
        self._jobs: npt.NDArray[np.intp] = np.argsort(hashes)
        self._hashes: npt.NDArray[np.uint64] = hashes[self._jobs]
        self._places = np.full(plan.count, -1, dtype=np.int64)
        self._end = 0
        self._file = file

    def take(self, name: str, file: IO[bytes]) -> None:
        """Take over the lines of a shard that belong to the plan."""
        for result, line in read_results(file, name):
            index = self._find(slot_of(result))
            if index is None or self._is_better_there(index, result):
                continue
            with local_disk():
                self._file.seek(self._end)
                self._file.write(line)
            self._places[index] = self._end
            self._end += len(line)

    def of(self, index: int) -> bytes:
        """The line of a job of the plan, or nothing."""
        place = int(self._places[index])
        if place < 0:
            return b""
        with local_disk():
            self._file.seek(place)
            return self._file.readline()

    def _find(self, slot: Slot) -> int | None:
        import numpy as np

        wanted = np.uint64(_hash(slot))
        at = int(np.searchsorted(self._hashes, wanted))
        if at == len(self._hashes) or self._hashes[at] != wanted:
            return None
        return int(self._jobs[at])

    def _is_better_there(self, index: int, new: JobResult) -> bool:
        if not new.retryable or self._places[index] < 0:
            return False
        old = JobResult.from_dict(json.loads(self.of(index)))
        return not old.retryable and old.checks_version == new.checks_version


def read_results(file: Iterable[bytes], name: str) -> Iterator[tuple[JobResult, bytes]]:
    """Results and their lines; see `read_records`."""
    return read_records(file, name, JobResult.from_dict)


def read_records(
    file: Iterable[bytes], name: str, parse: Callable[[dict[str, Any]], _Record]
) -> Iterator[tuple[_Record, bytes]]:
    """Records and their lines out of a file of JSON Lines.

    Raises:
        StorageError: a line is damaged; names file and line.
    """
    # The lines of a binary file end at \n only: text may hold U+2028, which ends a line elsewhere.
    for number, line in enumerate(file, start=1):
        if line.strip():
            try:
                record = parse(json.loads(line))
            except DAMAGED as error:
                raise StorageError(f"{name}, line {number}: damaged record ({error!r})") from error
            yield record, line if line.endswith(b"\n") else line + b"\n"


def _hash(slot: Slot) -> int:
    """Short, so it may meet another's: whoever finds a line by it compares the slot."""
    return int.from_bytes(hashlib.sha256("\0".join(slot).encode()).digest()[:8])


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A local folder that lasts as long as the context.

    Raises:
        StorageError: the disk refuses it.
    """
    with local_disk():
        folder = tempfile.TemporaryDirectory(prefix="localizer-")
    with folder as path:
        yield Path(path)


@contextmanager
def local_disk() -> Iterator[None]:
    """Tell that the disk for temporary files refuses something."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{tempfile.gettempdir()} cannot be used for temporary files: {error}") from error
