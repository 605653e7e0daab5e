"""The copy of a run in words, for terminals and logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from localizer.copy.units import CopyState, CopyUnit
from localizer.display import one_line
from localizer.estimates.words import copy_facts, copy_headline

if TYPE_CHECKING:
    from localizer.copy.prepared import PreparedCopy

_ROWS = 40


def as_lines(prepared: PreparedCopy, units: Iterable[CopyUnit] = (), *, rows: int = _ROWS) -> Iterator[str]:
    """A table by locale, what was done, and the strings; other people's text is made harmless.

    Args:
        units: to be listed.
        rows: most of them.
    """
    yield f"copy     {copy_headline(prepared)}"
    if prepared.counts:
        width = max(6, *map(len, prepared.counts))
        yield f"{'locale':{width}s}  {'  '.join(f'{state!s:>9s}' for state in CopyState)}"
        for locale, by_state in prepared.counts.items():
            numbers = "  ".join(f"{by_state.get(str(state), 0):>9,d}" for state in CopyState)
            yield f"{locale:{width}s}  {numbers}"
    yield from (one_line(fact) for fact in copy_facts(prepared))
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
