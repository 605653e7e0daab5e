"""Whether the numbers of a text survived its translation: prices, percentages, measures, dates, and the rest.

Each number of the source is paired with one of the target that has the same value and counts the same. What
is left over was lost, added or changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from localizer.checks.copy_amounts import explained, has_plus_one, numerals, reductions, without_idioms
from localizer.checks.copy_dates import compare_moments
from localizer.checks.copy_money import currency_of
from localizer.checks.copy_numbers import NumberToken, fold_digits, number_tokens
from localizer.checks.copy_offers import contradict
from localizer.checks.copy_senses import compare_senses
from localizer.checks.copy_units import dimension_of
from localizer.checks.copy_verbatim import without_addresses
from localizer.model import CheckStatus

# A discount told otherwise than in per cent: 8折 and 2割 are 20 % off, 半价 is 50 %.
_NUMERAL = "一二两兩三四五六七八九十百千万萬"
_DISCOUNT_WORDS = re.compile(
    rf"[\d{_NUMERAL}半]\s*[折割成]|半[价價額额]|百分之[{_NUMERAL}]|买一送一|買一送一|반값|\bhalf\b|\bhalb|\bhälfte\b"
    r"|\bmoitié\b|\bmitad\b|\bmetade\b|\bmetà\b|\bhalve\b|половин|ครึ่ง|نصف|आध[ाीे]|nửa|setengah",
    re.IGNORECASE,
)
_WRITTEN_PRICE = re.compile(rf"[{_NUMERAL}]\s*[元圆圓块塊円]")
_FAILED, _UNDECIDED, _PASSED = CheckStatus.FAILED, CheckStatus.UNDECIDED, CheckStatus.PASSED
Said = tuple[CheckStatus, str]
Pair = tuple[int, int]
_NEVER = 9


def compare_numbers(source: str, source_locale: str, target: str, locale: str) -> Said:
    """Whether the numbers of a text survived its translation.

    A price, percentage, date or measure that differs fails. Numbers that may be told in other words (discount
    idioms, numerals written out, 万, or plain numbers such as 618, the name of a sale) are for a person, and
    so are a sign that means another money in the target's country and amounts that change places.
    """
    here, there = (fold_digits(without_addresses(text)) for text in (source, target))
    moments = compare_moments(here, source_locale, there, locale)
    said: list[Said] = [(moments.status, moments.message)]
    ours = number_tokens(without_idioms(moments.source), source_locale)
    theirs = number_tokens(without_idioms(moments.target), locale)
    pairs = _paired(ours, theirs)
    left = [token for i, token in enumerate(ours) if i not in {i for i, _ in pairs}]
    new = [token for j, token in enumerate(theirs) if j not in {j for _, j in pairs}]
    our_idioms, their_idioms = reductions(source), reductions(target)
    said += _amounts(f"{source}\n{target}", ours, theirs, left, new, our_idioms, their_idioms)
    said += _beside(ours, theirs, pairs, source_locale)
    said += _order(ours, theirs, pairs)
    said += compare_senses([(ours[i], theirs[j]) for i, j in pairs])
    lost = _values(left) - their_idioms - explained(target, locale, source)
    added = _values(new) - our_idioms - explained(source, source_locale, target)
    if lost or added:
        said.append((_UNDECIDED, f"numbers differ ({_difference(left, new)})"))
    elif told := _words_differ(
        without_idioms(source), source_locale, ours, without_idioms(target), locale, theirs
    ):
        said.append((_UNDECIDED, told))
    elif has_plus_one(source) and not (has_plus_one(target) or theirs or explained(target, locale, source)):
        said.append((_UNDECIDED, "one more for one bought is told otherwise in the target"))
    return next((one for status in (_FAILED, _UNDECIDED) for one in said if one[0] is status), (_PASSED, ""))


def _words_differ(
    source: str,
    source_locale: str,
    ours: Sequence[NumberToken],
    target: str,
    locale: str,
    theirs: Sequence[NumberToken],
) -> str:
    """What to say where a number written out became another: two → drei."""
    in_source, in_target = numerals(source, source_locale), numerals(target, locale)
    lost = in_source - in_target - {*_values(theirs)} - {*explained(target, locale, source)}
    new = in_target - in_source - {*_values(ours)} - {*explained(source, source_locale, target)}
    return f"numbers in words differ ({min(lost)} → {min(new)})" if lost and new else ""


def _paired(ours: Sequence[NumberToken], theirs: Sequence[NumberToken]) -> list[Pair]:
    """Which number of the target stands for which of the source: those that count the same first."""
    costs = sorted(
        (cost, i, j)
        for i, a in enumerate(ours)
        for j, b in enumerate(theirs)
        if (cost := _unlikeness(a, b)) < _NEVER
    )
    pairs: list[Pair] = []
    for _, i, j in costs:
        if all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return sorted(pairs)


def _unlikeness(a: NumberToken, b: NumberToken) -> int:
    """How little two numbers of different texts count the same; `_NEVER`: they are not the same number."""
    if a.value != b.value or (a.kind == "percent") != (b.kind == "percent"):
        return _NEVER
    if (a.kind == "money" and b.units) or (a.units and b.kind == "money"):
        return _NEVER
    if a.kind == b.kind == "money":
        return 0 if a.codes & b.codes else 3
    if a.units and b.units:
        return 0 if a.units & b.units else 3
    return 0 if a.kind == b.kind and bool(a.units) == bool(b.units) else 1


def _amounts(
    both: str,
    ours: Sequence[NumberToken],
    theirs: Sequence[NumberToken],
    left: Sequence[NumberToken],
    new: Sequence[NumberToken],
    our_idioms: Counter[Decimal],
    their_idioms: Counter[Decimal],
) -> Iterator[Said]:
    """Percentages, prices and measures that are on one side only."""
    difference = _difference(left, new)
    if _values(ours, "percent") + our_idioms != _values(theirs, "percent") + their_idioms:
        status = _UNDECIDED if _DISCOUNT_WORDS.search(both) else _FAILED
        yield status, f"percentages differ ({difference or _reworded(our_idioms, their_idioms)})"
    if _values(left, "money") or _values(new, "money"):
        is_reworded = any(token.is_scaled for token in [*ours, *theirs]) or bool(_WRITTEN_PRICE.search(both))
        yield _UNDECIDED if is_reworded else _FAILED, f"prices differ ({difference})"
    if _dimensions(left) & _dimensions(new):
        yield _FAILED, f"measures differ ({difference})"


def _beside(
    ours: Sequence[NumberToken], theirs: Sequence[NumberToken], pairs: Sequence[Pair], source_locale: str
) -> Iterator[Said]:
    """What stands beside numbers that are the same: money and units."""
    ours_has = {code for token in ours for code in token.codes} or {currency_of(source_locale)} - {""}
    for a, b in ((ours[i], theirs[j]) for i, j in pairs):
        number = f"{a.value:f}"
        if a.codes and b.codes and not a.codes & b.codes:
            if a.sign == b.sign:
                yield _UNDECIDED, f"{a.sign} beside {number} means {_any(b.codes)} there, not {_any(a.codes)}"
            else:
                yield _FAILED, f"the currency changed ({a.money} → {b.money}) but not the amount {number}"
        elif b.codes < a.codes:
            yield _UNDECIDED, f"{b.sign} beside {number} means {_any(b.codes)} there, and may be another here"
        elif a.codes and not b.codes:
            yield _UNDECIDED, f"{number} stands without its currency {a.money}"
        elif b.codes and not a.codes and ours_has and not b.codes & ours_has:
            yield _UNDECIDED, f"{number} is given in {b.money}, which the source does not say"
        if a.units and b.units and not a.units & b.units:
            yield _FAILED, f"the unit of {number} changed ({_any(a.units)} → {_any(b.units)})"
        elif not (a.units and b.units) and _dimensions([a, b]):
            yield _UNDECIDED, f"{number} has the unit {_any(a.units or b.units)} on one side only"


def _order(
    ours: Sequence[NumberToken], theirs: Sequence[NumberToken], pairs: Sequence[Pair]
) -> Iterator[Said]:
    """Numbers that change places: the discount may have become the price."""
    parts = {i: (ours[i].part, theirs[j].part) for i, j in pairs}
    if any(contradict(*both) for both in parts.values()):
        yield _UNDECIDED, "amounts seem to have changed places"
        return
    for kind in ("amount", "percent", "units", "plain"):
        same = [(i, j) for i, j in pairs if kind in {_sort(ours[i]), _sort(theirs[j])}]
        here = [theirs[j].value for _, j in same]
        there = [theirs[j].value for j in sorted(j for _, j in same)]
        told = sum(bool(parts[i][0]) and parts[i][0] == parts[i][1] for i, _ in same)
        if here != there and told < len(same) - 1:
            yield _UNDECIDED, "numbers stand in another order"


def _sort(token: NumberToken) -> str:
    """What a number is compared with when the order is: amounts of money, told as such or not, and so on."""
    if token.kind == "money" or (token.part and token.kind == "plain"):
        return "amount"
    return "units" if token.units else token.kind


def _dimensions(tokens: Sequence[NumberToken]) -> set[str]:
    """What numbers measure; time is left out, for it is often told otherwise."""
    return {dimension_of(unit) for token in tokens for unit in token.units} - {"duration"}


def _any(names: frozenset[str]) -> str:
    return " or ".join(sorted(name.partition("-")[2] or name for name in names))


def _reworded(ours: Counter[Decimal], theirs: Counter[Decimal]) -> str:
    """What to say where the difference is in idioms only."""
    found = ", ".join(
        part for part in (_said("per cent off in the source", ours), _said("in the target", theirs)) if part
    )
    return found or "a number gained or lost its per cent sign"


def _values(tokens: Sequence[NumberToken], kind: str = "") -> Counter[Decimal]:
    return Counter(token.value for token in tokens if not kind or token.kind == kind)


def _difference(left: Sequence[NumberToken], new: Sequence[NumberToken]) -> str:
    parts = (_said("only in the source", _values(left)), _said("only in the target", _values(new)))
    return ", ".join(part for part in parts if part)


def _said(where: str, values: Counter[Decimal]) -> str:
    return f"{where}: {' '.join(f'{value:f}' for value in sorted(values.elements()))}" if values else ""
