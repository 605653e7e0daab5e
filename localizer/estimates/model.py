"""An estimate: what a plan asks for, what of it is known, and what the rest will take."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from localizer.copy.prepared import PreparedCopy
from localizer.costs import Money
from localizer.pace import Measured


@dataclass(slots=True)
class Part:
    """The jobs of one locale.

    Attributes:
        to_edit: that an engine has to do.
        known: whose result an earlier run made.
        no_copy: for which the copy deck lacks a string; they are not edited and need a review.
        repeated: of those to edit, how many are the very same as another and are done with it.
    """

    to_edit: int = 0
    known: int = 0
    no_copy: int = 0
    repeated: int = 0

    @property
    def jobs(self) -> int:
        return self.to_edit + self.known + self.no_copy


@dataclass(frozen=True, slots=True)
class Way:
    """How the edits will be done.

    Attributes:
        engine: of the run.
        fallbacks: engines that the brand lets follow where that one's images do not pass.
        tasks: that the edits are cut into; 0 where they are not.
        at_once: images that will be under way side by side; None where that is not known.
        is_charged: whether a service charges for it.
        price, currency: of one call, where the connection says so.
        per_minute: most calls in a minute; 0: as many as come.
    """

    engine: str
    fallbacks: tuple[str, ...] = ()
    tasks: int = 0
    at_once: int | None = None
    is_charged: bool = False
    price: float | None = None
    currency: str = ""
    per_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a plan asks for and what it will take. Lists hold the first few; counts count all.

    Attributes:
        made_at: ISO 8601 UTC time.
        locales: by target locale.
        known_by: known results by the engine that made them.
        actions: edits to be done, by action.
        measured: what an image took in earlier runs of the same engine, version and parameters.
        first_rejected: asset, locale and reason.
        missing_copy: locale, string, and how many jobs lack it.
        first_to_edit: job and its edits.
        edited_at: when the edits were done; empty before.
        copy: what became of the strings to be translated; None where nobody prepared them.
    """

    campaign: str
    made_at: str
    way: Way
    locales: dict[str, Part] = field(default_factory=dict)
    known_by: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    measured: Measured | None = None
    rejected: int = 0
    first_rejected: tuple[tuple[str, str, str], ...] = ()
    out_of_scope: int = 0
    first_out_of_scope: tuple[tuple[str, str], ...] = ()
    missing_copy: tuple[tuple[str, str, int], ...] = ()
    more_missing: int = 0
    first_to_edit: tuple[tuple[str, str], ...] = ()
    first_no_copy: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    edited_at: str = ""
    copy: PreparedCopy | None = None

    @property
    def total(self) -> Part:
        """All locales together."""
        parts = self.locales.values()
        return Part(
            sum(p.to_edit for p in parts),
            sum(p.known for p in parts),
            sum(p.no_copy for p in parts),
            sum(p.repeated for p in parts),
        )

    @property
    def images(self) -> int:
        """That an engine has to do, each once."""
        return self.total.to_edit - self.total.repeated

    @property
    def edits(self) -> int:
        return sum(self.actions.values())

    @property
    def work_s(self) -> float | None:
        """Seconds of all images together, one after another; None where nothing was measured."""
        if not self.images:
            return 0.0
        return self.images * self.measured.seconds if self.measured else None

    @property
    def elapsed_s(self) -> float | None:
        """Seconds from the first edit to the last; None where speed or parallelism is not known."""
        if not self.images:
            return 0.0
        if self.measured is None or self.way.at_once is None:
            return None
        seconds = math.ceil(self.images / max(1, self.way.at_once)) * self.measured.seconds
        if self.way.per_minute:
            seconds = max(seconds, (self.calls - 1) * 60 / self.way.per_minute)
        return seconds

    @property
    def calls(self) -> float:
        """Questions to the service: as many an image as in earlier runs, else one for each edit."""
        if self.measured and self.measured.calls:
            return self.images * self.measured.calls
        return float(self.edits)

    @property
    def cost(self) -> Money | None:
        """What the edits will cost; empty where nobody charges, None where the price is not known."""
        if not self.images or not self.way.is_charged:
            return {}
        if self.way.price is None:
            return None
        return {self.way.currency: self.calls * self.way.price}

    def to_dict(self) -> dict[str, Any]:
        """As JSON; what is worked out is there for readers, and not read back."""
        return asdict(self) | {
            "copy": self.copy.to_dict() if self.copy else None,
            "total": asdict(self.total),
            "images": self.images,
            "edits": self.edits,
            "work_s": self.work_s,
            "elapsed_s": self.elapsed_s,
            "cost": self.cost,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Estimate:
        way, measured = data["way"], data.get("measured")
        return cls(
            campaign=data["campaign"],
            made_at=data["made_at"],
            way=Way(**{**way, "fallbacks": tuple(way["fallbacks"])}),
            locales={tag: Part(**part) for tag, part in data["locales"].items()},
            known_by=dict(data["known_by"]),
            actions=dict(data["actions"]),
            measured=Measured(**measured) if measured else None,
            rejected=int(data["rejected"]),
            first_rejected=tuple((a, tag, why) for a, tag, why in data["first_rejected"]),
            out_of_scope=int(data["out_of_scope"]),
            first_out_of_scope=tuple((a, tag) for a, tag in data["first_out_of_scope"]),
            missing_copy=tuple((tag, text, int(n)) for tag, text, n in data["missing_copy"]),
            more_missing=int(data["more_missing"]),
            first_to_edit=tuple((label, what) for label, what in data["first_to_edit"]),
            first_no_copy=tuple((label, what) for label, what in data["first_no_copy"]),
            warnings=tuple(data["warnings"]),
            edited_at=data.get("edited_at") or "",
            copy=PreparedCopy.from_dict(data["copy"]) if data.get("copy") else None,
        )
