"""What part an amount plays in an offer: saved or to be spent, the price before or now, the most there is.

A translation may turn an offer around: "¥50 off ¥300" for 满300减50. Where it does, the words beside the
amounts must say that each still plays its part.
"""

from __future__ import annotations

import re

_SIGN = r"(?:[¥$€£₩฿₹₽₫₺]|[a-z]{2,3}\$?)?"
_WORD = r"(?:[¥$€£₩฿₹₽₫₺]|元|円|위안|원|บาท|หยวน|[^\W\d_]{2,8})?"
# Part → words before an amount, words after it.
_PARTS = {
    "saved": (
        r"减|減|立省|省|优惠|優惠|抵|立返|返|save|sparen|spare|économisez|ahorra|risparmia|economize|poupe|bespaar"
        r"|скидк\w+|ลด|وفّ?ر|خصم|giảm|tiết kiệm|hemat",
        r"off\b|sparen|rabatt|günstiger|de (?:réduction|remise|descuento|desconto)|di sconto|korting"
        r"|オフ|引き|割引|値引|할인|скидк|indirim|छूट",
    ),
    "spent": (
        r"满|滿|spend|from|(?:orders?|purchases?)\s(?:over|above|of|from)|min(?:imum)?\.?(?:\s(?:order|spend))?|over|ab|dès"
        r"|à partir de|desde|a partire da|acima de|vanaf|от|при заказе от|ครบ|ซื้อครบ|اشترِ?\sبـ?|từ",
        r"以上|이상|のお買い|spend|起减|and (?:over|above|up)",
    ),
    "before": (
        r"原价|原價|日常价|市场价|市場價|门市价|吊牌价|划线价"
        r"|was|before|instead of|originally|reg(?:ular(?:ly)?)?\.?"
        r"|rrp|msrp|list price|statt|uvp|vorher|au lieu de|avant|antes|invece di|em vez de|van"
        r"|定価|通常価?格?|정가|было",
        r"→|➜|->|statt",
    ),
    "now": (
        r"现价|現價|到手价?|券后价?|特价|秒杀价|活动价|仅需|只要|now(?:\sonly)?|only|just|jetzt(?:\snur)?|nur"
        r"|maintenant|seulement|ahora|ora|agora|nu|特価|今だけ|지금|стало|сейчас",
        r"(?!)",
    ),
    "most": (
        r"up to|as much as|bis(?: zu)?|jusqu['’]à|hasta|fino a|até|tot|до|最高|最大|最多|至多"
        r"|hingga|đến|สูงสุด|최대|حتى|إلى",
        r"(?!)",
    ),
}
_OPPOSITES = ({"saved", "spent"}, {"before", "now"}, {"spent", "most"})
_BEFORE = {
    part: re.compile(rf"(?<![a-zà-ɏ])(?:{words})\s*[:：]?\s*{_SIGN}\s*$")
    for part, (words, _) in _PARTS.items()
}
_AFTER = {part: re.compile(rf"\s*{_WORD}\s*(?:{words})") for part, (_, words) in _PARTS.items()}


def part_of(before: str, after: str) -> str:
    """The part that an amount plays by what stands before and after it: ``saved``, ``spent``, ``before``,
    ``now``, ``most``; empty where the words do not say.
    """
    head, tail = before.casefold(), after.casefold()
    for part, pattern in _BEFORE.items():
        if pattern.search(head):
            return part
    return next((part for part, pattern in _AFTER.items() if pattern.match(tail)), "")


def contradict(one: str, other: str) -> bool:
    """Whether an amount cannot play both parts."""
    return {one, other} in _OPPOSITES
