"""What the page says when it cannot show or change something, and that nothing it shows can act on it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from localizer.cli import main
from localizer.review.host import Choice
from localizer.workspace import Workspace
from tests.localizer.review.demo_host import DemoHost
from tests.localizer.review.page.conftest import RUN, Desk, Site, serving

pytestmark = pytest.mark.browser


def test_who_may_only_read_is_told_and_has_no_buttons(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(), viewer="guest")
    expect(page.locator(".banner")).to_contain_text("You can look at this review")
    expect(page.locator(".quick:visible, .tick:visible")).to_have_count(0)
    expect(page.get_by_role("button", name="Finish review")).to_be_hidden()
    page.keyboard.press("a")
    page.locator(".opener").first.click()
    expect(page.locator(".cannot")).to_contain_text("not change it")
    expect(page.get_by_role("button", name="Approve")).to_be_hidden()
    page.keyboard.press("r")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_signed_out_before(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    page.context.add_cookies([{"name": "viewer", "value": "nobody", "url": site.url}])
    page.keyboard.press("a")
    expect(page.locator(".banner")).to_contain_text("You are signed out")
    expect(page.locator(".saving")).to_contain_text("1 mark not saved yet")
    page.context.add_cookies([{"name": "viewer", "value": "mei", "url": site.url}])
    expect(page.locator(".saving")).to_be_hidden(timeout=60_000)
    expect(page.locator(".banner")).not_to_contain_text("signed out")
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(1)


def test_a_run_that_is_not_ones_to_see(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    site.host.readers.discard("mei")
    page.reload()
    expect(page.locator("body")).to_contain_text("you may not read")  # not even the page itself


def test_the_page_of_a_run_that_is_refused(desk: Desk, site: Site) -> None:
    page = desk.open(site.review().replace("localize_campaign", "secret_dag"))
    expect(page.get_by_role("heading", name="This is not yours to see")).to_be_visible()
    expect(page.get_by_role("link", name="All runs").last).to_be_visible()


def test_no_such_run(desk: Desk, site: Site) -> None:
    page = desk.open(site.review("never"))
    expect(page.get_by_role("heading", name="There is no such run")).to_be_visible()


def test_a_broken_server_that_recovers(desk: Desk, site: Site) -> None:
    def broken(route: Route) -> None:
        route.fulfill(status=500, content_type="text/plain", body="no")

    page = desk.open(site.url)
    page.route("**/api/*", broken)
    page.goto(site.review())
    expect(page.get_by_role("heading", name="The server had a problem")).to_be_visible()
    page.unroute("**/api/*", broken)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".card").first).to_be_visible()
    expect(page.get_by_role("heading", name="The server had a problem")).to_be_hidden()


def test_answered_already(desk: Desk, site: Site) -> None:
    site.host.answers[RUN] = ("Ana", Choice.APPROVE, {})
    page = desk.open(site.review())
    expect(page.locator(".banner")).to_contain_text("Ana approved this run")
    expect(page.locator(".banner")).to_contain_text("Marks can no longer be changed")
    expect(page.get_by_role("button", name="Finish review")).to_be_hidden()
    expect(page.locator(".quick:visible")).to_have_count(0)


def test_exceptions_only_says_what_is_published_all_the_same(desk: Desk, site: Site) -> None:
    site.host.policy = "exceptions_only"
    page = desk.open(site.review())
    page.get_by_role("button", name="Finish review").click()
    page.get_by_role("button", name="Reject all exceptions…").click()
    sure = page.get_by_role("dialog", name="Reject all exceptions?")
    expect(sure).to_contain_text(re.compile(r"4 images that passed all checks will be"))


def test_a_fresh_workspace_has_no_runs(desk: Desk, tmp_path: Path) -> None:
    with serving(DemoHost(Workspace.open(str(tmp_path / "empty")))) as empty:
        page = desk.open(empty.url)
        expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()


def test_the_overview_leads_to_the_run(desk: Desk, site: Site) -> None:
    page = desk.open(site.url)
    expect(page.get_by_role("heading", name="Waiting for you")).to_be_visible()
    page.get_by_role("link", name=re.compile("Campaign autumn")).click()
    expect(page.locator(".card").first).to_be_visible()
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("heading", name="Campaign reviews")).to_be_visible()


def test_inside_the_frame_that_airflow_puts_it_in(desk: Desk, site: Site) -> None:
    page = desk.open(site.url.replace("/localizer/", "/framed?of=") + quote(site.review()))
    frame = page.frame_locator("iframe")
    frame.locator(".opener").first.click()
    frame.get_by_role("button", name="Reject").last.click()
    frame.get_by_role("button", name="Not right for this market").click()
    page.keyboard.press("Enter")
    frame.get_by_role("button", name="Back to the gallery").click()
    expect(frame.locator('.card[data-mark="rejected"]')).to_have_count(1)
    frame.get_by_role("link", name="Airflow").click()  # the frame may not, but the page above it goes there
    expect(page.get_by_role("heading", name="Airflow: localize_campaign/runs/autumn")).to_be_visible()


EVIL = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'


def test_text_of_others_is_text(desk: Desk, tmp_path: Path) -> None:
    """Names, copy and reasons come from a manifest that anybody may have written."""
    with (tmp_path / "evil.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["asset_id", "image", "source_locale", "locale", "action", "text", "replacement"])
        writer.writerow(["poster", f"{EVIL}.png", "en", "de", "replace_text", EVIL, EVIL])
    workspace = tmp_path / "workspace"
    arguments = ["run", str(tmp_path / "evil.csv"), "--workspace", str(workspace), "--run-id", RUN]
    assert main([*arguments, "--approve", "none"]) == 0
    with serving(DemoHost(Workspace.open(str(workspace)))) as site:
        page = desk.open(site.review())
        expect(page.locator(".card")).to_have_count(1)

        def spoiled(route: Route) -> None:
            answer = route.fetch()
            if answer.status == 304:
                route.fulfill(response=answer)
                return
            body = json.loads(answer.text())
            for item in body.get("items", []):
                item |= {"asset_id": EVIL, "reason": EVIL, "locale": EVIL, "status": "needs_review"}
                item["copy"] = [
                    {"action": EVIL, "text": EVIL, "replacement": EVIL, "box": None, "draft": EVIL}
                ]
                item["mark"] = {"verdict": "rejected", "reason": EVIL, "by": EVIL, "at": EVIL}
            if "title" in body:
                body |= {"title": EVIL, "campaign": EVIL}
            route.fulfill(response=answer, json=body)

        page.route("**/api/items*", spoiled)
        page.route("**/api/run?*", spoiled)
        page.reload()
        page.locator(".opener").first.click()
        expect(page.locator("section.focus h2")).to_contain_text("<img src=x")
        expect(page.locator(".edit .from")).to_contain_text("<script>")
        assert page.evaluate("window.hacked") is None
        assert page.locator("img[src=x]").count() == 0
