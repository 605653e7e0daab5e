"""A column of characters, as Chinese and Japanese are also set, laid level for a reader of lines."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.shaping import clusters

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

_TURNED = frozenset("ー—–-〜～…‥（）()「」『』【】〈〉《》")  # drawn a quarter turn clockwise in a column
_INK_OF_EM = 0.9  # height of a character's ink: the column is that much shorter than its cells
_SEARCH = 0.2  # share of a cell within which a cut may move to where there is least ink


def lay_level(column: UInt8Array, text: str, colour: tuple[int, int, int], margin: float) -> UInt8Array:
    """The characters of a column side by side.

    Args:
        column: H x W x 3 uint8, upright, with a margin around its ink.
        text: what should stand there; tells how many characters, and which of them are turned.
        colour: fill colour of the type.
        margin: of the column's image, in pixels.
    """
    characters = [c for c in clusters(text) if not c.isspace()]
    height, width = column.shape[:2]
    deep = max(1.0, height - 2 * margin)
    pitch = deep / max(0.5, len(characters) - 1 + _INK_OF_EM)
    distance = np.abs(column.astype(np.int16) - np.array(colour, np.int16)).sum(2)
    ink = (distance < 0.5 * max(24.0, float(np.percentile(distance, 75)))).sum(1).astype(np.float32)
    cuts = [0]
    for n in range(1, len(characters)):
        middle = margin + (n - 0.5 * (1 - _INK_OF_EM)) * pitch
        first = max(cuts[-1] + 1, round(middle - _SEARCH * pitch))
        last = max(first + 1, min(height, round(middle + _SEARCH * pitch) + 1))
        window = ink[first:last]
        if not len(window):
            break
        best = np.flatnonzero(window <= window.min() + 0.5)
        cuts.append(first + int(best[np.abs(best + first - middle).argmin()]))
    cuts.append(height)
    side = max(width, round(pitch), *(b - a for a, b in pairwise(cuts)))
    cells = [
        _square(column[a:b], side, turned=c in _TURNED)
        for (a, b), c in zip(pairwise(cuts), characters, strict=False)
    ]
    return np.ascontiguousarray(np.concatenate(cells, axis=1)) if cells else column


def _square(cell: UInt8Array, side: int, *, turned: bool) -> UInt8Array:
    """A cell as tall as the line, turned back if need be, with its own rim as ground."""
    import cv2

    upright = np.ascontiguousarray(np.rot90(cell)) if turned else cell
    spare = max(0, side - upright.shape[0])
    above = spare // 2
    padded = cv2.copyMakeBorder(upright, above, spare - above, 0, 0, cv2.BORDER_REPLICATE)
    return np.asarray(padded[:side], np.uint8)
