"""When campaigns run, and until when: a timetable of festivals, and the deadlines of runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pendulum
from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable

from localizer.errors import FestivalError
from localizer.festivals import Festival, Lead, custom_festival, festival_named, parse_lead, region_named
from localizer.festivals.leads import Window, windows, zone_named
from operators.deadlines import RunDeadline


class FestivalTimetable(Timetable):
    """Run once per occurrence of a festival, `lead` before its first day.

    The data interval of a run goes from that moment to the first midnight of the festival, both in the
    festival's time zone, so `data_interval_end` tells a template when it is; the logical date is the start.
    With `catchup=False` a run whose moment has passed unnoticed is still made, as long as the festival has
    not begun. A manual run is for the festival that comes next.

    Args:
        festival: id or alias, see `python -m localizer festivals`; with `dates` a name of your own.
        lead: calendar days or weeks before, such as `14d` or `2w`; may be longer than the gap between two
            occurrences.
        region: ISO 3166-1 code of the region whose dates count.
        timezone: IANA name; default: the region's.
        hour: of the day on which the run starts, in that time zone.
        dates: the days of a festival of your own, in ISO 8601; there is no run for others.

    Raises:
        FestivalError: something of this is not known.
    """

    description: str
    periodic = True

    def __init__(
        self,
        festival: str,
        lead: str,
        region: str,
        timezone: str | None = None,
        hour: int = 9,
        dates: list[str] | None = None,
    ) -> None:
        place = region_named(region)
        if not 0 <= hour <= 23:
            raise FestivalError(f"hour must be 0 to 23, not {hour}")
        self._arguments = {
            "festival": festival,
            "lead": lead,
            "region": place.code,
            "timezone": timezone or place.timezone,
            "hour": hour,
            "dates": dates,
        }
        self._region = place.code
        self._lead = Lead(parse_lead(lead), zone_named(timezone or place.timezone), hour)
        self._festival = _festival(festival, place.code, dates)
        self._festival.rule_in(place.code)
        self.description = (
            f"{lead} before {self._festival.name} in {place.code}, at {hour:02d}:00 {self._lead.zone.key}"
        )

    @property
    def summary(self) -> str:
        """What the list of DAGs shows: ``mid-autumn CN -14d``."""
        name = self._festival.name if self._arguments["dates"] else self._festival.id
        return f"{name} {self._region} -{self._arguments['lead']}"

    def serialize(self) -> dict[str, Any]:
        """The arguments, as JSON."""
        return dict(self._arguments)

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> Timetable:
        """The timetable that `serialize` wrote."""
        return cls(**data)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next run; None after the last occurrence that the calendars know."""
        now = _now()
        still_ahead = restriction.earliest is None or not restriction.catchup
        since = now.subtract(days=self._lead.days + 2) if still_ahead else restriction.earliest
        since = max(moment for moment in (since, restriction.earliest) if moment is not None)
        last = last_automated_data_interval
        if last is not None:
            since = max(since, last.start)
        for window in windows(self._festival, self._region, self._lead, since):
            if last is not None and window.start <= last.start:
                continue
            if still_ahead and window.end <= now:
                continue
            if restriction.latest is not None and window.start > restriction.latest:
                return None
            interval = _interval(window)
            return DagRunInfo(run_after=interval.start, data_interval=interval)
        return None

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """That of the festival which starts next; an empty one after the last."""
        since = run_after - timedelta(days=self._lead.days + 2)
        coming: Iterator[Window] = windows(self._festival, self._region, self._lead, since)
        for window in coming:
            if window.end > run_after:
                return _interval(window)
        return DataInterval.exact(run_after)

    def festival_date(self, dag_run: Any) -> str:
        """The first day of the festival that a run is for, ``2027-09-15``; a macro of campaign files.

        `data_interval_end | ds` would be the day before east of Greenwich, where that midnight is still
        yesterday in UTC.
        """
        end = dag_run.data_interval_end
        if end is None:  # triggered without a logical date
            end = self.infer_manual_data_interval(run_after=pendulum.instance(dag_run.run_after)).end
        return str(end.astimezone(self._lead.zone).date())


def _festival(name: str, region: str, dates: list[str] | None) -> Festival:
    if dates is None:
        return festival_named(name)
    return custom_festival(name, dates, region)


def _now() -> pendulum.DateTime:
    return pendulum.now("UTC")


def _interval(window: Window) -> DataInterval:
    return DataInterval(pendulum.instance(window.start), pendulum.instance(window.end))


class FestivalTimetablePlugin(AirflowPlugin):
    """Makes the timetable and the deadlines known to every component."""

    name = "festival_timetable"
    timetables = [FestivalTimetable]  # noqa: RUF012 (Airflow reads a plain list)
    deadline_references = [RunDeadline]  # noqa: RUF012
