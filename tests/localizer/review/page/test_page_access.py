"""For everybody: axe finds nothing serious in any state, and everything fits a small phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from localizer.review.host import Choice, RunState
from tests.localizer.review.page.conftest import RUN, Desk, Site

pytestmark = pytest.mark.browser

SMALL: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
LEAST = 24  # CSS pixels of a target, WCAG 2.2 AA; what a thumb decides with has 44


def faults(page: Page) -> list[str]:
    """What axe finds that is serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary']}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


def _opened(page: Page) -> None:
    page.locator(".opener").first.click()
    expect(page.locator(".checks").first).to_be_visible()


def _keys(*keys: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)

    return press


def _focus_and(*keys: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        _opened(page)
        _keys(*keys)(page)

    return press


def _finish(page: Page) -> None:
    page.keyboard.press("f")
    expect(page.locator(".summary .will")).to_be_visible()


STATES: dict[str, Callable[[Page], None]] = {
    "gallery": lambda page: None,
    "marked": _keys("a", "a", "u"),
    "selected": _keys("x", "j", "Shift+X"),
    "nothing": lambda page: page.get_by_label("Search names and copy").fill("nothing like this"),
    "opened": _opened,
    "slider": _focus_and("v"),
    "difference": _focus_and("d"),
    "zoomed": _focus_and("z"),
    "decided": _focus_and("a", "k"),
    "reason": _focus_and("r"),
    "redo": _focus_and("e"),
    "keys": _keys("?"),
    "finish": _finish,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_fault_in_any_state(desk: Desk, site: Site, scheme: str) -> None:
    found = {}
    for name, reach in STATES.items():
        page = desk.open(site.review(), color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator(".card .box.loaded").first).to_be_visible()
        reach(page)
        page.wait_for_timeout(400)
        found[name] = faults(page)
        page.context.close()
        desk.contexts.pop()
    assert {name: some for name, some in found.items() if some} == {}


def test_no_serious_fault_where_nothing_can_be_done(desk: Desk, site: Site) -> None:
    found = {}
    for name, address, viewer in (
        ("overview", site.url, "mei"),
        ("reader", site.review(), "guest"),
        ("missing", site.review("never"), "mei"),
        ("refused", site.review().replace("localize_campaign", "secret_dag"), "mei"),
    ):
        page = desk.open(address, viewer=viewer)
        expect(page.locator(".panel, .card, .run").first).to_be_visible()
        found[name] = faults(page)
    site.host.answers[RUN] = ("Ana", Choice.APPROVE, {})
    page = desk.open(site.review())
    expect(page.locator(".banner")).to_contain_text("Ana approved")
    found["answered"] = faults(page)
    site.host.answers.clear()
    site.host.asks, site.host.state = False, RunState.EDITING
    page = desk.open(site.review())
    expect(page.locator(".progress")).to_be_visible()
    found["editing"] = faults(page)
    assert {name: some for name, some in found.items() if some} == {}


def test_every_state_fits_a_small_phone(desk: Desk, site: Site) -> None:
    wide, small = [], []
    for name, reach in STATES.items():
        page = desk.open(site.review(), **SMALL)
        expect(page.locator(".card .box.loaded").first).to_be_visible()
        reach(page)
        page.wait_for_timeout(300)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)
        small += [
            f"{name}: {label} {width:.0f} × {height:.0f}"
            for label, width, height in page.evaluate(
                "() => [...document.querySelectorAll('button, a, input, select')]"
                ".map(node => node.type === 'checkbox' ? node.closest('label') : node)"
                ".map(node => [node.ariaLabel || node.innerText, node.getBoundingClientRect().width,"
                " node.getBoundingClientRect().height, getComputedStyle(node).visibility])"
                ".filter(([, width, , visibility]) => width > 0 && visibility !== 'hidden')"
                ".map(([label, width, height]) => [label, width, height])"
            )
            if min(width, height) < LEAST
        ]
        page.context.close()
        desk.contexts.pop()
    assert wide == []
    assert small == []


def test_tab_passes_through_the_gallery_in_few_steps(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    stops = page.locator(".gallery button, .gallery input").evaluate_all(
        "all => all.filter(node => node.tabIndex >= 0 && node.offsetParent).length"
    )
    assert stops <= 4  # open, select, approve, reject of one card


def test_who_wants_less_motion_gets_none(desk: Desk, site: Site) -> None:
    page = desk.open(site.review(), reduced_motion="reduce")
    expect(page.locator(".card").first).to_be_visible()
    page.keyboard.press("?")
    assert page.evaluate("document.getAnimations().length") == 0


def test_letters_can_be_switched_off_as_keys(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    page.keyboard.press("?")
    page.get_by_label("Keys without Ctrl or Alt do something").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.wait_for_timeout(500)
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.locator('.card[aria-posinset="2"] .opener')).to_be_focused()


def test_a_cyrillic_keyboard_has_the_same_keys(desk: Desk, site: Site) -> None:
    page = desk.open(site.review())
    expect(page.locator(".card").first).to_be_visible()
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'ф', code: 'KeyA', bubbles: true}))"
    )
    expect(page.locator('.card[data-mark="approved"]')).to_have_count(1)
