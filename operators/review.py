"""Ask a person, once for the whole batch, and record what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict

from localizer.approval import (
    ALSO_APPROVE,
    COMMENT,
    REASONS,
    REJECT_ITEMS,
    SEEN,
    Answer,
    Seen,
    apply_answer,
    can_be_approved,
    decide,
    is_asked,
    label,
    parse_policy,
)
from localizer.display import markdown, markdown_code, one_line
from localizer.errors import InputError
from localizer.model import Decision, JobResult, Status, Verdict
from localizer.times import iso_utc
from operators.asking import (
    CELL,
    CHOICES,
    LISTED,
    AskingOperator,
    Few,
    chosen,
    comment_field,
    hidden_field,
    list_field,
    refuse_unknown,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

APPROVE, REJECT = "Approve", "Reject"
_ITEM = "asset · locale"
_REASON = 1000  # characters


class ReviewOperator(AskingOperator):
    """Decide which images of a run may be published, asking a person where the policy says so.

    Policies: ``always`` (a person decides on everything), ``exceptions_only`` (what passed is approved by
    the policy, a person is asked only if something needs review), ``never`` (what passed is approved by
    the policy, nobody is asked, the rest stays unpublished).

    The person sees counts, the exceptions with their reasons and where the report is, and answers:

    - **Approve**: every image that passed is approved, except those named in `reject_items`. An image
      that needs review is approved only if it is named in `also_approve`.
    - **Reject**: nothing that was asked about is approved.

    The answer is checked here, because Airflow does not check the form's fields: an answer that names an
    unknown item, or one that failed, is refused with the reason in the log, and asked again while there
    are tries left. So is one that was given on other results than there are now, because an image was made
    anew in the meantime. If nobody answers within `response_timeout`, nothing is approved and the task fails.
    Decisions are recorded in the run with the person's name and the time. Returns counts.

    Who may answer, and until when, is said in `operators.asking.AskingOperator`.

    Args:
        approval: the policy.
        subject: headline of the request.
    """

    template_fields: Sequence[str] = (*AskingOperator.template_fields, "approval")
    ui_color = "#f6d5e5"
    unseen: ClassVar[Mapping[str, Any]] = {REASONS: {}, SEEN: ""}

    def __init__(
        self,
        *,
        approval: str = "always",
        subject: str = "Approve the images of {{ dag.dag_id }}, {{ run_id }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(subject=subject, options=[APPROVE, REJECT], form=_form([], []), **kwargs)
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        policy = parse_policy(self.approval)
        run = self.open_run()
        question = Question(policy)
        for result in run.each_result():
            question.add(result)
        if not question.asked:
            at = iso_utc()
            decisions = decide(run.each_result(), policy=policy, at=at)
            return self._record(decisions, by=f"policy:{policy}", at=at)
        return self.ask(
            context,
            form=question.form(),
            body=question.body(report=run.uri_of("report.html")),
            seen=question.seen.digest,
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        said = self.said(context, event)
        answer = read_answer(said.form, approve=said.option == APPROVE, by=said.by, at=said.at)
        if not answer.seen:  # then it is an answer to the question as it was asked
            answer = replace(answer, seen=said.asked)
        decisions = apply_answer(self.open_run().each_result, answer, policy=self.approval)
        return self._record(decisions, by=answer.by, at=answer.at)

    def _record(self, decisions: Iterable[Decision], *, by: str, at: str) -> dict[str, Any]:
        run = self.open_run()
        deciders: set[str] = set()

        def told() -> Iterator[Decision]:
            for number, decision in enumerate(decisions):
                deciders.add(decision.by)
                if number < LISTED:
                    self.log.info("%s · %s: %s by %s", *map(one_line, decision_facts(decision)))
                elif number == LISTED:
                    self.log.info("… and so on: see decisions.jsonl of the run, and its report")
                yield decision

        counts = run.trail().add_review(told(), by=by, at=at)
        total = sum(1 for _ in run.each_result())
        return {
            "approved": counts[Verdict.APPROVED],
            "rejected": counts[Verdict.REJECTED],
            "undecided": total - counts.total(),
            "by": sorted(deciders),
        }


def decision_facts(decision: Decision) -> tuple[str, str, str, str]:
    """What the log says of a decision."""
    return decision.asset_id, decision.locale, str(decision.verdict), decision.by


def read_answer(form: Mapping[str, Any], *, approve: bool, by: str, at: str) -> Answer:
    """A person's answer, as far as it can be checked without the run.

    Args:
        form: the fields `also_approve`, `reject_items` (lists of labels), `comment`, `reasons` (a comment by
            label) and `seen`; others are refused.
        approve: whether "Approve" was chosen.
        by: the person.
        at: ISO 8601 UTC time of the answer.

    Raises:
        InputError: a field is not what it should be; names it.
    """
    refuse_unknown(form, (ALSO_APPROVE, REJECT_ITEMS, COMMENT, REASONS, SEEN))
    also_approve = chosen(form, ALSO_APPROVE, what=_ITEM)
    reject = chosen(form, REJECT_ITEMS, what=_ITEM)
    if also_approve and not approve:
        raise InputError(f"{ALSO_APPROVE} names items, but {REJECT!r} was chosen; choose one")
    return Answer(
        approve=approve,
        by=by,
        at=at,
        also_approve=tuple(also_approve),
        reject=tuple(reject),
        comment=str(form.get(COMMENT) or ""),
        reasons=_reasons(form),
        seen=str(form.get(SEEN) or ""),
    )


class Question:
    """What a person is asked, gathered from the results one by one.

    It goes into Airflow's metadata database, so it stays small whatever the size of the run.

    Args:
        policy: see `ReviewOperator`.
    """

    def __init__(self, policy: str) -> None:
        self.policy = policy
        self.asked = 0
        self.seen = Seen()
        self._counts: Counter[Status] = Counter()
        self._exceptions = Few(CHOICES)
        self._passed = Few(CHOICES)
        self._rows = Few(LISTED)

    def add(self, result: JobResult) -> None:
        """Take one result into account."""
        self._counts[result.status] += 1
        self.seen.add(result)
        if is_asked(result, self.policy):
            self.asked += 1
            if result.status is Status.NEEDS_REVIEW:
                self._exceptions.add(label(result))
        if result.status is Status.PASSED and can_be_approved(result):
            self._passed.add(label(result))
        if result.status is not Status.PASSED:
            name, why = markdown_code(label(result), most=CELL), markdown(result.reason, most=CELL)
            self._rows.add(f"| {name} | {result.status} | {why} |")

    def body(self, *, report: str) -> str:
        """What the person reads, in Markdown."""
        counts = self._counts
        lines = [
            "| passed | needs review | failed |",
            "|---|---|---|",
            f"| {counts[Status.PASSED]} | {counts[Status.NEEDS_REVIEW]} | {counts[Status.FAILED]} |",
            "",
            f"Report with the images: `{report}`, and beside it `results.csv` with a row for each.",
            "",
        ]
        if self.policy == "exceptions_only":
            lines += ["What passed is already approved by the policy. You decide on the exceptions.", ""]
        if self._rows.count:
            lines += ["| image | status | why |", "|---|---|---|", *self._rows.items]
            if self._rows.more:
                lines += ["", f"… and {self._rows.more} more: see the report and `results.csv`."]
            lines += ["", f"An image that needs review is published only if you name it in *{ALSO_APPROVE}*."]
        return "\n".join(lines)

    def form(self) -> ParamsDict:
        """The fields; each list is a multi-select where there are few enough to choose from."""
        return _form(
            None if self._exceptions.more else self._exceptions.items,
            None
            if self._passed.count + self._exceptions.count > CHOICES
            else [*self._passed.items, *self._exceptions.items],
            seen=self.seen.digest,
        )


def _form(exceptions: list[str] | None, rejectable: list[str] | None, *, seen: str = "") -> ParamsDict:
    """The form; what only the review page fills in, Airflow's own does not show."""
    return ParamsDict(
        {
            ALSO_APPROVE: list_field(
                exceptions,
                "Also approve",
                "Images that need review and that you have looked at and find right",
                what=f"`{_ITEM}`",
            ),
            REJECT_ITEMS: list_field(
                rejectable,
                "Reject",
                "Images that must not be published although they passed",
                what=f"`{_ITEM}`",
            ),
            COMMENT: comment_field(),
            REASONS: Param(
                {},
                type=["object", "null"],
                title="Reasons",
                description=f"A comment on single images, by `{_ITEM}`",
                source="task",
                **({"const": {}} if seen else {}),
            ),
            SEEN: hidden_field(seen, "Seen", "Digest of the results that were looked at"),
        }
    )


def _reasons(form: Mapping[str, Any]) -> dict[str, str]:
    value = form.get(REASONS) or {}
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise InputError(f"{REASONS}: {value!r} does not give a text for each item (asset · locale)")
    return {str(name): text[:_REASON] for name, text in value.items()}
