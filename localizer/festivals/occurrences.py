"""Occurrences of festivals: of one from a day on, of a year, and what comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache

from localizer.errors import FestivalError
from localizer.festivals.calendars import FIRST_YEAR, LAST_YEAR
from localizer.festivals.catalog import FESTIVALS
from localizer.festivals.model import Days, Festival, Occurrence, Rule
from localizer.festivals.regions import REGIONS, region_named


def occurrences(festival: Festival, region: str, since: date) -> Iterator[Occurrence]:
    """The occurrences of a festival in a region that start on or after a day, in order, as far as is known.

    Raises:
        FestivalError: the festival is not kept in that region.
    """
    rule = festival.rule_in(region)
    for year in range(max(since.year, FIRST_YEAR), LAST_YEAR + 1):
        for days in _days(rule, year):
            if days.start >= since:
                yield Occurrence(
                    festival.id,
                    festival.name,
                    local_name(festival, region),
                    region,
                    days.start,
                    days.end,
                    days.certainty,
                )


def in_year(year: int, region: str | None = None) -> list[Occurrence]:
    """Every festival that starts in a year, in one region or in all, by date.

    Raises:
        FestivalError: the region or the year is out of what is known.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise FestivalError(f"festivals are known from {FIRST_YEAR} to {LAST_YEAR}, not in {year}")
    found = []
    for occurrence in _from(date(year, 1, 1), region):
        for one in occurrence:
            if one.start.year > year:
                break
            found.append(one)
    return sorted(found, key=_order)


def upcoming(today: date, count: int, region: str | None = None) -> list[Occurrence]:
    """The next festivals, today's included: all that start on the first `count` days that have one.

    Raises:
        FestivalError: the region is not known.
    """
    found = []
    for occurrence in _from(today, region):
        for number, one in enumerate(occurrence):
            # Two years hold every festival at least once.
            if number == count or one.start.year > today.year + 2:
                break
            found.append(one)
    found.sort(key=_order)
    distinct: list[tuple[date, str]] = []
    for one in found:
        if (one.start, one.festival) not in distinct:
            distinct.append((one.start, one.festival))
    wanted = set(distinct[:count])
    return [one for one in found if (one.start, one.festival) in wanted]


def local_name(festival: Festival, region: str) -> str:
    """Its name in the region's language; English where there is none."""
    language = REGIONS[region].language if region in REGIONS else "en"
    return festival.names.get(language) or festival.names.get(language.split("-")[0]) or festival.name


@lru_cache(maxsize=4096)
def _days(rule: Rule, year: int) -> tuple[Days, ...]:
    """Schedulers ask again and again, and calendars are slow."""
    return tuple(rule(year))


def _from(day: date, region: str | None) -> Iterable[Iterator[Occurrence]]:
    wanted = region_named(region).code if region else None
    for festival in FESTIVALS.values():
        for code in festival.rules:
            if wanted in {None, code}:
                yield occurrences(festival, code, day)


def _order(one: Occurrence) -> tuple[date, str, str]:
    return one.start, one.festival, one.region
