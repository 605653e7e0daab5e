"""What Airflow's database knows of runs that are reviewed. For the API server only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.models.hitl import HITLDetail
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XCOM_RETURN_KEY, XComModel
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select, tuple_

from localizer.review.host import Choice, Redo, ReviewRequest, RunState
from localizer.times import iso_utc
from operators.base import run_name_of
from operators.review import APPROVE
from operators.review_access import answerers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REVIEW, GATE, PUBLISH = "ReviewOperator", "QualityGateOperator", "PublishReleaseOperator"
_LOAD, _COPY = "LoadManifestOperator", "ApproveCopyOperator"
_TASKS = (_COPY, _LOAD, GATE, REVIEW, PUBLISH)
_PARKED = {TaskInstanceState.AWAITING_INPUT, TaskInstanceState.DEFERRED}
_REDOS = 500  # that wait or run at once

RunKey = tuple[str, str]
"""DAG and run ID."""


@dataclass(slots=True)
class Task:
    """One task instance of a run, by what it does."""

    id: Any
    task_id: str
    state: str


@dataclass(slots=True)
class KnownRun:
    """A DAG run with the tasks that tell how far it is.

    Attributes:
        tasks: by operator.
        returned: what they returned, by operator.
    """

    dag_id: str
    run_id: str
    title: str
    state: str
    started_at: str
    tasks: dict[str, Task] = field(default_factory=dict)
    returned: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    request: ReviewRequest | None = None

    @property
    def key(self) -> RunKey:
        return self.dag_id, self.run_id

    def task_state(self, operator: str) -> str:
        """State of the task, or an empty string."""
        task = self.tasks.get(operator)
        return task.state if task else ""

    def run_state(self) -> RunState:
        """How far the run is, for people."""
        match self.state:
            case DagRunState.FAILED:
                return RunState.FAILED
            case DagRunState.SUCCESS:
                published = self.returned.get(PUBLISH, {}).get("release_id")
                return RunState.PUBLISHED if published else RunState.DONE
        if self.task_state(REVIEW) == TaskInstanceState.SUCCESS:
            return RunState.PUBLISHING
        if self.task_state(GATE) == TaskInstanceState.SUCCESS:
            return RunState.REVIEWING
        if self.task_state(_LOAD) == TaskInstanceState.SUCCESS:
            return RunState.EDITING
        if self.task_state(_COPY) in _PARKED:
            return RunState.COPY
        return RunState.PLANNING

    def counts(self) -> dict[str, int]:
        """As the quality gate gave them; empty before."""
        said = self.returned.get(GATE, {})
        names = ("total", "passed", "needs_review", "failed", "cached")
        return {name: int(said[name]) for name in names if isinstance(said.get(name), int)}


def newest_runs(dag_ids: Iterable[str], *, limit: int, session: Session) -> list[KnownRun]:
    """The newest runs that have a review, of these DAGs."""
    has_review = (
        select(TaskInstance.id)
        .where(
            TaskInstance.dag_id == DagRun.dag_id,
            TaskInstance.run_id == DagRun.run_id,
            TaskInstance.operator == REVIEW,
        )
        .exists()
    )
    query = (
        _run_query()
        .where(DagRun.dag_id.in_(list(dag_ids)), has_review)
        .order_by(DagRun.run_after.desc(), DagRun.id.desc())
        .limit(limit)
    )
    found = [_known(row) for row in session.execute(query)]
    _add_tasks(found, session)
    return found


def known_run(dag_id: str, run_id: str, *, session: Session) -> KnownRun | None:
    """One run; None if there is none, or it has no review."""
    query = _run_query().where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
    row = session.execute(query).first()
    if row is None:
        return None
    found = _known(row)
    _add_tasks([found], session)
    return found if REVIEW in found.tasks else None


def _run_query() -> Any:
    columns: list[Any] = [
        DagRun.dag_id,
        DagRun.run_id,
        DagRun.state,
        DagRun.start_date,
        DagRun.run_after,
        DagModel.dag_display_name,
    ]
    return select(*columns).join(DagModel, DagModel.dag_id == DagRun.dag_id)


def _known(row: Any) -> KnownRun:
    return KnownRun(
        dag_id=row.dag_id,
        run_id=row.run_id,
        title=row.dag_display_name or row.dag_id,
        state=str(row.state),
        started_at=_iso(row.start_date or row.run_after),
    )


def _add_tasks(runs: list[KnownRun], session: Session) -> None:
    by_key = {run.key: run for run in runs}
    rows = session.execute(
        select(
            TaskInstance.id,
            TaskInstance.dag_id,
            TaskInstance.run_id,
            TaskInstance.task_id,
            TaskInstance.operator,
            TaskInstance.state,
        ).where(
            tuple_(TaskInstance.dag_id, TaskInstance.run_id).in_(list(by_key)),
            TaskInstance.operator.in_(_TASKS),
        )
    )
    operators: dict[tuple[str, str, str], str] = {}
    for row in rows:
        by_key[row.dag_id, row.run_id].tasks[row.operator] = Task(row.id, row.task_id, str(row.state or ""))
        operators[row.dag_id, row.run_id, row.task_id] = row.operator
    _add_returned(by_key, operators, session)
    _add_requests(runs, session)


def _add_returned(
    by_key: Mapping[RunKey, KnownRun], operators: Mapping[tuple[str, str, str], str], session: Session
) -> None:
    wanted = [key for key, operator in operators.items() if operator in {GATE, PUBLISH}]
    rows = session.execute(
        select(XComModel.dag_id, XComModel.run_id, XComModel.task_id, XComModel.value).where(
            tuple_(XComModel.dag_id, XComModel.run_id, XComModel.task_id).in_(wanted),
            XComModel.key == XCOM_RETURN_KEY,
        )
    )
    for row in rows:
        value = XComModel.deserialize_value(row)
        if isinstance(value, Mapping):
            by_key[row.dag_id, row.run_id].returned[operators[row.dag_id, row.run_id, row.task_id]] = value


def _add_requests(runs: Iterable[KnownRun], session: Session) -> None:
    asked = {run.tasks[REVIEW].id: run for run in runs if REVIEW in run.tasks}
    query = select(
        HITLDetail.ti_id,
        HITLDetail.created_at,
        HITLDetail.responded_at,
        HITLDetail.responded_by,
        HITLDetail.chosen_options,
    ).where(HITLDetail.ti_id.in_(list(asked)))
    for row in session.execute(query):
        run = asked[row.ti_id]
        chosen = row.chosen_options or []
        answered = row.responded_at is not None
        if not answered and run.task_state(REVIEW) not in _PARKED:
            continue  # about to ask, or given up
        run.request = ReviewRequest(
            open=not answered,
            asked_at=_iso(row.created_at),
            responded_by=str((row.responded_by or {}).get("name") or ""),
            responded_at=_iso(row.responded_at),
            choice=str(Choice.APPROVE if APPROVE in chosen else Choice.REJECT) if chosen else "",
            asking=str(row.ti_id),
        )


def active_redos(
    redo_dag: str, workspace: str, run_name: str, *, session: Session
) -> dict[tuple[str, str], Redo]:
    """Items of a run that are being made anew, by asset and locale."""
    states = {DagRunState.QUEUED: Redo.WAITING, DagRunState.RUNNING: Redo.RUNNING}
    rows = session.execute(
        select(DagRun.state, DagRun.conf)
        .where(DagRun.dag_id == redo_dag, DagRun.state.in_(list(states)))
        .limit(_REDOS)
    )
    found = {}
    for state, conf in rows:
        values: Mapping[str, Any] = conf or {}
        item = values.get("item") or {}
        named = values.get("run_name") or run_name_of(str(values.get("dag_id")), str(values.get("run_id")))
        if (values.get("workspace"), named) == (workspace, run_name):
            found[str(item.get("asset_id")), str(item.get("locale"))] = states[DagRunState(state)]
    return found


def rendered(dag_id: str, run_id: str, *, session: Session) -> dict[str, Any]:
    """Template fields of the run's own tasks as they were rendered, where they still are; else out of the
    run's parameters, as the templates of `operators.pipeline` would have it. With the DAG's ``tags`` and the
    ``answerers``. Empty if there is no such run, or it has no review: others, such as one that redoes an
    image, work in a run that is not theirs, and whoever may read them may not therefore read that.
    """
    run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
    if run is None:
        return {}
    dag = DBDagBag().get_dag_for_run(run, session=session)
    params: dict[str, Any] = dict(dag.params.dump()) if dag else {}
    fields = params | {name: value for name, value in (run.conf or {}).items() if name in params}
    fields["run_name"] = run_name_of(dag_id, run_id)
    fields["tags"] = list(dag.tags) if dag else []
    review = next((task for task in dag.tasks if task.task_type == REVIEW), None) if dag else None
    if review is None:
        return {}
    fields["answerers"] = answerers(review, run.triggering_user_name)
    rows = session.scalars(
        select(RenderedTaskInstanceFields.rendered_fields).where(
            RenderedTaskInstanceFields.dag_id == dag_id,
            RenderedTaskInstanceFields.run_id == run_id,
            RenderedTaskInstanceFields.map_index == -1,
        )
    )
    for row in rows:
        if {"workspace", "run_name", "gcp_conn_id"} <= set(row):
            fields |= {name: row[name] for name in ("workspace", "run_name", "gcp_conn_id")}
            fields |= {name: row[name] for name in ("approval",) if name in row}
    return fields


def _iso(at: datetime | None) -> str:
    return iso_utc(at) if at else ""
