"""Where to cut a part out of a line: in the gap between two letters, if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.reading import Point, Quad, TextLine
from localizer.text.rectify import rectify

if TYPE_CHECKING:
    import numpy.typing as npt

_REACH = 0.35  # heights to either side of the reader's cut in which the gap is looked for
_EMPTY = 0.2  # share of the line's contrast that a column of a gap may have
_PLAIN = 0.12  # the same for the ground: on a livelier one no gap can be told from a letter


def cut_in_gaps(rgb: npt.NDArray[np.uint8], line: TextLine, part: TextLine) -> tuple[TextLine, bool]:
    """A part of a line with its ends moved into the gaps beside it, and whether both ends lie in one.

    Args:
        rgb: H x W x 3 uint8.
        line: the whole line.
        part: as its character boxes cut it out.
    """
    if line.vertical or line.width < 8 or line.height < 4:
        return part, False
    flat = rectify(rgb, line.quad, 0.0, height=max(8.0, line.height)).astype(np.float32)
    m = 2  # what `rectify` adds on every side
    flat = flat[m:-m, m:-m]
    rim = np.concatenate([flat[0], flat[-1]])
    ground = np.median(rim, axis=0)
    away = np.linalg.norm(flat - ground, axis=2)
    contrast = float(np.percentile(away, 95))
    noise = float(np.percentile(np.linalg.norm(rim - ground, axis=1), 75))
    if contrast < 30 or noise > _PLAIN * contrast:
        return part, False
    empty = away.max(0) < _EMPTY * contrast
    start, end = _middle(line.quad[0], line.quad[3]), _middle(line.quad[1], line.quad[2])
    axis = (np.array(end) - start) / max(1.0, line.width)
    scale = flat.shape[1] / line.width
    sides = ((part.quad[0], part.quad[3]), (part.quad[1], part.quad[2]))
    moved, clean = [], True
    for a, b in sides:
        at = float(np.dot(np.array(_middle(a, b)) - start, axis))
        near = 0.02 * line.height
        if at < near or at > line.width - near:
            moved.append((a, b))
            continue
        gap = _nearest_gap(empty, at * scale, _REACH * line.height * scale)
        clean &= gap is not None
        shift = (gap / scale - at) * axis if gap is not None else np.zeros(2)
        moved.append((_add(a, shift), _add(b, shift)))
    quad: Quad = (moved[0][0], moved[1][0], moved[1][1], moved[0][1])
    return replace(part, quad=quad), clean


def _nearest_gap(empty: npt.NDArray[np.bool_], at: float, reach: float) -> float | None:
    """Middle of the run of empty columns that is nearest to a place."""
    low, high = max(0, int(at - reach)), min(len(empty), int(np.ceil(at + reach)) + 1)
    columns = np.nonzero(empty[low:high])[0] + low
    if not len(columns):
        return None
    runs = np.split(columns, np.nonzero(np.diff(columns) > 1)[0] + 1)
    middles = [(float(run[0]) + float(run[-1]) + 1) / 2 for run in runs]
    return min(middles, key=lambda x: abs(x - at))


def _middle(a: Point, b: Point) -> Point:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def _add(a: Point, shift: npt.NDArray[np.float64]) -> Point:
    return a[0] + float(shift[0]), a[1] + float(shift[1])
