"""Ask a person, once for the whole batch, and record what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.hitl import HITLUser

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
from operators.base import DEFAULT_RUN_NAME, WorkspaceMixin
from operators.deadlines import time_to_answer
from operators.four_eyes import refuse_own, triggered_by, without
from operators.metrics import review_answered, review_asked

if TYPE_CHECKING:
    from airflow.sdk import Context

APPROVE, REJECT = "Approve", "Reject"
CHOICES = 200
"""Most images that a list of the form offers to choose from; of more, the person types the names."""

_ASKED = "seen"  # key of the XCom
_LISTED = 50
_REASON = 1000  # characters
_CELL = 300  # characters


class ReviewOperator(WorkspaceMixin, HITLOperator):
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

    Where `reviewers` are given, Airflow refuses everybody else's answer. With `four_eyes` who triggered the
    run is none of them, and her answer is refused here too.

    Do not give this task ``retries=0``: a refused answer could not be asked again.

    Args:
        workspace: path or ``gs://`` URI of the workspace.
        approval: the policy.
        run_name: name of the run in the workspace.
        gcp_conn_id: connection of type ``google_cloud_platform``; None means default credentials.
        subject: headline of the request.
        response_timeout: how long to wait for the person where the run has no deadline, see
            `operators.deadlines`.
        reviewers: who may answer, ``{"id": ..., "name": ...}`` each; empty: whoever may edit the DAG.
        four_eyes: whether who triggered the run may not be the one who answers.
    """

    template_fields: Sequence[str] = (
        "subject",
        "workspace",
        "run_name",
        "gcp_conn_id",
        "approval",
        "reviewers",
        "four_eyes",
    )
    ui_color = "#f6d5e5"

    def __init__(
        self,
        *,
        workspace: str,
        approval: str = "always",
        run_name: str = DEFAULT_RUN_NAME,
        gcp_conn_id: str | None = None,
        subject: str = "Approve the images of {{ dag.dag_id }}, {{ run_id }}",
        response_timeout: timedelta | None = timedelta(days=7),
        reviewers: Sequence[HITLUser] = (),
        four_eyes: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("params", None)  # Airflow hands the DAG's down; the form has its own
        super().__init__(
            subject=subject,
            options=[APPROVE, REJECT],
            params=_form([], []),
            response_timeout=response_timeout,
            assigned_users=list(reviewers) or None,
            **kwargs,
        )
        self.reviewers = list(reviewers)
        self.four_eyes = four_eyes
        self.workspace = workspace
        self.approval = approval
        self.run_name = run_name
        self.gcp_conn_id = gcp_conn_id

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
        self.params = question.form()
        self.body = question.body(report=run.uri_of("report.html"))
        self.response_timeout = time_to_answer(context, self.response_timeout)
        review_asked(context)
        if self.four_eyes and (person := triggered_by(context)):
            self.assigned_users = without(person, self.assigned_users)
            who = markdown_code(person, most=_CELL)
            self.body += f"\n\nFour eyes: {who} triggered this run, so somebody else answers."
        context["ti"].xcom_push(_ASKED, question.seen.digest)
        return dict(super().execute(context) or {})  # parks the task; `execute_complete` goes on

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        if form := event.get("params_input"):  # who answers by program need not name what the page fills in
            event = {**event, "params_input": {REASONS: {}, SEEN: "", **form}}
        try:
            said = super().execute_complete(context, event)
        except HITLTimeoutError:
            raise AirflowFailException(
                "nobody answered in time; nothing is approved. Clear this task to ask again"
            ) from None
        review_answered(context, said["responded_at"])
        user = said["responded_by_user"] or {}
        if self.four_eyes:
            refuse_own(user, triggered_by(context))
        answer = read_answer(
            said["params_input"],
            approve=APPROVE in said["chosen_options"],
            by=str(user.get("name") or user.get("id") or ""),
            at=iso_utc(said["responded_at"]),
        )
        if not answer.seen:  # then it is an answer to the question as it was asked
            answer = replace(answer, seen=self._asked(context))
        decisions = apply_answer(self.open_run().each_result, answer, policy=self.approval)
        return self._record(decisions, by=answer.by, at=answer.at)

    def _asked(self, context: Context) -> str:
        """Digest of the results that were asked about."""
        ti = context.get("ti")
        return str(ti.xcom_pull(task_ids=self.task_id, key=_ASKED) or "") if ti else ""

    def _record(self, decisions: Iterable[Decision], *, by: str, at: str) -> dict[str, Any]:
        run = self.open_run()
        deciders: set[str] = set()

        def told() -> Iterator[Decision]:
            for number, decision in enumerate(decisions):
                deciders.add(decision.by)
                if number < _LISTED:
                    self.log.info("%s · %s: %s by %s", *map(one_line, decision_facts(decision)))
                elif number == _LISTED:
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
    unknown = sorted(set(form) - {ALSO_APPROVE, REJECT_ITEMS, COMMENT, REASONS, SEEN})
    if unknown:
        raise InputError(f"unknown fields in the answer: {', '.join(unknown)}")
    also_approve, reject = _labels(form, ALSO_APPROVE), _labels(form, REJECT_ITEMS)
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
        self._exceptions = _Few(CHOICES)
        self._passed = _Few(CHOICES)
        self._rows = _Few(_LISTED)

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
            name, why = markdown_code(label(result), most=_CELL), markdown(result.reason, most=_CELL)
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


class _Few:
    """The first of many."""

    def __init__(self, most: int) -> None:
        self.items: list[str] = []
        self.count = 0
        self._most = most

    def add(self, item: str) -> None:
        self.count += 1
        if self.count <= self._most:
            self.items.append(item)

    @property
    def more(self) -> int:
        return self.count - len(self.items)


def _form(exceptions: list[str] | None, rejectable: list[str] | None, *, seen: str = "") -> ParamsDict:
    """The form. What has a `const` Airflow's own form hides and sends as it is; the review page fills it in.

    `examples` makes a list a multi-select of what may be chosen, and of nothing else. Without them (None:
    too many to choose from) Airflow shows a text area with one item a line.
    """
    return ParamsDict(
        {
            ALSO_APPROVE: _list_field(
                exceptions,
                "Also approve",
                "Images that need review and that you have looked at and find right",
            ),
            REJECT_ITEMS: _list_field(
                rejectable, "Reject", "Images that must not be published although they passed"
            ),
            COMMENT: Param(
                "", type=["string", "null"], title="Comment", description="Kept in the record", source="task"
            ),
            REASONS: Param(
                {},
                type=["object", "null"],
                title="Reasons",
                description="A comment on single images, by `asset · locale`",
                source="task",
                **({"const": {}} if seen else {}),
            ),
            SEEN: Param(
                seen,
                type=["string", "null"],
                title="Seen",
                description="Digest of the results that were looked at",
                source="task",
                **({"const": seen} if seen else {}),
            ),
        }
    )


def _list_field(choices: list[str] | None, title: str, description: str) -> Param:
    offered: dict[str, Any] = {} if choices is None else {"examples": choices}
    return Param(
        [],
        type=["array", "null"],
        items={"type": "string"},
        title=title,
        description=description if choices is not None else f"{description}; one `asset · locale` a line",
        source="task",
        **offered,
    )


def _labels(form: Mapping[str, Any], field: str) -> list[str]:
    value = form.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{field}: {value!r} is not a list of items (asset · locale)")
    return value


def _reasons(form: Mapping[str, Any]) -> dict[str, str]:
    value = form.get(REASONS) or {}
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise InputError(f"{REASONS}: {value!r} does not give a text for each item (asset · locale)")
    return {str(name): text[:_REASON] for name, text in value.items()}
