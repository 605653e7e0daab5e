"""Laying a face over a line of the source: its size, width and place to a fraction of a pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import script_of
from localizer.model import Box
from localizer.text.faces import Face
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, coverage
from localizer.text.shaping import ShapedLine, shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.float32]

SAMPLE = 32  # pixels of ink height at which families are compared
_FINE = 96  # at most, at which size and place are found
_MANY = 4  # letters from which they tell where they stand
_ON_BASELINE = {"Latn", "Cyrl", "Grek"}
LIKE = 0.82  # correlation from which a family is taken for that of the source


@dataclass(frozen=True, slots=True)
class Match:
    """A face laid over a line.

    Attributes:
        family: name of the family; empty for the script's usual face.
        face: the face that was laid over the line.
        size: pixels per em.
        stretch: horizontal scale.
        tracking: extra space between clusters, em.
        left: of the ink, pixels from the left of the raster.
        baseline: pixels from the top of the raster.
        score: normalised cross-correlation, -1 to 1.
        slant: degrees by which the letters lean to the right.
    """

    family: str
    face: Face
    size: float
    stretch: float
    tracking: float
    left: float
    baseline: float
    score: float
    slant: int = 0


def shape_in(face: Face, text: str, locale: str, tracking: float = 0.0, slant: int = 0) -> ShapedLine:
    """Shape a line in one face; the usual ones of the locale stand in for signs that it lacks."""
    faces = (face, *stack(locale, weight=face.weight, slant=slant or face.slant))
    return shape_line(text, faces, locale, tracking)


def normalise(raster: Coverage) -> tuple[Coverage | None, Box]:
    """The ink of a raster, cropped and scaled to the height of samples; and where it was."""
    import cv2

    ys, xs = np.nonzero(raster > 0.5)
    if len(xs) < 12:
        return None, (0, 0, 0, 0)
    box = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    if box[3] - box[1] < 3:
        return None, box
    crop = raster[box[1] : box[3], box[0] : box[2]]
    width = max(4, round(crop.shape[1] * SAMPLE / crop.shape[0]))
    shrinks = crop.shape[0] > SAMPLE
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (width, SAMPLE), interpolation=interpolation), np.float32), box


def lay(text: str, raster: Coverage, box: Box, locale: str, found: Match) -> Match:
    """Size, width and place to a fraction of a pixel, by correlation around the first estimate.

    Args:
        box: of the ink in the raster, as `normalise` found it.
    """
    import cv2

    x0, y0, x1, y1 = box
    line = shape_in(found.face, text, locale, found.tracking, found.slant)
    ink = line.ink
    tall, wide = ink[3] - ink[1], ink[2] - ink[0]
    rough = replace(
        found,
        size=(y1 - y0) / tall,
        stretch=(x1 - x0) / (wide * (y1 - y0) / tall),
        left=float(x0),
        baseline=y1 + ink[1] * (y1 - y0) / tall,
    )
    if abs(rough.stretch - 1) < 0.05:  # long lines know their size better by their width
        size = (x1 - x0) / wide if wide > tall else (y1 - y0) / tall
        rough = replace(rough, size=size, stretch=1.0)
    if found.score < LIKE:  # brackets and tails reach as low as they like in a face that is not known
        stands = _foot(raster, box) if script_of(locale) in _ON_BASELINE else None
        return rough if stands is None else replace(rough, baseline=stands)
    k = min(1.0, _FINE / (y1 - y0))
    pad = max(3, round(0.08 * (y1 - y0)))
    h, w = raster.shape
    top, left = max(0, y0 - pad), max(0, x0 - pad)
    field = raster[top : min(h, y1 + pad), left : min(w, x1 + pad)]
    field = np.asarray(cv2.resize(field, None, fx=k, fy=k, interpolation=cv2.INTER_AREA), np.float32)
    field = np.pad(field, 4)
    best, at = rough, -2.0
    for step in (0.02, 0.007):
        centre = best
        for ds in (-1, 0, 1):
            for dw in (-1, 0, 1) if centre.stretch != 1.0 else (0,):
                size, stretch = centre.size * (1 + ds * step), centre.stretch * (1 + dw * step)
                placed = _overlay(line, field, size * k, stretch)
                if placed is not None and placed[0] > at + 1e-4:
                    at = placed[0]
                    baseline = (placed[2] - 4) / k + top
                    best = replace(
                        rough, size=size, stretch=stretch, left=(placed[1] - 4) / k + left, baseline=baseline
                    )
    return best


def _foot(raster: Coverage, box: Box) -> float | None:
    """Where most letters stand: the bottom that most pieces of a line share; None where they do not agree."""
    import cv2

    x0, y0, x1, y1 = box
    ink = (raster[y0:y1, x0:x1] > 0.5).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall = stats[1:count, cv2.CC_STAT_HEIGHT] >= 0.4 * (y1 - y0)
    bottoms = (stats[1:count, cv2.CC_STAT_TOP] + stats[1:count, cv2.CC_STAT_HEIGHT])[tall]
    if len(bottoms) < _MANY:
        return None
    foot = float(np.median(bottoms))
    together = np.abs(bottoms - foot) <= max(1.0, 0.04 * (y1 - y0))
    return y0 + foot if together.mean() > 0.6 else None


def _overlay(
    line: ShapedLine, field: Coverage, size: float, stretch: float
) -> tuple[float, float, float] | None:
    """Correlation at the best place, and the ink's left and the baseline there, in pixels of the field."""
    import cv2

    x0, y0, x1, y1 = line.ink
    shape = math.ceil((y1 - y0) * size) + 2, math.ceil((x1 - x0) * size * stretch) + 2
    if shape[0] > field.shape[0] or shape[1] > field.shape[1]:
        return None
    drawn = coverage([PlacedLine(line, 1 - x0 * size * stretch, 1 + y1 * size, size, stretch)], shape)
    if float(drawn.std()) == 0:
        return None
    scores = np.asarray(cv2.matchTemplate(field, drawn, cv2.TM_CCOEFF_NORMED), np.float32)
    _, best, _, (x, y) = cv2.minMaxLoc(scores)
    dx, dy = _peak(scores, x, y)
    return float(best), x + dx + 1, y + dy + 1 + y1 * size


def _peak(scores: npt.NDArray[np.float32], x: int, y: int) -> tuple[float, float]:
    """Sub-pixel offset of a maximum, by a parabola through its neighbours."""

    def offset(a: float, b: float, c: float) -> float:
        curve = a - 2 * b + c
        return max(-0.5, min(0.5, 0.5 * (a - c) / curve)) if curve < 0 else 0.0

    h, w = scores.shape
    dx = offset(*scores[y, x - 1 : x + 2]) if 0 < x < w - 1 else 0.0
    dy = offset(*scores[y - 1 : y + 2, x]) if 0 < y < h - 1 else 0.0
    return dx, dy
