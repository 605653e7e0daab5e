"""From "translate all text" to one edit for each text that stands in the image, with the run's copy in it.

What becomes of each text that was found:

- the campaign's: an edit, with approved copy, or with a draft (`Edit.draft` says whose), or without any
  (`Job.missing_copy`);
- printed on the product: no edit, whatever its words mean elsewhere;
- one of the two: an edit if a person approved copy for it.

Copy that equals its source means "leave it as it is". What is left without a person's word is told in
`Job.left_text`, and such a job cannot pass by itself; nor can one with a text that was read with little
certainty, for a misread price has the copy of another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localizer.copy.units import CopyState, CopyUnit
from localizer.extraction.model import TextBlock
from localizer.folding import fold_source
from localizer.manifest.rows import ALL_TEXT
from localizer.model import Action, Box, Edit, share_inside
from localizer.origin import Origin

if TYPE_CHECKING:
    from localizer.copy.run_copy import RunCopy

NOTHING_FOUND = "(no text was found)"
SURE = 0.9
"""Score of the reader from which a text is taken to say what was read."""

_IN_BOX = 0.5  # share of a text that must lie in a box to count as the text of that box


@dataclass(frozen=True, slots=True)
class Resolved:
    """The edits of a job with the run's copy.

    Attributes:
        left_text, doubted_text: see `localizer.model.Job`.
    """

    edits: tuple[Edit, ...]
    left_text: tuple[str, ...] = ()
    doubted_text: tuple[str, ...] = ()


def takes_copy(edit: Edit) -> bool:
    """Whether an edit names a text (or all text) and no replacement."""
    return edit.action is Action.TRANSLATE_TEXT and not edit.replacement


def takes_all_text(edit: Edit) -> bool:
    """Whether the texts that an edit speaks of have to be found in the image first."""
    return takes_copy(edit) and edit.text == ALL_TEXT


def blocks_of(edits: Sequence[Edit], blocks: Iterable[TextBlock]) -> dict[int, list[TextBlock]]:
    """The texts that each edit of all text speaks of, by the edit's index.

    A text belongs to one edit: to the first whose box it lies in, else to the first without a box; and to
    none if another edit names it, or empties the box that it lies in.
    """
    of_all = [index for index, edit in enumerate(edits) if takes_all_text(edit)]
    of_all.sort(key=lambda index: edits[index].box is None)
    others = [edit for edit in edits if not takes_all_text(edit)]
    found: dict[int, list[TextBlock]] = {index: [] for index in of_all}
    for block in blocks:
        if any(_speaks_of(other, block) for other in others):
            continue
        owner = next((index for index in of_all if _lies_in(block, edits[index].box)), None)
        if owner is not None:
            found[owner].append(block)
    return found


def _speaks_of(edit: Edit, block: TextBlock) -> bool:
    """Whether an edit that is not of all text does something to a text."""
    if edit.action is Action.ADD_TEXT:
        return False
    if edit.text in {"", ALL_TEXT}:
        return (edit.box is not None or edit.text == ALL_TEXT) and _lies_in(block, edit.box)
    said, text = fold_source(edit.text), fold_source(block.text)
    # A line of a text that is named with its box; without one it may be another text that reads the same.
    return _lies_in(block, edit.box) and (text == said or (edit.box is not None and text in said))


def _lies_in(block: TextBlock, box: Box | None) -> bool:
    return _share(block.box, box) >= _IN_BOX


def _share(of: Box, box: Box | None) -> float:
    return 1.0 if box is None else share_inside(of, box)


def _is_left(unread: Box, edit: Edit, edits: Sequence[Edit]) -> bool:
    """Whether nothing becomes of a line that lies where all text is to be translated."""
    others = (other.box for other in edits if other.box is not None and not takes_all_text(other))
    return _share(unread, edit.box) >= _IN_BOX and all(_share(unread, box) < _IN_BOX for box in others)


def _unread(box: Box) -> str:
    return f"(a line that could not be read, at {' '.join(map(str, box))})"


def with_run_copy(
    edits: Sequence[Edit], *, sha256: str, source_locale: str, locale: str, copy: RunCopy
) -> Resolved:
    """The edits of a job, all text taken apart and copy filled in.

    Args:
        sha256: of the source image.
    """
    made: list[Edit] = []
    left: list[str] = []
    doubted: list[str] = []
    found = copy.found(sha256, source_locale) if any(map(takes_all_text, edits)) else None
    owned = blocks_of(edits, found.blocks) if found is not None else {}
    for index, edit in enumerate(edits):
        if found is not None and index in owned:
            if not any(_lies_in(block, edit.box) for block in found.blocks):
                left.append(found.problem or NOTHING_FOUND)
            left += [_unread(box) for box in found.unread if _is_left(box, edit, edits)]
            for block in owned[index]:
                unit = copy.unit(block.text, source_locale, locale)
                new = _of_block(edit, block, unit)
                if new is not None:
                    made.append(new)
                    doubted += [block.text] if block.score < SURE else []
                elif not _is_decided(unit):
                    left.append(block.text)
        elif takes_copy(edit):
            unit = copy.unit(edit.text, source_locale, locale)
            new = _filled(edit, unit)
            if new is not None:
                made.append(new)
            elif not _is_decided(unit):
                left.append(edit.text)
        else:
            made.append(edit)
    return Resolved(tuple(made), tuple(dict.fromkeys(left)), tuple(dict.fromkeys(doubted)))


def _of_block(edit: Edit, block: TextBlock, unit: CopyUnit | None) -> Edit | None:
    """The edit of one text; None where it stays."""
    if block.origin is Origin.PRODUCT:
        return None
    approved = unit is not None and unit.state is CopyState.APPROVED
    if block.origin is Origin.UNSURE and not approved:
        return None
    return _filled(replace(edit, text=block.text, box=block.box), unit)


def _filled(edit: Edit, unit: CopyUnit | None) -> Edit | None:
    """An edit with the copy there is; None where that says that the text stays."""
    if unit is None or unit.state is CopyState.MISSING:
        return edit
    if unit.stays:
        return None
    return replace(
        edit, replacement=unit.target, draft="" if unit.state is CopyState.APPROVED else unit.origin
    )


def _is_decided(unit: CopyUnit | None) -> bool:
    return unit is not None and unit.state is CopyState.APPROVED and unit.stays
