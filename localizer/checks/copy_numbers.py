"""Numbers in copy: found, normalised, and compared between source and target language."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from localizer.checks.copy_amounts import explained, has_plus_one, reductions, without_idioms
from localizer.locales import language_of
from localizer.model import CheckStatus

# Digit groups keep their separators here; `_values` decides what they mean.
_NUMBER = re.compile(r"\d+(?:[.,]\d+|[ '’]\d{3}(?!\d))*", re.ASCII)
_PERCENT_WORDS = (
    "%|percent|per cent|prozent|pour cent|por ciento|por cento|per cento|procent|процент|pct|persen|phần trăm"
    "|퍼센트|パーセント|प्रतिशत|بالمئة|في المئة|เปอร์เซ็นต์"
)
# Per money: what may stand on either side of a number, and what may follow it only. Yen and yuan share ¥,
# so they share a class.
_MONEY = {
    "¥": (r"¥|cny|rmb|jpy|人民[币幣]", r"元(?![旦宵气氣素宇])|[圆圓块塊円]|yuan|yen|юан|иен|위안|엔"),
    "R$": (r"r\$|brl", r"rea(?:is|l)"),
    "$": (r"us\$|\$|usd|美[元金]", r"dollars?|dólares|달러|ドル|доллар"),
    "€": (r"€|eur", r"euros?|евро|[欧歐]元|유로|ユーロ|يورو"),
    "£": (r"£|gbp", r"pounds?|英[镑鎊]|ポンド"),
    "₩": (r"₩|krw", r"원|韩元|韓元|won|ウォン|вон"),
    "฿": (r"฿|thb", r"บาท|泰[铢銖]|baht"),
    "₹": (r"₹|inr|rs\.?|रु\.?", r"rupees?|रुपये|रुपए|卢比"),
    "₽": (r"₽", r"руб|卢布"),
    "₫": (r"₫|vnd", r"đồng|đ|越南盾"),
    "SAR": (r"ر\.س|sar", r"ريال|riyals?"),
    "AED": (r"د\.إ|aed", r"درهم|dirhams?"),
    "Rp": (r"rp\.?|idr", r"rupiah"),
    "RM": (r"rm|myr", r"ringgit"),
    "₺": (r"₺", r"tl|lira"),
}
_BEFORE_MONEY = {
    name: re.compile(rf"(?<![a-z])(?:{either})\s*[-+]?\s*$", re.IGNORECASE)
    for name, (either, _) in _MONEY.items()
}
_AFTER_MONEY = {
    name: re.compile(rf"\s*(?:{either}|{after})(?![a-z\u00c0-\u024f])", re.IGNORECASE)
    for name, (either, after) in _MONEY.items()
}
_AFTER_PERCENT = re.compile(rf"\s*(?:{_PERCENT_WORDS})", re.IGNORECASE)
_BEFORE_PERCENT = re.compile(r"(?:(?<!\d)%|百分之)\s*$")
_SCALES = {"千": 3, "만": 4, "万": 4, "萬": 4, "억": 8, "亿": 8, "億": 8, "k": 3}
_SCALE = re.compile(r"\s?([千만万萬억亿億]|k(?![a-z]))", re.IGNORECASE)
# A discount told otherwise than in per cent: 8折 and 2割 are 20 % off, 半价 is 50 %.
_NUMERAL = "一二两兩三四五六七八九十百千万萬"
_DISCOUNT_WORDS = re.compile(
    rf"[\d{_NUMERAL}半]\s*[折割成]|半[价價額额]|百分之[{_NUMERAL}]|买一送一|買一送一|반값|\bhalf\b|\bhalb|\bhälfte\b"
    r"|\bmoitié\b|\bmitad\b|\bmetade\b|\bmetà\b|\bhalve\b|половин|ครึ่ง|نصف|आध[ाीे]|nửa|setengah",
    re.IGNORECASE,
)
_WRITTEN_PRICE = re.compile(rf"[{_NUMERAL}]\s*[元圆圓块塊円]")


@dataclass(frozen=True, slots=True)
class NumberToken:
    """One number as copy uses it.

    Attributes:
        kind: ``percent``, ``money``, ``plain``, or ``discount`` for a Chinese 折 or Japanese 割.
        money: which money, as its sign.
        is_scaled: written with 万, 억, K and the like.
    """

    value: Decimal
    kind: str
    money: str = ""
    is_scaled: bool = False


def fold_digits(text: str) -> str:
    """NFKC, decimal digits of every script as ASCII, Arabic separators and per cent sign as ours."""
    folded = unicodedata.normalize("NFKC", text)
    folded = folded.translate({0x066A: "%", 0x066B: ".", 0x066C: ",", 0x200E: "", 0x200F: "", 0x061C: ""})
    return "".join(
        c if c.isascii() or (digit := unicodedata.decimal(c, None)) is None else str(digit) for c in folded
    )


@lru_cache(maxsize=64)
def _separators(locale: str) -> tuple[str, str]:
    """Group and decimal separator of a locale; both empty where nothing is known."""
    from babel import UnknownLocaleError
    from babel.numbers import get_decimal_symbol, get_group_symbol

    if language_of(locale) in {"und", "mul", "zxx"}:
        return "", ""
    try:
        name = locale.replace("-", "_")
        group, decimal = get_group_symbol(name), get_decimal_symbol(name)
    except (UnknownLocaleError, ValueError):
        return "", ""
    return fold_digits(group), fold_digits(decimal)


def _values(digits: str, locale: str) -> list[Decimal]:
    """The number or numbers that a run of digits and separators means in a locale."""
    group, _ = _separators(locale)
    digits = digits.replace("’", "").replace("'", "")
    # Only where the locale groups by spaces is ``1 299`` one number.
    parts = [digits.replace(" ", "")] if group == " " else digits.split(" ")
    return [value for part in parts for value in _value(part, locale)]


def _value(digits: str, locale: str) -> list[Decimal]:
    marks = [c for c in digits if c in ".,"]
    parts = re.split("[.,]", digits)
    if len(set(marks)) == 2:
        whole = "".join(parts[:-1])
        return [Decimal(f"{whole}.{parts[-1]}")] if marks.count(marks[-1]) == 1 else _split(digits)
    groups_well = 1 <= len(parts[0]) <= 3 and len(parts[-1]) == 3 and all(len(p) in {2, 3} for p in parts[1:])
    if len(marks) > 1:  # 1,00,000, or else a date: 11.11.2026
        return [Decimal("".join(parts))] if groups_well else _split(digits)
    if marks and groups_well and parts[0] != "0" and marks[0] != _separators(locale)[1]:
        return [Decimal("".join(parts))]
    return [Decimal(".".join(parts))]


def _split(digits: str) -> list[Decimal]:
    return [Decimal(part) for part in re.split("[.,]", digits)]


def number_tokens(text: str, locale: str) -> list[NumberToken]:
    """Every number of a text, in reading order."""
    folded = fold_digits(text)
    tokens = []
    for found in _NUMBER.finditer(folded):
        before, after = folded[max(0, found.start() - 24) : found.start()], folded[found.end() :][:24]
        values = _values(found[0], locale)
        scale = _SCALE.match(after)
        if scale and len(values) == 1:
            values = [values[0].scaleb(_SCALES[scale[1].casefold()])]
            after = after[scale.end() :]
        kind, money = _kind(before, after)
        for value in values:
            tokens.append(NumberToken(value.normalize(), kind, money, bool(scale)))
    return tokens


def _kind(before: str, after: str) -> tuple[str, str]:
    if _AFTER_PERCENT.match(after) or _BEFORE_PERCENT.search(before):
        return "percent", ""
    if re.match(r"\s*[折割]", after):
        return "discount", ""
    for name in _MONEY:
        if _AFTER_MONEY[name].match(after) or _BEFORE_MONEY[name].search(before):
            return "money", name
    return "plain", ""


def compare_numbers(source: str, source_locale: str, target: str, locale: str) -> tuple[CheckStatus, str]:
    """Whether the numbers of a text survived its translation.

    A price or a percentage that differs fails. Numbers that may be told in other words (discount idioms,
    numerals written out, 万, or plain numbers such as 618, the name of a sale) are for a person.
    """
    source_rest, target_rest = (without_idioms(fold_digits(text)) for text in (source, target))
    ours, theirs = number_tokens(source_rest, source_locale), number_tokens(target_rest, locale)
    lost = _counter(ours) - _counter(theirs)
    added = _counter(theirs) - _counter(ours)
    difference = ", ".join(
        part for part in (_said("only in the source", lost), _said("only in the target", added)) if part
    )
    both = f"{source}\n{target}"
    our_idioms, their_idioms = reductions(source), reductions(target)
    if _percents(ours) + our_idioms != _percents(theirs) + their_idioms:
        status = CheckStatus.UNDECIDED if _DISCOUNT_WORDS.search(both) else CheckStatus.FAILED
        return status, f"percentages differ ({difference or _reworded(our_idioms, their_idioms)})"
    lost, added = lost - their_idioms, added - our_idioms
    prices_lost = _counter([t for t in ours if t.kind == "money"]) - _counter(theirs)
    prices_added = _counter([t for t in theirs if t.kind == "money"]) - _counter(ours)
    if prices_lost or prices_added:
        is_reworded = any(t.is_scaled for t in ours + theirs) or bool(_WRITTEN_PRICE.search(both))
        status = CheckStatus.UNDECIDED if is_reworded else CheckStatus.FAILED
        return status, f"prices differ ({difference})"
    our_money, their_money = ({t.money for t in side if t.kind == "money"} for side in (ours, theirs))
    if our_money and their_money and our_money != their_money:
        shown = f"{' '.join(sorted(our_money))} → {' '.join(sorted(their_money))}"
        return CheckStatus.FAILED, f"the currency changed ({shown}) but not the amount"
    if lost - explained(target, locale) or added - explained(source, source_locale):
        return CheckStatus.UNDECIDED, f"numbers differ ({difference})"
    if has_plus_one(source) and not (has_plus_one(target) or _counter(theirs) or explained(target, locale)):
        return CheckStatus.UNDECIDED, "one more for one bought is told otherwise in the target"
    return CheckStatus.PASSED, ""


def _reworded(ours: Counter[Decimal], theirs: Counter[Decimal]) -> str:
    """What to say where the difference is in idioms only."""
    found = ", ".join(
        part for part in (_said("per cent off in the source", ours), _said("in the target", theirs)) if part
    )
    return found or "a number gained or lost its per cent sign"


def _counter(tokens: list[NumberToken]) -> Counter[Decimal]:
    return Counter(token.value for token in tokens)


def _percents(tokens: list[NumberToken]) -> Counter[Decimal]:
    return _counter([token for token in tokens if token.kind == "percent"])


def _said(where: str, values: Counter[Decimal]) -> str:
    return f"{where}: {' '.join(f'{value:f}' for value in sorted(values.elements()))}" if values else ""
