"""What campaigns' schedules will bring: when each runs, for which festival, and from which manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from localizer.campaigns.model import Campaign, Cron, ToFestival, is_template
from localizer.errors import FestivalError
from localizer.festivals import Lead, custom_festival, festival_named, parse_lead, zone_named
from localizer.festivals.leads import windows

if TYPE_CHECKING:
    from localizer.festivals import Festival, Occurrence

_MOST = 10_000  # runs of one campaign in the time asked for: one an hour for a year


@dataclass(frozen=True, slots=True)
class Coming:
    """A run that a campaign's schedule will make.

    Attributes:
        at: when it starts, in the campaign's time zone.
        until: end of its data interval.
        occurrence: the festival that it is for; None of a cron schedule.
        manifest: that it will read; empty where only Airflow can fill in the template.
    """

    campaign: Campaign
    at: datetime
    until: datetime
    occurrence: Occurrence | None
    manifest: str


def coming(campaign: Campaign, since: datetime, until: datetime) -> Iterator[Coming]:
    """The runs of a campaign that start before a moment, in order; none of one without a schedule.

    Args:
        since: aware. A festival's run that should have started before it is there still, as long as its
            festival has not begun.
        until: aware.
    """
    schedule = campaign.schedule
    if isinstance(schedule, ToFestival):
        yield from _to_festival(campaign, schedule, since, until)
    elif isinstance(schedule, Cron):
        yield from _by_cron(campaign, schedule, since, until)


def festival_of(campaign: Campaign) -> Festival | None:
    """The festival that a campaign is for; None without one, or if no calendar knows it."""
    schedule = campaign.schedule
    if not isinstance(schedule, ToFestival):
        return None
    try:
        if schedule.dates is not None:
            return custom_festival(schedule.festival, schedule.dates, schedule.region)
        return festival_named(schedule.festival)
    except FestivalError:  # its file was checked; another version of the calendars may know less
        return None


def _to_festival(
    campaign: Campaign, schedule: ToFestival, since: datetime, until: datetime
) -> Iterator[Coming]:
    festival = festival_of(campaign)
    if festival is None:
        return
    zone = zone_named(schedule.timezone)
    lead = Lead(parse_lead(schedule.lead), zone, schedule.hour)
    for window in windows(festival, schedule.region, lead, since - timedelta(days=lead.days + 1)):
        if window.start >= until:
            return
        if window.end <= since:
            continue
        manifest = _filled(campaign, window.start, window.end, festival_day=window.occurrence.start)
        yield Coming(campaign, window.start.astimezone(zone), window.end, window.occurrence, manifest)


def _by_cron(campaign: Campaign, schedule: Cron, since: datetime, until: datetime) -> Iterator[Coming]:
    from croniter import croniter

    zone = ZoneInfo(schedule.timezone)
    times = croniter(schedule.expression, since.astimezone(zone), ret_type=datetime)
    moments = takewhile(lambda at: at < until, iter(lambda: times.get_next(datetime), None))
    for number, at in enumerate(moments):
        if number == _MOST:
            return
        yield Coming(campaign, at, at, None, _filled(campaign, at, at, festival_day=None))


def _filled(campaign: Campaign, start: datetime, end: datetime, *, festival_day: date | None) -> str:
    """The manifest of a run as Airflow will name it, or an empty string."""
    if not is_template(campaign.manifest):
        return campaign.manifest
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters |= {
        "ds": lambda at: at.strftime("%Y-%m-%d"),
        "ds_nodash": lambda at: at.strftime("%Y%m%d"),
        "ts": lambda at: at.isoformat(),
    }
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    run = SimpleNamespace(data_interval_start=start, data_interval_end=end, logical_date=start, conf={})
    names: dict[str, Any] = {
        "data_interval_start": start,
        "data_interval_end": end,
        "logical_date": start,
        "ds": start.strftime("%Y-%m-%d"),
        "ds_nodash": start.strftime("%Y%m%d"),
        "ts": start.isoformat(),
        "dag_run": run,
    }
    if festival_day is not None:
        names["festival_date"] = lambda _: festival_day.isoformat()
    try:
        return environment.from_string(campaign.manifest).render(names)
    except (TemplateError, AttributeError, TypeError, ValueError):
        return ""  # it asks for something that is known in Airflow only
