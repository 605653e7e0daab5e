"""All checks on one candidate, and the verdict that follows from them.

A check that fails shows a wrong image; one that cannot decide asks for a person. Contrast, faces and copy are
matters that a person may overrule by name (a price converted for the market), so their failure asks for one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from localizer.checks.copy_policy import NAME as COPY_POLICY
from localizer.checks.copy_policy import check_copy_policy
from localizer.checks.faces import check_faces
from localizer.checks.file import check_file
from localizer.checks.legible import check_legible
from localizer.checks.read_back import check_text_correct
from localizer.checks.scars import check_erased_cleanly
from localizer.checks.source_gone import check_source_text_gone
from localizer.checks.typography import check_fits
from localizer.checks.untouched import check_untouched
from localizer.engines.base import Candidate
from localizer.images.fidelity import differing
from localizer.model import Action, CheckResult, CheckStatus, Job, Status
from localizer.text.reading import read_source

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.images import Delivered, SourceImage

CHECKS_VERSION = "5"
"""Raised whenever a check could come to another verdict on the same pixels: older results are redone."""

THRESHOLDS = {"untouched_psnr": 45.0, "legible_cap_height": 8.0, "fits_scale": 0.5}
"""What a brand kit may set: PSNR in dB, height of a capital in pixels, and how far type may shrink."""

_OVERRULABLE = frozenset({"copy_policy", "faces", "legible", "text_found"})
_ORDER = (CheckStatus.PASSED, CheckStatus.UNDECIDED, CheckStatus.FAILED)


def run_checks(
    *, source: SourceImage, candidate: Candidate, delivered: Delivered, job: Job, brand: BrandKit
) -> tuple[CheckResult, ...]:
    """Run every check of the design on a candidate; findings of the engine are merged in by name."""
    lines = read_source(job.source_sha256, source.rgb)
    limits = {**THRESHOLDS, **brand.thresholds}
    read_back = check_text_correct(
        candidate.rgb,
        candidate.placements,
        locale=job.locale,
        keep=brand.do_not_translate,
        plate=candidate.plate,
    )
    # Only where the new type reads as it should is it all that was put on the plate.
    plate = candidate.plate if read_back.status is CheckStatus.PASSED else None
    checks = [
        read_back,
        check_source_text_gone(
            candidate.rgb, candidate.placements, source_rgb=source.rgb, plate=plate, lines=lines
        ),
        check_untouched(source, candidate.rgb, candidate.mask, delivered, threshold=limits["untouched_psnr"]),
        check_legible(
            candidate.rgb,
            source.rgb,
            candidate.placements,
            least_cap_height=limits["legible_cap_height"],
            plate=candidate.plate,
        ),
        check_fits(
            candidate.mask.shape,
            candidate.placements,
            lines,
            least_scale=limits["fits_scale"],
            drawn=None if candidate.plate is None else differing(candidate.rgb, candidate.plate),
        ),
        check_faces(source.rgb, candidate.mask, sha256=job.source_sha256),
        check_copy_policy(job, brand),
        check_file(source, delivered),
        _every_edit_done(candidate, job),
    ]
    if candidate.plate is not None:
        checks.append(
            check_erased_cleanly(
                candidate.rgb,
                candidate.placements,
                source_rgb=source.rgb,
                plate=candidate.plate,
                mask=candidate.mask,
            )
        )
    return merge([*checks, *candidate.findings])


def _every_edit_done(candidate: Candidate, job: Job) -> CheckResult:
    """Whether each edit left a trace; an edit that was silently skipped must never pass."""
    undone = [
        edit
        for edit in job.edits
        if not any(
            p.edit == edit and p.box is not None and _has_result(p.lines, edit.action)
            for p in candidate.placements
        )
    ]
    if not undone:
        return CheckResult("text_found", CheckStatus.PASSED)
    what = ", ".join(f"{e.action} “{e.text or e.replacement or e.object}”" for e in undone)
    return CheckResult("text_found", CheckStatus.UNDECIDED, detail=f"not done: {what}")


def check_unsettled(job: Job) -> CheckResult:
    """Whether a person, or a rule, has said of all text that stays in the image that it may, and the rest was
    read with certainty. No pixels decide on that, so it is no part of `run_checks`: no other attempt would do
    better."""
    told = (
        ("left as it is, and no person has said that it may stay", job.left_text),
        ("read with little certainty; see that it says so in the source", job.doubted_text),
    )
    details = [f"{what}: {', '.join(f'“{text}”' for text in texts)}" for what, texts in told if texts]
    status = CheckStatus.UNDECIDED if details else CheckStatus.PASSED
    return CheckResult("text_found", status, detail="; ".join(details))


def another_may_do_better(checks: Iterable[CheckResult]) -> bool:
    """Whether anything that is not passed is up to the image, and not to its words alone."""
    return any(c.status is not CheckStatus.PASSED and c.name != COPY_POLICY for c in checks)


def _has_result(lines: tuple[str, ...], action: Action) -> bool:
    return bool(lines) or action in {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}


def merge(checks: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """One result per name: the worst status, all details."""
    merged: dict[str, CheckResult] = {}
    for check in checks:
        known = merged.get(check.name)
        if known is None:
            merged[check.name] = check
            continue
        worse = max(known, check, key=lambda c: _ORDER.index(c.status))
        details = "; ".join(dict.fromkeys(d for d in (known.detail, check.detail) if d))
        value = known.value if known.value is not None else check.value
        threshold = known.threshold if known.threshold is not None else check.threshold
        merged[check.name] = CheckResult(
            check.name, worse.status, value, threshold, details, known.missing or check.missing
        )
    return tuple(merged.values())


def verdict(checks: Iterable[CheckResult]) -> tuple[Status, str]:
    """Status of a candidate and, unless it passed, the reason in one sentence."""
    faults = [c for c in checks if c.status is not CheckStatus.PASSED]
    if not faults:
        return Status.PASSED, ""
    fatal = [c for c in faults if c.status is CheckStatus.FAILED and c.name not in _OVERRULABLE]
    lead = (fatal or faults)[0]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    reason = f"{lead.name}: {lead.detail or 'not passed'}{more}"
    return (Status.FAILED if fatal else Status.NEEDS_REVIEW), reason
