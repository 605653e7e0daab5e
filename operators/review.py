"""Ask a person, once for the whole batch, and record what was decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException

from localizer.approval import apply_review, can_be_approved, decide, label, needs_person, parse_policy
from localizer.errors import InputError
from localizer.model import Decision, JobResult, Status, Verdict
from operators.base import DEFAULT_RUN_NAME, WorkspaceMixin

if TYPE_CHECKING:
    from airflow.sdk import Context

APPROVE, REJECT = "Approve", "Reject"
ALSO_APPROVE, REJECT_ITEMS, COMMENT = "also_approve", "reject_items", "comment"
_LISTED = 50


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
    are tries left. If nobody answers within `response_timeout`, nothing is approved and the task fails.
    Decisions are recorded in the run with the person's name and the time. Returns counts.

    Do not give this task ``retries=0``: a refused answer could not be asked again.

    Args:
        workspace: path or ``gs://`` URI of the workspace.
        approval: the policy.
        run_name: name of the run in the workspace.
        gcp_conn_id: connection of type ``google_cloud_platform``; None means default credentials.
        subject: headline of the request.
        response_timeout: how long to wait for the person.
    """

    template_fields: Sequence[str] = ("subject", "workspace", "run_name", "gcp_conn_id", "approval")
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
        **kwargs: Any,
    ) -> None:
        kwargs.pop("params", None)  # Airflow hands the DAG's down; the form has its own
        super().__init__(
            subject=subject,
            options=[APPROVE, REJECT],
            params=_form([], []),
            response_timeout=response_timeout,
            **kwargs,
        )
        self.workspace = workspace
        self.approval = approval
        self.run_name = run_name
        self.gcp_conn_id = gcp_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        policy = parse_policy(self.approval)
        run = self.open_run()
        results = run.results()
        asked = needs_person(results, policy=policy)
        if not asked:
            decisions = decide(results, policy=policy, at=_iso(datetime.now(UTC)))
            return self._record(decisions)
        exceptions = [label(r) for r in asked if r.status is Status.NEEDS_REVIEW]
        passed = [label(r) for r in results if r.status is Status.PASSED and can_be_approved(r)]
        self.params = _form(exceptions, passed)
        self.body = request_body(results, policy=str(policy), report=run.uri_of("report.html"))
        return dict(super().execute(context) or {})  # parks the task; `execute_complete` goes on

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = super().execute_complete(context, event)
        except HITLTimeoutError:
            raise AirflowFailException(
                f"nobody answered within {self.response_timeout}; nothing is approved"
            ) from None
        user = answer["responded_by_user"] or {}
        decisions = review_decisions(
            self.open_run().results(),
            policy=self.approval,
            approve=APPROVE in answer["chosen_options"],
            form=answer["params_input"],
            by=str(user.get("name") or user.get("id") or ""),
            at=_iso(answer["responded_at"]),
        )
        return self._record(decisions)

    def _record(self, decisions: list[Decision]) -> dict[str, Any]:
        run = self.open_run()
        revoked = no_longer_approved(list(run.latest_decisions().values()), decisions)
        run.save_decisions([*decisions, *revoked])
        for decision in [*decisions, *revoked]:
            self.log.info(
                "%s · %s: %s by %s", decision.asset_id, decision.locale, decision.verdict, decision.by
            )
        counts = Counter(str(d.verdict) for d in [*decisions, *revoked])
        return {
            "approved": counts[Verdict.APPROVED],
            "rejected": counts[Verdict.REJECTED],
            "undecided": len(run.results()) - counts.total(),
            "by": sorted({d.by for d in decisions}),
        }


