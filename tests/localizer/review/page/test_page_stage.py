"""Looking at one image: slider, side by side, difference, zoom to device pixels, fingers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.localizer.review.page.conftest import Desk, Site

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


def opened(desk: Desk, site: Site, **options: Any) -> Page:
    page = desk.open(site.review(q="mooncake", locale="de"), **options)
    page.locator(".opener").first.click()
    expect(page.locator('.pane[data-kind="candidate"] .picture.loaded')).to_be_attached()
    return page


def scale(page: Page) -> float:
    """CSS pixels for one pixel of the picture."""
    return float(
        page.evaluate(
            "() => { const full = document.querySelector('.pane[data-kind=source] .full');"
            " return full.getBoundingClientRect().width / full.width; }"
        )
    )


@pytest.mark.parametrize("density", [1, 2, 1.5])
def test_the_edit_at_one_pixel_to_one_of_the_screen(desk: Desk, site: Site, density: float) -> None:
    page = opened(desk, site, device_scale_factor=density)
    page.keyboard.press("s")
    fits = scale(page)
    page.keyboard.press("z")
    assert scale(page) == pytest.approx(1 / density, rel=1e-3)
    expect(page.locator(".percent")).to_have_text("100 %")
    page.keyboard.press("z")
    assert scale(page) == pytest.approx(fits)


def test_the_slider_parts_before_and_after(desk: Desk, site: Site) -> None:
    page = opened(desk, site)
    page.keyboard.press("v")
    handle = page.get_by_role("slider", name="Before and after")
    expect(handle).to_have_attribute("aria-valuenow", "50")
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "55")
    expect(handle).to_have_attribute("aria-valuetext", "55 % before, 45 % after")
    page.keyboard.press("Home")
    clip = page.locator('.pane[data-kind="candidate"]').evaluate("node => getComputedStyle(node).clipPath")
    assert re.sub(r"\s+", " ", clip) in {"inset(0px 0px 0px 0%)", "inset(0px)", "inset(0px 0px 0px)"}
    stage = page.locator(".panes").bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + stage["width"] * 0.5, stage["y"] + 40)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.75, stage["y"] + 40)
    page.mouse.up()
    expect(handle).to_have_attribute("aria-valuenow", "75")


def test_the_difference_and_the_original(desk: Desk, site: Site) -> None:
    page = opened(desk, site)
    page.keyboard.press("d")
    expect(page.locator('.pane[data-kind="difference"] .picture.loaded')).to_be_attached()
    expect(page.locator('.pane[data-kind="difference"] .full')).to_be_visible()
    expect(page.get_by_role("button", name="Difference")).to_have_attribute("aria-pressed", "true")
    page.keyboard.down("b")
    expect(page.locator('.pane[data-kind="difference"] .full')).to_be_hidden()
    expect(page.locator('.pane[data-kind="source"] .full')).to_be_visible()
    page.keyboard.up("b")
    expect(page.locator('.pane[data-kind="difference"] .full')).to_be_visible()


def test_panes_move_together(desk: Desk, site: Site) -> None:
    page = opened(desk, site)
    page.keyboard.press("s")
    for _ in range(3):
        page.keyboard.press("+")
    stage = page.locator('.pane[data-kind="source"]').bounding_box()
    assert stage is not None
    page.mouse.move(stage["x"] + 200, stage["y"] + 200)
    page.mouse.down()
    page.mouse.move(stage["x"] + 120, stage["y"] + 160)
    page.mouse.up()
    moved = page.locator(".picture").evaluate_all("all => all.map(node => node.style.transform)")
    assert len(set(moved)) == 1


def test_a_copy_row_leads_to_its_place(desk: Desk, site: Site) -> None:
    page = opened(desk, site)
    find = page.get_by_role("button", name="Zoom to edit 1")
    find.hover()
    expect(page.locator('.pane[data-kind="candidate"] .place')).to_have_count(1)
    find.click()
    expect(page.locator(".percent")).to_have_text("100 %")


def test_checks_are_told_in_plain_words(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(q="rabbit", locale="de"))
    page.locator(".opener").first.click()
    focus = page.locator("section.focus")
    expect(focus.locator('.checks [data-outcome="failed"]')).to_contain_text(
        "The copy keeps the brand's rules"
    )
    expect(focus.locator("summary")).to_contain_text("other checks passed")
    assert "copy_policy" not in focus.inner_text()


def test_on_a_phone_a_wipe_goes_on_and_nothing_is_cut_off(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(), **PHONE)
    expect(page.locator(".card").first).to_be_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.locator(".opener").first.tap()
    expect(page.locator(".place")).to_have_text(re.compile("^1 of"))
    wipe(page, -160, to="2 of")
    wipe(page, 160, to="1 of")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    for name in ("Approve", "Reject"):
        box = page.locator(".deciding").get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 740
    page.wait_for_timeout(2500)  # a tap right after a wipe, Chromium takes for the end of a fling
    page.locator(".deciding").get_by_role("button", name="Approve").tap()
    expect(page.locator(".place")).to_have_text(re.compile("^2 of"))
    page.go_back()  # the phone's own button
    expect(page.locator("section.focus")).to_be_hidden()
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(1)


def wipe(page: Page, dx: int, *, to: str) -> None:
    """A finger on the stage, by the browser's own events, until the page is there.

    On a busy machine the finger is so slow that the browser takes it for a long press; then it tries again.
    """
    place = page.locator(".place")
    for _ in range(5):
        _wipe(page, dx)
        page.wait_for_timeout(300)
        if place.inner_text().startswith(to):
            break
    expect(place).to_have_text(re.compile(f"^{to}"))


def _wipe(page: Page, dx: int) -> None:
    stage = page.locator(".panes").bounding_box()
    assert stage is not None
    x, y = stage["x"] + stage["width"] / 2 - dx / 2, stage["y"] + 40
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]}
        )

    touch("touchStart", (x, y))
    for step in range(1, 4):
        touch("touchMove", (x + dx * step / 3, y))
    touch("touchEnd")
