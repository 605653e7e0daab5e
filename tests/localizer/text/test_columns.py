"""Columns: how characters stand in them, and how a text is set where columns stood."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.text.columns import is_set_in_columns, lay_down, set_columns, shape_column
from localizer.text.fonts import stack
from localizer.text.space import Room
from localizer.text.style import LineStyle


def column(text: str, locale: str = "ja", tracking: float = 0.0):
    return shape_column(text, stack(locale), locale, tracking)


def source(x: float, top: float = 50, bottom: float = 250, size: float = 50) -> LineStyle:
    return LineStyle(
        colour=(0, 0, 0), size=size, weight=400, family="", stretch=1.0, tracking=0.0, angle=0.0,
        ink=(x - size / 2, top, x + size / 2, bottom), baseline=top, centre=(top + bottom) / 2, vertical=True,
    )  # fmt: skip


def test_characters_go_down_the_middle() -> None:
    line = column("新品上市")
    assert line.advance == pytest.approx(4.0)
    assert -0.5 <= line.ink[0] < line.ink[2] <= 0.5
    assert -4.0 <= line.ink[1] < line.ink[3] <= 0.0
    tracked = column("新品上市", tracking=0.25)
    assert tracked.ink[1] < line.ink[1] - 0.7


def test_the_long_vowel_mark_and_brackets_take_their_vertical_forms() -> None:
    flat, upright = (shape_column(c, stack("ja"), "ja") for c in "ーー"), column("ー")
    assert all(f == upright for f in flat)
    x0, y0, x1, y1 = upright.ink
    assert y1 - y0 > 2 * (x1 - x0)  # a bar that runs down
    x0, y0, x1, y1 = column("。").ink
    assert x0 > 0  # the full stop is in the upper right of its square
    assert y1 > -0.5


def test_a_number_of_two_digits_shares_a_square_and_a_word_lies_down() -> None:
    two, word = column("10"), column("SALE")
    assert two.advance == pytest.approx(1.0)
    assert not any(g.turned for g in two.glyphs)
    assert two.ink[2] - two.ink[0] <= 1.0
    assert all(g.turned for g in word.glyphs)
    assert word.ink[3] - word.ink[1] > 2
    assert word.ink[2] - word.ink[0] < 1
    assert abs(word.ink[0] + word.ink[2]) < 0.1  # in the middle of the column
    assert all(g.turned for g in column("2024").glyphs)


@given(st.text(st.sampled_from("新品上市のーっ、。「」10aZ% !"), min_size=1, max_size=14))
@settings(max_examples=60, deadline=None)
def test_any_column_is_inside_its_width_and_lacks_no_glyph(text: str) -> None:
    line = column(text)
    assert line.missing == ""
    assert line.ink[2] - line.ink[0] <= 1.1
    assert line.ink[3] <= 0.15
    assert -line.advance - 0.2 <= line.ink[1]


@given(
    text=st.text(st.sampled_from("春夏新品上市限时优惠，10"), min_size=1, max_size=24).filter(str.strip),
    columns=st.integers(1, 3),
    bottom=st.integers(260, 600),
)
@settings(max_examples=60, deadline=None)
def test_columns_stay_in_their_place(text: str, columns: int, bottom: int) -> None:
    styles = [source(300 - 70 * i) for i in range(columns)]
    place = (60.0, 40.0, 420.0, float(bottom))
    made = set_columns(text, stack("ja"), "ja", styles, place, size=50, least=0.0)
    for line in made.lines:
        x0, y0, x1, y1 = line.box
        assert place[0] - 1 <= x0 < x1 <= place[2] + 1
        assert place[1] - 1 <= y0 < y1 <= place[3] + 1
    lefts = [line.box[0] for line in made.lines]
    assert lefts == sorted(lefts, reverse=True)  # the first column is on the right


def test_two_columns_are_set_as_two_from_the_same_top() -> None:
    made = set_columns(
        "春の新作\n期間限定",
        stack("ja"),
        "ja",
        [source(300), source(230)],
        (100, 40, 420, 400),
        size=50,
        least=0.5,
    )
    assert [line.line.text for line in made.lines] == ["春の新作", "期間限定"]
    assert made.scale == 1.0
    assert all(abs(line.box[1] - 50) <= 4 for line in made.lines)
    right, left = ((line.box[0] + line.box[2]) / 2 for line in made.lines)
    assert right - left == pytest.approx(70, abs=3)


def test_scripts_that_do_not_stand_in_columns_are_laid_down_in_them() -> None:
    assert is_set_in_columns("zh-Hant")
    assert not is_set_in_columns("en")
    (style,), room = lay_down([source(300)], Room(0, 0, 400, 500))
    assert style.angle == -90.0
    assert not style.vertical
    assert style.ink == (50, -325, 250, -275)  # u runs down the image, v to the left
    assert room == Room(0, 0, 400, 500)
