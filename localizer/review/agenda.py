"""What the calendar page shows: festivals and runs of the coming months, gathered month by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from localizer.campaigns.coming import Coming, coming, festival_of
from localizer.campaigns.model import Cron, ToFestival
from localizer.festivals import FESTIVALS, Certainty, occurrences
from localizer.festivals.listing import local_date

if TYPE_CHECKING:
    from localizer.campaigns import Campaign
    from localizer.festivals import Occurrence

MONTHS = 12
_DATES = 5  # of a schedule's runs in a month that are spelled out


class Manifest(StrEnum):
    """Whether the manifest of a run is there."""

    THERE = "there"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PlannedCampaign:
    """A campaign of which the viewer may see its DAG.

    Attributes:
        link: address of the DAG, for a browser; empty: none.
        is_paused: its schedule makes no runs until somebody turns it on.
    """

    campaign: Campaign
    link: str = ""
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the calendar.

    Attributes:
        day: that it stands under.
        planned: of a run; None of a festival.
        runs: of a run: all of this campaign in this month.
        festival: of a festival: its occurrences on these days, region by region.
        has_begun: the moment of the run has passed.
    """

    day: date
    planned: PlannedCampaign | None = None
    runs: tuple[Coming, ...] = ()
    festival: tuple[Occurrence, ...] = ()
    has_begun: bool = False

    @property
    def dates(self) -> str:
        """The moments of a schedule's runs in words."""
        moments = [f"{run.at:%a %d, %H:%M}" for run in self.runs[:_DATES]]
        more = len(self.runs) - len(moments)
        return "; ".join(moments) + (f"; and {more} more" if more > 0 else "")


@dataclass(slots=True)
class Month:
    """A month and what comes in it, by day."""

    first: date
    entries: list[Entry] = field(default_factory=list)


def agenda(
    planned: Iterable[PlannedCampaign], *, now: datetime, region: str = ""
) -> tuple[list[Month], list[PlannedCampaign]]:
    """The coming months, and the campaigns that have no schedule.

    Args:
        now: aware.
        region: of the festivals; empty: each in its home, and in the regions that campaigns are for.
    """
    campaigns = list(planned)
    start = now.date().replace(day=1)
    until = _months_later(start, MONTHS)
    months = {_months_later(start, n): Month(_months_later(start, n)) for n in range(MONTHS)}
    end = datetime(until.year, until.month, 1, tzinfo=now.tzinfo)
    for one in campaigns:
        by_month: dict[date, list[Coming]] = {}
        for run in coming(one.campaign, now, end):
            day = max(run.at.date(), start)
            by_month.setdefault(day.replace(day=1), []).append(run)
        for first, runs in by_month.items():
            if first in months:
                months[first].entries += _entries(one, runs, now)
    for entry in _festivals(campaigns, now.date(), until, region):
        months[entry.day.replace(day=1)].entries.append(entry)
    for month in months.values():
        month.entries.sort(key=lambda entry: (entry.day, entry.planned is not None))
    return list(months.values()), [one for one in campaigns if one.campaign.schedule is None]


def _entries(planned: PlannedCampaign, runs: Sequence[Coming], now: datetime) -> list[Entry]:
    if isinstance(planned.campaign.schedule, Cron):
        return [Entry(runs[0].at.date(), planned, tuple(runs))]
    return [Entry(max(run.at.date(), now.date()), planned, (run,), has_begun=run.at <= now) for run in runs]


def _festivals(planned: Sequence[PlannedCampaign], today: date, until: date, region: str) -> list[Entry]:
    """Festivals by days; those on the same days in several regions together."""
    wanted = {(f.id, region) for f in FESTIVALS.values() if region in f.rules}
    if not region:
        wanted = {(f.id, f.home) for f in FESTIVALS.values()}
        for one in planned:
            schedule, festival = one.campaign.schedule, festival_of(one.campaign)
            if festival is not None and isinstance(schedule, ToFestival):
                wanted.add((festival.id, schedule.region))
    groups: dict[tuple[str, date, date, Certainty], list[Occurrence]] = {}
    for name, code in sorted(wanted):
        if name not in FESTIVALS:  # a brand's own days stand with their campaign
            continue
        for found in occurrences(FESTIVALS[name], code, today - timedelta(days=31)):
            if found.start >= until:
                break
            if found.end >= today:
                groups.setdefault((name, found.start, found.end, found.certainty), []).append(found)
    return [Entry(max(start, today), festival=tuple(days)) for (_, start, _, _), days in groups.items()]


def sure(certainty: Certainty) -> str:
    """How sure a date is, in words."""
    return {
        Certainty.FIXED: "fixed",
        Certainty.COMPUTED: "computed",
        Certainty.ANNOUNCED: "announced by an authority; may move by a day",
    }[certainty]


def written_there(occurrence: Occurrence) -> str:
    """Its name and date as its region writes them; empty for a brand's own days."""
    if occurrence.festival not in FESTIVALS:
        return ""
    return f"{occurrence.local_name} · {local_date(occurrence.start, occurrence.region)}"


def _months_later(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
