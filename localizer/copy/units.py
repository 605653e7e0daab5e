"""One string of a run's copy in one target locale, and how far it is."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from localizer.folding import fold_source
from localizer.origin import Origin


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
        images: theirs, as the manifest names them.
        context: what stands beside it in the first of them, in reading order.
        printed: whose it is: a text that stands on products only is proposed to stay as it is.
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
    images: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    printed: Origin = Origin.MARKETING

    @property
    def id(self) -> str:
        """Short; tells this source, its locales and this very target from all others."""
        parts = (fold_source(self.source), self.source_locale, self.locale, self.target)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]

    @property
    def stays(self) -> bool:
        """Whether the target says that the text is to be left as it is: only layout tells them apart."""
        return _letters(self.target) == _letters(self.source) and fold_source(self.target) == fold_source(
            self.source
        )

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
            "images": list(self.images),
            "context": list(self.context),
            "printed": str(self.printed),
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
            images=tuple(data.get("images") or ()),
            context=tuple(data.get("context") or ()),
            printed=Origin(data.get("printed") or Origin.MARKETING),
        )


def _letters(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(text.split()))
