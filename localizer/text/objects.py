"""Taking an object (watermark, logo, sticker) out of a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box
from localizer.text.erase import fill
from localizer.text.surface import fit_ground

if TYPE_CHECKING:
    import numpy.typing as npt

_MISFIT = 6.0  # difference (0 to 255) from the fitted ground ...
_MISFIT_SHARE = 0.02  # ... that this share of any side of the rim may have on a plain ground
_GRAIN = 2.5  # standard deviation of a rim beside which a smooth patch would show
_LEAST = 30  # pixels of a side from which it tells anything


@dataclass(frozen=True, slots=True)
class TakenOff:
    """An image without the object.

    Attributes:
        rgb: H x W x 3 uint8; unchanged outside the box.
        box: as filled, clipped to the image.
        clean: the box stood on one calm, plain or graded ground on all sides and is that ground now, so
            that nothing of the object or of the patch can be seen.
    """

    rgb: npt.NDArray[np.uint8]
    box: Box
    clean: bool


def take_off(rgb: npt.NDArray[np.uint8], box: Box) -> TakenOff:
    """Fill a box from its surroundings: the ground that goes on around it, else what stands there.

    Args:
        rgb: H x W x 3 uint8.
        box: of the object, in pixels; may reach over the image's edge, not lie outside.
    """
    h, w = rgb.shape[:2]
    x0, y0, x1, y1 = max(0, box[0]), max(0, box[1]), min(w, box[2]), min(h, box[3])
    m = max(24, round(0.3 * min(x1 - x0, y1 - y0)))
    a, b, c, d = max(0, x0 - m), max(0, y0 - m), min(w, x1 + m), min(h, y1 + m)
    crop = rgb[b:d, a:c]
    hole = np.zeros(crop.shape[:2], np.bool_)
    hole[y0 - b : y1 - b, x0 - a : x1 - a] = True
    ground, plain = None, False
    if not hole.all():
        pixels = crop.astype(np.float32)
        ground = fit_ground(pixels, ~hole)
        plain = _is_calm(np.abs(pixels - ground).max(2), (x0 - a, y0 - b, x1 - a, y1 - b))
    filled = fill(crop, hole, ground=ground if plain else None)
    out = rgb.copy()
    out[b:d, a:c] = filled.rgb
    return TakenOff(out, (x0, y0, x1, y1), plain and filled.surface)


def _is_calm(misfit: npt.NDArray[np.float32], inner: Box) -> bool:
    """Whether what lies beside a box on each side is the fitted ground and nothing else."""
    x0, y0, x1, y1 = inner
    sides = [s for s in (misfit[:y0], misfit[y1:], misfit[:, :x0], misfit[:, x1:]) if s.size >= _LEAST]
    return len(sides) >= 3 and all(
        float((side > _MISFIT).mean()) <= _MISFIT_SHARE and float(side.std()) < _GRAIN for side in sides
    )
