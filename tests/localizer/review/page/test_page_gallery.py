"""Finding images: exceptions first, filters, search, right to left, progress of a run that goes on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from localizer.review.host import Redo, RunState
from tests.localizer.review.page.conftest import RUN, Desk, Site

pytestmark = pytest.mark.browser


def test_exceptions_first_under_headings_that_count(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    headings = page.locator("main h2")
    expect(headings.first).to_contain_text("Needs review")
    assert [text.split("\n")[0] for text in headings.all_inner_texts()] == [
        "Needs review",
        "Failed",
        "Passed",
    ]
    expect(page.locator('.card[data-status="needs_review"] .why').first).to_have_text("The copy is in doubt")


def test_filters_narrow_and_stay_in_the_address(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    page.get_by_role("button", name="Needs review", exact=False).first.click()
    expect(page.locator("main h2")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Arabic")).click()
    expect(page.locator(".card")).to_have_count(1)
    assert "status=needs_review" in page.url
    assert "locale=ar" in page.url
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("nothing like this")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".card").nth(3)).to_be_visible()
    page.get_by_label("Search names and copy").fill("geschenk")  # in the copy, whatever the case
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card .name")).to_have_text("mooncake")


def test_a_list_in_arabic_reads_from_right_to_left(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(locale="ar"))
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_label("Verdict").get_by_role("button", name="Passed").click()
    expect(page.locator(".card")).to_have_count(2)
    place = {
        index: page.locator(f'.card[aria-posinset="{index}"]').bounding_box()["x"]  # type: ignore[index]
        for index in (1, 2)
    }
    assert place[1] > place[2]
    page.keyboard.press("ArrowLeft")  # onwards is to the left
    expect(page.locator('.card[aria-posinset="2"] .opener')).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator('.card[aria-posinset="1"] .opener')).to_be_focused()
    page.keyboard.press("j")  # letters mean the order, not the side
    expect(page.locator('.card[aria-posinset="2"] .opener')).to_be_focused()
    page.keyboard.press("Enter")
    target = page.locator(".edit .text:not(.from)").first
    expect(target).to_have_attribute("lang", "ar")
    expect(target).to_have_attribute("dir", "rtl")
    page.keyboard.press("s")
    before, after = (
        page.locator(f'.pane[data-kind="{kind}"]').bounding_box() for kind in ("source", "candidate")
    )
    assert before is not None
    assert after is not None
    assert before["x"] > after["x"]  # such a reader starts at the right
    page.keyboard.press("ArrowRight")
    expect(page.locator(".place")).to_have_text("1 of 2")


def test_in_a_mixed_list_onwards_is_always_to_the_right(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").nth(6)).to_be_visible()
    total = page.locator(".card").count()
    page.locator('.card[aria-posinset="1"] .opener').click()
    for place in range(2, total + 1):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".place")).to_have_text(f"{place} of {total}")


def test_progress_is_shown_and_told(desk: Desk, site: Site) -> None:
    site.host.asks, site.host.state = False, RunState.EDITING
    page = desk.open(site.review())
    expect(page.locator(".state")).to_have_text("Editing")
    expect(page.get_by_role("progressbar", name="Images made")).to_be_visible()
    expect(page.locator(".banner")).to_contain_text("You can mark what is ready")
    expect(page.get_by_role("button", name="Finish review")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(1)
    site.host.asks, site.host.state = True, RunState.REVIEWING
    expect(page.get_by_role("button", name="Finish review")).to_be_visible(timeout=15_000)
    expect(page.locator("div[role=status].unseen")).to_contain_text("Waiting for review")


def test_nothing_is_sent_twice_while_nothing_changes(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    asked: list[str] = []
    page.on("response", lambda answer: asked.append(f"{answer.status} {answer.url}"))
    page.wait_for_event("response", lambda answer: "/api/run?" in answer.url, timeout=15_000)
    assert [line.split()[0] for line in asked if "/api/run?" in line] == ["304"]
    assert not [line for line in asked if "/api/items" in line]


def test_redo_with_other_copy(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(q="mooncake", locale="de"))
    page.locator(".opener").first.click()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Change and redo")
    field = dialog.get_by_role("textbox").first
    expect(field).to_have_value("GESCHENKBOX")
    expect(field).to_have_attribute("lang", "de")
    dialog.get_by_role("button", name="Redo this image").click()
    expect(dialog.get_by_role("status")).to_contain_text("Nothing is different yet")
    field.fill("GESCHENKSET")
    dialog.get_by_placeholder("Why").fill("the box is a set")
    dialog.get_by_role("button", name="Redo this image").click()
    expect(dialog).to_be_hidden()
    [(run, request)] = site.host.redone
    assert (run, request.asset_id, request.locale) == (RUN, "mooncake", "de")
    assert (request.engine, request.replacements) == (None, ("GESCHENKSET",))
    assert request.comment == "the box is a set"
    expect(page.locator(".redoing")).to_contain_text("waiting to be made anew")
    site.host.redos["mooncake", "de"] = Redo.RUNNING
    expect(page.locator(".redoing")).to_contain_text("being made anew now", timeout=15_000)
    site.host.redos.clear()
    expect(page.locator(".redoing")).to_have_count(0, timeout=15_000)


def test_a_list_of_unmarked_images_does_not_move_under_the_hand(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(mark="none"))
    expect(page.locator(".card").nth(6)).to_be_visible()
    total = page.locator(".card").count()
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator(".saving")).to_be_hidden()
    expect(page.locator(".sum")).to_contain_text("2 approved", timeout=15_000)
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(2)
    expect(page.locator(".card")).to_have_count(total)
    expect(page.locator('.card[aria-posinset="3"] .opener')).to_be_focused()
    page.reload()
    expect(page.locator(".card")).to_have_count(total - 2)
