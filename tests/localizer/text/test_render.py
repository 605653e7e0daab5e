"""Drawing: what is covered is known, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, coverage, draw
from localizer.text.shaping import shape_line

NOISE = np.random.default_rng(1).integers(0, 256, (160, 300, 3), dtype=np.uint8)


def line_of(text: str = "Sale gj", locale: str = "en", weight: int = 700):
    return shape_line(text, stack(locale, weight=weight), locale)


@given(
    x=st.floats(-60, 320),
    y=st.floats(-20, 200),
    size=st.floats(6, 90),
    stretch=st.floats(0.6, 1.6),
    angle=st.floats(-180, 180),
)
@settings(max_examples=60, deadline=None)
def test_only_the_mask_changes_and_the_box_holds_it(x, y, size, stretch, angle) -> None:
    placed = PlacedLine(line_of(), x, y, size, stretch, angle)
    before = NOISE.copy()
    rgb, mask = draw(NOISE, [placed], (255, 0, 0))
    assert np.array_equal(NOISE, before)
    assert not (rgb != NOISE).any(axis=2)[~mask].any()
    ys, xs = np.nonzero(mask)
    if len(xs):
        x0, y0, x1, y1 = placed.box
        # Anti-aliasing reaches into the next pixel, no further.
        assert xs.min() >= x0 - 1
        assert ys.min() >= y0 - 1
        assert xs.max() < x1 + 1
        assert ys.max() < y1 + 1


@pytest.mark.parametrize("angle", [0.0, 8.0, -8.0, 37.0, 90.0])
def test_the_corners_are_tight_around_the_ink(angle: float) -> None:
    placed = PlacedLine(line_of(), 120, 170, 40, 1.0, angle)
    ys, xs = np.nonzero(coverage([placed], (200, 300)) > 0.5)
    corners = np.array(placed.corners())
    along, down = corners[1] - corners[0], corners[3] - corners[0]
    points = np.stack([xs + 0.5, ys + 0.5], 1) - corners[0]
    for side in (along, down):
        length = float(np.linalg.norm(side))
        reach = points @ (side / length)
        assert reach.min() > -1.0
        assert reach.max() < length + 1.0
        assert reach.max() - reach.min() > length - 3.0


def test_an_angle_turns_counter_clockwise() -> None:
    placed = PlacedLine(line_of("NEW ARRIVAL"), 30, 140, 30, 1.0, 20.0)
    (x0, y0), (x1, y1) = placed.corners()[:2]
    assert x1 > x0
    assert y1 < y0


def test_stretch_widens_and_keeps_the_height() -> None:
    plain, wide = (PlacedLine(line_of(), 10, 100, 40, s).box for s in (1.0, 1.5))
    assert wide[2] - wide[0] == pytest.approx(1.5 * (plain[2] - plain[0]), abs=2)
    assert (wide[1], wide[3]) == (plain[1], plain[3])


def test_ink_agrees_with_an_independent_renderer() -> None:
    """The same face drawn by FreeType through Pillow covers the same pixels."""
    face = stack("ja", weight=700)[0]
    font = ImageFont.truetype(face.path, 60)
    font.set_variation_by_axes([700])
    page = Image.new("L", (300, 120), 0)
    ImageDraw.Draw(page).text((20, 90), "新作登場", font=font, fill=255, anchor="ls")
    other = np.asarray(page) > 127
    ours = coverage([PlacedLine(line_of("新作登場", "ja"), 20, 90, 60)], (120, 300)) > 0.5
    assert (ours & other).sum() / (ours | other).sum() > 0.9


def test_colour_is_laid_on_as_asked() -> None:
    rgb, mask = draw(NOISE, [PlacedLine(line_of("■", "ja"), 40, 120, 90)], (12, 200, 99))
    ys, xs = np.nonzero(mask)
    middle = rgb[int(ys.mean()), int(xs.mean())]
    assert tuple(middle) == (12, 200, 99)


def test_nothing_to_draw_changes_nothing() -> None:
    for lines in ([], [PlacedLine(line_of(""), 10, 10, 20)], [PlacedLine(line_of(), 900, 900, 20)]):
        rgb, mask = draw(NOISE, lines, (0, 0, 0))
        assert np.array_equal(rgb, NOISE)
        assert not mask.any()


def test_type_over_the_frame_is_cut_there() -> None:
    rgb, mask = draw(NOISE, [PlacedLine(line_of("MMMMMMMM"), 200, 100, 60)], (0, 0, 0))
    assert rgb.shape == NOISE.shape
    assert mask[:, -1].any()
