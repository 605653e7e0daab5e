"""Filling holes: outside nothing changes, inside the ground comes back."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.erase import fill
from localizer.text.glyphmask import find_ink
from localizer.text.locate import WHOLE, Found
from localizer.text.plate import erase_text
from localizer.text.reading import TextLine
from localizer.text.regions import dilate, small_islands
from localizer.text.surface import membrane


@pytest.mark.parametrize("effect", [{}, {"shadow": True}, {"outline": (20, 20, 30)}])
@pytest.mark.parametrize(("ground", "limit"), [("plain", 1.0), ("graded", 2.0), ("photo", 14.0)])
def test_the_ground_comes_back(poster, ground, limit, effect) -> None:
    made = poster(ground=ground, **effect)
    ink = find_ink(made.rgb, made.line.quad, made.line.height)
    assert ink is not None
    plate = fill(made.rgb, ink.erase, ground=ink.ground).rgb
    assert np.array_equal(plate[~ink.erase], made.rgb[~ink.erase])
    error = np.abs(plate.astype(int) - made.ground)[ink.erase].mean()
    before = np.abs(made.rgb.astype(int) - made.ground)[ink.erase].mean()
    assert error < limit
    assert error < 0.3 * before


@pytest.mark.parametrize("with_ground", [True, False])
def test_pixels_outside_the_hole_are_untouched(with_ground: bool) -> None:
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (80, 120, 3), dtype=np.uint8)
    before = rgb.copy()
    hole = rng.random((80, 120)) < 0.3
    ground = np.full(rgb.shape, 100, np.float32) if with_ground else None
    out = fill(rgb, hole, ground=ground).rgb
    assert np.array_equal(out[~hole], before[~hole])
    assert np.array_equal(rgb, before)


def test_no_hole_no_change() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert np.array_equal(fill(rgb, np.zeros((20, 30), bool)).rgb, rgb)


def test_ink_of_other_lines_does_not_bleed_in() -> None:
    rgb = np.full((60, 200, 3), 90, np.uint8)
    rgb[20:40, 60:100] = 255  # to be erased
    rgb[20:40, 102:140] = (255, 0, 0)  # stays, right beside it
    hole = np.zeros((60, 200), bool)
    hole[18:42, 58:101] = True
    known = np.ones((60, 200), bool)
    known[16:44, 101:144] = False
    out = fill(rgb, hole, known=known).rgb
    assert np.abs(out[hole].astype(int) - 90).max() <= 3
    assert (out[20:40, 102:140] == (255, 0, 0)).all()


def test_a_membrane_continues_a_slope() -> None:
    x = np.broadcast_to(np.arange(100, dtype=np.float32)[None, :, None], (60, 100, 3))
    hole = np.zeros((60, 100), bool)
    hole[20:40, 30:70] = True
    assert np.abs(membrane(x, hole) - x)[hole].max() < 3.0


def test_a_membrane_without_a_rim_is_the_mean() -> None:
    values = np.full((20, 20, 3), 7, np.float32)
    assert np.allclose(membrane(values, np.ones((20, 20), bool)), 7)


def test_the_fill_is_the_same_every_time(poster) -> None:
    made = poster(ground="photo")
    hole = dilate(made.ink, 2)
    assert np.array_equal(fill(made.rgb, hole).rgb, fill(made.rgb, hole).rgb)


def test_an_erased_plate_is_clean_and_the_old_style_known(poster, ground) -> None:
    made = poster(ground=ground, shadow=True)
    plate, mask = made.rgb.copy(), np.zeros(made.rgb.shape[:2], bool)
    erased = erase_text(
        made.rgb, plate, mask, Found((made.line,), 1.0, False, ((0, 0, WHOLE),)), locale="en", others=[]
    )
    assert erased.remains == ""
    assert erased.plain is (ground != "photo")
    assert np.array_equal(plate[~mask], made.rgb[~mask])
    assert len(erased.styles) == 1
    assert erased.styles[0].size == pytest.approx(60, rel=0.06)
    x0, y0, x1, y1 = erased.box
    assert not mask[:y0].any()
    assert mask[y0:y1, x0:x1].sum() == mask.sum()
    visible = np.abs(plate.astype(int) - made.ground).max(2) > 60
    assert visible.sum() < 0.02 * made.strokes.sum()


def test_a_neighbour_stays_when_a_line_is_erased(poster) -> None:
    first = poster("SALE", at=(60, 120))
    both = poster("50%", ground=first.rgb, at=(260, 120), colour=(250, 220, 60))
    plate, mask = both.rgb.copy(), np.zeros(both.rgb.shape[:2], bool)
    erase_text(
        both.rgb,
        plate,
        mask,
        Found((first.line,), 1.0, False, ((0, 0, WHOLE),)),
        locale="en",
        others=[both.line],
    )
    assert not (mask & both.strokes).any()
    assert np.array_equal(plate[both.strokes], both.rgb[both.strokes])


def test_a_pattern_is_continued_through_a_hole() -> None:
    """A membrane would leave grey; pieces of the pattern leave the pattern."""
    y, x = np.mgrid[0:120, 0:200]
    pattern = np.where(((x // 6) + (y // 6)) % 2, 210, 60).astype(np.uint8)[:, :, None].repeat(3, 2)
    hole = np.zeros((120, 200), bool)
    hole[50:64, 60:140] = True
    broken = pattern.copy()
    broken[hole] = 255
    filled = fill(broken, hole)
    assert not filled.surface
    assert np.abs(filled.rgb.astype(int) - pattern)[hole].mean() < 25


def test_a_plain_ground_with_a_picture_beside_it_is_not_only_a_surface(poster) -> None:
    base = np.full((240, 620, 3), 250, np.uint8)
    base[:, 300:] = poster(ground="photo").ground[:, 300:]
    made = poster(ground=base, colour=(30, 30, 30))
    plate, mask = made.rgb.copy(), np.zeros((240, 620), bool)
    found = Found((made.line,), 1.0, False, (0,))
    erased = erase_text(made.rgb, plate, mask, found, locale="en", others=[])
    assert erased.patched is not None
    assert erased.patched[:, 300:].any()


def test_strokes_that_go_on_beyond_the_hole_are_noticed(poster) -> None:
    made = poster("SALE SALE")
    x0, y0, x1, y1 = (round(v) for v in (*made.line.quad[0], *made.line.quad[2]))
    half = TextLine("SAL", ((x0, y0), ((x0 + x1) / 2 - 52, y0), ((x0 + x1) / 2 - 52, y1), (x0, y1)), 0.9)
    for line, severed in ((half, True), (made.line, False)):
        plate, mask = made.rgb.copy(), np.zeros(made.rgb.shape[:2], bool)
        found = Found((line,), 1.0, False, (0,))
        assert erase_text(made.rgb, plate, mask, found, locale="en", others=[]).severed is severed


def test_islands_are_what_a_mask_encloses_and_no_more() -> None:
    mask = np.zeros((40, 60), np.bool_)
    mask[5:35, 5:55] = True
    mask[10:12, 10:12] = False  # a rest of a stroke
    mask[15:30, 20:40] = False  # the bowl of a letter
    found = small_islands(mask, 8)
    assert found[10:12, 10:12].all()
    assert found.sum() == 4


def test_a_stroke_that_only_this_face_has_goes_too(poster) -> None:
    """Beside the foot of an A, where the face that it is compared with has none."""
    made = poster("NEW ARRIVAL", ground="photo")
    columns = np.flatnonzero(made.strokes.any(0))
    gaps = columns[1:][np.diff(columns) > 12]  # the word space
    x, y = int(gaps[0]) - 12, 132
    rgb = made.rgb.copy()
    rgb[y : y + 7, x : x + 10] = 255
    plate, mask = rgb.copy(), np.zeros(rgb.shape[:2], bool)
    erase_text(rgb, plate, mask, Found((made.line,), 1.0, False, ((0, 0, WHOLE),)), locale="en", others=[])
    assert not (plate[y : y + 7, x : x + 10] > 200).all(2).any()


def test_a_thing_of_the_ink_s_colour_that_runs_on_stays(poster) -> None:
    made = poster("NEW ARRIVAL", ground="photo")
    columns = np.flatnonzero(made.strokes.any(0))
    x = int(columns[1:][np.diff(columns) > 12][0]) - 11
    rgb = made.rgb.copy()
    rgb[: made.line.box[3], x : x + 7] = 255  # a post in the word space
    plate, mask = rgb.copy(), np.zeros(rgb.shape[:2], bool)
    erase_text(rgb, plate, mask, Found((made.line,), 1.0, False, ((0, 0, WHOLE),)), locale="en", others=[])
    assert (plate[: made.line.box[1] - 8, x : x + 7] == 255).all()
