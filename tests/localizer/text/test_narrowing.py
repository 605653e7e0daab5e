"""Only the number changes: what stays beside it is not touched."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.fonts import stack
from localizer.text.locate import find_text
from localizer.text.narrowing import changed_number, narrowed
from localizer.text.reading import read_lines
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line


@pytest.mark.parametrize(
    ("text", "replacement", "change"),
    [
        ("￥278", "￥288", ("278", "288")),
        ("¥278", "￥288", ("278", "288")),
        ("120元", "110元", ("120", "110")),
        ("Save 20% today", "Save 30% today", ("20", "30")),
        ("5月1日", "5月3日", ("1", "3")),
        ("￥278", "￥1288", None),  # longer: the rest would have to move
        ("￥278", "$278", None),  # nothing changes, or not the number
        ("278", "288", None),  # nothing stays
        ("5月1日", "6月3日", None),
        ("买1送1共2件", "买1送1共3件", ("2", "3")),
        ("1+1", "1+2", None),  # which of the two
        ("新品", "New", None),
    ],
)
def test_one_number_changes_and_the_rest_stays(text: str, replacement: str, change) -> None:
    assert changed_number(text, replacement) == change


def poster(text: str, ground: np.ndarray | None = None, tracking: float = 0.0) -> np.ndarray:
    rgb = np.full((240, 520, 3), (30, 50, 100), np.uint8) if ground is None else ground
    shaped = shape_line(text, stack("zh-Hans", weight=700), "zh-Hans", tracking)
    return draw(rgb, [PlacedLine(shaped, 60, 150, 90)], (255, 255, 255))[0]


def test_the_cut_runs_through_the_gaps() -> None:
    rgb = poster("价120元")
    (found,) = find_text("价120元", read_lines(rgb))
    part = narrowed(rgb, found, "120")
    assert part is not None
    assert part.text == "120"
    assert [piece.text for piece in part.rest] == ["价", "元"]
    x0, _, x1, _ = part.box
    for x in (x0, x1):  # no ink where it is cut
        assert np.abs(rgb[60:160, x].astype(int) - (30, 50, 100)).max() < 30


def test_letters_that_touch_are_not_parted() -> None:
    rgb = poster("价120元", tracking=-0.2)
    found = find_text("价120元", read_lines(rgb))
    assert all(narrowed(rgb, f, "120") is None for f in found)


def test_on_a_lively_ground_nothing_is_parted() -> None:
    noise = np.random.default_rng(2).integers(40, 150, (240, 520, 3)).astype(np.uint8)
    rgb = poster("价120元", noise)
    found = find_text("价120元", read_lines(rgb))
    assert all(narrowed(rgb, f, "120") is None for f in found)
