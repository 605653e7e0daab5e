"""Characters that readers take for one another because they look the same.

A text that differs from another in these only is *probably* the same; whoever relies on it must have it
confirmed, by a second reading or by a person. The list holds shapes that differ in no more than a stroke's
length; two that a person tells apart at a glance (1 and 7) are not in it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from localizer.text.normalise import fold

_ALIKE = (
    "0OoОоΟο〇",
    "1lI|丨ǀІ",
    "未末", "土士", "日曰", "己已巳", "市巿", "人入八ハ", "口囗ロ", "一ー", "二ニ", "力カ", "工エ", "夕タ",
    "卜ト", "へヘ", "べベ", "ぺペ", "りリ",
    "AАΑ", "BВΒ", "CС", "EЕΕ", "HНΗ", "KКΚ", "MМΜ", "PРΡ", "TТΤ", "XХΧ", "YУΥ",
    "aа", "cс", "eе", "pр", "xх", "yу",
)  # fmt: skip
_SAME = str.maketrans({c: group[0] for group in _ALIKE for c in group[1:]})
# A money sign that stands small before its digits comes back as one of these.
_SIGN = re.compile(r"(?<![^\s\d])[夫半羊￥¥Y](?=\s*\d)")


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """A text with every character replaced by the one that stands for all that look like it, folded."""
    plain = _SIGN.sub("¥", unicodedata.normalize("NFKC", text))
    return fold(plain.translate(_SAME))


def is_money_sign(text: str) -> bool:
    """Whether a piece that was read alone can be the money sign of the digits beside it."""
    return text.strip() in {"¥", "￥", "夫", "半", "羊", "Y", "$", "€", "£", "₩", "฿", "₫", "₹", "₽"}
