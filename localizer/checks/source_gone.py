"""Check `source_text_gone`: neither the source text nor a part of it can be read where it stood.

Where the plate is known (the image without the new type), that is what is read: nothing hides there behind
new words, and an empty place costs little to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.checks.remains import SHADE, STAIN, knows_type, letter_left, shade_of, stain_of
from localizer.engines.base import Placement
from localizer.images.fidelity import differing
from localizer.model import Box, CheckResult, CheckStatus, share_inside
from localizer.text.normalise import fold, similarity
from localizer.text.reading import TextLine, read_crop

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

NAME = "source_text_gone"
STILL_THERE = 0.8
_PART_SURE = 0.6  # the reader's confidence from which a part of the text counts
_WORD, _IDEOGRAPHS = 4, 2  # letters, or ideographs, from which a part is no coincidence
_EFFECT = 0.35  # share of a line's height that outlines, shadows and glows may reach beyond its ink


def check_source_text_gone(
    rgb: UInt8Array,
    placements: Sequence[Placement],
    *,
    source_rgb: UInt8Array | None = None,
    plate: UInt8Array | None = None,
    lines: Sequence[TextLine] = (),
) -> CheckResult:
    """Read every place where text was taken off.

    Args:
        rgb: H x W x 3 uint8, the candidate.
        source_rgb: H x W x 3 uint8; strokes that no reader makes out are looked for too, if it is given.
        plate: H x W x 3 uint8, the candidate before type was set, if the engine has one.
        lines: what was read on the source; those that no edit touched may still be read.

    Failed: a whole text or line of it is there. Undecided: a part of it may be.
    `value` is the highest similarity of anything read there with the source text.
    """
    worst, failed, doubts = 0.0, list[str](), list[str]()
    own = [p.source_box for p in placements if p.source_box is not None]
    staying = [line for line in lines if not any(share_inside(line.box, box) > 0.5 for box in own)]
    staying += [piece for p in placements for piece in p.stayed]
    page = plate if plate is not None and _only_type_differs(rgb, plate, placements) else rgb
    new = [line for p in placements for line in p.lines] if page is rgb else []
    for p in placements:
        if p.source_box is None or (p.edit.text == "*" and p.lines):
            continue
        source = p.edit.text
        if source != "*" and not fold(source):
            continue
        read = [line for line in _read_around(page, p, lines) if not _stays(line, staying)]
        if source == "*":
            if left := _anything(read, p.source_box, new):
                worst = 1.0
                failed.append(f"“{left}” can still be read where all text was to go")
            continue
        inside = [line.text for line in read if share_inside(line.box, p.source_box) > 0.3]
        whole, found = _pieces_left(source, inside, p, explained=page is rgb)
        worst = max(worst, whole)
        failed += found
        if found:
            continue
        if part := _part_left(source, read, new):
            doubts.append(f"“{part}” of “{source}” may still be there")
        elif source_rgb is None or plate is None or not knows_type(source_rgb, p):
            continue
        elif letter_left(source_rgb, plate, p, staying):
            doubts.append(f"a letter of “{source}” may still be there")
        elif (shade := shade_of(source_rgb, plate, p)) > SHADE:
            doubts.append(f"a shade of “{source}” may still show ({shade:.0%} of its contrast)")
        elif (stain := stain_of(plate, source_rgb, p.source_box)) > STAIN:
            doubts.append(f"the place of “{source}” may show ({stain:.0f} levels off its ground)")
    status = CheckStatus.FAILED if failed else CheckStatus.UNDECIDED if doubts else CheckStatus.PASSED
    return CheckResult(
        NAME, status, round(worst, 3), STILL_THERE, "; ".join(dict.fromkeys([*failed, *doubts]))
    )


def _only_type_differs(rgb: UInt8Array, plate: UInt8Array, placements: Sequence[Placement]) -> bool:
    """Whether the candidate is the plate in every pixel that is not near new type."""
    if rgb.shape != plate.shape:
        return False
    apart = differing(rgb, plate)
    for p in placements:
        for x0, y0, x1, y1 in p.line_boxes:
            m = max(4, round(_EFFECT * min(x1 - x0, y1 - y0)))
            apart[max(0, y0 - m) : max(0, y1 + m), max(0, x0 - m) : max(0, x1 + m)] = False
    return not apart.any()


def _read_around(page: UInt8Array, placement: Placement, lines: Sequence[TextLine]) -> list[TextLine]:
    """What is read in a text's place and a line's height beside it, where a reader may have cut it short."""
    box = placement.source_box
    assert box is not None  # noqa: S101 - asked by the caller
    heights = [line.height for line in lines if share_inside(line.box, box) > 0.5]
    tall = float(np.median(heights)) if heights else float(min(box[2] - box[0], box[3] - box[1]))
    reach = 0.8 * tall
    wide = (round(box[0] - reach), box[1], round(box[2] + reach), box[3])
    return [line for line in read_crop(page, wide, line_height=tall) if line.score >= 0.3]


def _stays(line: TextLine, staying: Sequence[TextLine]) -> bool:
    """Whether a reading is of a line that no edit touched, or of a part of it at the crop's edge."""
    return any(
        share_inside(line.box, other.box) > 0.5
        and (similarity(line.text, other.text) > 0.5 or fold(line.text) in fold(other.text))
        for other in staying
    )


def _anything(read: Sequence[TextLine], box: Box, new: Sequence[str]) -> str:
    """Text that is read inside a box and was not set by any edit."""
    for line in read:
        if line.score < 0.5 or share_inside(line.box, box) < 0.6 or not fold(line.text):
            continue
        if all(similarity(line.text, text) < STILL_THERE for text in new):
            return line.text
    return ""


def _pieces_left(
    source: str, read: Sequence[str], placement: Placement, *, explained: bool
) -> tuple[float, list[str]]:
    """Highest similarity of a reading with the text or one of its lines, and which of them are there.

    Args:
        explained: what is read may be the new text, which may resemble the old: a price with a digit changed.
    """
    target = placement.edit.replacement
    if explained and fold(source) in fold(target):
        return 0.0, []
    texts = [*read, "".join(read)]
    worst, found = 0.0, []
    for piece in (source, *(part for part in source.split("\n") if len(fold(part)) >= _WORD)):
        best = max((similarity(text, piece) for text in texts), default=0.0)
        like = max(similarity(piece, t) for t in (target, *target.split("\n"), *placement.lines))
        if best >= STILL_THERE and (not explained or best > like + 0.1):
            worst = max(worst, best)
            found.append(f"“{piece}” can still be read")
    return worst, found


def _part_left(source: str, read: Sequence[TextLine], new: Sequence[str]) -> str:
    """A part of the source text that is read and that no new text has."""
    from difflib import SequenceMatcher

    words, whole = [fold(word) for word in source.split()], fold(source)
    known = [fold(text) for text in new]
    for line in read:
        if line.score < _PART_SURE:
            continue
        rest = fold(line.text)
        for text in sorted(known, key=len, reverse=True):
            rest = rest.replace(text, " ") if text else rest
        match = SequenceMatcher(None, rest, whole, autojunk=False).find_longest_match()
        part = rest[match.a : match.a + match.size]
        if not part or any(part in text for text in known):
            continue
        ideographs = sum(ord(c) >= 0x2E80 for c in part)
        is_word = len(part) >= 3 and part in words
        if is_word or len(part) >= _WORD or ideographs >= _IDEOGRAPHS or (not known and part == rest.strip()):
            return part
    return ""
