"""What a delivered file states of how it was made: IPTC's digital source type, and the tool.

Which terms, of the NewsCodes vocabulary http://cv.iptc.org/newscodes/digitalsourcetype/ (version of October
2024, which retired ``minorHumanEdits``, ``digitalArt`` and ``softwareImage``):

- **A model made pixels: ``compositeWithTrainedAlgorithmicMedia``**, "Edited using Generative AI":
  augmentation, correction or enhancement using a generative model, such as by inpainting. That is what our
  model engines do to a region of an existing picture. ``trainedAlgorithmicMedia`` would say that the whole
  picture was generated, ``compositeSynthetic`` that generated elements were put together.
- **No model made pixels: ``humanEdits``**, "Human-edited media": augmentation, correction or enhancement by
  humans using non-generative tools. Every edit here is one that a person asked for (which text, what instead,
  by approved copy), carried out by typesetting and by continuing the surroundings. The neighbours are untrue:
  ``algorithmicallyEnhanced`` is for changes "without changing the main content", such as sharpening, and a
  poster's text is content; ``composite`` leaves open whether generative AI was used, which we know;
  ``digitalCreation`` would call the photograph under the text our creation. The models that read text and
  find faces make no pixels.

A source that states generative AI keeps its own term whatever we do to it: setting another headline on a
generated picture does not make it less generated. Any other term of the source is replaced, for it spoke of
the picture before the edit; the file's history says what it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from localizer.provenance.xmp import Statement, term_of

if TYPE_CHECKING:
    from localizer.engines.base import Candidate, Engine
    from localizer.model import Job

TOOL = "campaign-localizer"

VERSION = "1"
"""Of the form of statements. A result made with one that `ACCEPTED` does not list is made anew."""

ACCEPTED = frozenset({"1"})
"""Versions whose statements are still true: raising `VERSION` alone makes no result stale."""

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
HUMAN_EDITS = VOCABULARY + "humanEdits"
EDITED_BY_MODEL = VOCABULARY + "compositeWithTrainedAlgorithmicMedia"

GENERATIVE = frozenset(
    {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"}
)
"""Terms that state generative AI, and that no edit of ours takes back."""

_WORDS = {
    "humanEdits": "edited with non-generative tools",
    "compositeWithTrainedAlgorithmicMedia": "edited using generative AI",
    "trainedAlgorithmicMedia": "created using generative AI",
    "compositeSynthetic": "a composite with generative AI elements",
}


def statement_of(job: Job, engine: Engine, candidate: Candidate) -> Statement:
    """What the delivered file of a candidate is to state.

    Nothing in it depends on time, place or person, nor on the version of the package: the same job gives the
    same bytes on every machine. The engine's version is part of the job's key anyway.
    """
    models = models_of(candidate)
    did = what_was_done((str(edit.action) for edit in job.edits), job.locale, models)
    return Statement(
        source_type=edit_of(models),
        agent=f"{TOOL} {engine.name}/{engine.version}",
        parameters=f"{did}; source sha256 {job.source_sha256}",
        keeps=GENERATIVE,
    )


def edit_of(models: Sequence[str]) -> str:
    """URI of the digital source type of an edit.

    Args:
        models: those that made pixels.
    """
    return EDITED_BY_MODEL if models else HUMAN_EDITS


def what_was_done(actions: Iterable[str], locale: str, models: Sequence[str]) -> str:
    """``replace_text 2; locale ja``: no text of the image, no name of a person."""
    counts = Counter(actions)
    did = ", ".join(f"{action} {count}" for action, count in counts.items())
    return f"{did}; locale {locale}" + (f"; pixels by {', '.join(models)}" if models else "")


def models_of(candidate: Candidate) -> tuple[str, ...]:
    """The models that made pixels of a candidate; one that nobody named is ``a model``."""
    if candidate.models:
        return tuple(name.rstrip("/").rpartition("/")[2] or name for name in candidate.models)
    return () if all(placement.typeset for placement in candidate.placements) else ("a model",)


def in_words(source_type: str) -> str:
    """A digital source type for people."""
    term = term_of(source_type)
    return _WORDS.get(term, term) or "not stated"
