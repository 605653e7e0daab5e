"""The type of a column: the width of its characters gives the size, the length the tracking."""

from __future__ import annotations

import math

import numpy as np

from localizer.text.columns import shape_column
from localizer.text.fonts import REGULAR, stack
from localizer.text.render import PlacedLine, coverage
from localizer.text.style import InkedLine, LineStyle, turn

_WEIGHTS = (300, 400, 500, 600, 700, 800, 900)
_SAMPLE = 48  # pixels per em at which weights are compared
_MOST_TRACKING = 1.5  # em


def measure_column(line: InkedLine, locale: str, angle: float) -> LineStyle | None:
    """Measure one column of the source; None if its ink is too little to be measured.

    Args:
        locale: in whose faces the text is laid over.
        angle: of its characters, degrees.
    """
    ys, xs = np.nonzero(line.ink.strokes)
    if len(xs) < 12:
        return None
    pixels = np.stack([xs + line.window[0] + 0.5, ys + line.window[1] + 0.5], 1).astype(np.float64)
    points = turn(pixels, angle)
    u0, v0 = (float(x) for x in points.min(0) - 0.5)
    u1, v1 = (float(x) for x in points.max(0) + 0.5)
    plain = shape_column(line.text, stack(locale), locale)
    tall, wide = plain.ink[3] - plain.ink[1], plain.ink[2] - plain.ink[0]
    if tall <= 0 or wide <= 0 or u1 - u0 < 3:
        return None
    size, stretch = (u1 - u0) / wide, 1.0
    tracking = ((v1 - v0) / size - tall) / max(1, len(line.text) - 1)
    if tracking < 0:  # characters closer than their own squares: they are wide, not tall
        size, tracking = (v1 - v0) / tall, 0.0
        stretch = max(0.6, min(1.6, (u1 - u0) / (wide * size)))
    rows = np.unique(np.floor(points[:, 1])).size
    weight = _match_weight(line.text, locale, len(xs) / max(1.0, rows * (u1 - u0)))
    if not line.ink.plain:  # on a photo the soft edges of strokes are lost, and type seems thinner than it is
        weight = max(REGULAR, weight)
    return LineStyle(
        colour=line.ink.colour,
        size=size,
        weight=weight,
        family="",
        stretch=stretch,
        tracking=min(_MOST_TRACKING, tracking) if tracking > 0.03 else 0.0,
        angle=angle,
        ink=(u0, v0, u1, v1),
        baseline=v0,
        centre=(v0 + v1) / 2,
        vertical=True,
    )


def _match_weight(text: str, locale: str, density: float) -> int:
    """The weight whose strokes fill the inked rows as much."""

    def filled(weight: int) -> float:
        line = shape_column(text, stack(locale, weight=weight), locale)
        x0, y0, x1, y1 = line.ink
        shape = math.ceil((y1 - y0) * _SAMPLE), math.ceil((x1 - x0) * _SAMPLE)
        ink = coverage([PlacedLine(line, -x0 * _SAMPLE, y1 * _SAMPLE, _SAMPLE)], shape) > 0.5
        return float(ink.sum()) / max(1, int(ink.any(1).sum()) * shape[1])

    return min(_WEIGHTS, key=lambda w: abs(filled(w) - density))
