"""The result cache of a workspace: how large it is, what is needed, and what can go.

Jobs are keyed by content, so all runs and campaigns of one workspace share their results
(``jobs/<key>/``). A result was last used by the newest run that names it; nothing is written for that.

Never evicted is what is still needed, as long as the run that needs it is younger than a limit:

- everything that an unfinished run has planned;
- every image of a run that waits for its review;
- what was approved and is not published.

Only results go. The sources stay: a plan that is being made may count on one that no run names yet.

Eviction may be cut off at any point and may go on beside runs. ``result.json`` goes first, so a job that is
half evicted has no result and is done again. A run saves its plan before it looks for results; so after the
records of some jobs are gone, runs are looked at once more, and what one of them may have found before that
is put back instead of being removed. Files are removed only as they were listed: what a run made anew stays.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from localizer.cache.uses import Use, list_runs, planned_keys, uses_of
from localizer.errors import LocalizerError, ObjectNotFound, PreconditionFailed
from localizer.parallel import in_parallel
from localizer.scratch import Scratch
from localizer.storage import ObjectInfo
from localizer.storage.content_types import content_type_of
from localizer.workspace import Workspace

log = logging.getLogger(__name__)

KEEP_OPEN = timedelta(days=30)
_LEFTOVER = timedelta(days=1)  # files without a record that are younger may belong to a job in progress
_BATCH = 500
_AGES = (("a day", 1), ("a week", 7), ("a month", 30), ("three months", 91), ("longer", 10**6))
_RESULT = "result.json"
_CHANGED = b"somebody else removed or made it anew"

_SCHEMA = """
CREATE TABLE entry (key TEXT PRIMARY KEY, size INTEGER, has_result INTEGER, used REAL,
    engine TEXT DEFAULT '', needed TEXT DEFAULT '', victim INTEGER DEFAULT 0) WITHOUT ROWID;
CREATE TABLE file (key TEXT, name TEXT, generation INTEGER, PRIMARY KEY (key, name)) WITHOUT ROWID;
CREATE TABLE run (folder TEXT PRIMARY KEY, version TEXT) WITHOUT ROWID;
CREATE INDEX entry_by_use ON entry (used);
"""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of the cache.

    Attributes:
        results: jobs.
        size: bytes of their files.
    """

    results: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class CacheState:
    """What the cache holds.

    Attributes:
        whole: all jobs.
        leftovers: those of them without a result, from tasks that died or an eviction that was cut off.
        engines: by engine; "" where no run that is still known names the result.
        ages: by the time since the last use.
        needed: what cannot go, by reason.
        sources: the images that came in. They are not evicted, and not part of the budget.
    """

    whole: Share
    leftovers: Share
    engines: dict[str, Share]
    ages: dict[str, Share]
    needed: dict[str, Share]
    sources: Share


