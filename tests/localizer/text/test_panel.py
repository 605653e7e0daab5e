"""Panels grow exactly: ends keep their shape, the middle is repeated, nothing else changes."""

from __future__ import annotations

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.text.panel import find_panel, grow_alpha, grow_panel

H, W = 200, 700
GREEN = (16, 185, 129)
INK = (150, 85, 330, 115)


def ground(graded: bool = False) -> np.ndarray:
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    lift = (12 * x / W + 10 * y / H)[:, :, None] if graded else 0
    return np.round(np.array((38, 36, 96), np.float32) + np.zeros((H, W, 3)) + lift).astype(np.uint8)


def pill(
    back: np.ndarray, x0: float, x1: float, y0: float = 70, y1: float = 130, radius: float = 30
) -> np.ndarray:
    """A rounded panel with soft edges."""
    y0, y1 = 70, 130
    big = np.zeros((8 * H, 8 * W), np.uint8)
    a, b, c, d, r = (round(8 * v) for v in (x0, y0, x1, y1, radius))
    cv2.rectangle(big, (a + r, b), (c - r - 1, d - 1), 255, -1)
    cv2.rectangle(big, (a, b + r), (c - 1, d - r - 1), 255, -1)
    for cx in (a + r, c - r - 1):
        for cy in (b + r, d - r - 1):
            cv2.circle(big, (cx, cy), r, 255, -1)
    cover = cv2.resize(big, (W, H), interpolation=cv2.INTER_AREA)[:, :, None] / 255
    return np.round(cover * np.array(GREEN) + (1 - cover) * back).astype(np.uint8)


@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("radius", [2, 12, 30])
@pytest.mark.parametrize(("left", "right"), [(0, 7), (0, 180), (60, 60), (45, 0)])
def test_grown_it_is_as_if_drawn_wider(graded: bool, radius: float, left: int, right: int) -> None:
    back = ground(graded)
    plate = pill(back, 120, 360, radius=radius)
    panel = find_panel(plate, INK, 30.0)
    assert panel is not None
    grown, mask, box = grow_panel(plate, panel, left, right)
    wanted = pill(back, 120 - left, 360 + right, radius=radius)
    assert np.abs(grown.astype(int) - wanted).max() <= 12  # a shade in the soft edge
    assert np.abs(grown.astype(int) - wanted).mean() < 0.05
    assert (grown[~mask] == plate[~mask]).all()
    assert box[2] - box[0] == pytest.approx(240 + left + right, abs=2)


def test_what_is_no_plain_panel_is_left_alone() -> None:
    back = ground()
    plain = pill(back, 120, 360)
    assert find_panel(plain, INK, 30.0) is not None
    bordered = cv2.rectangle(plain.copy(), (122, 72), (357, 127), (255, 255, 255), 3)
    shaded = plain.copy()
    shaded[130:140, 120:360] = 10
    graded = plain.copy()
    graded[70:130, 120:360, 0] = np.linspace(16, 120, 240).astype(np.uint8)
    noise = np.random.default_rng(1).integers(0, 255, plain.shape, dtype=np.uint8)
    for other in (back, bordered, graded, noise):
        assert find_panel(other, INK, 30.0) is None
    cut = pill(back, -40, 360)  # it runs out of the picture
    assert find_panel(cut, INK, 30.0) is None


def alpha_of(x0: float, x1: float, radius: float = 30, rest: int = 0) -> np.ndarray:
    """Transparency of a pill that stands alone: opaque in it, `rest` around it."""
    black = np.zeros((H, W, 3), np.uint8)
    cover = pill(black, x0, x1, radius=radius)[:, :, 1] / GREEN[1]
    return np.round(255 * cover + rest * (1 - cover)).astype(np.uint8)


@pytest.mark.parametrize("rest", [0, 90])
@pytest.mark.parametrize(("left", "right"), [(0, 7), (0, 180), (60, 60), (45, 0)])
def test_the_alpha_plane_grows_with_the_panel(left: int, right: int, rest: int) -> None:
    plate, alpha = pill(ground(), 120, 360), alpha_of(120, 360, rest=rest)
    panel = find_panel(plate, INK, 30.0)
    assert panel is not None
    before = alpha.copy()
    grown = grow_alpha(alpha, panel, left, right)
    assert (alpha == before).all()
    assert (grown.shape, grown.dtype) == (alpha.shape, np.uint8)
    wanted = alpha_of(120 - left, 360 + right, rest=rest)
    assert np.abs(grown.astype(int) - wanted).max() <= 24  # a shade in the soft edge
    assert np.abs(grown.astype(int) - wanted).mean() < 0.1
    _, mask, _ = grow_panel(plate, panel, left, right)
    far = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    assert (grown[far] == alpha[far]).all()


def test_an_opaque_alpha_plane_stays_opaque() -> None:
    panel = find_panel(pill(ground(), 120, 360), INK, 30.0)
    assert panel is not None
    opaque = np.full((H, W), 255, np.uint8)
    assert (grow_alpha(opaque, panel, 40, 60) == 255).all()
