"""Whether copy may be published: terms, forbidden words, placeholders, numbers and script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from localizer.checks import copy_words
from localizer.checks.copy_comparison import compare_numbers
from localizer.locales import same_language
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job

if TYPE_CHECKING:
    from localizer.brand import BrandKit

NAME = "copy_policy"
_SETS_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT}
_ORDER = (CheckStatus.FAILED, CheckStatus.UNDECIDED)
_T = TypeVar("_T")


class Finding(NamedTuple):
    """One thing against a piece of copy.

    Attributes:
        status: ``failed``: it certainly breaks a guarantee; ``undecided``: a person must look.
        guarantee: which one, in a word: see `check_copy`.
    """

    status: CheckStatus
    message: str
    guarantee: str = ""


TOO_LONG = "length"
"""The guarantee that a shorter wording keeps: see `Finding.guarantee`."""

_NAME = re.compile(r"[A-Za-zÀ-ÖØ-öø-ɏ]{2,}")  # a Latin word


def check_copy_policy(job: Job, brand: BrandKit) -> CheckResult:
    """Check all copy that a job sets. Nothing is read from the image.

    Returns:
        ``failed`` if anything certainly may not go out, ``undecided`` if a person must look (at a draft in
        any case), else ``passed``; the detail names every finding, the worst first.
    """
    findings = [
        finding._replace(message=f"{edit.replacement!r}: {finding.message}")
        for edit in job.edits
        if edit.action in _SETS_TEXT and edit.replacement
        for finding in _of_edit(edit, job, brand)
    ]
    if not findings:
        return CheckResult(NAME, CheckStatus.PASSED)
    ordered = _worst_first(findings)
    return CheckResult(NAME, ordered[0].status, detail="; ".join(finding.message for finding in ordered))


def _of_edit(edit: Edit, job: Job, brand: BrandKit) -> Iterator[Finding]:
    yield from check_copy(edit.text, job.source_locale, edit.replacement, job.locale, brand)
    if edit.draft:
        yield Finding(
            CheckStatus.UNDECIDED, f"is a draft ({edit.draft}) that nobody has approved", "approval"
        )


def check_copy(
    source: str,
    source_locale: str,
    target: str,
    locale: str,
    brand: BrandKit,
    *,
    most_characters: int | None = None,
) -> list[Finding]:
    """What speaks against a piece of copy, the worst first; nothing: it keeps every guarantee.

    ``failed`` is what certainly may not go out, ``undecided`` what a person must look at. The guarantees:
    ``empty``, ``terms`` (do-not-translate), ``glossary``, ``forbidden``, ``placeholders``, ``numbers``
    (prices, percentages, dates and units among them), ``script``, and ``length`` (`TOO_LONG`; undecided, for
    how many characters fit is an estimate: ask for a shorter wording, and keep the draft if there is none).

    Args:
        source: what the copy stands for; empty or ``*`` where nothing is known: then the target alone is
            looked at. In the same language (a correction) numbers may change.
        source_locale, locale: BCP 47, normalised.
        most_characters: that fit the place; None where nobody knows.
    """
    if not target.strip():
        return [Finding(CheckStatus.FAILED, "is empty", "empty")]
    known = "" if source == "*" else source
    return _worst_first(_findings(known, source_locale, target, locale, brand, most_characters))


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.status))


def _findings(
    source: str, source_locale: str, target: str, locale: str, brand: BrandKit, most_characters: int | None
) -> Iterator[Finding]:
    yield from _terms(source, target, locale, brand)
    yield from _forbidden(target, locale, brand.forbidden)
    for found in copy_words.placeholders(target, locale):
        yield Finding(
            CheckStatus.FAILED, f"{found!r} is a placeholder that was not filled in", "placeholders"
        )
    if source and not same_language(source_locale, locale):
        status, message = compare_numbers(source, source_locale, target, locale)
        if status is not CheckStatus.PASSED:
            yield Finding(status, message, "numbers")
    yield from _script(source, target, locale, brand)
    if most_characters is not None and (length := copy_words.length_of(target)) > most_characters:
        yield Finding(
            CheckStatus.UNDECIDED, f"has {length} characters, and about {most_characters} fit", TOO_LONG
        )


def _terms(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Finding]:
    for term in brand.do_not_translate:
        if any(copy_words.occurrences(term, source)) and _nfc(term) not in _nfc(target):
            yield Finding(CheckStatus.FAILED, f"{term!r} must stay as it is", "terms")
    for glossary in _for_locale(brand.glossary, locale):
        for term, wanted in glossary.items():
            if any(copy_words.occurrences(term, source)) and copy_words.fold(wanted) not in copy_words.fold(
                target
            ):
                # Inflection may hide a term that is there.
                yield Finding(CheckStatus.UNDECIDED, f"the glossary has {wanted!r} for {term!r}", "glossary")


def _forbidden(target: str, locale: str, forbidden: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    words = dict.fromkeys(
        word for listed in (*_for_locale(forbidden, locale), forbidden.get("*", ())) for word in listed
    )
    for word in words:
        found = list(copy_words.occurrences(word, target))
        if any(found):
            yield Finding(CheckStatus.FAILED, f"{word!r} is forbidden", "forbidden")
        elif found:
            yield Finding(
                CheckStatus.UNDECIDED, f"{word!r} is forbidden and stands within a longer word", "forbidden"
            )


def _script(source: str, target: str, locale: str, brand: BrandKit) -> Iterator[Finding]:
    expected, present = copy_words.expected_scripts(locale), copy_words.scripts_of(target)
    if expected and present and not expected & present and not _is_brand_only(source, target, brand):
        yield Finding(
            CheckStatus.UNDECIDED,
            f"is in script {', '.join(sorted(present))}, but {locale} is in {', '.join(sorted(expected))}",
            "script",
        )
    if lost := _lost_names(source, target):
        yield Finding(CheckStatus.UNDECIDED, f"{', '.join(lost)} of the source is not in it", "terms")
    if foreign := copy_words.foreign_hanzi(target, locale):
        yield Finding(CheckStatus.UNDECIDED, f"{foreign}: {locale} may write this otherwise", "script")


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
