"""Comparing texts: what counts as the same words."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_KEEP = frozenset("%¥$€£₩฿₫₹₽")
_SAME_AS = str.maketrans("～〜’‘“”–—٪", "~~''\"\"--%")


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """NFKC, case folded, letters, digits, marks and money signs only."""
    folded = unicodedata.normalize("NFKC", text.translate(_SAME_AS)).casefold()
    folded = unicodedata.normalize("NFKC", folded)
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM" or c in _KEEP)


def similarity(a: str, b: str) -> float:
    """1 - Levenshtein distance / longer length, of the folded texts; 1.0 is equal, of empty texts too."""
    from rapidfuzz.distance import Levenshtein

    a, b = fold(a), fold(b)
    return 1.0 if a == b else float(Levenshtein.normalized_similarity(a, b))


def digits_of(text: str) -> str:
    """The decimal digits in reading order, as ASCII, with ``%`` and money signs kept."""
    out = []
    for c in fold(text):
        value = unicodedata.digit(c, None)
        if value is not None:
            out.append(str(value))
        elif c in _KEEP:
            out.append(c)
    return "".join(out)


def is_wordless(text: str) -> bool:
    """Whether nothing is left of a text once punctuation and symbols are dropped."""
    return not fold(text)
