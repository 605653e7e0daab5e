"""A mask is compared with the text that is known to stand there."""

from __future__ import annotations

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.text.glyphmask import find_ink
from localizer.text.likeness import expect
from localizer.text.regions import polygon

TEXTS = [("NEW ARRIVAL", "en"), ("新品上市", "zh-Hans"), ("Распродажа", "ru"), ("70%", "en")]


@pytest.mark.parametrize(("text", "locale"), TEXTS)
def test_ink_looks_like_its_text_and_ground_does_not(poster, text, locale) -> None:
    made = poster(text, locale, weight=400)
    expected = expect(text, made.line.quad, (), locale)
    assert expected is not None
    inside = polygon(made.strokes.shape, made.line.quad)
    assert expected.of(made.strokes) > 0.8
    assert expected.of(inside & ~made.strokes) < expected.of(made.strokes) - 0.3
    other = expect("WWW ill" if locale != "zh-Hans" else "一二三川", made.line.quad, (), locale)
    assert other is not None
    assert other.of(made.strokes) < expected.of(made.strokes) - 0.1


def test_a_generous_box_does_not_matter(poster) -> None:
    made = poster("SALE")
    (x0, y0), _, (x1, y1), _ = made.line.quad
    m = 12
    wide = ((x0 - m, y0 - m), (x1 + m, y0 - m), (x1 + m, y1 + m), (x0 - m, y1 + m))
    expected = expect("SALE", wide, (), "en")
    assert expected is not None
    assert expected.of(made.strokes) > 0.8


def test_the_text_is_laid_where_the_strokes_are(poster) -> None:
    made = poster("SALE", angle=6.0, at=(150, 160))
    expected = expect("SALE", made.line.quad, (), "en")
    assert expected is not None
    near = expected.near(made.strokes)
    assert near[made.strokes].mean() > 4 * near[~made.strokes].mean()


def test_nothing_to_compare_with() -> None:
    quad = ((0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (0.0, 3.0))
    assert expect("A", quad, (), "en") is None
    assert expect(" ", ((0.0, 0.0), (90.0, 0.0), (90.0, 30.0), (0.0, 30.0)), (), "en") is None


def test_the_commonest_colour_of_a_busy_ground_is_not_taken_for_the_ink(poster) -> None:
    """White type on tiles of two browns: the tiles are more frequent, and they run on."""
    rng = np.random.default_rng(3)
    tiles = np.kron(rng.integers(0, 2, (12, 31)), np.ones((20, 20)))[:, :, None]
    ground = np.round(np.where(tiles, (190, 165, 120), (120, 95, 60)) + rng.normal(0, 4, (240, 620, 1)))
    made = poster("新品上市", "zh-Hans", ground=np.clip(ground, 0, 255).astype(np.uint8), weight=400)
    blurred = made.rgb.copy()
    expected = expect("新品上市", made.line.quad, (), "zh-Hans")
    ink = find_ink(blurred, made.line.quad, made.line.height, expected=expected)
    assert ink is not None
    assert min(ink.colour) > 245
    assert (ink.erase & made.strokes).sum() > 0.99 * made.strokes.sum()
    rim = cv2.dilate(made.strokes.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert (ink.erase & ~rim).sum() < 0.02 * rim.sum()
