"""Lead times: when the work for a festival starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from localizer.documents import did_you_mean
from localizer.errors import FestivalError
from localizer.festivals.model import Festival, Occurrence
from localizer.festivals.occurrences import occurrences

LONGEST_LEAD = 730
"""Days."""


@dataclass(frozen=True, slots=True)
class Lead:
    """So many calendar days before a festival, at an hour of the day there.

    Attributes:
        days: at least 1: images that are begun on the day itself come too late.
        zone: where the days and the hour are counted.
        hour: 0 to 23. An hour that the clocks skip is taken as one hour later.
    """

    days: int
    zone: ZoneInfo
    hour: int = 0


class Window(NamedTuple):
    """From the start of the work to the festival's first midnight, in UTC."""

    start: datetime
    end: datetime
    occurrence: Occurrence


def parse_lead(text: str) -> int:
    """Days of a lead time such as ``14d`` or ``2w``.

    Raises:
        FestivalError: not such a text, less than a day or more than two years.
    """
    found = re.fullmatch(r"(\d{1,4})\s*([dw])", text.strip())
    if found is None:
        raise FestivalError(f"{text!r} is not a lead time; write days or weeks, such as 14d or 2w")
    days = int(found[1]) * (7 if found[2] == "w" else 1)
    if not 1 <= days <= LONGEST_LEAD:
        raise FestivalError(f"a lead of {text} is not between 1d and {LONGEST_LEAD}d")
    return days


def zone_named(name: str) -> ZoneInfo:
    """An IANA time zone.

    Raises:
        FestivalError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean(name, sorted(available_timezones()), listed=())
        raise FestivalError(f"{name!r} is not an IANA time zone such as Asia/Shanghai{hint}") from None


def windows(festival: Festival, region: str, lead: Lead, since: datetime) -> Iterator[Window]:
    """The windows of a festival whose work starts at or after a moment, in order.

    Args:
        since: aware.
    """
    # Two days of slack: the moment may be another date in the zone, and the hour is within its day.
    first = _shift(since.astimezone(lead.zone).date(), lead.days - 2)
    for occurrence in occurrences(festival, region, first):
        window = Window(
            _moment(_shift(occurrence.start, -lead.days), lead.hour, lead.zone),
            _moment(occurrence.start, 0, lead.zone),
            occurrence,
        )
        if window.start >= since:
            yield window


def _moment(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def _shift(day: date, days: int) -> date:
    try:
        return day + timedelta(days)
    except OverflowError:
        return date.min if days < 0 else date.max
