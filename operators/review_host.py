"""Airflow as the host of the review app: its login, its permissions, its record of what people decided.

Runs inside the API server. Whoever may read a DAG's runs may look; whoever may answer its human-in-the-loop
requests may mark, answer and have images made anew. An answer goes the way of Airflow's own route, so it is
Airflow that refuses a second one, knows the assigned users, and records who it was.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.datamodels.dag_run import TriggerDAGRunPostBody
from airflow.api_fastapi.core_api.datamodels.hitl import UpdateHITLDetailPayload
from airflow.api_fastapi.core_api.routes.public.dag_run import trigger_dag_run
from airflow.api_fastapi.core_api.routes.public.hitl import update_hitl_detail
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from airflow.api_fastapi.logging.decorators import action_logging
from airflow.models.dag import DagModel
from airflow.models.dagbag import DBDagBag
from airflow.sdk.exceptions import AirflowException
from airflow.utils.session import create_session
from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from localizer.engines.registry import engine_names
from localizer.errors import ConfigurationError, Conflict, Forbidden, InputError, NotFound, NotSignedIn
from localizer.review.host import Choice, HostedRun, Place, RedoRequest, RollBackRequest, RunSummary, Viewer
from operators.base import open_workspace
from operators.coming import planned_campaigns
from operators.form import further_engines
from operators.queues import REDO_DAG
from operators.review import APPROVE, REJECT
from operators.review_access import Answerers, refuse_other_tenants
from operators.review_runs import (
    REVIEW,
    KnownRun,
    active_redos,
    known_run,
    newest_runs,
    rendered,
)
from operators.tenants import dag_id_of, tenant_of

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser

    from localizer.review.agenda import PlannedCampaign
    from localizer.tenants import Tenant
    from localizer.workspace import Workspace

ROLLBACK_DAG = "rollback_release"

_KNOWN_S = 30.0
"""Seconds for which it is taken as known where a run is kept: every picture asks."""

_MOST_KNOWN = 1000
_OPTIONS = {Choice.APPROVE: APPROVE, Choice.REJECT: REJECT}


@dataclass(frozen=True, slots=True)
class AirflowViewer(Viewer):
    """A user of Airflow, and the request in which they came."""

    user: BaseUser
    request: Request


@dataclass(frozen=True, slots=True)
class _Fields:
    """What a run's tasks were given."""

    workspace: str
    run_name: str
    gcp_conn_id: str | None
    engine: str | None
    approval: str
    answerers: Answerers
    tenant: Tenant | None


