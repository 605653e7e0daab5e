"""Decisions: nothing that failed or was not spoken of is ever approved."""

from __future__ import annotations

import pytest

from localizer.approval import Answer, Seen, apply_answer, can_be_approved, decide, is_asked, parse_policy
from localizer.errors import InputError
from localizer.model import Decision, JobResult, Status, Verdict

AT = "2026-11-11T00:00:00Z"


def result(
    asset: str, locale: str, status: Status, *, key: str | None = None, image: bool = True
) -> JobResult:
    return JobResult(
        job=key or f"{asset}-{locale}".ljust(64, "0"),
        asset_id=asset,
        locale=locale,
        status=status,
        image="candidate.png" if image else None,
        delivered_sha256=f"sha-{asset}" if image else None,
        reason="" if status is Status.PASSED else "because",
    )


PASSED = result("a", "ja", Status.PASSED)
REVIEW = result("b", "ja", Status.NEEDS_REVIEW)
NO_COPY = result("c", "ja", Status.NEEDS_REVIEW, image=False)
FAILED = result("d", "ja", Status.FAILED, image=False)
ALL = [PASSED, REVIEW, NO_COPY, FAILED]


def review(results: list[JobResult] = ALL, *, policy: str = "always", **answer: object) -> list[Decision]:
    said = Answer(**({"approve": True, "by": "mei", "at": AT} | answer))  # type: ignore[arg-type]
    # Read as the real thing reads them: a new stream each time.
    return list(apply_answer(lambda: iter(results), said, policy=policy))


@pytest.mark.parametrize("policy", ["passed", "never", "exceptions_only"])
def test_policies_that_approve_take_only_what_passed(policy: str) -> None:
    decisions = list(decide(iter(ALL), policy=policy, at=AT))
    assert [(d.asset_id, d.verdict, d.by, d.at, d.delivered_sha256) for d in decisions] == [
        ("a", Verdict.APPROVED, f"policy:{policy}", AT, "sha-a")
    ]


@pytest.mark.parametrize("policy", ["always", "none"])
def test_policies_that_approve_nothing(policy: str) -> None:
    assert list(decide(ALL, policy=policy, at=AT)) == []


def test_what_a_person_is_asked_about() -> None:
    assert [r for r in ALL if is_asked(r, "always")] == [PASSED, REVIEW]
    assert [r for r in ALL if is_asked(r, "exceptions_only")] == [REVIEW]
    assert [r for r in ALL if is_asked(r, "never")] == []


def test_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'sometimes'.*always.*exceptions_only"):
        parse_policy("sometimes")


def test_approving_does_not_wave_exceptions_through() -> None:
    assert [(d.asset_id, d.verdict, d.by, d.comment) for d in review(comment="fine")] == [
        ("a", Verdict.APPROVED, "mei", "fine")
    ]


def test_named_exceptions_and_rejections() -> None:
    other = result("e", "ar", Status.PASSED)
    decisions = review([*ALL, other], also_approve=("b·ja", " "), reject=(other.job,))
    assert [(d.asset_id, d.verdict) for d in decisions] == [
        ("a", Verdict.APPROVED),
        ("b", Verdict.APPROVED),
        ("e", Verdict.REJECTED),
    ]


def test_rejecting_rejects_what_was_asked_about() -> None:
    assert [(d.asset_id, d.verdict) for d in review(approve=False)] == [
        ("a", Verdict.REJECTED),
        ("b", Verdict.REJECTED),
    ]
    assert [(d.asset_id, d.verdict, d.by) for d in review(approve=False, policy="exceptions_only")] == [
        ("a", Verdict.APPROVED, "policy:exceptions_only"),
        ("b", Verdict.REJECTED, "mei"),
    ]


def test_a_key_shared_by_two_assets_means_both() -> None:
    twins = [result("x", "ja", Status.NEEDS_REVIEW, key="k" * 64) for _ in range(2)]
    assert len(review(twins, also_approve=("k" * 64,))) == 2


@pytest.mark.parametrize(
    ("also", "reject", "match"),
    [
        (["zzz · ja"], [], "also_approve: no item 'zzz · ja'"),
        ([], ["zzz · ja"], "reject_items: no item 'zzz · ja'"),
        (["d · ja"], [], "d · ja cannot be approved.*because"),
        (["c · ja"], [], "c · ja cannot be approved"),
        (["a · ja"], ["a · ja"], "both approved and rejected"),
    ],
)
def test_answers_that_cannot_be_taken(also: list[str], reject: list[str], match: str) -> None:
    said = Answer(approve=True, by="mei", at=AT, also_approve=tuple(also), reject=tuple(reject))
    with pytest.raises(InputError, match=match):
        apply_answer(lambda: ALL, said, policy="always")  # before the first decision is given out


def test_an_image_made_anew_while_the_answer_is_taken_is_not_approved_unseen() -> None:
    """Items are named, not their bytes: what stands under the name by then may be another image."""
    anew = PASSED.with_changes(job="n" * 64, delivered_sha256="unseen")
    for before in (1, 2):  # readings after which it is made anew
        readings = iter([[PASSED, REVIEW]] * before + [[anew, REVIEW]] * 3)
        answer = Answer(True, "mei", AT, seen=Seen.of([PASSED, REVIEW]) if before > 1 else "")
        with pytest.raises(InputError, match="made anew"):
            list(apply_answer(lambda readings=readings: next(readings), answer, policy="always"))


def test_a_review_needs_a_person() -> None:
    with pytest.raises(InputError, match="name of the person"):
        review(by=" ")


def test_can_be_approved() -> None:
    assert [can_be_approved(r) for r in ALL] == [True, True, False, False]
