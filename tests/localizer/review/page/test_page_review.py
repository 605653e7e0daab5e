"""A person reviews a run from the first look to the answer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from localizer.approval import ALSO_APPROVE, COMMENT, REASONS, REJECT_ITEMS
from localizer.review.host import Choice
from tests.localizer.review.page.conftest import RUN, Desk, Site

pytestmark = pytest.mark.browser


def cards(page: Page) -> list[str]:
    """Names of the images in the gallery, in the order that a screen reader meets them in."""
    expect(page.locator(".card").first).to_be_visible()
    found = page.locator(".card").evaluate_all(
        "cards => cards.map(c => [Number(c.ariaPosInSet), c.querySelector('.opener').ariaLabel])"
        ".sort((a, b) => a[0] - b[0]).map(([, label]) => label)"
    )
    return [str(label).split(".")[0] for label in found]


def test_review_by_keyboard_alone(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    first = cards(page)
    assert first[0].startswith("rabbit")  # exceptions first
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    focus = page.locator("section.focus")
    expect(focus).to_be_visible()
    title = focus.get_by_role("heading", level=2)
    expect(title).to_contain_text("rabbit")

    page.keyboard.press("a")  # the first exception is right; the next one comes by itself
    expect(focus.locator(".place")).to_have_text(re.compile("^2 of"))
    page.keyboard.press("r")
    reason = page.get_by_role("dialog")
    expect(reason).to_contain_text("Reject rabbit")
    page.keyboard.press("Enter")  # without a reason nothing happens
    expect(reason.get_by_role("alert")).to_contain_text("Say in a few words")
    page.keyboard.type("the price is wrong")
    page.keyboard.press("Enter")
    expect(reason).to_be_hidden()
    expect(focus.locator(".place")).to_have_text(re.compile("^3 of"))
    page.keyboard.press("a")
    page.keyboard.press("u")  # the third was a slip
    expect(focus.locator(".place")).to_have_text(re.compile("^3 of"))
    expect(focus.locator(".marked")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(focus).to_be_hidden()
    expect(page.locator(".card.current .opener")).to_be_focused()

    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Finish the review")
    expect(dialog).to_contain_text("needed review and was approved")
    expect(dialog).to_contain_text("was rejected")
    expect(dialog).to_contain_text("needs review and nobody approved it")
    expect(dialog).to_contain_text("failed: there is no image")
    publish = dialog.get_by_role("button", name=re.compile(r"Publish \d+ images"))
    expect(publish).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".banner")).to_contain_text("Mei approved this run")

    by, choice, form = site.host.answers[RUN]
    assert (by, choice) == ("Mei", Choice.APPROVE)
    [approved] = form[ALSO_APPROVE]
    assert approved.startswith("rabbit")
    assert len(form[REJECT_ITEMS]) == 1
    assert list(form[REASONS].values()) == ["the price is wrong"]


def test_what_was_said_is_what_is_decided(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    names = cards(page)
    page.keyboard.press("a")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Finish the review")
    publish = dialog.get_by_role("button", name=re.compile("^Publish [0-9]"))
    expect(publish).to_be_enabled()
    said = int(re.findall(r"\d+", publish.inner_text())[0])
    dialog.get_by_label("Comment").fill("well done")
    publish.click()
    expect(page.locator(".banner")).to_contain_text("approved")
    decided = list(site.host.workspace.run(RUN).trail().each())
    assert said == sum(decision.verdict == "approved" for decision in decided)
    assert said < len(names)
    assert site.host.answers[RUN][2][COMMENT] == "well done"


def test_publish_nothing_asks_twice(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    page.get_by_role("button", name="Finish review").click()
    page.get_by_role("button", name="Publish nothing…").click()
    sure = page.get_by_role("dialog", name="Publish nothing?")
    expect(sure).to_contain_text("not even those that were approved")
    sure.get_by_role("button", name="Publish nothing").click()
    expect(page.locator(".banner")).to_contain_text("Mei rejected this run")
    assert site.host.answers[RUN][1] is Choice.REJECT


def test_many_at_once_with_one_reason(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(status="passed"))
    total = len(cards(page))
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    bar = page.get_by_role("region", name="Selected images")
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("Control+a")
    expect(bar).to_contain_text(f"{total} selected")
    bar.get_by_role("button", name="Reject").click()
    page.get_by_role("button", name="Not right for this market").click()
    page.keyboard.press("Enter")
    expect(page.locator('.card[data-mark="rejected"]')).to_have_count(total)
    expect(bar).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator('.card[data-mark="rejected"]')).to_have_count(0)
    page.reload()  # what is undone is undone at the server, too
    expect(page.locator(".card").first).to_be_visible()
    expect(page.locator('.card[data-mark="rejected"]')).to_have_count(0)


def test_marks_are_saved_at_once_and_seen_by_others(desk: Desk, site: Site) -> None:
    mei = desk.open(site.review())
    ana = desk.open(site.review(), viewer="ana")
    expect(ana.locator(".card").first).to_be_visible()
    expect(mei.locator(".card").first).to_be_visible()
    mei.keyboard.press("a")
    expect(mei.locator('.card[data-mark="approved"]')).to_have_count(1)
    mei.reload()
    expect(mei.locator('.card[data-mark="approved"]')).to_have_count(1)
    expect(ana.locator('.card[data-mark="approved"]')).to_have_count(1, timeout=15_000)
    expect(ana.get_by_role("button", name=re.compile("Approved by Mei"))).to_have_count(1)


def test_two_reviewers_and_one_image(desk: Desk, site: Site) -> None:
    mei = desk.open(site.review())
    ana = desk.open(site.review(), viewer="ana")
    for page in (mei, ana):
        expect(page.locator(".card").first).to_be_visible()
    ana.route("**/api/run?*", lambda route: route.abort())  # she has not heard of it
    mei.keyboard.press("a")
    expect(mei.locator(".saving")).to_be_hidden()
    expect(mei.locator('.card[data-mark="approved"]')).to_have_count(1)
    mei.reload()
    expect(mei.locator('.card[data-mark="approved"]')).to_have_count(1)
    ana.keyboard.press("r")
    ana.keyboard.type("no")
    ana.keyboard.press("Enter")
    note = ana.locator(".note")
    expect(note).to_contain_text("Not saved: Mei has approved rabbit")
    expect(ana.locator('.card[data-mark="approved"]')).to_have_count(1)
    ana.keyboard.press("k")
    ana.keyboard.press("r")  # now she knows, and may overrule
    ana.keyboard.type("the price is wrong")
    ana.keyboard.press("Enter")
    expect(ana.locator('.card[data-mark="rejected"]')).to_have_count(1)
    expect(ana.locator(".saving")).to_be_hidden()
    ana.unroute_all()
    ana.reload()
    expect(ana.get_by_role("button", name=re.compile("Rejected by Ana: the price is wrong"))).to_have_count(1)


def test_answers_of_two_reviewers(desk: Desk, site: Site) -> None:
    mei = desk.open(site.review())
    ana = desk.open(site.review(), viewer="ana")
    for page in (mei, ana):
        page.get_by_role("button", name="Finish review").click()
        expect(page.get_by_role("button", name=re.compile("^Publish [0-9]"))).to_be_enabled()
    mei.get_by_role("button", name=re.compile("^Publish [0-9]")).click()
    expect(mei.locator(".banner")).to_contain_text("Mei approved")
    ana.get_by_role("button", name=re.compile("^Publish [0-9]")).click()
    expect(ana.get_by_role("dialog").get_by_role("status")).to_contain_text("Mei has answered already")
    assert site.host.answers[RUN][0] == "Mei"


def test_a_mark_between_the_numbers_and_the_answer_is_noticed(desk: Desk, site: Site) -> None:
    mei = desk.open(site.review())
    ana = desk.open(site.review(), viewer="ana")
    expect(ana.locator(".card").first).to_be_visible()
    mei.get_by_role("button", name="Finish review").click()
    publish = mei.get_by_role("button", name=re.compile("^Publish [0-9]"))
    expect(publish).to_be_enabled()
    before = publish.inner_text()
    ana.keyboard.press("a")
    expect(ana.locator('.card[data-mark="approved"]')).to_have_count(1)
    ana.reload()
    expect(ana.locator('.card[data-mark="approved"]')).to_have_count(1)
    publish.click()
    expect(mei.get_by_role("dialog").get_by_role("status")).to_contain_text("Not sent")
    assert not site.host.answers
    expect(publish).not_to_have_text(before)
    publish.click()
    expect(mei.locator(".banner")).to_contain_text("Mei approved")


def test_marks_without_a_connection_are_kept_and_saved(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    page.context.set_offline(True)
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(2)
    expect(page.locator(".saving")).to_contain_text("2 marks not saved yet")
    expect(page.locator(".banner")).to_contain_text("No connection")
    page.context.set_offline(False)
    expect(page.locator(".saving")).to_be_hidden(timeout=20_000)
    expect(page.locator(".banner")).not_to_contain_text("No connection")
    page.reload()
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(2)
