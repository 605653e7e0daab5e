"""From the rows of one job to the job: what contradicts what, and what is left to do."""

from __future__ import annotations

from dataclasses import dataclass, field

from localizer.errors import RowError
from localizer.locales import UNDETERMINED
from localizer.manifest.records import JobRows
from localizer.manifest.rows import ParsedRow
from localizer.model import Action, Edit

_OF_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.REMOVE_TEXT}


@dataclass(slots=True)
class Group:
    """The rows of one job: first those of its asset, in order, then what was added to it.

    Attributes:
        image, image_row: the image that the asset has where it first comes up in the manifest, and the row.
    """

    rows: list[ParsedRow]
    image: str = ""
    image_row: int = 0
    errors: list[RowError] = field(init=False)

    def __post_init__(self) -> None:
        self.errors = [error for row in self.rows for error in row.errors]


def job_of(group: Group) -> JobRows:
    """The job that these rows make."""
    _check_images(group)
    _check_source_locales(group)
    _check_contradictions(group)
    return _job(group)


def _check_images(group: Group) -> None:
    if not group.image:
        return
    for row in group.rows:
        if row.asset_id and not row.raw.is_broken and row.image and row.image != group.image:
            message = (
                f"{row.image!r} is not {group.image!r}, the image of {row.asset_id!r} "
                f"in row {group.image_row}; one asset has one image"
            )
            group.errors.append(row.raw.error("image", message))


def _check_source_locales(group: Group) -> None:
    known = next((row for row in group.rows if row.source_locale != UNDETERMINED), None)
    for row in group.rows:
        if known and row.source_locale not in {UNDETERMINED, known.source_locale}:
            message = (
                f"{row.source_locale} here but {known.source_locale} in row {known.raw.row} of the same job"
            )
            group.errors.append(row.raw.error("source_locale", message))


def _check_contradictions(group: Group) -> None:
    """Two rows that want something different of the same text or place: both are wrong."""
    first: dict[tuple[object, ...], tuple[ParsedRow, Edit]] = {}
    for row, edit in ((r, e) for r in group.rows for e in r.edits):
        known, before = first.setdefault(_target(edit), (row, edit))
        column = _difference(before, edit)
        if column:
            for one, other in ((known.raw, row.raw), (row.raw, known.raw)):
                said = "instruction" if one["instruction"] else column
                whom = f"row {other.row}, which" if one is not other else "itself: it"
                message = f"contradicts {whom} wants something else of the same text and box"
                group.errors.append(one.error(said, f"{message}; keep one, or give each its own box"))


def _target(edit: Edit) -> tuple[object, ...]:
    """What an edit is about. Added texts and objects without a box are told apart by their place."""
    kind = "text" if edit.action in _OF_TEXT else str(edit.action)
    where = edit.attribute.get("place", "") if kind != "text" and edit.box is None else ""
    return kind, edit.text, edit.box, edit.object if kind == Action.REMOVE_OBJECT else "", where


def _difference(one: Edit, other: Edit) -> str:
    if one.action is not other.action:
        return "action"
    if one.replacement != other.replacement:
        return "replacement"
    if one.attribute != other.attribute:
        return "attribute"
    return "rights" if one.rights != other.rights else ""


def _job(group: Group) -> JobRows:
    head = group.rows[0]
    known = (row.source_locale for row in group.rows if row.source_locale != UNDETERMINED)
    # Rows that differ in the source locale's spelling alone are the same edit.
    edits: dict[tuple[object, ...], Edit] = {}
    for edit in (edit for row in group.rows for edit in row.edits):
        edits.setdefault(_wish(edit), edit)
    return JobRows(
        asset_id=head.asset_id,
        image=next((row.image for row in group.rows if row.image), ""),
        source_locale=next(known, UNDETERMINED),
        locale=head.locale,
        rows=tuple(sorted({row.raw.row for row in group.rows})),
        edits=tuple(edits.values()),
        errors=tuple(sorted(dict.fromkeys(group.errors), key=lambda error: error.row)),
        raw=tuple(dict(row.raw.values) for row in group.rows),
        locale_is_valid=head.locale_is_valid,
        places={row.raw.row: row.raw.places for row in group.rows if row.raw.places},
    )


def _wish(edit: Edit) -> tuple[object, ...]:
    """Equal for two edits that want the same of the same."""
    return *_target(edit), edit.action, edit.replacement, frozenset(edit.attribute.items()), edit.rights
