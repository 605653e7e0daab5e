"""Old type that shows through: seen on any ground, and never where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from localizer.checks.ghosts import ghost_of

BOX = (60, 90, 480, 150)
GROUNDS = {"flat": None, "cat": data.chelsea, "coffee": data.coffee, "bricks": data.brick}


def ground(name: str) -> np.ndarray:
    if GROUNDS[name] is None:
        return np.full((240, 640, 3), (40, 60, 90), np.uint8)
    import cv2

    photo = GROUNDS[name]()
    photo = photo if photo.ndim == 3 else np.dstack([photo] * 3)
    return cv2.resize(photo, (640, 240)) // 2


def written(back: np.ndarray, text: str) -> np.ndarray:
    import cv2

    return np.asarray(cv2.putText(back.copy(), text, (62, 145), 2, 1.9, (250,) * 3, 5, cv2.LINE_AA), np.uint8)


def made(back: np.ndarray, old: np.ndarray, share: float) -> np.ndarray:
    """What a model made of it: grainy, soft, with a share of what was there."""
    import cv2

    noise = np.random.default_rng(1).normal(0, 1.5, back.shape)
    soft = cv2.GaussianBlur(back.astype(np.float32), (0, 0), 0.6) + noise
    return np.clip((1 - share) * soft + share * old, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", GROUNDS)
def test_where_nothing_is_left_nothing_is_seen(name: str) -> None:
    back = ground(name)
    old, new = written(back, "SUMMER SALE"), written(back, "VERANO")
    assert ghost_of(old, made(back, old, 0.0), BOX, tall=42) == 0
    covered = np.abs(new.astype(int) - back).max(2) > 60
    assert ghost_of(old, made(new, old, 0.0), BOX, tall=42, covered=covered) == 0


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("share", [0.18, 0.4])
def test_a_ghost_is_seen_beside_new_type_and_without(name: str, share: float) -> None:
    back = ground(name)
    old, new = written(back, "SUMMER SALE"), written(back, "VERANO")
    assert ghost_of(old, made(back, old, share), BOX, tall=42) == pytest.approx(share, rel=0.5)
    covered = np.abs(new.astype(int) - back).max(2) > 60
    assert ghost_of(old, made(new, old, share), BOX, tall=42, covered=covered) > 0


def test_dark_type_leaves_ghosts_too_and_no_type_none() -> None:
    back = 255 - ground("cat")
    old = 255 - written(255 - back, "SUMMER SALE")
    assert ghost_of(old, made(back, old, 0.2), BOX, tall=42) > 0.1
    assert ghost_of(back, made(back, back, 0.0), BOX, tall=42) == 0
    assert ghost_of(old, old, BOX, tall=42) == 0
    assert ghost_of(old, old[::-1].copy(), (-50, -50, -40, -40), tall=42) == 0
