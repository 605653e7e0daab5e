"""The calendar page: what comes, when, how sure that is, and for whose eyes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from localizer.campaigns import load_campaign
from localizer.review.agenda import Manifest, PlannedCampaign, agenda
from localizer.review.calendar import render_calendar
from localizer.review.manifests import Manifests
from tests.localizer.review.demo_host import DemoHost

NOW = datetime(2026, 8, 20, 12, tzinfo=UTC)
FILES = {
    "moon": "title: Moon <b>\nmanifest: 'gs://b/{{ festival_date(dag_run) }}.csv'\n"
    "schedule: {festival: mid-autumn, lead: 14d, region: CN}",
    "eid": "manifest: eid.csv\nschedule: {festival: eid-al-fitr, lead: 3w, region: SA}",
    "weekly": "manifest: weekly.csv\nschedule: {cron: '0 7 * * MON', timezone: Europe/Berlin}",
    "birthday": "manifest: b.csv\n"
    "schedule: {dates: ['2026-10-09'], name: Our birthday, lead: 1w, region: DE}",
    "rush": "manifest: rush.csv",
}


@pytest.fixture
def planned(tmp_path: Path) -> list[PlannedCampaign]:
    campaigns = []
    for name, text in FILES.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"owners: [Mei]\n{text}\n", "utf-8")
        link = f"../dags/campaign_{name}"
        campaigns.append(PlannedCampaign(load_campaign(path), link, is_paused=name == "eid"))
    (tmp_path / "weekly.csv").touch()
    return campaigns


def test_runs_and_festivals_stand_in_their_months(planned: list[PlannedCampaign]) -> None:
    months, by_hand = agenda(planned, now=NOW)
    assert [month.first.isoformat()[:7] for month in months][:5] == [
        *("2026-08", "2026-09", "2026-10", "2026-11", "2026-12")
    ]
    assert len(months) == 12
    by_name = {
        (entry.planned.campaign.name, month.first.month): entry
        for month in months
        for entry in month.entries
        if entry.planned
    }
    moon = by_name["moon", 9]
    assert moon.day.isoformat() == "2026-09-11"
    assert moon.runs[0].manifest == "gs://b/2026-09-25.csv"
    assert by_name["birthday", 10].day.isoformat() == "2026-10-02"
    weekly = by_name["weekly", 9]
    assert (len(weekly.runs), weekly.dates) == (
        4,
        "Mon 07, 07:00; Mon 14, 07:00; Mon 21, 07:00; Mon 28, 07:00",
    )
    assert ("eid", 2) in by_name  # Eid al-Fitr 2027 is on 9 or 10 March
    assert [one.campaign.name for one in by_hand] == ["rush"]
    festivals = {entry.festival[0].festival for month in months for entry in month.entries if entry.festival}
    assert {"mid-autumn", "double-11", "christmas", "lunar-new-year", "diwali"} <= festivals
    days = [entry.day for month in months for entry in month.entries]
    assert days == sorted(days)


def test_a_region_shows_its_own_festivals_only(planned: list[PlannedCampaign]) -> None:
    months, _ = agenda(planned, now=NOW, region="TH")
    shown = {(o.festival, o.region) for month in months for e in month.entries for o in e.festival}
    assert {region for _, region in shown} == {"TH"}
    assert ("songkran", "TH") in shown


def test_a_run_whose_moment_has_passed_is_still_there_until_the_festival(
    planned: list[PlannedCampaign],
) -> None:
    months, _ = agenda(planned, now=datetime(2026, 9, 15, tzinfo=UTC))
    late = [e for e in months[0].entries if e.planned and e.planned.campaign.name == "moon"]
    assert [(e.day.isoformat(), e.has_begun) for e in late] == [("2026-09-15", True)]


def test_the_page_marks_what_is_announced_and_what_lacks_a_manifest(planned: list[PlannedCampaign]) -> None:
    page = render_calendar(planned, now=NOW, manifests=Manifests(), broken=1)
    assert "Moon &lt;b&gt;" in page
    assert "Moon <b>" not in page
    assert page.count("no manifest yet</span>") == 2  # Eid and the birthday
    assert "manifest is there" in page
    assert "announced by an authority; may move by a day" in page
    assert "paused: will not run by itself" in page
    assert 'href="../dags/campaign_weekly"' in page
    assert "1 campaign file is broken" in page
    assert 'lang="zh-Hans"' in page
    assert "<script" not in page


def test_manifests_are_looked_at_and_remembered(tmp_path: Path) -> None:
    manifests, there = Manifests(), tmp_path / "there.csv"
    there.touch()
    asked = [str(there), str(tmp_path / "none.csv"), "", "https://x/y.csv"]
    found = manifests.look(asked)
    assert [found.get(uri) for uri in asked] == [Manifest.THERE, Manifest.MISSING, None, Manifest.UNKNOWN]
    there.unlink()
    assert manifests.look([str(there)]) == {str(there): Manifest.THERE}


def test_the_route_shows_what_the_host_lets_be_seen(
    client: TestClient, host: DemoHost, planned: list[PlannedCampaign]
) -> None:
    host.planned = planned[:1]
    answer = client.get("/calendar")
    assert answer.status_code == 200
    assert "Moon &lt;b&gt;" in answer.text
    assert "Our birthday" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert client.get("/calendar", params={"region": "th"}).status_code == 200
    wrong = client.get("/calendar", params={"region": "<x>"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "invalid")
    host.planned = []
    assert "There is no campaign here that you may see" in client.get("/calendar").text
