"""The audit trail of a run: who decided what, on which bytes. It is only ever added to."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from localizer.errors import (
    ObjectNotFound,
    ObjectReplaced,
    PreconditionFailed,
    StorageUnavailable,
)
from localizer.model import Decision, Slot, Verdict, slot_of
from localizer.runs.merging import local_disk, read_records, temporary_folder
from localizer.scratch import Scratch
from localizer.storage import Storage
from localizer.storage.content_types import content_type_of

_TRIES = 20


class DecisionTrail:
    """One ``decisions.jsonl``: added to by compare-and-swap, read as a stream.

    Args:
        storage: where it is kept.
        name: of the object.
    """

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage, self._name = storage, name

    def each(self) -> Iterator[Decision]:
        """All decisions, oldest first; none if nobody decided yet.

        Raises:
            StorageError: a record is damaged; names file and line.
        """
        try:
            file = self._storage.open(self._name)
        except ObjectNotFound:
            return
        with file:
            yield from self._parsed(file)

    def latest(self) -> LatestDecisions:
        """The decision that counts for each image: the last one."""
        return LatestDecisions(self.each())

    def add(self, decisions: Iterable[Decision]) -> int:
        """Add decisions; the very same one twice counts as one. Safe while others add.

        Returns:
            How many were given, whether they were new or not.

        Raises:
            StorageUnavailable: others wrote all the time.
        """
        with temporary_folder() as folder, _new_file(folder / "new") as new:
            count = 0
            for decision in decisions:
                with local_disk():
                    new.write(_line(decision))
                count += 1
            self._append(new, folder / "whole")
        return count

    def add_review(self, decisions: Iterable[Decision], *, by: str, at: str) -> Counter[Verdict]:
        """Add the decisions of one review, which counts as a whole: whatever an earlier review of the run
        approved and this one does not speak of is rejected.

        Args:
            by: recorded for those rejections.
            at: ISO 8601 UTC time, likewise.

        Returns:
            How many verdicts of each kind were given.
        """
        counts: Counter[Verdict] = Counter()
        spoken_of: set[bytes] = set()
        with temporary_folder() as folder, _new_file(folder / "new") as new:

            def take(decision: Decision) -> None:
                counts[decision.verdict] += 1
                with local_disk():
                    new.write(_line(decision))

            for decision in decisions:
                spoken_of.add(_digest(*slot_of(decision)))
                take(decision)
            with self.latest() as before:
                for earlier in before.approved():
                    if _digest(*slot_of(earlier)) not in spoken_of:
                        take(_revoked(earlier, by=by, at=at))
            self._append(new, folder / "whole")
        return counts

    def _append(self, new: BinaryIO, whole: Path) -> None:
        for _ in range(_TRIES):
            info = self._storage.stat(self._name)
            try:
                with _new_file(whole) as file:
                    # What is read may be newer than what was looked at: then the swap fails.
                    known = self._copied_to(file) if info else set()
                    added = _append_unknown(new, file, known)
                    with local_disk():
                        file.flush()
                if not added:
                    return
                self._storage.swap(
                    self._name,
                    whole,
                    generation=info.generation if info else 0,
                    content_type=content_type_of(self._name),
                )
            except (PreconditionFailed, ObjectReplaced):
                continue
            return
        raise StorageUnavailable(f"{self._storage.uri_of(self._name)}: others kept writing; try again")

    def _copied_to(self, file: BinaryIO) -> set[bytes]:
        """Copy what is stored; returns what tells its decisions from others."""
        try:
            with self._storage.open(self._name) as stored, local_disk():
                shutil.copyfileobj(stored, file)
        except ObjectNotFound:
            return set()
        file.seek(0)
        known = {_digest(_line(decision)) for decision in self._parsed(file)}
        if file.tell() and not _ends_line(file):
            file.write(b"\n")
        return known

    def _parsed(self, file: BinaryIO) -> Iterator[Decision]:
        for decision, _ in read_records(file, self._storage.uri_of(self._name), Decision.from_dict):
            yield decision


class LatestDecisions(Mapping[Slot, Decision]):
    """The last decision on each image, by job key, asset and locale, in a table on disk.

    A context manager that lets go of the table; it goes with the object too.
    """

    def __init__(self, decisions: Iterable[Decision]) -> None:
        self._table = Scratch(
            "CREATE TABLE latest (job TEXT, asset TEXT, locale TEXT, verdict TEXT, by TEXT, at TEXT,"
            " comment TEXT, sha256 TEXT, PRIMARY KEY (job, asset, locale)) WITHOUT ROWID;"
        )
        self._table.put(
            "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((*slot_of(d), str(d.verdict), d.by, d.at, d.comment, d.delivered_sha256) for d in decisions),
        )

    def __enter__(self) -> LatestDecisions:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    def __getitem__(self, slot: Slot) -> Decision:
        found = self._table.row("SELECT * FROM latest WHERE job = ? AND asset = ? AND locale = ?", *slot)
        if found is None:
            raise KeyError(slot)
        return _decision(found)

    def __iter__(self) -> Iterator[Slot]:
        return ((row[0], row[1], row[2]) for row in self._table.rows("SELECT job, asset, locale FROM latest"))

    def __len__(self) -> int:
        return self._table.number("SELECT count(*) FROM latest")

    def approved(self) -> Iterator[Decision]:
        """Those that approve, in the order of their slots."""
        for row in self._table.rows(
            "SELECT * FROM latest WHERE verdict = ? ORDER BY job, asset, locale", str(Verdict.APPROVED)
        ):
            yield _decision(row)


def _decision(row: tuple[str, ...]) -> Decision:
    job, asset, locale, verdict, by, at, comment, sha256 = row
    return Decision(job, asset, locale, Verdict(verdict), by, at, comment, sha256)


def _revoked(earlier: Decision, *, by: str, at: str) -> Decision:
    return Decision(
        *slot_of(earlier),
        Verdict.REJECTED,
        by,
        at,
        "approved in an earlier review of this run, not in this one",
        earlier.delivered_sha256,
    )


def _append_unknown(new: BinaryIO, file: BinaryIO, known: set[bytes]) -> int:
    """Add the lines that are not known yet, each once; how many."""
    added = 0
    with local_disk():
        new.seek(0)
        for line in new:
            digest = _digest(line)
            if digest not in known:
                known.add(digest)
                file.write(line)
                added += 1
    return added


def _ends_line(file: BinaryIO) -> bool:
    file.seek(-1, 2)
    return file.read(1) == b"\n"


def _new_file(path: Path) -> BinaryIO:
    with local_disk():
        return path.open("w+b")


def _line(decision: Decision) -> bytes:
    return json.dumps(decision.to_dict(), ensure_ascii=False).encode() + b"\n"


def _digest(*parts: str | bytes) -> bytes:
    """Sixteen bytes that stand for a record in a set of many."""
    whole = b"\0".join(part if isinstance(part, bytes) else part.encode() for part in parts)
    return hashlib.blake2b(whole, digest_size=16).digest()
