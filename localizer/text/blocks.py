"""Which lines belong together: pieces of one line that the reader split, and lines of one block."""

from __future__ import annotations

import math
from collections.abc import Sequence

from localizer.text.lookalikes import is_money_sign
from localizer.text.reading import Quad, TextLine


def _beside(a: TextLine, b: TextLine) -> bool:
    """Whether b stands on the same line as a, right after it."""
    tall, small = max(a.height, b.height), min(a.height, b.height)
    sign = is_money_sign(a.text) or is_money_sign(b.text)  # often set small, beside tall digits
    least, lap = (0.25, 0.35 * tall) if sign else (0.5, 0.3 * small)
    if a.vertical or b.vertical or small < least * tall or abs(a.angle - b.angle) > 12:
        return False
    ax0, ay0, ax1, ay1 = a.box
    bx0, by0, _, by1 = b.box
    overlap_y = min(ay1, by1) - max(ay0, by0)
    return overlap_y > 0.5 * small and -lap <= bx0 - ax1 <= 2.5 * tall and bx0 > ax0


def _below(a: TextLine, b: TextLine) -> bool:
    """Whether b is the next line of the block that a ends: right below it, or the next column."""
    tall, small = max(a.height, b.height), min(a.height, b.height)
    if a.vertical != b.vertical or small < 0.5 * tall or abs(a.angle - b.angle) > 12:
        return False
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    if a.vertical:  # columns go from right to left
        overlap = min(ay1, by1) - max(ay0, by0)
        return overlap > 0.3 * min(ay1 - ay0, by1 - by0) and -0.5 * small < ax0 - bx1 < 1.2 * tall
    if abs(a.angle) > 30:  # the same, seen along the text
        return _below(_level(a, a.angle), _level(b, a.angle))
    overlap = min(ax1, bx1) - max(ax0, bx0)
    return overlap > 0.3 * min(ax1 - ax0, bx1 - bx0) and -0.5 * small < by0 - ay1 < 1.2 * tall


def _level(line: TextLine, angle: float) -> TextLine:
    """A line turned about the origin so that text at an angle runs level."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    a, b, d, e = ((x * c - y * s, x * s + y * c) for x, y in line.quad)
    return TextLine(line.text, (a, b, d, e), line.score)


def follows(a: TextLine, b: TextLine) -> bool:
    """Whether b can be the next piece of the block that a is in: beside it, or right below it."""
    if abs(a.angle) > 30 and abs(a.angle - b.angle) <= 12:
        return follows(_level(a, a.angle), _level(b, a.angle))
    return _beside(a, b) or _below(a, b)


def join_pieces(pieces: Sequence[TextLine]) -> tuple[TextLine, ...]:
    """Lines in reading order, with those joined that stand on one line and were split by the reader."""
    out: list[TextLine] = []
    for piece in pieces:
        if out and _beside(out[-1], piece) and abs(out[-1].angle) <= 12:
            out[-1] = _join(out[-1], piece)
        else:
            out.append(piece)
    return tuple(out)


def _join(a: TextLine, b: TextLine) -> TextLine:
    spaced = ord(a.text[-1:] or " ") < 0x2E80 and ord(b.text[:1] or " ") < 0x2E80
    glue = " " if spaced and not is_money_sign(a.text) else ""
    characters = (*a.characters, *b.characters) if a.characters and b.characters else ()
    quad = hull([a.quad, b.quad], a.angle if a.width > b.width else b.angle)
    return TextLine(f"{a.text}{glue}{b.text}", quad, min(a.score, b.score), characters)


def hull(quads: Sequence[Quad], angle: float) -> Quad:
    """The smallest rectangle at an angle (degrees, counter-clockwise) that holds some quads."""
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    turned = [(x * c - y * s, x * s + y * c) for quad in quads for x, y in quad]
    u0, u1 = min(p[0] for p in turned), max(p[0] for p in turned)
    v0, v1 = min(p[1] for p in turned), max(p[1] for p in turned)
    a, b, d, e = ((u * c + v * s, -u * s + v * c) for u, v in ((u0, v0), (u1, v0), (u1, v1), (u0, v1)))
    return a, b, d, e
