"""Embedding levels of the Unicode bidirectional algorithm (UAX #9).

python-bidi gives the rules up to Unicode 6.2. Added here: paired brackets (N0), without which the bracket
after a Latin name in Arabic copy opens on the wrong side; levels for the characters that rule X9 removes
(the zero-width non-joiner of every other Persian word); and isolates, taken for embeddings.
"""

from __future__ import annotations

import unicodedata
from typing import Any

_ISOLATES = {"\u2066": "\u202a", "\u2067": "\u202b", "\u2068": "\u202a", "\u2069": "\u202c"}
_LEVEL = {
    "L",
    "EN",
    "ES",
    "ET",
    "CS",
    "NSM",
    "BN",
    "WS",
    "ON",
    "B",
    "S",
    "",
}  # nothing here turns to the left
_PAIRS = dict(zip("([{（［｛「『【〔《〈⟨", ")]}）］｝」』】〕》〉⟩", strict=True))
_CLOSING = {close: open_ for open_, close in _PAIRS.items()}
_STRENGTH = {"L": "L", "R": "R", "EN": "R", "AN": "R"}  # numbers act as right to left in rule N0


def bidi_levels(text: str, *, rtl: bool) -> list[int]:
    """Embedding level of each character for a base direction; odd is right to left."""
    from bidi import algorithm as uax9

    if not rtl and all(unicodedata.bidirectional(c) in _LEVEL for c in text):
        return [0] * len(text)
    storage = uax9.get_empty_storage()
    storage["base_level"] = int(rtl)
    storage["base_dir"] = "R" if rtl else "L"
    uax9.get_embedding_levels("".join(_ISOLATES.get(c, c) for c in text), storage)
    for at, char in enumerate(storage["chars"]):
        char["at"] = at
        char["type"] = char["type"] or "L"  # characters newer than Python's tables have no type
    uax9.explicit_embed_and_overrides(storage)
    uax9.resolve_weak_types(storage)
    for run in storage["runs"]:
        _resolve_brackets(storage["chars"][run["start"] : run["start"] + run["length"]], run["sor"])
    uax9.resolve_neutral_types(storage, False)
    uax9.resolve_implicit_levels(storage, False)
    known = {char["at"]: int(char["level"]) for char in storage["chars"]}
    levels: list[int] = []
    for at in range(len(text)):  # UAX #9, 5.2: a removed character goes with the one before it
        levels.append(known.get(at, levels[-1] if levels else int(rtl)))
    return levels


def _resolve_brackets(chars: list[dict[str, Any]], start: str) -> None:
    """Rule N0: a pair takes the direction of what is in it, or of what stands before it."""
    for opening, closing in _bracket_pairs(chars):
        embedding = "R" if chars[opening]["level"] % 2 else "L"
        inside = {_STRENGTH.get(c["type"]) for c in chars[opening + 1 : closing]} - {None}
        if not inside:
            continue
        direction = embedding
        if embedding not in inside:
            before = (_STRENGTH.get(c["type"]) for c in reversed(chars[:opening]))
            direction = next((s for s in before if s), start)
        chars[opening]["type"] = chars[closing]["type"] = direction


def _bracket_pairs(chars: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """Definition BD16: positions of matching brackets, by opening bracket."""
    waiting: list[tuple[str, int]] = []
    pairs = []
    for at, char in enumerate(chars):
        c = char["ch"]
        if char["type"] != "ON" or unicodedata.category(c) not in {"Ps", "Pe"}:
            continue
        if c in _PAIRS:
            waiting.append((c, at))
            continue
        for depth in range(len(waiting) - 1, -1, -1):
            if waiting[depth][0] == _CLOSING.get(c):
                pairs.append((waiting[depth][1], at))
                del waiting[depth:]
                break
    return sorted(pairs)
