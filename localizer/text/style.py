"""What the source type looks like: size, weight, class, width, tracking, angle and baseline.

Measured by setting the *known* source text in the installed faces and laying it over the ink
(`localizer.text.matching`); where no face is like it, by the height, width and density of the ink.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import script_of
from localizer.model import Box
from localizer.text.fonts import REGULAR
from localizer.text.glyphmask import Ink
from localizer.text.inkcolour import coverage_of
from localizer.text.laying import Match, shape_in
from localizer.text.matching import match_lines
from localizer.text.reading import TextLine
from localizer.text.regions import dilate
from localizer.text.shaping import ShapedLine

if TYPE_CHECKING:
    import numpy.typing as npt

_LEVEL = 1.5  # degrees; a smaller slant is the reader's, not the designer's


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How one source line is set.

    Coordinates ``u, v`` are the image's, turned by `angle` about the image's origin, so that the text runs
    along ``u`` and ``v`` points down.

    Attributes:
        size: pixels per em.
        ink: ``u0, v0, u1, v1`` of the strokes.
        baseline: v of the baseline.
        centre: v of the optical middle (between baseline and cap line, or of the ink).
        weight: CSS weight.
        family: name of the family it is set in; empty for the script's usual face.
        stretch: horizontal scale against our face.
        tracking: extra space between characters, em.
        pen: u at which the line begins and ends, side bearings included: what a design tool aligns.
        slant: degrees by which the letters lean to the right.
        vertical: a column of upright characters; `baseline` is then its top, `centre` the v of its middle.
    """

    colour: tuple[int, int, int]
    size: float
    weight: int
    family: str
    stretch: float
    tracking: float
    angle: float
    ink: tuple[float, float, float, float]
    baseline: float
    centre: float
    pen: tuple[float, float] | None = None
    slant: int = 0
    vertical: bool = False


def locale_of_text(text: str, declared: str) -> str:
    """A locale whose script the text is really in; the declared one where that agrees."""
    names = " ".join(unicodedata.name(c, "") for c in text if c.isalpha())
    for word, scripts, fallback in (
        ("HIRAGANA", {"Jpan"}, "ja"),
        ("KATAKANA", {"Jpan"}, "ja"),
        ("CJK UNIFIED", {"Hans", "Hant", "Jpan"}, "zh-Hans"),
        ("HANGUL", {"Kore"}, "ko"),
        ("CYRILLIC", {"Cyrl"}, "ru"),
        ("GREEK", {"Grek"}, "el"),
        ("ARABIC", {"Arab"}, "ar"),
        ("HEBREW", {"Hebr"}, "he"),
        ("THAI", {"Thai"}, "th"),
        ("DEVANAGARI", {"Deva"}, "hi"),
    ):
        if word in names:
            return declared if script_of(declared) in scripts else fallback
    return declared if script_of(declared) == "Latn" else "en"


def turn(points: npt.NDArray[np.float64], angle: float) -> npt.NDArray[np.float64]:
    """Image coordinates (N x 2) → ``u, v`` for a reading angle in degrees, counter-clockwise."""
    a = math.radians(angle)
    rotation = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    return np.asarray(points @ rotation.T)


def unturn(u: float, v: float, angle: float) -> tuple[float, float]:
    """``u, v`` → image coordinates."""
    a = math.radians(angle)
    return u * math.cos(a) + v * math.sin(a), -u * math.sin(a) + v * math.cos(a)


def optical_band(line: ShapedLine, locale: str) -> tuple[float, float]:
    """Bottom and top, in em above the baseline, of what the eye centres: no descenders, no stacked marks."""
    bottom, top = line.ink[1], line.ink[3]
    if script_of(locale) in {"Latn", "Cyrl", "Grek", "Deva", "Thai"} and top > 0:
        return 0.0, min(top, 0.75)
    return bottom, top


def snap_angle(angle: float) -> float:
    """An angle as a designer would have meant it."""
    for level in (0.0, 90.0, -90.0, 180.0, -180.0):
        if abs(angle - level) < _LEVEL:
            return level
    return angle


