"""Rules: how the days of a festival follow from a year."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from localizer.festivals import calendars
from localizer.festivals.model import Certainty, Days, Rule

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6

Start = Callable[[int], date]


def span(start: Start, *, days: int = 1, certainty: Certainty = Certainty.FIXED) -> Rule:
    """Once a year, for a number of days."""

    def rule(year: int) -> Iterable[Days]:
        first = start(year)
        return [Days(first, first + timedelta(days - 1), certainty)]

    return rule


def on(month: int, day: int, *, days: int = 1) -> Rule:
    """The same day every year."""
    return span(lambda year: date(year, month, day), days=days)


def nth(month: int, weekday: int, number: int, *, after: int = 0) -> Rule:
    """The nth weekday of a month (-1: its last), or some days after it."""

    def start(year: int) -> date:
        if number > 0:
            first = date(year, month, 1)
            return first + timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1) + after)
        last = date(year, month + 1, 1) - timedelta(1) if month < 12 else date(year, 12, 31)
        return last - timedelta((last.weekday() - weekday) % 7) + timedelta(after)

    return span(start)


def easter(after: int = 0, *, days: int = 1, orthodox: bool = False) -> Rule:
    """Some days after (or before) Easter Sunday."""
    return span(
        lambda year: calendars.easter_sunday(year, orthodox=orthodox) + timedelta(after),
        days=days,
        certainty=Certainty.COMPUTED,
    )


def lunar(month: int, day: int, *, days: int = 1) -> Rule:
    """A day of the Chinese calendar."""
    return span(lambda year: calendars.chinese(year, month, day), days=days, certainty=Certainty.COMPUTED)


def qingming(year: int) -> Iterable[Days]:
    """Tomb-sweeping day."""
    return span(calendars.qingming, certainty=Certainty.COMPUTED)(year)


def lunar_new_year(country: str, *, days: int) -> Rule:
    """New year in Korea's or Vietnam's lunar calendar."""
    return span(lambda year: calendars.lunar_new_year(country, year), days=days, certainty=Certainty.COMPUTED)


def mid_autumn(country: str, *, days: int = 1) -> Rule:
    """Mid-autumn in Korea's or Vietnam's lunar calendar."""
    return span(lambda year: calendars.mid_autumn(country, year), days=days, certainty=Certainty.COMPUTED)


def islamic(country: str, name: str, *, days: int) -> Rule:
    """An Eid; up to two in a civil year."""

    def rule(year: int) -> Iterable[Days]:
        for day, estimated in calendars.islamic(country, name, year):
            yield Days(day, day + timedelta(days - 1), _sure(estimated))

    return rule


def ramadan(country: str) -> Rule:
    """From the first day of fasting to the day before Eid al-Fitr."""

    def rule(year: int) -> Iterable[Days]:
        eids = [day for y in (year, year + 1) for day, _ in calendars.islamic(country, "eid_al_fitr", y)]
        for first, estimated in calendars.islamic(country, "ramadan_beginning", year):
            yield Days(first, min(eid for eid in eids if eid > first) - timedelta(1), _sure(estimated))

    return rule


def hindu(country: str, name: str) -> Rule:
    """Diwali or Holi; none in years that the tables do not reach."""

    def rule(year: int) -> Iterable[Days]:
        if dated := calendars.hindu(country, name, year):
            day, estimated = dated
            yield Days(day, day, _sure(estimated))

    return rule


def hanukkah(year: int) -> Iterable[Days]:
    """Eight days."""
    for day in calendars.hanukkah(year):
        yield Days(day, day + timedelta(7), Certainty.COMPUTED)


def golden_week_jp(year: int) -> Iterable[Days]:
    """29 April to 5 May; to the 6th when one of the last three days is a Sunday, which moves that holiday."""
    moved = date(year, 5, 6).weekday() in {0, 1, 2}
    return [Days(date(year, 4, 29), date(year, 5, 6 if moved else 5), Certainty.FIXED)]


def golden_week_cn(year: int) -> Iterable[Days]:
    """1 to 7 October; a day longer when Mid-Autumn falls into it (2020, 2025, 2028)."""
    inside = date(year, 10, 1) <= calendars.chinese(year, 8, 15) <= date(year, 10, 7)
    return [Days(date(year, 10, 1), date(year, 10, 8 if inside else 7), Certainty.FIXED)]


def mothers_day_fr(year: int) -> Iterable[Days]:
    """The last Sunday of May; if that is Pentecost, the first of June."""
    (last,) = nth(5, SUNDAY, -1)(year)
    if last.start == calendars.easter_sunday(year) + timedelta(49):
        return nth(6, SUNDAY, 1)(year)
    return [last]


def _sure(estimated: bool) -> Certainty:
    return Certainty.ANNOUNCED if estimated else Certainty.COMPUTED
