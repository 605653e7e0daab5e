"""What reviewers think of items so far: drafts, shared by all reviewers of a run, that decide nothing.

A mark holds for the bytes that were looked at: when an item is made anew its mark lapses. Every change raises
the revision of the book, and a mark knows in which revision it was set; so somebody who knows an older
revision overwrites nobody's mark unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from localizer.documents import DAMAGED
from localizer.errors import (
    InputError,
    MarksChanged,
    ObjectNotFound,
    PreconditionFailed,
    StorageError,
    StorageUnavailable,
)
from localizer.model import Slot, Verdict
from localizer.storage import Storage

MOST = 20_000
"""Most marks of one run; whoever wants to reject more rejects the run."""

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """One reviewer's draft verdict on one item.

    Attributes:
        sha256: of the delivered file that was looked at; empty where there is none.
        verdict: None where a mark was taken back.
        by, by_id: name and account of the reviewer.
        at: ISO 8601 UTC time.
        revision: of the book that brought this mark.
    """

    slot: Slot
    sha256: str
    verdict: Verdict | None
    reason: str
    by: str
    by_id: str
    at: str
    revision: int = 0

    def to_list(self) -> list[Any]:
        verdict = str(self.verdict) if self.verdict else None
        return [*self.slot, self.sha256, verdict, self.reason, self.by, self.by_id, self.at, self.revision]

    @classmethod
    def from_list(cls, values: list[Any]) -> Mark:
        job, asset, locale, sha256, verdict, reason, by, by_id, at, revision = values
        return cls(
            slot=(str(job), str(asset), str(locale)),
            sha256=str(sha256),
            verdict=Verdict(verdict) if verdict else None,
            reason=str(reason),
            by=str(by),
            by_id=str(by_id),
            at=str(at),
            revision=int(revision),
        )


@dataclass(frozen=True, slots=True)
class MarkBook:
    """All marks of a run at one time.

    Attributes:
        revision: counts the changes; 0 where nobody marked anything.
        generation: of the stored object; 0 where there is none.
    """

    revision: int = 0
    marks: Mapping[Slot, Mark] = field(default_factory=dict)
    generation: int = 0


class MarkFile:
    """``marks.json`` of a run: read whole, changed by compare-and-swap.

    Args:
        name: of the object.
    """

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage, self._name = storage, name

    def read(self) -> MarkBook:
        """The marks now.

        Raises:
            StorageError: the file is damaged.
        """
        try:
            data, info = self._storage.read_with_info(self._name)
        except ObjectNotFound:
            return MarkBook()
        try:
            record = json.loads(data)
            marks = [Mark.from_list(values) for values in record["marks"]]
            return MarkBook(int(record["revision"]), {mark.slot: mark for mark in marks}, info.generation)
        except DAMAGED as error:
            uri = self._storage.uri_of(self._name)
            raise StorageError(f"{uri} is damaged ({error!r}); remove it: marks decide nothing") from error

    def put(self, marks: Iterable[Mark], *, known: int) -> MarkBook:
        """Set marks.

        Args:
            known: the revision that the reviewer has seen.

        Returns:
            The book with them in it.

        Raises:
            MarksChanged: another person has set one of these marks since, to something else.
            InputError: too many marks.
            StorageUnavailable: others wrote all the time.
        """
        new = list(marks)
        for _ in range(_TRIES):
            book = self.read()
            changed = {slot for mark in new if _differs(book.marks.get(slot := mark.slot), mark, known)}
            if changed:
                raise MarksChanged(frozenset(changed))
            after = self._with(book, new)
            try:
                info = self._storage.swap(
                    self._name, _encoded(after), generation=book.generation, content_type="application/json"
                )
            except PreconditionFailed:
                continue
            return MarkBook(after.revision, after.marks, info.generation)
        raise StorageUnavailable(f"{self._storage.uri_of(self._name)}: others kept writing; try again")

    def _with(self, book: MarkBook, new: Iterable[Mark]) -> MarkBook:
        revision = book.revision + 1
        marks = dict(book.marks)
        for mark in new:
            marks[mark.slot] = Mark.from_list([*mark.to_list()[:-1], revision])
        if len(marks) > MOST:
            raise InputError(f"a run can have {MOST:,} marks; reject the run as a whole, or narrow it down")
        return MarkBook(revision, marks)


def _differs(there: Mark | None, new: Mark, known: int) -> bool:
    """Whether there is a mark that the reviewer has not seen, is not theirs, and says something else."""
    if there is None or there.revision <= known or there.by_id == new.by_id or there.sha256 != new.sha256:
        return False
    return (there.verdict, there.reason) != (new.verdict, new.reason)


def _encoded(book: MarkBook) -> bytes:
    record = {"revision": book.revision, "marks": [mark.to_list() for mark in book.marks.values()]}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
