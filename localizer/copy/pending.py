"""Behind these names stands what other parts deliver; each goes as soon as they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.model import Action, Edit, Job

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.checks.copy_policy import Finding
    from localizer.copydeck import CopyDeck
    from localizer.extraction import TextBlock
    from localizer.model import Box

EXTRACTOR_VERSION = "0"


def extract(rgb: Any, *, source_locale: str, brand: BrandKit | None = None) -> tuple[TextBlock, ...]:
    from localizer.errors import ConfigurationError

    raise ConfigurationError("there is no extractor yet")


def most_characters(block: TextBlock | str, box: Box | None, locale: str) -> int | None:
    return None


def stays_as_is(text: str, source_locale: str, locale: str, brand: BrandKit) -> bool:
    return False


def check_copy(
    source: str,
    source_locale: str,
    target: str,
    locale: str,
    brand: BrandKit,
    *,
    most_characters: int | None = None,
) -> list[Finding]:
    from localizer.checks.copy_policy import _findings

    edit = Edit(Action.TRANSLATE_TEXT, source, target)
    return list(_findings(edit, Job("0", "", locale, source_locale, "", "", (edit,)), brand))


def kept(text: str, brand: BrandKit) -> tuple[str, ...]:
    return tuple(term for term in brand.do_not_translate if term in text)


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
