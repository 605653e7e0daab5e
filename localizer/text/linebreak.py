"""Where a line may be broken: UAX #14 by ICU, and phrases by BudouX for Chinese and Japanese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from localizer.locales import script_of

_PHRASES = {
    "Jpan": "load_default_japanese_parser",
    "Hans": "load_default_simplified_chinese_parser",
    "Hant": "load_default_traditional_chinese_parser",
    "Thai": "load_default_thai_parser",
}


@cache
def _phrase_parser(script: str) -> Any:
    import budoux

    return getattr(budoux, _PHRASES[script])()


@lru_cache(maxsize=1024)
def pieces(text: str, locale: str, *, phrases: bool = True) -> tuple[str, ...]:
    """The text cut at every place where a line may end; joined, the pieces are the text.

    Args:
        phrases: for Chinese, Japanese and Thai keep phrases whole (a title should not break in a word);
            False allows every break that UAX #14 allows, for narrow places.
    """
    from icu4py.breakers import LineBreaker

    if not text:
        return ()
    script = script_of(locale)
    # Japanese: strict rules, by which no line starts with a small kana or a long-vowel mark.
    rules = {"Zyyy": "en", "Jpan": "ja-u-lb-strict"}.get(script, locale)
    legal = list(LineBreaker(text, rules))
    if script == "Kore":  # UAX #14 allows breaks inside Korean words; typographers keep words whole
        legal = list(_until_space(legal))
    legal = _with_units(legal)
    if not phrases or script not in _PHRASES:
        return tuple(legal)
    wanted, at = set(), 0
    for phrase in _phrase_parser(script).parse(text):
        at += len(phrase)
        wanted.add(at)
    out, current, at = [], "", 0
    for piece in legal:
        current += piece
        at += len(piece)
        # A space is a break in every script; a phrase end only where UAX #14 agrees.
        if at in wanted or piece != piece.rstrip():
            out.append(current)
            current = ""
    if current:
        out.append(current)
    return tuple(out)


_UNIT = re.compile(
    r"(?:[%‰°€$£¥￥₽₩₹฿]|°?[CF]|[mck]?m|[mk]?g|[mcd]?l|oz|lb|ft|h|min|sec|px|[KMGT]B|[kM]?W|kWh|m?Ah|V|Hz|"
    r"×|pcs|元|円|折|件|年|月|日|号|點|点|个|位|名|원|년|월|일|개|명|руб\.?|₴|zł|Kč|kr|TL|USD|EUR|CHF)[.,!?…。！？、]?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:^|.*[\s(])?[+\-−~]?\d[\d.,:/–-]*", re.DOTALL)
_CURRENCY = re.compile(r"(?:.*\s)?(?:[€$£¥￥₽₩₹฿]|No\.|Nr\.|№|USD|EUR|CHF)", re.DOTALL)


def _with_units(parts: list[str]) -> list[str]:
    """A number stays with its unit, and a currency sign or `No.` with its number."""
    out: list[str] = []
    for part in parts:
        before = out[-1].rstrip() if out else ""
        number_then_unit = _NUMBER.fullmatch(before) and _UNIT.fullmatch(part.strip())
        sign_then_number = _CURRENCY.fullmatch(before) and part[:1].isdigit()
        if out and (number_then_unit or sign_then_number):
            out[-1] += part
        else:
            out.append(part)
    return out


def hangs(line: str) -> bool:
    """Whether a line ends with a word that belongs to the next one: an article or a short preposition."""
    words = line.split()
    if len(words) < 2 or words[-1] != words[-1].strip(".,;:!?…)»”\"'"):
        return False
    last = words[-1]
    return last.isalpha() and last.casefold() == last and (len(last) <= 2 or last in _SMALL)


_SMALL = frozenset(
    re.findall(
        r"\w+",
        "the and for, der die das den dem des ein und für mit von zum zur, les des une aux par sur, los las "
        "una con por del, gli dei per alla alle allo agli della delle dello degli nella sulla, het een van "
        "voor met, och för med, для над под при или без",
    )
)


def glue(text: str, names: Iterable[str]) -> str:
    """The text with names of several words held together by no-break spaces."""
    for name in names:
        if " " in name:
            text = re.sub(re.escape(name), lambda m: m[0].replace(" ", "\u00a0"), text, flags=re.IGNORECASE)
    return text


def _until_space(parts: list[str]) -> tuple[str, ...]:
    out, current = [], ""
    for part in parts:
        current += part
        if part != part.rstrip():
            out.append(current)
            current = ""
    return (*out, current) if current else tuple(out)
