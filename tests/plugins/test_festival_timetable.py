"""The timetable by itself, and under a real Airflow database: schedule, backfill, serialization."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PROJECT = Path(__file__).resolve().parents[2]


def timetable(festival: str = "mid-autumn", lead: str = "14d", region: str = "CN", **more: Any) -> Any:
    from festival_timetable import FestivalTimetable

    return FestivalTimetable(festival, lead, region, **more)


@pytest.fixture(autouse=True)
def _plugins_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PROJECT / "plugins"))


def runs(timetable: Any, earliest: datetime, latest: datetime, last: Any = None) -> list[Any]:
    """What Airflow's backfill asks for: one after the other, each from the one before."""
    from airflow.timetables.base import TimeRestriction

    restriction = TimeRestriction(pendulum.instance(earliest), pendulum.instance(latest), catchup=True)
    found = []
    while True:
        info = timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)
        if info is None:
            return found
        found.append(info)
        last = info.data_interval


def days(infos: list[Any], zone: str = "Asia/Shanghai") -> list[tuple[str, str]]:
    return [
        (
            info.run_after.in_timezone(zone).format("YYYY-MM-DD HH:mm"),
            info.data_interval.end.in_timezone(zone).format("YYYY-MM-DD HH:mm"),
        )
        for info in infos
    ]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]


def test_runs_the_lead_before_each_occurrence_and_says_when_the_festival_is() -> None:
    found = runs(timetable(), utc(2024, 1, 1), utc(2026, 12, 31))
    assert days(found) == [
        ("2024-09-03 09:00", "2024-09-17 00:00"),
        ("2025-09-22 09:00", "2025-10-06 00:00"),
        ("2026-09-11 09:00", "2026-09-25 00:00"),
    ]
    assert [info.logical_date for info in found] == [info.run_after for info in found]


def test_a_lead_over_the_new_year_belongs_to_the_year_it_starts_in() -> None:
    seollal = timetable("lunar-new-year", "8w", "HK", hour=0)
    assert days(runs(seollal, utc(2027, 11, 1), utc(2027, 12, 31))) == [
        ("2027-12-01 00:00", "2028-01-26 00:00")
    ]
    assert runs(seollal, utc(2027, 12, 2), utc(2028, 11, 1)) == []


def test_a_lead_longer_than_the_gap_keeps_every_occurrence() -> None:
    found = runs(timetable("eid-al-fitr", "500d", "SA"), utc(2024, 1, 1), utc(2026, 12, 31))
    assert [d[1][:10] for d in days(found, "Asia/Riyadh")] == ["2026-03-20", "2027-03-09", "2028-02-26"]


def test_two_in_one_year_are_two_runs() -> None:
    found = runs(timetable("ramadan", "3d", "SA"), utc(2030, 1, 1), utc(2030, 12, 31))
    assert [d[1][:10] for d in days(found, "Asia/Riyadh")] == ["2030-01-05", "2030-12-26"]


def test_dates_of_ones_own_and_another_zone() -> None:
    own = timetable(
        "Brand birthday", "1d", "CN", timezone="America/New_York", dates=["2027-09-09", "2026-09-09"]
    )
    found = runs(own, utc(2024, 1, 1), utc(2040, 1, 1))
    assert days(found, "America/New_York") == [
        ("2026-09-08 09:00", "2026-09-09 00:00"),
        ("2027-09-08 09:00", "2027-09-09 00:00"),
    ]
    assert own.summary == "Brand birthday CN -1d"


KINDS = st.sampled_from(
    [
        ("mid-autumn", "CN"),
        ("lunar-new-year", "CN"),
        ("tet", "VN"),
        ("seollal", "KR"),
        ("ramadan", "SA"),
        ("eid-al-adha", "MY"),
        ("christmas", "US"),
        ("black-friday", "US"),
        ("easter", "DE"),
        ("hanukkah", "IL"),
        ("new-year", "BR"),
    ]
)


