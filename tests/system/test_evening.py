"""The tutorial of the README, as a localization lead does it: in a real browser, on a real Airflow.

Each step of the README's list is a function of the same name here; a test compares the two lists. With
``LOCALIZER_SCREENSHOTS`` naming a folder, the pages are saved there, which is how the README's pictures are
made (``make screenshots``).
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from examples.generate import generate
from tests.system.cluster import PROJECT
from tests.system.one_machine import OneMachine
from tests.system.rest import RunRef

pytestmark = [pytest.mark.system, pytest.mark.browser]

DAG = "localize_campaign"
LEAD = "mei"
SLOW = 180_000  # milliseconds: what waits for images
STEPS = ("Trigger", "Watch", "Review", "Redo", "Publish", "Take it back")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evening")


@pytest.fixture(scope="module")
def machine(chromium: Browser, place: Path) -> Iterator[OneMachine]:
    generate(PROJECT / "examples" / "campaign" / "images")
    settings = {
        "LOCALIZER_WORKSPACE": str(place / "workspace"),
        "LOCALIZER_PUBLISH": str(place / "published"),
    }
    with OneMachine(place / "machine", environment=settings, people=(f"{LEAD}:admin",)) as machine:
        yield machine


def test_the_readme_has_these_steps() -> None:
    text = (PROJECT / "README.md").read_text("utf-8")
    section = text.split("## Five minutes")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\d+\. \*\*(.+?)\.\*\*", section, re.M)) == STEPS


def test_an_evening(machine: OneMachine, chromium: Browser, place: Path) -> None:
    evening = Evening(machine, chromium, place)
    evening.publish_something_before()
    evening.sign_in()
    for step in STEPS:
        getattr(evening, step.lower().replace(" ", "_"))()


class Evening:
    """One person's way through the pages."""

    def __init__(self, machine: OneMachine, browser: Browser, place: Path) -> None:
        self.machine, self.browser, self.place = machine, browser, place
        self.api = machine.api(LEAD)
        self.run = RunRef(DAG, "")
        self.first = ""
        self.context = browser.new_context(viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        expect.set_options(timeout=30_000)
        self.page.set_default_timeout(60_000)

    def publish_something_before(self) -> None:
        """A release to go back to."""
        run = self.api.trigger(DAG, {"locales": ["de"], "approval": "never"})
        assert self.api.wait(run) == "success", self.api.states(run)
        self.first = self.current()["release_id"]

    def sign_in(self) -> None:
        page = self.page
        page.goto(f"{self.machine.url}/")
        page.get_by_label("Username").fill(LEAD)
        page.locator("input[type=password]").fill(LEAD[::-1])
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="Dags", exact=True)).to_be_visible()

    def trigger(self) -> None:
        page = self.page
        page.goto(f"{self.machine.url}/dags/{DAG}")
        known = set(self.api.runs(DAG))
        page.get_by_role("button", name="Trigger").first.click()
        form = page.get_by_role("dialog")
        expect(form.get_by_text("Target languages")).to_be_visible()
        languages = form.get_by_label("Select one or multiple values").first
        for name in ("German", "Arabic"):
            languages.fill(name)
            languages.press("Enter")
        self.shot("form")
        form.get_by_role("button", name="Trigger").click()
        until = time.monotonic() + 60
        while not (new := set(self.api.runs(DAG)) - known):
            assert time.monotonic() < until, "the form triggered nothing"
            time.sleep(0.5)
        self.run = RunRef(DAG, new.pop())

    def watch(self) -> None:
        page = self.page
        page.goto(self.tab, wait_until="domcontentloaded")
        made = self.frame.get_by_role("progressbar", name="Images made")
        expect(made).to_be_visible(timeout=SLOW)
        expect(made).to_have_attribute("aria-valuemax", "12", timeout=SLOW)
        expect(self.frame.get_by_role("button", name="Finish review")).to_be_visible(timeout=SLOW)
        self.shot("tab")

    def review(self) -> None:
        """The exceptions are looked at; two images are rejected, by keyboard."""
        page = self.page
        page.goto(f"{self.machine.url}/localizer/?{self.query}")
        expect(page.locator(".card").first).to_be_visible(timeout=60_000)
        expect(page.locator(".card img").first).to_have_js_property("complete", True)
        self.no_serious_fault()
        self.shot("review")
        self.open("summer-sale", "ar")
        page.keyboard.press("r")
        self.say("the sun covers the price")
        page.keyboard.press("Escape")
        self.open("free-shipping", "de")
        expect(page.locator("section.focus")).to_be_visible()
        self.shot("one-image")
        self.no_serious_fault()
        page.keyboard.press("r")
        self.say("too long")
        page.keyboard.press("Escape")
        expect(page.locator('.card[data-mark="rejected"]')).to_have_count(2)

    def redo(self) -> None:
        """One of the rejected gets other copy, and only that one is made again."""
        page = self.page
        others = self.images() - self.images("free-shipping", "de")
        self.open("free-shipping", "de")
        page.keyboard.press("e")
        dialog = page.get_by_role("dialog", name="Change and redo")
        field = dialog.get_by_role("textbox", name=re.compile("^New text 1")).first
        field.fill("VERSAND GRATIS")
        self.shot("redo")
        dialog.get_by_role("button", name="Redo this image").click()
        expect(dialog).to_be_hidden()
        expect(page.locator(".redoing")).to_be_visible()
        expect(page.locator(".redoing")).to_be_hidden(timeout=SLOW)
        expect(page.locator("section.focus .copy")).to_contain_text("VERSAND GRATIS")
        assert others < self.images()
        page.keyboard.press("a")
        page.keyboard.press("Escape")
        expect(page.locator('.card[data-mark="rejected"]')).to_have_count(1)
        expect(page.locator('.card[data-mark="approved"]')).to_have_count(1)

    def publish(self) -> None:
        """In Airflow's own frame."""
        page = self.page
        page.goto(self.tab, wait_until="domcontentloaded")
        self.frame.get_by_role("button", name="Finish review").click()
        dialog = self.frame.get_by_role("dialog", name="Finish the review")
        button = dialog.get_by_role("button", name=re.compile(r"^Publish \d+ image"))
        expect(button).to_be_enabled()
        self.shot("finish")
        said = int(re.findall(r"\d+", button.inner_text())[0])
        button.click()
        expect(self.frame.locator(".banner")).to_contain_text(f"{LEAD} approved this run")
        assert self.api.wait(self.run) == "success", self.api.states(self.run)
        now = self.current()
        assert now["release_id"] != self.first
        record = self.record(now["release_id"])
        assert len(record["objects"]) == said
        published = {(each["asset_id"], each["locale"]): each for each in record["objects"]}
        assert ("summer-sale", "ar") not in published
        assert published["free-shipping", "de"]["approver"] == LEAD
        assert {each["approver"] for each in record["objects"]} == {LEAD}
        expect(self.frame.locator(".banner")).to_contain_text(now["release_id"], timeout=60_000)
        self.frame.get_by_role("link", name="Airflow").click()
        expect(page.locator("iframe")).to_have_count(0)

    def take_it_back(self) -> None:
        """At night, by phone."""
        phone = self.browser.new_context(
            viewport={"width": 390, "height": 844},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            storage_state=self.context.storage_state(),
        )
        page = phone.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{self.machine.url}/localizer/?{self.query}")
        expect(page.locator(".card").first).to_be_visible(timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
        self.shot("phone", page)
        self.no_serious_fault(page)
        known = set(self.api.runs("rollback_release"))
        page.get_by_role("button", name="Take back").click()
        dialog = page.get_by_role("dialog", name="Take this release back?")
        dialog.get_by_label("Why").fill("the wrong evening")
        self.shot("phone-take-back", page)
        dialog.get_by_role("button", name="Take it back").click()
        page.wait_for_url("**/required_actions")
        run = RunRef("rollback_release", (set(self.api.runs("rollback_release")) - known).pop())
        self.wait_for_question(run, "confirm")
        expect(page.get_by_text(re.compile("^Take manifest back from"))).to_be_visible()  # Airflow shows it
        yes = page.get_by_role("button", name="Take it back")
        yes.scroll_into_view_if_needed()
        self.shot("phone-confirm", page)
        yes.click()
        assert self.api.wait(run) == "success", self.api.states(run)
        now = self.current()
        assert (now["release_id"], now["action"], now["moved_by"]) == (self.first, "rollback", LEAD)
        phone.close()

    # ---- what the steps share

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def tab(self) -> str:
        return f"{self.machine.url}/dags/{DAG}/runs/{quote(self.run.run_id, safe='')}/plugin/review_run"

    @property
    def query(self) -> str:
        return f"dag_id={DAG}&run_id={quote(self.run.run_id, safe='')}"

    def card(self, asset: str, locale: str) -> Locator:
        name = self.page.locator(".name", has_text=asset)
        tag = self.page.locator(".tag", has_text=re.compile(f"^{locale}$"))
        return self.page.locator(".card").filter(has=name).filter(has=tag)

    def open(self, asset: str, locale: str) -> None:
        card = self.card(asset, locale)
        card.scroll_into_view_if_needed()
        card.locator(".opener").click()
        expect(self.page.locator("section.focus").get_by_role("heading", level=2)).to_contain_text(asset)

    def say(self, reason: str) -> None:
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_role("textbox", name="Reason").fill(reason)
        self.page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()

    def images(self, asset: str = "", locale: str = "") -> set[str]:
        """Bytes of the run's images, by hash."""
        found = list((self.place / "workspace").glob(f"runs/{DAG}__*/results.jsonl"))
        newest = max(found, key=lambda path: path.stat().st_mtime)
        rows = [json.loads(line) for line in newest.read_text("utf-8").splitlines()]
        asked = [row for row in rows if not asset or (row["asset_id"], row["locale"]) == (asset, locale)]
        return {str(row["delivered_sha256"]) for row in asked}

    def current(self) -> dict[str, Any]:
        [pointer] = (self.place / "published").glob("*/current.json")
        return dict(json.loads(pointer.read_text("utf-8")))

    def record(self, release_id: str) -> dict[str, Any]:
        [record] = (self.place / "published").glob(f"*/releases/{release_id}/release.json")
        return dict(json.loads(record.read_text("utf-8")))

    def wait_for_question(self, run: RunRef, task: str, seconds: float = 120) -> None:
        until = time.monotonic() + seconds
        while self.api.states(run).get((task, -1)) != "awaiting_input":
            assert time.monotonic() < until, self.api.states(run)
            time.sleep(1)

    def no_serious_fault(self, page: Page | None = None) -> None:
        found = Axe().run(page or self.page).response["violations"]
        serious = [fault for fault in found if fault["impact"] in {"serious", "critical"}]
        assert not serious, json.dumps(serious, indent=1)[:4000]

    def shot(self, name: str, page: Page | None = None) -> None:
        if folder := os.environ.get("LOCALIZER_SCREENSHOTS"):
            page = page or self.page
            page.wait_for_load_state("networkidle")
            until = time.monotonic() + 30
            while not page.evaluate("[...document.images].every((image) => image.complete)"):
                assert time.monotonic() < until, "pictures do not load"
                time.sleep(0.2)
            page.screenshot(path=Path(folder) / f"{name}.jpg", animations="disabled", quality=85)
