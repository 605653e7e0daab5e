"""Festivals as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from json import dumps

from localizer.festivals.catalog import FESTIVALS
from localizer.festivals.model import Occurrence
from localizer.festivals.occurrences import in_year, upcoming
from localizer.festivals.regions import REGIONS, region_named

_REGIONS_SHOWN = 7


def listing(year: int | None, count: int | None, region: str | None, *, json: bool) -> tuple[str, list[str]]:
    """The festivals of a year (default: this one), or the next `count`, and notes on what is not known.

    Raises:
        FestivalError: the region or the year is out of what is known.
    """
    today = date.today()
    if count:
        found, notes = upcoming(today, count, region), []
    else:
        year = year or today.year
        found = in_year(year, region)
        notes = [
            f"{name} of {year} is not known yet; a later version of the package holidays may know"
            for name in unknown_in(year, region)
        ]
    return as_json(found) if json else as_table(found), notes


def as_table(found: Sequence[Occurrence]) -> str:
    """A line per festival and date, with its regions, how sure the date is, and local name and date."""
    rows = [("START", "END", "FESTIVAL", "REGIONS", "SURE", "LOCAL")]
    for group in _groups(found):
        one = group[0]
        rows.append(
            (
                one.start.isoformat(),
                one.end.isoformat() if one.end != one.start else "",
                one.festival,
                _regions([o.region for o in group]),
                one.certainty.value,
                f"{one.local_name} · {local_date(one.start, one.region)}",
            )
        )
    # Local writing comes last, so that its width need not be known.
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]).rstrip()
        + "\n"
        for row in rows
    )


def as_json(found: Iterable[Occurrence]) -> str:
    """One JSON list, an object per festival, date and region; dates in ISO 8601."""
    records = [
        asdict(one)
        | {"timezone": REGIONS[one.region].timezone, "local_date": local_date(one.start, one.region)}
        for one in found
    ]
    return dumps(records, ensure_ascii=False, indent=1, default=str) + "\n"


def local_date(day: date, region: str) -> str:
    """A date with its weekday, as the region writes it."""
    from babel.dates import format_date

    return format_date(day, "full", locale=REGIONS[region].language.replace("-", "_"))


def unknown_in(year: int, region: str | None) -> list[str]:
    """Festivals whose dates in a year are in no table yet."""
    wanted = region_named(region).code if region else None
    return [
        festival.name
        for festival in FESTIVALS.values()
        for code in ([wanted] if wanted else [festival.home])
        if code in festival.rules and not list(festival.rules[code](year))
    ]


def _groups(found: Iterable[Occurrence]) -> list[list[Occurrence]]:
    """What is the same festival on the same days goes together; its home region first."""
    groups: dict[tuple[str, date, date, str], list[Occurrence]] = {}
    for one in found:
        groups.setdefault((one.festival, one.start, one.end, one.certainty), []).append(one)
    for (festival, *_), group in groups.items():
        order = list(FESTIVALS[festival].rules)
        group.sort(key=lambda one, order=order: order.index(one.region))  # type: ignore[misc]
    return list(groups.values())


def _regions(codes: Sequence[str]) -> str:
    if len(codes) == len(REGIONS):
        return "all"
    more = len(codes) - _REGIONS_SHOWN
    return " ".join(codes[:_REGIONS_SHOWN]) + (f" +{more}" if more > 0 else "")
