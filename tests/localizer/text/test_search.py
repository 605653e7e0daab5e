"""Looking again for what a first reading does not show, and giving each edit its places."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.model import Action, Edit
from localizer.text import tesseract
from localizer.text.fonts import stack
from localizer.text.reading import TextLine, read_lines
from localizer.text.render import PlacedLine, draw
from localizer.text.search import Claims, Search, claim
from localizer.text.shaping import shape_line

NAVY = (30, 50, 100)


def line(text: str, x: float, y: float, height: float = 40) -> TextLine:
    step = 0.6 * height
    boxes = tuple(
        (
            (x + i * step, y),
            (x + (i + 1) * step, y),
            (x + (i + 1) * step, y + height),
            (x + i * step, y + height),
        )
        for i, c in enumerate(text)
        if c != " "
    )
    wide = step * len(text)
    return TextLine(text, ((x, y), (x + wide, y), (x + wide, y + height), (x, y + height)), 0.99, boxes)


def page(*texts: tuple[str, float, float, float], locale: str = "en", width: int = 640) -> np.ndarray:
    rgb = np.full((300, width, 3), NAVY, np.uint8)
    for text, x, y, size in texts:
        shaped = shape_line(text, stack(locale, weight=700), locale)
        rgb, _ = draw(rgb, [PlacedLine(shaped, x, y, size)], (255, 255, 255))
    return rgb


def edit(text: str, replacement: str = "X") -> Edit:
    return Edit(Action.REPLACE_TEXT, text=text, replacement=replacement)


def claimed(lines: list[TextLine], *edits: Edit) -> Claims:
    claims = Claims()
    claim(Search(page(), lines), list(enumerate(edits)), claims)
    return claims


def test_a_price_whose_sign_was_read_apart_is_confirmed_by_a_second_reading() -> None:
    rgb = page(("¥", 60, 150, 40), ("278", 90, 150, 110), locale="zh-Hans")
    sign = TextLine("夫", ((58, 118), (88, 118), (88, 154), (58, 154)), 0.9)
    number = TextLine("278", ((84, 60), (290, 60), (290, 160), (84, 160)), 0.99)
    (found,) = Search(rgb, [sign, number]).find("￥278")
    assert found.similarity == 1.0
    assert found.box[0] <= 60


def test_a_misread_line_is_read_again_and_stands_for_the_first_reading() -> None:
    rgb = page(("LIMITED EDITION", 60, 150, 50))
    (right,) = read_lines(rgb)
    wrong = TextLine("LIMLTEQ EDTON", right.quad, 0.6)
    search = Search(rgb, [wrong])
    (found,) = search.find("Limited edition")
    assert found.similarity == 1.0
    assert search.staying([found]) == []  # the first reading is of the same place


def test_small_print_is_found_in_enlarged_tiles() -> None:
    rgb = page(("Terms apply", 300, 280, 15))
    (found,) = Search(rgb, []).find("Terms apply")
    assert found.box[1] > 255


def test_a_number_is_not_found_by_looking_longer() -> None:
    rgb = page(("ONLY 278", 60, 150, 60))
    assert Search(rgb, read_lines(rgb)).find("ONLY 279") == ()


@pytest.mark.skipif(not tesseract.is_installed("kor"), reason="no Korean pack")
def test_a_script_that_the_first_reader_does_not_know() -> None:
    rgb = page(("여름 세일", 80, 160, 60), locale="ko")
    (found,) = Search(rgb, read_lines(rgb), locale="ko").find("여름 세일")
    assert found.box[0] < 90
    assert found.box[2] > 250


def test_equal_edits_share_the_places_in_reading_order() -> None:
    lines = [line("8,500", 60, 200), line("8,500", 60, 60)]
    claims = claimed(lines, edit("8,500", "8,000"), edit("8,500", "8,000"))
    assert [f.used for f in claims.found[0]] == [(1,)]
    assert [f.used for f in claims.found[1]] == [(0,)]
    assert claims.doubts == []


def test_different_replacements_of_one_text_are_for_a_person() -> None:
    lines = [line("8,500", 60, 200), line("8,500", 60, 60)]
    assert claimed(lines, edit("8,500", "8,000"), edit("8,500", "9,000")).doubts


def test_a_text_that_stands_twice_alike_is_replaced_twice_and_that_is_said() -> None:
    claims = claimed([line("SALE", 60, 60), line("SALE", 60, 200)], edit("SALE"))
    assert len(claims.found[0]) == 2
    assert claims.notes == {0: "stands 2 times; all were replaced"}
    assert claims.doubts == []


def test_a_text_that_stands_in_two_sizes_may_be_the_product_s() -> None:
    claims = claimed([line("DELL", 60, 60, 60), line("DELL", 400, 240, 18)], edit("DELL"))
    assert len(claims.found[0]) == 2
    assert "not all alike" in claims.doubts[0]