class Cache:
    """A look at the cache of a workspace, kept in a table on disk. A context manager.

    Args:
        keep_open: how long a run without an end keeps what it needs.
        now: default the present.

    Raises:
        StorageError: a run's records cannot be read, so what it needs is not known.
    """

    def __init__(
        self, workspace: Workspace, *, keep_open: timedelta = KEEP_OPEN, now: datetime | None = None
    ) -> None:
        self._storage = workspace.storage
        self._keep_open = keep_open
        self._now = now or datetime.now(UTC)
        self._table = Scratch(_SCHEMA)
        # Runs first: one that begins while the jobs are listed is then found to be new.
        runs = ((run.folder, str(run.version)) for run in list_runs(self._storage))
        self._table.put("INSERT INTO run VALUES (?, ?)", runs)
        self._list_jobs()
        self._sources = _listed(self._storage.infos("sources/"))
        for run in list_runs(self._storage):
            self._note(uses_of(run, self._storage, now=self._now, keep_open=keep_open))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    def state(self) -> CacheState:
        """What there is."""
        ages, last = {}, 0
        for name, days in _AGES:
            newest, oldest = (self._now - timedelta(days=min(d, 10**5)) for d in (last, days))
            ages[name] = self._share(f"used > {oldest.timestamp()} AND used <= {newest.timestamp()}")
            last = days
        return CacheState(
            whole=self._share("1"),
            leftovers=self._share("NOT has_result"),
            engines=self._shares("engine", "has_result"),
            ages=ages,
            needed=self._shares("needed", "needed <> ''"),
            sources=self._sources,
        )

    def choose(self, *, budget: int | None = None, older_than: timedelta | None = None) -> Share:
        """Choose what to evict: of what is not needed, what was not used for longest first.

        Args:
            budget: bytes; choose until the rest is no larger. None: choose regardless of size.
            older_than: choose only what was not used for so long. With neither nothing is chosen.
        """
        self._table.do("UPDATE entry SET victim = 0 WHERE victim")
        if budget is None and older_than is None:
            return Share()
        rest = self._share("1").size

        def too_many() -> Iterator[tuple[str]]:
            nonlocal rest
            for key, size in self._table.rows(
                "SELECT key, size FROM entry WHERE needed = '' AND used <= ?"
                " AND (has_result OR used <= ?) ORDER BY used, key",
                (self._now - (older_than or timedelta())).timestamp(),
                (self._now - _LEFTOVER).timestamp(),
            ):
                if budget is not None and rest <= budget:
                    return
                rest -= size
                yield (key,)

        with Scratch("CREATE TABLE chosen (key TEXT)") as chosen:
            chosen.put("INSERT INTO chosen VALUES (?)", too_many())
            keys = chosen.rows("SELECT key FROM chosen")
            self._table.put("UPDATE entry SET victim = 1 WHERE key = ?", keys)
        return self._share("victim")

    def evict(self) -> Share:
        """Evict what was chosen; returns what really went."""
        went = Share()
        query = "SELECT key, size FROM entry WHERE victim ORDER BY used, key LIMIT ?"
        while batch := list(self._table.rows(query, _BATCH)):
            gone = self._evict([key for key, _ in batch])
            went = Share(went.results + len(gone), went.size + sum(s for k, s in batch if k in gone))
            self._table.put("UPDATE entry SET victim = 0 WHERE key = ?", ((key,) for key, _ in batch))
            self._table.put("DELETE FROM entry WHERE key = ?", ((key,) for key in gone))
        return went

    def _evict(self, keys: list[str]) -> set[str]:
        """Evict some jobs; which of them really went."""
        records: dict[str, bytes | None] = {}
        try:
            records.update(in_parallel(self._take_record, self._files(keys)))
            wanted = self._wanted_meanwhile(set(keys))
        except LocalizerError:
            self._put_back(records)
            raise
        self._put_back({key: records[key] for key in wanted})
        gone = {key for key in keys if key not in wanted and records[key] is not _CHANGED}
        for key, files in self._files(sorted(gone)):
            log.debug("evicting %s", key)
            for _ in in_parallel(self._remove, files.items()):
                pass
        return gone

    def _take_record(self, job: tuple[str, dict[str, int]]) -> tuple[str, bytes | None]:
        """Remove the record of a job, and give it; None if it has none, `_CHANGED` if it is a new one."""
        key, files = job
        name = f"jobs/{key}/{_RESULT}"
        if name not in files:
            return key, None
        try:
            record, info = self._storage.read_with_info(name)
            if info.generation != files[name]:
                return key, _CHANGED
            self._storage.delete(name, generation=info.generation)
        except (ObjectNotFound, PreconditionFailed):
            return key, _CHANGED  # removed by another eviction, or the job was done again
        return key, record

    def _wanted_meanwhile(self, keys: set[str]) -> set[str]:
        """Those that are planned by runs of which any record is new since the look at the cache."""
        wanted: set[str] = set()
        for run in list_runs(self._storage):
            known = self._table.row("SELECT version FROM run WHERE folder = ?", run.folder)
            if known is None or known[0] != str(run.version):
                wanted |= keys & set(planned_keys(run, self._storage))
        return wanted

    def _put_back(self, records: dict[str, bytes | None]) -> None:
        for key, record in records.items():
            if record is None or record is _CHANGED:
                continue
            name = f"jobs/{key}/{_RESULT}"
            try:
                self._storage.create(name, record, content_type=content_type_of(name))
            except PreconditionFailed:
                log.info("%s was made anew meanwhile", self._storage.uri_of(name))

    def _remove(self, file: tuple[str, int]) -> None:
        name, generation = file
        if name.endswith(f"/{_RESULT}"):
            return  # gone before, or made anew since
        try:
            self._storage.delete(name, generation=generation)
        except PreconditionFailed:
            log.info("%s was made anew meanwhile", self._storage.uri_of(name))

    def _files(self, keys: list[str]) -> Iterator[tuple[str, dict[str, int]]]:
        """The jobs with names and generations of their files, as listed."""
        for key in keys:
            yield key, dict(self._table.rows("SELECT name, generation FROM file WHERE key = ?", key))

    def _list_jobs(self) -> None:
        for info in self._storage.infos("jobs/"):
            key = info.name.split("/")[1]
            at = info.updated.timestamp() if info.updated else 0.0
            self._table.do("INSERT INTO file VALUES (?, ?, ?)", key, info.name, info.generation)
            self._table.do(
                "INSERT INTO entry (key, size, has_result, used) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO"
                " UPDATE SET size = size + excluded.size, has_result = max(has_result, excluded.has_result),"
                " used = max(used, excluded.used)",
                key,
                info.size,
                info.name == f"jobs/{key}/{_RESULT}",
                at,
            )

    def _note(self, uses: Iterator[Use]) -> None:
        self._table.put(
            "UPDATE entry SET used = max(used, ?), engine = iif(? <> '', ?, engine),"
            " needed = iif(? <> '', ?, needed) WHERE key = ?",
            ((u.at, u.engine, u.engine, u.needed, u.needed, u.key) for u in uses),
        )

    def _share(self, condition: str) -> Share:
        # The conditions are written in this file.
        found = self._table.row(f"SELECT count(*), sum(size) FROM entry WHERE {condition}")  # noqa: S608
        return Share(found[0], found[1] or 0) if found else Share()

    def _shares(self, column: str, condition: str) -> dict[str, Share]:
        names = [name for (name,) in self._table.rows(f"SELECT DISTINCT {column} FROM entry")]  # noqa: S608
        shares = {name: self._where(column, name, condition) for name in names}
        largest_first = sorted(shares.items(), key=lambda item: -item[1].size)
        return {name: share for name, share in largest_first if share.results}

    def _where(self, column: str, value: str, condition: str) -> Share:
        query = f"SELECT count(*), sum(size) FROM entry WHERE {column} = ? AND {condition}"  # noqa: S608
        found = self._table.row(query, value)
        return Share(found[0], found[1] or 0) if found else Share()


def _listed(infos: Iterator[ObjectInfo]) -> Share:
    count = size = 0
    for info in infos:
        count, size = count + 1, size + info.size
    return Share(count, size)
