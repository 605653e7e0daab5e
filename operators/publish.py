"""Publish what the recorded decisions approve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, BaseOperatorLink
from airflow.sdk.configuration import conf

from localizer.display import one_line
from localizer.runs.run import RESULTS
from operators.base import LocalizerOperator, gcs_client
from operators.checking import as_bool
from operators.hooks.c2pa import signing_key_of
from operators.lineage import lineage
from operators.metrics import count_published
from operators.tenants import dag_id_of, tenant_of

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import BaseOperator, Context
    from airflow.sdk.types import TaskInstanceKey

    from localizer.release import Published

ROLLBACK_DAG = "rollback_release"

RELEASES = AssetAlias("localizer_releases")
"""Gets an event per release that became current; a DAG scheduled on it runs after each of them."""


class TakeBackLink(BaseOperatorLink):
    """From a publish to the DAG that takes it back; its form wants what `PublishReleaseOperator` returns as
    ``take_back``."""

    name = "Take a release back"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        base: str = conf.get("api", "base_url", fallback="") or ""
        return f"{base.rstrip('/')}/dags/{_rollback_dag(operator)}"


class PublishReleaseOperator(LocalizerOperator):
    """Publish the approved images of a run as one immutable release and make it current.

    Takes nothing but what the run's recorded decisions name, with the very bytes that were decided on.
    Where nothing was approved it publishes nothing and succeeds: whoever comes after looks at what it
    returns. Publishing again what is current already writes nothing. A release that became current is an
    event of the asset alias ``localizer_releases``, on the asset ``localizer://campaigns/<campaign>``; where
    a task died in the middle of it there may be two, with the same `release_id`. Tried again or cleared when
    another release was published since, it fails and that one stays, unless the run was reviewed anew.

    Returns ``{"release_id", "release_uri", "campaign", "images", "signed", "written", "moved", "previous",
    "message", "take_back"}``; the first two are empty where nothing was approved. `take_back` is how this
    release is taken back: a DAG and the parameters to trigger it with, the reason apart; None where it is the
    first, or was not made current by this run.

    Args:
        publish_uri: path or ``gs://bucket/prefix`` below which all campaigns are published.
        campaign: folder below it; default as the plan says.
        check_only: check everything and say what would be written; write nothing.
        c2pa_conn_id: connection of type ``localizer_c2pa``, with whose key each image is signed; None: none.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "publish_uri",
        "campaign",
        "check_only",
        "c2pa_conn_id",
    )
    ui_color = "#d9f0dd"
    operator_extra_links = (TakeBackLink(),)

    def __init__(
        self,
        *,
        publish_uri: str,
        campaign: str | None = None,
        check_only: bool | str = False,
        c2pa_conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outlets", [RELEASES])
        super().__init__(**kwargs)
        self.publish_uri = publish_uri
        self.campaign = campaign
        self.check_only = check_only
        self.c2pa_conn_id = c2pa_conn_id
        self._published: Published | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.release import publish

        run = self.open_run()
        with run.plan() as plan:
            campaign = self.campaign or plan.campaign
        published = publish(
            run,
            workspace=self.open_workspace(),
            publish_uri=self.publish_uri,
            campaign=campaign,
            client=gcs_client(self.publish_uri, self.gcp_conn_id),
            dry_run=as_bool(self.check_only, field="check_only"),
            key=signing_key_of(self.c2pa_conn_id),
            tried_before=context["ti"].try_number > 1,
        )
        self._published = published
        for warning in published.warnings:
            self.log.warning("%s", one_line(warning))
        self.log.info("%s", published.message)
        if not published.dry_run:
            count_published(published.objects_new, context["ti"].dag_id, moved=published.pointer_moved)
        # A try that died after it had moved the pointer may have announced nothing.
        if published.pointer_moved or (published.by_this_run and context["ti"].try_number > 1):
            announce(
                context,
                self.outlets,
                campaign=published.campaign,
                release_id=published.release_id,
                release_uri=published.uri,
                images=published.objects,
                previous=published.previous,
                action="publish",
            )
        return {
            "release_id": published.release_id or "",
            "release_uri": published.uri or "",
            "campaign": published.campaign,
            "images": published.objects,
            "signed": published.signed,
            "written": published.objects_new,
            "moved": published.pointer_moved,
            "previous": published.previous or "",
            "message": published.message,
            "take_back": self._take_back(published),
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The results, made into a release; no output where nothing was approved."""
        published = self._published
        return lineage(
            [self.open_run().uri_of(RESULTS)],
            [published.uri] if published and published.uri and not published.dry_run else [],
            rows=published.objects if published else None,
        )

    def _take_back(self, published: Published) -> dict[str, Any] | None:
        # Never "the one before": by the time that somebody uses it, that may be another.
        if not published.by_this_run or not published.previous:
            return None
        return {
            "dag_id": _rollback_dag(self),
            "conf": {
                "campaign": published.campaign,
                "release_id": published.previous,
                "publish_uri": self.publish_uri,
                "gcp_conn_id": self.gcp_conn_id,
            },
        }


def _rollback_dag(operator: BaseOperator) -> str:
    """The DAG that takes back what a task publishes: its own tenant's."""
    dag = operator.get_dag()
    return dag_id_of(ROLLBACK_DAG, tenant_of(dag.tags if dag else ()))


def announce(
    context: Context, outlets: Sequence[Any], *, campaign: str, release_id: str | None, **facts: Any
) -> None:
    """Tell Airflow that a release became current; a task that was given other outlets announces nothing.

    Args:
        facts: what else goes with the event: ``release_uri``, ``previous``, ``action``, ``images`` ...
    """
    if RELEASES not in outlets:
        return
    context["outlet_events"][RELEASES].add(
        Asset(name=f"localized campaign {campaign}", uri=f"localizer://campaigns/{campaign}"),
        extra={"release_id": release_id, **facts},
    )
