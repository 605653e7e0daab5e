"""Words in copy: terms, forbidden words, leftover placeholders, and the script they are written in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from localizer.locales import language_of, script_of

# Written without spaces between words, or (Korean) with endings attached: any occurrence is one.
_UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Hang", "Bopo"})
# Articles and prepositions are attached in front: an occurrence within a word may or may not be one.
_PREFIXING = frozenset({"Arab", "Hebr"})
_SCRIPTS = {
    "Jpan": {"Hira", "Kana", "Hani"},
    "Kore": {"Hang", "Hani"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
}
_PLACEHOLDERS = re.compile(
    r"\{\{.*?\}\}|\$\{[^}]*\}|\{(?:[A-Za-z_][\w.]*|\d*)\}|\[\[.*?\]\]|<%.*?%>"
    r"|%\d+\$[sdif@]|%\(\w+\)[sdif]|(?<!\d)(?<!\d )%[sdif@](?!\w)"
    r"|\blorem\s+ipsum\b",
    re.IGNORECASE | re.DOTALL,
)
_TO_DO = re.compile(r"\b(?:TODO|TBD|FIXME)\b")
_TO_DO_MARKED = re.compile(r"\bTODO\s*[:：]|\b(?:TBD|FIXME)\b")
_TODO_IS_A_WORD = {"es", "pt", "gl", "ast", "an"}  # TODO AL 50 %: "everything at 50 %"


def fold(text: str) -> str:
    """NFKC and case folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=8192)
def char_script(char: str) -> str:
    """ISO 15924 script of a character."""
    from fontTools.unicodedata import script  # type: ignore[import-untyped, unused-ignore]

    return str(script(char))


def occurrences(word: str, text: str) -> Iterator[bool]:
    """For each place where a word stands in a text: whether it certainly stands there as a word.

    Both are compared by `fold`. In scripts that separate words, a word within a longer one does not count;
    in Arabic and Hebrew it counts as uncertain.
    """
    needle, hay = fold(word), fold(text)
    start = hay.find(needle) if needle else -1
    while start >= 0:
        end = start + len(needle)
        left = start > 0 and _joined(hay[start - 1], needle[0])
        right = end < len(hay) and _joined(needle[-1], hay[end])
        if not left and not right:
            yield True
        elif char_script(needle[0]) in _PREFIXING:
            yield False
        start = hay.find(needle, start + 1)


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if unicodedata.category(before)[0] not in "LMN" or unicodedata.category(after)[0] not in "LMN":
        return False
    if before.isdigit() != after.isdigit() and unicodedata.category(after)[0] != "M":
        return False  # "50best" shows the word all the same
    scripts = {char_script(before), char_script(after)} - {"Zyyy", "Zinh"}
    return not scripts & _UNSPACED and len(scripts) <= 1


def placeholders(text: str, locale: str) -> list[str]:
    """What looks like a template's placeholder or a note to oneself."""
    folded = unicodedata.normalize("NFKC", text)
    to_do = _TO_DO_MARKED if language_of(locale) in _TODO_IS_A_WORD else _TO_DO
    return [m[0] for m in _PLACEHOLDERS.finditer(folded)] + [m[0] for m in to_do.finditer(folded)]


def scripts_of(text: str) -> frozenset[str]:
    """Scripts of the letters of a text."""
    letters = (c for c in text if unicodedata.category(c)[0] == "L")
    return frozenset(char_script(c) for c in letters) - {"Zyyy", "Zinh", "Zzzz"}


def expected_scripts(locale: str) -> frozenset[str]:
    """Scripts of which a text in this locale should show at least one; empty where nothing is known."""
    script = script_of(locale)
    return frozenset(_SCRIPTS.get(script, {script})) - {"Zyyy"}


def wrong_chinese(text: str, locale: str) -> str:
    """Characters of the other Chinese script: simplified ones in Traditional copy, or the reverse.

    By the character sets that were made for them: a character of GB 2312 that Big5 lacks is simplified, one
    of Big5 that GB 2312 lacks and that is not rare is traditional. Characters of both say nothing.
    """
    script = script_of(locale)
    if script not in {"Hans", "Hant"}:
        return ""
    own, other = ("gb2312", "big5") if script == "Hans" else ("big5hkscs", "gb2312")
    hanzi = dict.fromkeys(c for c in text if char_script(c) == "Hani")
    return "".join(c for c in hanzi if not _encodes(c, own) and _encodes(c, other))


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
