"""One style, one size; one row, one baseline."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localizer.text.consistency import common_scales, level_rows
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine
from localizer.text.shaping import shape_line
from localizer.text.style import LineStyle
from localizer.text.typesetting import SetText

BLACK = (0, 0, 0)


def item(scale: float, *, size: float = 40.0, y: float = 100.0, colour=BLACK, weight: int = 400):
    faces = stack("en")
    line = PlacedLine(shape_line("Word", faces, "en"), 10.0, y, size * scale)
    style = LineStyle(colour, size, weight, "", 1.0, 0.0, 0.0, (10, y - 30, 90, y), y, y - 15)
    return style, SetText((line,), colour, scale, True, faces)


def test_texts_of_one_style_share_the_smallest_scale() -> None:
    items = [item(1.0), item(0.8, size=41.0, y=200.0), item(1.0, size=60.0), item(0.9, colour=(255, 0, 0))]
    assert common_scales(items) == [0.8, 0.8, 1.0, 1.0]


def test_one_that_fits_badly_does_not_make_the_others_small() -> None:
    assert common_scales([item(1.0), item(0.5), item(0.9)]) == [0.9, 1.0, 0.9]


def test_bold_and_regular_are_two_styles() -> None:
    assert common_scales([item(1.0), item(0.8, weight=700)]) == [1.0, 1.0]


def test_a_row_has_one_baseline() -> None:
    items = [item(1.0, y=100.0), item(1.0, y=103.0), item(1.0, y=101.0), item(1.0, y=180.0)]
    assert [made.lines[0].y for made in level_rows(items)] == [101.0, 101.0, 101.0, 180.0]


def test_different_numbers_of_lines_are_not_levelled() -> None:
    style, made = item(1.0, y=103.0)
    two = replace(made, lines=(*made.lines, replace(made.lines[0], y=150.0)))
    levelled = level_rows([item(1.0, y=100.0), (style, two)])
    assert [m.lines[0].y for m in levelled] == pytest.approx([100.0, 103.0])
