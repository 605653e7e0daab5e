"""Dates and times of day in copy: the same moment may be written in another way, by the locale's own rules.

``12/31`` is the ``31.12.`` and ``8 PM`` is ``20 Uhr``; but whether ``12/11`` is in November nobody can tell
without knowing the country, so that is for a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from localizer.locales import NO_LANGUAGE, language_of, normalise_locale
from localizer.model import CheckStatus

Reading = tuple[int, int, int]
"""Of a date year (0: none said), month and day; of a time of day -1, hour and minute."""


class Moment(NamedTuple):
    """A date or a time of day.

    Attributes:
        readings: what it may mean.
        is_sure: that it is one at all: ``6.18`` may also be a number.
    """

    start: int
    end: int
    text: str
    readings: frozenset[Reading]
    is_sure: bool = True


_YEAR_FIRST = re.compile(
    r"(?<![\d.])(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)\s?[日号號일]?"
)
_YEAR_LAST = re.compile(r"(?<![\d./-])(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?![\d./-]*\d)")
_MONTH_DAY = re.compile(
    r"(?<!\d)(\d{1,2})\s?[月월]\s?(\d{1,2})(?!\d)\s?[日号號일]?"
    r"(?:\s?[-–—~～至到]\s?(\d{1,2})(?!\d|\s?[月월.:])\s?[日号號일]?)?"
)
_TWO_PARTS = re.compile(r"(?<![\d.,:/¥$€£₩฿₹])(\d{1,2})([./])\s?(\d{1,2})(\.?)(?![\d%°]|[.,:/]\d)")
_NO_DATE = {(1, 2), (1, 3), (2, 3), (1, 4), (3, 4), (24, 7)}  # fractions, and round the clock
_COUNTED = re.compile(
    r"\s?(?:[¥$€£₩฿₹折割元块圆円倍万亿億千百米克升寸斤公厘毫分秒小天年个個件次码瓦英成]|[A-Za-zÀ-ɏЀ-ӿ]|小时)"
)
_CLOCK = re.compile(
    r"(?P<before>(?:凌晨|早上|早晨|上午|午前|오전|中午|下午|午後|오후|晚上|晚间|傍晚|夜晚|[早晚夜])\s?)?"
    r"(?<![\d.,:])(?P<hour>\d{1,2})"
    r"(?:\s?:\s?(?P<minute>\d{2})(?![\d:])"
    r"|\.(?P<minute2>\d{2})(?=\s?(?:uhr|h\b|น\.|[ap]\.?\s?m\b))"
    r"|\s?[时時点點시](?![间間간])\s?(?:(?P<minute3>\d{2})\s?[分분]?|(?P<half>半|반))?"
    r"|h(?P<minute4>\d{2})(?!\d))?"
    r"\s?(?P<after>[ap]\.?\s?m\b\.?|uhr\b|น\.|นาฬิกา|giờ\b|[صم](?!\w))?",
    re.IGNORECASE,
)
_AM = re.compile(r"凌晨|早|上午|午前|오전|a|ص", re.IGNORECASE)
_PM = re.compile(r"下午|午後|오후|晚|夜|中午|p|م", re.IGNORECASE)


def moments(text: str, locale: str) -> list[Moment]:
    """Dates and times of a text (NFKC, ASCII digits), from left to right, none over another."""
    taken: list[Moment] = []
    for find in (_year_first, _year_last, _named, _month_day, _two_parts, _times):
        for moment in find(text, locale):
            if moment.readings and all(moment.end <= t.start or moment.start >= t.end for t in taken):
                taken.append(moment)
    return sorted(taken)


class Compared(NamedTuple):
    """What a comparison of dates and times says.

    Attributes:
        source, target: the texts, with blanks for what is settled.
    """

    status: CheckStatus
    message: str
    source: str
    target: str


def compare_moments(source: str, source_locale: str, target: str, locale: str) -> Compared:
    """Whether the dates and times of a text survived its translation.

    What is found on both sides is blanked, so that its digits are not compared again.
    """
    ours, theirs = moments(source, source_locale), moments(target, locale)
    left, unmatched, doubts = list(theirs), [], []
    settled: list[tuple[Moment, Moment]] = []
    for moment in ours:
        match = next((other for other in left if moment.readings & other.readings), None)
        if match is None:
            unmatched.append(moment)
            continue
        left.remove(match)
        settled.append((moment, match))
        if moment.readings != match.readings or len(match.readings) > 1:
            doubts.append(f"{moment.text} may be another day than {match.text}")
    lost = [moment for moment in unmatched if moment.is_sure]
    for moment in unmatched:
        is_other = any(moment.text == other.text for other in left)
        if not moment.is_sure and (is_other or moment.text not in target):
            doubts.append(f"{moment.text} may be a date")
    rest = (
        _blanked(source, [ours for ours, _ in settled]),
        _blanked(target, [theirs for _, theirs in settled]),
    )
    if lost:
        changed = [moment for moment in left if moment.is_sure]
        if len(ours) == len(theirs) == len(changed) == 1:
            return Compared(CheckStatus.FAILED, f"{lost[0].text} became {changed[0].text}", *rest)
        doubts.insert(0, f"the date or time {', '.join(moment.text for moment in lost)} is not in it")
    status = CheckStatus.UNDECIDED if doubts else CheckStatus.PASSED
    return Compared(status, "; ".join(doubts), *rest)


def _blanked(text: str, found: list[Moment]) -> str:
    for moment in found:
        text = text[: moment.start] + " " * (moment.end - moment.start) + text[moment.end :]
    return text


def _date(year: int, month: int, day: int) -> list[Reading]:
    if 0 < year < 100:
        year += 2000
    return [(year, month, day)] if 1 <= month <= 12 and 1 <= day <= 31 else []


def _year(digits: str | None, locale: str) -> int:
    """A year as the Gregorian calendar counts; Thailand counts from the Buddha's passing."""
    year = int(digits or 0)
    return year - 543 if language_of(locale) == "th" and year > 2400 else year


