"""Drafts for many strings: remembered ones first, the rest by the translators in order of preference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice

from localizer.errors import ConfigurationError
from localizer.translation.memory import DraftMemory, draft_key
from localizer.translation.model import Translation, TranslationRequest, Translator

_USUAL = 32


@dataclass(frozen=True, slots=True)
class Draft:
    """What came of one request.

    Attributes:
        text: the draft; empty if there is none.
        origin: who drafted it: name and version of the translator.
        problem: why there is none, by each translator that was asked; for a person.
        remembered: nobody was asked, an earlier run had been.
    """

    text: str = ""
    origin: str = ""
    problem: str = ""
    remembered: bool = False


def draft(
    requests: Iterable[TranslationRequest], translators: Sequence[Translator], memory: DraftMemory
) -> Iterator[Draft]:
    """One draft per request, in order. Requests are taken as they are needed, a few batches at a time.

    The first translator that serves a pair of locales is asked; the next one only for strings that it had
    no draft for. What a translator answers is kept before anything else is asked, batch by batch: whoever
    comes again after an error gets it from the memory.

    Raises:
        TransientError: a service did not answer. Another translator is not asked in its place: a retry
            gives the drafts of the preferred one.
        ConfigurationError: a translator cannot work at all, or does not answer each string once.
    """
    window = max((batch_of(each) * concurrency_of(each) for each in translators), default=_USUAL)
    stream = iter(requests)
    while batch := list(islice(stream, window)):
        yield from _draft(batch, translators, memory)


def batch_of(translator: Translator) -> int:
    """How many strings a translator wants at once, as it declares in ``at_once``: what one request to a
    service holds, or what a model sorts by length. Its answers are kept when all of them are there."""
    return max(1, int(getattr(translator, "at_once", _USUAL)))


def concurrency_of(translator: Translator) -> int:
    """How many batches may be under way at once, each in a thread of its own, as it declares in
    ``concurrency``: one, unless it mostly waits for a service."""
    return max(1, int(getattr(translator, "concurrency", 1)))


def origin_of(translator: Translator) -> str:
    """Who drafted, for people and for the record."""
    return f"{translator.name} {translator.version}"


def _draft(
    requests: Sequence[TranslationRequest], translators: Sequence[Translator], memory: DraftMemory
) -> list[Draft]:
    done: dict[int, Draft] = {}
    problems: list[list[str]] = [[] for _ in requests]
    for translator in translators:
        left = [
            index
            for index, request in enumerate(requests)
            if index not in done and translator.serves(request.source_locale, request.locale)
        ]
        for index in left:
            known = memory.recall(translator, requests[index])
            if known is not None:
                done[index] = Draft(known, origin_of(translator), remembered=True)
        # The same question is asked once, however often it comes.
        alike: dict[tuple[str, str, str], list[int]] = {}
        for index in left:
            if index not in done:
                request = requests[index]
                key = (request.source_locale, request.locale, draft_key(translator, request))
                alike.setdefault(key, []).append(index)
        for indices, answer in _answers(requests, list(alike.values()), translator, memory):
            for index in indices:
                if answer.text:
                    done[index] = Draft(answer.text, origin_of(translator))
                else:
                    problems[index].append(f"{translator.name}: {answer.problem or 'no translation'}")
    return [
        done.get(index) or Draft(problem="; ".join(problems[index]) or _nobody(request))
        for index, request in enumerate(requests)
    ]


def _answers(
    requests: Sequence[TranslationRequest],
    places: Sequence[list[int]],
    translator: Translator,
    memory: DraftMemory,
) -> Iterator[tuple[list[int], Translation]]:
    """What a translator says to each different question, kept. After an error the batches that are under way
    are waited for and kept too: they may be paid for."""
    size = batch_of(translator)
    batches = [places[start : start + size] for start in range(0, len(places), size)]
    failed: BaseException | None = None
    with ThreadPoolExecutor(concurrency_of(translator), thread_name_prefix="translator") as pool:
        asked: dict[Future[list[Translation]], tuple[list[TranslationRequest], Sequence[list[int]]]] = {}
        for batch in batches:
            questions = [requests[indices[0]] for indices in batch]
            asked[pool.submit(_ask, translator, questions)] = questions, batch
        for future in as_completed(asked):
            if future.cancelled():
                continue
            error = future.exception()
            if error is not None:
                failed = failed or error
                for other in asked:
                    other.cancel()  # those that have not begun
                continue
            questions, batch = asked[future]
            answers = future.result()
            memory.keep(translator, ((q, a.text) for q, a in zip(questions, answers, strict=True) if a.text))
            yield from zip(batch, answers, strict=True)
    if failed is not None:
        raise failed


def _ask(translator: Translator, requests: Sequence[TranslationRequest]) -> list[Translation]:
    answers = [_usable(answer) for answer in translator.translate(requests)]
    if len(answers) != len(requests):
        raise ConfigurationError(
            f"translator {translator.name!r} gave {len(answers)} answers to {len(requests)} strings: which "
            "is whose cannot be told"
        )
    return answers


def _usable(answer: Translation) -> Translation:
    """An answer, or no translation where it is none: half a character cannot even be kept."""
    if any("\ud800" <= char <= "\udfff" for char in answer.text):
        return Translation(problem="the answer holds what is no character")
    return answer if answer.text.strip() else Translation(problem=answer.problem)


def _nobody(request: TranslationRequest) -> str:
    return f"no translator serves {request.source_locale} → {request.locale}"
