from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError

from localizer.approval import Seen, apply_answer
from localizer.errors import InputError
from localizer.model import JobResult, Status, Verdict
from localizer.planning import Plan
from localizer.workspace import Workspace
from operators.asking import CHOICES
from operators.review import Question, ReviewOperator, read_answer

AT = "2026-06-18T08:00:00+00:00"


def result(asset: str, status: Status, reason: str = "") -> JobResult:
    image = None if status is Status.FAILED else f"/w/jobs/{asset}/candidate.png"
    return JobResult(f"key-{asset}", asset, "ja", status, image=image, delivered=image, reason=reason)


PASSED, OTHER = result("poster", Status.PASSED), result("banner", Status.PASSED)
DOUBTFUL = result("card", Status.NEEDS_REVIEW, "the reader was unsure | of 3 letters")
FAILED = result("broken", Status.FAILED, "the image is truncated")
RESULTS = [PASSED, DOUBTFUL, FAILED, OTHER]


def decide(policy: str = "always", *, approve: bool = True, **form: Any) -> dict[str, tuple[str, str]]:
    answer = read_answer(form, approve=approve, by="mei", at=AT)
    decisions = list(apply_answer(lambda: iter(RESULTS), answer, policy=policy))
    assert len({d.asset_id for d in decisions}) == len(decisions)
    return {d.asset_id: (str(d.verdict), d.by) for d in decisions}


def test_approve_takes_what_passed_and_nothing_else() -> None:
    assert decide() == {"poster": ("approved", "mei"), "banner": ("approved", "mei")}


def test_an_exception_is_approved_by_name_only_and_a_passed_one_can_be_rejected() -> None:
    assert decide(also_approve=["card · ja"], reject_items=["banner · ja"]) == {
        "poster": ("approved", "mei"),
        "card": ("approved", "mei"),
        "banner": ("rejected", "mei"),
    }


def test_reject_approves_nothing_that_was_asked_about() -> None:
    assert decide(approve=False) == {
        "poster": ("rejected", "mei"),
        "card": ("rejected", "mei"),
        "banner": ("rejected", "mei"),
    }


def test_exceptions_only_records_the_policy_for_what_passed_and_the_person_for_the_rest() -> None:
    assert decide("exceptions_only", also_approve=["card · ja"]) == {
        "poster": ("approved", "policy:exceptions_only"),
        "banner": ("approved", "policy:exceptions_only"),
        "card": ("approved", "mei"),
    }


def test_exceptions_only_the_person_may_still_stop_what_passed() -> None:
    assert decide("exceptions_only", reject_items=["banner · ja"]) == {
        "poster": ("approved", "policy:exceptions_only"),
        "banner": ("rejected", "mei"),
    }