def review_decisions(
    results: Sequence[JobResult],
    *,
    policy: str,
    approve: bool,
    form: Mapping[str, Any],
    by: str,
    at: str,
) -> list[Decision]:
    """What a person's answer and the policy decide together; the person's word wins.

    Args:
        approve: whether "Approve" was chosen.
        form: the fields `also_approve`, `reject_items` (lists of labels) and `comment`; others are refused.
        by: the person.
        at: ISO 8601 UTC time of the answer.

    Raises:
        InputError: a field or an item is not what it should be; names it.
    """
    unknown = sorted(set(form) - {ALSO_APPROVE, REJECT_ITEMS, COMMENT})
    if unknown:
        raise InputError(f"unknown fields in the answer: {', '.join(unknown)}")
    also_approve, reject = _labels(form, ALSO_APPROVE), _labels(form, REJECT_ITEMS)
    asked = needs_person(results, policy=policy)
    by_policy = decide(results, policy=policy, at=at)
    if not approve:
        if also_approve:
            raise InputError(f"{ALSO_APPROVE} names items, but {REJECT!r} was chosen; choose one")
        reject = [*reject, *(r.job for r in asked)]
    by_person = apply_review(
        results,
        # Under exceptions_only what passed is approved by the policy: the record says so.
        approve_all=approve and not by_policy,
        also_approve=also_approve,
        reject=reject,
        by=by,
        at=at,
        comment=str(form.get(COMMENT) or ""),
    )
    spoken_of = {_slot(d) for d in by_person}
    return [*(d for d in by_policy if _slot(d) not in spoken_of), *by_person]


def no_longer_approved(before: Sequence[Decision], now: Sequence[Decision]) -> list[Decision]:
    """Rejections of what an earlier review of the same run approved and this one does not.

    The record is only ever added to; when a run is reviewed again, the newer review counts as a whole.
    """
    if not now:
        by, at = "policy:nothing-approved", _iso(datetime.now(UTC))
    else:
        by, at = now[-1].by, now[-1].at
    spoken_of = {_slot(d) for d in now}
    return [
        Decision(
            job=d.job,
            asset_id=d.asset_id,
            locale=d.locale,
            verdict=Verdict.REJECTED,
            by=by,
            at=at,
            comment="approved in an earlier review of this run, not in this one",
            delivered_sha256=d.delivered_sha256,
        )
        for d in before
        if d.verdict is Verdict.APPROVED and _slot(d) not in spoken_of
    ]


def request_body(results: Sequence[JobResult], *, policy: str, report: str) -> str:
    """What the person reads, in Markdown."""
    counts = Counter(r.status for r in results)
    lines = [
        "| passed | needs review | failed |",
        "|---|---|---|",
        f"| {counts[Status.PASSED]} | {counts[Status.NEEDS_REVIEW]} | {counts[Status.FAILED]} |",
        "",
        f"Report with every image: `{report}`",
        "",
    ]
    if policy == "exceptions_only":
        lines += ["What passed is already approved by the policy. You decide on the exceptions.", ""]
    exceptions = [r for r in results if r.status is not Status.PASSED]
    if exceptions:
        lines += ["| image | status | why |", "|---|---|---|"]
        lines += [f"| {_cell(label(r))} | {r.status} | {_cell(r.reason)} |" for r in exceptions[:_LISTED]]
        if len(exceptions) > _LISTED:
            lines += ["", f"… and {len(exceptions) - _LISTED} more: see the report."]
        lines += ["", f"An image that needs review is published only if you name it in *{ALSO_APPROVE}*."]
    return "\n".join(lines)


def _form(exceptions: Sequence[str], passed: Sequence[str]) -> ParamsDict:
    """The form; `examples` makes each list a multi-select of what may be chosen."""
    return ParamsDict(
        {
            ALSO_APPROVE: Param(
                [],
                type=["array", "null"],
                items={"type": "string"},
                examples=list(exceptions),
                title="Also approve",
                description="Images that need review and that you have looked at and find right",
                source="task",
            ),
            REJECT_ITEMS: Param(
                [],
                type=["array", "null"],
                items={"type": "string"},
                examples=[*passed, *exceptions],
                title="Reject",
                description="Images that must not be published although they passed",
                source="task",
            ),
            COMMENT: Param(
                "", type=["string", "null"], title="Comment", description="Kept in the record", source="task"
            ),
        }
    )


def _labels(form: Mapping[str, Any], field: str) -> list[str]:
    value = form.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{field}: {value!r} is not a list of items (asset · locale)")
    return value


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _slot(decision: Decision) -> tuple[str, str, str]:
    return decision.job, decision.asset_id, decision.locale


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
