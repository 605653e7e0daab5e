"""What the report says of a run's words: where they come from, who stands for them, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localizer.copy.run_copy import FOLDER, TO_FILL, each_unit
from localizer.copy.units import CopyState, CopyUnit
from localizer.errors import ObjectNotFound

if TYPE_CHECKING:
    from localizer.runs import Run

COPY_DECK = f"{FOLDER}/{TO_FILL}"
"""Name of the deck to fill in among a run's records, and where it is from the report."""

_LISTED = 200
_WAYS = 30  # of coming by copy

_WORDS = {
    "deck": "in the copy deck",
    "deck, not approved": "in the copy deck, where it is not approved",
    "rule": "the same everywhere: a number, a name, an address",
    "rule: as the locale writes it": "a number, price or date as the language writes it",
}


@dataclass(slots=True)
class CopySection:
    """A run's copy, gathered in one pass.

    Attributes:
        locales: strings by locale and state.
        ways: how many strings came by their copy in which way.
        drafts, missing: the first few; `more_drafts` and `more_missing` count the others.
    """

    locales: dict[str, Counter[CopyState]] = field(default_factory=dict)
    ways: Counter[tuple[CopyState, str]] = field(default_factory=Counter)
    drafts: list[CopyUnit] = field(default_factory=list)
    missing: list[CopyUnit] = field(default_factory=list)
    more_drafts: int = 0
    more_missing: int = 0

    def add(self, unit: CopyUnit) -> None:
        """Take one string into account."""
        self.locales.setdefault(unit.locale, Counter())[unit.state] += 1
        if unit.state is CopyState.MISSING:
            if len(self.missing) < _LISTED:
                self.missing.append(unit)
            else:
                self.more_missing += 1
            return
        self.ways[unit.state, way(unit)] += 1
        if unit.state is CopyState.DRAFT:
            if len(self.drafts) < _LISTED:
                self.drafts.append(unit)
            else:
                self.more_drafts += 1

    @property
    def rows(self) -> list[tuple[str, list[int]]]:
        """Locale, and how many strings are approved, drafts and missing."""
        return [
            (locale, [counts[state] for state in CopyState])
            for locale, counts in sorted(self.locales.items())
        ]

    @property
    def told_ways(self) -> list[tuple[str, str, int]]:
        """State, words and count, the most common first."""
        return [(str(state), words, count) for (state, words), count in self.ways.most_common(_WAYS)]

    @property
    def is_complete(self) -> bool:
        """Whether a person stands for every string."""
        return not (self.drafts or self.missing)


def way(unit: CopyUnit) -> str:
    """Where the copy of a string comes from, and who stands for it, in words."""
    words = _WORDS.get(unit.origin, unit.origin)
    return f"approved by {unit.approved_by}; the draft: {words}" if unit.approved_by else words


def copy_section(units: Iterable[CopyUnit]) -> CopySection | None:
    """The section of these units; None where there are none."""
    section = CopySection()
    for unit in units:
        section.add(unit)
    return section if section.locales else None


def copy_of(run: Run) -> CopySection | None:
    """The section of a run; None where its copy was not prepared.

    Raises:
        StorageError: the record is damaged.
    """
    try:
        return copy_section(each_unit(run))
    except ObjectNotFound:
        return None
