"""Drafts for the strings that nobody has copy for: asked in batches, held against the guarantees, and asked
once more where one is broken. What is wrong again is refused: nothing is made up to fill the gap."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localizer.checks.copy_words import occurrences
from localizer.copy.protection import kept
from localizer.copy.resolving import Judged, unit_of
from localizer.copy.units import CopyState, CopyUnit
from localizer.costs import Money, add
from localizer.errors import TransientError
from localizer.translation.drafts import Draft, draft, origin_of
from localizer.translation.model import TranslationRequest
from localizer.translation.usage import Usage

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.gathering import Strings, Wanted
    from localizer.copy.resolving import Resolver
    from localizer.translation.memory import DraftMemory
    from localizer.translation.model import Translator

log = logging.getLogger(__name__)

TranslatorsOf = Callable[[str], "Sequence[Translator]"]
"""The translators of a target locale, in the order in which they are asked."""

_TOGETHER = 500


@dataclass(slots=True)
class Asked:
    """What translators were asked, or in a dry run would be.

    Attributes:
        strings, characters: by locale, of the sources; remembered answers do not count.
        by: drafts by who made them.
        cost: by currency, as far as the services say.
        problems: services that did not answer, and what they said.
    """

    strings: Counter[str] = field(default_factory=Counter)
    characters: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    cost: Money = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def draft_open(
    strings: Strings,
    resolver: Resolver,
    translators: TranslatorsOf,
    *,
    brand: BrandKit,
    memory: DraftMemory,
    dry_run: bool = False,
    last_try: bool = False,
) -> Asked:
    """Settle every string that is still open: as a draft, or as missing.

    Args:
        dry_run: ask nobody; all of them are missing.
        last_try: nobody will ask again: what a service that is down did not answer is missing, and says why.

    Raises:
        TransientError: a service did not answer; what it answered before is remembered.
        ConfigurationError: a translator cannot work at all.
    """
    asked = Asked()
    for locale in strings.open_locales():
        asking = translators(locale)
        asker = _Asker(asking, memory, asked, dry_run=dry_run, last_try=last_try)
        while batch := strings.open(locale, most=_TOGETHER):
            if asking:
                units = _drafted(batch, resolver, asker, brand)
            else:
                units = [resolver.unanswered(wanted) for wanted in batch]
            asked.by.update(unit.origin for unit in units if unit.state is CopyState.DRAFT)
            strings.settle(
                (w.seq, str(u.state), json.dumps(u.to_dict(), ensure_ascii=False))
                for w, u in zip(batch, units, strict=True)
            )
        asker.finish()
    return asked


def _drafted(batch: Sequence[Wanted], resolver: Resolver, asker: _Asker, brand: BrandKit) -> list[CopyUnit]:
    requests = [request_of(wanted, brand) for wanted in batch]
    first = asker.ask(requests)
    judged = [_judged(wanted, answer, resolver) for wanted, answer in zip(batch, first, strict=True)]
    again = [i for i, each in enumerate(judged) if each.unit.target and not each.is_right]
    better = asker.ask([_once_more(requests[i], judged[i]) for i in again])
    for i, answer in zip(again, better, strict=True):
        judged[i] = _better(judged[i], _judged(batch[i], answer, resolver))
    return [each.unit for each in judged]


def _better(first: Judged, second: Judged) -> Judged:
    """The draft that breaks no guarantee; of two that do not fit, the shorter one."""
    if second.unit.state is not CopyState.DRAFT:
        return first
    if first.unit.state is CopyState.DRAFT and len(second.unit.target) >= len(first.unit.target):
        return first
    return second


class _Asker:
    """Asks the translators of one locale, and counts what that takes; in a dry run nobody is asked."""

    def __init__(
        self,
        translators: Sequence[Translator],
        memory: DraftMemory,
        asked: Asked,
        *,
        dry_run: bool,
        last_try: bool,
    ) -> None:
        self._translators, self._memory, self._asked, self._dry_run = translators, memory, asked, dry_run
        self._last_try, self._down = last_try, ""
        self._before = [_usage(each).cost for each in translators]

    def ask(self, requests: Sequence[TranslationRequest]) -> list[Draft]:
        """An answer to each, in order."""
        if self._down:
            return self._remembered(requests, self._down)
        try:
            answers = (
                self._remembered(requests, "nobody was asked in this dry run")
                if self._dry_run
                else list(draft(requests, self._translators, self._memory))
            )
        except TransientError as error:
            if not self._last_try:
                raise
            self._down = f"the translator did not answer ({error}); run again"
            log.warning("%s", self._down)
            self._asked.problems.append(self._down)
            return self._remembered(requests, self._down)
        new = [request for request, answer in zip(requests, answers, strict=True) if not answer.remembered]
        for request in new:
            self._asked.strings[request.locale] += 1
            self._asked.characters[request.locale] += len(request.text)
        if self._dry_run:
            self._estimate(new)
        return answers

    def finish(self) -> None:
        """Count what was charged."""
        for each, before in zip(self._translators, self._before, strict=True):
            after = _usage(each).cost
            add(self._asked.cost, {key: amount - before.get(key, 0.0) for key, amount in after.items()})

    def _remembered(self, requests: Sequence[TranslationRequest], problem: str) -> list[Draft]:
        """What was answered before, of the translators in their order."""
        return [self._recalled(request) or Draft(problem=problem) for request in requests]

    def _recalled(self, request: TranslationRequest) -> Draft | None:
        serving = (t for t in self._translators if t.serves(request.source_locale, request.locale))
        known = ((t, self._memory.recall(t, request)) for t in serving)
        return next((Draft(text, origin_of(t), remembered=True) for t, text in known if text), None)

    def _estimate(self, requests: Sequence[TranslationRequest]) -> None:
        """What the first translator that serves them would charge, as far as it says."""
        for each in self._translators:
            served = [r for r in requests if each.serves(r.source_locale, r.locale)]
            requests = [r for r in requests if not each.serves(r.source_locale, r.locale)]
            estimate = getattr(each, "estimate", None)
            if served and estimate is not None:
                add(self._asked.cost, estimate(served).cost)


def _usage(translator: Translator) -> Usage:
    """What a translator was asked in this process, if it counts that."""
    found = getattr(translator, "usage", None)
    return found if isinstance(found, Usage) else Usage()


def request_of(wanted: Wanted, brand: BrandKit) -> TranslationRequest:
    """The question about a string."""
    terms = {
        term: target
        for term, target in brand.glossary_for(wanted.locale).items()
        if any(occurrences(term, wanted.source))  # those that the check will look for
    }
    return TranslationRequest(
        text=wanted.source,
        source_locale=wanted.source_locale,
        locale=wanted.locale,
        context=wanted.context,
        glossary=terms,
        keep=kept(wanted.source, brand, wanted.source_locale, wanted.locale),
        most_characters=wanted.most_characters,
    )


def _once_more(request: TranslationRequest, first: Judged) -> TranslationRequest:
    unit = first.unit
    return replace(request, shorter_than=unit.target if first.too_long else "", wrong=unit.findings)


def _judged(wanted: Wanted, answer: Draft, resolver: Resolver) -> Judged:
    if answer.text:
        return resolver.judged(wanted, answer.text, answer.origin)
    findings = (answer.problem,) if answer.problem else ()
    return Judged(unit_of(wanted, CopyState.MISSING, "", "", findings=findings))
