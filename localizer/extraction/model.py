"""Text that stands in an image, and whether it is the campaign's or the product's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localizer.model import Box
from localizer.origin import Origin

__all__ = ["Origin", "TextBlock"]


@dataclass(frozen=True, slots=True)
class TextBlock:
    """One text as a person would translate it.

    Attributes:
        text: lines joined by line breaks, in reading order.
        box: of all its lines, in pixels of the upright source.
        origin: whose it is.
        why: in a few words, where it is not the campaign's.
        score: the reader's confidence in its least certain line, 0 to 1.
    """

    text: str
    box: Box
    origin: Origin = Origin.MARKETING
    why: str = ""
    score: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "box": list(self.box),
            "origin": str(self.origin),
            "why": self.why,
            "score": self.score,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TextBlock:
        x0, y0, x1, y1 = data["box"]
        return cls(
            text=data["text"],
            box=(int(x0), int(y0), int(x1), int(y1)),
            origin=Origin(data["origin"]),
            why=data.get("why") or "",
            score=float(data.get("score", 1.0)),
        )
