"""Who approves what: decisions that a policy takes, and decisions that a person takes in one review.

Only what a recorded decision names is ever published, and only with the bytes that it spoke of. Nobody
can approve a job that failed or has no image.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from localizer.errors import InputError
from localizer.model import Decision, JobResult, Status, Verdict


class ApprovalPolicy(StrEnum):
    """When a person is asked.

    Attributes:
        ALWAYS: a person decides on every candidate; the policy approves nothing.
        EXCEPTIONS_ONLY: what passed is approved by the policy, a person decides on the rest.
        NEVER: what passed is approved by the policy, the rest stays unpublished.
        PASSED: the command line's name for `NEVER`.
        NONE: nothing is approved and nobody is asked.
    """

    ALWAYS = "always"
    EXCEPTIONS_ONLY = "exceptions_only"
    NEVER = "never"
    PASSED = "passed"
    NONE = "none"


_APPROVES_PASSED = {ApprovalPolicy.EXCEPTIONS_ONLY, ApprovalPolicy.NEVER, ApprovalPolicy.PASSED}


def parse_policy(name: str) -> ApprovalPolicy:
    """The policy of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return ApprovalPolicy(name)
    except ValueError:
        known = ", ".join(p.value for p in ApprovalPolicy)
        raise InputError(f"approval policy {name!r} does not exist; use one of {known}") from None


def can_be_approved(result: JobResult) -> bool:
    """Whether there is an image that a person may answer for."""
    return result.status is not Status.FAILED and result.image is not None


def needs_person(results: Iterable[JobResult], *, policy: str) -> list[JobResult]:
    """The results that a person has to decide on under a policy, exceptions first.

    Failed jobs and jobs without an image are never among them: there is nothing to approve.
    """
    chosen = parse_policy(policy)
    if chosen is ApprovalPolicy.ALWAYS:
        asked = [r for r in results if can_be_approved(r)]
    elif chosen is ApprovalPolicy.EXCEPTIONS_ONLY:
        asked = [r for r in results if can_be_approved(r) and r.status is Status.NEEDS_REVIEW]
    else:
        asked = []
    return sorted(asked, key=lambda r: r.status is Status.PASSED)


def decide(results: Iterable[JobResult], *, policy: str, at: str, by: str = "") -> list[Decision]:
    """The decisions that a policy takes without asking anybody: passed results approved, or none.

    Args:
        at: ISO 8601 UTC time of the decision.
        by: recorded as the decider; default ``policy:<policy>``.

    Raises:
        InputError: there is no such policy.
    """
    chosen = parse_policy(policy)
    if chosen not in _APPROVES_PASSED:
        return []
    return [
        _decision(result, Verdict.APPROVED, by=by or f"policy:{chosen}", at=at, comment="all checks passed")
        for result in results
        if result.status is Status.PASSED and can_be_approved(result)
    ]


def label(result: JobResult) -> str:
    """How a person names a result: ``poster-01 · ja``."""
    return f"{result.asset_id} · {result.locale}"


def apply_review(
    results: Sequence[JobResult],
    *,
    approve_all: bool,
    also_approve: Sequence[str] = (),
    reject: Sequence[str] = (),
    by: str,
    at: str,
    comment: str = "",
) -> list[Decision]:
    """Turn a person's answer into decisions, one per result that the answer speaks of.

    Args:
        approve_all: approve every result that passed. One that needs review is approved only by name,
            so that nobody waves an exception through unseen.
        also_approve: further items to approve, ``asset_id · locale`` or the job key.
        reject: items to reject; wins over `approve_all`.
        by: the person.
        at: ISO 8601 UTC time of the answer.

    Returns:
        Decisions in the results' order. A result that is not spoken of gets none, and is not published.

    Raises:
        InputError: an unknown item, one both approved and rejected, one that failed, or no person.
    """
    if not by.strip():
        raise InputError("a review needs the name of the person who decided")
    approved = _find(results, also_approve, field="also_approve")
    rejected = _find(results, reject, field="reject")
    both = [label(results[i]) for i in sorted(approved & rejected)]
    if both:
        raise InputError(f"{', '.join(both)}: both approved and rejected; name each in one list only")
    for index in sorted(approved):
        if not can_be_approved(results[index]):
            why = results[index].reason or f"its status is {results[index].status}"
            raise InputError(
                f"{label(results[index])} cannot be approved: there is no image to answer for ({why}); "
                "correct the manifest or the copy and run again"
            )
    decisions = []
    for index, result in enumerate(results):
        passed = approve_all and result.status is Status.PASSED and can_be_approved(result)
        if index in rejected:
            decisions.append(_decision(result, Verdict.REJECTED, by=by, at=at, comment=comment))
        elif index in approved or passed:
            decisions.append(_decision(result, Verdict.APPROVED, by=by, at=at, comment=comment))
    return decisions


def _find(results: Sequence[JobResult], names: Sequence[str], *, field: str) -> set[int]:
    """Indices of the results that these names mean; a key may mean several (assets with the same bytes)."""
    by_name: dict[str, set[int]] = {}
    for index, result in enumerate(results):
        by_name.setdefault(_normal(label(result)), set()).add(index)
        by_name.setdefault(result.job, set()).add(index)
    found: set[int] = set()
    for name in names:
        if not name.strip():
            continue
        indices = by_name.get(_normal(name)) or by_name.get(name.strip())
        if not indices:
            known = "; ".join(label(r) for r in results[:5]) + ("; …" if len(results) > 5 else "")
            raise InputError(
                f"{field}: no item {name.strip()!r} in this run; write it as asset · locale ({known})"
            )
        found |= indices
    return found


def _normal(name: str) -> str:
    """People retype labels: spaces around the dot do not matter."""
    return "·".join(part.strip() for part in name.split("·"))


def _decision(result: JobResult, verdict: Verdict, *, by: str, at: str, comment: str) -> Decision:
    return Decision(
        job=result.job,
        asset_id=result.asset_id,
        locale=result.locale,
        verdict=verdict,
        by=by,
        at=at,
        comment=comment,
        delivered_sha256=result.delivered_sha256 or "",
    )
