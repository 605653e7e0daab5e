"""Filling the place where ink was.

A plain or graded ground is continued as the surface that it is. Elsewhere the Laplace membrane is
stretched over the hole (it beats Telea and Navier-Stokes on photos), solved coarse to fine, and the grain
of the surroundings is laid over it so that the patch does not look waxen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from localizer.text.regions import dilate
from localizer.text.surface import membrane

if TYPE_CHECKING:
    import numpy.typing as npt


def fill(
    rgb: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    *,
    ground: npt.NDArray[np.float32] | None = None,
    known: npt.NDArray[np.bool_] | None = None,
) -> npt.NDArray[np.uint8]:
    """The image with the hole filled; every pixel outside it is unchanged.

    Args:
        rgb: H x W x 3 uint8.
        ground: H x W x 3, the fitted ground, if it is plain or graded.
        known: H x W bool, pixels that may be looked at (ink of other lines left out); default: all others.
    """
    usable = ~hole if known is None else known & ~hole
    if not hole.any():
        return rgb.copy()
    pixels = rgb.astype(np.float32)
    if ground is None:
        filled = membrane(pixels, ~usable)
        filled = filled + _grain(pixels, hole, usable)
    else:
        # What the rim differs from the fitted ground by is carried inwards, so that no seam shows.
        correction = membrane(np.where(usable[:, :, None], pixels - ground, 0).astype(np.float32), ~usable)
        filled = ground + correction
    out = rgb.copy()
    out[hole] = np.clip(np.round(filled[hole]), 0, 255).astype(np.uint8)
    return out


def _grain(
    pixels: npt.NDArray[np.float32], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Fine detail as strong as around the hole, in luminance; the same every time."""
    import cv2

    ring = dilate(hole, 12) & usable
    if ring.sum() < 50:
        return np.zeros_like(pixels)
    detail = pixels - cv2.GaussianBlur(pixels, (0, 0), 1.5)
    strength = 1.4826 * float(np.median(np.abs(detail[ring].mean(1))))
    noise = np.random.default_rng(hole.sum()).normal(0, 1, hole.shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7) * 2.0 * strength, np.float32)[:, :, None]
