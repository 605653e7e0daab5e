"""What needs no translator: text that is the same in every language, or only written another way.

Numbers, prices, percentages and dates follow CLDR through Babel: 1,398.00 is 1.398,00 in German. An amount
and its currency never change, and no unit is converted.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import TYPE_CHECKING

from localizer.checks.copy_amounts import has_plus_one
from localizer.checks.copy_dates import Moment, moments
from localizer.checks.copy_money import SIGNS
from localizer.checks.copy_numbers import number_tokens
from localizer.checks.copy_policy import check_copy
from localizer.checks.copy_script import expected_scripts
from localizer.checks.copy_units import units_after
from localizer.copy.protection import fixed_parts
from localizer.locales import UNDETERMINED, language_of, script_of

if TYPE_CHECKING:
    from babel import Locale

    from localizer.brand import BrandKit

_AMOUNT = re.compile(
    rf"(?P<before>(?:R|US|HK|NT|A|C|S)?[{SIGNS}]\s?|(?<!\d)%\s?)?"
    r"(?<![\d.,])(?P<number>\d+(?:[.,'’\s]\d+)*)"
    rf"(?P<after>\s?(?:%|[{SIGNS}]))?"
)
_LETTERS = re.compile(r"\s?[A-Za-z°″]+(?:/[A-Za-z]+)?")
_OWN_WAY = re.compile(
    r"\d\s?/\s?\d|\d[.,]\s?[-–—]"
)  # 24/7, and the price 99,-: understood in some places only
_ARABIC_SIGNS = {"٪": "%", "٫": ".", "٬": ","}
_LATIN_UNITS = {"Latn", "Hani", "Hang"}  # scripts whose languages write kg, ml, cm as we do


def stays_as_is(text: str, source_locale: str, locale: str, brand: BrandKit) -> bool:
    """Whether a text holds nothing to translate and is right as it stands in the target locale.

    So it is of numbers, prices, measures, URLs, codes and brand names; but not of a number whose separators,
    a price whose sign or a date whose order is another or means something else there. In doubt it is not.
    """
    written = _in_locale(text, source_locale, locale, brand)
    if written is None or "".join(written.split()) != "".join(text.split()):
        return False
    return not check_copy(text, source_locale, text, locale, brand)


def reformatted(text: str, source_locale: str, locale: str, brand: BrandKit) -> str | None:
    """A text of nothing but numbers, prices, percentages, dates and names, as the target locale writes it;
    unchanged where it is right as it stands. None where it holds words, or what it means is in doubt.
    """
    if stays_as_is(text, source_locale, locale, brand):
        return text
    written = _in_locale(text, source_locale, locale, brand)
    if written is None or check_copy(text, source_locale, written, locale, brand):
        return None
    return written


def _in_locale(text: str, source_locale: str, locale: str, brand: BrandKit) -> str | None:
    """A text as the target locale writes it, spaces aside; None where there are words in it."""
    if not text.strip() or has_plus_one(text):
        return None
    together = "".join(text.split())
    if together in {"".join(term.split()) for term in brand.do_not_translate}:  # L U M É A
        return text
    fixed = sorted(fixed_parts(text, brand), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, fixed))})", text) if fixed else [text]
    out = []
    for place, part in enumerate(parts):
        written = part if place % 2 else _written(_narrow(part, locale), source_locale, locale)
        if written is None:
            return None
        out.append(written)
    return "".join(out)


def _narrow(text: str, locale: str) -> str:
    """Full-width signs as the rest of the world writes them, and the digits of every script as ASCII."""
    is_cjk = bool(expected_scripts(locale) & {"Hani", "Hang"})
    return "".join(
        str(unicodedata.decimal(c))
        if c.isdecimal()
        else unicodedata.normalize("NFKC", c)
        if unicodedata.east_asian_width(c) == "F" and not is_cjk
        else (c if script_of(locale) == "Arab" else _ARABIC_SIGNS.get(c, c))
        for c in text
    )


def _written(text: str, source_locale: str, locale: str) -> str | None:
    """A stretch of numbers and dates in another locale; None where a letter is left, or a doubt."""
    out, last = [], 0
    for moment in moments(text, source_locale):
        at = _moment(moment, locale)
        between = _amounts(text[last : moment.start], source_locale, locale)
        if at is None or between is None or moment.end <= moment.start:  # the second day of a range
            return None
        out += [between, at]
        last = moment.end
    rest = _amounts(text[last:], source_locale, locale)
    return None if rest is None else "".join([*out, rest])


def _moment(moment: Moment, locale: str) -> str | None:
    """A date or time of day as a locale writes it; None where it may be another."""
    if len(moment.readings) != 1:
        return None
    ((year, month, day),) = moment.readings
    if (known := _babel(locale)) is None:
        return None
    if year < 0:
        has_colon = ":" in str(known.time_formats["short"].pattern)
        return moment.text if has_colon and re.fullmatch(r"\d{1,2}:\d{2}", moment.text) else None
    if not year and month == day and re.fullmatch(r"\d+[./]\d+", moment.text):
        return moment.text  # 11.11 is the same day in any order
    if language_of(locale) == UNDETERMINED or not (moment.is_sure or "/" in moment.text):
        return None
    from babel.dates import format_skeleton

    in_words = bool(re.search(r"[^\W\d_]", moment.text))
    skeleton = ("yMMMMd" if in_words else "yMd") if year else ("MMMMd" if in_words else "Md")
    return str(format_skeleton(skeleton, date(year or 2000, month, day), locale=known))


def _amounts(text: str, source_locale: str, locale: str) -> str | None:
    out, last = [], 0
    for match in _AMOUNT.finditer(text):
        amount = _amount(match, source_locale, locale)
        between = text[last : match.start()]
        if amount is None or _has_letters(between):
            return None
        end = match.end()
        unit = _LETTERS.match(text, end)
        if unit and not match["after"] and _is_unit(unit[0], source_locale, locale):
            end = unit.end()
        out += [between, amount, text[match.end() : end]]
        last = end
    rest = text[last:]
    return None if _has_letters(rest) or _OWN_WAY.search(text) else "".join([*out, rest])


def _is_unit(letters: str, source_locale: str, locale: str) -> bool:
    meant, there = units_after(letters, source_locale), units_after(letters, locale)
    return bool(meant) and meant == there and bool(expected_scripts(locale) & _LATIN_UNITS)


def _amount(match: re.Match[str], source_locale: str, locale: str) -> str | None:
    """A number with the sign before or behind it, as a locale writes both."""
    number = _number(match["number"], source_locale, locale)
    before, after = (match["before"] or ""), (match["after"] or "")
    if number is None or (before and after):
        return None
    sign = (before or after).strip()
    if not sign:
        return number
    if UNDETERMINED in {language_of(locale), language_of(source_locale)}:
        return None
    if (formats := _babel(locale)) is None:
        return None
    pattern = str(
        (formats.percent_formats[None] if sign == "%" else formats.currency_formats["standard"]).pattern
    )
    pattern = pattern.partition(";")[0]
    goes_before = pattern.find("%" if sign == "%" else "¤") < pattern.find("0")
    if goes_before == bool(before):
        return f"{before}{number}{after}"
    return f"{sign}{number}" if goes_before else f"{number}{'' if sign == '%' else chr(0xA0)}{sign}"


def _number(digits: str, source_locale: str, locale: str) -> str | None:
    """Digits with the separators of a locale; None where they are more than one number."""
    if digits.isdecimal():
        return digits
    tokens = number_tokens(digits, source_locale)
    if len(tokens) != 1 or UNDETERMINED in {language_of(source_locale), language_of(locale)}:
        return None
    if (known := _babel(locale)) is None:
        return None
    from babel.numbers import format_decimal

    value = tokens[0].value
    marks = [c for c in digits if not c.isdecimal()]
    is_whole = value == value.to_integral_value() and len(set(marks)) != 2
    decimals = 0 if is_whole else len(digits) - max(digits.rfind(mark) for mark in marks) - 1
    has_groups = len(marks) > (0 if is_whole else 1)
    whole = str(known.decimal_formats[None].pattern).split(".")[0]
    pattern = (whole if has_groups else "0") + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(value, format=pattern, locale=known)).replace("\u202f", "\u00a0")


def _has_letters(text: str) -> bool:
    return any(unicodedata.category(c)[0] in "LMN" for c in text)


def _babel(locale: str) -> Locale | None:
    """CLDR's data of a locale, or of its language; None where nothing is known: then nobody may say how it
    writes a number."""
    from babel import Locale, UnknownLocaleError

    for tag in (locale, language_of(locale)):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return None
