"""The review page in Airflow's own UI: a browser, Airflow's login, its frame, and what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.system.one_machine import OneMachine

pytestmark = [pytest.mark.system, pytest.mark.browser]

DAG = "localize_campaign"


@pytest.fixture(scope="module")
def machine(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneMachine]:
    with OneMachine(tmp_path_factory.mktemp("machine"), people=("mei:user",)) as machine:
        yield machine


def test_from_the_running_campaign_to_the_release(
    chromium: Browser, machine: OneMachine, small_campaign: Path
) -> None:
    workspace, published = small_campaign / "workspace", small_campaign / "published"
    conf: dict[str, Any] = {
        "manifest": str(small_campaign / "small.csv"),
        "brand": None,
        "approval": "always",
        "workspace": str(workspace),
        "publish_uri": str(published),
    }
    api = machine.api("mei")
    run = api.trigger(DAG, conf)
    token = httpx.post(
        f"{machine.url}/auth/token", json={"username": "mei", "password": "iem"}, timeout=30
    ).raise_for_status()
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_cookies([{"name": "_token", "value": token.json()["access_token"], "url": machine.url}])
    page = context.new_page()
    page.goto(f"{machine.url}/dags/{DAG}/runs/{run.run_id}/plugin/review_run", timeout=120_000)
    frame = page.frame_locator("iframe")
    # Live from the first: the page waits with her until there is something to decide.
    finish = frame.get_by_role("button", name="Finish review")
    expect(finish).to_be_visible(timeout=300_000)
    expect(frame.locator(".card")).to_have_count(3, timeout=60_000)

    name = frame.locator(".name", has_text=re.compile("^b$"))
    frame.locator(".opener").filter(has=name).click()
    expect(frame.locator("section.focus h2")).to_contain_text("b", timeout=30_000)
    page.keyboard.press("r")
    frame.get_by_role("textbox", name="Reason").fill("the type is too small")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(frame.locator('.card[data-mark="rejected"]')).to_have_count(1, timeout=30_000)
    finish.click()
    dialog = frame.get_by_role("dialog", name="Finish the review")
    expect(dialog).to_contain_text("1 image will be published", timeout=30_000)
    dialog.get_by_role("button", name="Publish 1 image").click()
    expect(frame.locator(".banner")).to_contain_text("mei approved this run", timeout=60_000)
    assert api.wait(run) == "success"
    expect(frame.locator(".state")).to_have_text("Published", timeout=120_000)
    expect(frame.locator(".banner")).to_contain_text(re.compile("Release .+"))

    [release] = published.glob("*/releases/*/release.json")
    [image] = [path for path in release.parent.glob("*/*") if path.suffix == ".png"]
    assert (image.parent.name, image.stem) == ("de", "a")
    frame.get_by_role("link", name="Airflow").click()  # out of the frame
    expect(page.locator("iframe")).to_have_count(0, timeout=60_000)
    context.close()
