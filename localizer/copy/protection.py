"""Names, placeholders and addresses, hidden from a translator that would translate them, and put back.

For models that know no placeholders (NLLB, Marian): what must stay becomes ``[[1]]``, which they copy most of
the time. Where one does not, nothing is put back and there is no translation: a draft is never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from localizer.brand import BrandKit

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


def kept(text: str, brand: BrandKit) -> tuple[str, ...]:
    """What of a text must stand in its translation exactly as it does here, in the order of the text."""
    from localizer.checks.copy_words import placeholders

    found = {term for term in brand.do_not_translate if term in text} | set(placeholders(text, "und"))
    return tuple(sorted(found, key=text.find))
