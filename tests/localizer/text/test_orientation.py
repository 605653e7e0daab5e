"""Which way a line stands, told from drawn lines that stand in every way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from localizer.text.columns import shape_column
from localizer.text.fonts import stack
from localizer.text.normalise import fold
from localizer.text.orientation import settle_level, settle_tall, turn_quad
from localizer.text.orientation import stack as stack_up
from localizer.text.reading import TextLine, read_lines
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

WHITE = (255, 255, 255)


def page() -> np.ndarray:
    return np.full((460, 460, 3), (30, 50, 100), np.uint8)


def drawn(text: str, locale: str, angle: float) -> np.ndarray:
    line = shape_line(text, stack(locale, weight=700), locale)
    a, half = math.radians(angle), line.advance * 48 / 2
    at = 230 - half * math.cos(a), 230 + half * math.sin(a)
    return draw(page(), [PlacedLine(line, *at, 48, 1.0, angle)], WHITE)[0]


@pytest.mark.parametrize(
    ("text", "angle"),
    [
        ("SUMMER SALE", 90),
        ("SUMMER SALE", -90),
        ("SUMMER SALE", 120),
        ("新品上市优惠", 180),
        ("新品上市优惠", 90),
    ],
)
def test_a_line_is_named_by_the_way_it_reads(text: str, angle: float) -> None:
    rgb = drawn(text, "en" if text.isascii() else "zh-Hans", angle)
    (read,) = read_lines(rgb)
    line = settle_level(rgb, settle_tall(rgb, read))
    assert line.text == text
    assert not line.vertical
    assert abs((line.angle - angle + 180) % 360 - 180) < 2
    first, last = line.characters[0], line.characters[-1]
    # The first letter's top left corner is near the line's, the last one's bottom right corner too.
    for mine, whole in ((first[0], line.quad[0]), (last[2], line.quad[2])):
        assert math.dist(mine, whole) < 0.9 * line.height


def test_upright_characters_below_one_another_are_columns() -> None:
    texts, rgb = ["新品上市", "限时优惠10%", "ポイントカード"], page()
    for i, text in enumerate(texts):
        column = shape_column(text, stack("ja", weight=700), "ja")
        rgb, _ = draw(rgb, [PlacedLine(column, 90 + 130 * i, 30, 50)], WHITE)
    lines = sorted((settle_tall(rgb, line) for line in read_lines(rgb)), key=lambda line: line.box[0])
    assert [fold(line.text) for line in lines] == [fold(text) for text in texts]
    for line in lines:
        assert line.vertical
        assert abs(line.angle) < 1.5
        assert line.height < 100 < line.width  # across and along the reading direction


def test_single_characters_far_apart_are_a_column_too() -> None:
    def one(c: str, y: float, x: float = 100) -> TextLine:
        return TextLine(c, ((x, y), (x + 40, y), (x + 40, y + 40), (x, y + 40)), 0.9)

    column = stack_up([one("新", 0), one("品", 80), one("来", 160)])
    assert column is not None
    assert column.vertical
    assert column.text == "新品来"
    assert column.box == (100, 0, 140, 200)
    assert stack_up([one("新", 0), one("品", 0, x=160)]) is None  # side by side
    assert stack_up([one("A", 0), one("B", 80)]) is None  # Latin letters are not told from two lines


def test_turning_a_quad_four_times_changes_nothing() -> None:
    quad = ((0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (0.0, 1.0))
    assert turn_quad(quad, 4) == quad
    assert turn_quad(quad, 1)[0] == (4.0, 0.0)  # read downwards: it starts at the top right
