"""Decks to hand to translators: what a run still needs, and what is to be known of each string."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localizer.copy.units import CopyState, CopyUnit
from localizer.copydeck import DeckRow
from localizer.origin import Origin


def open_rows(units: Iterable[CopyUnit]) -> Iterator[DeckRow]:
    """Rows of those units that nobody approved."""
    return (row_of(unit) for unit in units if unit.state is not CopyState.APPROVED)


def row_of(unit: CopyUnit) -> DeckRow:
    """A unit as a row of a deck. What was refused is in the note, never in the target."""
    return DeckRow(
        source=unit.source,
        source_locale=unit.source_locale,
        locale=unit.locale,
        target="" if unit.state is CopyState.MISSING else unit.target,
        state=str(unit.state),
        most_characters=unit.most_characters,
        context=unit.context,
        assets=unit.images,
        note=_note(unit),
    )


def _note(unit: CopyUnit) -> str:
    parts = []
    if unit.printed is Origin.PRODUCT:
        parts.append(f"{unit.origin}; left as it is where this row is approved")
    elif unit.printed is Origin.UNSURE:
        parts.append("translate it, or write the source once more to leave it as it is")
    elif unit.state is CopyState.DRAFT:
        parts.append(f"proposed by {unit.origin}")
    elif unit.state is CopyState.MISSING and unit.target:
        parts.append(f"“{unit.target}” was proposed ({unit.origin}) and not taken")
    return "; ".join((*parts, *unit.findings))
