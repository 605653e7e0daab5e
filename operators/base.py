"""What all operators share: the workspace, the run in it, and the retry policy."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.process import AuthenticationString  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from operators.retries import RETRY_POLICY
from operators.tenants import keep_to_tenant

if TYPE_CHECKING:
    from localizer.runs import Run
    from localizer.workspace import Workspace

DEFAULT_RUN_NAME = "{{ dag.dag_id }}__{{ run_id }}"
"""Name of the run in the workspace: DAGs may share a workspace, and their run IDs may be equal."""


def run_name_of(dag_id: str, run_id: str) -> str:
    """What `DEFAULT_RUN_NAME` renders to."""
    return f"{dag_id}__{run_id}"


def open_workspace(uri: str, gcp_conn_id: str | None = None) -> Workspace:
    """The workspace at a path or ``gs://`` URI, with the credentials of a connection if one is named.

    Raises:
        ConfigurationError: the URI cannot be used, or there are no credentials.
    """
    from localizer.storage import open_storage
    from localizer.workspace import Workspace

    return Workspace(open_storage(uri, client=gcs_client(uri, gcp_conn_id)))


def gcs_client(uri: str, gcp_conn_id: str | None) -> Any:
    """A client for ``gs://`` URIs; None for local ones."""
    if not uri.startswith("gs://"):
        return None
    from operators.hooks.gcs import GcsHook

    return GcsHook(gcp_conn_id).client


class KeptToTenant:
    """For operators that are given places or connections: they ask first whether those are the tenant's.

    It stands before Airflow's class among the bases.
    """

    def pre_execute(self, context: Any) -> None:
        super().pre_execute(context)  # type: ignore[misc]  # of Airflow's class
        fields: Sequence[str] = self.template_fields  # type: ignore[attr-defined]
        keep_to_tenant(context["dag"].tags, {name: getattr(self, name, None) for name in fields})


class WorkspaceMixin(KeptToTenant):
    """For operators that work in a workspace; they set these three attributes."""

    workspace: str
    run_name: str
    gcp_conn_id: str | None

    def open_workspace(self) -> Workspace:
        return open_workspace(self.workspace, self.gcp_conn_id)

    def open_run(self) -> Run:
        return self.open_workspace().run(self.run_name)


class LocalizerOperator(WorkspaceMixin, BaseOperator):
    """Base of the operators.

    Args:
        workspace: path or ``gs://`` URI of the workspace.
        run_name: name of the run in the workspace; the same for all tasks of a DAG run.
        gcp_conn_id: connection of type ``google_cloud_platform``; None means Application Default Credentials.
    """

    template_fields: Sequence[str] = ("workspace", "run_name", "gcp_conn_id")

    def __init__(
        self,
        *,
        workspace: str,
        run_name: str = DEFAULT_RUN_NAME,
        gcp_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", RETRY_POLICY)
        super().__init__(**kwargs)
        self.workspace = workspace
        self.run_name = run_name
        self.gcp_conn_id = gcp_conn_id

    def pre_execute(self, context: Any) -> None:
        super().pre_execute(context)
        # Under Celery the task's process is forked from a daemon of billiard, Celery's multiprocessing: it
        # believes to be a daemon too, which may have no children, and its key cannot be handed to one.
        # It is none: whoever started it waits for it.
        config: dict[str, Any] = multiprocessing.current_process().__dict__["_config"]
        config["daemon"] = False
        config["authkey"] = AuthenticationString(bytes(config["authkey"]))
