"""What a person should look at in a kit that can be read: names nobody knows, rules that contradict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from localizer.brand.kit import BrandKit
from localizer.brand.translation import TranslatorChoice
from localizer.checks import copy_words
from localizer.documents import did_you_mean, pointer
from localizer.locales import UNDETERMINED

_NOT_OF_TERMS = {"same", "glossary"}  # a name may be the same; a term within a term is another concept


class Doubt(NamedTuple):
    """One of them: a JSON pointer into the kit, and what is odd there."""

    field: str
    message: str


def examine(kit: BrandKit) -> tuple[Doubt, ...]:
    """Every doubt, in the order of the kit's fields.

    A kit with doubts can be used; the odd rule has no effect, or stops all copy that it is about.
    """
    return tuple(Doubt(pointer(place), message) for place, message in _doubts(kit))


_Doubts = Iterator[tuple[tuple[str | int, ...], str]]


def _doubts(kit: BrandKit) -> _Doubts:
    from localizer.checks.suite import THRESHOLDS
    from localizer.engines.registry import engine_names

    for locale, terms in kit.glossary.items():
        for term, target in terms.items():
            for message in _against(kit, term, target, locale):
                yield ("glossary", locale, term), message
    for index, term in enumerate(kit.do_not_translate):
        for locale, words in kit.forbidden.items():
            if word := _word_in(term, words):
                message = f"{term!r} must stay, and {word!r} is forbidden in {locale}"
                yield ("do_not_translate", index), message
    for name in kit.thresholds:
        yield from _unknown(name, THRESHOLDS, ("thresholds", name), "is no threshold")
    for index, name in enumerate(kit.engines):
        yield from _unknown(name, engine_names(), ("engines", index), "is no engine of this installation")
    for locale, choices in kit.translation.translators.items():
        for index, choice in enumerate(choices):
            yield from _of_translator(choice, ("translation", "translators", locale, index))


def _of_translator(choice: TranslatorChoice, place: tuple[str | int, ...]) -> _Doubts:
    from localizer.translation.registry import parameters_of, translator_names

    known = translator_names()
    yield from _unknown(choice.name, known, place, "is no translator of this installation")
    if choice.name in known:
        takes = sorted(parameters_of(choice.name))
        for name in choice.parameters:
            where = (*place, "parameters", name)
            yield from _unknown(name, takes, where, f"is no parameter of {choice.name}")


def _against(kit: BrandKit, term: str, target: str, locale: str) -> Iterator[str]:
    """What speaks against a term of the glossary, had it to pass as copy."""
    from localizer.checks.copy_policy import check_copy

    for finding in check_copy(term, UNDETERMINED, target, locale, kit):
        if finding.guarantee not in _NOT_OF_TERMS:
            yield f"{target!r}: {finding.message}"


def _word_in(text: str, words: Iterable[str]) -> str:
    return next((word for word in words if any(copy_words.occurrences(word, text))), "")


def _unknown(name: str, known: Iterable[str], place: tuple[str | int, ...], message: str) -> _Doubts:
    names = tuple(known)
    if name not in names:
        yield place, f"{name!r} {message}{did_you_mean(name, names)}"