@settings(deadline=None, max_examples=25)
@given(kind=KINDS, lead=st.integers(1, 730), hour=st.integers(0, 23), cut=st.integers(0, 30 * 365))
def test_over_thirty_years_nothing_is_missed_or_doubled_and_backfill_is_live(
    kind: tuple[str, str], lead: int, hour: int, cut: int
) -> None:
    """30 years in one go, in two parts, and live day by day give the same runs: one per occurrence."""
    from datetime import date

    from airflow.timetables.base import TimeRestriction

    from localizer.festivals import festival_named, occurrences

    festival, region = kind
    table = timetable(festival, f"{lead}d", region, hour=hour)
    first, end = utc(2024, 1, 1), utc(2054, 1, 1)
    found = runs(table, first, end)
    zone = table.serialize()["timezone"]

    starts = [info.run_after for info in found]
    assert starts == sorted(set(starts))
    assert all(info.data_interval.start < info.data_interval.end for info in found)
    for info in found:
        local = info.run_after.in_timezone(zone)
        festival_day = info.data_interval.end.in_timezone(zone)
        assert (festival_day.date() - local.date()).days == lead
    expected = [
        one.start
        for one in occurrences(festival_named(festival), region, date(2023, 12, 1))
        if first
        < pendulum.datetime(one.start.year, one.start.month, one.start.day, hour, tz=zone).subtract(days=lead)
        and one.start - timedelta(lead) < date(2053, 12, 31)
    ]
    assert [info.data_interval.end.in_timezone(zone).date() for info in found][: len(expected)] == expected
    assert len(found) - len(expected) in {0, 1}  # one may start on the last day

    middle = first + timedelta(cut)
    parts = runs(table, first, middle) + runs(table, middle + timedelta(microseconds=1), end)
    assert [info.data_interval for info in parts] == [info.data_interval for info in found]

    # Live: the scheduler makes a run when its moment comes, and asks again.
    open_ended = TimeRestriction(pendulum.instance(first), None, catchup=False)
    last, live = None, []
    for info in found[:8]:
        asked = at(info.run_after.subtract(seconds=1), table, last, open_ended)
        live.append(asked.data_interval)
        last = asked.data_interval
    assert live == [info.data_interval for info in found[:8]]


def at(now: Any, table: Any, last: Any, restriction: Any) -> Any:
    """What the timetable says at a moment."""
    import festival_timetable

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(festival_timetable, "_now", lambda: now)
        return table.next_dagrun_info(last_automated_data_interval=last, restriction=restriction)


def live(table: Any, now: str, last: Any = None, earliest: Any = None) -> Any:
    from airflow.timetables.base import TimeRestriction

    return at(pendulum.parse(now), table, last, TimeRestriction(earliest, None, catchup=False))


def test_a_moment_missed_is_made_up_for_while_the_festival_is_ahead_and_not_after() -> None:
    table = timetable()  # for 15 September 2027 it starts on the 1st
    late = live(table, "2027-09-10T00:00:00Z")
    assert days([late]) == [("2027-09-01 09:00", "2027-09-15 00:00")]
    assert days([live(table, "2027-09-10T00:00:00Z", last=late.data_interval)]) == [
        ("2028-09-19 09:00", "2028-10-03 00:00")
    ]
    assert days([live(table, "2027-09-14T16:00:00Z")]) == [("2028-09-19 09:00", "2028-10-03 00:00")]
    begun = pendulum.datetime(2027, 9, 5)  # the DAG's start date: nothing before it
    assert days([live(table, "2027-09-10T00:00:00Z", earliest=begun)]) == [
        ("2028-09-19 09:00", "2028-10-03 00:00")
    ]


def test_after_another_schedule_it_goes_on_from_where_that_was() -> None:
    from airflow.timetables.base import DataInterval

    cron = DataInterval(pendulum.datetime(2027, 8, 31), pendulum.datetime(2027, 9, 1, 12))
    assert days([live(timetable(), "2027-08-31T12:00:00Z", last=cron)]) == [
        ("2027-09-01 09:00", "2027-09-15 00:00")
    ]


def test_a_manual_run_is_for_the_festival_that_comes_next() -> None:
    table = timetable()

    def when(*moment: int) -> str:
        interval = table.infer_manual_data_interval(run_after=pendulum.datetime(*moment))
        return interval.end.in_timezone("Asia/Shanghai").to_date_string()

    assert when(2027, 1, 5) == when(2027, 9, 10) == "2027-09-15"
    assert when(2027, 9, 15) == "2028-10-03"
    own = timetable("x", "1d", "CN", dates=["2026-09-09"])
    after = pendulum.datetime(2030, 1, 1)
    assert own.infer_manual_data_interval(run_after=after) == (after, after)


