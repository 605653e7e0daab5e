"""By which edge a text hangs."""

from __future__ import annotations

import pytest

from localizer.text.alignment import alignment
from localizer.text.space import Room
from localizer.text.style import LineStyle

PAGE = 1000
FREE = Room(30, 30, 970, 700)


def style(left: float, right: float, top: float = 300.0, size: float = 50.0) -> LineStyle:
    ink = (left, top, right, top + 0.75 * size)
    return LineStyle((0, 0, 0), size, 400, "", 1.0, 0.0, 0.0, ink, top + 0.75 * size, top + 0.4 * size)


def side(styles, others=(), room: Room = FREE) -> str:
    return alignment(styles, room, PAGE, others).side


def test_lines_of_a_block_tell() -> None:
    assert side([style(100, 400), style(100, 300, 370)]) == "left"
    assert side([style(100, 400), style(150, 350, 370)]) == "center"
    assert side([style(100, 400), style(200, 400, 370)]) == "right"


def test_lines_of_one_length_agree_on_everything_so_the_page_tells() -> None:
    assert side([style(230, 770), style(229, 771, 370)]) == "center"
    assert side([style(60, 460), style(61, 460, 370)], [(60, 500, 300, 540)]) == "left"


def test_the_middle_of_the_page() -> None:
    hang = alignment([style(400, 600)], FREE, PAGE, [])
    assert (hang.side, hang.alone) == ("center", True)


def test_set_from_a_margin() -> None:
    assert side([style(60, 260)]) == "left"
    assert side([style(500, 700)], [(560, 500, 700, 540)]) == "right"


def test_a_panel_that_holds_it_in_its_middle() -> None:
    hang = alignment([style(100, 300)], Room(60, 250, 340, 400, panel=True), PAGE, [])
    assert (hang.side, hang.firm, hang.alone) == ("center", True, False)


@pytest.mark.parametrize(
    ("other", "alone"),
    [
        ((60, 400, 300, 445), False),  # the next line of a list
        ((500, 297, 800, 342), False),  # the next column of a row
        ((60, 400, 600, 520), True),  # a headline of another size
        ((500, 600, 800, 645), True),  # far off
    ],
)
def test_a_text_in_a_column_or_a_row_is_not_alone(other, alone: bool) -> None:
    assert alignment([style(60, 260)], FREE, PAGE, [other]).alone is alone


def test_a_title_that_shares_its_edge_with_several_texts_keeps_it() -> None:
    below = [(61, 500, 400, 530), (59, 560, 250, 590)]
    hang = alignment([style(60, 460)], FREE, PAGE, below)
    assert (hang.side, hang.firm, hang.alone) == ("left", True, False)


def test_small_print_that_begins_near_by_chance_tells_nothing() -> None:
    near = [(60 + 12, 500 + 20 * i, 300, 514 + 20 * i) for i in range(9)]
    assert alignment([style(60, 460, size=90)], FREE, PAGE, near).alone


def test_lines_of_one_length_on_the_middle_of_the_page_are_centred() -> None:
    list_below = [(232, 500 + 30 * i, 300 + 40 * i, 520 + 30 * i) for i in range(9)]
    assert side([style(230, 771), style(229, 770, 370)], list_below) == "center"
