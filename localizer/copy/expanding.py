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

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localizer.copy.units import CopyState, CopyUnit
from localizer.copydeck import fold_source
from localizer.extraction.model import TextBlock
from localizer.manifest.rows import ALL_TEXT
from localizer.model import Action, Edit, Origin, share_inside

if TYPE_CHECKING:
    from localizer.copy.run_copy import RunCopy

NOTHING_FOUND = "(no text was found in the image)"
_OF_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.REMOVE_TEXT}
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


def blocks_of(edit: Edit, edits: Iterable[Edit], blocks: Sequence[TextBlock]) -> Iterator[TextBlock]:
    """The texts that an edit of all text speaks of: those in its box, without what other edits speak of."""
    others = [other for other in edits if other is not edit and other.action in _OF_TEXT]
    named = {fold_source(other.text) for other in others if other.text not in {"", ALL_TEXT}}
    boxes = [other.box for other in others if other.box is not None]
    for block in blocks:
        if edit.box is not None and share_inside(block.box, edit.box) < _IN_BOX:
            continue
        if fold_source(block.text) in named or any(share_inside(block.box, b) >= _IN_BOX for b in boxes):
            continue
        yield block


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
    for edit in edits:
        if takes_all_text(edit):
            found = copy.found(sha256, source_locale)
            blocks = list(blocks_of(edit, edits, found.blocks))
            if not blocks:
                left.append(found.problem or NOTHING_FOUND)
            for block in blocks:
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
