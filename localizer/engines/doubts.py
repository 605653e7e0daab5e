"""What `typeset` cannot do yet and must not do silently: each becomes a question to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Action, Box, Edit
from localizer.text.locate import Found
from localizer.text.normalise import fold
from localizer.text.plate import Erased
from localizer.text.reading import TextLine

if TYPE_CHECKING:
    import numpy.typing as npt

_TURNED = 45.0  # degrees from where a text counts as standing on its side or on its head
_TELLING = 3  # letters from which a reading tells which way up a line stands
_KNOWN = 0.6  # likeness from which the strokes are those of the text that was asked for
_UNLIKE = 0.5  # and below which what was erased may have been the picture
_LIVELY = 20.0  # ΔE from the ground's median that new type may meet in a tenth of what it covers


def doubts_about(
    edit: Edit, found: Found, erased: Erased, lines: Sequence[TextLine]
) -> Iterator[tuple[str, str]]:
    """Check names and details for one place where an edit applies."""
    text = found.text.replace("\n", " ")
    if edit.replacement and any(_stands_unsure(line) for line in found.lines):
        yield "style_kept", f"“{text}” is turned or in a column, and which way up it stands is not sure"
    if edit.replacement:
        for words in erased.style_doubts:
            if not ("colour" in edit.attribute and "colours" in words):
                yield "style_kept", f"“{text}” {words}"
    if any(not ink.plain and ink.likeness < _UNLIKE for _, ink in erased.inks):
        yield "erased_cleanly", f"the strokes of “{text}” could hardly be told from the picture"
    if found.partial:
        if edit.action is Action.REMOVE_TEXT:
            yield (
                "erased_cleanly",
                f"“{text}” was taken out of “{lines[found.used[0]].text}”: it may leave a hole",
            )
        elif _runs_into(lines[found.used[0]].text, text, edit):
            yield "fits", f"“{edit.replacement}” runs into the rest of “{lines[found.used[0]].text}”"
        elif not found.parted and _is_tight(lines[found.used[0]].text, text) and not _stands_apart(erased):
            yield (
                "erased_cleanly",
                f"“{text}” stands close in “{lines[found.used[0]].text}”; strokes may remain",
            )


def _stands_unsure(line: TextLine) -> bool:
    """Whether a line stands in a way that its few letters do not tell for sure (OO, 69)."""
    x0, y0, x1, y1 = line.box
    tall = y1 - y0 > 1.5 * (x1 - x0)
    if line.vertical:
        return False
    if abs(line.angle) > _TURNED:
        return len(fold(line.text)) < _TELLING
    return tall and len(fold(line.text)) >= 2 and abs(line.angle) < 1


def _runs_into(whole: str, part: str, edit: Edit) -> bool:
    """Whether a word would stand right beside another that the source text did not touch as a word."""
    start, new = whole.find(part), edit.replacement.strip()
    if start < 0 or not new or len(fold(part)) < len(fold(edit.text)):  # only a number changes
        return False
    before, after = whole[:start][-1:], whole[start + len(part) :][:1]
    return (_is_spaced(before) and _is_spaced(new[0])) or (_is_spaced(after) and _is_spaced(new[-1]))


def _is_spaced(c: str) -> bool:
    """Whether a character belongs to words that are parted by spaces."""
    return c.isalnum() and ord(c) < 0x2E80


def _stands_apart(erased: Erased) -> bool:
    """Whether the part was taken out whole: it looked like its text, and no stroke was cut."""
    known = bool(erased.inks) and min(ink.likeness for _, ink in erased.inks) >= _KNOWN
    return known and not erased.severed


def _is_tight(whole: str, part: str) -> bool:
    """Whether a part has another letter right beside it, without a space."""
    start = whole.find(part)
    if start < 0:
        return True
    before, after = whole[:start][-1:], whole[start + len(part) :][:1]
    return bool((before and not before.isspace()) or (after and not after.isspace()))


def is_lively(plate: npt.NDArray[np.uint8], covered: npt.NDArray[np.bool_], box: Box) -> bool:
    """Whether added type meets something else than the ground that most of its box has."""
    import cv2

    if not covered.any():
        return False
    x0, y0, x1, y1 = box
    lab = cv2.cvtColor(plate[y0:y1, x0:x1].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    under = lab[covered[y0:y1, x0:x1]]
    if not len(under):
        return False
    ground = np.median(lab.reshape(-1, 3), axis=0)
    return bool(np.percentile(np.linalg.norm(under - ground, axis=1), 90) > _LIVELY)
