"""Write the HTML report of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operators.base import LocalizerOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.runs import Run
    from localizer.workspace import Workspace


class ReportOperator(LocalizerOperator):
    """Write ``report.html`` into the run: every image before and after, its checks, who approved it.

    `QualityGateOperator` writes it too, for the person who approves; this one adds the decisions and the
    release. Returns its path or URI.

    Args:
        published: what `PublishReleaseOperator` returned; None or empty if nothing was published.
    """

    template_fields: Sequence[str] = (*LocalizerOperator.template_fields, "published")
    ui_color = "#dbe9f6"

    def __init__(self, *, published: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.published = published

    def execute(self, context: Context) -> str:
        started = context["dag_run"].start_date
        uri = write_report(
            self.open_workspace(),
            self.open_run(),
            published=self.published or {},
            seconds=(datetime.now(UTC) - started).total_seconds() if started else None,
        )
        self.log.info("report: %s", uri)
        return uri


def write_report(
    workspace: Workspace,
    run: Run,
    *,
    published: Mapping[str, Any] | None = None,
    seconds: float | None = None,
) -> str:
    """Render and save the report of a merged run; returns its path or URI.

    Args:
        published: with ``release_id`` and ``release_uri``, if there is a release.
        seconds: wall-clock time of the run.

    Raises:
        ObjectNotFound: the run was not planned or not merged.
    """
    from localizer.report import render_report

    plan = run.load_plan()
    facts = published or {}
    html = render_report(
        campaign=plan.campaign,
        run_id=run.run_id,
        results=run.results(),
        generated_at=datetime.now(UTC),
        read=workspace.storage.read,
        warnings=plan.warnings,
        out_of_scope=plan.out_of_scope,
        decisions=list(run.latest_decisions().values()),
        release_id=str(facts.get("release_id") or ""),
        release_uri=str(facts.get("release_uri") or ""),
        seconds=seconds,
    )
    return run.save_report(html)
