"""Behind these names stands what other parts deliver; each goes as soon as they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copydeck import CopyDeck
    from localizer.extraction import TextBlock
    from localizer.model import Box

EXTRACTOR_VERSION = "0"


def extract(rgb: Any, *, source_locale: str, brand: BrandKit | None = None) -> tuple[TextBlock, ...]:
    from localizer.errors import ConfigurationError

    raise ConfigurationError("there is no extractor yet")


def most_characters(block: TextBlock | str, box: Box | None, locale: str) -> int | None:
    return None


class Similar(NamedTuple):
    source: str
    target: str
    score: float


def deck_draft(deck: CopyDeck, source: str, source_locale: str, locale: str) -> str | None:
    return None


def deck_similar(
    deck: CopyDeck, source: str, source_locale: str, locale: str, least: float
) -> Similar | None:
    return None
