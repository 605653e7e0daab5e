"""Report and plan in a real browser: accessible at a desk, on a phone and in the dark; on paper too."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localizer.estimates import Estimate, Part, Way
from localizer.model import CheckResult, CheckStatus, Decision, JobResult, Status, Verdict, slot_of
from localizer.pace import Measured
from localizer.report import render_report
from localizer.report.plan_page import render_plan
from tests.localizer.report.test_page import picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

LONG = "a-very-long-name-" * 9
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
DARK: dict[str, Any] = {**DESK, "color_scheme": "dark"}


def results() -> list[JobResult]:
    edit = {"action": "replace_text", "text": "新品上市", "replacement": "وصل حديثًا", "box": [10, 10, 90, 60]}
    calls = {"calls": [{"model": "m", "cost": 0.5, "currency": "CNY", "facts": {}}]}
    made = []
    for number, (asset, locale, status) in enumerate(
        [
            ("poster", "ar", Status.NEEDS_REVIEW),
            (LONG, "ja", Status.PASSED),
            ("poster", "ja", Status.FAILED),
            ("banner", "pt-BR", Status.PASSED),
        ]
    ):
        check = CheckStatus.PASSED if status is Status.PASSED else CheckStatus.FAILED
        made.append(
            JobResult(
                f"{number:064x}",
                asset,
                locale,
                status,
                image="candidate.png",
                source="sources/s.png",
                edits=(edit,),
                checks=(CheckResult("text_correct", check, 0.8, 0.97, "read “RABAT”"),),
                reason="" if status is Status.PASSED else f"one letter is missing in {LONG}",
                engine="openai",
                attempts=2,
                seconds=12.0,
                attempt_log=({"engine": "openai", "status": "passed", "reason": "x", "facts": calls},) * 2,
            )
        )
    return made


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of the two pages."""
    folder, image = tmp_path_factory.mktemp("pages"), picture((40, 90, 160), (900, 600))
    estimate = Estimate(
        campaign="618",
        made_at="2026-06-01T08:00:00+00:00",
        way=Way("openai", ("typeset",), 4, 2, True, 0.5, "CNY"),
        locales={"ar": Part(1, 2, 1), "ja": Part(2), "pt-BR": Part(1)},
        known_by={"openai": 2},
        actions={"replace_text": 4},
        measured=Measured(20.0, 50, 2.0),
        rejected=1,
        first_rejected=((LONG, "ja", "row 4, image: there is no such file"),),
        missing_copy=(("ar", "免运费", 1),),
        first_to_edit=((f"{LONG} · ja", "1 replace_text"),),
        warnings=("the deck beside the manifest is used",),
        edited_at="2026-06-01T08:01:00+00:00",
    )
    done = results()
    at = "2026-06-01T09:00:00+00:00"
    render_report(
        folder / "report.html",
        campaign="618",
        run_id=f"run-{LONG}",
        results=iter(done),
        generated_at=datetime(2026, 6, 1, tzinfo=UTC),
        read=lambda _: image,
        warnings=["look here"],
        decisions={
            slot_of(r): Decision(r.job, r.asset_id, r.locale, Verdict.APPROVED, "Mei", at) for r in done[1:]
        },
        release_id="r-1",
        release_uri="gs://bucket/campaigns/618/releases/r-1",
        estimate=estimate,
        take_back="python -m localizer release rollback gs://bucket/campaigns 618",
    )
    render_plan(folder / "plan.html", estimate, run_id=f"run-{LONG}", dry_run=True)
    return {name: (folder / f"{name}.html").as_uri() for name in ("report", "plan")}


@pytest.mark.parametrize("name", ["report", "plan"])
@pytest.mark.parametrize("options", [DESK, PHONE, DARK], ids=["desk", "phone", "dark"])
def test_it_is_accessible_and_fits_the_screen(
    chromium: Browser, pages: dict[str, str], name: str, options: dict[str, Any]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(
        bypass_csp=True, **options
    )  # axe is a script, which the page allows none of
    try:
        page = context.new_page()
        page.goto(pages[name])
        found = [(v["id"], v["nodes"][0]["html"]) for v in Axe().run(page).response["violations"]]
        assert found == []
        wide, window = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window
    finally:
        context.close()


def test_the_report_filters_and_prints(chromium: Browser, pages: dict[str, str], tmp_path: Path) -> None:
    context = chromium.new_context(**DESK)
    try:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(pages["report"])
        page.get_by_label("Status").select_option("failed")
        assert page.locator("article.job:visible").count() == 1
        page.get_by_role("link", name="2 Passed").click()
        assert page.locator("article.job:visible").count() == 2
        page.get_by_text("How to take this release back").click()
        assert page.get_by_text("python -m localizer release rollback").is_visible()
        page.emulate_media(media="print")
        assert not page.locator("#filter").is_visible()
        page.pdf(path=tmp_path / "report.pdf")
        assert (tmp_path / "report.pdf").stat().st_size > 10_000
        assert complaints == []
    finally:
        context.close()
