"""The brand's words in copy: what stays, what is said in one way only, and what is never said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from localizer.checks import copy_words
from localizer.locales import language_of
from localizer.model import CheckStatus

if TYPE_CHECKING:
    from localizer.brand import BrandKit

# Languages whose nouns do not change: a term of the glossary that is not in the copy was not used.
_UNINFLECTED = {"zh", "yue", "ja", "th", "lo", "vi", "km", "my", "id", "ms"}
Said = tuple[CheckStatus, str, str]
"""Status, message, guarantee."""


def check_terms(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Said]:
    """Do-not-translate terms and glossary of what the source says, and forbidden words."""
    yield from _kept(source, target, brand)
    yield from _glossary(source, target, locale, brand)
    yield from _forbidden(target, locale, brand)


def _kept(source: str, target: str, brand: BrandKit) -> Iterator[Said]:
    """A term stands in the target as it does in the source, or in the brand kit, and as often."""
    source, target = _nfc(source), _nfc(target)
    for term in brand.do_not_translate:
        count = sum(copy_words.occurrences(term, source))
        if not count:
            continue
        forms = {_nfc(term), *re.findall(re.escape(_nfc(term)), source, re.IGNORECASE)}
        found = [stands_alone for form in forms for stands_alone in copy_words.places(form, target)]
        if not found:
            yield CheckStatus.FAILED, f"{term!r} must stay as it is", "terms"
        elif not any(found):
            yield CheckStatus.UNDECIDED, f"{term!r} stands within a longer word", "terms"
        elif len(found) < count:
            yield CheckStatus.UNDECIDED, f"{term!r} stands in it less often than in the source", "terms"
    name = _nfc(brand.name)
    if name in source and name not in target:
        yield CheckStatus.UNDECIDED, f"the brand's name {name!r} is not in it", "terms"


def _glossary(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Said]:
    said = copy_words.fold(target)
    for term, wanted in brand.glossary_for(locale).items():
        if any(copy_words.occurrences(term, source)) and copy_words.fold(wanted) not in said:
            # Elsewhere inflection may hide a term that is there.
            is_certain = language_of(locale) in _UNINFLECTED
            status = CheckStatus.FAILED if is_certain else CheckStatus.UNDECIDED
            yield status, f"the glossary has {wanted!r} for {term!r}", "glossary"


def _forbidden(target: str, locale: str, brand: BrandKit) -> Iterator[Said]:
    for word in brand.forbidden_in(locale):
        found = list(copy_words.occurrences(word, target))
        if any(found):
            yield CheckStatus.FAILED, f"{word!r} is forbidden", "forbidden"
        elif found or copy_words.begins_a_word(word, target):
            said = f"{word!r} is forbidden and stands within a longer word"
            yield CheckStatus.UNDECIDED, said, "forbidden"


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
