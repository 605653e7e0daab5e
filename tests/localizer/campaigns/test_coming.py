"""When campaigns run next, for which festival, and from which manifest: against published dates."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from localizer.campaigns import load_campaign
from localizer.campaigns.coming import coming
from localizer.errors import InputError

NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
YEAR = datetime(2027, 8, 1, tzinfo=UTC)


def runs(folder: Path, text: str, now: datetime = NOW, until: datetime = YEAR) -> list[tuple[str, str]]:
    path = folder / "c.yaml"
    path.write_text(f"owners: [Mei]\n{text}", "utf-8")
    found = list(coming(load_campaign(path), now, until))
    return [(run.at.isoformat(timespec="minutes"), run.manifest) for run in found]


MOON = "schedule: {festival: mid-autumn, lead: 14d, region: CN}\n"


def test_a_festivals_run_comes_its_lead_before_it_with_the_manifest_filled_in(tmp_path: Path) -> None:
    text = MOON + 'manifest: "gs://b/{{ festival_date(dag_run) }}/m.csv"\n'
    assert runs(tmp_path, text) == [("2026-09-11T09:00+08:00", "gs://b/2026-09-25/m.csv")]
    # Two in what is asked for, a year apart, by the lunar calendar.
    later = runs(tmp_path, text, until=datetime(2027, 12, 1, tzinfo=UTC))
    assert later[1] == ("2027-09-01T09:00+08:00", "gs://b/2027-09-15/m.csv")


def test_one_that_should_have_begun_is_there_until_its_festival_begins(tmp_path: Path) -> None:
    text = MOON + "manifest: gs://b/m.csv\n"
    begun = datetime(2026, 9, 20, tzinfo=UTC)
    assert runs(tmp_path, text, begun, begun.replace(month=12))[0][0] == "2026-09-11T09:00+08:00"
    over = datetime(2026, 9, 25, tzinfo=UTC)
    assert runs(tmp_path, text, over, over.replace(month=12)) == []


def test_cron_keeps_its_wall_clock_over_the_change_of_clocks(tmp_path: Path) -> None:
    text = 'schedule: {cron: "0 7 * * MON", timezone: Europe/Berlin}\n'
    text += 'manifest: "gs://b/{{ data_interval_start | ds_nodash }}.csv"\n'
    found = runs(tmp_path, text, datetime(2026, 10, 18, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    assert found == [
        ("2026-10-19T07:00+02:00", "gs://b/20261019.csv"),
        ("2026-10-26T07:00+01:00", "gs://b/20261026.csv"),
        ("2026-11-02T07:00+01:00", "gs://b/20261102.csv"),
    ]


@pytest.mark.parametrize("template", ["{{ var.value.x }}", "{{ ds.__class__.__mro__ }}", "{{ macros.x() }}"])
def test_what_only_airflow_can_fill_in_is_left_open(tmp_path: Path, template: str) -> None:
    assert runs(tmp_path, MOON + f'manifest: "gs://b/{template}.csv"\n')[0][1] == ""


def test_own_dates_count_and_by_hand_never_runs(tmp_path: Path) -> None:
    text = "manifest: gs://b/m.csv\nschedule: {dates: [2026-10-09], name: Birthday, lead: 1w, region: DE}\n"
    assert runs(tmp_path, text) == [("2026-10-02T09:00+02:00", "gs://b/m.csv")]
    assert runs(tmp_path, "manifest: gs://b/m.csv\n") == []


def test_an_hourly_schedule_ends(tmp_path: Path) -> None:
    assert len(runs(tmp_path, 'manifest: gs://b/m.csv\nschedule: {cron: "* * * * *"}\n')) == 10_000


def test_a_wrong_file_is_the_loaders_to_tell(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        runs(tmp_path, "schedule: {festival: nothing, lead: 1d, region: CN}\n")
