"""Publish what the recorded decisions approve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

from localizer.display import one_line
from localizer.runs.run import RESULTS
from operators.base import LocalizerOperator, gcs_client
from operators.hooks.c2pa import signing_key_of
from operators.lineage import lineage
from operators.manifest import as_bool
from operators.metrics import count_published

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from localizer.release import Published

RELEASES = AssetAlias("localizer_releases")
"""Gets an event per release that became current; a DAG scheduled on it runs after each of them."""


class PublishReleaseOperator(LocalizerOperator):
    """Publish the approved images of a run as one immutable release and make it current.

    Takes nothing but what the run's recorded decisions name, with the very bytes that were decided on.
    Where nothing was approved it publishes nothing and succeeds: whoever comes after looks at what it
    returns. Publishing again what is current already writes nothing. A release that became current is an
    event of the asset alias ``localizer_releases``, on the asset ``localizer://campaigns/<campaign>``.

    Returns ``{"release_id", "release_uri", "campaign", "images", "signed", "written", "moved", "previous",
    "message"}``; the first two are empty where nothing was approved.

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
        )
        self._published = published
        for warning in published.warnings:
            self.log.warning("%s", one_line(warning))
        self.log.info("%s", published.message)
        if not published.dry_run:
            count_published(published.objects_new, context["ti"].dag_id, moved=published.pointer_moved)
        if published.pointer_moved:
            self._announce(context, published)
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
        }

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The results, made into a release; no output where nothing was approved."""
        published = self._published
        return lineage(
            [self.open_run().uri_of(RESULTS)],
            [published.uri] if published and published.uri and not published.dry_run else [],
            rows=published.objects if published else None,
        )

    def _announce(self, context: Context, published: Published) -> None:
        """Tell Airflow; a task that was given other outlets announces nothing."""
        if RELEASES not in self.outlets:
            return
        context["outlet_events"][RELEASES].add(
            Asset(
                name=f"localized campaign {published.campaign}",
                uri=f"localizer://campaigns/{published.campaign}",
            ),
            extra={
                "release_id": published.release_id,
                "release_uri": published.uri,
                "images": published.objects,
                "previous": published.previous,
            },
        )
