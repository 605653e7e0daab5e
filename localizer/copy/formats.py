"""What needs no translator: text that is the same in every language, or differs only in how it is written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localizer.checks.copy_policy import check_copy
from localizer.checks.copy_words import char_script

if TYPE_CHECKING:
    from localizer.brand import BrandKit

_PLAIN = re.compile(r"[\d\s+>★☆•·|]+", re.ASCII)


def stays_as_is(text: str, source_locale: str, locale: str, brand: BrandKit) -> bool:
    """Whether a text holds nothing to translate and is right as it stands in the target locale.

    So it is of bare numbers, prices, URLs and brand names; not of a price whose separators or money sign mean
    something else in the target locale. In doubt it is not.
    """
    if not text.strip():
        return False
    rest = text
    for term in sorted(brand.do_not_translate, key=len, reverse=True):
        rest = rest.replace(term, " ")
    if rest.strip() and not _PLAIN.fullmatch(rest):
        return False
    return not check_copy(text, source_locale, text, locale, brand) and all(
        char_script(c) != "Zzzz" for c in text
    )
