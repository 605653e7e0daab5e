"""The calendar in a real browser: without a script, by keyboard, on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from localizer.campaigns import load_campaign
from localizer.review.agenda import PlannedCampaign
from tests.localizer.review.page.conftest import Desk, Site

pytestmark = pytest.mark.browser


@pytest.fixture
def planned(site: Site, tmp_path: Path) -> Site:
    """The site, with a campaign for Mid-Autumn that has no manifest yet, and one every Monday."""
    schedules = {
        "moon": "{festival: mid-autumn, lead: 14d, region: CN}",
        "weekly": "{cron: '0 7 * * MON', timezone: Europe/Berlin}",
    }
    for name, schedule in schedules.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(f"title: {name.title()}\nowners: [Mei]\nmanifest: m.csv\nschedule: {schedule}\n")
        site.host.planned.append(PlannedCampaign(load_campaign(path), f"../dags/campaign_{name}"))
    return site


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "light"), (390, "dark")])
def test_it_is_accessible_and_fits_the_screen(desk: Desk, planned: Site, width: int, scheme: str) -> None:
    page = desk.open(
        f"{planned.url}calendar",
        viewport={"width": width, "height": 844},
        color_scheme=scheme,
        bypass_csp=True,  # axe is a script, which the page allows none of
    )
    found = [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]
    assert found == []
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window


def test_it_works_without_a_script_and_by_keyboard(desk: Desk, planned: Site) -> None:
    page = desk.open(f"{planned.url}calendar", java_script_enabled=False)
    moon = page.get_by_role("listitem").filter(has_text="Moon").first
    expect(moon.get_by_text("no manifest yet")).to_be_visible()
    expect(moon.get_by_text("14d before")).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_count(12)
    page.get_by_label("Festivals of").select_option("TH")
    page.get_by_role("button", name="Show").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Songkran").first).to_be_visible()
    expect(page.get_by_text("Diwali")).to_have_count(0)
    assert page.url.endswith("calendar?region=TH")
    page.get_by_role("navigation", name="Months").get_by_role("link").nth(3).click()
    assert "#m20" in page.url
    expect(moon.get_by_role("link", name="Moon")).to_have_attribute("target", "_top")


def test_a_stranger_sees_none_of_it(desk: Desk, planned: Site) -> None:
    page = desk.open(f"{planned.url}calendar", viewer="stranger")
    assert "Moon" not in page.content()
    assert "forbidden" in page.content()
