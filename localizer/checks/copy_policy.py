"""Whether copy may be published: terms, forbidden words, placeholders, numbers and script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from localizer.checks import copy_words
from localizer.checks.copy_numbers import compare_numbers
from localizer.locales import same_language
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job

if TYPE_CHECKING:
    from localizer.brand import BrandKit

NAME = "copy_policy"
_SETS_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT}
_ORDER = (CheckStatus.FAILED, CheckStatus.UNDECIDED)
_T = TypeVar("_T")


class Finding(NamedTuple):
    """One thing against a piece of copy."""

    status: CheckStatus
    message: str


_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]{2,}")  # a Latin word


def check_copy_policy(job: Job, brand: BrandKit) -> CheckResult:
    """Check all copy that a job sets. Nothing is read from the image.

    Returns:
        ``failed`` if anything certainly may not go out, ``undecided`` if a person must look, else
        ``passed``; the detail names every finding, the worst first.
    """
    findings = [
        Finding(finding.status, f"{edit.replacement!r}: {finding.message}")
        for edit in job.edits
        if edit.action in _SETS_TEXT and edit.replacement
        for finding in _findings(edit, job, brand)
    ]
    for status in _ORDER:
        if any(finding.status is status for finding in findings):
            ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.status))
            return CheckResult(NAME, status, detail="; ".join(finding.message for finding in ordered))
    return CheckResult(NAME, CheckStatus.PASSED)


def _findings(edit: Edit, job: Job, brand: BrandKit) -> Iterator[Finding]:
    source = "" if edit.text == "*" else edit.text
    target, locale = edit.replacement, job.locale
    yield from _terms(source, target, locale, brand)
    yield from _forbidden(target, locale, brand.forbidden)
    for found in copy_words.placeholders(target, locale):
        yield Finding(CheckStatus.FAILED, f"{found!r} is a placeholder that was not filled in")
    if source and not same_language(job.source_locale, locale):
        status, message = compare_numbers(source, job.source_locale, target, locale)
        if status is not CheckStatus.PASSED:
            yield Finding(status, message)
    yield from _script(source, target, locale, brand)


def _terms(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Finding]:
    for term in brand.do_not_translate:
        if any(copy_words.occurrences(term, source)) and _nfc(term) not in _nfc(target):
            yield Finding(CheckStatus.FAILED, f"{term!r} must stay as it is")
    for glossary in _for_locale(brand.glossary, locale):
        for term, wanted in glossary.items():
            if any(copy_words.occurrences(term, source)) and copy_words.fold(wanted) not in copy_words.fold(
                target
            ):
                # Inflection may hide a term that is there.
                yield Finding(CheckStatus.UNDECIDED, f"the glossary has {wanted!r} for {term!r}")


def _forbidden(target: str, locale: str, forbidden: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    words = dict.fromkeys(
        word for listed in (*_for_locale(forbidden, locale), forbidden.get("*", ())) for word in listed
    )
    for word in words:
        found = list(copy_words.occurrences(word, target))
        if any(found):
            yield Finding(CheckStatus.FAILED, f"{word!r} is forbidden")
        elif found:
            yield Finding(CheckStatus.UNDECIDED, f"{word!r} is forbidden and stands within a longer word")


def _script(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Finding]:
    expected, present = copy_words.expected_scripts(locale), copy_words.scripts_of(target)
    if expected and present and not expected & present and not _is_brand_only(source, target, brand):
        yield Finding(
            CheckStatus.UNDECIDED,
            f"is in script {', '.join(sorted(present))}, but {locale} is in {', '.join(sorted(expected))}",
        )
    if lost := _lost_names(source, target):
        yield Finding(CheckStatus.UNDECIDED, f"{', '.join(lost)} of the source is not in it")
    if foreign := copy_words.foreign_hanzi(target, locale):
        yield Finding(CheckStatus.UNDECIDED, f"{foreign}: {locale} may write this otherwise")


def _lost_names(source: str, target: str) -> list[str]:
    """Latin words within copy of another script, most often names, that the target does not have."""
    if copy_words.scripts_of(source) <= {"Latn"}:
        return []
    kept = copy_words.fold(target)
    return [name for name in dict.fromkeys(_NAME.findall(source)) if copy_words.fold(name) not in kept]


def _is_brand_only(source: str, target: str, brand: BrandKit) -> bool:
    """Whether a text in another script is one by right: a Latin name kept from the source, or brand terms."""
    if copy_words.scripts_of(target) == {"Latn"} and copy_words.fold(target) == copy_words.fold(source):
        return True
    rest = _nfc(target)
    for term in sorted(brand.do_not_translate, key=len, reverse=True):
        rest = re.sub(re.escape(_nfc(term)), " ", rest)
    return not copy_words.scripts_of(rest)


def _for_locale(by_locale: Mapping[str, _T], locale: str) -> list[_T]:
    """Entries for a locale, and for a wider one: what holds for ``pt`` holds for ``pt-BR``."""
    return [value for tag, value in by_locale.items() if tag == locale or locale.startswith(f"{tag}-")]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
