"""Who draws the letters of an edit: the image-edit model itself, or our typesetter on a plate it erased.

A model draws a short headline in the picture's own manner, which no font has; it misspells what is long,
small, or in a script that it saw little of. There the hybrid is exact by construction.
"""

from __future__ import annotations

import unicodedata
from enum import StrEnum
from typing import TYPE_CHECKING

from localizer.locales import script_of
from localizer.model import Action, Edit
from localizer.text.wishes import wishes

if TYPE_CHECKING:
    from localizer.brand import BrandKit

SMALLEST = 32
"""Pixels from line to line below which type is small print."""

_MODEL_SCRIPTS = {"Latn", "Hans", "Hant", "Hani", "Jpan", "Kore", "Zyyy"}
_MODEL_LETTERS = ("LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "FULLWIDTH", "HALFWIDTH", "IDEOGRAPHIC")
_MOST_LINES = 2
_REMOVALS = {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}


class Method(StrEnum):
    """How an image-edit model is used for one edit."""

    MODEL = "model"
    HYBRID = "hybrid"


def choose_method(edit: Edit, locale: str, brand: BrandKit, *, height: float | None = None) -> Method:
    """The method for one edit; what the brand says (`ModelPolicy.method`) comes before any rule.

    The hybrid sets: scripts other than Latin, Chinese, Japanese and Korean; letters with two marks
    (Vietnamese); more than two lines or more than `ModelPolicy.longest_text`; small print; what is asked for
    exactly (a font, a size in pixels, tracking, line spacing); and added text where the brand has fonts. A
    removal sets no text, so the model does it.

    Args:
        locale: target, canonical.
        height: pixels of a line of the source type, where it is known; else the edit's box tells it.

    Raises:
        EngineError: an attribute means nothing.
    """
    if brand.model.method != "auto":
        return Method(brand.model.method)
    if edit.action in _REMOVALS:
        return Method.MODEL
    text = edit.replacement
    is_exact = (
        script_of(locale) not in _MODEL_SCRIPTS
        or not all(_is_drawn_well(c) for c in text)
        or text.count("\n") >= _MOST_LINES
        or length(text) > brand.model.longest_text
        or _line_height(edit, height) < SMALLEST
        or _asks_exactly(edit)
        or (edit.action is Action.ADD_TEXT and bool(brand.fonts))
    )
    return Method.HYBRID if is_exact else Method.MODEL


def length(text: str) -> int:
    """Of a text, in Latin letters: wide characters count as two, marks and line breaks as none."""
    return sum(
        2 if unicodedata.east_asian_width(c) in {"W", "F"} else 1
        for c in text
        if c != "\n" and not unicodedata.combining(c)
    )


def _is_drawn_well(char: str) -> bool:
    """Whether a model saw enough of a character; digits, signs and spaces are no matter."""
    if not unicodedata.category(char).startswith(("L", "M")):
        return True
    plain = unicodedata.normalize("NFD", char)
    if unicodedata.name(char, "").startswith("HANGUL"):
        return True  # decomposes into its letters, not into marks
    return len(plain) <= 2 and unicodedata.name(plain[0], "").startswith(_MODEL_LETTERS)


def _line_height(edit: Edit, height: float | None) -> float:
    asked = wishes(edit.attribute).size
    if asked is not None and not asked.relative:
        return asked.value
    if height is None and edit.box is not None:
        height = (edit.box[3] - edit.box[1]) / (edit.replacement.count("\n") + 1)
    if height is None:
        return float(SMALLEST)
    return asked.of(height) if asked is not None else height


def _asks_exactly(edit: Edit) -> bool:
    wish = wishes(edit.attribute)
    return bool(
        wish.font
        or (wish.size is not None and not wish.size.relative)
        or wish.tracking is not None
        or wish.line_spacing is not None
    )
