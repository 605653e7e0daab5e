"""Filling the place where ink was.

A plain or graded ground is continued as the surface that it is. Elsewhere the Laplace membrane is
stretched over the hole (it beats Telea and Navier-Stokes on photos), solved coarse to fine, and the grain
of the surroundings is laid over it so that the patch does not look waxen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_KERNEL = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def membrane(values: npt.NDArray[np.float32], hole: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Solve Laplace's equation in the hole with the rim as boundary; coarse grids give the start.

    Args:
        values: H x W x C.
        hole: H x W bool.
    """
    import cv2

    if not hole.any():
        return values.copy()
    h, w = hole.shape
    known = (~hole).astype(np.float32)
    if min(h, w) > 8 and known.any():
        size = ((w + 1) // 2, (h + 1) // 2)
        weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA))
        shrunk = cv2.resize(values * known[:, :, None], size, interpolation=cv2.INTER_AREA)
        coarse = np.asarray(shrunk / np.maximum(weight, 1e-6)[:, :, None], np.float32)
        start = membrane(coarse, np.asarray(weight < 1e-3))
        out = np.where(hole[:, :, None], cv2.resize(start, (w, h), interpolation=cv2.INTER_LINEAR), values)
    else:
        mean = values[~hole].mean(0) if known.any() else values.mean((0, 1))
        out = np.where(hole[:, :, None], mean, values)
    out = np.asarray(out, np.float32)
    for _ in range(24):
        smooth = cv2.filter2D(out, -1, _KERNEL, borderType=cv2.BORDER_REPLICATE)
        out[hole] = smooth[hole]
    return out


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

    from localizer.text.glyphmask import dilate

    ring = dilate(hole, 12) & usable
    if ring.sum() < 50:
        return np.zeros_like(pixels)
    detail = pixels - cv2.GaussianBlur(pixels, (0, 0), 1.5)
    strength = 1.4826 * float(np.median(np.abs(detail[ring].mean(1))))
    noise = np.random.default_rng(hole.sum()).normal(0, 1, hole.shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7) * 2.0 * strength, np.float32)[:, :, None]
