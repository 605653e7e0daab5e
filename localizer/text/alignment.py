"""By which edge a block of text hangs: read from its own lines, its panel, its neighbours and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from localizer.model import Box
from localizer.text.space import Room
from localizer.text.style import LineStyle

_NEAR = 0.25  # of an em: edges and middles that close were meant to be the same
_ALIKE = 0.75, 1.6  # height of a reader's box over that of the ink of a line of the same size
_SMALL = 12  # pixels; boxes of smaller type are no more exact
_ENOUGH = 2  # votes for a side; a list of twenty lines is one thing on the page, not twenty
_MIDDLE = 0.025  # of the image's width, by which a text set on its middle may be off


@dataclass(frozen=True, slots=True)
class Alignment:
    """How a block hangs.

    Attributes:
        side: ``left``, ``center`` or ``right``.
        firm: something else on the page shares that edge or that middle, or the block has several lines.
        alone: the block is one line, no other text of its size stands in a column or a row with it, and
            it does not hang from an edge with several others: a title, free to move where it does not fit.
    """

    side: str
    firm: bool = False
    alone: bool = False


def alignment(styles: Sequence[LineStyle], room: Room, image_width: int, others: Sequence[Box]) -> Alignment:
    """How a block is aligned: by its own lines if there are several, else by its neighbours and its panel.

    Args:
        others: boxes of the image's other texts.
    """
    size = styles[0].size
    if styles[0].angle != 0 and len(styles) == 1:
        return Alignment("center")  # a sticker or a ribbon
    left, right = min(s.ink[0] for s in styles), max(s.ink[2] for s in styles)
    votes = _votes((left, right), size, others)
    middle = (left + right) / 2
    if abs(middle - image_width / 2) < _MIDDLE * image_width:
        votes["center"] += 2
    if len(styles) > 1:
        return Alignment(_of_lines(styles, votes), firm=True)
    if room.panel and abs((left - room.left) - (room.right - right)) < 0.5 * size:
        return Alignment("center", firm=True)
    best = max(("left", "center", "right"), key=lambda k: votes[k])
    shares_edge = best != "center" and votes[best] >= _ENOUGH
    alone = not (room.panel or shares_edge or any(_is_companion(styles[0], b) for b in others))
    if votes[best]:
        return Alignment(best, firm=votes[best] > 0 and not alone, alone=alone)
    # Nothing tells: most type is set from the left. Far on the right it may as well be set from the right,
    # so the middle is the guess that is least wrong.
    return Alignment("left" if middle < 0.66 * image_width else "center", alone=alone)


def _votes(span: tuple[float, float], size: float, others: Sequence[Box]) -> dict[str, int]:
    left, right = span
    middle = (left + right) / 2
    votes = {"left": 0, "center": 0, "right": 0}
    for b in others:
        near = _NEAR * min(size, max(_SMALL, b[3] - b[1]))  # a long list of small print is near by chance
        votes["center"] += abs((b[0] + b[2]) / 2 - middle) < near
        votes["left"] += abs(b[0] - left) < 2 * near
        votes["right"] += abs(b[2] - right) < 2 * near
    return {side: min(count, _ENOUGH) for side, count in votes.items()}


def _of_lines(styles: Sequence[LineStyle], votes: dict[str, int]) -> str:
    """The side on which several lines agree; lines of the same length agree on all, then the page decides."""
    lefts, rights = [s.ink[0] for s in styles], [s.ink[2] for s in styles]
    middles = [(a + b) / 2 for a, b in zip(lefts, rights, strict=True)]
    spreads = {"left": np.ptp(lefts), "center": np.ptp(middles), "right": np.ptp(rights)}
    least = min(float(s) for s in spreads.values())
    close = [k for k, s in spreads.items() if float(s) <= least + 0.1 * styles[0].size]
    # Lines of one length on the very middle of the page are not there by chance.
    return max(close, key=lambda k: (votes[k], k == "center", -float(spreads[k])))


def _is_companion(style: LineStyle, box: Box) -> bool:
    """Whether a text of about the same size stands in a column or a row with a line."""
    u0, v0, u1, v1 = style.ink
    tall, size = v1 - v0, style.size
    if not _ALIKE[0] * tall <= box[3] - box[1] <= _ALIKE[1] * tall:
        return False
    apart = box[0] - u0, box[2] - u1, (box[0] + box[2] - u0 - u1) / 2
    column = min(abs(d) for d in apart) < 2 * _NEAR * size
    row = abs((box[1] + box[3]) / 2 - (v0 + v1) / 2) < _NEAR * size
    return column or row
