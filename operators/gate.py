"""Merge the results of all shards and judge the run as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from localizer.errors import InputError
from localizer.model import JobResult, Status
from operators.base import LocalizerOperator
from operators.manifest import as_bool
from operators.report import write_report

if TYPE_CHECKING:
    from airflow.sdk import Context


class QualityGateOperator(LocalizerOperator):
    """Merge all shards into ``results.jsonl``, write the report, and stop a run that went wrong as a whole.

    A job that has no result row, because its task died, becomes ``failed``: "was not finished". So give
    this task the trigger rule ``all_done``, and `shards`, by which it knows that there is a plan to judge
    by. Returns counts.

    Args:
        shards: what `LoadManifestOperator` returned. None means that it failed, and then this task fails
            too, so that a plan left over from an earlier try of the same run is not taken for this one's.
        min_pass_rate: smallest share of jobs, 0 to 1, that must have passed; below it the task fails and
            nothing can be approved or published. 0 turns it off; a run without a single usable image
            fails all the same.
        plan_only: nothing was edited, so skip.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "shards",
        "min_pass_rate",
        "plan_only",
    )
    ui_color = "#d9f0dd"

    def __init__(
        self,
        *,
        shards: Sequence[Mapping[str, Any]] | None = (),
        min_pass_rate: float | str = 0.0,
        plan_only: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shards = shards
        self.min_pass_rate = min_pass_rate
        self.plan_only = plan_only

    def execute(self, context: Context) -> dict[str, Any]:
        if self.shards is None:
            raise AirflowFailException("the manifest was not loaded, so there is nothing to judge")
        if as_bool(self.plan_only, field="plan_only"):
            raise AirflowSkipException("plan only: nothing was edited")
        run = self.open_run()
        run.merge()
        results = run.results()
        report = write_report(self.open_workspace(), run)
        counts = count(results)
        self.log.info(
            "%d passed, %d need review, %d failed, %d of them cached; report: %s",
            counts["passed"],
            counts["needs_review"],
            counts["failed"],
            counts["cached"],
            report,
        )
        problem = run_problem(results, min_pass_rate=_rate(self.min_pass_rate))
        if problem:
            raise AirflowFailException(f"{problem}; report: {report}")
        return {**counts, "report": report}


def count(results: Sequence[JobResult]) -> dict[str, int]:
    """How many results have each status, and how many were cached."""
    by_status = Counter(r.status for r in results)
    return {
        "total": len(results),
        **{str(status): by_status[status] for status in Status},
        "cached": sum(r.cached for r in results),
    }


def run_problem(results: Sequence[JobResult], *, min_pass_rate: float) -> str:
    """Why no image of this run should go further, or an empty string."""
    if not results:
        return "the manifest asks for nothing: it has no row for these target locales"
    if all(r.image is None for r in results):
        return f"not one of {len(results)} images could be made; the first: {results[0].reason}"
    passed = sum(r.status is Status.PASSED for r in results)
    if passed < min_pass_rate * len(results):
        return f"{passed} of {len(results)} images passed, less than the {min_pass_rate:.0%} asked for"
    return ""


def _rate(value: float | str) -> float:
    try:
        rate = float(value)
    except ValueError:
        raise InputError(f"min_pass_rate: {value!r} is not a number") from None
    if not 0 <= rate <= 1:
        raise InputError(f"min_pass_rate: {rate} is not between 0 and 1")
    return rate
