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


# A zero among letters is an O.
_ZERO_IN_WORD = re.compile(r"(?<=[a-z])0(?!\d)|(?<!\d)0(?=[a-z])")
# What readers take the rarer money signs for, beside a number: the letter inside the sign, most often.
_SIGN_READ_AS = {
    "₩": r"\\#w¥", "฿": "b8ß", "₺": "€£も七t", "₴": "г€2", "₪": "שn", "₹": "र7t?", "₽": "рp2", "₫": "đd",
}  # fmt: skip


def look_alike(read: str, wanted: str) -> bool:
    """Whether a reading differs from a text in characters only that look alike to a reader.

    For type whose glyphs are known to be right: ``0FF`` is OFF, and ``\\19,900`` is ₩19,900, but ``19,900``
    is not.
    """
    a, b = (_letter_o(_plain(text).casefold()) for text in (read, wanted))
    for sign, letters in _SIGN_READ_AS.items():
        if sign in b and sign not in a:
            a = re.sub(rf"(?<!\w)[{letters}]\s*(?=\d)", sign, a)
            a = re.sub(rf"(?<=\d)(?:\s*(?!\d)|\s+)[{letters}]\.?(?!\w)", sign, a)
    return fold(a) == fold(b) and digits_of(a) == digits_of(b)


def _letter_o(text: str) -> str:
    while (merged := _ZERO_IN_WORD.sub("o", text)) != text:
        text = merged
    return text


_CASELESS = frozenset("cikopsuvwxyz")  # whose capitals differ in size alone
_MARKS = str.maketrans("؟¿¡", "??!")


def same_writing(read: str, wanted: str) -> bool:
    """Whether two texts of the same letters have the same capitals, question and exclamation marks.

    For type that nobody set: a font writes what it is given, a model may write SALE? for Sale!
    """
    a, b = (unicodedata.normalize("NFKC", text.translate(_MARKS)) for text in (read, wanted))
    if sorted(c for c in a if c in "?!") != sorted(c for c in b if c in "?!"):
        return False
    first, second = ([c for c in text if c.isalpha()] for text in (a, b))
    if len(first) != len(second):
        return True  # ß and SS; whether the letters are the same is not asked here
    return all(
        x == y or x.casefold() in _CASELESS or x.casefold() != y.casefold()
        for x, y in zip(first, second, strict=True)
    )


def is_wordless(text: str) -> bool:
    """Whether nothing is left of a text once punctuation and symbols are dropped."""
    return not fold(text)
