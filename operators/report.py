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
    """Write ``report.html`` into the run: images before and after, their checks, who approved them.

    Of a large run the page shows the exceptions and some of the rest, and counts for all; ``results.csv``
    beside it has a row for each image.

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
    from localizer.report import save_report

    facts = published or {}
    return save_report(
        workspace,
        run,
        release_id=str(facts.get("release_id") or ""),
        release_uri=str(facts.get("release_uri") or ""),
        seconds=seconds,
    )
