"""What people said of drafts, kept by content, so that nobody is asked the same twice.

    copy/decisions/<source locale>/<locale>.jsonl

A line speaks of one source string, its target, their two locales and the brand, and holds for every run of
that brand in the workspace: what one brand approved, nobody approved for another. It is only ever added to;
the last word on a target counts, and of several targets that were approved for one source the last.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

from localizer.errors import ObjectNotFound, ObjectReplaced, PreconditionFailed, StorageUnavailable
from localizer.folding import fold_source
from localizer.runs.merging import read_records
from localizer.scratch import Scratch
from localizer.storage import Storage
from localizer.storage.content_types import content_type_of

_TRIES = 20
_SCHEMA = """
CREATE TABLE decision (seq INTEGER PRIMARY KEY, folded TEXT, source_locale TEXT, locale TEXT, target TEXT,
    approved INTEGER, body TEXT, UNIQUE (folded, source_locale, locale, target) ON CONFLICT REPLACE);
"""


@dataclass(frozen=True, slots=True)
class CopyDecision:
    """What a person said of one draft.

    Attributes:
        origin: of the draft, see `CopyUnit.origin`.
        by: the person.
        at: ISO 8601 UTC time.
        brand: name of the kit that the copy was prepared with.
    """

    source: str
    source_locale: str
    locale: str
    target: str
    approved: bool
    origin: str
    by: str
    at: str
    comment: str = ""
    brand: str = ""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CopyDecision:
        said = {name: data[name] for name in cls.__slots__ if name != "brand"}
        return cls(**said, brand=data.get("brand") or "")


class CopyDecisions:
    """All decisions of a brand on some pairs of locales, in a table on disk; a context manager."""

    def __init__(self, storage: Storage, pairs: Iterable[tuple[str, str]], *, brand: str = "") -> None:
        self._table = Scratch(_SCHEMA)
        for source_locale, locale in sorted(set(pairs)):
            said, _, _ = _read(storage, source_locale, locale)
            self._table.put(
                "INSERT INTO decision (folded, source_locale, locale, target, approved, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    (fold_source(d.source), source_locale, locale, d.target, d.approved, _text(d))
                    for d in said
                    if d.brand == brand
                ),
            )

    def __enter__(self) -> CopyDecisions:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    def approved(self, source: str, source_locale: str, locale: str) -> CopyDecision | None:
        """The draft that a person approved for a source, or None."""
        return self._one(
            "SELECT body FROM decision WHERE folded = ? AND source_locale = ? AND locale = ? AND approved"
            " ORDER BY seq DESC LIMIT 1",
            (fold_source(source), source_locale, locale),
        )

    def refused(self, source: str, source_locale: str, locale: str, target: str) -> CopyDecision | None:
        """What was said against this very draft, or None."""
        return self._one(
            "SELECT body FROM decision WHERE folded = ? AND source_locale = ? AND locale = ? AND target = ?"
            " AND NOT approved",
            (fold_source(source), source_locale, locale, target),
        )

    def _one(self, query: str, values: tuple[str, ...]) -> CopyDecision | None:
        row = self._table.row(query, *values)
        return CopyDecision.from_dict(json.loads(row[0])) if row else None


def refusal(by: str, comment: str) -> str:
    """What a unit shows of a refusal."""
    return f"{by} refused it: {comment}" if comment else f"{by} refused it"


def keep_decisions(storage: Storage, decisions: Iterable[CopyDecision]) -> None:
    """Add decisions; the very same one twice counts as one. Safe while others add.

    Raises:
        StorageUnavailable: others wrote all the time.
    """
    pairs: dict[tuple[str, str], list[CopyDecision]] = {}
    for decision in decisions:
        pairs.setdefault((decision.source_locale, decision.locale), []).append(decision)
    for (source_locale, locale), said in pairs.items():
        _add(storage, source_locale, locale, said)


def _add(storage: Storage, source_locale: str, locale: str, new: list[CopyDecision]) -> None:
    name = _name(source_locale, locale)
    for _ in range(_TRIES):
        known, data, generation = _read(storage, source_locale, locale)
        there = {_text(decision) for decision in known}
        lines = [text for text in dict.fromkeys(map(_text, new)) if text not in there]
        if not lines:
            return
        whole = data if not data or data.endswith(b"\n") else data + b"\n"
        whole += "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")
        try:
            storage.swap(name, whole, generation=generation, content_type=content_type_of(name))
        except (PreconditionFailed, ObjectReplaced):
            continue
        return
    raise StorageUnavailable(f"{storage.uri_of(name)}: others kept writing; try again")


def _read(storage: Storage, source_locale: str, locale: str) -> tuple[list[CopyDecision], bytes, int]:
    name = _name(source_locale, locale)
    try:
        data, info = storage.read_with_info(name)
    except ObjectNotFound:
        return [], b"", 0
    records = read_records(BytesIO(data), storage.uri_of(name), CopyDecision.from_dict)
    return [decision for decision, _ in records], data, info.generation


def _name(source_locale: str, locale: str) -> str:
    return f"copy/decisions/{source_locale}/{locale}.jsonl"


def _text(decision: CopyDecision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False)
