"""Which money stands beside a number: signs, codes and words, and what a sign means in a locale."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from localizer.locales import NO_LANGUAGE, language_of

_DOLLARS = frozenset({"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP"})


class Money(NamedTuple):
    """One way to write an amount of money.

    Attributes:
        name: its sign, or its ISO 4217 code.
        codes: ISO 4217 codes that it may mean.
        either: regular expression of what may stand on either side of the number.
        after: of what may follow it only.
    """

    name: str
    codes: frozenset[str]
    either: str
    after: str = r"(?!)"


def _of(name: str, codes: str, either: str, after: str = r"(?!)") -> Money:
    return Money(name, frozenset(codes.split()), either, after)


# In order: the longer sign first (R$ before $). What several countries share is narrowed by `_narrowed`.
_KNOWN = (
    _of("¥", "JPY", r"jpy|jp¥|日[元圆圓]", r"円|yen(?:es)?|иен|йен|엔|เยน|ين(?!\w)|येन|yên"),
    _of(
        "¥",
        "CNY",
        r"cny|rmb|cn¥|人民[币幣元]",
        r"yuan|юан\w*|위안|หยวน|يوان\w*|युआन|tệ|יואן|γιουάν|یوان|块",
    ),
    _of("¥", "CNY JPY", r"¥", r"元(?![旦宵气氣素宇])|[圆圓塊]"),
    _of("R$", "BRL", r"r\$|brl", r"rea(?:is|l)"),
    _of("$", "HKD", r"hk\$|hkd|港[币幣元]"),
    _of("$", "TWD", r"nt\$|twd|(?:新)?[台臺][币幣]"),
    _of("$", "SGD", r"s\$|sgd|新加坡元"),
    _of("$", "AUD", r"au\$|a\$|aud|澳元"),
    _of("$", "CAD", r"ca\$|c\$|(?-i:CAD)|加元"),
    _of("$", "NZD", r"nz\$|nzd"),
    _of("$", "MXN", r"mx\$|mxn"),
    _of("$", "USD", r"us\$|usd|美[元金]|[ud]\$s"),
    _of(
        "$",
        " ".join(_DOLLARS),
        r"\$",
        r"d[oóò]l[l]?ar\w*|dollars?|달러|ドル|доллар\w*|ดอลลาร์|دولار\w*|डॉलर|đô",
    ),
    _of("€", "EUR", r"€|eur", r"euros?|евро|[欧歐]元|유로|ユーロ|يورو|ยูโร|यूरो"),
    _of(
        "£",
        "GBP",
        r"£|gbp",
        r"pounds?(?! sterling silver)|英[镑鎊]|ポンド|파운드|фунт\w*|ปอนด์|جنيه\w* إسترليني\w*",
    ),
    _of("₩", "KRW", r"₩|krw", r"원|韩元|韓元|won|ウォン|вон"),
    _of("฿", "THB", r"฿|thb", r"บาท|泰[铢銖]|baht|バーツ|바트|бат"),
    _of("₹", "INR", r"₹|inr|rs\.?|रु\.?", r"rupees?|रुपये|रुपए|卢比|ルピー|루피|рупи\w*"),
    _of("₽", "RUB", r"₽|(?-i:RUB)", r"руб\w*\.?|卢布|р\.(?!\w)"),
    _of("₫", "VND", r"₫|vnd|vnđ", r"đồng|đ|越南盾"),
    _of("SAR", "SAR", r"ر\.س\.?|sar", r"ريال\w*|riyals?"),
    _of("AED", "AED", r"د\.إ\.?|aed", r"درهم\w*|dirhams?"),
    _of("Rp", "IDR", r"rp\.?|idr", r"rupiah"),
    _of("RM", "MYR", r"rm|myr", r"ringgit"),
    _of("₺", "TRY", r"₺|(?-i:TRY)", r"tl|lira"),
    _of("₱", "PHP", r"₱|(?-i:PHP)"),
    _of("₪", "ILS", r"₪|ils|nis", r'ש"ח|ש״ח|שקל\w*'),
    _of("₴", "UAH", r"₴|uah", r"грн\.?"),
    _of("zł", "PLN", r"pln", r"zł(?:ot\w*)?"),
    _of("Kč", "CZK", r"czk", r"kč"),
    _of("Ft", "HUF", r"huf", r"(?-i:Ft)|forint"),
    _of("kr", "SEK NOK DKK ISK", r"kr\.?", r"kronor|kroner|krónur"),
    _of("kr", "SEK", r"sek"),
    _of("kr", "NOK", r"(?-i:NOK)"),
    _of("kr", "DKK", r"dkk"),
    _of("CHF", "CHF", r"chf|sfr\.?|fr\."),
    _of("lei", "RON", r"(?-i:RON)", r"lei"),
    _of("лв", "BGN", r"bgn", r"лв\.?"),
    _of("₸", "KZT", r"₸|kzt"),
    _of("R", "ZAR", r"zar", r"rand"),
    _of("৳", "BDT", r"৳|bdt"),
    _of("PKR", "PKR", r"pkr"),
    _of("LKR", "LKR", r"lkr"),
    _of("EGP", "EGP", r"ج\.م\.?|egp|e£"),
    _of("KWD", "KWD", r"د\.ك\.?|kwd"),
    _of("QAR", "QAR", r"ر\.ق\.?|qar"),
    _of("₦", "NGN", r"₦|ngn"),
    _of("KSh", "KES", r"ksh|kes"),
    _of("S/", "PEN", r"s/\.?|(?-i:PEN)"),
    _of("₾", "GEL", r"₾|(?-i:GEL)"),
    _of("₼", "AZN", r"₼|azn"),
    _of("₭", "LAK", r"₭|(?-i:LAK)"),
    _of("៛", "KHR", r"៛|khr"),
    _of("₮", "MNT", r"₮|mnt"),
    _of("MOP", "MOP", r"mop\$|(?-i:MOP)|澳门[币元]|澳門[幣元]"),
)
CODES = frozenset(code for money in _KNOWN for code in money.codes)
"""ISO 4217 codes that are known."""

SIGNS = "¥$€£₩฿₹₽₫₺₱₪₴₸"
"""Of those, the ones that are a single sign in most markets; beside a bare amount they may be moved."""

_BEFORE = tuple(re.compile(rf"(?<![a-z])(?:{money.either})\s*[-+]?\s*$", re.IGNORECASE) for money in _KNOWN)
_AFTER = tuple(
    re.compile(rf"\s*(?:{money.either}|{money.after})(?![a-z\u00c0-\u024f])", re.IGNORECASE)
    for money in _KNOWN
)


class Beside(NamedTuple):
    """Money that stands beside a number.

    Attributes:
        name: see `Money`; empty if there is none.
        codes: that it may mean in the locale.
        sign: as it is written.
    """

    name: str = ""
    codes: frozenset[str] = frozenset()
    sign: str = ""


def money_beside(before: str, after: str, locale: str) -> Beside:
    """The money of a number by what stands before and after it, NFKC folded: the longest sign or name."""
    found = [_by_name(before, after, locale)]
    for money, stands_before, stands_after in zip(_KNOWN, _BEFORE, _AFTER, strict=True):
        match = stands_after.match(after) or stands_before.search(before)
        if match:
            sign = match[0].strip(" +-").casefold()
            found.insert(0, Beside(money.name, _narrowed(money, sign, locale), sign))
            break
    best = max(found, key=lambda beside: len(beside.sign))
    if not best.name:  # a sign that we do not know is money all the same
        for sign in (after.lstrip()[:1], before.rstrip(" +-")[-1:]):
            if sign and unicodedata.category(sign) == "Sc":
                return Beside(sign, frozenset({sign}), sign)
    return best


def _by_name(before: str, after: str, locale: str) -> Beside:
    """The money that CLDR knows by that name or sign in the locale."""
    head, tail = before.rstrip(" +-").casefold(), after.lstrip().casefold()
    if language_of(locale) == "ro":
        tail = tail.removeprefix("de ")  # 199 de euro
    for name, code in _names(locale):
        if tail.startswith(name) and not _continues(name[-1], tail[len(name) :][:1]):
            return Beside(code, frozenset({code}), name)
        if head.endswith(name) and not _continues(name[0], head[: -len(name)][-1:]):
            return Beside(code, frozenset({code}), name)
    return Beside()


def _continues(letter: str, beside: str) -> bool:
    """Whether a letter beside a name makes it a longer word, in a script that separates words."""
    return letter.isalpha() and beside.isalpha() and max(letter, beside) < "\u0e00"


@lru_cache(maxsize=64)
def _names(locale: str) -> tuple[tuple[str, str], ...]:
    """Names and longer signs of money in a locale, NFKC folded, and their codes; the longest first."""
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_currency_name, get_currency_symbol

    try:
        known = Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        return ()
    names: dict[str, str] = {}
    for code in sorted(CODES):
        written = [get_currency_symbol(code, known), get_currency_name(code, locale=known)]
        written += [get_currency_name(code, count, known) for count in (0, 1, 2, 3, 6, 11, 100, 1.5)]
        for name in written:
            folded = unicodedata.normalize("NFKC", name).casefold().strip(" \u200e\u200f")
            if len(folded) > 1 or folded > "\u2fff":  # one sign alone: see `_KNOWN`
                names.setdefault(folded, code)
    return tuple(sorted(names.items(), key=lambda item: -len(item[0])))


def _narrowed(money: Money, written: str, locale: str) -> frozenset[str]:
    """What a sign that several countries share means in a locale."""
    if len(money.codes) == 1:
        return money.codes
    own = currency_of(locale)
    if money.name == "¥":
        if language_of(locale) == "ja":
            return frozenset({"CNY" if "元" in written else "JPY"})
        if language_of(locale) == "zh" and (own == "CNY" or "¥" not in written):
            return frozenset({own})
        return money.codes
    if own in money.codes:
        return frozenset({own})
    return frozenset({"USD"}) if money.name == "$" else money.codes


@lru_cache(maxsize=256)
def currency_of(locale: str) -> str:
    """ISO 4217 code of the money of a locale's own (or likeliest) country; empty where none is likely."""
    import langcodes
    from babel.numbers import get_territory_currencies

    if language_of(locale) in NO_LANGUAGE:
        return ""
    territory = langcodes.Language.get(locale).maximize().territory or ""
    currencies = get_territory_currencies(territory) if len(territory) == 2 else []
    return str(currencies[0]) if currencies else ""
