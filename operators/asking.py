"""What tasks that ask a person about a run have in common: who may answer, until when, and what came back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.execution_time.hitl import HITLUser

from localizer.display import markdown_code
from localizer.errors import InputError
from localizer.times import iso_utc
from operators.base import DEFAULT_RUN_NAME, WorkspaceMixin
from operators.deadlines import time_to_answer
from operators.four_eyes import refuse_own, triggered_by, without
from operators.metrics import REVIEW_WAIT, person_answered, person_asked

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.param import ParamsDict

CHOICES = 200
"""Most things that a list of the form offers to choose from; of more, the person types the names."""

LISTED = 50
"""Most rows of a table that the person reads; the rest stands in the workspace."""

CELL = 300
"""Most characters of one of its cells."""

ASKED = "seen"
"""Key of the XCom with the digest of what was asked about."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person answered; the fields of the form are not checked yet.

    Attributes:
        option: that was chosen.
        by: the person's name.
        at: ISO 8601 UTC.
        asked: digest of what was asked about, as it was then; empty if that is not known any more.
    """

    option: str
    form: Mapping[str, Any]
    by: str
    at: str
    asked: str = ""


class AskingOperator(WorkspaceMixin, HITLOperator):
    """Asks a person once about a run, by `ask`; what they say is read by `said`.

    Where `reviewers` are given, Airflow refuses everybody else's answer. With `four_eyes` who triggered the
    run is none of them, and her answer is refused here too. If nobody answers within `response_timeout`, the
    task fails and nothing is approved.

    Do not give such a task ``retries=0``: a refused answer could not be asked again.

    Args:
        workspace: path or ``gs://`` URI of the workspace.
        options: to choose from.
        form: the fields beside them.
        run_name: name of the run in the workspace.
        gcp_conn_id: connection of type ``google_cloud_platform``; None means default credentials.
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
        "reviewers",
        "four_eyes",
    )
    waited: ClassVar[str] = REVIEW_WAIT
    """The metric of how long people take."""

    unseen: ClassVar[Mapping[str, Any]] = {}
    """Fields that whoever answers by program need not name, and what they are then."""

    def __init__(
        self,
        *,
        workspace: str,
        options: Sequence[str],
        form: ParamsDict,
        run_name: str = DEFAULT_RUN_NAME,
        gcp_conn_id: str | None = None,
        response_timeout: timedelta | None = timedelta(days=7),
        reviewers: Sequence[HITLUser] = (),
        four_eyes: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("params", None)  # Airflow hands the DAG's down; the form has its own
        super().__init__(
            options=list(options),
            params=form,
            response_timeout=response_timeout,
            assigned_users=list(reviewers) or None,
            **kwargs,
        )
        self.reviewers = list(reviewers)
        self.four_eyes = four_eyes
        self.workspace = workspace
        self.run_name = run_name
        self.gcp_conn_id = gcp_conn_id

    def ask(self, context: Context, *, form: ParamsDict, body: str, seen: str) -> dict[str, Any]:
        """Ask, and park the task; `execute_complete` goes on.

        Args:
            body: what the person reads, in Markdown.
            seen: digest of what is asked about.
        """
        self.params, self.body = form, body
        self.response_timeout = time_to_answer(context, self.response_timeout)
        person_asked(context)
        if self.four_eyes and (person := triggered_by(context)):
            self.assigned_users = without(person, self.assigned_users)
            who = markdown_code(person, most=CELL)
            self.body += f"\n\nFour eyes: {who} triggered this run, so somebody else answers."
        context["ti"].xcom_push(ASKED, seen)
        return dict(HITLOperator.execute(self, context) or {})

    def said(self, context: Context, event: dict[str, Any]) -> Said:
        """The answer, once it is known to come from somebody who may give it.

        Raises:
            AirflowFailException: there is none.
            InputError: who triggered the run answered, and four eyes are asked for.
        """
        if form := event.get("params_input"):
            event = {**event, "params_input": {**self.unseen, **form}}
        try:
            told = HITLOperator.execute_complete(self, context, event)
        except HITLTimeoutError:
            raise AirflowFailException(
                "nobody answered in time; nothing is approved. Clear this task to ask again"
            ) from None
        at: datetime = told["responded_at"]
        person_answered(context, at, self.waited)
        user = told["responded_by_user"] or {}
        if self.four_eyes:
            refuse_own(user, triggered_by(context))
        ti = context.get("ti")
        return Said(
            option=next(iter(told["chosen_options"]), ""),
            form=told["params_input"],
            by=str(user.get("name") or user.get("id") or ""),
            at=iso_utc(at),
            asked=str(ti.xcom_pull(task_ids=self.task_id, key=ASKED) or "") if ti else "",
        )


def list_field(choices: Sequence[str] | None, title: str, description: str, *, what: str) -> Param:
    """A multi-select of what may be chosen, and of nothing else; None (too many to choose from) makes
    Airflow show a text area with one item a line.

    Args:
        what: such an item, for people.
    """
    offered: dict[str, Any] = {} if choices is None else {"examples": list(choices)}
    return Param(
        [],
        type=["array", "null"],
        items={"type": "string"},
        title=title,
        description=description if choices is not None else f"{description}; one {what} a line",
        source="task",
        **offered,
    )


def comment_field() -> Param:
    """What the person wants to say."""
    return Param(
        "", type=["string", "null"], title="Comment", description="Kept in the record", source="task"
    )


def hidden_field(value: str, title: str, description: str) -> Param:
    """Text that Airflow's own form does not show and sends as it is, if there is any."""
    fixed: dict[str, Any] = {"const": value} if value else {}
    return Param(value, type=["string", "null"], title=title, description=description, source="task", **fixed)


def chosen(form: Mapping[str, Any], field: str, *, what: str) -> list[str]:
    """What an answer chose in a list of the form.

    Raises:
        InputError: it is no list of text.
    """
    value = form.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{field}: {value!r} is not a list of items ({what})")
    return value


def refuse_unknown(form: Mapping[str, Any], known: Iterable[str]) -> None:
    """Airflow does not check which fields an answer has.

    Raises:
        InputError: it has others; names them.
    """
    unknown = sorted(set(form) - set(known))
    if unknown:
        raise InputError(f"unknown fields in the answer: {', '.join(unknown)}")


class Few:
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
