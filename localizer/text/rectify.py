"""A line of text, cut out of an image and set upright: turned, in perspective or in a column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

CELL = 64  # pixels across a column that is read
_ROW_MARGIN = 0.1
READING_HEIGHT = 96  # pixels; readers work at about 48, and taller type is read no better, only slower


def rectify(
    rgb: npt.NDArray[np.uint8],
    corners: Sequence[tuple[float, float]],
    margin: float,
    *,
    height: float = READING_HEIGHT,
    upscale: bool = False,
) -> npt.NDArray[np.uint8]:
    """A quad as an upright rectangle, with a margin.

    Args:
        rgb: H x W x 3 uint8.
        corners: top left, top right, bottom right, bottom left of the text, in image pixels.
        margin: share of its shorter side, added on every side (2 px at least).
        height: the result is shrunk to this height, in pixels, if it is taller,
        upscale: and blown up to it, if it is less tall.
    """
    import cv2

    quad = np.array(corners, np.float64)
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)  # top, right, bottom, left
    wide, tall = float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2
    if wide < 1 or tall < 1:
        return np.full((8, 8, 3), 255, np.uint8)
    m = max(2.0, margin * min(wide, tall))
    scale = height / tall if upscale or tall > height else 1.0
    size = (max(1, round((wide + 2 * m) * scale)), max(1, round((tall + 2 * m) * scale)))
    a, b, c, d = m * scale, m * scale, (m + wide) * scale, (m + tall) * scale
    target = np.array([[a, b], [c, b], [c, d], [a, d]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    flags = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpPerspective(rgb, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def rectify_column(
    rgb: npt.NDArray[np.uint8], corners: Sequence[tuple[float, float]], margin: float, text: str
) -> npt.NDArray[np.uint8]:
    """A column as a line that can be read.

    With a wide margin the column is laid on its left side, where readers of Chinese and Japanese know it and
    Latin words in it come upright; with a small one its characters are put side by side.
    """
    sides = np.linalg.norm(np.roll(np.array(corners, np.float64), -1, axis=0) - corners, axis=1)
    tall = float(sides[1] + sides[3]) / max(1e-6, float(sides[0] + sides[2]))
    column = rectify(rgb, corners, margin, height=CELL * tall)
    count = sum(not c.isspace() for c in text)
    if margin > _ROW_MARGIN or column.shape[0] <= count:
        return np.ascontiguousarray(np.rot90(column))
    return in_a_row(column, cell_cuts(column, count))


def in_a_row(
    column: npt.NDArray[np.uint8], cuts: Sequence[int], *, gap: float = 0.04
) -> npt.NDArray[np.uint8]:
    """The characters of an upright column, side by side, so that they read as a line.

    Args:
        column: H x W x 3 uint8.
        cuts: rows between the characters, ascending, with the first and the last row.
        gap: repeated ground between two characters, as a share of the width.
    """
    width = column.shape[1]
    space = max(1, round(gap * width))
    cells = []
    for top, bottom in itertools.pairwise(cuts):
        cell = column[top:bottom]
        tall = cell.shape[0]
        if tall < width:  # a flat character (一) keeps its place in a square
            above = (width - tall) // 2
            cell = np.pad(cell, ((above, width - tall - above), (0, 0), (0, 0)), mode="edge")
        elif tall > width:
            start = (tall - width) // 2
            cell = cell if tall < 1.25 * width else cell[start : start + width]
        cells.append(cell)
    height = max(c.shape[0] for c in cells)
    padded = []
    for cell in cells:
        above = (height - cell.shape[0]) // 2
        sides = ((above, height - cell.shape[0] - above), (space, space), (0, 0))
        padded.append(np.pad(cell, sides, mode="edge"))
    return np.ascontiguousarray(np.concatenate(padded, axis=1))


def cell_cuts(column: npt.NDArray[np.uint8], count: int) -> list[int]:
    """Rows that part a column into so many characters: near equal steps, where there is least ink.

    Args:
        column: H x W x 3 uint8, one column of upright characters, cut close at its top and bottom.
    """
    grey = column.astype(np.float32).mean(2)
    busy = np.abs(grey - np.median(grey, axis=1, keepdims=True)).mean(1)  # what a row differs within itself
    height = len(busy)
    step = height / count
    cuts = [0]
    for k in range(1, count):
        middle = k * step
        low, high = max(cuts[-1] + 1, round(middle - 0.3 * step)), min(height - 1, round(middle + 0.3 * step))
        rows = np.arange(low, max(low + 1, high))
        cost = busy[rows] + 0.15 * busy.max() * ((rows - middle) / (0.3 * step)) ** 2
        cuts.append(int(rows[cost.argmin()]))
    return [*cuts, height]
