"""The items of one run in a table on disk, so that a page of fifty thousand is quick to ask for."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localizer.approval import Seen
from localizer.model import Decision, Job, JobResult, Slot, Status
from localizer.report.overview import WAITING
from localizer.review.marks import MarkBook
from localizer.scratch import Scratch

_RANK = {Status.NEEDS_REVIEW.value: 0, Status.FAILED.value: 1, WAITING: 2, Status.PASSED.value: 3}
_SCHEMA = """
CREATE TABLE items (
    place INTEGER PRIMARY KEY, id TEXT UNIQUE, rank INTEGER, job TEXT, asset TEXT, locale TEXT, status TEXT,
    sha256 TEXT, image_sha256 TEXT, source TEXT, cached INTEGER, copy TEXT, reason TEXT, words TEXT,
    engine TEXT, record BLOB
);
CREATE INDEX by_rank ON items (rank, place);
CREATE INDEX by_slot ON items (asset, locale, job);
CREATE TABLE marks (place INTEGER PRIMARY KEY, verdict TEXT, reason TEXT, by TEXT, at TEXT);
CREATE TABLE decisions (number INTEGER PRIMARY KEY, asset TEXT, locale TEXT, job TEXT, sha256 TEXT,
    verdict TEXT, by TEXT, at TEXT, comment TEXT);
CREATE INDEX decided ON decisions (asset, locale);
CREATE TABLE latest (place INTEGER PRIMARY KEY, verdict TEXT, by TEXT, at TEXT, comment TEXT);
"""
_COLUMNS = (
    "items.place, id, job, asset, locale, status, sha256, image_sha256, source, cached, copy, items.reason,"
    " engine, marks.verdict, marks.reason, marks.by, marks.at, latest.verdict, latest.by, latest.at,"
    " latest.comment"
)
_FROM = "items LEFT JOIN marks USING (place) LEFT JOIN latest USING (place)"
_UNMARKED = "none"


@dataclass(frozen=True, slots=True)
class Row:
    """One item.

    Attributes:
        job: key; empty where a row of the manifest was refused.
        status: of the result, or ``waiting``.
        sha256, image_sha256: of the delivered file and of the candidate; empty where there is none.
        source: name of the source within the workspace, or empty.
        copy: per edit ``{"action", "text", "replacement", "box", "draft"}``; the last says who proposed it,
            where no person has approved it.
        mark, decision: ``{"verdict", "reason" or "comment", "by", "at"}`` or None.
    """

    id: str
    job: str
    asset_id: str
    locale: str
    status: str
    sha256: str
    image_sha256: str
    source: str
    cached: bool
    copy: list[dict[str, Any]]
    reason: str
    engine: str
    mark: dict[str, Any] | None
    decision: dict[str, Any] | None

    @property
    def slot(self) -> Slot:
        return self.job, self.asset_id, self.locale

    @property
    def sha(self) -> str:
        """Enough of the digest to tell one file of the item from another."""
        return self.sha256[:16]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which items are asked for; empty fields let all through.

    Attributes:
        mark: a verdict, or ``none`` for items without a mark.
        text: found in asset, copy or reason, whatever the case.
    """

    status: str = ""
    locale: str = ""
    mark: str = ""
    text: str = ""

    def where(self) -> tuple[str, list[str]]:
        """An SQL condition and its values."""
        terms, values = ["1"], []
        for column, value in (("status", self.status), ("locale", self.locale)):
            if value:
                terms.append(f"{column} = ?")
                values.append(value)
        if self.mark == _UNMARKED:
            terms.append("marks.verdict IS NULL")
        elif self.mark:
            terms.append("marks.verdict = ?")
            values.append(self.mark)
        if self.text:
            terms.append("instr(words, ?) > 0")
            values.append(self.text.casefold())
        return " AND ".join(terms), values


