"""Changing a price or a date where nothing but one number changes: its sign and unit stay as they stand.

Signs and units are often set smaller, lighter or in another face than the digits. Where the new number is
as long as the old one, they need not be touched, and what is not touched is right.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from localizer.text.locate import Found, piece_of
from localizer.text.normalise import fold
from localizer.text.parting import cut_in_gaps
from localizer.text.reading import TextLine

if TYPE_CHECKING:
    import numpy.typing as npt
    from numpy import uint8

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_BETWEEN = 0.5  # heights by which the reader's generous boxes of two pieces may overlap


def changed_number(text: str, replacement: str) -> tuple[str, str] | None:
    """The number that changes and what it becomes, if all else stays and both are equally long; else None."""
    old, new = _NUMBER.findall(text), _NUMBER.findall(replacement)
    changed = [(a, b) for a, b in zip(old, new, strict=False) if a != b]
    if len(old) != len(new) or len(changed) != 1 or len(changed[0][0]) != len(changed[0][1]):
        return None
    if fold(_NUMBER.sub("#", text)) != fold(_NUMBER.sub("#", replacement)) or old.count(changed[0][0]) != 1:
        return None
    around = fold(_NUMBER.sub("", text))
    return changed[0] if around else None


def narrowed(rgb: npt.NDArray[uint8], found: Found, number: str) -> Found | None:
    """The same place, reduced to a number in it; None where it cannot be parted from what stays.

    Args:
        rgb: H x W x 3 uint8.
        number: as it is read there, once.
    """
    pieces = found.pieces or found.lines
    if len(found.lines) != 1 or found.lines[0].vertical:
        return None
    holders = [p for p in pieces if number in p.text.replace(" ", "")]
    if len(holders) != 1:
        return None
    piece = holders[0]
    visible = piece.text.replace(" ", "")
    first = visible.index(number)
    last = first + len(number) - 1
    rest: tuple[TextLine, ...] = ()
    others = tuple(p for p in pieces if p is not piece)
    if (first, last) == (0, len(visible) - 1):
        part = piece
    else:
        if len(piece.characters) != len(visible):
            return None
        part, parted = cut_in_gaps(rgb, piece, piece_of(piece, first, last))
        if not parted:
            return None
        sides = ((0, first - 1), (last + 1, len(visible) - 1))
        rest = tuple(piece_of(piece, a, b) for a, b in sides if a <= b)
    if not (others or rest) or _covered(part, others):
        return None
    return replace(found, lines=(part,), partial=True, rest=(*found.rest, *rest, *others), parted=True)


def _covered(part: TextLine, others: tuple[TextLine, ...]) -> bool:
    """Whether the number lies over another piece by more than the reader's generous boxes do."""
    x0, _, x1, _ = part.box
    for other in others:
        a, _, b, _ = other.box
        if min(x1, b) - max(x0, a) > _BETWEEN * part.height:
            return True
    return False
