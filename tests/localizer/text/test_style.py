"""Measuring type whose style is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from localizer.text.fonts import stack
from localizer.text.glyphmask import Ink, find_ink
from localizer.text.shaping import shape_line
from localizer.text.style import (
    InkedLine,
    LineStyle,
    locale_of_text,
    measure_block,
    optical_band,
    snap_angle,
    turn,
    unturn,
)


def measured(made, locale: str = "en", angle: float = 0.0) -> LineStyle:
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    (style,) = measure_block([inked(made, ink)], locale=locale, angle=angle)
    assert style is not None
    return style


def inked(made, ink: Ink) -> InkedLine:
    height, width = made.rgb.shape[:2]
    return InkedLine(made.line, made.line.text, (0, 0, width, height), ink, made.rgb, made.ground)


@pytest.mark.parametrize(
    ("text", "locale"), [("NEW ARRIVAL", "en"), ("新品上市", "zh-Hans"), ("春の新作", "ja"), ("¥278", "en")]
)
@pytest.mark.parametrize("size", [30.0, 60.0])
def test_size_and_place(poster, text, locale, size) -> None:
    made = poster(text, locale, size=size)
    style = measured(made, locale)
    assert style.size == pytest.approx(size, rel=0.05)
    assert style.baseline == pytest.approx(140, abs=0.05 * size + 1)
    x0, y0, x1, y1 = made.placed.box
    assert np.abs(np.array(style.ink) - (x0, y0, x1, y1)).max() <= 2
    assert style.stretch == 1.0
    assert style.tracking == 0.0
    assert style.angle == 0.0


@pytest.mark.parametrize("weight", [300, 400, 500, 700, 900])
@pytest.mark.parametrize(("text", "locale"), [("NEW ARRIVAL", "en"), ("新品上市", "zh-Hans")])
def test_weight(poster, text, locale, weight) -> None:
    assert abs(measured(poster(text, locale, weight=weight), locale).weight - weight) <= 100


def test_weight_on_a_photo(poster) -> None:
    assert abs(measured(poster("新品上市", "zh-Hans", ground="photo"), "zh-Hans").weight - 700) <= 200


@pytest.mark.parametrize("angle", [8.0, -8.0, 15.0])
def test_slanted_type(poster, angle) -> None:
    made = poster("NEW ARRIVAL", angle=angle, size=48, at=(70, 150))
    assert made.line.angle == pytest.approx(angle, abs=0.01)
    style = measured(made, angle=angle)
    assert style.angle == angle
    assert style.size == pytest.approx(48, rel=0.06)
    # u, v of the origin of the line, which lies on its baseline.
    (u, v) = turn(np.array([[70.0, 150.0]]), angle)[0]
    assert style.baseline == pytest.approx(v, abs=4)
    assert style.ink[0] == pytest.approx(u, abs=6)


@pytest.mark.parametrize("tracking", [0.1, 0.2, 0.3])
@pytest.mark.parametrize(("text", "locale"), [("SUMMER", "en"), ("新品上市", "zh-Hans")])
def test_tracking(poster, text, locale, tracking) -> None:
    style = measured(poster(text, locale, size=50, tracking=tracking), locale)
    assert style.tracking == pytest.approx(tracking, abs=0.05)
    assert style.stretch == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("text", "locale", "family", "weight"),
    [
        ("Loyalty Card Wallet", "en", "Lexend", 400),
        ("Customize your theme", "en", "Sarabun", 700),
        ("Grand opening", "en", "Playfair Display", 700),
        ("Handmade", "en", "Lobster", 400),
        ("Neue Kollektion", "de", "Montserrat", 800),
        ("数据结构", "zh-Hans", "LXGW WenKai", 700),
        ("新品上市", "zh-Hans", "Noto Serif CJK", 700),
        ("Скидки недели", "ru", "Roboto", 500),
    ],
)
@pytest.mark.parametrize("ground", ["plain", "photo"])
def test_the_family_that_a_line_is_set_in(poster, text, locale, family, weight, ground) -> None:
    style = measured(poster(text, locale, family=family, weight=weight, size=44, ground=ground), locale)
    assert style.family == family
    assert abs(style.weight - weight) <= 100
    assert style.size == pytest.approx(44, rel=0.015)
    assert style.stretch == 1.0


def test_the_usual_face_is_told_from_all_others(poster) -> None:
    for text, locale in (("New arrival today", "en"), ("限时特惠", "zh-Hans"), ("오늘만 할인", "ko")):
        assert measured(poster(text, locale, size=44, weight=500), locale).family in {"", "Noto Sans CJK"}


@pytest.mark.parametrize(
    ("text", "locale", "family", "slant"),
    [
        ("New arrivals", "en", "Lato", 12),
        ("限时特惠", "zh-Hans", "", 10),
        ("Grand opening", "en", "Lexend", 14),
    ],
)
def test_leaning_letters(poster, text, locale, family, slant) -> None:
    style = measured(poster(text, locale, family=family, slant=slant, size=44), locale)
    assert abs(style.slant - slant) <= 4
    assert style.size == pytest.approx(44, rel=0.02)
    assert style.family in {family, "Noto Sans CJK"}
    for upright in ("AVAYA WAX", "ILLINOIS", "大人小心"):
        assert measured(poster(upright, locale, size=44), locale).slant == 0


def test_lines_of_a_block_share_their_face(poster) -> None:
    made = [poster(t, family="Poppins", weight=600, size=40) for t in ("Everything must go", "Ill")]
    inks = [find_ink(m.rgb, m.line.quad, m.line.height) for m in made]
    styles = measure_block([inked(m, i) for m, i in zip(made, inks, strict=True)], locale="en", angle=0.0)
    assert [s.family for s in styles] == ["Poppins", "Poppins"]
    assert styles[0].weight == styles[1].weight


@pytest.mark.parametrize("stretch", [0.75, 1.3])
def test_stretched_letters_are_not_taken_for_tracking(poster, stretch) -> None:
    style = measured(poster("SUMMER", size=50, stretch=stretch))
    assert style.stretch == pytest.approx(stretch, abs=0.08)
    assert style.tracking <= 0.05


def test_colour(poster) -> None:
    style = measured(poster(colour=(250, 220, 60), ground="graded"))
    assert np.abs(np.array(style.colour) - (250, 220, 60)).max() <= 4


def test_too_little_ink_is_not_measured(poster) -> None:
    made = poster("NEW ARRIVAL")
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    empty = type(ink)(np.zeros_like(ink.strokes), ink.erase, None, ink.colour, True)
    assert measure_block([inked(made, empty)], locale="en", angle=0.0) == [None]


@pytest.mark.parametrize(
    ("text", "declared", "locale"),
    [
        ("新品上市", "en", "zh-Hans"),
        ("新品上市", "zh-Hant", "zh-Hant"),
        ("新作セール", "zh-Hans", "ja"),
        ("SALE", "zh-Hans", "en"),
        ("SALE", "fr", "fr"),
        ("50%", "ar", "en"),
        ("Скидка", "en", "ru"),
        ("Скидка", "uk", "uk"),
        ("خصم", "fa", "fa"),
        ("할인", "en", "ko"),
    ],
)
def test_what_a_text_is_written_in(text: str, declared: str, locale: str) -> None:
    assert locale_of_text(text, declared) == locale


def test_angles_are_snapped_as_a_designer_would() -> None:
    assert [snap_angle(a) for a in (0.9, -1.4, 89.2, -8.0, 178.8)] == [0.0, 0.0, 90.0, -8.0, 180.0]


@pytest.mark.parametrize("angle", [0.0, 12.0, -33.0, 90.0])
def test_turning_back_is_the_inverse(angle: float) -> None:
    (u, v) = turn(np.array([[17.0, 42.0]]), angle)[0]
    assert unturn(u, v, angle) == pytest.approx((17.0, 42.0))
    assert math.hypot(u, v) == pytest.approx(math.hypot(17, 42))


def test_the_optical_middle_ignores_descenders() -> None:
    plain, deep = (shape_line(t, stack("en"), "en") for t in ("SALE", "SALEgjpy"))
    assert optical_band(plain, "en")[0] == optical_band(deep, "en")[0] == 0.0
