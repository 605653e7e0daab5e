"""Which script and language a text shows: the target's, or some other that got into it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from localizer.checks.copy_money import CODES
from localizer.checks.copy_words import char_script, fold
from localizer.locales import NO_LANGUAGE, language_of, script_of
from localizer.model import CheckStatus

_SCRIPTS = {
    "Jpan": {"Hira", "Kana", "Hani"},
    "Kore": {"Hang"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
}
# Per script: the character set made for it, and the one whose characters betray another.
_HANZI = {"Hans": ("gb2312", "big5"), "Hant": ("big5hkscs", "gb2312"), "Jpan": ("euc_jis_2004", "gb2312")}
# OpenCC's conversions into a script, in the ways of each country that writes it.
_INTO = {"Hans": ("t2s",), "Hant": ("s2tw", "s2hk"), "Jpan": ("t2jp",)}
_BOTH_WRITE = frozenset("布台周占志秘注升念杯群岩着卷托并吃里")  # in use beside the form that OpenCC prefers
_KANA = {"Hira", "Kana"}
# A Latin word; KG in 200KG and US in US$ are none.
_NAME = re.compile(r"(?<![A-Za-zÀ-ÖØ-öø-ɏ\d])[A-Za-zÀ-ÖØ-öø-ɏ]{2,}(?![A-Za-zÀ-ÖØ-öø-ɏ$¥£€])")
_WORD = re.compile(r"[^\W\d_]+")
_ALIKE = {"Latn", "Cyrl", "Grek"}  # scripts whose letters look alike
# Letters that few languages of a script write: elsewhere they come from another language.
_PERSIAN = "fa ur ps ug ckb sd"
_RUSSIAN = "ru be kk ky tt mn"
_BETRAYING = {
    "ñ": "es gl ast eu fil qu gn", "¿": "es gl ast", "¡": "es gl ast", "ß": "de lb gsw nds", "œ": "fr",
    "ã": "pt vi gn", "õ": "pt et vi gn", "ğ": "tr az crh tt", "ı": "tr az crh tt kk", "ł": "pl hsb dsb szl",
    "ő": "hu", "ű": "hu", "ț": "ro", "ř": "cs hsb", "ů": "cs", "ø": "da nb nn no fo", "å": "sv da nb no fi",
    "þ": "is", "ð": "is fo", "ơ": "vi", "ư": "vi", "ạ": "vi", "ế": "vi", "ộ": "vi",
    "і": "uk be kk", "ї": "uk", "є": "uk", "ґ": "uk", "ы": _RUSSIAN, "э": _RUSSIAN, "ў": "be uz",
    "ј": "sr mk", "љ": "sr mk", "پ": _PERSIAN, "چ": _PERSIAN, "گ": _PERSIAN, "ژ": _PERSIAN,
    "ٹ": "ur sd pa", "ے": "ur pa",
}  # fmt: skip

Said = tuple[CheckStatus, str, str]
"""Status, message, guarantee."""


def scripts_of(text: str) -> frozenset[str]:
    """Scripts of the letters of a text."""
    letters = (c for c in text if unicodedata.category(c)[0] == "L")
    return frozenset(char_script(c) for c in letters) - {"Zyyy", "Zinh", "Zzzz"}


def expected_scripts(locale: str) -> frozenset[str]:
    """Scripts of which a text in this locale should show at least one; empty where nothing is known."""
    script = script_of(locale)
    return frozenset(_SCRIPTS.get(script, {script})) - {"Zyyy"}


def check_script(source: str, target: str, locale: str, keep: Sequence[str]) -> Iterator[Said]:
    """Whether a text is in the script and, as far as letters tell, in the language of its locale.

    Args:
        source: what it stands for; its Latin names may stay.
        keep: terms in any script that the brand wants as they are.
    """
    expected, present = expected_scripts(locale), scripts_of(target)
    own = without(target, keep)
    is_name = present == {"Latn"} and fold(target) == fold(source)
    if expected and present and not expected & present and scripts_of(own) and not is_name:
        is_in, should = ", ".join(sorted(present)), ", ".join(sorted(expected))
        yield CheckStatus.UNDECIDED, f"is in script {is_in}, but {locale} is in {should}", "script"
    if lost := _lost_names(source, target):
        yield CheckStatus.UNDECIDED, f"{', '.join(lost)} of the source is not in it", "terms"
    yield from _hanzi(own, locale)
    yield from _other_language(source, own, locale)
    mixed = [word for word in _WORD.findall(own) if len(scripts_of(word) & _ALIKE) > 1]
    if mixed:
        yield CheckStatus.UNDECIDED, f"{', '.join(mixed)} mixes letters of scripts that look alike", "script"


def without(text: str, terms: Sequence[str]) -> str:
    """A text with blanks where terms stand."""
    text = unicodedata.normalize("NFC", text)
    for term in sorted(terms, key=len, reverse=True):
        text = text.replace(unicodedata.normalize("NFC", term), " ")
    return text


def _lost_names(source: str, target: str) -> list[str]:
    """Latin words within copy of another script, most often names, that the target does not have."""
    if scripts_of(source) <= {"Latn"}:
        return []
    kept = fold(target)
    names = dict.fromkeys(name for name in _NAME.findall(source) if name.upper() not in CODES)
    return [name for name in names if fold(name) not in kept]


def _hanzi(text: str, locale: str) -> Iterator[Said]:
    certain, doubtful = foreign_hanzi(text, locale)
    if certain:
        yield CheckStatus.FAILED, f"{certain}: {locale} writes this otherwise", "script"
    elif doubtful:
        yield CheckStatus.UNDECIDED, f"{doubtful}: {locale} may write this otherwise", "script"
    if language_of(locale) == "zh" and scripts_of(text) & _KANA:
        yield CheckStatus.UNDECIDED, "holds Japanese kana", "script"


def foreign_hanzi(text: str, locale: str) -> tuple[str, str]:
    """Chinese characters that this locale writes otherwise, those that are certain and those that are not:
    simplified ones in Traditional or Japanese copy, traditional ones in Simplified copy.

    OpenCC tells them in their words (后 is no mistake in 皇后, but in 最后 it is). Certain is what the
    character sets made for the scripts say too: GB 2312 has it and Big5 lacks it. In Japanese nothing is.
    """
    script = script_of(locale)
    codecs = _HANZI.get(script)
    if not codecs or "Hani" not in scripts_of(text):
        return "", ""
    own, other = codecs
    hanzi = [c if char_script(c) == "Hani" else "" for c in text]
    told = {c for c in hanzi if c and not _encodes(c, own) and _encodes(c, other)}
    ways = [_converter(way).convert(text) for way in _INTO[script]]
    otherwise = {
        c
        for at, c in enumerate(hanzi)
        if c and c not in _BOTH_WRITE and all(len(way) == len(text) and way[at] != c for way in ways)
    }
    certain = told & otherwise if script != "Jpan" else set()
    order = dict.fromkeys(c for c in hanzi if c)
    return "".join(c for c in order if c in certain), "".join(c for c in order if c in told | otherwise)


@lru_cache(maxsize=8)
def _converter(way: str) -> Any:
    from opencc import OpenCC

    return OpenCC(way)


def _encodes(char: str, codec: str) -> bool:
    try:
        char.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _other_language(source: str, target: str, locale: str) -> Iterator[Said]:
    """Letters that this language does not write and the source does not have: ñ in German copy."""
    language = language_of(locale)
    if language in NO_LANGUAGE:
        return
    known = set(fold(source))
    found = [
        letter
        for letter in dict.fromkeys(unicodedata.normalize("NFC", target.lower()))
        if letter in _BETRAYING and language not in _BETRAYING[letter].split() and letter not in known
    ]
    if found:
        yield CheckStatus.UNDECIDED, f"{' '.join(found)}: not written in {locale}", "script"
