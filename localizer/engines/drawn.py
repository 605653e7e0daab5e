"""Text that a model draws: how much room it is given, and where it turned out to stand."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Box, CheckResult, CheckStatus, Edit, share_inside
from localizer.text.locate import Found, find_text
from localizer.text.normalise import fold
from localizer.text.plate import as_written, erase_text
from localizer.text.reading import TextLine, read_crop
from localizer.text.regions import bounds, polygon
from localizer.text.space import measure_room

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]

_MARGIN = 0.25  # heights around old and new text that belong to the edit area: outlines, shadows
_LEVEL = 2.0  # degrees up to which a text may be given room to the sides
_NARROW, _SPACE = 0.55, 0.3  # advances in heights; an ideograph has 1
_SLACK = 1.1  # a model does not keep the width that a font would
_SURE = 0.5  # confidence from which anything read beside the new text counts


def area_of_text(
    rgb: UInt8Array,
    found: Found,
    replacement: str,
    *,
    staying: Sequence[TextLine],
    faces: Sequence[Box],
) -> BoolArray:
    """Where a model may draw: old and new text with a margin, and nothing of other texts and faces.

    Args:
        staying: lines that must not change.
    """
    shape = rgb.shape[0], rgb.shape[1]
    out = np.zeros(shape, np.bool_)
    for line in found.lines:
        out |= polygon(shape, line.quad, grow=_MARGIN * line.height)
    if abs(found.lines[0].angle) <= _LEVEL and not found.lines[0].vertical:
        x0, y0, x1, y1 = _widened(rgb, found, replacement, [*(line.box for line in staying), *faces])
        out[y0:y1, x0:x1] = True
    for line in staying:
        out &= ~polygon(shape, line.quad, grow=1)
    for a, b, c, d in faces:
        out[max(0, b) : d, max(0, a) : c] = False
    return out


def _widened(rgb: UInt8Array, found: Found, replacement: str, obstacles: Sequence[Box]) -> Box:
    """The box of a text, widened to both sides for a longer one as far as there is room."""
    x0, y0, x1, y1 = found.box
    longest = max((advance(line.text) for line in found.lines), default=1.0)
    wanted = max(advance(part) for part in (replacement.split("\n") or [""]))
    extra = max(0.0, _SLACK * wanted / max(1.0, longest) - 1.0) * (x1 - x0) / 2
    margin = _MARGIN * found.height
    room = measure_room(rgb, found.box, height=found.height, obstacles=obstacles, plain=False)
    return (
        max(0, int(min(x0, max(room.left, x0 - extra - margin)))),
        max(0, int(min(y0, max(room.top, y0 - margin)))),
        min(rgb.shape[1], int(np.ceil(max(x1, min(room.right, x1 + extra + margin))))),
        min(rgb.shape[0], int(np.ceil(max(y1, min(room.bottom, y1 + margin))))),
    )


def advance(text: str) -> float:
    """About how long a line is, in heights of its type."""
    widths = (
        _SPACE if c.isspace() else 1.0 if unicodedata.east_asian_width(c) in "WF" else _NARROW
        for c in text
        if not unicodedata.combining(c)
    )
    return sum(widths)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Text that a model drew.

    Attributes:
        plate: H x W x 3 uint8, the image with that text taken off again, as far as it was found.
        findings: what a person has to look at.
    """

    placement: Placement
    plate: UInt8Array
    findings: tuple[CheckResult, ...] = ()


def find_drawn(
    rgb: UInt8Array,
    mask: BoolArray,
    edit: Edit,
    *,
    locale: str,
    source_box: Box | None,
    height: float,
    stayed: tuple[TextLine, ...] = (),
) -> Drawn:
    """Find and measure the text that was asked for, in the area where the model could draw.

    Args:
        rgb: H x W x 3 uint8, the edited image.
        mask: H x W bool, the edit area.
        height: of the type that was there, pixels.
        stayed: what stays, on purpose, of the lines that the source text stood in.
    """
    box = bounds(mask)
    lines = [x for x in read_crop(rgb, box, line_height=height) if share_inside(x.box, box) > 0.5]
    lines = [x for x in lines if not any(share_inside(x.box, s.box) > 0.5 for s in stayed)]
    found = next(iter(find_text(edit.replacement, lines)), None)
    written = as_written(found.lines, edit.replacement) if found else ()
    if found is None or fold("".join(written)) != fold(edit.replacement):
        # Reading the whole area back will say what stands there instead.
        placement = Placement(
            edit,
            source_box=source_box,
            box=box,
            lines=(edit.replacement,),
            line_boxes=(box,),
            stayed=stayed,
            typeset=False,
            note="drawn by the model; not found by itself",
        )
        return Drawn(placement, rgb.copy())
    plate, hole = rgb.copy(), np.zeros(mask.shape, np.bool_)
    others = [x for x in lines if x not in found.lines]
    erased = erase_text(rgb, plate, hole, found, locale=locale, others=others, wanted=edit.replacement)
    findings = [
        CheckResult("text_correct", CheckStatus.UNDECIDED, detail=f"beside it the model drew “{x.text}”")
        for x in others
        if x.score >= _SURE and not found.rest
    ]
    findings += [
        CheckResult("text_correct", CheckStatus.UNDECIDED, detail=f"with it the model drew “{x.text}”")
        for x in found.rest
        if fold(x.text) and not any(fold(x.text) in fold(s.text) for s in stayed)
    ]
    styles = erased.styles
    if not styles:
        detail = f"the type that the model drew for “{edit.replacement}” could not be measured"
        findings.append(CheckResult("legible", CheckStatus.UNDECIDED, detail=detail))
    angle = found.lines[0].angle
    upright = abs(angle) <= _LEVEL and len(styles) == len(found.lines)
    placement = Placement(
        edit,
        source_box=source_box,
        box=erased.box,
        lines=written,
        line_boxes=tuple(_ink(s.ink) for s in styles) if upright else tuple(x.box for x in found.lines),
        angle=styles[0].angle if styles else angle,
        colour=styles[0].colour if styles else None,
        background=erased.ground,
        scale=found.height / height if source_box is not None else 1.0,
        corners=tuple(x.quad for x in found.lines),
        vertical=found.lines[0].vertical,
        stayed=stayed,
        typeset=False,
        note="drawn by the model",
        outline=erased.effects.outline.colour if erased.effects.outline else None,
        shadow=erased.effects.shadow.colour if erased.effects.shadow else None,
    )
    return Drawn(placement, plate, tuple(findings))


def _ink(ink: tuple[float, float, float, float]) -> Box:
    return int(ink[0]), int(ink[1]), int(np.ceil(ink[2])), int(np.ceil(ink[3]))
