"""Words and letters that multiply a number: 万, K, million, Mrd., lakh."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from localizer.locales import language_of

# Power of ten → words of every language, and of some. A billion is a thousand millions in English only.
_WORDS = {
    3: r"[千천]|k|thousand|tausend|tsd\.?|тыс(?:\.|яч\w?)?|nghìn|ngàn|ribu|พัน|हज़ार|हजार|ألف|آلاف",
    4: r"[万萬만]|หมื่น",
    5: r"lakhs?|लाख|แสน",
    6: r"百万|百萬|백만|million(?:s|en|er)?|mill[oó]n(?:es)?|milh(?:ão|ões)|milion(?:e|i|y|ów|ů)?"
    r"|miljoen|miljon(?:er)?|milyon|mio\.?|mln\.?|(?-i:M|MM)|млн\.?|миллион\w{0,2}|мільйон\w{0,2}|triệu|juta|jt|ล้าน|مليون|ملايين|मिलियन",
    7: r"千万|千萬|천만|crores?|करोड़",
    8: r"[亿億억]",
    9: r"milliarden?|milliards?|miliardi|miliardo|mrd\.?|mld\.?|miljarde?r?|miliard(?:y|ów)?|mil millones"
    r"|миллиард\w{0,2}|мільярд\w{0,2}|млрд\.?|tỷ|tỉ|miliar|milyar|مليار",
}
_ENGLISH = {9: r"billions?|bn|(?-i:B)", 12: r"trillions?"}
_ELSEWHERE = {12: r"billion(?:s|en)?|bill[oó]n(?:es)?|bilh(?:ão|ões)|biljoen"}
_THOUSAND = {"es": r"mil(?! millones)", "pt": "mil", "fr": "mille", "it": "mila", "nl": "duizend"}
_OF = re.compile(r"\s?(?:de|di)\s|\s?d['’]", re.IGNORECASE)  # 5 millions de dollars


class Scale(NamedTuple):
    """By which power of ten a number is multiplied, and how many characters say so."""

    power: int
    length: int


def scale_after(after: str, locale: str) -> Scale | None:
    """What multiplies a number by what stands behind it, NFKC folded; the longest word counts."""
    found: list[Scale] = []
    for power, pattern in _patterns(language_of(locale)):
        if match := pattern.match(after):
            of = _OF.match(after, match.end()) if match.end() > 2 else None
            found.append(Scale(power, of.end() if of else match.end()))
    return max(found, key=lambda scale: scale.length, default=None)


@lru_cache(maxsize=64)
def _patterns(language: str) -> tuple[tuple[int, re.Pattern[str]], ...]:
    words = [*_WORDS.items(), *(_ENGLISH if language == "en" else _ELSEWHERE).items()]
    if language in _THOUSAND:
        words.append((3, _THOUSAND[language]))
    end = r"(?![a-zà-ɏа-я])"  # of a word, in scripts that part words
    return tuple((power, re.compile(rf"\s?(?:{word}){end}", re.IGNORECASE)) for power, word in words)