def _year_first(text: str, locale: str) -> Iterator[Moment]:
    for m in _YEAR_FIRST.finditer(text):
        readings = _date(_year(m[1], locale), int(m[2]), int(m[3]))
        yield Moment(m.start(), m.end(), m[0], frozenset(readings))


def _year_last(text: str, locale: str) -> Iterator[Moment]:
    for m in _YEAR_LAST.finditer(text):
        readings = _either_order(_year(m[4], locale), int(m[1]), int(m[3]), m[2], locale)
        yield Moment(m.start(), m.end(), m[0], readings)


def _two_parts(text: str, locale: str) -> Iterator[Moment]:
    for m in _TWO_PARTS.finditer(text):
        first, second, after = int(m[1]), int(m[3]), text[m.end() :]
        if (first, second) in _NO_DATE:
            continue
        is_ordinal = m[2] == "." and bool(m[4]) and order_of(locale) == "dm"
        if m[2] == "." and not is_ordinal:
            # 6.18大促 is a day in Chinese, 2.5米 is none; German has 18.06, English never.
            is_usual = language_of(locale) in {"zh", "ja", "ko"} or (
                order_of(locale) == "dm" and len(m[1]) == len(m[3]) == 2
            )
            if not is_usual or _COUNTED.match(after):
                continue
        readings = _either_order(0, first, second, m[2], locale)
        end = m.end() - (bool(m[4]) and not is_ordinal)  # the full stop of a sentence
        yield Moment(m.start(), end, text[m.start() : end], readings, is_sure=is_ordinal)


def _either_order(year: int, first: int, second: int, sign: str, locale: str) -> frozenset[Reading]:
    month_first, day_first = _date(year, first, second), _date(year, second, first)
    order = order_of(locale)
    if order == "md":
        return frozenset(month_first or day_first)
    if order == "dm":
        return frozenset(day_first or month_first)
    return frozenset(month_first + day_first)


def _month_day(text: str, locale: str) -> Iterator[Moment]:
    for m in _MONTH_DAY.finditer(text):
        days = [int(day) for day in (m[2], m[3]) if day]
        yield from _days(m.start(), m.end(), m[0], 0, int(m[1]), days)


