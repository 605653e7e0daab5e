"""Finding the string of a deck that is nearest to another, quickly enough for tens of thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from localizer.folding import fold_source
from localizer.locales import UNDETERMINED

_MOST = 0.99

Key = tuple[str, str, str]


class Near(NamedTuple):
    """A key of the deck and how near it is."""

    key: Key
    score: float


@dataclass(slots=True)
class _Strings:
    """Strings of one length, in the order of the deck."""

    texts: list[str] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


class Nearness:
    """Strings by locales and length.

    Edits change the length by one at most, so a score rules out most lengths before anything is compared;
    rapidfuzz gives up a comparison as soon as it cannot reach the best score so far.
    """

    def __init__(self, items: Iterable[tuple[Key, str]]) -> None:
        self._strings: dict[tuple[str, str], dict[int, _Strings]] = {}
        for place, (key, source) in enumerate(items):
            text = fold_source(source).casefold()
            lengths = self._strings.setdefault(key[:2], {})
            strings = lengths.setdefault(len(text), _Strings())
            strings.texts.append(text)
            strings.keys.append(key)
            strings.places.append(place)

    def nearest(self, folded: str, source_locale: str, locale: str, least: float) -> Near | None:
        """The nearest string of these locales whose score is `least` or more.

        Args:
            folded: by `fold_source`.
            source_locale: ``und`` for any; strings without one are always looked at.
        """
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        text = folded.casefold()
        best: tuple[float, int, Key] | None = None
        for strings in self._candidates(len(text), source_locale, locale, least):
            found = process.extractOne(
                text,
                strings.texts,
                scorer=Levenshtein.normalized_similarity,
                score_cutoff=best[0] if best else least,
            )
            if found is None:
                continue
            _, score, index = found
            candidate = (score, strings.places[index], strings.keys[index])
            if best is None or score > best[0] or (score == best[0] and candidate[1] < best[1]):
                best = candidate
        return Near(best[2], min(best[0], _MOST)) if best else None

    def _candidates(self, length: int, source_locale: str, locale: str, least: float) -> Iterator[_Strings]:
        """Strings by how far their length is away."""
        lengths = [
            (abs(each - length), number, strings)
            for number, ((origin, target), by_length) in enumerate(self._strings.items())
            if target == locale and (UNDETERMINED in {source_locale, origin} or origin == source_locale)
            for each, strings in by_length.items()
            if length and each and min(each, length) >= least * max(each, length)
        ]
        for _, _, strings in sorted(lengths, key=lambda item: item[:2]):
            yield strings
