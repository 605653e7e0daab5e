"""Objects are taken out of a box; only beside a calm ground does that prove itself."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.objects import take_off

BOX = (120, 80, 220, 150)


def with_mark(ground: np.ndarray) -> np.ndarray:
    out = ground.copy()
    out[95:135, 140:200] = (200, 30, 30)
    return out


def graded() -> np.ndarray:
    y, x = np.mgrid[0:240, 0:360].astype(np.float32)
    return np.round(np.stack([60 + x / 4, 80 + y / 3, 160 - x / 5], 2)).astype(np.uint8)


@pytest.mark.parametrize("ground", [np.full((240, 360, 3), (230, 235, 240), np.uint8), graded()])
def test_a_mark_on_a_calm_ground_is_gone_for_sure(ground) -> None:
    taken = take_off(with_mark(ground), BOX)
    assert taken.clean
    assert taken.box == BOX
    assert np.abs(taken.rgb.astype(int) - ground).max() <= 2


def test_what_runs_out_of_the_box_is_not_proven_gone() -> None:
    image = np.full((240, 360, 3), 230, np.uint8)
    image[100:110, 40:200] = (200, 30, 30)
    assert not take_off(image, BOX).clean


def test_a_lively_ground_proves_nothing_and_stays_outside_the_box() -> None:
    rng = np.random.default_rng(1)
    ground = np.kron(rng.integers(40, 220, (24, 36, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    image = with_mark(ground)
    taken = take_off(image, BOX)
    assert not taken.clean
    changed = (taken.rgb != image).any(2)
    changed[80:150, 120:220] = False
    assert not changed.any()
    red = (np.abs(taken.rgb[80:150, 120:220].astype(int) - (200, 30, 30)).max(2) < 12).mean()
    assert red < 0.02


def test_a_box_over_the_whole_image_is_not_proven() -> None:
    image = with_mark(np.full((240, 360, 3), 230, np.uint8))
    assert not take_off(image, (-5, -5, 400, 300)).clean
