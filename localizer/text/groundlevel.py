"""The ground under and around type: its level where no ink and no shadow reaches, and how far they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from localizer.text.regions import distance_to
from localizer.text.surface import fit_ground, membrane

if TYPE_CHECKING:
    import numpy.typing as npt

_UNSEEN = 2.0  # ΔE of a smooth change that the eye passes over
_SAME_GROUND = 18.0  # ΔE from a fitted ground beyond which a pixel is something else


def level_around(
    lab: npt.NDArray[np.float32],
    level: npt.NDArray[np.float32],
    touched: npt.NDArray[np.bool_],
    usable: npt.NDArray[np.bool_],
    height: float,
) -> npt.NDArray[np.float32]:
    """A plain ground once more, through what lies so far from the ink that no shadow reaches it."""
    away = distance_to(touched)
    clear = (away > 0.3 * height) & (away < 0.8 * height) & usable
    clear &= np.linalg.norm(lab - level, axis=2) < _SAME_GROUND
    return fit_ground(lab, clear) if clear.sum() > 0.3 * touched.sum() else level


def level_beside(
    lab: npt.NDArray[np.float32], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_], height: float
) -> npt.NDArray[np.float32]:
    """The ground of a photo under its ink: a membrane, at a size where the ink is thin."""
    import cv2

    s = min(1.0, 40.0 / height)
    h, w = hole.shape
    size = (max(4, round(w * s)), max(4, round(h * s)))
    shut = (hole | ~usable).astype(np.float32)
    small = cv2.resize(lab, size, interpolation=cv2.INTER_AREA) if s < 1 else lab
    covered = np.asarray(cv2.resize(shut, size, interpolation=cv2.INTER_AREA) if s < 1 else shut) > 0.02
    if covered.all():
        return np.broadcast_to(np.median(lab, axis=(0, 1)), lab.shape).astype(np.float32)
    level = membrane(np.asarray(small, np.float32), covered)
    return np.asarray(cv2.resize(level, (w, h), interpolation=cv2.INTER_LINEAR), np.float32)


def fading(
    lab: npt.NDArray[np.float32],
    level: npt.NDArray[np.float32],
    touched: npt.NDArray[np.bool_],
    usable: npt.NDArray[np.bool_],
    height: float,
) -> float:
    """How far from the ink a plain ground is still unlike itself, pixels: soft shadows, JPEG's echoes."""
    away, off = distance_to(touched), np.linalg.norm(lab - level, axis=2)
    step, rings = max(1.0, 0.03 * height), 5
    spread = [off[(away > i * step) & (away <= (i + 1) * step) & usable] for i in (*range(rings), 2 * rings)]
    if min(len(s) for s in spread) < 30:
        return 0.0
    *near, far = (float(np.median(s)) for s in spread)
    reach = next((i for i, value in enumerate(near) if value < max(1.25 * far + 0.4, _UNSEEN)), None)
    if reach is None:  # what does not fade at all is the ground's own
        reach = rings if near[0] > 2 * far + 1.0 and near[-1] < 0.7 * near[0] else 0
    return 2 + reach * step if reach else 0.0
