"""What the source type looks like: size, weight, class, width, tracking, angle and baseline.

Measured by setting the *known* source text in our own faces and comparing ink: the size is the one whose
ink is as tall, the weight the one whose strokes cover as much.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import script_of
from localizer.text.fonts import REGULAR, Face, stack
from localizer.text.glyphmask import Ink
from localizer.text.reading import TextLine
from localizer.text.render import PlacedLine, coverage
from localizer.text.shaping import ShapedLine, shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

_WEIGHTS = (300, 400, 500, 600, 700, 800, 900)
_SAMPLE = 48  # pixels per em at which weights are compared
_LEVEL = 1.5  # degrees; a smaller slant is the reader's, not the designer's
_JOINING = {"Arab", "Deva"}


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
        stretch: horizontal scale against our face.
        vertical: a column of upright characters; `baseline` is then its top, `centre` the v of its middle.
        tracking: extra space between characters, em.
    """

    colour: tuple[int, int, int]
    size: float
    weight: int
    serif: bool
    stretch: float
    tracking: float
    angle: float
    ink: tuple[float, float, float, float]
    baseline: float
    centre: float
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


def measure_line(
    line: TextLine, ink: Ink, origin: tuple[int, int], *, locale: str, angle: float
) -> LineStyle | None:
    """Measure one source line; None if its ink is too little to be measured.

    Args:
        ink: in the coordinates of a crop whose top left corner is at `origin`.
        locale: of the source text, as declared.
        angle: shared by the block that the line is in, degrees.
    """
    if line.vertical:
        return measure_column(line, ink, origin, locale=locale, angle=angle)
    ys, xs = np.nonzero(ink.strokes)
    if len(xs) < 12:
        return None
    points = turn(np.stack([xs + origin[0] + 0.5, ys + origin[1] + 0.5], 1).astype(np.float64), angle)
    (u0, v0), (u1, v1) = points.min(0) - 0.5, points.max(0) + 0.5
    text_locale = locale_of_text(line.text, locale)
    plain = shape_line(line.text, stack(text_locale), text_locale)
    tall, wide = plain.ink[3] - plain.ink[1], plain.ink[2] - plain.ink[0]
    if tall <= 0 or wide <= 0 or v1 - v0 < 3:
        return None
    size = float(v1 - v0) / tall
    columns = np.unique(np.floor(points[:, 0])).size
    ratio = float(u1 - u0) / (wide * size)
    density = len(xs) / (columns * float(v1 - v0))
    weight = _match_weight(line.text, text_locale, round(density, 3))
    if not ink.plain:  # on a photo the soft edges of strokes are lost, and type seems thinner than it is
        weight = max(REGULAR, weight)
    stretch, tracking = _match_width(line.text, text_locale, weight, ratio, columns / float(u1 - u0))
    baseline = float(v1) + plain.ink[1] * size
    low, high = optical_band(plain, text_locale)
    centre = baseline - (low + high) / 2 * size
    box = (float(u0), float(v0), float(u1), float(v1))
    return LineStyle(ink.colour, size, weight, False, stretch, tracking, angle, box, baseline, centre)


def measure_column(
    line: TextLine, ink: Ink, origin: tuple[int, int], *, locale: str, angle: float
) -> LineStyle | None:
    """`measure_line` for a column: the width of its characters gives the size, its length the tracking."""
    from localizer.text.columns import shape_column

    ys, xs = np.nonzero(ink.strokes)
    if len(xs) < 12:
        return None
    points = turn(np.stack([xs + origin[0] + 0.5, ys + origin[1] + 0.5], 1).astype(np.float64), angle)
    (u0, v0), (u1, v1) = (float(x) for x in points.min(0) - 0.5), (float(x) for x in points.max(0) + 0.5)
    text_locale = locale_of_text(line.text, locale)
    plain = shape_column(line.text, stack(text_locale), text_locale)
    tall, wide = plain.ink[3] - plain.ink[1], plain.ink[2] - plain.ink[0]
    if tall <= 0 or wide <= 0 or u1 - u0 < 3:
        return None
    gaps = max(1, len(line.text) - 1)
    size = (u1 - u0) / wide
    tracking = ((v1 - v0) / size - tall) / gaps
    stretch = 1.0
    if tracking < 0:  # characters closer than their own squares: they are wide, not tall
        size, tracking = (v1 - v0) / tall, 0.0
        stretch = max(0.6, min(1.6, (u1 - u0) / (wide * size)))
    density = len(xs) / max(1, np.unique(np.floor(points[:, 1])).size * (u1 - u0))
    weight = _match_column_weight(line.text, text_locale, density)
    if not ink.plain:
        weight = max(REGULAR, weight)
    tracking = tracking if tracking > 0.03 else 0.0
    box = (u0, v0, u1, v1)
    return LineStyle(
        ink.colour, size, weight, False, stretch, min(1.5, tracking), angle, box, v0, (v0 + v1) / 2, True
    )


def _match_column_weight(text: str, locale: str, density: float) -> int:
    """The weight whose strokes fill the inked rows as much."""
    from localizer.text.columns import shape_column

    def filled(weight: int) -> float:
        line = shape_column(text, stack(locale, weight=weight), locale)
        x0, y0, x1, y1 = line.ink
        shape = math.ceil((y1 - y0) * _SAMPLE), math.ceil((x1 - x0) * _SAMPLE)
        ink = coverage([PlacedLine(line, -x0 * _SAMPLE, y1 * _SAMPLE, _SAMPLE)], shape) > 0.5
        return float(ink.sum()) / max(1, int(ink.any(1).sum()) * shape[1])

    return min(_WEIGHTS, key=lambda w: abs(filled(w) - density))


@lru_cache(maxsize=2048)
def _ink_profile(text: str, faces: tuple[Face, ...], locale: str) -> tuple[float, float]:
    """Share of columns of its ink box in which a text has ink, and share of those columns that is ink."""
    line = shape_line(text, faces, locale)
    x0, y0, x1, y1 = line.ink
    width, height = math.ceil((x1 - x0) * _SAMPLE), math.ceil((y1 - y0) * _SAMPLE)
    if width < 2 or height < 2:
        return 1.0, 0.0
    placed = PlacedLine(line, -x0 * _SAMPLE, y1 * _SAMPLE, _SAMPLE)
    ink = coverage([placed], (height, width)) > 0.5
    columns = int(ink.any(0).sum())
    return columns / width, float(ink.sum()) / max(1, columns * height)


def _match_weight(text: str, locale: str, density: float) -> int:
    """The weight whose strokes fill the inked columns as much; neither width nor tracking matters to it."""
    return min(_WEIGHTS, key=lambda w: abs(_ink_profile(text, stack(locale, weight=w), locale)[1] - density))


def _match_width(text: str, locale: str, weight: int, ratio: float, occupied: float) -> tuple[float, float]:
    """Split a width ratio into stretched letters (which keep the share of inked columns) and tracking."""
    own, _ = _ink_profile(text, stack(locale, weight=weight), locale)
    stretch = ratio * min(1.0, occupied / max(0.05, own))
    if script_of(locale) in _JOINING or abs(stretch - ratio) < 0.06:
        stretch = ratio
    line = shape_line(text, stack(locale, weight=weight), locale)
    gaps = max(1, len(text) - 1)
    tracking = (ratio - stretch) * (line.ink[2] - line.ink[0]) / gaps
    tracking = tracking if tracking > 0.03 else 0.0
    stretch = 1.0 if abs(stretch - 1) < 0.1 else min(1.6, max(0.6, stretch))
    return stretch, min(0.5, tracking / stretch)
