"""The translators of a run: those of the brand's policy, made when the first string needs one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from localizer.documents import canonical_json
from localizer.translation import Translator, get_translator, parameters_of
from localizer.translation.access import given_translators

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.drafting import TranslatorsOf


def nobody(locale: str) -> Sequence[Translator]:
    """No translator for any locale: what the deck lacks waits for people."""
    return ()


def the_one(name: str, parameters: Mapping[str, Any], brand: BrandKit) -> TranslatorsOf:
    """One translator for all locales, whatever the brand's policy names.

    Raises:
        ConfigurationError: there is none of that name, or it does not take the parameters.
    """
    made = _Made(brand)
    return lambda locale: (made.one(name, parameters, locale),)


def translators_of(brand: BrandKit) -> TranslatorsOf:
    """Those of the brand's policy; where it names none, the services that this process was given.

    Each has the brand's brief and its note on style for the locale, if it takes them.
    """
    made = _Made(brand)

    def of(locale: str) -> Sequence[Translator]:
        if brand.translation.translators:
            chosen = [(each.name, each.parameters) for each in brand.translation.translators_for(locale)]
        else:
            chosen = [(name, {}) for name in given_translators()]
        return tuple(made.one(name, parameters, locale) for name, parameters in chosen)

    return of


class _Made:
    """Makes translators, each once: they hold models."""

    def __init__(self, brand: BrandKit) -> None:
        self._policy = brand.translation
        self._made: dict[str, Translator] = {}

    def one(self, name: str, parameters: Mapping[str, Any], locale: str) -> Translator:
        said = {"brief": self._policy.brief, "style": self._policy.style_for(locale)}
        takes = parameters_of(name)
        fitting = {key: text for key, text in said.items() if text and key in takes}
        given = fitting | dict(parameters)
        key = canonical_json([name, given])
        if key not in self._made:
            self._made[key] = get_translator(name, **given)
        return self._made[key]
