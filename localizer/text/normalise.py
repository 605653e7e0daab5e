"""Comparing texts: what counts as the same words."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_KEEP = frozenset("%¥$€£₩฿₫₹₽₪₴₺")
_SAME_AS = str.maketrans("～〜’‘“”–—−‐‑٪٫٬·・", "~~''\"\"-----%.,..")
_NUMERIC = re.compile(rf"\d|[{''.join(sorted(_KEEP))}]|(?<=\d)\s*[.,:/~-]\s*(?=\d)|(?<![^\s(])-(?=\d)")
# Turkish writes the sign first, Arabic has it to the left of the digits: the same percentage.
_PERCENT = re.compile(r"(?<!\d)(?<!\d )%\s?(\d+(?:[.,]\d+)*)(?!\s?%)")


def _plain(text: str) -> str:
    return _PERCENT.sub(r"\1%", unicodedata.normalize("NFKC", text.translate(_SAME_AS)))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """NFKC, case folded, letters, digits, marks and money signs only."""
    folded = unicodedata.normalize("NFKC", _plain(text).casefold())
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM" or c in _KEEP)


def similarity(a: str, b: str) -> float:
    """1 - Levenshtein distance / longer length, of the folded texts; 1.0 is equal, of empty texts too."""
    from rapidfuzz.distance import Levenshtein

    a, b = fold(a), fold(b)
    return 1.0 if a == b else float(Levenshtein.normalized_similarity(a, b))


@lru_cache(maxsize=4096)
def digits_of(text: str) -> str:
    """The decimal digits in reading order, as ASCII, with ``%`` and money signs kept.

    A sign between two digits is kept too, for ¥79.9 is not ¥799 and 1-3 is not 13, and so is a minus that
    opens a number, for -30% is not 30%; commas and points are
    not told apart, for readers take one for the other.
    """
    out = []
    for found in _NUMERIC.finditer(_plain(text)):
        c = found[0].strip()
        out.append(str(unicodedata.digit(c)) if c.isdecimal() else "." if c == "," else c)
    return "".join(out)


# A zero among letters, an O among digits, and money signs that readers take for the letter inside them.
_ZERO_IN_WORD = re.compile(r"(?<=[a-z])0(?!\d)|(?<!\d)0(?=[a-z])")
_LETTER_FOR_SIGN = str.maketrans("₫₽", "đр")
_AFTER_DIGITS = re.compile(r"(?<=\d)(\s*)[pр]\.?(?![^\W\d_])")


def look_alike(text: str) -> str:
    """A text with characters merged that look alike, for comparing two readings of type that is known.

    ``0FF`` and ``OFF``; ``1990 ₽``, ``1990 р`` and ``1990 P``; ``₫`` and ``đ``.
    """
    folded = _plain(text).casefold().translate(_LETTER_FOR_SIGN)
    while (merged := _ZERO_IN_WORD.sub("o", folded)) != folded:
        folded = merged
    return _AFTER_DIGITS.sub(r"\1р", folded)


def is_wordless(text: str) -> bool:
    """Whether nothing is left of a text once punctuation and symbols are dropped."""
    return not fold(text)
