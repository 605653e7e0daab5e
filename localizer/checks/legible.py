"""Check `legible`: type stands out from what is right beside its strokes, and is not tiny.

What a designer would refuse is type that is hard to read, not type on a photo. So contrast is measured at the
rim of the strokes, not over their box; the line as a whole must reach WCAG's ratio for large text, or nine
tenths of what the source type had in the same colour; and no stretch of it may sink into its ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Box, CheckResult, CheckStatus
from localizer.text.contrast import contrast

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float32]

NAME = "legible"
CONTRAST = 3.0
"""WCAG 2.2, success criterion 1.4.3, large text; of the line as a whole."""
STRETCH = 2.0
"""Of the worst stretch about as wide as high. White type over one flame of a fire reads; over a cloud not."""
LEAST = 1.5
"""What no source excuses: below, type is a pattern rather than a text."""
KEPT = 0.9  # share of the source's own contrast that must be kept where that was low
CAP_HEIGHT = 8.0  # pixels
_NEAR = 32  # difference in a channel up to which a pixel has the colour of the type
_RIM = 0.08  # width of the rim, as a share of the line's height
_FLAT = 0.5  # share of the drawn pixels, edges included, that flat type has in its own colour
_MOST_INK = 0.7  # share of a stretch that black type covers at most
_SEEN_MORE = 1.3  # a part of the source box that contrasts so much more than the type is the type itself

Colour = tuple[int, int, int]


class Contrast(NamedTuple):
    """WCAG ratios: of a line as a whole, and of its worst stretch about as wide as high."""

    line: float
    stretch: float


def check_legible(
    rgb: UInt8Array,
    source_rgb: UInt8Array,
    placements: Sequence[Placement],
    *,
    least_cap_height: float = CAP_HEIGHT,
    plate: UInt8Array | None = None,
) -> CheckResult:
    """Measure the contrast of every line that was set, and its size.

    Args:
        rgb: H x W x 3 uint8, the candidate.
        source_rgb: H x W x 3 uint8.
        least_cap_height: in pixels; asked for where type had to shrink.
        plate: H x W x 3 uint8, the candidate before type was set, if known: tells strokes from ground of
            the same colour.

    `value` is the lowest contrast of a line.
    """
    value, limit, details = 21.0, CONTRAST, []
    status = CheckStatus.PASSED
    for p in placements:
        if not p.lines or p.colour is None:
            continue
        words = " ".join(p.lines)
        got = _worst([line_contrast(rgb, box, p.colour, plate) for box in p.line_boxes])
        if p.outline is not None:
            around = contrast(p.colour, p.outline)
            got = Contrast(max(got.line, around), max(got.stretch, around))
        needed = _needed(source_rgb, p)
        if got.line < value:
            value, limit = got.line, needed.line
        if got.line < needed.line:
            status = CheckStatus.FAILED
            details.append(f"“{words}” has a contrast of {got.line:.1f}:1, needed is {needed.line:.1f}:1")
        elif got.stretch < needed.stretch:
            status = CheckStatus.FAILED
            details.append(
                f"a part of “{words}” has a contrast of {got.stretch:.1f}:1, needed is {needed.stretch:.1f}:1"
            )
        elif _is_other_colour(rgb, source_rgb, p, plate):
            status = CheckStatus.UNDECIDED if status is CheckStatus.PASSED else status
            details.append(f"“{words}” may have another colour than “{p.edit.text}” had")
        if p.cap_height is not None and p.cap_height < least_cap_height and p.scale < 0.97 * p.usual:
            status = CheckStatus.FAILED
            details.append(f"“{words}” is {p.cap_height:.0f} px tall, needed are {least_cap_height:.0f}")
    return CheckResult(NAME, status, round(value, 2), round(limit, 2), "; ".join(details))


def _worst(found: Sequence[Contrast]) -> Contrast:
    return Contrast(min((c.line for c in found), default=21.0), min((c.stretch for c in found), default=21.0))


def _needed(source_rgb: UInt8Array, placement: Placement) -> Contrast:
    """What a text must reach: less than the norm only where the source type provably had less."""
    box, colour = placement.source_box, placement.colour
    if box is None or colour is None or "colour" in placement.edit.attribute:
        return Contrast(CONTRAST, STRETCH)
    had = line_contrast(source_rgb, box, colour, None)
    if had.line * KEPT >= CONTRAST and had.stretch * KEPT >= STRETCH:
        return Contrast(CONTRAST, STRETCH)
    if not is_source_colour(source_rgb, box, colour):
        return Contrast(CONTRAST, STRETCH)
    return Contrast(min(CONTRAST, max(LEAST, KEPT * had.line)), min(STRETCH, max(LEAST, KEPT * had.stretch)))


def _is_other_colour(
    rgb: UInt8Array, source_rgb: UInt8Array, placement: Placement, plate: UInt8Array | None
) -> bool:
    """Whether flat type is set in a colour that the source type did not have, unasked."""
    box, colour = placement.source_box, placement.colour
    if box is None or colour is None or plate is None or "colour" in placement.edit.attribute:
        return False
    if placement.outline is not None or placement.shadow is not None:
        return False  # what stands out most may be either of them
    if is_source_colour(source_rgb, box, colour):
        return False
    drawn = np.concatenate(
        [(_crop(rgb, b, 0) != _crop(plate, b, 0)).any(2).ravel() for b in placement.line_boxes]
    )
    pixels = np.concatenate([_crop(rgb, b, 0).reshape(-1, 3) for b in placement.line_boxes])[drawn]
    near = np.abs(pixels.astype(np.int16) - np.array(colour, np.int16)).max(1) < _NEAR
    return bool(near.size) and float(near.mean()) > _FLAT


def is_source_colour(source_rgb: UInt8Array, box: Box, colour: Colour) -> bool:
    """Whether nothing in the source's box stands out clearly more, on the same side, than this colour does.

    Type is what stands out in its box. A colour measured from the ground beside the strokes does not.
    """
    crop = _crop(source_rgb, box, 0)
    if crop.size == 0:
        return False
    light = _luminance(crop.reshape(-1, 3))
    middle, own = float(np.median(light)), float(_luminance(np.array([colour], np.uint8))[0])
    # Strokes cover a tenth of their box or more, a glint less. A colour like the ground's has no side.
    either = _ratio(own, middle) < _SEEN_MORE
    ends = [end for end, mine in ((97, own > middle), (3, own <= middle)) if mine or either]
    seen = max(_ratio(float(np.percentile(light, end)), middle) for end in ends)
    return seen <= _SEEN_MORE * _ratio(own, middle)


def line_contrast(rgb: UInt8Array, box: Box, colour: Colour, plate: UInt8Array | None) -> Contrast:
    """Contrast of the strokes in a box with their rim: the median of the line, and of its worst stretch."""
    import cv2

    height = min(box[3] - box[1], box[2] - box[0])  # of a column, its width
    reach = max(2, round(_RIM * height))
    crop = _crop(rgb, box, reach + 1)
    if crop.size == 0:
        return Contrast(21.0, 21.0)
    difference = np.abs(crop.astype(np.int16) - np.array(colour, np.int16)).max(2)
    # Where type and ground are close, so is the line between them.
    near = difference < min(_NEAR, max(6, int(np.percentile(difference, 90)) // 2))
    if plate is not None:
        drawn = (crop != _crop(plate, box, reach + 1)).any(2)
        strokes = near & drawn
        if strokes.sum() < 0.3 * drawn.sum():  # graded or of several colours
            strokes = cv2.erode(drawn.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    else:
        strokes = near
    if not strokes.any() or _sinks(strokes, plate):
        return Contrast(1.0, 1.0)
    edge = cv2.dilate(strokes.astype(np.uint8), np.ones((3, 3), np.uint8))  # anti-aliased: neither
    rim = (cv2.dilate(edge, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0) & (edge == 0)
    light = _luminance(crop)
    whole = _stretch_contrast(light, strokes, rim)
    if whole is None:  # nothing but strokes
        return Contrast(1.0, 1.0)
    axis = int(crop.shape[1] >= crop.shape[0])
    count = max(1, crop.shape[axis] // max(24, height))
    parts = [
        _stretch_contrast(*part)
        for part in zip(*(np.array_split(a, count, axis=axis) for a in (light, strokes, rim)), strict=True)
    ]
    return Contrast(whole, min((p for p in parts if p is not None), default=whole))


def _sinks(strokes: BoolArray, plate: UInt8Array | None) -> bool:
    """Whether so much of a stretch has the colour of the type that it cannot be strokes alone.

    Where the plate is known, strokes are what was drawn, and this is not asked.
    """
    if plate is not None:
        return False
    tall, wide = strokes.shape
    axis = int(wide >= tall)
    parts = np.array_split(strokes, max(1, max(strokes.shape) // max(1, min(strokes.shape))), axis=axis)
    return any(part.mean() > _MOST_INK for part in parts if part.size)


def _stretch_contrast(light: Floats, strokes: BoolArray, rim: BoolArray) -> float | None:
    """Median contrast of the rim with the strokes; None where there is too little of either to say."""
    if strokes.sum() < 12 or rim.sum() < 12:
        return None
    fill = float(np.median(light[strokes]))
    around = light[rim]
    ratios = (np.maximum(around, fill) + 0.05) / (np.minimum(around, fill) + 0.05)
    return float(np.median(ratios))


def _crop(rgb: UInt8Array, box: Box, margin: int) -> UInt8Array:
    x0, y0 = max(0, box[0] - margin), max(0, box[1] - margin)
    return rgb[y0 : max(y0, box[3] + margin), x0 : max(x0, box[2] + margin)]


def _ratio(a: float, b: float) -> float:
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def _luminance(rgb: UInt8Array) -> Floats:
    """WCAG 2.2 relative luminance of sRGB pixels, along the last axis."""
    levels = np.arange(256) / 255
    linear = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4).astype(np.float32)
    return np.asarray(linear[rgb] @ np.array([0.2126, 0.7152, 0.0722], np.float32), np.float32)
