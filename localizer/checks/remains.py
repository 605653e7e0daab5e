"""What is left of erased type that no reader makes out: a letter, a shade of the strokes, a stain.

Told from the source and the plate alone, by the colour that the type was measured to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.checks.legible import is_source_colour
from localizer.engines.base import Placement
from localizer.images.fidelity import differing
from localizer.model import Box

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.text.reading import TextLine

    UInt8Array = npt.NDArray[np.uint8]

SHADE = 0.25
"""Share of the old type's contrast that may show on the plate; the detail of a photo alone makes a fifth."""
STAIN = 32.0
"""8-bit levels that a filled place may be off a plain ground; pale ornaments are up to 25 off theirs."""
READING_SIZE = 48.0
"""Pixels; taller type is judged at this size, whatever the image's."""
_PLAIN = 8.0  # levels that a plain ground may be off a plane,
_SHADES = 12  # levels within which two colours are one
_BUSY = 0.35  # but for this share of it: other type, a rule, what is beside the panel
_ALIKE = 32  # difference in a channel up to which two pixels have one colour


def knows_type(source_rgb: UInt8Array, placement: Placement) -> bool:
    """Whether place and colour of the source type are known."""
    box, colour = placement.source_box, placement.colour
    if box is None or colour is None or "colour" in placement.edit.attribute:
        return False
    return is_source_colour(source_rgb, box, colour)


def shade_of(source_rgb: UInt8Array, plate: UInt8Array, placement: Placement) -> float:
    """How much of the old type's contrast shows on the plate, as a share; 0 where nothing of it is left.

    The slope of a regression: light of the plate on the softened shape of the strokes that were erased, both
    without what is coarser than a stroke, in units of the contrast that the type had.
    """
    import cv2

    box, colour = placement.source_box, placement.colour
    assert box is not None  # noqa: S101 - see `knows_type`
    assert colour is not None  # noqa: S101
    tall = letter_height(placement)
    window = np.s_[max(0, box[1]) : max(0, box[3]), max(0, box[0]) : max(0, box[2])]
    was, now = _at_reading_size(source_rgb[window], tall), _at_reading_size(plate[window], tall)
    tall = min(tall, READING_SIZE)
    near = np.abs(was.astype(np.int16) - np.array(colour, np.int16)).max(2) < _ALIKE
    changed = differing(was, now).astype(np.uint8)
    strokes = (near & (changed > 0)).astype(np.float32)
    if strokes.sum() < 24:
        return 0.0
    light, before = (image.astype(np.float32).mean(2) for image in (now, was))
    ground = float(np.median(before[strokes == 0]))
    contrast = float(np.mean(colour)) - ground
    if abs(contrast) < 24:  # type that differs in hue only
        return 0.0
    fine, coarse = max(1.0, 0.08 * tall), max(2.0, 0.35 * tall)
    reach = (
        2 * max(2, round(0.15 * tall)) + 1
    )  # what is farther off, or was not filled, is no shade of the type
    here = cv2.dilate(strokes, np.ones((reach, reach), np.uint8)) * cv2.dilate(
        changed, np.ones((3, 3), np.uint8)
    )

    def detail(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        soft, wide = (
            cv2.GaussianBlur(image * here, (0, 0), s) / np.maximum(cv2.GaussianBlur(here, (0, 0), s), 1e-3)
            for s in (fine, coarse)
        )
        return np.asarray((soft - wide) * here, np.float32)

    shape, seen = detail(strokes), detail(light)
    spread = float((shape**2).sum())
    return float((shape * seen).sum()) / (spread * contrast) if spread > 0 else 0.0


def _at_reading_size(crop: UInt8Array, tall: float) -> UInt8Array:
    """A crop scaled down so that type of a height is no taller than it needs to be to be judged."""
    import cv2

    scale = READING_SIZE / max(1.0, tall)
    if scale >= 1 or min(crop.shape[:2]) < 2:
        return crop
    size = max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale))
    return np.asarray(cv2.resize(np.ascontiguousarray(crop), size, interpolation=cv2.INTER_AREA), np.uint8)


