"""A run gathered for its report in one pass over its results: counts, and the few that the page shows."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self

from localizer import costs
from localizer.model import CheckStatus, Decision, Job, JobResult, Slot, Status, Verdict, slot_of
from localizer.runs.merging import local_disk

EXCEPTIONS = 500
"""Most exceptions that the page shows."""

PASSED = 200
"""Most passed images that the page shows."""

WAITING = "waiting"
_ASSETS, _LOCALES = 200, 30  # a larger overview table would be endless
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A result on the page.

    Attributes:
        index: its place in the run.
        exception: its place among the exceptions shown, from 0; None if it passed.
    """

    index: int
    result: JobResult
    decision: Decision | None
    exception: int | None


@dataclass(slots=True)
class Tally:
    """Counts of results that have something in common.

    Attributes:
        cached: that an earlier run had made.
        edited: that this run tried to make; time, attempts and money are theirs.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    cached: int = 0
    edited: int = 0
    seconds: float = 0.0
    attempts: int = 0
    paid: costs.Money = field(default_factory=dict)

    def add(self, result: JobResult | Job) -> None:
        if isinstance(result, Job):
            self.statuses[WAITING] += 1
            return
        self.statuses[result.status.value] += 1
        self.cached += result.cached
        if not result.cached:
            self.edited += result.attempts > 0
            self.seconds += result.seconds
            self.attempts += result.attempts
            costs.add(self.paid, costs.paid(result))

    @property
    def total(self) -> int:
        return self.statuses.total()


@dataclass(slots=True)
class Decider:
    """What one person, or a policy, decided; `last` is the ISO 8601 time of the latest of it."""

    approved: int = 0
    rejected: int = 0
    last: str = ""

    def add(self, decision: Decision) -> None:
        self.approved += decision.verdict is Verdict.APPROVED
        self.rejected += decision.verdict is Verdict.REJECTED
        self.last = max(self.last, decision.at)


class Overview:
    """What the report says of a run. A context manager, which lets go of temporary files.

    Attributes:
        all, locales, engines: counts.
        jobs: results that are not of rows that are wrong in the manifest.
        approved, rejected: decisions on the results.
        deciders: who took them.
        doubts: of results that did not pass, how many each check failed, and how many it left undecided.
        assets: status and place in the run by asset and locale; None where that table would be endless.
    """

    def __init__(self) -> None:
        self.all = Tally()
        self.locales: dict[str, Tally] = {}
        self.engines: dict[str, Tally] = {}
        self.jobs = 0
        self.approved = self.rejected = 0
        self.deciders: dict[str, Decider] = {}
        self.doubts: dict[str, Counter[CheckStatus]] = {}
        self.assets: dict[str, dict[str, tuple[str, int]]] | None = {}
        self._stack = ExitStack()
        self._kept: dict[Status, IO[bytes]] = {}
        self._counts: Counter[Status] = Counter()

    def __enter__(self) -> Self:
        with self._stack as stack, local_disk():
            for status in Status:
                # Spooled: the results of a small run never see the disk.
                self._kept[status] = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=1 << 18))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def gather(self, results: Iterable[JobResult | Job], decisions: Mapping[Slot, Decision]) -> None:
        """Take all results into account."""
        for index, result in enumerate(results):
            self._count(index, result)
            if isinstance(result, Job):
                continue
            decision = decisions.get(slot_of(result))
            if decision is not None:
                self.approved += decision.verdict is Verdict.APPROVED
                self.rejected += decision.verdict is Verdict.REJECTED
                self.deciders.setdefault(decision.by, Decider()).add(decision)
            self._keep(index, result, decision)

    @property
    def hit_rate(self) -> float:
        """Share of the jobs, 0 to 1, whose result was known before."""
        return self.all.cached / self.jobs if self.jobs else 0.0

    def quota(self, status: Status) -> int:
        """How many results of a status the page shows."""
        if status is Status.PASSED:
            return min(PASSED, self._counts[status])
        other = Status.FAILED if status is Status.NEEDS_REVIEW else Status.NEEDS_REVIEW
        # Half of the room for each kind, and what the other one leaves.
        room = max(EXCEPTIONS // 2, EXCEPTIONS - self._counts[other])
        return min(room, self._counts[status])

    def hidden(self, status: Status) -> int:
        """How many results of a status the page does not show."""
        return self._counts[status] - self.quota(status)

    def shown(self) -> Iterator[Shown]:
        """The results that the page shows, one after another: exceptions first, else as in the run."""
        exceptions = 0
        for status in (Status.FAILED, Status.NEEDS_REVIEW, Status.PASSED):
            file = self._kept[status]
            file.seek(0)
            for _, line in zip(range(self.quota(status)), file, strict=False):
                index, result, decision = json.loads(line)
                yield Shown(
                    index,
                    JobResult.from_dict(result),
                    Decision.from_dict(decision) if decision else None,
                    None if status is Status.PASSED else exceptions,
                )
                exceptions += status is not Status.PASSED

    def _count(self, index: int, result: JobResult | Job) -> None:
        status = WAITING if isinstance(result, Job) else result.status.value
        self.all.add(result)
        self.locales.setdefault(result.locale, Tally()).add(result)
        if isinstance(result, Job):
            self.jobs += 1
        else:
            self.jobs += bool(result.job)
            if result.status is not Status.PASSED:
                for check in result.checks:
                    if check.status is not CheckStatus.PASSED:
                        self.doubts.setdefault(check.name, Counter())[check.status] += 1
            if result.engine:
                self.engines.setdefault(result.engine, Tally()).add(result)
        if self.assets is not None:
            self.assets.setdefault(result.asset_id, {})[result.locale] = (status, index)
            if len(self.assets) > _ASSETS or len(self.locales) > _LOCALES:
                self.assets = None

    def _keep(self, index: int, result: JobResult, decision: Decision | None) -> None:
        self._counts[result.status] += 1
        most = PASSED if result.status is Status.PASSED else EXCEPTIONS
        if self._counts[result.status] <= most:
            record = [index, result.to_dict(), decision.to_dict() if decision else None]
            with local_disk():
                self._kept[result.status].write(json.dumps(record).encode() + b"\n")


def worst(doubts: Mapping[str, Counter[CheckStatus]]) -> list[tuple[str, int, int]]:
    """Checks by how many results they held up: name, failed, undecided; the first few."""
    rows = [(name, c[CheckStatus.FAILED], c[CheckStatus.UNDECIDED]) for name, c in doubts.items()]
    return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))[:_LISTED]


def most_common(tallies: Mapping[str, Tally]) -> tuple[list[tuple[str, Tally]], int]:
    """The largest, and how many there are beside them."""
    ordered = sorted(tallies.items(), key=lambda item: (-item[1].total, item[0]))
    return ordered[:_LISTED], max(0, len(ordered) - _LISTED)
