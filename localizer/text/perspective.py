"""Lines on a surface seen at an angle, and lines on an arc: told by where their ink ends above and below.

The text is known, so how far each letter reaches above and below the baseline is known too. What is left of
the measured edges after that is the shape of the baseline and the change of size along it:
``v = a0 + a1 u + a2 u² + (c0 + c1 u) y`` for a letter that reaches ``y`` at ``u``, by robust least squares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box
from localizer.text.fonts import BOLD, stack
from localizer.text.normalise import fold
from localizer.text.reading import Quad, TextLine
from localizer.text.render import PlacedLine, coverage
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]

_CONVERGING = 0.15  # relative change of size over a line from which it is set in perspective
_ARCHED = 0.2  # em by which the middle of a line is off the straight through its ends
_SURE = 4.0  # a shape counts if it is so many times its standard error
_ALIKE = 0.08  # em, median distance of the edges from the model, above which nothing is known
_LETTERS = 5  # fewer do not show a shape
_WIDE = 2.5  # width over height of a line that shows it
_SAMPLE = 48  # pixels per em of the drawing that is compared
_WINDOWS = 48

Matrix = tuple[float, float, float, float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a line runs.

    Attributes:
        converging: relative change of size from its left to its right end; 0 for a flat line.
        arched: rise of its middle over the straight through its ends, em; 0 for a straight line.
        quad: the ink's outline as the surface shows it; None where the line is flat.
    """

    converging: float
    arched: float
    quad: Quad | None


def shape_of(text: str, points: npt.NDArray[np.float64], locale: str) -> Shape | None:
    """The shape of a line, or None where its ink does not tell.

    Args:
        text: what the line says.
        points: N x 2, positions of its strokes' pixels as ``u`` along the line and ``v`` down, pixels.
        locale: of the text.
    """
    if len(fold(text)) < _LETTERS or len(points) < 200:
        return None
    (u0, v0), (u1, v1) = points.min(0), points.max(0)
    if u1 - u0 < _WIDE * (v1 - v0):
        return None
    drawn = _drawn(text, locale)
    top, bottom = _edges((points - (u0, v0)) / (u1 - u0 + 1))
    above, below = _edges(drawn)
    seen = np.isfinite(top) & np.isfinite(above)
    if seen.sum() < 0.4 * _WINDOWS:
        return None
    u = np.tile(np.linspace(-1, 1, _WINDOWS)[seen], 2)
    y = np.concatenate([above[seen], below[seen]])
    v = np.concatenate([top[seen], bottom[seen]])
    basis = np.stack([np.ones_like(u), u, u * u, y, u * y], 1)
    found, error, off = _robust_fit(basis, v)
    size = float(found[3])
    if size <= 0 or off > _ALIKE * size * _em_share(drawn):
        return None
    em = size * _em_share(drawn)
    converging, arched = 2 * float(found[4]) / size, float(found[2]) / em
    if abs(found[4]) < _SURE * error[4] or abs(converging) < _CONVERGING:
        converging = 0.0
    if abs(found[2]) < _SURE * error[2] or abs(arched) < _ARCHED:
        arched = 0.0
    quad = None
    if converging:
        low, high = float(np.nanmin(above)), float(np.nanmax(below))
        wide = u1 - u0 + 1

        def at(end: int, edge: float) -> tuple[float, float]:
            down = found[0] + end * found[1] + (found[3] + end * found[4]) * edge
            return float(u0 if end < 0 else u1 + 1), float(v0 + wide * down)

        quad = (at(-1, low), at(1, low), at(1, high), at(-1, high))
    return Shape(converging, arched, quad)


def _drawn(text: str, locale: str) -> npt.NDArray[np.float64]:
    """Positions of the strokes of the text as set flat, in shares of its width."""
    line = shape_line(text, stack(locale, weight=BOLD), locale)
    x0, y0, x1, y1 = line.ink
    size = math.ceil((y1 - y0) * _SAMPLE), math.ceil((x1 - x0) * _SAMPLE)
    ys, xs = np.nonzero(coverage([PlacedLine(line, -x0 * _SAMPLE, y1 * _SAMPLE, _SAMPLE)], size) > 0.5)
    return np.stack([xs, ys], 1).astype(np.float64) / max(1, size[1])


