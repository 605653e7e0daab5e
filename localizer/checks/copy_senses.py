"""What a sign before a number makes of it, and what a price is for: -5 °C is not 5 °C, 5 $/kg not 5 $/g."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from localizer.checks.copy_units import dimension_of, units_after
from localizer.model import CheckStatus

if TYPE_CHECKING:
    from localizer.checks.copy_numbers import NumberToken

_SIGN = re.compile(r"(?:^|[\s(（:：,，;|~])([-−–+])\s?(?:[a-z]{0,2}[¥$€£₩]\s?)?$", re.IGNORECASE)
_SPACED_DASH = re.compile(r"\s[-−–]\s$")  # parts two statements
_COMPARED = re.compile(r"([<>≤≥±])\s?(?:[a-z]{0,2}[¥$€£₩]\s?)?$", re.IGNORECASE)
_BELOW_ZERO = re.compile(
    r"(?:零下|负|負|マイナス|氷点下|영하|ลบ|\bminus|\bmoins|\bmenos|\bmeno|минус|мінус|\bâm|ناقص)\s?$",
    re.IGNORECASE,
)
_WAYS = {"−": "-", "–": "-", "≤": "<", "≥": ">"}
_MONEY = r"(?:[¥$€£₩฿₹₽₫₺]|[a-z]{3}|元|円|块|원|บาท|руб\.?)?"
_PER = re.compile(
    rf"\s?{_MONEY}\s?(?:/|\bper\b|\bpro\b|\bje\b|\bpar\b|\bpor\b|\bза\b|每|毎)\s?", re.IGNORECASE
)
Said = tuple[CheckStatus, str]


def sense_of(before: str) -> str:
    """``+``, ``-``, ``<``, ``>`` or ``±`` in front of a number, or empty; below zero in words is ``-``."""
    if _BELOW_ZERO.search(before):
        return "-"
    found = _COMPARED.search(before) or (None if _SPACED_DASH.search(before) else _SIGN.search(before))
    return _WAYS.get(found[1], found[1]) if found else ""


def per_unit(after: str, locale: str) -> frozenset[str]:
    """The unit that a price is for, by what stands behind its number; empty if none that we know."""
    match = _PER.match(after)
    return units_after(after[match.end() :], locale) if match else frozenset()


def compare_senses(pairs: Sequence[tuple[NumberToken, NumberToken]]) -> Iterator[Said]:
    """What differs in numbers that are the same. A discount may lose its minus; no temperature may."""
    for a, b in pairs:
        number, both = f"{a.value:f}", {a.sense, b.sense}
        is_degrees = "temperature" in {dimension_of(unit) for unit in a.units | b.units}
        is_lost = bool(both & {"<", ">", "±"}) or (is_degrees and "-" in both)
        if len(both) > 1 and (is_lost or both == {"+", "-"}):
            shown = f"{a.sense or 'none'} → {b.sense or 'none'}"
            yield CheckStatus.UNDECIDED, f"the sign in front of {number} differs ({shown})"
        if a.per and b.per and not a.per & b.per:
            yield CheckStatus.FAILED, f"the price {number} is for another unit"
        elif bool(a.per) != bool(b.per):
            yield CheckStatus.UNDECIDED, f"the price {number} is for a unit on one side only"