class AirflowHost:
    """See `localizer.review.host.Host`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fields: OrderedDict[tuple[str, str], tuple[float, _Fields]] = OrderedDict()
        self._workspaces: OrderedDict[tuple[str, str | None], Workspace] = OrderedDict()

    @cached_property
    def secret(self) -> bytes:
        """Out of the key that all API servers of an installation share."""
        key = get_signing_key("api", "secret_key").encode()
        return hmac.digest(key, b"items of the review page", "sha256")

    async def viewer(self, request: Request) -> AirflowViewer:
        try:
            user = await get_user(request, None, await bearer_scheme(request))
        except HTTPException as error:
            raise NotSignedIn(f"{error.detail}; sign in to Airflow") from None
        return AirflowViewer(id=str(user.get_id()), name=user.get_name(), user=user, request=request)

    def may_enter(self, viewer: Viewer) -> bool:
        return bool(get_auth_manager().get_authorized_dag_ids(user=_user(viewer), method="GET"))

    def runs(self, viewer: Viewer, *, limit: int) -> Iterable[RunSummary]:
        readable = get_auth_manager().get_authorized_dag_ids(user=_user(viewer), method="GET")
        with create_session(scoped=False) as session:
            found = newest_runs(readable, limit=limit, session=session)
        return [_summary(run) for run in found if _may_read(viewer, run.dag_id)]

    def campaigns(self, viewer: Viewer) -> tuple[list[PlannedCampaign], int]:
        readable = get_auth_manager().get_authorized_dag_ids(user=_user(viewer), method="GET")
        return planned_campaigns(readable)

    def place(self, viewer: Viewer, dag_id: str, run_id: str) -> Place:
        if not _may_read(viewer, dag_id):
            raise Forbidden(f"you may not look at {dag_id}")
        return self._place(self._fields_of(dag_id, run_id))

    def run(self, viewer: Viewer, dag_id: str, run_id: str) -> HostedRun:
        place = self.place(viewer, dag_id, run_id)
        fields = self._fields_of(dag_id, run_id)
        with create_session(scoped=False) as session:
            known = known_run(dag_id, run_id, session=session)
            redo_dag = dag_id_of(REDO_DAG, fields.tenant)
            redos = active_redos(redo_dag, fields.workspace, fields.run_name, session=session)
        if known is None:
            raise NotFound(f"{dag_id} has no run {run_id}, or it is not reviewed")
        rollback = dag_id_of(ROLLBACK_DAG, fields.tenant)
        why_not = self._why_not(viewer, dag_id, run_id)
        return HostedRun(
            dag_id=dag_id,
            run_id=run_id,
            title=known.title,
            state=known.run_state(),
            started_at=known.started_at,
            place=place,
            policy=fields.approval,
            engines=tuple(dict.fromkeys([*engine_names(), *further_engines()])),
            request=known.request,
            redos=redos,
            may_review=not why_not,
            why_not=why_not,
            may_redo=not why_not,
            may_roll_back=_may(viewer, "POST", rollback, DagAccessEntity.RUN),
            links={
                "airflow": _run_address(dag_id, run_id),
            },
        )

    async def answer(self, viewer: Viewer, run: HostedRun, choice: Choice, form: Mapping[str, Any]) -> None:
        def task_id() -> str:
            if why_not := self._why_not(viewer, run.dag_id, run.run_id):
                raise Forbidden(why_not)
            with create_session(scoped=False) as session:
                known = known_run(run.dag_id, run.run_id, session=session)
            if known is None:
                raise NotFound(f"{run.dag_id} has no run {run.run_id}")
            return known.tasks[REVIEW].task_id

        path = {"dag_id": run.dag_id, "dag_run_id": run.run_id, "task_id": await run_in_threadpool(task_id)}
        payload = {"chosen_options": [_OPTIONS[choice]], "params_input": dict(form)}

        def put() -> None:
            with create_session(scoped=False) as session:
                update_hitl_detail(
                    **path,
                    update_hitl_detail_payload=UpdateHITLDetailPayload.model_validate(payload),
                    user=_user(viewer),
                    session=session,
                    map_index=-1,
                )

        await _log_action(viewer, update_hitl_detail, "PATCH", path | {"map_index": "-1"}, payload)
        with _told():
            await run_in_threadpool(put)

    async def redo(self, viewer: Viewer, run: HostedRun, request: RedoRequest) -> str:
        fields = await run_in_threadpool(self._fields_of, run.dag_id, run.run_id)
        # The right to review a run includes the right to have its images made anew: who may trigger the DAG
        # for any workspace is another matter.
        if why_not := await run_in_threadpool(self._why_not, viewer, run.dag_id, run.run_id):
            raise Forbidden(why_not)
        return await _trigger(
            viewer,
            dag_id_of(REDO_DAG, fields.tenant),
            {
                "dag_id": run.dag_id,
                "run_id": run.run_id,
                "run_name": fields.run_name,
                "workspace": fields.workspace,
                "gcp_conn_id": fields.gcp_conn_id,
                "item": {"job": request.job, "asset_id": request.asset_id, "locale": request.locale},
                "engine": request.engine or fields.engine,  # by name: it decides on the queue
                "replacements": list(request.replacements),
                "comment": request.comment,
            },
        )

    async def roll_back(self, viewer: Viewer, run: HostedRun, request: RollBackRequest) -> str:
        fields = await run_in_threadpool(self._fields_of, run.dag_id, run.run_id)
        dag_id = dag_id_of(ROLLBACK_DAG, fields.tenant)
        if not await run_in_threadpool(_may, viewer, "POST", dag_id, DagAccessEntity.RUN):
            raise Forbidden(f"you may not trigger {dag_id}")
        run_id = await _trigger(
            viewer,
            dag_id,
            {
                "campaign": request.campaign,
                "publish_uri": request.publish_uri,
                "gcp_conn_id": fields.gcp_conn_id,
                "leaving": request.release_id,
                "reason": request.reason,
            },
        )
        return f"{_run_address(dag_id, run_id)}/required_actions"

    def _why_not(self, viewer: Viewer, dag_id: str, run_id: str) -> str:
        """Why somebody may not review a run; empty if they may."""
        if not _may(viewer, "PUT", dag_id, DagAccessEntity.HITL_DETAIL):
            return f"you may look at {dag_id}, not review it"
        return self._fields_of(dag_id, run_id).answerers.why_not(_user(viewer))

    def _fields_of(self, dag_id: str, run_id: str) -> _Fields:
        key = (dag_id, run_id)
        with self._lock:
            known = self._fields.get(key)
        if known is not None and time.monotonic() - known[0] < _KNOWN_S:
            return known[1]
        with create_session(scoped=False) as session:
            found = rendered(dag_id, run_id, session=session)
        if not found:
            raise NotFound(f"{dag_id} has no run {run_id}, or it is not reviewed")
        if not found.get("workspace"):
            raise NotFound(f"{dag_id} keeps nothing in a workspace")
        tags = found.get("tags") or []
        refuse_other_tenants(tags, found)
        fields = _Fields(
            workspace=str(found["workspace"]),
            run_name=str(found["run_name"]),
            gcp_conn_id=found.get("gcp_conn_id") or None,
            engine=str(found.get("engine") or "") or None,
            approval=str(found.get("approval") or ""),
            answerers=found["answerers"],
            tenant=tenant_of(tags),
        )
        with self._lock:
            _remember(self._fields, key, (time.monotonic(), fields))
        return fields

    def _place(self, fields: _Fields) -> Place:
        key = (fields.workspace, fields.gcp_conn_id)
        with self._lock:
            workspace = self._workspaces.get(key)
        if workspace is None:
            try:
                workspace = open_workspace(*key)
            except AirflowException as error:  # no such connection
                raise ConfigurationError(f"{fields.workspace}: {error}") from error
            with self._lock:
                _remember(self._workspaces, key, workspace)
        return Place(workspace, fields.run_name)


def _remember(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    known.move_to_end(key)
    while len(known) > _MOST_KNOWN:
        known.popitem(last=False)


def _summary(run: KnownRun) -> RunSummary:
    return RunSummary(
        dag_id=run.dag_id,
        run_id=run.run_id,
        title=run.title,
        state=run.run_state(),
        started_at=run.started_at,
        waiting=bool(run.request and run.request.open),
        counts=run.counts(),
    )


def _user(viewer: Viewer) -> BaseUser:
    assert isinstance(viewer, AirflowViewer)  # noqa: S101  (there are no others here)
    return viewer.user


def _request(viewer: Viewer) -> Request:
    assert isinstance(viewer, AirflowViewer)  # noqa: S101
    return viewer.request


def _may(viewer: Viewer, method: ResourceMethod, dag_id: str, entity: DagAccessEntity) -> bool:
    details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
    return get_auth_manager().is_authorized_dag(
        method=method, access_entity=entity, details=details, user=_user(viewer)
    )


def _may_read(viewer: Viewer, dag_id: str) -> bool:
    return _may(viewer, "GET", dag_id, DagAccessEntity.RUN)


def _run_address(dag_id: str, run_id: str) -> str:
    """Of a run's page in Airflow's UI, relative to the app's root."""
    return f"../dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


