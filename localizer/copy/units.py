"""One string of a run's copy in one target locale, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CopyState(StrEnum):
    """How far a string is."""

    APPROVED = "approved"
    """By a person: it stands in the deck, or somebody approved the draft. Or by rule: a bare number stays."""
    DRAFT = "draft"
    """Proposed by a translator or by a similar string; images made with it end as `needs_review`."""
    MISSING = "missing"
    """There is none; what was proposed, if anything, broke a guarantee."""


@dataclass(frozen=True, slots=True)
class CopyUnit:
    """One source string in one target locale.

    Attributes:
        source: as it stands in the manifest or in the image.
        target: the copy; of a missing one what was proposed and refused, or empty. Equal to the source: the
            text stays as it is.
        origin: where the target comes from, for people and for the record: ``deck``, ``rule``,
            ``similar 0.92``, or name and version of the translator.
        findings: what the guarantees say against the target.
        approved_by: of a draft that a person approved.
        most_characters: that fit the place; None where nobody knows.
        assets: the first few that need it.
    """

    source: str
    source_locale: str
    locale: str
    state: CopyState
    target: str = ""
    origin: str = ""
    findings: tuple[str, ...] = ()
    approved_by: str = ""
    most_characters: int | None = None
    assets: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "source_locale": self.source_locale,
            "locale": self.locale,
            "state": str(self.state),
            "target": self.target,
            "origin": self.origin,
            "findings": list(self.findings),
            "approved_by": self.approved_by,
            "most_characters": self.most_characters,
            "assets": list(self.assets),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CopyUnit:
        return cls(
            source=data["source"],
            source_locale=data["source_locale"],
            locale=data["locale"],
            state=CopyState(data["state"]),
            target=data.get("target") or "",
            origin=data.get("origin") or "",
            findings=tuple(data.get("findings") or ()),
            approved_by=data.get("approved_by") or "",
            most_characters=data.get("most_characters"),
            assets=tuple(data.get("assets") or ()),
        )