@dataclass(frozen=True, slots=True)
class InkedLine:
    """A line of the source with what is known of its pixels.

    Attributes:
        text: what it says; with the spaces of the manifest, where readers drop them.
        window: the part of the image that `ink`, `source` and `plate` show.
        source, plate: H x W x 3 uint8, with the line and without it.
    """

    line: TextLine
    text: str
    window: Box
    ink: Ink
    source: npt.NDArray[np.uint8]
    plate: npt.NDArray[np.uint8]


def measure_block(lines: Sequence[InkedLine], *, locale: str, angle: float) -> list[LineStyle | None]:
    """Measure the lines of a block, which share face and weight; None where there is too little ink.

    Args:
        locale: of the source text, as declared.
        angle: shared by the block, degrees.
    """
    text_locale = locale_of_text("".join(line.text for line in lines), locale)
    if lines and all(line.line.vertical for line in lines):
        from localizer.text.column_style import measure_column

        return [measure_column(line, text_locale, angle) for line in lines]
    rasters = [_upright(covered(line), line.window[:2], angle) for line in lines]
    matches = match_lines([(ln.text, r[0]) for ln, r in zip(lines, rasters, strict=True)], text_locale)
    return [
        _style(line, match, raster, text_locale, angle) if match is not None else None
        for line, match, raster in zip(lines, matches, rasters, strict=True)
    ]


def covered(line: InkedLine) -> npt.NDArray[np.float32]:
    """How much of each pixel the type covers, 0 to 1: where it lies between the plate and the fill colour."""
    near = dilate(line.ink.strokes, 2)
    share, tells = coverage_of(line.source, line.plate, line.ink.colour)
    share = np.where(tells, share, line.ink.strokes.astype(np.float32))
    return np.where(near, np.clip(share, 0.0, 1.0), 0.0).astype(np.float32)


def _upright(
    raster: npt.NDArray[np.float32], origin: tuple[int, int], angle: float
) -> tuple[npt.NDArray[np.float32], tuple[float, float]]:
    """A raster turned so that its text is level, and the ``u, v`` of its top left corner."""
    import cv2

    if angle == 0:
        return raster, (float(origin[0]), float(origin[1]))
    h, w = raster.shape
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64) + origin
    uv = turn(corners, angle)
    u0, v0 = np.floor(uv.min(0))
    size = int(np.ceil(uv[:, 0].max() - u0)), int(np.ceil(uv[:, 1].max() - v0))
    a = math.radians(angle)
    rotation = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    shift = rotation @ (np.array(origin, np.float64) + 0.5) - (u0 + 0.5, v0 + 0.5)
    matrix = np.hstack([rotation, shift[:, None]])
    turned = cv2.warpAffine(raster, matrix, size, flags=cv2.INTER_LINEAR)
    return np.asarray(turned, np.float32), (float(u0), float(v0))


def _style(
    line: InkedLine,
    match: Match,
    raster: tuple[npt.NDArray[np.float32], tuple[float, float]],
    locale: str,
    angle: float,
) -> LineStyle:
    pixels, (u, v) = raster
    shaped = shape_in(match.face, line.text, locale, match.tracking, match.slant)
    x0, y0, x1, y1 = shaped.ink
    baseline, pen = v + match.baseline, None
    if match.score >= 0.75:  # the face knows where its ink is better than a mask with a speck in it
        wide = (x1 - x0) * match.size * match.stretch
        left, top = u + match.left, baseline - y1 * match.size
        box = (left, top, left + wide, baseline - y0 * match.size)
        origin = left - x0 * match.size * match.stretch
        pen = (origin, origin + shaped.advance * match.size * match.stretch)
    else:
        ys, xs = np.nonzero(pixels > 0.5)
        box = (u + xs.min(), v + ys.min(), u + xs.max() + 1.0, v + ys.max() + 1.0)
    low, high = optical_band(shaped, locale)
    weight = match.face.weight
    if not line.ink.plain and match.score < 0.75:
        weight = max(REGULAR, weight)  # the soft edges of strokes are lost, and type seems thinner than it is
    stretch = 1.0 if abs(match.stretch - 1) < 0.04 else min(2.5, max(0.4, match.stretch))
    tracking = match.tracking if match.tracking > 0.015 else 0.0
    return LineStyle(
        line.ink.colour,
        match.size,
        weight,
        match.family,
        stretch,
        tracking,
        angle,
        (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        baseline,
        baseline - (low + high) / 2 * match.size,
        pen,
        match.slant,
    )
