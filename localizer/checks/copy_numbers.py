"""Numbers in copy: found, and said what they count: money, per cent, a measure, or nothing in particular."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from localizer.checks.copy_money import money_beside
from localizer.checks.copy_offers import part_of
from localizer.checks.copy_scales import scale_after
from localizer.checks.copy_senses import per_unit, sense_of
from localizer.checks.copy_units import units_after
from localizer.locales import NO_LANGUAGE, language_of

# Digit groups keep their separators here; `_values` decides what they mean.
_NUMBER = re.compile(r"(?:(?<![\w.,])\.)?\d+(?:[.,]\d+|[ '’]\d{3}(?!\d))*", re.ASCII)
_RAISED = re.compile(r"(?<=\d)(?=[⁰¹²³⁴-⁹])")  # $9⁹⁹ is $9.99
_FRACTION = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅞])")
_PERCENT_WORDS = (
    "%|percent|per cent|prozent|pour cent|por ciento|por cento|per cento|procent|процент|pct|persen|phần trăm"
    "|퍼센트|パーセント|प्रतिशत|بالمئة|في المئة|เปอร์เซ็นต์"
)
_AFTER_PERCENT = re.compile(rf"\s*(?:{_PERCENT_WORDS})", re.IGNORECASE)
_BEFORE_PERCENT = re.compile(r"(?:(?<!\d)%|百分之)\s*$")
_NEAR = 48  # characters beside a number that may say what it counts
_RANGE = re.compile(r"\s?[-–—~～至到]\s?\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class NumberToken:
    """One number as copy uses it.

    Attributes:
        kind: ``percent``, ``money``, ``plain``, or ``discount`` for a Chinese 折 or Japanese 割.
        money: which money, as its sign or ISO code.
        is_scaled: written with 万, 억, K, million and the like.
        codes: ISO 4217 codes of what the money may be in this locale.
        sign: the money as it is written.
        units: what it measures, as CLDR names units; empty if no unit that we know follows.
        part: in an offer, see `localizer.checks.copy_offers`.
        sense: ``+``, ``-``, ``<``, ``>``, ``±`` in front of it; below zero is ``-``.
        per: of a price, the unit that it is for, as `units`.
    """

    value: Decimal
    kind: str
    money: str = ""
    is_scaled: bool = False
    codes: frozenset[str] = frozenset()
    sign: str = ""
    units: frozenset[str] = frozenset()
    part: str = ""
    sense: str = ""
    per: frozenset[str] = frozenset()


def fold_digits(text: str) -> str:
    """NFKC, decimal digits of every script as ASCII, Arabic separators and per cent sign as ours."""
    folded = unicodedata.normalize("NFKC", _FRACTION.sub(" ", _RAISED.sub(".", text)))
    folded = folded.translate({0x066A: "%", 0x066B: ".", 0x066C: ",", 0x200E: "", 0x200F: "", 0x061C: ""})
    return "".join(
        c if c.isascii() or (digit := unicodedata.decimal(c, None)) is None else str(digit) for c in folded
    )


@lru_cache(maxsize=64)
def _separators(locale: str) -> tuple[str, str]:
    """Group and decimal separator of a locale; both empty where nothing is known."""
    from babel import UnknownLocaleError
    from babel.numbers import get_decimal_symbol, get_group_symbol

    if language_of(locale) in NO_LANGUAGE:
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
    if folded.count('"') % 2 == 0:
        folded = folded.replace('"', " ")  # quotation marks, no inches
    found = list(_NUMBER.finditer(folded))
    tokens: list[NumberToken] = []
    for match in found:
        before, after = folded[max(0, match.start() - _NEAR) : match.start()], folded[match.end() :][:_NEAR]
        values = _values(match[0], locale)
        scale = scale_after(after, locale)
        if scale and len(values) == 1:
            values = [values[0].scaleb(scale.power)]
            after = after[scale.length :]
        until = _RANGE.match(after)  # 160-180 cm: both are lengths
        token = _token(before, after[until.end() :] if until else after, locale)
        if until and token.kind == "plain" and not token.units:
            token = _token(before, after, locale)
        part = part_of(before, after)
        token = replace(token, is_scaled=bool(scale), part=part, sense=sense_of(before))
        if token.kind == "money":
            token = replace(token, per=per_unit(after, locale))
        tokens += [replace(token, value=value.normalize()) for value in values]
    return tokens


def _token(before: str, after: str, locale: str) -> NumberToken:
    """What a number counts by what stands beside it; its value is not known here."""
    zero = Decimal(0)
    if _AFTER_PERCENT.match(after) or _BEFORE_PERCENT.search(before):
        return NumberToken(zero, "percent")
    if re.match(r"\s*[折割]", after):
        return NumberToken(zero, "discount")
    money = money_beside(before, after, locale)
    if money.name:
        return NumberToken(zero, "money", money.name, codes=money.codes, sign=money.sign)
    return NumberToken(zero, "plain", units=units_after(after, locale))
