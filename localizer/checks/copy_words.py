"""Words in copy: where a term or a forbidden word stands, and how long a text is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# Written without spaces between words, or (Korean) with endings attached: any occurrence is one.
_UNSPACED = frozenset({"Hani", "Hira", "Kana", "Thai", "Laoo", "Khmr", "Mymr", "Hang", "Bopo"})
# Articles and prepositions are attached in front: an occurrence within a word may or may not be one.
_PREFIXING = frozenset({"Arab", "Hebr"})
# What shows nowhere and hides a word from a search.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """NFKC and case folded, without characters that do not show."""
    shown = _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", shown).casefold())


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


def places(word: str, text: str) -> list[bool]:
    """Like `occurrences`, but letter by letter, and within longer words too (as False)."""
    found, start = [], text.find(word) if word else -1
    while start >= 0:
        end = start + len(word)
        left = start > 0 and _joined(text[start - 1], word[0])
        right = end < len(text) and _joined(word[-1], text[end])
        found.append(not left and not right)
        start = text.find(word, end)
    return found


def begins_a_word(word: str, text: str) -> bool:
    """Whether a word of four letters or more is there with an ending of up to three: ``billiges``."""
    stem, said = fold(word), fold(text)
    if len(word) < 4 or stem not in said:
        return False
    return bool(re.search(rf"(?<![^\W\d_]){re.escape(stem)}[^\W\d_]{{1,3}}(?![^\W\d_])", said))


def _joined(before: str, after: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if unicodedata.category(before)[0] not in "LMN" or unicodedata.category(after)[0] not in "LMN":
        return False
    if before.isdigit() != after.isdigit() and unicodedata.category(after)[0] != "M":
        return False  # "50best" shows the word all the same
    scripts = {char_script(before), char_script(after)} - {"Zyyy", "Zinh"}
    return not scripts & _UNSPACED and len(scripts) <= 1
