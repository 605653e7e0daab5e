"""Whether copy may be published: what it must keep of its source, what it may not say, how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from localizer.checks import copy_words
from localizer.checks.copy_comparison import compare_numbers
from localizer.checks.copy_script import check_script, expected_scripts, scripts_of, without
from localizer.checks.copy_terms import check_terms
from localizer.checks.copy_verbatim import (
    addresses,
    check_addresses,
    check_characters,
    check_placeholders,
    check_signs,
    slots,
)
from localizer.locales import same_language
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job

if TYPE_CHECKING:
    from localizer.brand import BrandKit

NAME = "copy_policy"
_SETS_TEXT = {Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT}
_ORDER = (CheckStatus.FAILED, CheckStatus.UNDECIDED)


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
    yield from check_copy(
        edit.text,
        job.source_locale,
        edit.replacement,
        job.locale,
        brand,
        correction=edit.action is Action.REPLACE_TEXT,
    )
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
    correction: bool = False,
) -> list[Finding]:
    """What speaks against a piece of copy, the worst first; nothing: it keeps every guarantee.

    ``failed`` is what certainly may not go out, ``undecided`` what a person must look at. The guarantees:
    ``empty``; ``terms`` (do-not-translate, and Latin names in other scripts); ``glossary``; ``forbidden``;
    ``placeholders``; ``numbers`` (prices, percentages, dates, times and units among them); ``addresses``
    (URLs, e-mail, handles, hashtags, phone numbers, codes); ``marks`` (®, ™, emoji, footnote signs);
    ``script`` (of the locale; its language as far as letters tell); ``same`` (left as the source is);
    ``characters`` (damaged text, a model's chatter); and ``length`` (`TOO_LONG`; undecided, for how many
    characters fit is an estimate: ask for a shorter wording, and keep the draft if there is none).

    Args:
        source: what the copy stands for; empty or ``*`` where nothing is known: then the target alone is
            looked at.
        source_locale, locale: BCP 47, normalised.
        most_characters: that fit the place; None where nobody knows.
        correction: somebody says what shall stand instead: within one language numbers, addresses and marks
            may change.
    """
    if not target.strip():
        return [Finding(CheckStatus.FAILED, "is empty", "empty")]
    known = "" if source == "*" else source
    is_same = same_language(source_locale, locale)
    is_translation = bool(known) and not (correction and is_same)
    findings = [*_findings(known, source_locale, target, locale, brand, is_translation)]
    if is_translation and not is_same and _is_left(source, target, source_locale, locale, brand):
        findings.append(Finding(CheckStatus.UNDECIDED, "is the same as the source", "same"))
    if most_characters is not None and (length := copy_words.length_of(target)) > most_characters:
        said = f"has {length} characters, and about {most_characters} fit"
        findings.append(Finding(CheckStatus.UNDECIDED, said, TOO_LONG))
    return _worst_first(findings)


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER.index(finding.status))


def _findings(
    source: str, source_locale: str, target: str, locale: str, brand: BrandKit, is_translation: bool
) -> Iterator[Finding]:
    said = [*check_terms(source, target, locale, brand)]
    said += check_placeholders(source if is_translation else "", target, locale)
    if is_translation:
        status, message = compare_numbers(source, source_locale, target, locale)
        if status is not CheckStatus.PASSED:
            said.append((status, message, "numbers"))
        said += [*check_addresses(source, target), *check_signs(source, target)]
    kept = (*brand.do_not_translate, *slots(target))
    said += [*check_characters(source, target), *check_script(source, target, locale, kept)]
    yield from (Finding(*one) for one in said)


def _is_left(source: str, target: str, source_locale: str, locale: str, brand: BrandKit) -> bool:
    """Whether words that could be translated are as they were, in a script that both languages write."""
    if copy_words.fold(source) != copy_words.fold(target):
        return False
    written = [one for found in addresses(target).values() for one in found]
    rest = without(target, (*brand.do_not_translate, *slots(target), *written))
    both = scripts_of(rest) & expected_scripts(locale) & expected_scripts(source_locale)
    # Chinese and Japanese share many a short word: 新品, 限定.
    return bool(both) and bool(re.search(r"[^\W\d_]{5}" if both == {"Hani"} else r"[^\W\d_]{2}", rest))
