"""Which way a line stands: level, on its side, on its head, or as a column of upright characters.

The reader reads all of these, but gives every line the quad of a level one. What was read is read again in
each way that is possible, and the way in which it comes out the same is the one in which it stands.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.normalise import fold, similarity
from localizer.text.reading import Quad, TextLine, read_line
from localizer.text.rectify import CELL, cell_cuts, in_a_row, rectify

if TYPE_CHECKING:
    import numpy.typing as npt

TALL = 1.5  # height over width from which the reader takes a quad to be turned
_PAIR = re.compile(r"(?<!\d)\d\d(?!\d)")  # two digits may share one square of a column
_STACKED = 0.7  # least similarity of a column's characters, side by side, to what was read before
_ALIKE = 0.5  # least similarity of a reading to what was read before
_SLANTED = 20.0  # degrees from where the reader's character boxes name their corners in another order


def is_stackable(text: str) -> bool:
    """Whether a text is in a script that is set in columns of upright characters."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and sum(is_ideographic(c) for c in letters) >= 0.5 * len(letters)


def is_ideographic(c: str) -> bool:
    """Han, kana, Hangul and their punctuation and full-width forms: upright in a column."""
    return "\u1100" <= c <= "\u11ff" or "\u2e80" <= c <= "\ud7ff" or "\uf900" <= c <= "\uffef"


def _ideographs(text: str) -> str:
    return "".join(c for c in text if c.isalpha() and is_ideographic(c))


def turn_quad(quad: Quad, quarters: int) -> Quad:
    """The same quad, its corners named for text that is turned clockwise by so many right angles."""
    a, b, c, d = (quad[(i + quarters) % 4] for i in range(4))
    return a, b, c, d


def settle_tall(rgb: npt.NDArray[np.uint8], line: TextLine) -> TextLine:
    """A line whose quad is tall, as it stands: a column, or turned to either side.

    Args:
        rgb: H x W x 3 uint8.
        line: as the reader gave it, with the quad's corners in the order of level text.
    """
    count = len(fold(line.text))
    visible = sum(c != " " for c in line.text)
    if count < 2 or _proportion(line.quad) < TALL:
        return line
    ways: list[tuple[float, int, TextLine]] = []
    if is_stackable(line.text):
        column = rectify(rgb, line.quad, 0.0, height=CELL * _proportion(line.quad))
        inked = column[slice(*_inked_rows(column))]
        for cells in sorted({visible, visible - 1, len(_PAIR.sub("0", line.text.replace(" ", "")))}):
            if inked.shape[0] > cells:
                text, score = read_line(in_a_row(inked, cell_cuts(inked, cells)))
                # Numbers and Latin in a column may stand otherwise: its own characters tell.
                alike = similarity(_ideographs(text), _ideographs(line.text))
                if alike >= _STACKED and score >= _ALIKE:  # of characters on their side next to none is read
                    return replace(line, vertical=True)
    for quarters in (1, 3):
        turned = turn_quad(line.quad, quarters)
        text, score = read_line(rectify(rgb, turned, 0.05))
        if similarity(text, line.text) >= _ALIKE:
            ways.append((score * similarity(text, line.text), quarters, replace(line, quad=turned)))
    if not ways:
        return line
    _, quarters, best = max(ways, key=lambda w: w[0])
    return replace(best, characters=_turned_characters(line, quarters))


def settle_level(rgb: npt.NDArray[np.uint8], line: TextLine) -> TextLine:
    """A line whose quad is wide, as it stands: level, or on its head."""
    if line.vertical or len(fold(line.text)) < 2 or _proportion(line.quad) >= TALL:
        return line
    if abs(line.angle) > _SLANTED:
        line = replace(line, characters=tuple(_named(c, line.angle) for c in line.characters))
    upright, sure = read_line(rectify(rgb, line.quad, 0.05))
    if similarity(upright, line.text) * sure >= 0.8:
        return line
    turned = turn_quad(line.quad, 2)
    text, score = read_line(rectify(rgb, turned, 0.05))
    if similarity(text, line.text) * score <= similarity(upright, line.text) * sure + 0.1:
        return line
    return replace(line, quad=turned, characters=_turned_characters(line, 2))


def stack(lines: Sequence[TextLine]) -> TextLine | None:
    """Single characters below one another as one column, or None if they are no column."""
    if len(lines) < 2 or any(len(x.text.strip()) != 1 or not is_ideographic(x.text.strip()) for x in lines):
        return None
    boxes = [x.box for x in lines]
    size = float(np.median([max(b[2] - b[0], b[3] - b[1]) for b in boxes]))
    middles = [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in boxes]
    steps = np.diff([y for _, y in middles])
    if np.ptp([x for x, _ in middles]) > 0.4 * size or steps.min() < 0.7 * size or steps.max() > 3 * size:
        return None
    x0, y0 = min(b[0] for b in boxes), min(b[1] for b in boxes)
    x1, y1 = max(b[2] for b in boxes), max(b[3] for b in boxes)
    quads: list[Quad] = [x.quad for x in lines]
    return TextLine(
        "".join(x.text.strip() for x in lines),
        ((x0, y0), (x1, y0), (x1, y1), (x0, y1)),
        min(x.score for x in lines),
        tuple(quads),
        vertical=True,
    )


def _proportion(quad: Quad) -> float:
    """Height over width."""
    q = np.array(quad, np.float64)
    wide = float(np.linalg.norm(q[1] - q[0]) + np.linalg.norm(q[2] - q[3]))
    tall = float(np.linalg.norm(q[3] - q[0]) + np.linalg.norm(q[2] - q[1]))
    return tall / max(1e-6, wide)


def _inked_rows(column: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """First and last row with anything but ground: the reader's quads are generous at the ends."""
    grey = column.astype(np.float32).mean(2)
    busy = np.ptp(grey, axis=1)
    rows = np.nonzero(busy > 0.35 * float(np.percentile(busy, 90)))[0]
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, len(busy))


def _turned_characters(line: TextLine, quarters: int) -> tuple[Quad, ...]:
    """Character boxes, with corners named and in the order of the turned text.

    The reader turns a tall quad to the left, and on its head where that reads better, but lays the boxes
    along the quad as if it had not.
    """
    if quarters == 0:
        return line.characters
    quad = turn_quad(line.quad, quarters)
    angle = replace(line, quad=quad).angle
    cx = sum(p[0] for p in quad) / 4
    cy = sum(p[1] for p in quad) / 4
    out = []
    for box in line.characters:
        a, b, c, d = ((2 * cx - x, 2 * cy - y) for x, y in box) if quarters in (2, 3) else box
        out.append(_named((a, b, c, d), angle))
    return tuple(out)


def _named(quad: Quad, angle: float) -> Quad:
    """A character's box with its corners in the order of the line's: the top left one first."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    along = [(x * c - y * s) + (x * s + y * c) for x, y in quad]
    return turn_quad(quad, along.index(min(along)))


def reread(rgb: npt.NDArray[np.uint8], line: TextLine, margin: float) -> tuple[str, float]:
    """One line read again by itself, as it stands: text and confidence.

    Args:
        margin: around it, as a share of its height.
    """
    if not line.vertical:
        return read_line(rectify(rgb, line.quad, margin))
    column = rectify(rgb, line.quad, 0.0, height=CELL * _proportion(line.quad))
    inked = column[slice(*_inked_rows(column))]
    count = max(1, sum(c != " " for c in line.text))
    return read_line(in_a_row(inked, cell_cuts(inked, count)) if len(inked) > count else column)
