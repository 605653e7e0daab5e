"""From lines as the reader cuts them to lines as a person reads them: parted at bars, joined at prices."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.extraction.measuring import apart_from_ground
from localizer.model import share_inside
from localizer.text.blocks import join_pieces
from localizer.text.locate import piece_of
from localizer.text.lookalikes import is_money_sign
from localizer.text.reading import Quad, TextLine
from localizer.text.rectify import rectify

if TYPE_CHECKING:
    import numpy.typing as npt

_DIVIDERS = set("|｜¦丨ǀ│")
_LIKE_DIVIDERS = set("1lI/")  # what a bar between two items is read as
_BLANK = 0.9  # heights of blank ground within a line from which its two sides are two texts ...
_BLANK_LATIN = 2.0  # ... and where words are spaced, and justified
_THIN = 0.2  # heights that a bar is wide at most
_AS_TALL = 0.9  # share of the line's ink that it is tall
_SAMPLE = 48  # pixels to which a line is scaled to look for one
_BESIDE_BAR = 0.2  # heights of blank ground on both sides of a divider
_CLOSE = 0.45  # heights between pieces of one line that the reader cut
_CLOSE_SIGN = 0.8  # the same, of a money sign and its digits
_READ_TWICE = 0.7  # share of a piece within another line from which it was read twice
_DIGIT = re.compile(r"\d")


def part(rgb: npt.NDArray[np.uint8], line: TextLine) -> list[TextLine]:
    """A line parted where a divider or a wide blank stands in it.

    Three claims with bars between them are three texts: the bars stay where they are.

    Args:
        rgb: H x W x 3 uint8.
    """
    line = _without_bars(line)
    count = len(line.characters)
    if count < 3 or line.vertical or count != len(line.text.replace(" ", "")):
        return [line]
    visible = [c for c in line.text if c != " "]
    ends = [_ends(line, k) for k in range(count)]
    out: list[tuple[int, int]] = []
    start = 0
    for k in range(count):
        if k > start and _gap(ends, k - 1, k) > _blank(visible[k - 1], visible[k]) * line.height:
            out.append((start, k))
            start = k
        middle = sum(ends[k]) / 2 - _along(line.quad, line.angle)[0]
        if 0 < k < count - 1 and (
            visible[k] in _DIVIDERS
            or (visible[k] in _LIKE_DIVIDERS and _is_bar(rgb, line, middle, visible[k] == "1"))
        ):
            if k > start:
                out.append((start, k))
            start = k + 1
    out.append((start, count))
    cuts = [(a, b) for a, b in out if b > a]
    return [line] if cuts == [(0, count)] else [piece_of(line, a, b - 1) for a, b in cuts]


def _without_bars(line: TextLine) -> TextLine:
    """A line without the bars at its ends: a frame's, or a divider's."""
    text = line.text.strip("".join(_DIVIDERS) + " ")
    return line if text == line.text or line.characters or not text else replace(line, text=text)


def _blank(a: str, b: str) -> float:
    return _BLANK_LATIN if max(a, b) < "\u0250" else _BLANK


def _ends(line: TextLine, k: int) -> tuple[float, float]:
    """Where a character starts and ends along its line, pixels."""
    return _along(line.characters[k], line.angle)


def _along(quad: Quad, angle: float) -> tuple[float, float]:
    a = math.radians(angle)
    along = [x * math.cos(a) - y * math.sin(a) for x, y in quad]
    return min(along), max(along)


def _gap(ends: Sequence[tuple[float, float]], a: int, b: int) -> float:
    return ends[b][0] - ends[a][1]


def _is_bar(rgb: npt.NDArray[np.uint8], line: TextLine, middle: float, tall: bool) -> bool:
    """Whether what was read as a letter is a thin stroke with air on both sides.

    Args:
        middle: of the letter, pixels from the start of the line.
        tall: it must be as tall as the line, too: figures are not.
    """
    crop = rectify(rgb, line.quad, 0.0, height=_SAMPLE, upscale=True)
    ink = apart_from_ground(crop)
    scale = crop.shape[0] / max(1.0, line.height)
    at, reach, air = middle * scale, round(0.5 * _SAMPLE), round(_BESIDE_BAR * _SAMPLE)
    columns = ink.sum(0) > 1
    edges = np.flatnonzero(np.diff(np.concatenate([[0], columns.astype(np.int8), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if abs((first + last) / 2 - at) > reach or last - first > _THIN * _SAMPLE:
            continue
        if columns[max(0, first - air) : first].any() or columns[last : last + air].any():
            continue
        rows, all_rows = np.flatnonzero(ink[:, first:last].any(1)), np.flatnonzero(ink.any(1))
        return not tall or len(rows) >= _AS_TALL * (all_rows[-1] - all_rows[0] + 1)
    return False


def join(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines with those joined that the reader cut within a word or a price."""
    left = sorted(lines, key=lambda line: line.box[0])
    out: list[TextLine] = []
    while left:
        line = left.pop(0)
        while True:
            after = next((other for other in left if _continues(line, other)), None)
            if after is None:
                break
            joined = join_pieces([_with_sign(line), after])
            if len(joined) != 1:
                break
            left.remove(after)
            line = joined[0]
        out.append(line)
    out = [line for line in out if not any(_is_rest_of(line, other) for other in out)]
    return [_with_sign(line) if _stands_before_price(line, lines) else line for line in out]


def _is_rest_of(line: TextLine, other: TextLine) -> bool:
    """Whether a piece lies within a longer line that was read as well: a part read twice."""
    inside = share_inside(line.box, other.box) > _READ_TWICE
    return other is not line and inside and len(other.text) > len(line.text)


def _continues(a: TextLine, b: TextLine) -> bool:
    if a.vertical or b.vertical or abs(a.angle - b.angle) > 12:
        return False
    sign = is_money_sign(a.text)
    if sign and not b.text[:1].isdigit():
        return False
    tall, small = max(a.height, b.height), min(a.height, b.height)
    (_, ay0, ax1, ay1), (bx0, by0, _, by1) = a.box, b.box
    overlap = min(ay1, by1) - max(ay0, by0)
    if overlap < 0.6 * small or (small < 0.8 * tall and not sign):
        return False
    return -0.3 * tall <= bx0 - ax1 <= (_CLOSE_SIGN * tall if sign else _CLOSE * small)


def _stands_before_price(line: TextLine, lines: Sequence[TextLine]) -> bool:
    """Whether a piece is the money sign of a price farther along its row."""
    if not is_money_sign(line.text):
        return False
    _, y0, x1, y1 = line.box
    return any(
        _DIGIT.search(other.text)
        and min(y1, other.box[3]) - max(y0, other.box[1]) > 0.5 * line.height
        and 0 <= other.box[0] - x1 <= 3 * line.height
        for other in lines
    )


def _with_sign(line: TextLine) -> TextLine:
    """A money sign as what it is, where the reader took it for an ideograph."""
    return replace(line, text="¥") if line.text.strip() in {"夫", "半", "羊", "Y", "￥"} else line
