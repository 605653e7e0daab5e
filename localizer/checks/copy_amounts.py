"""Amounts told in words: discount idioms, half prices, two for one, months, small numerals, round the clock.

Two kinds are told apart. A discount idiom must have its counterpart in the other language: 8折 is 20 %, and
half price is not "free". A month or a numeral in words only explains a number that the other side writes in
digits: "May" need not be the fifth month.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from localizer.locales import language_of

_HANZI = {c: n for n, c in enumerate("〇一二三四五六七八九")} | {"两": 2, "兩": 2, "零": 0}
_HANZI_RUN = re.compile("[一二三四五六七八九两兩十]+")
_TENTHS = re.compile(r"(\d+(?:\.\d)?|[一二两兩三四五六七八九]{1,2})\s*折(?!叠|疊|扇|线|線|射)")
_TENTHS_OFF = re.compile(r"(\d+|[一二三四五六七八九])\s*割引?(?!引き|れ|合)")
_HALF = re.compile(
    r"半[价價額额]|[对對]折|반값|\bhalf[\s-](?:the\s+)?(?:price|off)|\bhalbe[rnms]?\s+preis|\bmoitié\s+prix|\bmitad\s+de(?:l)?\s+precio"
    r"|\bmetade\s+do\s+preço|\bmetà\s+prezzo|\bhalve\s+prijs|полцен|половин\w*\s+цен|ครึ่งราคา|نصف\s+(?:ال)?سعر"
    r"|आध[ेीा]\s+(?:दाम|कीमत)|nửa\s+giá|setengah\s+harga|yarı\s+fiyat|połow\w+\s+cen|חצי\s+(?:ה)?מחיר|μισή\s+τιμή",
    re.IGNORECASE,
)
_PLUS_ONE = re.compile(
    r"[买買][一1]送[一1]|1\s*\+\s*1|\b2\s*[x×]\s*1\b|\b2\s+for\s+1\b|\btwo\s+for\s+one\b|\bbogo\b"
    r"|\bbuy\s+(?:one|1),?\s+get\s+(?:one|1)|\b2\s+für\s+1\b|1\s*点購入で1点"
    r"|\b(?:un|1)\s+acheté|\bcompra\s+(?:uno|um|1)\b|\bkaufe?\s+(?:1|eins?)\b|купи\s+(?:1|один)|ซื้อ\s*1\s*แถม\s*1"
    r"|mua\s*1\s*tặng\s*1|اشتر\w*\s+(?:1|واحد)|1\s*खरीदें\s*1|קנו\s+1",
    re.IGNORECASE,
)
_ROUND_THE_CLOCK = re.compile(
    r"24\s*/\s*7|7\s*[x×/]\s*24|24\s*(?:h|小时|小時|時間|시간|часа|hours|stunden|heures|horas|ore)|全天候|[昼日]夜|年中無休|연중무휴"
    r"|around the clock|rund um die uhr|jour et nuit|las 24 horas|día y noche|giorno e notte|круглосуточно"
    r"|ตลอด 24|suốt ngày đêm|على مدار الساعة|चौबीसों घंटे|día y noche|o tempo todo|a qualquer hora",
    re.IGNORECASE,
)
_LIKE_DATE = re.compile(r"\d\s?[月월]|\d\s?[/.-]\s?\d")
_NUMERALS = {
    "en": "one two three four five six seven eight nine ten eleven twelve",
    "de": "eins|ein|eine|einen zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "fr": "un|une deux trois quatre cinq six sept huit neuf dix onze douze",
    "es": "uno|un|una dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "it": "uno|un|una due tre quattro cinque sei sette otto nove dieci undici dodici",
    "pt": "um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze",
    "nl": "een|één twee drie vier vijf zes zeven acht negen tien elf twaalf",
    "ru": "один|одну|одна два|две три четыре пять шесть семь восемь девять десять",
    "ko": "한 두 세 네 다섯 여섯 일곱 여덟 아홉 열",
    "vi": "một hai ba bốn năm sáu bảy tám chín mười",
}


def reductions(text: str) -> Counter[Decimal]:
    """Per cent off that the discount idioms of a text tell: 8折 and 2割 are 20, half price is 50."""
    found: list[Decimal] = []
    for match in _TENTHS.finditer(text):
        digits = "".join(str(_HANZI.get(c, c)) for c in match[1])
        tenths = (
            Decimal(digits) if "." in digits or len(digits) == 1 else Decimal(f"{digits[0]}.{digits[1:]}")
        )
        found.append((100 - 10 * tenths).normalize())
    for match in _TENTHS_OFF.finditer(text):
        found.append((10 * Decimal("".join(str(_HANZI.get(c, c)) for c in match[1]))).normalize())
    found += [Decimal(50)] * len(_HALF.findall(text))
    return Counter(value for value in found if 0 < value < 100)


def without_idioms(text: str) -> str:
    """A text whose discount idioms are blanked, so that their digits are not counted again."""
    for pattern in (_TENTHS, _TENTHS_OFF):
        text = pattern.sub(" ", text)
    return text


def has_plus_one(text: str) -> bool:
    """Whether a text offers one more for one bought."""
    return bool(_PLUS_ONE.search(text))


def numerals(text: str, locale: str) -> frozenset[int]:
    """Numbers from 2 on that a text writes out: ``two``, 两件, 十二. One may be an article."""
    language = language_of(locale)
    if language in {"zh", "ja"}:
        return frozenset(value for run in _HANZI_RUN.findall(text) for value in _hanzi_value(run)) - {0, 1}
    words = set(re.findall(r"[^\W\d_]+", text.casefold()))
    forms = enumerate(_NUMERALS.get(language, "").split(), 1)
    return frozenset(number for number, form in forms if number > 1 and words & set(form.split("|")))


def _hanzi_value(run: str) -> Iterator[int]:
    tens, ten, ones = run.partition("十")
    if ten and len(tens) <= 1 and len(ones) <= 1:
        yield 10 * (_HANZI[tens] if tens else 1) + (_HANZI[ones] if ones else 0)
    else:
        yield from (_HANZI[c] for c in run if c in _HANZI)


def explained(text: str, locale: str, other: str) -> Counter[Decimal]:
    """Numbers that the words of a text may stand for; each as often as it is said.

    Args:
        other: the text of the numbers: a month explains one only where that looks like a date, for "may" and
            "mar" and "set" are words of their own.
    """
    found: Counter[Decimal] = Counter()
    folded = text.casefold()
    words = dict(_months(language_of(locale))) if _LIKE_DATE.search(other) else {}
    for word, value in (words | _numerals(language_of(locale))).items():
        if count := len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", folded)):
            found[Decimal(value)] += count
    for c in text:  # Chinese and Japanese numerals stand within words
        if language_of(locale) in {"zh", "ja"} and c in _HANZI:
            found[Decimal(_HANZI[c])] += 1
    if _ROUND_THE_CLOCK.search(text):
        found += Counter((Decimal(24), Decimal(7)))
    if has_plus_one(text):
        found += Counter({Decimal(1): 2, Decimal(2): 1})
    return found


@lru_cache(maxsize=64)
def _numerals(language: str) -> dict[str, int]:
    """Small numerals of a language."""
    forms = enumerate(_NUMERALS.get(language, "").split(), 1)
    return {word: number for number, words in forms for word in words.split("|")}


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Month names of a language."""
    from babel import UnknownLocaleError
    from babel.dates import get_month_names

    words: dict[str, int] = {}
    try:
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in get_month_names(width, context, language).items():
                    if not any(c.isdigit() for c in name):
                        words[name.casefold().rstrip(".")] = int(number)
    except (UnknownLocaleError, ValueError):
        pass
    return words