def stain_of(plate: UInt8Array, source_rgb: UInt8Array, box: Box) -> float:
    """How far a filled place is from the plain or evenly graded ground around it, in 8-bit levels.

    0 where the ground is neither: a fill among leaves or bricks may differ from any one of them.
    """
    import cv2
    from scipy.ndimage import maximum_filter

    m = max(6, round(0.3 * (box[3] - box[1])))
    far = 2 * m + 6
    window = np.s_[max(0, box[1] - far) : max(0, box[3] + far), max(0, box[0] - far) : max(0, box[2] + far)]
    tall, seen_rows = box[3] - box[1], plate[window].shape[0]
    was, seen = (_at_reading_size(image[window], tall) for image in (source_rgb, plate))
    m = max(3, round(m * min(1.0, READING_SIZE / max(1, tall))))
    now = cv2.GaussianBlur(seen, (0, 0), 1.5).astype(np.float32)
    filled = differing(was, seen).astype(np.uint8)
    ring = (cv2.dilate(filled, np.ones((2 * m + 1, 2 * m + 1), np.uint8)) > 0) & (
        cv2.dilate(filled, np.ones((5, 5), np.uint8)) == 0
    )
    if not filled.any() or ring.sum() < 60:
        return 0.0
    ys, xs = np.mgrid[: now.shape[0], : now.shape[1]].astype(np.float32)
    plane = np.stack([np.ones_like(xs), xs, ys], axis=-1)
    step = max(1, int(ring.sum()) // 4000)
    where, colours = plane[ring][::step], now[ring][::step]
    kept = np.ones(len(where), np.bool_)
    for _ in range(3):  # other type may stand in the ring
        slope, *_rest = np.linalg.lstsq(where[kept], colours[kept], rcond=None)
        off = np.abs(colours - where @ slope).max(1)
        kept = off <= max(4.0, float(np.percentile(off, 80)))
    if (off > _PLAIN).mean() > _BUSY:
        return 0.0
    beside = np.zeros((22, 22, 22), np.uint8)  # colours of the ring's other things: a photo beside the panel
    beside[tuple((colours[off > _PLAIN] // _SHADES).astype(int).T)] = 1
    beside = np.asarray(maximum_filter(beside, 3), np.uint8)
    off = np.abs(now - plane @ slope).max(2)
    off[beside[tuple(np.moveaxis((now // _SHADES).astype(int), 2, 0))] > 0] = 0
    scale = now.shape[0] / max(1, seen_rows)
    mine = np.zeros(filled.shape, np.bool_)  # another text's place beside it may have another ground
    top, left = (round((b - max(0, b - far)) * scale) for b in (box[1], box[0]))
    mine[top : top + round(tall * scale) + 1, left : left + round((box[2] - box[0]) * scale) + 1] = True
    mine &= filled > 0
    return float(np.percentile(off[mine], 95)) if mine.any() else 0.0


def letter_left(
    source_rgb: UInt8Array, plate: UInt8Array, placement: Placement, staying: Sequence[TextLine]
) -> bool:
    """Whether a shape as tall as a letter, of the old type's colour and in its place, was not erased."""
    import cv2

    box, colour = placement.source_box, placement.colour
    assert box is not None  # noqa: S101 - see `knows_type`
    assert colour is not None  # noqa: S101
    tall = letter_height(placement)
    m = max(4, round(0.3 * tall))
    height, width = source_rgb.shape[:2]
    x0, y0, x1, y1 = max(0, box[0] - m), max(0, box[1] - m), min(width, box[2] + m), min(height, box[3] + m)
    was, now = source_rgb[y0:y1, x0:x1].astype(np.int16), plate[y0:y1, x0:x1].astype(np.int16)
    alike = np.abs(was - np.array(colour, np.int16)).max(2) < _ALIKE
    kept = alike & (np.abs(was - now).max(2) < _ALIKE)
    for line in staying:
        a, b, c, d = line.box
        kept[max(0, b - y0) : max(0, d - y0), max(0, a - x0) : max(0, c - x0)] = False
    _, _labels, found, middles = cv2.connectedComponentsWithStats(kept.astype(np.uint8), connectivity=8)
    for (x, y, w, h, area), (u, v) in zip(found[1:], middles[1:], strict=True):
        inside = x > 0 and y > 0 and x + w < x1 - x0 and y + h < y1 - y0
        mine = box[0] - x0 <= u <= box[2] - x0 and box[1] - y0 <= v <= box[3] - y0
        # A letter fills a tenth to three quarters of its box; a rule or a panel does not look like that.
        if inside and mine and 0.4 * tall <= h <= 1.5 * tall and 0.1 <= area / (w * h) <= 0.75:
            return True
    return False


def letter_height(placement: Placement) -> float:
    """Height of the source type, in pixels: its box over its lines, less what lies between them."""
    assert placement.source_box is not None  # noqa: S101 - asked by the caller
    count = len([part for part in placement.edit.text.split("\n") if part.strip()]) or 1
    deep = placement.source_box[3] - placement.source_box[1]
    return 0.8 * deep / (count + 0.3 * (count - 1))
