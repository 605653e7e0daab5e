"""What a translator's service was asked and charged for."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from localizer.costs import Money, add


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums of one translator in one process, or of what it would take.

    Attributes:
        requests: calls that were answered.
        strings: that went out in them; one that was asked twice counts twice.
        characters: of what was sent, as the service counts them.
        tokens_in, tokens_out: as a chat server counts them; 0 where it does not say.
        cost: by currency; empty where no price is known.
        is_estimate: whether nothing was asked yet.
    """

    requests: int = 0
    strings: int = 0
    characters: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Money = field(default_factory=dict)
    is_estimate: bool = False

    def __add__(self, other: Usage) -> Usage:
        cost = dict(self.cost)
        add(cost, other.cost)
        return Usage(
            self.requests + other.requests,
            self.strings + other.strings,
            self.characters + other.characters,
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            cost,
            self.is_estimate or other.is_estimate,
        )


class Meter:
    """Counts from several threads."""

    def __init__(self) -> None:
        self._lock, self._total = threading.Lock(), Usage()

    def count(self, usage: Usage) -> None:
        with self._lock:
            self._total = self._total + usage

    @property
    def total(self) -> Usage:
        with self._lock:
            return self._total
