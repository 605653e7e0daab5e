"""Regions of an image as masks: drawing a quad, growing and shrinking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box
from localizer.text.reading import Quad

if TYPE_CHECKING:
    import numpy.typing as npt

_WIDE = 12  # pixels from where a distance transform is quicker than a disc


def polygon(shape: tuple[int, int], quad: Quad, *, grow: float = 0.0) -> npt.NDArray[np.bool_]:
    """H x W bool, True inside a quad, grown by some pixels."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(quad)).astype(np.int32)], 1)
    return dilate(mask > 0, grow)


def dilate(mask: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Grow a mask by a radius in pixels (a disc); a negative radius shrinks it."""
    import cv2

    r = round(abs(radius))
    if r == 0:
        return mask
    if radius > 0 and r >= _WIDE:
        return distance_to(mask) <= r
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    operation = cv2.MORPH_DILATE if radius > 0 else cv2.MORPH_ERODE
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), operation, disc, borderValue=0)) > 0


def distance_to(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance of every pixel to the nearest one in the mask, pixels; huge where the mask is empty."""
    import cv2

    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def bounds(mask: npt.NDArray[np.bool_]) -> Box:
    """The smallest box around a mask that is not empty."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def small_islands(mask: npt.NDArray[np.bool_], most: float) -> npt.NDArray[np.bool_]:
    """What is enclosed by a mask and no larger than some pixels."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = stats[:count, cv2.CC_STAT_AREA] <= most
    small[0] = False
    return np.asarray(small[labels])


def depth_in(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance of every pixel in the mask to the nearest one outside, pixels."""
    import cv2

    return np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3), np.float32)


def heart(strokes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The middle of the strokes, away from their anti-aliased edges."""
    depth = depth_in(strokes)
    return np.asarray(depth >= 0.6 * float(np.percentile(depth[strokes], 95)))
