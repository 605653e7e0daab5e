"""Finding ink, with the truth known to the pixel."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.glyphmask import find_ink
from localizer.text.regions import dilate, polygon
from localizer.text.surface import fit_ground

EFFECTS = {
    "bare": {},
    "outline": {"outline": (20, 20, 30)},
    "shadow": {"shadow": True},
}


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(("text", "locale"), [("NEW ARRIVAL", "en"), ("新品上市", "zh-Hans")])
def test_strokes_and_everything_that_belongs_to_them(poster, ground, effect, text, locale) -> None:
    made = poster(text, locale, ground=ground, **EFFECTS[effect])
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    assert ink.plain is (ground != "photo")
    assert (ink.erase & made.strokes).sum() / made.strokes.sum() > 0.99
    # On a photo only the letters and what is near them in colour can be told from the picture.
    assert (ink.erase & made.ink).sum() / made.ink.sum() > (0.97 if ground != "photo" else 0.8)
    # Not much more than the ink and a rim around it is given up.
    rim = 6 if ground != "photo" else 14
    assert (ink.erase & ~dilate(made.ink, rim)).sum() < 0.05 * made.ink.sum()
    if effect == "bare":
        assert iou(ink.strokes, made.strokes) > 0.85
        assert np.abs(np.array(ink.colour) - 255).max() <= 6


@pytest.mark.parametrize("colour", [(255, 255, 255), (20, 20, 20), (250, 220, 60), (200, 30, 40)])
def test_the_fill_colour_is_read(poster, colour) -> None:
    made = poster(ground="graded", colour=colour)
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    assert np.abs(np.array(ink.colour) - colour).max() <= 4


def test_slanted_type(poster) -> None:
    made = poster("SALE", angle=8.0, at=(150, 160))
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    assert iou(ink.strokes, made.strokes) > 0.85


def test_the_same_crop_gives_the_same_mask(poster) -> None:
    made = poster(ground="photo")
    first, second = (find_ink(made.rgb, made.line.quad, made.line.height) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.erase, second.erase)


def test_the_edge_of_a_panel_is_not_ink(poster) -> None:
    """Ground that changes below the line must not be taken off with the letters."""
    base = np.full((240, 620, 3), (38, 92, 140), np.uint8)
    base[158:] = (225, 180, 40)
    made = poster(ground=base)
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    assert not ink.erase[166:].any()


def test_there_is_no_ink_on_an_empty_ground(poster) -> None:
    made = poster()
    assert find_ink(made.ground, made.line.quad, made.line.height) is None


def test_a_fitted_ground_ignores_what_stands_on_it(poster) -> None:
    made = poster(ground="graded")
    known = ~dilate(made.ink, 2)
    known[100:104, 100:140] = True  # a few strokes taken for ground
    fitted = fit_ground(made.rgb.astype(np.float32), known)
    assert np.abs(fitted - made.ground).mean() < 1.0


def test_growing_and_shrinking() -> None:
    mask = np.zeros((30, 30), bool)
    mask[10:20, 10:20] = True
    assert dilate(mask, 3).sum() > mask.sum() > dilate(mask, -3).sum()
    assert not dilate(np.ones((9, 9), bool), -2)[0].any()
    assert dilate(mask, 0.2) is mask


def test_polygon() -> None:
    inside = polygon((40, 60), ((10, 10), (50, 10), (50, 30), (10, 30)))
    assert inside[20, 30]
    assert not inside[5, 30]
    assert inside.sum() == pytest.approx(41 * 21)
