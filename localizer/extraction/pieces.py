"""From lines as the reader cuts them to lines as a person reads them: parted at bars, joined at prices."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from localizer.model import share_inside
from localizer.text.blocks import join_pieces
from localizer.text.locate import piece_of
from localizer.text.lookalikes import is_money_sign
from localizer.text.reading import TextLine

_DIVIDERS = set("|｜¦丨ǀ│")
_LIKE_DIVIDERS = set("1lI/")  # what a bar between two items is read as
_BLANK = 0.9  # heights of blank ground within a line from which its two sides are two texts
_BESIDE_BAR = 0.25  # heights of blank ground on both sides of a divider
_CLOSE = 0.45  # heights between pieces of one line that the reader cut
_CLOSE_SIGN = 0.8  # the same, of a money sign and its digits
_READ_TWICE = 0.7  # share of a piece within another line from which it was read twice
_DIGIT = re.compile(r"\d")


def part(line: TextLine) -> list[TextLine]:
    """A line parted where a divider or a wide blank stands in it.

    Three claims with bars between them are three texts: the bars stay where they are.
    """
    count = len(line.characters)
    if count < 3 or line.vertical or count != len(line.text.replace(" ", "")):
        return [line]
    visible = [c for c in line.text if c != " "]
    ends = [_ends(line, k) for k in range(count)]
    out: list[tuple[int, int]] = []
    start = 0
    for k in range(count):
        if k > start and _gap(ends, k - 1, k) > _BLANK * line.height:
            out.append((start, k))
            start = k
        if 0 < k < count - 1 and _divides(visible, ends, k, line.height):
            if k > start:
                out.append((start, k))
            start = k + 1
    out.append((start, count))
    cuts = [(a, b) for a, b in out if b > a]
    return [line] if cuts == [(0, count)] else [piece_of(line, a, b - 1) for a, b in cuts]


def _ends(line: TextLine, k: int) -> tuple[float, float]:
    """Where a character starts and ends along its line, pixels."""
    a = math.radians(line.angle)
    along = [x * math.cos(a) - y * math.sin(a) for x, y in line.characters[k]]
    return min(along), max(along)


def _gap(ends: Sequence[tuple[float, float]], a: int, b: int) -> float:
    return ends[b][0] - ends[a][1]


def _divides(visible: Sequence[str], ends: Sequence[tuple[float, float]], k: int, height: float) -> bool:
    if visible[k] in _DIVIDERS:
        return True
    if visible[k] not in _LIKE_DIVIDERS:
        return False
    air = _BESIDE_BAR * height
    return _gap(ends, k - 1, k) > air and _gap(ends, k, k + 1) > air


def join(lines: Sequence[TextLine], source_locale: str) -> list[TextLine]:
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