def test_exceptions_only_rejecting_leaves_what_the_policy_approved() -> None:
    assert decide("exceptions_only", approve=False) == {
        "poster": ("approved", "policy:exceptions_only"),
        "banner": ("approved", "policy:exceptions_only"),
        "card": ("rejected", "mei"),
    }


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"also_approve": ["nobody · ja"]}, "also_approve: no item 'nobody · ja'"),
        ({"reject_items": ["card · ko"]}, "reject_items?|reject"),
        ({"also_approve": ["broken · ja"]}, "cannot be approved.*truncated"),
        ({"also_approve": ["card · ja"], "reject_items": ["card · ja"]}, "both approved and rejected"),
        ({"also_approve": "card · ja"}, "also_approve: 'card · ja' is not a list"),
        ({"also_approve": [5]}, "also_approve"),
        ({"publish_anyway": True}, "unknown fields in the answer: publish_anyway"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_reason(form: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        decide(**form)


def test_reject_together_with_approvals_is_refused() -> None:
    with pytest.raises(InputError, match="choose one"):
        decide(approve=False, also_approve=["card · ja"])


def test_the_request_shows_counts_and_exceptions_in_a_table_that_reasons_cannot_break() -> None:
    body = question(RESULTS).body(report="/w/report.html")
    assert "| 2 | 1 | 1 |" in body
    assert "| `card · ja` | needs_review | the reader was unsure \\| of 3 letters |" in body
    assert "| `broken · ja` | failed | the image is truncated |" in body
    assert "poster" not in body
    assert "/w/report.html" in body


def question(results: list[JobResult], policy: str = "always") -> Question:
    asked = Question(policy)
    for each in results:
        asked.add(each)
    return asked


def test_the_question_stays_small_with_many_images() -> None:
    many = [result(f"asset-{i}", Status.NEEDS_REVIEW, "unsure" * 1000) for i in range(2000)]
    many += [result(f"good-{i}", Status.PASSED) for i in range(2000)]
    asked = question(many)
    body = asked.body(report="r")
    assert asked.asked == 4000
    assert len(body) < 20_000
    assert "1950 more" in body
    form = asked.form().dump()
    assert form == {
        "also_approve": [],
        "reject_items": [],
        "comment": "",
        "reasons": {},
        "seen": Seen.of(many),
    }
    assert len(str(asked.form().serialize() if hasattr(asked.form(), "serialize") else form)) < 5000


@pytest.mark.parametrize("count", [CHOICES, CHOICES + 1])
def test_few_images_are_chosen_from_a_list_and_many_are_typed(count: int) -> None:
    """Airflow's form offers a list with `examples` to choose from and nothing else."""
    asked = question([result(f"a{i}", Status.NEEDS_REVIEW) for i in range(count)])
    schema = asked.form().get_param("also_approve").schema
    if count == CHOICES:
        assert len(schema["examples"]) == CHOICES
    else:
        assert "examples" not in schema
        assert "a line" in schema.get("description", "") + str(
            asked.form().get_param("also_approve").description
        )


def test_markup_in_a_reason_stays_text() -> None:
    hostile = result("[a](javascript:x)", Status.NEEDS_REVIEW, "![x](https://tracker/p.png)\n# <b>`*bold*`")
    row = question([hostile]).body(report="r").splitlines()[8]
    assert row == (
        "| `[a](javascript:x) · ja` | needs_review | "
        "!\\[x\\](https:\u2060//tracker/p.png) # \\<b\\>\\`\\*bold\\*\\` |"
    )


@pytest.fixture
def operator(tmp_path: Path) -> ReviewOperator:
    """A review of a merged run with one passed and one doubtful image."""
    workspace = Workspace.open(str(tmp_path))
    run = workspace.run("r1")
    run.save_plan(Plan("c", (), (PASSED, DOUBTFUL), (), ()))
    run.merge()
    with DAG("d", schedule=None):
        return ReviewOperator(task_id="review", workspace=str(tmp_path), run_name="r1")


def event(**answer: Any) -> dict[str, Any]:
    return {
        "chosen_options": ["Approve"],
        "params_input": {},
        "responded_at": datetime(2026, 6, 18, 8, tzinfo=UTC),
        "responded_by_user": {"id": "7", "name": "mei"},
        **answer,
    }


def test_an_answer_is_recorded_with_person_and_time(operator: ReviewOperator) -> None:
    form = {"also_approve": ["card · ja"], "reject_items": [], "comment": "checked with the market"}
    counts = operator.execute_complete({}, event(params_input=form))
    assert counts == {"approved": 2, "rejected": 0, "undecided": 0, "by": ["mei"]}
    [first, second] = operator.open_run().decisions()
    assert (first.asset_id, first.verdict, first.by, first.at) == ("poster", Verdict.APPROVED, "mei", AT)
    assert second.comment == "checked with the market"


def test_an_unknown_item_leaves_no_decision_behind(operator: ReviewOperator) -> None:
    form = {"also_approve": ["nobody · ja"], "reject_items": [], "comment": ""}
    with pytest.raises(InputError, match="nobody"):
        operator.execute_complete({}, event(params_input=form))
    assert operator.open_run().decisions() == []


def test_an_answer_without_a_person_is_refused(operator: ReviewOperator) -> None:
    with pytest.raises(InputError, match="name of the person"):
        operator.execute_complete({}, event(responded_by_user=None))
    assert operator.open_run().decisions() == []


def test_each_image_has_its_own_reason(operator: ReviewOperator) -> None:
    form = {
        "also_approve": [],
        "reject_items": ["card · ja"],
        "comment": "as agreed",
        "reasons": {"card · ja": "the price is wrong"},
        "seen": Seen.of(operator.open_run().each_result()),
    }
    operator.execute_complete({}, event(params_input=form))
    said = {d.asset_id: (str(d.verdict), d.comment) for d in operator.open_run().decisions()}
    assert said == {"poster": ("approved", "as agreed"), "card": ("rejected", "the price is wrong")}


@pytest.mark.parametrize("reasons", [["card · ja"], {"card · ja": 5}, {"nobody · ja": "why"}])
def test_reasons_that_mean_nothing_are_refused(operator: ReviewOperator, reasons: Any) -> None:
    form = {"also_approve": [], "reject_items": [], "comment": "", "reasons": reasons}
    with pytest.raises((InputError, ParamValidationError)):
        operator.execute_complete({}, event(params_input=form))
    assert operator.open_run().decisions() == []


def test_an_answer_on_other_results_than_there_are_is_refused(operator: ReviewOperator) -> None:
    """What passed was made anew while somebody looked at it."""
    run = operator.open_run()
    seen = Seen.of(run.each_result())
    form = {"also_approve": [], "reject_items": [], "comment": "", "reasons": {}, "seen": seen}
    anew = PASSED.with_changes(job="key-anew", delivered_sha256="f" * 64)
    run.save_plan(Plan("c", (), (anew, DOUBTFUL), (), ()))
    run.merge()
    with pytest.raises(InputError, match="made anew; look again"):
        operator.execute_complete({}, event(params_input=form))
    assert run.decisions() == []
    operator.execute_complete({}, event(params_input=form | {"seen": Seen.of(run.each_result())}))
    assert [d.asset_id for d in run.decisions()] == ["poster"]


def test_an_answer_that_does_not_say_what_was_seen_is_one_to_what_was_asked(
    operator: ReviewOperator,
) -> None:
    class TaskInstance:
        """Stand-in: keeps what is pushed."""

        pushed: ClassVar[dict[str, str]] = {}

        def xcom_push(self, key: str, value: str) -> None:
            self.pushed[key] = value

        def xcom_pull(self, *, task_ids: str, key: str) -> str | None:
            return self.pushed.get(key)

    ti = TaskInstance()
    ti.xcom_push("seen", "of other results")
    with pytest.raises(InputError, match="made anew; look again"):
        operator.execute_complete({"ti": ti}, event())
    ti.xcom_push("seen", Seen.of(operator.open_run().each_result()))
    operator.execute_complete({"ti": ti}, event())
    assert len(operator.open_run().decisions()) == 1


def test_silence_approves_nothing_and_is_not_asked_again(operator: ReviewOperator) -> None:
    operator.response_timeout = timedelta(hours=1)
    with pytest.raises(AirflowFailException, match="nobody answered in time"):
        operator.execute_complete({}, {"error": "no answer", "error_type": "timeout"})
    assert operator.open_run().decisions() == []


def test_a_newer_review_of_the_same_run_counts_as_a_whole(operator: ReviewOperator) -> None:
    form = {"also_approve": ["card · ja"], "reject_items": [], "comment": ""}
    operator.execute_complete({}, event(params_input=form))
    later = datetime(2026, 6, 19, 8, tzinfo=UTC)
    operator.execute_complete({}, event(responded_at=later))
    latest = {d.asset_id: d.verdict for d in operator.open_run().latest_decisions().values()}
    assert latest == {"poster": Verdict.APPROVED, "card": Verdict.REJECTED}
