"""The readers: what they see, where, and that nothing is confused between two images."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text import tesseract
from localizer.text.fonts import stack
from localizer.text.reading import TextLine, read_crop, read_line, read_lines, read_source
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

PACKS = {
    "ko": "신상품 출시",
    "th": "สินค้าใหม่",
    "ar": "وصل حديثا",
    "hi": "नया आगमन",
    "ru": "Новинка",
    "vi": "Hàng mới về",
    "el": "Νέα άφιξη",
}


@pytest.fixture(scope="module")
def page(poster):
    first = poster("新品上市", "zh-Hans", at=(40, 100))
    return poster("NEW ARRIVAL 50%", ground=first.rgb, size=44, at=(40, 200), colour=(250, 220, 60)), first


def test_a_page_is_read_line_by_line_with_character_boxes(page) -> None:
    both, first = page
    lines = {line.text: line for line in read_lines(both.rgb)}
    assert set(lines) == {"新品上市", "NEW ARRIVAL 50%"}
    headline = lines["新品上市"]
    assert headline.score > 0.9
    assert headline.angle == pytest.approx(0, abs=1)
    x0, y0, x1, y1 = first.placed.box
    assert headline.box[0] <= x0 + 3
    assert headline.box[2] >= x1 - 3
    assert headline.box[1] <= y0 + 3
    assert headline.box[3] >= y1 - 3
    for line in lines.values():
        assert len(line.characters) == len(line.text.replace(" ", ""))
        middles = [sum(p[0] for p in quad) / 4 for quad in line.characters]
        assert middles == sorted(middles)


def test_a_crop_is_read_in_the_coordinates_of_the_image(page) -> None:
    both, _ = page
    x0, y0, x1, y1 = both.placed.box
    (line,) = read_crop(both.rgb, (x0, y0, x1, y1))
    assert line.text == "NEW ARRIVAL 50%"
    assert abs(line.box[0] - x0) < 15
    assert abs(line.box[1] - y0) < 15
    assert read_crop(both.rgb, (0, 0, 1, 1), pad=-5) == ()


def test_a_line_too_small_to_read_has_no_text() -> None:
    assert read_line(np.zeros((3, 3, 3), np.uint8)) == ("", 0.0)


def test_a_single_line_fills_its_image(poster) -> None:
    made = poster("¥1,299.50")
    x0, y0, x1, y1 = made.placed.box
    text, confidence = read_line(made.rgb[y0 - 8 : y1 + 8, x0 - 8 : x1 + 8])
    assert text.replace("￥", "¥") == "¥1,299.50"
    assert confidence > 0.8


def test_reading_a_source_is_remembered_by_its_digest_alone(poster) -> None:
    made = poster("NEW", size=44, at=(30, 110))
    crop = made.rgb[40:180, 10:150]  # readers enlarge small images: a square one costs least
    first = read_source("digest-a", crop)
    assert [line.text for line in first] == ["NEW"]
    assert read_source("digest-a", crop.copy()) is first
    assert read_source("digest-b", made.ground[:140, :140]) == ()
    assert read_source("digest-a", crop) is first


def test_geometry_of_a_slanted_line() -> None:
    a = np.radians(30)
    along, down = np.array([np.cos(a), -np.sin(a)]) * 100, np.array([np.sin(a), np.cos(a)]) * 20
    o = np.array([50.0, 90.0])
    quad = tuple((float(p[0]), float(p[1])) for p in (o, o + along, o + along + down, o + down))
    line = TextLine("x", quad, 1.0)  # type: ignore[arg-type]
    assert (line.angle, line.width, line.height) == pytest.approx((30, 100, 20))
    assert line.box == (50, 40, 147, 108)


@pytest.mark.parametrize("locale", PACKS)
@pytest.mark.parametrize("inverted", [False, True])
def test_tesseract_reads_the_scripts_that_the_other_reader_lacks(locale: str, inverted: bool) -> None:
    colour, back = ((255, 255, 255), (30, 60, 110)) if inverted else ((200, 30, 40), (245, 240, 230))
    line = shape_line(PACKS[locale], stack(locale, weight=700), locale)
    width = int(line.advance * 50) + 40
    page, _ = draw(np.full((90, width, 3), back, np.uint8), [PlacedLine(line, 20, 62, 50)], colour)
    text, confidence = tesseract.read_line(page, colour, tesseract.LANGUAGES[locale])
    assert text == PACKS[locale]
    assert confidence > 0.6


def test_packs_by_name() -> None:
    assert tesseract.package_of("chi_sim") == "tesseract-ocr-chi-sim"
    assert not tesseract.is_installed("tlh")
    assert [
        p for p in ("kor", "tha", "ara", "hin", "vie", "rus", "ell", "heb") if not tesseract.is_installed(p)
    ] == []


@pytest.mark.parametrize("language", ["kor", "ara", "tha", "vie"])
def test_nothing_is_read_into_an_empty_ground(language: str) -> None:
    for width in (60, 200, 400):
        blank = np.full((60, width, 3), 240, np.uint8)
        assert tesseract.read_line(blank, (0, 0, 0), language) == ("", 0.0)
