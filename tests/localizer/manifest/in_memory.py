"""The rules of grouping written down plainly, all rows in memory: what the streamed way must give, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from localizer.errors import RowError
from localizer.locales import UNDETERMINED
from localizer.manifest.records import COLUMNS, JobRows, RawRow
from localizer.manifest.rows import ParsedRow, parse_row
from localizer.model import Action, Edit

_OF_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.REMOVE_TEXT}
_Key = tuple[str, ...]


@dataclass(slots=True)
class _Group:
    rows: list[ParsedRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def group_rows(raws: Iterable[RawRow]) -> tuple[tuple[JobRows, ...], tuple[str, ...]]:
    """Jobs in the order of their first row, and warnings."""
    rows, warnings = _without_repeats(raws)
    groups: dict[_Key, _Group] = {}
    orphans = []
    for row in rows:
        if row.asset_id:
            group = groups.setdefault((row.asset_id, row.locale), _Group())
            group.rows.append(row)
            group.errors.extend(row.errors)
        else:
            orphans.append(row)
    _add_orphans(groups, orphans)
    _check_images(groups.values())
    for group in groups.values():
        _check_source_locales(group)
        _check_contradictions(group)
    ordered = sorted(groups.values(), key=lambda group: group.rows[0].raw.row)
    return tuple(_job(group) for group in ordered), tuple(warnings)


def _without_repeats(raws: Iterable[RawRow]) -> tuple[list[ParsedRow], list[str]]:
    seen: dict[tuple[object, ...], int] = {}
    rows, warnings = [], []
    for raw in raws:
        content = (*(raw[column] for column in COLUMNS), raw.faults)
        first = seen.setdefault(content, raw.row)
        if first != raw.row and not raw.is_broken:
            warnings.append(f"row {raw.row} repeats row {first} and was dropped")
            continue
        rows.append(parse_row(raw))
    return rows, warnings


def _add_orphans(groups: dict[_Key, _Group], orphans: list[ParsedRow]) -> None:
    """A row without asset id spoils the job with its image and locale, if there is just one such job.

    Where several assets share the image it is a failed result of its own: nobody can say whose it is.
    """
    for row in orphans:
        kin = [
            group
            for group in groups.values()
            if row.image and group.rows[0].image == row.image and group.rows[0].locale == row.locale
        ]
        if len(kin) == 1:
            kin[0].rows.append(row)
            kin[0].errors.extend(row.errors)
        else:
            groups["", row.locale, str(row.raw.row)] = _Group([row], list(row.errors))


def _check_images(groups: Iterable[_Group]) -> None:
    rows = sorted(
        ((row, group) for group in groups for row in group.rows if row.asset_id and not row.raw.is_broken),
        key=lambda pair: pair[0].raw.row,
    )
    first: dict[str, ParsedRow] = {}
    for row, group in rows:
        known = first.setdefault(row.asset_id, row)
        if row.image and known.image and row.image != known.image:
            message = (
                f"{row.image!r} is not {known.image!r}, the image of {row.asset_id!r} in row {known.raw.row}"
            )
            group.errors.append(row.raw.error("image", f"{message}; one asset has one image"))


def _check_source_locales(group: _Group) -> None:
    known = next((row for row in group.rows if row.source_locale != UNDETERMINED), None)
    for row in group.rows:
        if known and row.source_locale not in {UNDETERMINED, known.source_locale}:
            message = (
                f"{row.source_locale} here but {known.source_locale} in row {known.raw.row} of the same job"
            )
            group.errors.append(row.raw.error("source_locale", message))


def _check_contradictions(group: _Group) -> None:
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


def _job(group: _Group) -> JobRows:
    head = group.rows[0]
    known = (row.source_locale for row in group.rows if row.source_locale != UNDETERMINED)
    edits: list[Edit] = []
    for row in group.rows:
        # Rows that differ in the source locale's spelling alone are the same edit.
        edits.extend(edit for edit in row.edits if not any(_same(edit, known) for known in edits))
    return JobRows(
        asset_id=head.asset_id,
        image=next((row.image for row in group.rows if row.image), ""),
        source_locale=next(known, UNDETERMINED),
        locale=head.locale,
        rows=tuple(sorted({row.raw.row for row in group.rows})),
        edits=tuple(edits),
        errors=tuple(sorted(dict.fromkeys(group.errors), key=lambda error: error.row)),
        raw=tuple(dict(row.raw.values) for row in group.rows),
        locale_is_valid=head.locale_is_valid,
        places={row.raw.row: row.raw.places for row in group.rows if row.raw.places},
    )


def _same(one: Edit, other: Edit) -> bool:
    return _target(one) == _target(other) and not _difference(one, other)
