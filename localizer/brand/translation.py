"""Who drafts a brand's copy, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from localizer.locales import wider_locales

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TranslatorChoice:
    """A translator by the name that `localizer.translation` knows, and its parameters.

    A kit names translators; it runs no code, and says neither where a service is nor its key.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TranslationPolicy:
    """How drafts of copy come about. What is approved is never up to a policy.

    Attributes:
        translators: target locale or ``*`` → translators, in the order in which they are asked. An empty
            list: none for that locale; its copy waits for people.
        least_similar: how like a string of the deck must be, 0 to 1, for its copy to be proposed; 1: never.
        style: target locale or ``*`` → a note on tone and form of address, for translators that can read.
        brief: what the campaign is about, for them too.
    """

    translators: Mapping[str, tuple[TranslatorChoice, ...]] = field(default_factory=dict)
    least_similar: float = 0.75
    style: Mapping[str, str] = field(default_factory=dict)
    brief: str = ""

    def translators_for(self, locale: str) -> tuple[TranslatorChoice, ...]:
        """Who is asked for a locale; what stands for ``pt`` holds for ``pt-BR``, and ``*`` for all others."""
        return _nearest(self.translators, locale, ())

    def style_for(self, locale: str) -> str:
        """The note for a locale, found likewise; empty without any."""
        return _nearest(self.style, locale, "")


def _nearest(by_locale: Mapping[str, _T], locale: str, otherwise: _T) -> _T:
    return next((by_locale[tag] for tag in (*wider_locales(locale), "*") if tag in by_locale), otherwise)
