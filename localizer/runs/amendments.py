"""What people had done again in another way, one image at a time. It is only ever added to.

    runs/<run>/amendments.jsonl

Two lines for each redo: that it was asked for, with the new job, and how it ended. The first is written
before anything is looked up or edited, so that whoever evicts results knows of it; the second, once the new
result is kept as a shard of its own, is what makes it count. The plan stays what it was: an amendment speaks
of a job of the plan, and one that the plan does not have (any more) is of no effect.

People write them one by one, so they are few, and read whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple

from localizer.errors import (
    InputError,
    ObjectNotFound,
    ObjectReplaced,
    PreconditionFailed,
    StorageUnavailable,
)
from localizer.model import Job, Slot
from localizer.runs.merging import read_records
from localizer.storage import Storage
from localizer.storage.content_types import content_type_of

_TRIES = 20


@dataclass(frozen=True, slots=True)
class Amendment:
    """One image of a run that somebody had done again in another way.

    Attributes:
        id: of the redo; a retry of it has the same.
        planned: the job in the plan, by key, asset and locale.
        replaces: key of the job that stood there when it was asked for.
        job: what was asked for instead.
        engine: that was asked for, by name.
        by: who asked.
        at: ISO 8601 UTC time, likewise.
        why: in that person's words; may be empty.
        ended_at: ISO 8601 UTC time; empty while it goes on, or if its process died.
        problem: why nothing came of it; what stood there before stayed.
    """

    id: str
    planned: Slot
    replaces: str
    job: Job
    engine: str
    by: str
    at: str
    why: str = ""
    ended_at: str = ""
    problem: str = ""

    @property
    def counts(self) -> bool:
        """Whether its result took the place of the one before."""
        return bool(self.ended_at) and not self.problem

    @property
    def is_open(self) -> bool:
        """Whether nobody said how it ended: it goes on, or its process died."""
        return not self.ended_at

    @property
    def place(self) -> tuple[str, str]:
        """Asset and locale, of which a run has one each."""
        return self.job.asset_id, self.job.locale

    @property
    def shard(self) -> str:
        """Name of the shard that keeps its result."""
        return f"redo-{self.id}"


class AmendmentTrail:
    """One ``amendments.jsonl``: added to by compare-and-swap."""

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage, self._name = storage, name

    def read(self) -> list[Amendment]:
        """All amendments, in the order of what was last said of each.

        Raises:
            StorageError: a record is damaged; names file and line.
        """
        return self._read()[0]

    def ask(self, amendment: Amendment) -> Amendment:
        """Record that a redo was asked for; the very same one again, after it failed, opens it anew.

        Returns:
            The amendment as it stands: one that counts already stays as it is.

        Raises:
            InputError: something else stands in that place by now.
            StorageUnavailable: others wrote all the time.
        """
        for _ in range(_TRIES):
            known, data, generation = self._read()
            same = next((each for each in known if each.id == amendment.id), None)
            if same is not None and same.counts:
                return same
            require_there(known, amendment)
            if self._append(data, _asked(amendment), generation):
                return replace(amendment, ended_at="", problem="")
        raise self._refused()

    def end(self, amendment: Amendment, *, at: str, problem: str = "") -> Amendment:
        """Record how a redo ended: it counts from now on, or there was a problem.

        Raises:
            InputError: another redo of that place came first, so this one cannot count.
            StorageUnavailable: others wrote all the time.
        """
        ended = replace(amendment, ended_at=at, problem=problem)
        for _ in range(_TRIES):
            known, data, generation = self._read()
            now = next((each for each in known if each.id == amendment.id), None)
            if now is not None and now.counts:
                return now
            if not problem:
                require_there(known, amendment)
            line = {"ended": amendment.id, "at": at, "problem": problem}
            if self._append(data, line, generation):
                return ended
        raise self._refused()

    def _append(self, data: bytes, record: Mapping[str, Any], generation: int) -> bool:
        line = json.dumps(record, ensure_ascii=False).encode() + b"\n"
        whole = data if not data or data.endswith(b"\n") else data + b"\n"
        try:
            self._storage.swap(
                self._name, whole + line, generation=generation, content_type=content_type_of(self._name)
            )
        except (PreconditionFailed, ObjectReplaced):
            return False
        return True

    def _read(self) -> tuple[list[Amendment], bytes, int]:
        try:
            data, info = self._storage.read_with_info(self._name)
        except ObjectNotFound:
            return [], b"", 0
        said = (record for record, _ in read_records(BytesIO(data), self._uri, _parsed))
        return _folded(said), data, info.generation

    @property
    def _uri(self) -> str:
        return self._storage.uri_of(self._name)

    def _refused(self) -> StorageUnavailable:
        return StorageUnavailable(f"{self._uri}: others kept writing; try again")


def in_effect(amendments: list[Amendment]) -> dict[Slot, Amendment]:
    """The amendment that counts for each job of the plan that has one: the last."""
    return {each.planned: each for each in amendments if each.counts}


def require_there(known: list[Amendment], amendment: Amendment) -> None:
    """Refuse an amendment of what does not stand there any more.

    Raises:
        InputError: says who was first.
    """
    last = in_effect(known).get(amendment.planned)
    if amendment.replaces == (last.job.key if last else amendment.planned[0]):
        return
    who = f"was done again by {last.by} at {last.ended_at}" if last else "is not what was planned"
    raise InputError(f"{amendment.job.label} {who}; look at the image that is there now first")


class _Ended(NamedTuple):
    id: str
    at: str
    problem: str


def _folded(said: Iterable[Amendment | _Ended]) -> list[Amendment]:
    found: dict[str, Amendment] = {}
    for record in said:
        asked = found.pop(record.id, None)
        if isinstance(record, Amendment):
            found[record.id] = record
        elif asked is not None:
            found[record.id] = replace(asked, ended_at=record.at, problem=record.problem)
    return list(found.values())


def _asked(amendment: Amendment) -> dict[str, Any]:
    return {
        "asked": amendment.id,
        "planned": list(amendment.planned),
        "replaces": amendment.replaces,
        "job": amendment.job.to_dict(),
        "engine": amendment.engine,
        "by": amendment.by,
        "at": amendment.at,
        "why": amendment.why,
    }


def _parsed(record: Mapping[str, Any]) -> Amendment | _Ended:
    if "ended" in record:
        return _Ended(record["ended"], record["at"], record["problem"])
    key, asset_id, locale = record["planned"]
    return Amendment(
        id=record["asked"],
        planned=(key, asset_id, locale),
        replaces=record["replaces"],
        job=Job.from_dict(record["job"]),
        engine=record["engine"],
        by=record["by"],
        at=record["at"],
        why=record["why"],
    )
