"""What the encoder-decoder models (NLLB, Opus-MT) have in common: the best of a beam that keeps what must be.

A string is translated as it stands first: names and prices are words of a sentence, and most are copied. Only
where no translation in the beam has kept them all are they hidden behind marks and put back. A translation
that has lost something is no translation, however good the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from localizer.errors import EngineError
from localizer.translation.asking import fault_of
from localizer.translation.model import Translation, TranslationRequest
from localizer.translation.parameters import whole_number
from localizer.translation.passages import has_words, hidden_in, lost_in, passages_of
from localizer.translation.weights import LoadedModel, computing, in_batches

CODE_VERSION = "1"
"""Another one may give another draft."""

_MORE = 24  # tokens that a translation may have beyond twice those of its source

Pair: TypeAlias = tuple[str, str]
Question: TypeAlias = tuple[Pair, str]


@dataclass(frozen=True, slots=True)
class Direction:
    """How one pair of locales is translated.

    Attributes:
        loaded: the model, ready.
        ready: called before its tokenizer is used: sets the source language.
        prefix: put before each text: names the target language.
        options: of `generate`.
    """

    loaded: LoadedModel
    ready: Callable[[], None] = lambda: None
    prefix: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


class Seq2SeqTranslator:
    """Base of translators over encoder-decoder models.

    Args:
        beams: of the search; also how many variants there are to choose from where space is short.
        batch: strings that are translated at once.
    """

    name = ""
    at_once = 128  # enough of them to be sorted by length
    ignores = ("context",)

    def __init__(self, *, beams: int, batch: int) -> None:
        self.beams = whole_number(beams, whose=f"translator {self.name}: beams", most=32)
        self.batch = whole_number(batch, whose=f"translator {self.name}: batch")

    def direction(self, source_locale: str, locale: str) -> Direction:
        """How this pair is translated; loads the model.

        Raises:
            EngineError: it is not, after all.
        """
        raise NotImplementedError

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """One answer per request, in order.

        Raises:
            ConfigurationError: packages are missing, or the model is not on this machine.
            TransientError: the device has no memory left.
        """
        passages = [passages_of(request.text, request.source_locale) for request in requests]
        wanted = [
            (request, passage)
            for request, parts in zip(requests, passages, strict=True)
            for passage in parts
            if has_words(passage, request)
        ]
        with computing():
            problems: dict[Pair, str] = {}
            plain = self._candidates([(pair_of(r), passage) for r, passage in wanted], problems)
            hidden = self._candidates(
                [
                    (pair_of(r), masked.text)
                    for r, passage in wanted
                    if not _kept(plain.get((pair_of(r), passage), []), passage, r)
                    for masked in [hidden_in(passage, r)]
                    if masked.tokens
                ],
                problems,
            )
        return [
            _chosen(request, [_variants(part, request, plain, hidden) for part in parts], problems)
            for request, parts in zip(requests, passages, strict=True)
        ]

    def _candidates(
        self, questions: Sequence[Question], problems: dict[Pair, str]
    ) -> dict[Question, list[str]]:
        """Variants of each text, the best first."""
        by_pair: dict[Pair, dict[str, None]] = {}
        for pair, text in questions:
            by_pair.setdefault(pair, {})[text] = None
        found: dict[Question, list[str]] = {}
        for pair, texts in by_pair.items():
            if pair in problems:
                continue
            try:
                direction = self.direction(*pair)
            except EngineError as error:
                problems[pair] = str(error)
                continue
            direction.ready()
            tokens = direction.loaded.tokenizer
            lengths = {text: len(encode(tokens, [direction.prefix + text])["input_ids"][0]) for text in texts}
            short = [text for text in texts if lengths[text] < direction.loaded.longest]

            def work(batch: Sequence[str], direction: Direction = direction) -> list[list[str]]:
                return self._generate(direction, batch)

            variants = in_batches(work, short, size=self.batch, length=lengths.__getitem__)
            found.update({(pair, text): each for text, each in zip(short, variants, strict=True)})
        return found

    def _generate(self, direction: Direction, texts: Sequence[str]) -> list[list[str]]:
        loaded = direction.loaded
        encoded = encode(
            loaded.tokenizer, [direction.prefix + text for text in texts], padding=True, return_tensors="pt"
        ).to(loaded.device)
        most = min(loaded.longest - 1, 2 * encoded["input_ids"].shape[1] + _MORE)
        rows = loaded.model.generate(
            **encoded,
            num_beams=self.beams,
            num_return_sequences=self.beams,
            do_sample=False,
            max_new_tokens=most,
            **direction.options,
        ).tolist()
        read = [_read(loaded.tokenizer, row[1:], most) for row in rows]
        return [
            list(dict.fromkeys(text for text in read[start : start + self.beams] if text))
            for start in range(0, len(rows), self.beams)
        ]


def pair_of(request: TranslationRequest) -> Pair:
    return request.source_locale, request.locale


def encode(tokenizer: Any, texts: Sequence[str], **options: Any) -> Any:
    """Tokens of texts; what looks like a control token in an image is text."""
    return tokenizer(list(texts), split_special_tokens=True, **options)


def _read(tokenizer: Any, tokens: list[int], most: int) -> str:
    """The text of a row of tokens; empty where it was cut off, or holds what the model has no letter for."""
    end = tokens.index(tokenizer.eos_token_id) if tokenizer.eos_token_id in tokens else most
    if end + 1 >= most or tokenizer.unk_token_id in tokens[:end]:
        return ""
    return " ".join(str(tokenizer.decode(tokens[:end], skip_special_tokens=True)).split())


def _kept(candidates: Sequence[str], passage: str, request: TranslationRequest) -> list[str]:
    return [
        text for text in candidates if not fault_of(text, passage) and not lost_in(text, passage, request)
    ]


def _variants(
    passage: str,
    request: TranslationRequest,
    plain: Mapping[Question, list[str]],
    hidden: Mapping[Question, list[str]],
) -> list[str] | str:
    """Translations of a passage that may be used, or why there is none."""
    if not has_words(passage, request):
        return [passage]
    candidates = plain.get((pair_of(request), passage))
    if candidates is None:
        return "the text is too long for the model"
    kept = _kept(candidates, passage, request)
    masked = hidden_in(passage, request)
    if not kept and masked.tokens:
        shown = [masked.restore(text) for text in hidden.get((pair_of(request), masked.text), [])]
        kept = _kept([text for text in shown if text is not None], passage, request)
    if kept:
        return kept
    faults = [fault_of(text, passage) or lost_in(text, passage, request) for text in candidates]
    return f"what the model says {faults[0]}" if faults else "the model came to no end"


def _chosen(
    request: TranslationRequest, parts: Sequence[list[str] | str], problems: Mapping[Pair, str]
) -> Translation:
    """The best translation that fits, else the best; where a shorter one is asked for, only a shorter one."""
    if pair_of(request) in problems:
        return Translation(problem=problems[pair_of(request)])
    variants: list[list[str]] = []
    for part in parts:
        if isinstance(part, str):
            return Translation(problem=part)
        variants.append(part)
    if len(variants) == 1:
        options = variants[0]
    else:
        shortest = [min(part, key=len) for part in variants]
        options = ["\n".join(part[0] for part in variants), "\n".join(shortest)]
    if request.wrong and not request.shorter_than:
        # What was wrong is Greek to these models; but the next of the beam may be right.
        before = _chosen(replace(request, wrong=()), parts, problems).text
        options = [text for text in options if text != before]
        if not options:
            return Translation(problem="the model has no other variant")
    if request.shorter_than:
        options = [text for text in options if len(text) < len(request.shorter_than)]
        if not options:
            return Translation(problem="the model has no shorter variant")
    limit = request.most_characters
    fitting = [text for text in options if limit is None or len(text) <= limit]
    if fitting:
        return Translation(fitting[0])
    return Translation(min(options, key=len) if request.shorter_than else options[0])
