"""What the page says of words that no person has approved, and that it hands out the deck to fill in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from localizer.cli import main
from localizer.review.host import RunState
from localizer.workspace import Workspace
from tests.conftest import draw_small_campaign
from tests.localizer.review.demo_host import DemoHost
from tests.localizer.review.page.conftest import RUN, Desk, Site, serving

pytestmark = pytest.mark.browser


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Site]:
    """A run with an agency's draft for one poster and nothing for the other."""
    folder = draw_small_campaign(tmp_path)
    rows = "a,a.png,en,de,translate_text,SALE\nb,b.png,en,de,translate_text,NEW\n"
    (folder / "small.csv").write_text(f"asset_id,image,source_locale,locale,action,text\n{rows}")
    deck = "source,source_locale,locale,target,state\nSALE,en,de,RABATT,draft\n"
    (folder / "copy_deck.csv").write_text(deck)
    workspace = folder / "workspace"
    arguments = ["run", str(folder / "small.csv"), "--workspace", str(workspace), "--run-id", RUN]
    assert main([*arguments, "--approve", "none"]) == 0
    with serving(DemoHost(Workspace.open(str(workspace)))) as served:
        yield served


def test_a_draft_says_that_nobody_approved_it_and_the_deck_can_be_had(desk: Desk, drafts: Site) -> None:
    page = desk.open(drafts.review())
    with page.expect_download() as download:
        page.get_by_role("link", name="Copy to fill in").click()
    deck = download.value.path().read_text("utf-8-sig")
    assert "SALE" in deck
    assert "NEW" in deck
    page.locator(".card", has_text="a").locator(".opener").first.click()
    expect(page.locator(".edit .draft")).to_contain_text("no person has approved it")


def test_a_run_that_waits_for_its_copy_says_where_it_is_asked(desk: Desk, drafts: Site) -> None:
    drafts.host.state, drafts.host.asks = RunState.COPY, False
    page = desk.open(drafts.review())
    expect(page.locator(".state")).to_contain_text("Copy waits for approval")
    expect(page.locator(".banner")).to_contain_text("see Required Actions in Airflow")
