"""What a festival is, and one occurrence of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from localizer.errors import FestivalError


class Certainty(StrEnum):
    """How sure a date is."""

    FIXED = "fixed"
    """It follows from the civil calendar."""
    COMPUTED = "computed"
    """It follows from the rules of another calendar, or its authority has published it."""
    ANNOUNCED = "announced"
    """An authority announces it, some on the evening before: it may move by a day."""


class Days(NamedTuple):
    """First and last day (inclusive) of one occurrence."""

    start: date
    end: date
    certainty: Certainty


Rule = Callable[[int], Iterable[Days]]
"""The occurrences that start in a year of the civil calendar; none where they are not known."""


@dataclass(frozen=True, slots=True)
class Festival:
    """A festival, with one rule per region.

    Attributes:
        id: what configuration calls it, such as ``mid-autumn``.
        name: in English.
        rules: region code → when it is there; the first is its home.
        names: BCP 47 tag → its name in that language.
        aliases: further ids.
    """

    id: str
    name: str
    rules: Mapping[str, Rule]
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    aliases: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        """The region whose festival it is first of all."""
        return next(iter(self.rules))

    def rule_in(self, region: str) -> Rule:
        """When it is in a region.

        Raises:
            FestivalError: it is not kept there.
        """
        rule = self.rules.get(region)
        if rule is None:
            raise FestivalError(f"{self.id} is not known in {region}; it is in {', '.join(self.rules)}")
        return rule


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One festival in one region, once.

    Attributes:
        festival: its id.
        name: in English.
        local_name: as its region writes it; English where we know no other.
        region: ISO 3166-1 code; empty: a custom festival.
        start: first day.
        end: last day, inclusive.
    """

    festival: str
    name: str
    local_name: str
    region: str
    start: date
    end: date
    certainty: Certainty


def custom_festival(name: str, dates: Iterable[str], region: str) -> Festival:
    """A festival of a brand's own, on the listed days (ISO 8601) and no others.

    Raises:
        FestivalError: no name, no dates, one that is no date, or one that is there twice.
    """
    days = sorted(_day(text) for text in dates)
    if not name.strip():
        raise FestivalError("a festival with its own dates needs a name")
    if not days:
        raise FestivalError(f"{name}: lists no dates")
    if twice := sorted({str(day) for day in days if days.count(day) > 1}):
        raise FestivalError(f"{name}: {', '.join(twice)} is there twice")

    def rule(year: int) -> Iterable[Days]:
        return [Days(day, day, Certainty.FIXED) for day in days if day.year == year]

    return Festival("custom", name.strip(), {region: rule})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FestivalError(f"{text!r} is not a date such as 2027-09-09") from None
