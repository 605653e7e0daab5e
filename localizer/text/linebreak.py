"""Where a line may be broken: UAX #14 by ICU, and phrases by BudouX for Chinese and Japanese."""

from __future__ import annotations

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
        return _until_space(legal)
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


def _until_space(parts: list[str]) -> tuple[str, ...]:
    out, current = [], ""
    for part in parts:
        current += part
        if part != part.rstrip():
            out.append(current)
            current = ""
    return (*out, current) if current else tuple(out)
