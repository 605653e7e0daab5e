"""The trigger form in a real browser on a real Airflow: what it asks first, what it refuses, its dry run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.system.one_machine import OneMachine
from tests.system.rest import Api, RunRef

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.system, pytest.mark.browser]

LATER = ["Images and copy", "Engine", "Publishing", "Storage"]
SIZES = {"desk": (1280, 1000), "phone": (390, 844)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A poster, and a manifest of one good row and one whose image is missing."""
    folder = tmp_path_factory.mktemp("form")
    image = Image.new("RGB", (480, 320), "white")
    ImageDraw.Draw(image).text((240, 160), "SALE", "black", ImageFont.load_default(64), "mm")
    image.save(folder / "poster.png")
    (folder / "small.csv").write_text(
        "asset_id,image,source_locale,locale,action,text,replacement\n"
        "a,poster.png,en,de,replace_text,SALE,RABATT\n"
        "c,missing.png,en,de,replace_text,OLD,ALT\n"
    )
    return folder


@pytest.fixture(scope="module")
def airflow(folder: Path) -> Iterator[OneMachine]:
    environment = {
        "LOCALIZER_WORKSPACE": str(folder / "workspace"),
        "LOCALIZER_PUBLISH": str(folder / "published"),
        "LOCALIZER_EDIT_SLOTS": "2",
    }
    with OneMachine(folder / "one", environment=environment, people=["mei:admin"]) as machine:
        yield machine


@pytest.fixture(scope="module")
def api(airflow: OneMachine) -> Iterator[Api]:
    api = airflow.api("mei")
    for dag_id in ("localize_campaign", "rush_job", "campaign_weekly_offers"):
        api.wait_for_dag(dag_id)
    api.call("PATCH", "/api/v2/dags/campaign_weekly_offers", json={"is_paused": True})  # it would run now
    yield api
    api.close()


@pytest.fixture
def opened(chromium: Browser, airflow: OneMachine, api: Api) -> Iterator[Any]:
    """Opens the form of a DAG at a size."""
    token = api.client.headers["Authorization"].removeprefix("Bearer ")
    contexts = []

    def form(dag_id: str, size: str = "desk") -> tuple[Page, Locator]:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        context.add_cookies([{"name": "_token", "value": token, "url": airflow.url}])
        page = context.new_page()
        page.goto(f"{airflow.url}/dags/{dag_id}")
        page.get_by_role("button", name="Trigger").first.click(timeout=60_000)
        dialog = page.get_by_role("dialog")
        dialog.get_by_test_id("config-form").wait_for(timeout=60_000)
        return page, dialog

    yield form
    for context in contexts:
        context.close()


def triggered(dialog: Locator, api: Api, dag_id: str, before: set[str]) -> RunRef:
    """Press the button; the run that comes of it."""
    dialog.get_by_role("button", name="Trigger", exact=True).click()
    until = time.monotonic() + 60
    while not (new := set(api.runs(dag_id)) - before):
        assert time.monotonic() < until, dialog.inner_text()
        time.sleep(0.5)
    return RunRef(dag_id, new.pop())


def plan_of(api: Api, run: RunRef) -> dict[str, Any]:
    entry = api.get(f"{run.path}/taskInstances/load_manifest/xcomEntries/plan")
    value = entry["value"]
    found: dict[str, Any] = value if isinstance(value, dict) else json.loads(value)
    return found


@pytest.mark.parametrize("size", SIZES)
def test_few_fields_stand_first_and_the_rest_waits_in_sections(opened: Any, size: str) -> None:
    from playwright.sync_api import expect

    page, dialog = opened("localize_campaign", size)
    for field in ("manifest", "locales", "approval"):
        expect(dialog.locator(f"#element_{field}").first).to_be_visible()
    expect(dialog.get_by_role("checkbox", name="Dry run")).to_be_attached()
    for section in LATER:
        expect(dialog.get_by_role("button", name=section)).to_have_attribute("aria-expanded", "false")
    expect(dialog.get_by_text("Brand kit")).not_to_be_visible()
    dialog.get_by_role("button", name="Images and copy").click()
    expect(dialog.locator("#element_brand")).to_be_visible()
    wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= window


def test_what_the_form_can_check_makes_no_run(opened: Any, api: Api) -> None:
    before = set(api.runs("localize_campaign"))
    from playwright.sync_api import expect

    page, dialog = opened("localize_campaign")
    manifest = dialog.locator("#element_manifest")
    go = dialog.get_by_role("button", name="Trigger", exact=True)
    manifest.fill("")
    expect(go).to_be_disabled()
    manifest.fill("relative/manifest.csv")
    go.click()
    expect(page.get_by_text("does not match").first).to_be_visible(timeout=30_000)
    assert set(api.runs("localize_campaign")) == before


def test_a_dry_run_by_the_form_shows_its_plan(
    opened: Any, api: Api, folder: Path, airflow: OneMachine
) -> None:
    before = set(api.runs("localize_campaign"))
    page, dialog = opened("localize_campaign")
    dialog.locator("#element_manifest").fill(str(folder / "small.csv"))
    dialog.get_by_role("checkbox", name="Dry run").dispatch_event("click")
    run = triggered(dialog, api, "localize_campaign", before)
    assert api.wait(run) == "success"
    plan = plan_of(api, run)
    assert (
        plan["plan"] == "1 image: 1 to edit, 0 done before, 0 without approved copy; 1 wrong in the manifest"
    )
    assert "no earlier run" in plan["time"]
    assert plan["cost"].startswith("no charge")
    (records,) = (folder / "workspace" / "runs").glob(
        f"localize_campaign__{run.run_id[:19].replace(':', '-')}*"
    )
    assert {path.name for path in records.iterdir()} == {"copy", "plan.parquet", "estimate.json", "plan.html"}
    page.goto(f"{airflow.url}/localizer/api/plan?dag_id={run.dag_id}&run_id={run.run_id.replace('+', '%2B')}")
    assert page.get_by_text("A dry run: nothing was edited").is_visible()
    assert page.get_by_text("row 3, image:").is_visible()


def test_a_rush_job_needs_an_image_a_sentence_and_a_language(opened: Any, api: Api, folder: Path) -> None:
    before = set(api.runs("rush_job"))
    _, dialog = opened("rush_job", "phone")
    dialog.locator("#element_images").fill(str(folder / "poster.png"))
    dialog.locator("#element_instructions").fill('Replace "SALE" with "RABATT"')
    dialog.get_by_role("checkbox", name="Dry run").dispatch_event("click")
    languages = dialog.get_by_label("Select one or multiple values").first
    languages.fill("German")
    languages.press("Enter")
    run = triggered(dialog, api, "rush_job", before)
    assert api.wait(run) == "success"
    plan = plan_of(api, run)
    assert plan["campaign"].startswith("rush-poster-")
    assert (plan["to_edit"], plan["locales"]) == (1, {"de": 1})


def test_all_that_only_the_first_task_can_know_is_told_at_once(api: Api, folder: Path) -> None:
    run = api.trigger(
        "localize_campaign",
        {
            "manifest": str(folder / "none.csv"),
            "brand": str(folder / "none.yaml"),
            "image_root": str(folder / "nowhere"),
            "engine_parameters": {"api_key": "x"},
        },
    )
    assert api.wait(run) == "failed"
    logs = api.get(f"{run.path}/taskInstances/prepare_copy/logs/1")
    told = json.dumps(logs)
    for field in (
        "Manifest (manifest)",
        "Brand kit (brand)",
        "Image folder (image_root)",
        "Engine parameters",
    ):
        assert field in told, told[-3000:]
    assert "Mend this and trigger again" in told
