"""What is asked of a translator, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """One string into one locale.

    Attributes:
        text: the source; may hold line breaks.
        source_locale: BCP 47; ``und`` where nobody says.
        locale: BCP 47, of the target.
        context: what stands beside it in the image, in reading order; for translators that can use it.
        glossary: source term → target term, only those that occur in `text`.
        keep: what must stand in the target exactly as it does in `text`: names, placeholders, URLs, prices.
        most_characters: that fit the place; None where nobody knows.
        shorter_than: an earlier translation that was too long; empty at first.
        wrong: what was wrong with an earlier translation, in sentences; empty at first.
    """

    text: str
    source_locale: str
    locale: str
    context: tuple[str, ...] = ()
    glossary: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    most_characters: int | None = None
    shorter_than: str = ""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """An answer to one request.

    Attributes:
        text: the translation; empty if there is none.
        problem: why there is none, for a person.
    """

    text: str = ""
    problem: str = ""


class Translator(Protocol):
    """Turns strings into drafts. What it gives is a draft until a person approves it.

    It may also declare ``at_once``, ``concurrency`` (`localizer.translation.drafts`) and ``ignores``
    (`localizer.translation.memory.draft_key`), count its `Usage` in ``usage``, and foretell that of requests
    by ``estimate``.
    """

    @property
    def name(self) -> str:
        """As the registry knows it."""
        ...

    @property
    def version(self) -> str:
        """Of our code and of the model: another version may give another draft."""
        ...

    def parameters(self) -> Mapping[str, Any]:
        """What decides the drafts beside the version: model, revision, beams. Never a host or a key."""
        ...

    def serves(self, source_locale: str, locale: str) -> bool:
        """Whether it can translate between these at all."""
        ...

    def translate(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
        """One answer per request, in order. One string that fails never costs the others theirs.

        Raises:
            TransientError: the service did not answer; what is asked again may be had.
            ConfigurationError: it cannot work at all: no model, no key.
        """
        ...
