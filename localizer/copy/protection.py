"""Names, placeholders and addresses, hidden from a translator that would translate them, and put back.

For models that know no placeholders (NLLB, Marian): what must stay becomes ``[[1]]``, which they copy most of
the time. Where one does not, nothing is put back and there is no translation: a draft is never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from localizer.checks.copy_money import SIGNS
from localizer.checks.copy_verbatim import addresses, slots
from localizer.checks.copy_words import occurrences
from localizer.locales import UNDETERMINED

if TYPE_CHECKING:
    from localizer.brand import BrandKit

_AMOUNT = re.compile(rf"(?:[A-Z]{{0,2}}[{SIGNS}]\s?)\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*\s?[%{SIGNS}]")
# As models hand it back: with spaces within, full-width, or one bracket short.
_TOKEN = re.compile(r"[\[［【]\s*[\[［【]?\s*(\d{1,3})\s*[\]］】]?\s*[\]］】]")


class Protected(NamedTuple):
    """A text that may be given to a translator.

    Attributes:
        text: with ``[[1]]``, ``[[2]]`` in place of what must stay.
        tokens: what stood there, in that order.
    """

    text: str
    tokens: tuple[str, ...]

    def restore(self, translated: str) -> str | None:
        """See `restore`."""
        return restore(translated, self.tokens)


def protect(text: str, keep: BrandKit | Sequence[str]) -> Protected:
    """Hide what must stand in the target exactly as it does in a text.

    Args:
        keep: the strings (`TranslationRequest.keep`), or the brand kit whose terms are to be kept, with
            the placeholders and addresses of the text: see `kept`.
    """
    wanted = kept(text, keep) if not isinstance(keep, Sequence) else keep
    spans: list[tuple[int, int]] = []
    for string in sorted({s for s in wanted if s}, key=len, reverse=True):
        for found in re.finditer(re.escape(string), text):
            if all(found.end() <= start or found.start() >= end for start, end in spans):
                spans.append(found.span())
    out, last, tokens = [], 0, []
    for start, end in sorted(spans):
        tokens.append(text[start:end])
        out += [text[last:start], f"[[{len(tokens)}]]"]
        last = end
    return Protected("".join([*out, text[last:]]), tuple(tokens))


def restore(translated: str, tokens: Sequence[str]) -> str | None:
    """Put back what `protect` hid; None where the translator lost, doubled or made up a token."""
    found = Counter(int(number) for number in _TOKEN.findall(translated))
    if found != Counter(range(1, len(tokens) + 1)):
        return None if tokens else translated
    return _TOKEN.sub(lambda match: tokens[int(match[1]) - 1], translated)


def kept(text: str, brand: BrandKit, source_locale: str = "und", locale: str = "und") -> tuple[str, ...]:
    """What of a text must stand in its translation exactly as it does here, in the order of the text: brand
    terms, placeholders, addresses, hashtags, codes, and prices and percentages that both locales write alike.
    """
    from localizer.copy.formats import stays_as_is

    found = fixed_parts(text, brand)
    found |= {written for listed in addresses(text).values() for written in listed}
    if UNDETERMINED not in {source_locale, locale}:
        amounts = {match[0].strip() for match in _AMOUNT.finditer(text)}
        found |= {amount for amount in amounts if stays_as_is(amount, source_locale, locale, brand)}
    return tuple(sorted(found, key=lambda part: (text.find(part), -len(part))))


def fixed_parts(text: str, brand: BrandKit) -> set[str]:
    """Brand terms, placeholders, addresses and codes of a text, which are the same in every language.

    Not hashtags, which are translated at times, nor what looks like a code and is read as words: TOP10.
    """
    terms = {
        match[0]
        for term in brand.do_not_translate
        if any(occurrences(term, text))
        for match in re.finditer(re.escape(term), text, re.IGNORECASE)
    }
    addressed = {
        written
        for name, listed in addresses(text).items()
        if name != "hashtag"
        for written in listed
        if name != "code" or all(len(letters) <= 2 for letters in re.findall(r"[A-Za-z]+", written))
    }
    return terms | set(slots(text)) | addressed
