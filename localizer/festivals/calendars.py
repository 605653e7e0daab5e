"""Calendars other than the civil one, from the libraries that keep them.

``lunar-python`` knows every day of the Chinese calendar; ``holidays`` has the tables of the Korean,
Vietnamese, Islamic, Hindu and Hebrew calendars, with what each country's authorities have published. Its
calendar objects are not part of its public face, so all that leans on them stands here, and the tests compare
the outcome with published dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

FIRST_YEAR, LAST_YEAR = 2000, 2060
"""Civil years that festivals are worked out for; Hindu ones are known up to 2035."""

Dated = tuple[date, bool]
"""A day, and whether it is only estimated."""


def chinese(year: int, month: int, day: int) -> date:
    """A day of the Chinese year that begins in a civil year; never one of a leap month."""
    from lunar_python import Lunar

    return date.fromisoformat(Lunar.fromYmd(year, month, day).getSolar().toYmd())


def qingming(year: int) -> date:
    """The day on which the sun reaches 15° (solar term Qingming) in China."""
    from lunar_python import Lunar

    return date.fromisoformat(Lunar.fromYmd(year, 3, 1).getJieQiTable()["清明"].toYmd())


def lunar_new_year(country: str, year: int) -> date:
    """New year's day in the lunar calendar of ``KR`` or ``VN``: with the new moon around midnight it is
    not China's (Seoul is an hour ahead, Hanoi an hour behind)."""
    return _known(_calendar(country, "chinese").lunar_new_year_date(year))


def mid_autumn(country: str, year: int) -> date:
    """The 15th of the eighth lunar month in ``KR`` or ``VN``."""
    if country == "VN":
        # The library takes China's. New moon at 16:13 UTC on 12 September 2034 and at 16:15 UTC on
        # 26 August 2041: already the next day in Beijing, not yet in Hanoi.
        return {2034: date(2034, 9, 26), 2041: date(2041, 9, 9)}.get(year) or chinese(year, 8, 15)
    return _known(_calendar(country, "chinese").mid_autumn_date(year))


def islamic(country: str, name: str, year: int) -> list[Dated]:
    """When ``ramadan_beginning``, ``eid_al_fitr`` or ``eid_al_adha`` is, as the country counts.

    What is not published yet follows the Umm al-Qura calendar of Saudi Arabia, the criteria of Brunei,
    Indonesia, Malaysia and Singapore, or in South Asia the day after Umm al-Qura's.
    """
    dated: Iterable[Dated] = getattr(_calendar(country, "islamic"), f"{name}_dates")(year)
    return sorted({day: estimated for day, estimated in dated if day.year == year}.items())


def hindu(country: str, name: str, year: int) -> Dated | None:
    """When ``diwali_india`` or ``holi`` is; outside India what the country has published, else India's."""
    home, estimated = getattr(_calendar("IN", "hindu"), f"{name}_date")(year)
    if country != "IN":
        local, unpublished = getattr(_calendar(country, "hindu"), f"{name.removesuffix('_india')}_date")(year)
        if local is not None and not unpublished:
            return local, False
    return (home, estimated) if home is not None else None


def hanukkah(year: int) -> list[date]:
    """First days (25 Kislev) in a civil year; it begins on the evening before."""
    return sorted(day for day in _calendar("IL", "hebrew").hanukkah_date(year) if day.year == year)


def easter_sunday(year: int, *, orthodox: bool = False) -> date:
    """Easter Sunday in the civil calendar."""
    from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter

    day: date = easter(year, EASTER_ORTHODOX if orthodox else EASTER_WESTERN)
    return day


@lru_cache(maxsize=64)
def _calendar(country: str, kind: str) -> Any:
    import holidays

    return getattr(holidays.country_holidays(country), f"_{kind}_calendar")


def _known(dated: tuple[date | None, bool]) -> date:
    day = dated[0]
    if day is None:  # its tables reach to 2099
        raise LookupError("the calendar's table has no such year")
    return day