def _em_share(drawn: npt.NDArray[np.float64]) -> float:
    """Height of the drawn ink in shares of its width; stands for the em."""
    return float(np.ptp(drawn[:, 1]))


def _edges(points: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Highest and lowest ink in windows along a line; NaN where there is none."""
    top, bottom = np.full(_WINDOWS, np.nan), np.full(_WINDOWS, np.nan)
    window = np.minimum((points[:, 0] * _WINDOWS).astype(int), _WINDOWS - 1)
    for k in range(_WINDOWS):
        v = points[window == k, 1]
        if len(v) > 2:
            top[k], bottom[k] = v.min(), v.max()
    return top, bottom


def _robust_fit(
    basis: npt.NDArray[np.float64], values: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Coefficients, their standard errors, and the median distance from the model."""
    weight = np.ones(len(values), np.float64)
    distance = np.zeros_like(values)
    found: npt.NDArray[np.float64] = np.zeros(basis.shape[1])
    for _ in range(12):
        found = np.asarray(np.linalg.lstsq(basis * weight[:, None], values * weight, rcond=None)[0])
        distance = np.abs(values - basis @ found)
        scale = 1.5 * float(np.median(distance)) + 1e-6
        weight = np.sqrt(np.minimum(1.0, scale / np.maximum(distance, 1e-9)))
    off = float(np.median(distance))
    weighted = basis * weight[:, None]
    spread = np.sqrt(np.abs(np.diag(np.linalg.pinv(weighted.T @ weighted)))) * 1.48 * max(off, 1e-6)
    return found, spread, off


@dataclass(frozen=True, slots=True)
class Surface:
    """A plane seen at an angle, laid flat.

    Attributes:
        to_flat: 3 x 3, image → flat, pixels.
        size: width and height of the flat picture that shows all that is near the text.
    """

    to_flat: npt.NDArray[np.float64]
    size: tuple[int, int]

    @classmethod
    def under(cls, quad: Quad, *, margin: float = 2.0) -> Surface:
        """The surface on which a quad is a rectangle.

        Args:
            margin: shown around it, in heights of the quad.
        """
        import cv2

        corners = np.array(quad, np.float32)
        sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
        wide, tall = float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2
        m = margin * tall
        target = np.array([[m, m], [m + wide, m], [m + wide, m + tall], [m, m + tall]], np.float32)
        matrix = cv2.getPerspectiveTransform(corners, target)
        return cls(np.asarray(matrix, np.float64), (math.ceil(wide + 2 * m), math.ceil(tall + 2 * m)))

    @property
    def back(self) -> Matrix:
        """Flat → image, row by row."""
        m = np.linalg.inv(self.to_flat)
        a, b, c, d, e, f, g, h, i = (float(x) for x in (m / m[2, 2]).ravel())
        return a, b, c, d, e, f, g, h, i

    def picture(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The image as the surface has it; what is beyond its frame repeats the rim."""
        import cv2

        flat = cv2.warpPerspective(
            rgb, self.to_flat, self.size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(flat, np.uint8)

    def points(self, points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """Image points on the flat picture."""
        p = np.array([(x, y, 1.0) for x, y in points]) @ self.to_flat.T
        return [(float(x / w), float(y / w)) for x, y, w in p]

    def line(self, line: TextLine) -> TextLine:
        """A line of the image on the flat picture, as an upright rectangle."""
        x0, y0, x1, y1 = self.box(line.quad)
        return replace(line, quad=((x0, y0), (x1, y0), (x1, y1), (x0, y1)), characters=())

    def box(self, corners: Sequence[tuple[float, float]]) -> Box:
        """Bounding box, on the flat picture, of image points."""
        xs, ys = zip(*self.points(corners), strict=True)
        return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))


def warped(lines: Sequence[PlacedLine], surface: Surface) -> tuple[PlacedLine, ...]:
    """Lines that were placed on the flat picture, as the image shows them."""
    return tuple(replace(line, warp=surface.back) for line in lines)
