"""Strings cut into what a translation model can take: sentences without line breaks or names to spoil."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from localizer.copy.protection import Protected, protect
from localizer.locales import script_of
from localizer.translation.model import TranslationRequest

_ENDS = tuple(".!?…:;。！？：；।؟")
_BULLET = re.compile(r"\s*(?:[•·●▪■◆★☆✓✔*–—-]\s*|\d{1,2}[.)、]\s)")
_UNSPACED = {"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr"}


def passages_of(text: str, source_locale: str) -> list[str]:
    """Lines of a text, those put together that a translator must see as one; to be joined by line breaks.

    A line break in an image is where the type was broken: a headline of two lines is one sentence. What ends
    like a sentence, and what begins like an entry of a list, stays apart. An empty line stays one.
    """
    passages: list[str] = []
    for line in (line.strip() for line in text.splitlines()):
        before = passages[-1] if passages else ""
        if not before or not line or before.endswith(_ENDS) or _BULLET.match(line):
            passages.append(line)
        else:
            passages[-1] = in_one_line((before, line), source_locale)
    return passages


def in_one_line(lines: Iterable[str], source_locale: str) -> str:
    """Lines put together; with a space where the language has one, and between Latin words in any."""
    joint = "" if script_of(source_locale) in _UNSPACED else " "
    whole = ""
    for line in filter(None, map(str.strip, lines)):
        latin = whole[-1:].isascii() and line[0].isascii()
        whole += ((" " if latin else joint) if whole else "") + line
    return whole


def has_words(passage: str, request: TranslationRequest) -> bool:
    """Whether anything is left to translate in it beside what is to be kept."""
    for term in sorted(request.keep, key=len, reverse=True):
        passage = passage.replace(term, " ")
    return any(char.isalpha() for char in passage)


def lost_in(candidate: str, passage: str, request: TranslationRequest) -> str:
    """What a translation of a passage has lost or changed, as the rest of a sentence; empty: nothing."""
    for term in request.keep:
        if candidate.count(term) < passage.count(term):
            return f"loses {term!r}"
    for source, target in request.glossary.items():
        if source in passage and target.casefold() not in candidate.casefold():
            return f"does not say {target!r} for {source!r}"
    if _digits(candidate) != _digits(passage):
        return "changes a number"
    return ""


def _digits(text: str) -> Counter[str]:
    return Counter(re.findall(r"\d+", unicodedata.normalize("NFKC", text)))


def hidden_in(passage: str, request: TranslationRequest) -> Protected:
    """The passage with marks in place of what is to be kept and of the terms of the glossary; restoring a
    translation puts the glossary's terms of the target locale there."""
    found = protect(passage, [*request.keep, *request.glossary])
    return Protected(found.text, tuple(request.glossary.get(term, term) for term in found.tokens))
