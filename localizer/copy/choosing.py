"""The translators of a brand, made when the first string needs one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.drafting import TranslatorsOf
    from localizer.translation import Translator


def nobody(locale: str) -> Sequence[Translator]:
    """No translator for any locale: what the deck lacks waits for people."""
    return ()


def translators_of(brand: BrandKit) -> TranslatorsOf:
    """Those of the brand's policy."""
    policy = getattr(brand, "translation", None)
    if policy is None:
        return nobody

    @cache
    def of(locale: str) -> Sequence[Translator]:
        return ()

    return of
