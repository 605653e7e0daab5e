"""Runs as the review app has them open: looked at again when something was written, not at every question."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from localizer.errors import ObjectNotFound
from localizer.model import Job, JobResult
from localizer.report.copy_section import COPY_DECK
from localizer.review.host import HostedRun, Place
from localizer.review.index import RunIndex
from localizer.review.marks import MarkBook, MarkFile
from localizer.runs.run import AMENDMENTS, DECISIONS, PLAN, PUBLISHED, RESULTS, Run
from localizer.storage import ObjectInfo

MARKS = "marks.json"
_SHARDS, _REDONE = "results/", "results/redo-"

_LOOK_S = 1.0
"""Seconds for which what was seen of a run counts as what there is."""

_SHARE = 10
"""While results keep coming, gathering them anew takes at most a tenth of the time."""

_OPEN = 8
"""Most runs that a process has open; each takes some megabytes of disk."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run at one time.

    Attributes:
        campaign: empty until the run is planned.
        results: tells these results from others.
        final: the results are the gathered ones, on which decisions are taken; not those of a run that still
            goes on.
        generations: of the run's records, by name.
    """

    campaign: str
    index: RunIndex
    book: MarkBook
    results: str
    final: bool
    generations: Mapping[str, int]

    def version(self, run: HostedRun) -> str:
        """Changes with results, marks, decisions, the request, or what is being redone."""
        request = run.request
        facts = (
            run.state,
            (request.open, request.asking, request.responded_at) if request else None,
            sorted((*item, str(redo)) for item, redo in run.redos.items()),
            self.generations.get(DECISIONS, 0),
            self.generations.get(PUBLISHED, 0),
        )
        return f"{self.results}.{self.book.revision}.{_short(repr(facts))}"

    @property
    def has(self) -> frozenset[str]:
        """Names of the run's records."""
        return frozenset(self.generations)


class OpenedRun:
    """One run, looked at by any number of threads.

    Args:
        secret, name: see `RunIndex`.
    """

    def __init__(self, place: Place, *, secret: bytes, name: str) -> None:
        self.place = place
        self.run: Run = place.workspace.run(place.run_name)
        self.marks = MarkFile(place.workspace.storage, self.run.name_of(MARKS))
        self._secret, self._name = secret, name
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._looked = self._next_build = 0.0
        self._decided = -1

    def snapshot(self, *, fresh: bool = False) -> Snapshot:
        """The run now, or a moment ago.

        Args:
            fresh: as it is now; of results that keep coming, as they were gathered last.

        Raises:
            StorageError: a record is damaged.
            StorageUnavailable: the workspace did not answer.
        """
        known = self._snapshot
        if not fresh and known is not None and time.monotonic() - self._looked < _LOOK_S:
            return known
        # Whoever finds another thread at it goes on with what is known, if anything is.
        if not self._lock.acquire(blocking=fresh or known is None):
            assert known is not None  # noqa: S101  (else it would have waited)
            return known
        try:
            self._snapshot = self._look(self._snapshot)
            self._looked = time.monotonic()
            return self._snapshot
        finally:
            self._lock.release()

    def _look(self, known: Snapshot | None) -> Snapshot:
        records = self.run.records()
        known_names = (name for name in records if "/" not in name or name == COPY_DECK)
        generations = {name: records[name].generation for name in known_names}
        final = _is_final(records)
        results = _results_of(records)
        campaign, index = (known.campaign, known.index) if known else ("", None)
        if index is None or known is None or known.results != results:
            if index is None or final or time.monotonic() >= self._next_build:
                campaign, index = self._built(final=final)
                self._decided = -1
                known = None
            else:
                assert known is not None  # noqa: S101
                results, final = known.results, known.final
        book = known.book if known else None
        if book is None or book.generation != generations.get(MARKS, 0):
            book = self.marks.read()
            index.set_marks(book)
        if self._decided != generations.get(DECISIONS, 0):
            index.set_decisions(self.run.trail().each())
            self._decided = generations.get(DECISIONS, 0)
        return Snapshot(campaign, index, book, results, final, generations)

    def _built(self, *, final: bool) -> tuple[str, RunIndex]:
        begun = time.monotonic()
        campaign = ""
        entries: Iterable[JobResult | Job]
        try:
            with self.run.plan() as plan:
                campaign = plan.campaign
            entries = self.run.each_result() if final else self.run.so_far()
        except ObjectNotFound:  # not planned yet
            entries = ()
        index = RunIndex(entries, secret=self._secret, run=self._name)
        now = time.monotonic()
        self._next_build = now + _SHARE * (now - begun)
        return campaign, index


class OpenedRuns:
    """The runs that were looked at last.

    Args:
        secret: see `localizer.review.host.Host`.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._lock = threading.Lock()
        self._runs: OrderedDict[tuple[str, ...], OpenedRun] = OrderedDict()

    def get(self, place: Place, dag_id: str, run_id: str) -> OpenedRun:
        """The run that is kept there."""
        key = (dag_id, run_id, place.workspace.uri, place.run_name)
        with self._lock:
            found = self._runs.pop(key, None)
            if found is None:
                found = OpenedRun(place, secret=self._secret, name="\0".join(key[:2]))
            self._runs[key] = found
            while len(self._runs) > _OPEN:
                self._runs.popitem(last=False)
        return found


def _is_final(records: Mapping[str, ObjectInfo]) -> bool:
    """Whether the gathered results are newer than all that they are gathered from.

    What was done again since is no matter: `Run.each_result` gives the newer result of such an image.
    """
    gathered = records.get(RESULTS)
    if gathered is None or gathered.updated is None:
        return False
    shards = (name for name in records if name.startswith(_SHARDS) and not name.startswith(_REDONE))
    made_of = (records[name] for name in (*shards, PLAN) if name in records)
    return all(info.updated is not None and info.updated <= gathered.updated for info in made_of)


def _results_of(records: Mapping[str, ObjectInfo]) -> str:
    """Changes whenever any result may have."""
    inputs = {PLAN, RESULTS, AMENDMENTS}
    facts = (
        (name, info.generation)
        for name, info in records.items()
        if name in inputs or name.startswith(_SHARDS)
    )
    return _short(repr(sorted(facts)))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
