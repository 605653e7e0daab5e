"""When two source strings are the same: by decks, by the copy of a run, and by whoever looks for a text."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Chinese and Japanese do not separate words: a space or line break beside such a character is layout.
_CJK = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
# A raised digit behind a digit is cents or a footnote: 9⁹⁹ is not 999. Nor is 1½ the same as 11/2.
_RAISED = re.compile(r"(?<=[\d%])(?=[⁰¹²³⁴-⁹])")
_FRACTION = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_LAYOUT_SPACE = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")


@lru_cache(maxsize=4096)
def fold_source(text: str) -> str:
    """What two source strings must share to be the same: NFKC, whitespace folded, case kept.

    Whitespace beside a Chinese or Japanese character is dropped, other runs become one space.
    """
    folded = unicodedata.normalize("NFKC", _FRACTION.sub(" ", _RAISED.sub("^", text)))
    return re.sub(r"\s+", " ", _LAYOUT_SPACE.sub("", folded)).strip()
