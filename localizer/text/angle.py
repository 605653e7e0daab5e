"""The angle at which a block of text runs: believed as far as the reader's quads can know it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from localizer.text.reading import TextLine
from localizer.text.style import snap_angle

_CORNER = 3.0  # pixels by which a corner of a quad may be off
_LOOSE = 0.1  # the same, as a share of the line's height: it follows the letters, not the em square
_WIDE = 2.0  # width over height from which one line is evidence of an angle


def block_angle(lines: Sequence[TextLine], others: Sequence[TextLine] = ()) -> float:
    """Reading angle of a block, degrees counter-clockwise; 0 and right angles where it may be just that.

    The quad around one or two characters follows their strokes: it can be off by ten degrees. Such a block
    takes the angle of the image's other lines, if they agree, and is else taken to stand level.

    Args:
        lines: of the block, at least one.
        others: the image's other lines.
    """
    angle = _mean(lines)
    widest = max(lines, key=lambda line: line.width)
    error = math.degrees(math.atan2(max(_CORNER, _LOOSE * widest.height), max(1.0, widest.width)))
    level = 90.0 * round(angle / 90.0)
    if abs(angle - level) < error:
        return snap_angle(level)
    if widest.width >= _WIDE * widest.height:
        return snap_angle(angle)
    wide = [line for line in others if line.width >= _WIDE * line.height]
    near = [line for line in wide if abs(line.angle - angle) < 10.0]
    if near and len(near) * 2 >= len(wide):
        return snap_angle(_mean(near))
    return snap_angle(level) if abs(angle - level) < 20.0 else snap_angle(angle)


def _mean(lines: Sequence[TextLine]) -> float:
    """Mean angle; long lines know it best."""
    weights = [max(1.0, line.width) for line in lines]
    x = sum(w * math.cos(math.radians(line.angle)) for w, line in zip(weights, lines, strict=True))
    y = sum(w * math.sin(math.radians(line.angle)) for w, line in zip(weights, lines, strict=True))
    return math.degrees(math.atan2(y, x))