class RunIndex:
    """The items of a run at one time. Any thread may ask.

    Args:
        entries: results, and jobs that have none yet, in the plan's order.
        secret: ids are made of it and of `run`, so nobody can guess them or use them for another run.
        run: names the run.

    Attributes:
        seen: digest of the results, see `localizer.approval.Seen`.
        counts: by status; and ``cached``.
        locales: counts by locale, likewise.
    """

    def __init__(self, entries: Iterable[JobResult | Job], *, secret: bytes, run: str) -> None:
        self._lock = threading.Lock()
        self._table = Scratch(_SCHEMA, any_thread=True)
        self._key = hmac.digest(secret, f"items of {run}".encode("utf-8", "surrogatepass"), "sha256")
        self._marks = 0  # revision of those that are shown
        self.counts: Counter[str] = Counter()
        self.locales: dict[str, Counter[str]] = {}
        seen = Seen()
        self._table.put(
            f"INSERT INTO items VALUES ({', '.join('?' * 16)})",  # noqa: S608  (placeholders)
            self._rows(entries, seen),
        )
        self.seen = seen.digest

    @property
    def total(self) -> int:
        return sum(self.counts[status] for status in _RANK)

    def _rows(self, entries: Iterable[JobResult | Job], seen: Seen) -> Iterator[Sequence[Any]]:
        known: Counter[tuple[str, str]] = Counter()
        for place, entry in enumerate(entries):
            if isinstance(entry, JobResult):
                seen.add(entry)
            number = known[entry.asset_id, entry.locale]
            known[entry.asset_id, entry.locale] += 1
            yield self._row(place, entry, self._id(entry.asset_id, entry.locale, number))

    def _row(self, place: int, entry: JobResult | Job, item: str) -> Sequence[Any]:
        if isinstance(entry, Job):
            status, key, reason = WAITING, entry.key, ""
            copy = [_copy(edit.to_dict()) for edit in entry.edits]
            sha256 = image_sha256 = engine = ""
            cached, source = False, entry.source
        else:
            status, key, reason = entry.status.value, entry.job, entry.reason
            copy = [_copy(edit) for edit in entry.edits]
            sha256 = entry.delivered_sha256 or entry.image_sha256 or ""
            image_sha256 = entry.image_sha256 or "" if entry.image else ""
            engine, cached = entry.engine, entry.cached
            source = f"sources/{entry.source.rsplit('/', 1)[-1]}" if entry.source else ""
        self._count(entry.locale, status, cached=cached)
        texts = [part for edit in copy for part in (edit["text"], edit["replacement"])]
        words = "\n".join([entry.asset_id, entry.locale, reason, *texts]).casefold()
        record = zlib.compress(json.dumps(entry.to_dict(), ensure_ascii=False).encode(), 1)
        written = json.dumps(copy, ensure_ascii=False)
        slot = (key, entry.asset_id, entry.locale)
        facts = (status, sha256, image_sha256, source, int(cached), written, reason, words, engine, record)
        return place, item, _RANK[status], *slot, *facts

    def _id(self, asset: str, locale: str, number: int) -> str:
        """By what it is of, not by its job: an item that is made anew stays the same item."""
        name = json.dumps([asset, locale, number]).encode()
        return hmac.digest(self._key, name, hashlib.sha256).hex()[:32]

    def _count(self, locale: str, status: str, *, cached: bool) -> None:
        for counts in (self.counts, self.locales.setdefault(locale, Counter())):
            counts[status] += 1
            counts["cached"] += cached

    def set_marks(self, book: MarkBook) -> None:
        """Show these marks, as far as they speak of the very files that the items have now."""
        with self._lock:
            if book.revision < self._marks:  # the file was removed: all begins anew
                self._table.do("DELETE FROM marks")
                self._marks = 0
            changed = [mark for mark in book.marks.values() if mark.revision > self._marks]
            self._marks = book.revision
            self._table.put(
                "DELETE FROM marks WHERE place IN"
                " (SELECT place FROM items WHERE job = ? AND asset = ? AND locale = ?)",
                (mark.slot for mark in changed),
            )
            rows = (
                (str(mark.verdict), mark.reason, mark.by, mark.at, *mark.slot, mark.sha256)
                for mark in changed
                if mark.verdict
            )
            self._table.put(
                "INSERT OR REPLACE INTO marks SELECT place, ?, ?, ?, ? FROM items"
                " WHERE job = ? AND asset = ? AND locale = ? AND sha256 = ?",
                rows,
            )

    def set_decisions(self, decisions: Iterable[Decision]) -> None:
        """Show these decisions, oldest first; of those on the files that there are now, the last counts."""
        rows = (
            (d.asset_id, d.locale, d.job, d.delivered_sha256, str(d.verdict), d.by, d.at, d.comment)
            for d in decisions
        )
        with self._lock:
            self._table.do("DELETE FROM decisions")
            self._table.do("DELETE FROM latest")
            self._table.put(
                "INSERT INTO decisions (asset, locale, job, sha256, verdict, by, at, comment)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._table.do(
                "INSERT OR REPLACE INTO latest SELECT place, verdict, by, at, comment FROM decisions"
                " JOIN items USING (asset, locale, job) WHERE decisions.sha256 IN ('', items.sha256)"
                " ORDER BY number"
            )

    def verdicts(self) -> tuple[Counter[str], Counter[str]]:
        """How many items are marked, and how many decided on, by verdict."""
        with self._lock:
            marks = Counter(dict(self._table.rows("SELECT verdict, count(*) FROM marks GROUP BY 1")))
            decided = Counter(dict(self._table.rows("SELECT verdict, count(*) FROM latest GROUP BY 1")))
        return marks, decided

    def page(self, wanted: Filter, *, offset: int, limit: int) -> tuple[Counter[str], list[Row]]:
        """How many items are asked for in all, by status, and some of them: exceptions first, else as in the
        plan."""
        where, values = wanted.where()
        with self._lock:
            counts = Counter(
                dict(
                    self._table.rows(
                        f"SELECT status, count(*) FROM {_FROM} WHERE {where} GROUP BY 1",  # noqa: S608
                        *values,
                    )
                )
            )
            found = list(
                self._table.rows(
                    f"SELECT {_COLUMNS} FROM {_FROM} WHERE {where} ORDER BY rank, items.place"  # noqa: S608
                    " LIMIT ? OFFSET ?",
                    *values,
                    limit,
                    offset,
                )
            )
        return counts, [_item(row) for row in found]

    def find(self, item: str) -> Row | None:
        """The item of that id."""
        with self._lock:
            row = self._table.row(f"SELECT {_COLUMNS} FROM {_FROM} WHERE id = ?", item)  # noqa: S608
        return _item(row) if row else None

    def of_slots(self, slots: Iterable[Slot]) -> list[Row]:
        """The items of these jobs."""
        query = f"SELECT {_COLUMNS} FROM {_FROM} WHERE job = ? AND asset = ? AND locale = ?"  # noqa: S608
        with self._lock:
            return [_item(row) for slot in slots if (row := self._table.row(query, *slot))]

    def marked(self) -> Iterator[Row]:
        """All items that have a mark."""
        query = f"SELECT {_COLUMNS} FROM {_FROM} WHERE marks.verdict IS NOT NULL ORDER BY items.place"  # noqa: S608
        with self._lock:
            found = list(self._table.rows(query))
        return (_item(row) for row in found)

    def result(self, item: str) -> JobResult | Job | None:
        """The whole record of an item."""
        with self._lock:
            row = self._table.row("SELECT status, record FROM items WHERE id = ?", item)
        if row is None:
            return None
        record = json.loads(zlib.decompress(row[1]))
        return Job.from_dict(record) if row[0] == WAITING else JobResult.from_dict(record)

    def history(self, asset: str, locale: str) -> list[dict[str, str]]:
        """Decisions on an item, oldest first, on earlier files of it too."""
        with self._lock:
            found = list(
                self._table.rows(
                    "SELECT verdict, by, at, comment FROM decisions WHERE asset = ? AND locale = ?"
                    " ORDER BY number",
                    asset,
                    locale,
                )
            )
        return [{"what": v, "by": by, "at": at, "comment": comment} for v, by, at, comment in found]


def _copy(edit: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": str(edit["action"]),
        "text": str(edit.get("text") or edit.get("object") or ""),
        "replacement": str(edit.get("replacement") or ""),
        "box": list(edit["box"]) if edit.get("box") else None,
        "draft": str(edit.get("draft") or ""),
    }


def _item(row: tuple[Any, ...]) -> Row:
    _, item, job, asset, locale, status, sha256, image_sha256, source, cached, copy, reason, engine = row[:13]
    verdict, why, by, at, decided, decided_by, decided_at, comment = row[13:]
    mark = {"verdict": verdict, "reason": why, "by": by, "at": at} if verdict else None
    decision = (
        {"verdict": decided, "comment": comment, "by": decided_by, "at": decided_at} if decided else None
    )
    return Row(
        id=item,
        job=job,
        asset_id=asset,
        locale=locale,
        status=status,
        sha256=sha256,
        image_sha256=image_sha256,
        source=source,
        cached=bool(cached),
        copy=json.loads(copy),
        reason=reason,
        engine=engine,
        mark=mark,
        decision=decision,
    )