async def _trigger(viewer: Viewer, dag_id: str, conf: Mapping[str, Any]) -> str:
    """Trigger a DAG in the name of whoever calls, as Airflow's own route does; returns the run's id."""
    payload = {"logical_date": None, "conf": dict(conf)}

    def is_on() -> bool:
        with create_session(scoped=False) as session:
            dag = session.get(DagModel, dag_id)
            return dag is not None and not dag.is_paused

    def trigger() -> str:
        with create_session(scoped=False) as session:
            triggered = trigger_dag_run(
                dag_id,
                TriggerDAGRunPostBody.model_validate(payload),
                DBDagBag(),
                _user(viewer),
                session,
                _request(viewer),
            )
            return str(triggered.run_id)  # type: ignore[attr-defined]  # it gives its record

    if not await run_in_threadpool(is_on):
        raise Conflict(f"the DAG {dag_id} is missing or paused; turn it on", code="no_dag")
    await _log_action(viewer, trigger_dag_run, "POST", {"dag_id": dag_id}, payload)
    with _told():
        return await run_in_threadpool(trigger)


async def _log_action(
    viewer: Viewer,
    endpoint: Callable[..., Any],
    method: str,
    path: Mapping[str, str],
    payload: Mapping[str, Any],
) -> None:
    """Have Airflow's audit log say what it would have said of a call of its own route."""
    body = json.dumps(payload).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "path_params": dict(path),
        "endpoint": endpoint,
    }
    log: Callable[..., Awaitable[None]] = action_logging()
    with create_session(scoped=False) as session:
        await log(Request(scope, receive), session, _user(viewer))


@contextmanager
def _told() -> Iterator[None]:
    """What Airflow's routes refuse, in our words for it."""
    try:
        yield
    except HTTPException as error:
        said = str(error.detail)
        match error.status_code:
            case 403:
                raise Forbidden(said) from None
            case 404:
                raise NotFound(said) from None
            case 409:
                raise Conflict("somebody has answered already", code="answered") from None
        raise InputError(said) from None
