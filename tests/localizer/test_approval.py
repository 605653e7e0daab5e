"""Decisions: nothing that failed or was not spoken of is ever approved."""

from __future__ import annotations

import pytest

from localizer.approval import apply_review, can_be_approved, decide, needs_person, parse_policy
from localizer.errors import InputError
from localizer.model import JobResult, Status, Verdict

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


@pytest.mark.parametrize("policy", ["passed", "never", "exceptions_only"])
def test_policies_that_approve_take_only_what_passed(policy: str) -> None:
    decisions = decide(ALL, policy=policy, at=AT)
    assert [(d.asset_id, d.verdict, d.by, d.at, d.delivered_sha256) for d in decisions] == [
        ("a", Verdict.APPROVED, f"policy:{policy}", AT, "sha-a")
    ]


@pytest.mark.parametrize("policy", ["always", "none"])
def test_policies_that_approve_nothing(policy: str) -> None:
    assert decide(ALL, policy=policy, at=AT) == []


def test_who_is_shown_to_a_person() -> None:
    assert needs_person(ALL, policy="always") == [REVIEW, PASSED]
    assert needs_person(ALL, policy="exceptions_only") == [REVIEW]
    assert needs_person(ALL, policy="never") == []


def test_unknown_policy_names_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'sometimes'.*always.*exceptions_only"):
        parse_policy("sometimes")


def test_approve_all_does_not_wave_exceptions_through() -> None:
    decisions = apply_review(ALL, approve_all=True, by="mei", at=AT, comment="fine")
    assert [(d.asset_id, d.verdict, d.by, d.comment) for d in decisions] == [
        ("a", Verdict.APPROVED, "mei", "fine")
    ]


def test_named_exceptions_and_rejections() -> None:
    other = result("e", "ar", Status.PASSED)
    decisions = apply_review(
        [*ALL, other], approve_all=True, also_approve=["b·ja", " "], reject=[other.job], by="mei", at=AT
    )
    assert [(d.asset_id, d.verdict) for d in decisions] == [
        ("a", Verdict.APPROVED),
        ("b", Verdict.APPROVED),
        ("e", Verdict.REJECTED),
    ]


def test_without_approve_all_only_the_named_ones_are_approved() -> None:
    decisions = apply_review(ALL, approve_all=False, also_approve=["b · ja"], by="mei", at=AT)
    assert [d.asset_id for d in decisions] == ["b"]


def test_a_key_shared_by_two_assets_means_both() -> None:
    twins = [result("x", "ja", Status.PASSED, key="k" * 64), result("y", "ja", Status.PASSED, key="k" * 64)]
    assert len(apply_review(twins, approve_all=False, also_approve=["k" * 64], by="mei", at=AT)) == 2


@pytest.mark.parametrize(
    ("also", "reject", "match"),
    [
        (["zzz · ja"], [], "also_approve: no item 'zzz · ja'"),
        ([], ["zzz · ja"], "reject: no item 'zzz · ja'"),
        (["d · ja"], [], "d · ja cannot be approved.*because"),
        (["c · ja"], [], "c · ja cannot be approved"),
        (["a · ja"], ["a · ja"], "both approved and rejected"),
    ],
)
def test_answers_that_cannot_be_taken(also: list[str], reject: list[str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        apply_review(ALL, approve_all=False, also_approve=also, reject=reject, by="mei", at=AT)


def test_a_review_needs_a_person() -> None:
    with pytest.raises(InputError, match="name of the person"):
        apply_review(ALL, approve_all=True, by=" ", at=AT)


def test_can_be_approved() -> None:
    assert [can_be_approved(r) for r in ALL] == [True, True, False, False]
