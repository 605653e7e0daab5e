"""One row: from raw values to an edit, or to everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from localizer.errors import RowError
from localizer.locales import UNDETERMINED, normalise_locale
from localizer.manifest.records import RawRow
from localizer.manifest.values import (
    parse_action,
    parse_attribute,
    parse_box,
    parse_image,
    parse_name,
    parse_rights,
    parse_text,
)
from localizer.model import Action, Edit
from localizer.tables import Fault

ALL_TEXT = "*"
_SAID = ("action", "text", "replacement", "object", "attribute")  # by an instruction
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row after validation: edits, or errors. Identity is kept as written where it is wrong."""

    raw: RawRow
    asset_id: str
    image: str
    source_locale: str
    locale: str
    edits: tuple[Edit, ...]
    errors: tuple[RowError, ...]
    locale_is_valid: bool = True

    def to_json(self) -> str:
        """For a file of our own; `from_json` gives the same row back."""
        raw = self.raw
        record = {
            "row": raw.row,
            "values": dict(raw.values),
            "faults": [(fault.field, fault.message) for fault in raw.faults],
            "places": dict(raw.places),
            "is_broken": raw.is_broken,
            "asset_id": self.asset_id,
            "image": self.image,
            "source_locale": self.source_locale,
            "locale": self.locale,
            "edits": [edit.to_dict() for edit in self.edits],
            "errors": [(error.message, error.row, error.field) for error in self.errors],
            "locale_is_valid": self.locale_is_valid,
        }
        return json.dumps(record, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ParsedRow:
        record = json.loads(text)
        faults = tuple(Fault(name, message) for name, message in record["faults"])
        return cls(
            raw=RawRow(record["row"], record["values"], faults, record["places"], record["is_broken"]),
            asset_id=record["asset_id"],
            image=record["image"],
            source_locale=record["source_locale"],
            locale=record["locale"],
            edits=tuple(map(Edit.from_dict, record["edits"])),
            errors=tuple(RowError(message, row=row, field=name) for message, row, name in record["errors"]),
            locale_is_valid=record["locale_is_valid"],
        )


class _Reader:
    """Parses the values of one row and collects what is wrong instead of stopping at the first."""

    def __init__(self, raw: RawRow) -> None:
        self.raw = raw
        self.errors = [RowError(f.message, row=raw.row, field=f.field) for f in raw.faults]
        self._faulty = {fault.field for fault in raw.faults}

    def say(self, column: str, message: str) -> None:
        error = self.raw.error(column, message)
        if not self.raw.is_broken and error.field not in self._faulty:
            self._faulty.add(error.field)
            self.errors.append(error)

    def parse(self, column: str, parser: Callable[[str], _T]) -> _T | None:
        try:
            return parser(self.raw[column])
        except ValueError as error:
            self.say(column, str(error))
            return None


def _parse_target(tag: str) -> str:
    if not tag:
        raise ValueError("is empty; give the target locale (und where none matters)")
    return normalise_locale(tag)


def parse_row(raw: RawRow) -> ParsedRow:
    """Validate one row; never raises."""
    reader = _Reader(raw)
    asset_id = reader.parse("asset_id", parse_name)
    locale = reader.parse("locale", _parse_target)
    image = source_locale = None
    edits: tuple[Edit, ...] = ()
    if not raw.is_broken:
        image = reader.parse("image", parse_image)
        source_locale = reader.parse("source_locale", normalise_locale)
        edits = _instructed(reader) if raw["instruction"] else _structured(reader)
        rights = reader.parse("rights", parse_rights) or ""
        edits = tuple(replace(edit, rights=rights) for edit in edits)
        if locale == UNDETERMINED and any(edit.action is Action.TRANSLATE_TEXT for edit in edits):
            reader.say("locale", "und is no language to translate into")
    return ParsedRow(
        raw=raw,
        asset_id=raw["asset_id"] if asset_id is None else asset_id,
        image=raw["image"] if image is None else image,
        source_locale=UNDETERMINED if source_locale is None else source_locale,
        locale=raw["locale"] if locale is None else locale,
        edits=() if reader.errors else edits,
        errors=tuple(reader.errors),
        locale_is_valid=locale is not None,
    )


def _structured(reader: _Reader) -> tuple[Edit, ...]:
    """The edit that the columns of a row say."""
    raw = reader.raw
    action = reader.parse("action", parse_action)
    box = reader.parse("box", parse_box)
    attribute = reader.parse("attribute", parse_attribute) or {}
    text, copy = parse_text(raw["text"]), parse_text(raw["replacement"])
    if action is None:
        return ()
    _check_needs(reader, action, text, copy, attribute)
    return (Edit(action, text, copy, box, raw["object"], attribute, raw.row),)


def _instructed(reader: _Reader) -> tuple[Edit, ...]:
    """The edits that a row's sentence says, which is then all that says what to do."""
    from localizer.instructions import parse_instruction  # most manifests have none

    raw = reader.raw
    for column in _SAID:
        if raw[column]:
            reader.say(
                column, "stands beside an instruction; a row has an action or an instruction, not both"
            )
    box = reader.parse("box", parse_box)
    if raw["box"] and box is None:  # what hangs on a box cannot be judged
        return ()
    try:
        said = parse_instruction(raw["instruction"], row=raw.row, locale=raw["locale"], box=box)
    except RowError as error:
        reader.say("instruction", error.message)
        return ()
    edits = tuple(replace(e, text=parse_text(e.text), replacement=parse_text(e.replacement)) for e in said)
    for edit, given in zip(edits, said, strict=True):
        if bool(edit.text) != bool(given.text) or bool(edit.replacement) != bool(given.replacement):
            reader.say("instruction", "there is nothing but a line break between two quotes")
    return edits


def _check_needs(
    reader: _Reader, action: Action, text: str, replacement: str, attribute: Mapping[str, str]
) -> None:
    """What each action needs, and what it cannot use: a value that would be ignored is a mistake."""
    if action in {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT} and not text:
        reader.say("text", f"is empty; {action} needs the text that stands in the image")
    if action in {Action.REPLACE_TEXT, Action.ADD_TEXT} and not replacement:
        reader.say("replacement", f"is empty; {action} needs the text to set")
    if text == ALL_TEXT and action is Action.REPLACE_TEXT:
        reader.say("text", "'*' (all text) cannot be replaced by one text; use translate_text")
    if text == ALL_TEXT and action is Action.TRANSLATE_TEXT and replacement:
        reader.say("replacement", "'*' (all text) takes its copy from the copy deck; leave this empty")
    if action is Action.REMOVE_TEXT and not text and not reader.raw["box"]:
        reader.say("text", "is empty and there is no box; remove_text needs one of them")
    if action is Action.REMOVE_OBJECT and not reader.raw["box"] and "place" not in attribute:
        hint = "or say where it is roughly (attribute place=top left), for a person to finish"
        reader.say("box", f"is empty; remove_object needs the box of what is to go, {hint}")
    if action is Action.ADD_TEXT and text:
        reader.say("text", "add_text replaces nothing; leave this empty and write the text in replacement")
    if action in {Action.REMOVE_TEXT, Action.REMOVE_OBJECT} and replacement:
        reader.say("replacement", f"{action} sets no text; leave this empty or use replace_text")
