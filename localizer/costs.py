"""What models charged for an image, as far as their services or connections say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from localizer.model import JobResult

Money = dict[str, float]
"""Amounts by currency; ``""`` where a price has none."""


def paid(result: JobResult) -> Money:
    """What a run paid for a result: nothing where it was known, or where its answers had been recorded."""
    total: Money = {}
    for call in () if result.cached else _calls(result):
        if call.get("cost") is not None and not (call.get("facts") or {}).get("recorded"):
            add(total, {str(call.get("currency") or ""): float(call["cost"])})
    return total


def calls(result: JobResult) -> int:
    """How many questions to models went into a result."""
    return sum(1 for _ in _calls(result))


def add(total: Money, more: Mapping[str, float]) -> None:
    """Add amounts, currency by currency."""
    for currency, amount in more.items():
        total[currency] = total.get(currency, 0.0) + amount


def in_words(money: Mapping[str, float]) -> str:
    """``1.20 CNY and 0.04 USD``; empty if there is none. Tiny amounts keep their digits."""
    return " and ".join(
        f"{amount:,.{2 if not amount or amount >= 0.1 else 4}f} {currency}".strip()
        for currency, amount in sorted(money.items())
    )


def _calls(result: JobResult) -> Iterator[Mapping[str, Any]]:
    for attempt in result.attempt_log:
        yield from (attempt.get("facts") or {}).get("calls") or ()
