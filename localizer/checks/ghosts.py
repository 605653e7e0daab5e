"""A ghost: old type that shows through faintly in what a model made up.

Told from the shape alone. Old type that is gone leaves a ground which is no more like its strokes in their
place than a little beside it; a ghost is like them in their very place only, however lively the ground.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.model import Box

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float32]

LEAST = 0.04
"""Share of the old type's contrast below which hardly anybody sees a ghost: 10 levels of white on black."""
_CLEAR = 6.0  # times the spread of what is found beside it
_TALL = 48.0  # pixels; taller type is judged at this height
_STROKES = 0.5  # share of the contrast by which pixels of the old strokes changed
_ENOUGH = 0.04  # share of the strokes that must be open to view


def ghost_of(
    was: UInt8Array, now: UInt8Array, box: Box, *, tall: float, covered: BoolArray | None = None
) -> float:
    """How much of the old type's contrast still shows, as a share; 0 if nothing clearly does.

    Args:
        was: H x W x 3 uint8, the source.
        now: H x W x 3 uint8, what the model made of it.
        box: where the old type stood.
        tall: height of its letters, pixels.
        covered: H x W bool, where new type stands.
    """
    import cv2

    m = round(2.5 * tall)
    height, width = was.shape[:2]
    x0, y0, x1, y1 = (
        max(0, box[0] - m),
        max(0, box[1] - m // 2),
        min(width, box[2] + m),
        min(height, box[3] + m // 2),
    )
    if x1 - x0 < 8 or y1 - y0 < 8:
        return 0.0
    scale = min(1.0, _TALL / max(1.0, tall))
    size = max(8, round((x1 - x0) * scale)), max(8, round((y1 - y0) * scale))

    def small(image: npt.NDArray[np.generic]) -> Floats:
        part = np.ascontiguousarray(image[y0:y1, x0:x1]).astype(np.float32)
        part = part.mean(2) if part.ndim == 3 else part
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)

    before, after, tall = small(was), small(now), tall * scale
    hidden = np.zeros(before.shape, np.bool_) if covered is None else small(covered) > 0.02
    rim = 2 * max(1, round(0.05 * tall)) + 1
    hidden = cv2.dilate(hidden.astype(np.uint8), np.ones((rim, rim), np.uint8)) > 0
    inside = np.zeros(before.shape, np.bool_)
    a, b, c, d = (round((v - o) * scale) for v, o in zip(box, (x0, y0, x0, y0), strict=True))
    inside[max(0, b) : d, max(0, a) : c] = True
    if not inside.any():
        return 0.0
    apart = np.where(inside & ~hidden, before - after, 0)
    sign = 1.0 if np.percentile(apart, 98) >= -np.percentile(apart, 2) else -1.0
    contrast = float(np.percentile(sign * apart[inside], 95))
    if contrast < 24:  # nothing was taken off that could be told
        return 0.0
    strokes = cv2.GaussianBlur((sign * apart > _STROKES * contrast).astype(np.float32), (0, 0), 0.7)
    open_ = (~hidden).astype(np.float32)
    coarse = max(2.0, 0.35 * tall)
    weight = np.maximum(cv2.GaussianBlur(open_, (0, 0), coarse), 1e-3)

    def detail(image: Floats) -> Floats:
        smooth = cv2.GaussianBlur(image * open_, (0, 0), coarse) / weight
        return np.asarray((image - smooth) * open_, np.float32)

    seen = np.clip(detail(sign * after), -0.5 * contrast, 0.5 * contrast)

    def share(dx: int, dy: int) -> float:
        shape = detail(np.roll(strokes, (dy, dx), (0, 1)))
        return float((shape * seen).sum()) / (float((shape**2).sum()) * contrast + 1e-6)

    if strokes.sum() < max(24.0, _ENOUGH * inside.sum()):
        return 0.0
    here = max(share(dx, dy) for dx in range(-2, 3) for dy in (-1, 0, 1))
    steps = sorted({s * round(k * tall) for k in np.arange(0.5, 2.4, 0.15) for s in (-1, 1)})
    beside = np.array([share(dx, dy) for dx in steps for dy in (-round(0.2 * tall), 0, round(0.2 * tall))])
    spread = float(np.percentile(np.abs(beside - np.median(beside)), 68)) + 0.003
    # The contrast was that of what went, which a ghost is not part of.
    return here / (1 + here) if here > max(LEAST, _CLEAR * spread) else 0.0


def ghost_words(text: str, share: float) -> str:
    """What to tell a person of a ghost."""
    told = text.replace("\n", " ")
    return f"“{told}” still shows faintly ({share:.0%} of its contrast)"
