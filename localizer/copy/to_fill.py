"""The deck of what is not approved, to hand to translators."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from localizer.copy.run_copy import each_unit
from localizer.copy.units import CopyState, CopyUnit
from localizer.extraction.model import Origin
from localizer.runs.merging import local_disk


def write_to_fill(units: Path, path: Path) -> None:
    """Write the deck of a run to a local file.

    Args:
        units: the run's units, see `localizer.copy.run_copy`.
    """
    with local_disk(), path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "source_locale", "locale", "target", "state", "note"))
        for unit in to_fill(each_unit(units.parent)):
            writer.writerow(
                (unit.source, unit.source_locale, unit.locale, target_of(unit), state_of(unit), note_of(unit))
            )


def to_fill(units: Iterable[CopyUnit]) -> Iterator[CopyUnit]:
    """Those that nobody approved."""
    return (unit for unit in units if unit.state is not CopyState.APPROVED)


def target_of(unit: CopyUnit) -> str:
    """A draft; of a missing string nothing, so that what was refused is not taken for copy."""
    return unit.target if unit.state is CopyState.DRAFT else ""


def state_of(unit: CopyUnit) -> str:
    return str(unit.state) if unit.state is CopyState.DRAFT else ""


def note_of(unit: CopyUnit) -> str:
    """What a translator should know of a string."""
    parts = []
    if unit.printed is Origin.PRODUCT:
        parts.append(f"{unit.origin}; as a target the source itself leaves it as it is")
    elif unit.printed is Origin.UNSURE:
        parts.append("translate it, or write the source once more to leave it as it is")
    elif unit.state is CopyState.DRAFT:
        parts.append(f"proposed by {unit.origin}")
    elif unit.target:
        parts.append(f"“{unit.target}” was proposed ({unit.origin}) and not taken")
    return "; ".join((*parts, *unit.findings))
