"""What can be measured of a line as it stands: size, angle, ink and ground.

Type that was laid over a picture is drawn: its ink has one colour or a smooth gradient, its edges are as
sharp as the image can show, its ground goes on behind it. Type that was photographed or rendered with a
thing has the light, the grain and the angle of that thing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.reading import Quad, TextLine
from localizer.text.rectify import rectify
from localizer.text.regions import dilate, heart
from localizer.text.surface import fit_ground

if TYPE_CHECKING:
    import numpy.typing as npt

_MARGIN = 0.12  # of the line's height, looked at around it
_BESIDE, _ABOVE = 6, 2  # heights around a line within which its button ends
_ONE_COLOUR = 14  # largest channel difference within one colour, after a lossy format
_FILLED = 0.8  # share of its box that a button, with round ends perhaps, fills
_LEAST = 40  # pixels of ink or ground from which they tell anything
_CORNER = 3.0  # pixels by which a corner of a quad may be off
_LOOSE = 0.1  # the same, as a share of the line's height


@dataclass(frozen=True, slots=True)
class Measured:
    """One line's looks.

    Attributes:
        size: height over the square root of the image's area.
        turned: degrees beyond which it certainly differs from level (or, of a column, from upright).
        taper: how much its two ends differ in height, beyond what the reader may be off; 0 is a rectangle.
        shear: degrees by which its sides lean against its baseline, beyond what the reader may be off.
        contrast: largest channel difference of ink and ground, 0 to 255.
        ink_noise: what the ink differs from a smooth gradient, 0 to 255.
        ground_noise: what the ground between the letters differs from a smooth gradient, 0 to 255.
        grain: how much neighbouring pixels of the ground differ, standard deviation, 0 to 255.
        ink_grain: the same, of the ink.
        sharp: steepest step from ground to ink within a pixel, as a share of the contrast.
        button: it stands on a drawn panel of one colour that ends on all four sides near it.
        colour: of the ink, sRGB.
        ground: colour of the ground, sRGB.
    """

    size: float
    turned: float
    taper: float
    shear: float
    contrast: float
    ink_noise: float
    ground_noise: float
    grain: float
    ink_grain: float
    sharp: float
    button: bool
    colour: tuple[int, int, int]
    ground: tuple[int, int, int]


def measure(rgb: npt.NDArray[np.uint8], line: TextLine) -> Measured:
    """A line's looks.

    Args:
        rgb: H x W x 3 uint8.
    """
    area = rgb.shape[0] * rgb.shape[1]
    turned, taper, shear = _shape(line)
    crop = rectify(rgb, line.quad, _MARGIN).astype(np.float32)
    everything = np.ones(crop.shape[:2], np.bool_)
    ground = fit_ground(crop, everything)
    distance = np.abs(crop - ground).max(2)
    ink = _parted(distance)
    for _ in range(2):  # once more without the ink, that pulls at the ground
        clear = ~dilate(ink, 2.0)
        if clear.sum() < max(_LEAST, 0.05 * ink.size):
            break
        ground = fit_ground(crop, clear)
        distance = np.abs(crop - ground).max(2)
        ink = _parted(distance)
    clear = ~dilate(ink, 2.0)
    core = heart(ink) if ink.any() else ink
    contrast = float(np.median(distance[core])) if core.any() else 0.0
    ground_noise = float(np.abs(crop - ground).max(2)[clear].mean()) if clear.sum() >= _LEAST else 255.0
    ink_noise = 255.0
    if core.sum() >= _LEAST:
        smooth = fit_ground(crop, core)
        ink_noise = float(np.abs(crop - smooth).max(2)[core].mean())
    return Measured(
        size=line.height / math.sqrt(area),
        turned=turned,
        taper=taper,
        shear=shear,
        contrast=contrast,
        ink_noise=ink_noise,
        ground_noise=ground_noise,
        grain=_grain(crop, ~dilate(ink, 4.0)),
        ink_grain=_grain(crop, core),
        sharp=_sharpness(crop, contrast),
        button=_is_button(rgb, line, _colour(crop, clear)),
        colour=_colour(crop, core),
        ground=_colour(crop, clear),
    )


def apart_from_ground(crop: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """H x W bool: what differs from a line's smooth ground.

    Args:
        crop: H x W x 3 uint8, the line with next to no margin.
    """
    pixels = crop.astype(np.float32)
    return _parted(np.abs(pixels - fit_ground(pixels, np.ones(crop.shape[:2], np.bool_))).max(2))


def _parted(distance: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Ink and ground, parted where the two differ most (Otsu)."""
    import cv2

    scaled = np.clip(distance, 0, 255).astype(np.uint8)
    limit, _ = cv2.threshold(scaled, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(distance > limit)


def _grain(crop: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> float:
    """Median local standard deviation of grey, over three pixels."""
    import cv2

    if mask.sum() < _LEAST:
        return 255.0
    grey = crop.mean(2)
    mean = cv2.blur(grey, (3, 3))
    spread = np.sqrt(np.maximum(0.0, cv2.blur(grey * grey, (3, 3)) - mean * mean))
    return float(np.median(spread[mask]))


def _sharpness(crop: npt.NDArray[np.float32], contrast: float) -> float:
    if contrast < 1.0:
        return 0.0
    steps = [np.abs(np.diff(crop, axis=axis)).max(2).ravel() for axis in (0, 1)]
    return float(np.percentile(np.concatenate(steps), 98)) / contrast


def _is_button(rgb: npt.NDArray[np.uint8], line: TextLine, ground: tuple[int, int, int]) -> bool:
    import cv2

    tall = round(line.height)
    h, w = rgb.shape[:2]
    x0, y0, x1, y1 = line.box
    a, b, c, d = x0 - _BESIDE * tall, y0 - _ABOVE * tall, x1 + _BESIDE * tall, y1 + _ABOVE * tall
    if a < 0 or b < 0 or c > w or d > h:  # a panel that the frame cuts is no button
        a, b, c, d = max(0, a), max(0, b), min(w, c), min(h, d)
    window = rgb[b:d, a:c].astype(np.int16)
    same = (np.abs(window - np.array(ground, np.int16)).max(2) <= _ONE_COLOUR).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(same, connectivity=4)
    own = labels[y0 - b : y1 - b, x0 - a : x1 - a]
    own = own[own > 0]
    if not len(own):
        return False
    panel = int(np.bincount(own).argmax())
    left, top, wide, high, _ = (int(v) for v in stats[panel])
    ends = left > 0 and top > 0 and left + wide < same.shape[1] and top + high < same.shape[0]
    around = left <= x0 - a + 0.3 * tall and left + wide >= x1 - a - 0.3 * tall and high >= 0.8 * tall
    if not (ends and around):
        return False
    outline, _ = cv2.findContours(
        (labels == panel).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    return sum(cv2.contourArea(o) for o in outline) >= _FILLED * wide * high


def _colour(crop: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    if not mask.any():
        return (0, 0, 0)
    r, g, b = (int(c) for c in np.median(crop[mask], axis=0))
    return r, g, b


def _shape(line: TextLine) -> tuple[float, float, float]:
    """Turn, taper and lean of a quad, each less what the reader may be off."""
    height, width = max(1.0, line.height), max(1.0, line.width)
    off = max(_CORNER, _LOOSE * height)
    angle = abs((line.angle + 45.0) % 90.0 - 45.0)
    turned = max(0.0, angle - math.degrees(math.atan2(off, width)))
    a, b, c, d = line.quad
    left, right = math.dist(a, d), math.dist(b, c)
    if line.vertical:
        left, right = math.dist(a, b), math.dist(d, c)
    taper = max(0.0, abs(left - right) - 2 * off) / max(left, right, 1.0)
    shear = max(0.0, _lean(line.quad) - math.degrees(math.atan2(2 * off, min(height, width))))
    return turned, taper, shear


def _lean(quad: Quad) -> float:
    """Degrees by which the corners differ from right angles."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    along = math.atan2(by - ay + cy - dy, bx - ax + cx - dx)
    down = math.atan2(dy - ay + cy - by, dx - ax + cx - bx)
    return abs(math.degrees(down - along) % 180.0 - 90.0)
