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
    "Kore": {"Hang"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
}
# Per script: the character set made for it, and the one whose characters betray another.
_HANZI = {"Hans": ("gb2312", "big5"), "Hant": ("big5hkscs", "gb2312"), "Jpan": ("euc_jis_2004", "gb2312")}
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


def length_of(text: str) -> int:
    """Characters as a reader counts them: marks belong to their letter, a run of white space is one."""
    kept = " ".join(unicodedata.normalize("NFC", text).split())
    return sum(unicodedata.category(c) not in {"Mn", "Me", "Cf"} for c in kept)


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


def foreign_hanzi(text: str, locale: str) -> str:
    """Chinese characters that this locale writes otherwise: simplified ones in Traditional or Japanese copy,
    traditional ones in Simplified copy.

    By the character sets that were made for them: what GB 2312 has and Big5 lacks is simplified, and so on.
    Characters of both say nothing, and a rare character may be wrongly accused: this can only raise a doubt.
    """
    codecs = _HANZI.get(script_of(locale))
    if not codecs:
        return ""
    own, other = codecs
    hanzi = dict.fromkeys(c for c in text if char_script(c) == "Hani")
    return "".join(c for c in hanzi if not _encodes(c, own) and _encodes(c, other))


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
