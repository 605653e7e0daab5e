"""The copy of a run in words, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from localizer.copy.units import CopyState, CopyUnit
from localizer.costs import in_words
from localizer.display import one_line
from localizer.estimates.words import count

if TYPE_CHECKING:
    from localizer.copy.saving import PreparedCopy

_ROWS = 40


def headline(prepared: PreparedCopy) -> str:
    """``12 approved, 3 drafts, 1 missing``."""
    approved, drafts, missing = (prepared.total(state) for state in CopyState)
    return f"{approved:,} approved, {count(drafts, 'draft')}, {missing:,} missing"


def facts(prepared: PreparedCopy) -> Iterator[str]:
    """What was read and asked, a sentence each."""
    if prepared.images:
        known = prepared.images - prepared.read - prepared.unread
        yield (
            f"{count(prepared.images, 'image')} all of whose text is to be translated: {prepared.read:,} read "
            f"now, {known:,} read before" + (f", {prepared.unread:,} not read yet" if prepared.unread else "")
        )
    if asked := sum(prepared.asked.values()):
        done = "would be asked for" if prepared.dry_run else "were asked for"
        cost = f", about {in_words(prepared.cost)}" if prepared.cost else ""
        characters = sum(prepared.characters.values())
        yield f"{count(asked, 'draft')} {done} ({characters:,} characters{cost})"
    for origin, number in prepared.drafts.items():
        yield f"{count(number, 'draft')} by {origin}"
    yield from prepared.problems


def as_lines(prepared: PreparedCopy, units: Iterable[CopyUnit] = (), *, rows: int = _ROWS) -> Iterator[str]:
    """A table by locale, what was done, and the strings; other people's text is made harmless.

    Args:
        units: to be listed.
        rows: most of them.
    """
    yield f"copy     {headline(prepared)}"
    if prepared.counts:
        width = max(6, *map(len, prepared.counts))
        yield f"{'locale':{width}s}  {'  '.join(f'{state!s:>9s}' for state in CopyState)}"
        for locale, by_state in prepared.counts.items():
            numbers = "  ".join(f"{by_state.get(str(state), 0):>9,d}" for state in CopyState)
            yield f"{locale:{width}s}  {numbers}"
    yield from (one_line(fact) for fact in facts(prepared))
    more = 0
    for number, unit in enumerate(units):
        if number < rows:
            yield one_line(_row(unit))
        else:
            more += 1
    if more:
        yield f"{'':8s} … and {more:,} more"


def _row(unit: CopyUnit) -> str:
    shown = f"{unit.state!s:8s} {unit.id}  {unit.locale:8s} “{unit.source}”"
    if unit.target:
        shown += f" → “{unit.target}” ({unit.origin})"
    return "; ".join((shown, *unit.findings))