def _days(start: int, end: int, text: str, year: int, month: int, days: list[int]) -> Iterator[Moment]:
    """One moment for each day of a range; they share its place."""
    for place, day in enumerate(days):  # the second stands at the end of the first
        at = (start, end) if place == 0 else (end, end)
        yield Moment(*at, text, frozenset(_date(year, month, day)))


def _named(text: str, locale: str) -> Iterator[Moment]:
    names, day_first, month_first = _month_names(locale)
    if not names:
        return
    folded = text.casefold()
    if len(folded) != len(text):  # ß became ss: places would not agree
        folded = text.lower() if len(text.lower()) == len(text) else text
    for pattern in (day_first, month_first):
        for m in pattern.finditer(folded):
            days = [int(day) for day in (m["day"], m["until"]) if day]
            month = names[m["name"].rstrip(".")]
            year = _year(m["year"], locale)
            yield from _days(m.start(), m.end(), text[m.start() : m.end()], year, month, days)


@lru_cache(maxsize=64)
def _month_names(locale: str) -> tuple[dict[str, int], re.Pattern[str], re.Pattern[str]]:
    """Months by name, and what a day of one looks like: ``31. Dezember``, ``December 31``."""
    from babel import UnknownLocaleError
    from babel.dates import get_month_names

    names: dict[str, int] = {}
    for tag in dict.fromkeys((locale.replace("-", "_"), language_of(locale))):
        try:
            for context in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for number, name in get_month_names(width, context, tag).items():
                        if not name[0].isdigit():
                            names[name.casefold().rstrip(".")] = int(number)
            break
        except (UnknownLocaleError, ValueError):
            continue
    if language_of(locale) == "en":
        names["sept"] = 9
    any_name = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or r"(?!)"
    name = rf"(?P<name>(?:{any_name})\.?)(?![^\W\d_])"
    to = r"\s?[-–—~]\s?"
    number = r"(?:st|nd|rd|th|er|\.|º|ª|°)?"
    of = r"(?:\s?,)?(?:\s(?:of|de|del|ngày)\b|\sd['’]|\sב)?\s?"
    year = rf"(?:,?{of}(?P<year>\d{{4}})(?!\d))?"
    upto = rf"(?:{to}(?P<until>\d{{1,2}}){number}(?![\d:%]))?"
    day_first = rf"(?<![\d.,:])(?P<day>\d{{1,2}}){number}{upto}{of}{name}{year}"
    month_first = rf"(?<![^\W\d_]){name}\s?(?P<day>\d{{1,2}}){number}(?![\d:%]){upto}{year}"
    return names, re.compile(day_first), re.compile(month_first)


def _times(text: str, locale: str) -> Iterator[Moment]:
    for m in _CLOCK.finditer(text):
        digits = m["minute"] or m["minute2"] or m["minute3"] or m["minute4"]
        said = (m["before"] or "") + (m["after"] or "")
        on_the_hour = re.search(r"[时時시]" if language_of(locale) != "zh" else r"[时時点點]", m[0])
        if not (m["after"] or digits or on_the_hour):  # 2点 are two items in Japanese
            continue
        hour, minute = int(m["hour"]), 30 if m["half"] else int(digits or 0)
        if _PM.search(said) and hour < 12:
            hour += 12
        elif _AM.search(said) and not _PM.search(said) and hour == 12:
            hour = 0
        if hour <= 24 and minute < 60:
            yield Moment(m.start(), m.end(), m[0].strip(), frozenset({(-1, hour, minute)}))


@lru_cache(maxsize=256)
def order_of(locale: str) -> str:
    """``md`` or ``dm``: what comes first where a locale writes a day in digits; empty where nobody can tell.

    English without a country is either.
    """
    from babel import Locale, UnknownLocaleError

    tag = normalise_locale(locale)
    if language_of(tag) in NO_LANGUAGE or tag == "en":
        return ""
    try:
        pattern = str(Locale.parse(tag, sep="-").date_formats["short"].pattern)
    except (UnknownLocaleError, ValueError):
        return ""
    return "md" if pattern.lower().find("m") < pattern.lower().find("d") else "dm"
