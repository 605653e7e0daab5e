"""Who approves what: decisions that a policy takes, and decisions that a person takes in one review.

Only what a recorded decision names is ever published, and only with the bytes that it spoke of. Nobody
can approve a job that failed or has no image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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


ALSO_APPROVE, REJECT_ITEMS, COMMENT = "also_approve", "reject_items", "comment"
REASONS, SEEN = "reasons", "seen"
"""Fields of the form by which a review is answered, see `Answer`."""

_SHOWN = 5
_ALL_PASSED = "all checks passed"
_MADE_ANEW = "the results are not those that were looked at: some were made anew; look again"
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


def is_asked(result: JobResult, policy: str) -> bool:
    """Whether a person has to decide on a result under a policy.

    Never on a failed job or one without an image: there is nothing to approve.
    """
    chosen = parse_policy(policy)
    if chosen is ApprovalPolicy.ALWAYS:
        return can_be_approved(result)
    if chosen is ApprovalPolicy.EXCEPTIONS_ONLY:
        return can_be_approved(result) and result.status is Status.NEEDS_REVIEW
    return False


def decide(results: Iterable[JobResult], *, policy: str, at: str, by: str = "") -> Iterator[Decision]:
    """The decisions that a policy takes without asking anybody: passed results approved, or none.

    Args:
        at: ISO 8601 UTC time of the decision.
        by: recorded as the decider; default ``policy:<policy>``.

    Raises:
        InputError: there is no such policy.
    """
    chosen = parse_policy(policy)
    return (
        _decision(result, Verdict.APPROVED, by=by or f"policy:{chosen}", at=at, comment=_ALL_PASSED)
        for result in results
        if _approves(chosen, result)
    )


def label(result: JobResult) -> str:
    """How a person names a result: ``poster-01 · ja``."""
    return f"{result.asset_id} · {result.locale}"


class Seen:
    """Digest of the results of a run as they were shown to a person, gathered one by one in their order."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, result: JobResult) -> None:
        """Take the next result into account: what it is of, how it was judged, and the file's bytes."""
        sha256 = result.delivered_sha256 or ""
        facts = (result.job, result.asset_id, result.locale, str(result.status), sha256)
        self._digest.update("\0".join(facts).encode("utf-8", "surrogatepass") + b"\n")

    @classmethod
    def of(cls, results: Iterable[JobResult]) -> str:
        """The digest of all of them."""
        seen = cls()
        for result in results:
            seen.add(result)
        return seen.digest

    @property
    def digest(self) -> str:
        """Of all so far; 32 hexadecimal digits."""
        return self._digest.hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said of a run.

    Attributes:
        approve: of what was asked about, every result that passed is approved; one that needs review only
            by name, so that nobody waves an exception through unseen. False rejects all that was asked about.
        also_approve: further items to approve, ``asset_id · locale`` or the job key.
        reject: items to reject; wins over `approve`.
        by: the person.
        at: ISO 8601 UTC time of the answer.
        comment: on the run as a whole.
        reasons: comments on single items, by the same names; such an item has its own in place of `comment`.
        seen: digest of the results that the person looked at, see `Seen`; empty where nobody said.
    """

    approve: bool
    by: str
    at: str
    also_approve: tuple[str, ...] = ()
    reject: tuple[str, ...] = ()
    comment: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""


def apply_answer(
    results: Callable[[], Iterable[JobResult]], answer: Answer, *, policy: str
) -> Iterator[Decision]:
    """What a person's answer and the policy decide together, one per result that either speaks of.

    The person's word wins. A result that neither speaks of gets no decision, and is not published.

    Args:
        results: gives the run's results from the first; they are gone through several times, and none is
            kept.

    Returns:
        Decisions in the results' order; the answer as a whole was checked before the first. They count only
        together: the last is followed by InputError where an image was made anew while they were taken.

    Raises:
        InputError: an unknown item, one both approved and rejected, one that failed, no person, or results
            that are not those that the person has seen.
    """
    chosen = parse_policy(policy)
    if not answer.by.strip():
        raise InputError("a review needs the name of the person who decided")
    approved = _Named(answer.also_approve, field=ALSO_APPROVE)
    rejected = _Named(answer.reject, field=REJECT_ITEMS)
    explained = _Named(tuple(answer.reasons), field=REASONS)
    seen = Seen.of(results())
    if answer.seen and seen != answer.seen:
        raise InputError(_MADE_ANEW)
    _check(results(), approved, rejected, explained)
    reasons = {_normal(name): reason for name, reason in answer.reasons.items()}

    def comment_on(result: JobResult) -> str:
        return next((reasons[key] for key in sorted(explained.keys_of(result))), answer.comment)

    def decisions() -> Iterator[Decision]:
        now = Seen()
        for result in results():
            now.add(result)
            person = {"by": answer.by, "at": answer.at, "comment": comment_on(result)}
            if rejected.mean(result) or (not answer.approve and is_asked(result, chosen)):
                yield _decision(result, Verdict.REJECTED, **person)
            elif approved.mean(result):
                yield _decision(result, Verdict.APPROVED, **person)
            elif _approves(chosen, result):
                # Under exceptions_only what passed is approved by the policy: the record says so.
                yield _decision(
                    result, Verdict.APPROVED, by=f"policy:{chosen}", at=answer.at, comment=_ALL_PASSED
                )
            elif answer.approve and result.status is Status.PASSED and is_asked(result, chosen):
                yield _decision(result, Verdict.APPROVED, **person)
        # Items are meant by name: one that was made anew since the check was approved unseen just now.
        if now.digest != seen:
            raise InputError(_MADE_ANEW)

    return decisions()


class _Named:
    """Items that a person named; a key may mean several results (assets with the same bytes)."""

    def __init__(self, names: Sequence[str], *, field: str) -> None:
        self.field = field
        self._names = {_normal(name): name.strip() for name in names if name.strip()}

    def mean(self, result: JobResult) -> bool:
        return _normal(label(result)) in self._names or (bool(result.job) and result.job in self._names)

    def not_among(self, found: set[str]) -> list[str]:
        return [name for key, name in self._names.items() if key not in found]

    def keys_of(self, result: JobResult) -> set[str]:
        return {_normal(label(result)), result.job} & self._names.keys()


def _check(results: Iterable[JobResult], approved: _Named, rejected: _Named, explained: _Named) -> None:
    """Refuse an answer that the results contradict."""
    known: list[str] = []
    found: dict[_Named, set[str]] = {approved: set(), rejected: set(), explained: set()}
    both: list[str] = []
    without_image: list[JobResult] = []
    count = 0
    for result in results:
        count += 1
        if len(known) < _SHOWN:
            known.append(label(result))
        for names, keys in found.items():
            keys.update(names.keys_of(result))
        if approved.mean(result):
            if rejected.mean(result):
                both.append(label(result))
            if not can_be_approved(result):
                without_image.append(result)
    for names, keys in found.items():
        for name in names.not_among(keys):
            examples = "; ".join(known) + ("; …" if count > _SHOWN else "")
            raise InputError(
                f"{names.field}: no item {name!r} in this run; write it as asset · locale ({examples})"
            )
    if both:
        more = ", …" if len(both) > _SHOWN else ""
        raise InputError(
            f"{', '.join(both[:_SHOWN])}{more}: both approved and rejected; name each in one list only"
        )
    for result in without_image:
        why = result.reason or f"its status is {result.status}"
        raise InputError(
            f"{label(result)} cannot be approved: there is no image to answer for ({why}); "
            "correct the manifest or the copy and run again"
        )


def _approves(policy: ApprovalPolicy, result: JobResult) -> bool:
    return policy in _APPROVES_PASSED and result.status is Status.PASSED and can_be_approved(result)


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
