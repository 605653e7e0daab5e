"""One row: from raw values to an edit, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    parse_text,
)
from localizer.model import Action, Box, Edit

ALL_TEXT = "*"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row after validation: an edit, or errors. Identity is kept as written where it is wrong."""

    raw: RawRow
    asset_id: str
    image: str
    source_locale: str
    locale: str
    edit: Edit | None
    errors: tuple[RowError, ...]
    locale_is_valid: bool = True


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
    edit = None
    if not raw.is_broken:
        image = reader.parse("image", parse_image)
        source_locale = reader.parse("source_locale", normalise_locale)
        action = reader.parse("action", parse_action)
        box = reader.parse("box", parse_box)
        attribute = reader.parse("attribute", parse_attribute)
        text, replacement = parse_text(raw["text"]), parse_text(raw["replacement"])
        if action is not None:
            _check_needs(reader, action, text, replacement, box)
            if action is Action.TRANSLATE_TEXT and locale == UNDETERMINED:
                reader.say("locale", "und is no language to translate into")
            edit = Edit(action, text, replacement, box, raw["object"], attribute or {}, raw.row)
    return ParsedRow(
        raw=raw,
        asset_id=raw["asset_id"] if asset_id is None else asset_id,
        image=raw["image"] if image is None else image,
        source_locale=UNDETERMINED if source_locale is None else source_locale,
        locale=raw["locale"] if locale is None else locale,
        edit=None if reader.errors else edit,
        errors=tuple(reader.errors),
        locale_is_valid=locale is not None,
    )


def _check_needs(reader: _Reader, action: Action, text: str, replacement: str, box: Box | None) -> None:
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
    if action is Action.REMOVE_OBJECT and not reader.raw["box"]:
        reader.say("box", "is empty; remove_object needs the box of what is to go")
    if action is Action.ADD_TEXT and text:
        reader.say("text", "add_text replaces nothing; leave this empty and write the text in replacement")
    if action in {Action.REMOVE_TEXT, Action.REMOVE_OBJECT} and replacement:
        reader.say("replacement", f"{action} sets no text; leave this empty or use replace_text")
