"""Measures in copy: which unit stands behind a number, in any language, by CLDR."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# CLDR's units that campaign copy uses. Of time a translation may well drop or reword the unit.
_UNITS = {
    "mass": "gram kilogram milligram ounce pound tonne carat",
    "length": "centimeter meter millimeter kilometer inch foot mile",
    "volume": "milliliter liter centiliter deciliter fluid-ounce gallon",
    "area": "square-meter square-centimeter",
    "power": "watt kilowatt horsepower",
    "energy": "kilowatt-hour kilocalorie kilojoule",
    "electric": "volt ampere milliampere",
    "frequency": "hertz kilohertz megahertz gigahertz",
    "digital": "kilobyte megabyte gigabyte terabyte",
    "temperature": "celsius fahrenheit",
    "speed": "kilometer-per-hour",
    "graphics": "pixel megapixel",
    "light": "lumen",
    "duration": "second minute hour day week month year",
}
# What every script writes, and what CLDR lacks. Letters whose case says nothing are matched in any case.
_EVERYWHERE = {
    "mass-gram": "g|gr",
    "mass-kilogram": "kg|kgs|公斤|千克",
    "mass-milligram": "mg|毫克",
    "mass-ounce": "oz",
    "mass-pound": "lb|lbs|磅",
    "mass-jin": "斤|市斤",
    "mass-tonne": "吨|噸",
    "mass-carat": "ct|克拉",
    "length-centimeter": "cm|cms|公分|厘米",
    "length-meter": "m|米|公尺",
    "length-millimeter": "mm|毫米",
    "length-kilometer": "km|公里|千米",
    "length-inch": '″|"|inch|inches|英寸|英吋|寸|吋',
    "length-foot": "ft|feet|foot",
    "volume-milliliter": "ml|毫升|cc",
    "volume-liter": "l|升|公升",
    "volume-fluid-ounce": "fl oz|fl. oz.|fl.oz",
    "power-watt": "w|瓦",
    "power-kilowatt": "kw|千瓦",
    "energy-kilowatt-hour": "kwh",
    "energy-kilocalorie": "kcal|大卡",
    "electric-volt": "v|伏",
    "electric-milliampere-hour": "mah|毫安时|毫安|мА·ч|мАч",
    "frequency-hertz": "hz|赫兹",
    "frequency-kilohertz": "khz",
    "frequency-megahertz": "mhz",
    "frequency-gigahertz": "ghz",
    "digital-kilobyte": "kb",
    "digital-megabyte": "mb",
    "digital-gigabyte": "gb",
    "digital-terabyte": "tb",
    "temperature-celsius": "°c|℃|摄氏度|攝氏度",
    "temperature-fahrenheit": "°f|℉|华氏度|華氏度",
    "speed-kilometer-per-hour": "km/h|kmh",
    "graphics-pixel": "px|像素",
    "duration-second": "sec|secs|秒|秒钟",
    "duration-minute": "min|mins|分钟|分鐘",
    "duration-hour": "h|hr|hrs|hour|hours|小时|小時|時間|시간",
    "duration-day": "天|日間|день|дней",
    "duration-week": "周|週|星期|週間",
    "duration-month": "个月|個月|か月|ヶ月|개월|months|month",
    "duration-year": "年|yr|yrs|年间|年間",
}
# One letter says a unit only as it is written properly: 5G is no five grams.
_LETTERS = {
    "g": "g",
    "m": "m",
    "l": "lL",
    "h": "h",
    "w": "W",
    "v": "V",
    "г": "г",
    "м": "м",
    "л": "л",
    "ч": "ч",
}
_OTHER_MEANING = {"in", "分", "日", "月", "点", "度"}  # 5 in 1, points, the 5th
_PLURALS = (0, 1, 2, 3, 6, 11, 100, 1.5)  # each form of each language's plural is among them
_GAP = re.compile(r"\s?[-\u2010\u2011]?")
_NUMBER = re.compile(r"[\d.,٫٬]+\s*(.+)")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class _Name(NamedTuple):
    text: str
    units: frozenset[str]


def units_after(after: str, locale: str) -> frozenset[str]:
    """Units that the text behind a number may name, NFKC folded; empty if it names none that we know.

    The longest name counts; ``m`` may be metres or minutes.
    """
    gap = _GAP.match(after)
    rest = after[gap.end() if gap else 0 :]
    folded = rest.casefold()
    for name in _names(locale):
        if folded.startswith(name.text) and _stands_alone(rest, len(name.text)):
            return name.units
    return frozenset()


def dimension_of(unit: str) -> str:
    """``mass`` of ``mass-gram``."""
    return unit.partition("-")[0]


def _stands_alone(text: str, length: int) -> bool:
    """Whether the first letters of a text are a word of their own, and a unit's as they are written."""
    last, follows = text[length - 1], text[length : length + 1]
    if _UNSPACED.match(last):
        return True
    if length == 1 and last.isalpha() and last not in _LETTERS.get(last.casefold(), ""):
        return False
    return not (follows.isalnum() and last.isalpha()) or bool(_UNSPACED.match(follows))


@lru_cache(maxsize=64)
def _names(locale: str) -> tuple[_Name, ...]:
    """What units are called behind a number, the longest first."""
    found: dict[str, set[str]] = {}
    for unit, names in _EVERYWHERE.items():
        for name in names.split("|"):
            found.setdefault(_folded(name), set()).add(unit)
    for tag in {"en", locale}:  # English units stand in copy of any language
        for unit, name in _of_cldr(tag):
            found.setdefault(name, set()).add(unit)
    return tuple(_Name(name, frozenset(found[name])) for name in sorted(found, key=len, reverse=True))


def _of_cldr(tag: str) -> Iterator[tuple[str, str]]:
    from babel import Locale, UnknownLocaleError
    from babel.units import format_unit

    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return
    for unit in (f"{dimension}-{name}" for dimension, names in _UNITS.items() for name in names.split()):
        for width in ("long", "short", "narrow"):
            for number in _PLURALS:
                found = _NUMBER.fullmatch(_folded(format_unit(number, unit, width, locale=locale)))
                name = found[1] if found else ""
                says = len(name) > 1 or name in _LETTERS or _UNSPACED.match(name)
                if says and name not in _OTHER_MEANING:
                    yield unit, name


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip("\u200e\u200f\u061c \n")
