"""Surfaces through known pixels: a smooth one for plain and graded grounds, a membrane for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_KERNEL = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4


def fit_ground(
    values: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], *, degree: int = 2
) -> npt.NDArray[np.float32]:
    """A smooth surface through the known pixels, by robust least squares, evaluated everywhere.

    Args:
        values: H x W x C.
        known: H x W bool.
    """
    h, w = known.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    u, v = xx / max(1, w) - 0.5, yy / max(1, h) - 0.5
    terms = [np.ones_like(u), u, v]
    if degree >= 2:
        terms += [u * u, u * v, v * v]
    basis = np.stack(terms, -1)
    a, b = basis[known], values[known]
    step = max(1, len(a) // 8000)
    a, b = a[::step].astype(np.float64), b[::step].astype(np.float64)
    ridge = 1e-6 * len(a) * np.eye(a.shape[1])
    weight = np.ones((len(a), 1))
    coefficients = np.zeros((a.shape[1], b.shape[1]))
    for _ in range(4):
        weighted = a * weight**2
        coefficients = np.linalg.solve(weighted.T @ a + ridge, weighted.T @ b)
        residual = np.linalg.norm(b - a @ coefficients, axis=1)
        scale = 1.5 * float(np.median(residual)) + 0.5
        weight = np.minimum(1.0, scale / np.maximum(residual, 1e-3))[:, None]
    return np.asarray(basis @ coefficients.astype(np.float32), np.float32)


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