def test_the_date_of_a_runs_festival_is_the_day_there_not_in_utc() -> None:
    from types import SimpleNamespace

    table = timetable()
    (info,) = runs(table, utc(2027, 1, 1), utc(2027, 12, 31))
    scheduled = SimpleNamespace(data_interval_end=info.data_interval.end, run_after=info.run_after)
    triggered = SimpleNamespace(data_interval_end=None, run_after=utc(2027, 9, 3))
    assert info.data_interval.end.to_date_string() == "2027-09-14"
    assert table.festival_date(scheduled) == table.festival_date(triggered) == "2027-09-15"


def test_the_last_known_diwali_is_the_last_run() -> None:
    found = runs(timetable("diwali", "14d", "IN"), utc(2034, 1, 1), utc(2050, 1, 1))
    assert [info.data_interval.end.year for info in found] == [2034, 2035]


@pytest.mark.parametrize(
    "arguments",
    [
        ("mid-autum", "14d", "CN"),
        ("mid-autumn", "two weeks", "CN"),
        ("mid-autumn", "14d", "XX"),
        ("618", "14d", "JP"),
        ("mid-autumn", "14d", "CN", "Asia/Nowhere"),
        ("mid-autumn", "14d", "CN", None, 24),
    ],
)
def test_what_is_wrong_is_refused_when_the_dag_is_parsed(arguments: tuple[Any, ...]) -> None:
    from festival_timetable import FestivalTimetable

    from localizer.errors import FestivalError

    with pytest.raises(FestivalError):
        FestivalTimetable(*arguments)


DAG_FILE = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
from festival_timetable import FestivalTimetable

with DAG("moon", schedule=FestivalTimetable("mid-autumn", "14d", "CN"), catchup=False, tags=["t"]):
    EmptyOperator(task_id="nothing")
"""


@pytest.fixture
def moon(tmp_path: Path, airflow_db: None) -> Any:
    """A DAG on the timetable, parsed from a file and stored in the database as the DAG processor does."""
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.session import create_session

    (tmp_path / "moon.py").write_text(DAG_FILE)
    bag = DagBag(dag_folder=str(tmp_path), bundle_path=tmp_path, bundle_name="test")
    assert bag.import_errors == {}
    with create_session() as session:
        session.merge(DagBundleModel(name="test"))
    sync_bag_to_db(bag, "test", None)
    with create_session() as session:
        stored = SerializedDagModel.get("moon", session=session)
        assert stored is not None
        return stored.dag


def test_it_survives_the_database(moon: Any) -> None:
    table = moon.timetable
    assert type(table).__name__ == "FestivalTimetable"
    assert table.serialize() == timetable().serialize()
    assert table.summary == "mid-autumn CN -14d"
    assert "14d before Mid-Autumn Festival" in table.description
    assert table.periodic
    assert table.can_be_scheduled


def test_the_scheduler_is_told_the_next_run(moon: Any) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        model = session.get(DagModel, "moon")
        now = pendulum.now("UTC")
        assert model.next_dagrun_data_interval_end > now
        assert model.next_dagrun_create_after == model.next_dagrun_data_interval_start
        assert model.timetable_summary == "mid-autumn CN -14d"


def test_backfill_dry_run_lists_the_runs_of_past_years(moon: Any) -> None:
    from airflow.cli import cli_parser

    command = "backfill create --dag-id moon --from-date 2024-01-01 --to-date 2025-12-31 --dry-run"
    arguments = cli_parser.get_parser().parse_args(command.split())
    printed = io.StringIO()
    with redirect_stdout(printed):
        arguments.func(arguments)
    lines = [line for line in printed.getvalue().splitlines() if "20" in line]
    assert any("2024-09-03" in line for line in lines), printed.getvalue()
    assert any("2025-09-22" in line for line in lines), printed.getvalue()


def test_backfill_makes_the_runs_that_live_would_have_made(moon: Any) -> None:
    from airflow.models.backfill import ReprocessBehavior, _create_backfill
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    _create_backfill(
        dag_id="moon",
        from_date=pendulum.datetime(2024, 1, 1),
        to_date=pendulum.datetime(2025, 12, 31),
        max_active_runs=1,
        reverse=False,
        dag_run_conf=None,
        triggering_user_name="tester",
        reprocess_behavior=ReprocessBehavior.NONE,
    )
    with create_session() as session:
        made = session.scalars(
            select(DagRun).where(DagRun.dag_id == "moon").order_by(DagRun.logical_date)
        ).all()
        ends = [
            pendulum.instance(run.data_interval_end).in_timezone("Asia/Shanghai").to_date_string()
            for run in made
        ]
    assert ends == ["2024-09-17", "2025-10-06"]
