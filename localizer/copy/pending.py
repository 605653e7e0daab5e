"""Behind these names stands what other parts deliver; each goes as soon as they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.extraction import TextBlock
    from localizer.model import Box

EXTRACTOR_VERSION = "0"


def extract(rgb: Any, *, source_locale: str, brand: BrandKit | None = None) -> tuple[TextBlock, ...]:
    from localizer.errors import ConfigurationError

    raise ConfigurationError("there is no extractor yet")


def most_characters(block: TextBlock | str, box: Box | None, locale: str) -> int | None:
    return None
