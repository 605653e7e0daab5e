"""Merge the results of all shards and judge the run as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from localizer.errors import InputError
from localizer.pace import Pace
from localizer.runs.run import PLAN, RESULTS
from operators.base import LocalizerOperator
from operators.checking import as_bool
from operators.lineage import lineage
from operators.metrics import count_images
from operators.report import write_report

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from localizer.runs.merging import Counts
    from localizer.storage import Storage


class QualityGateOperator(LocalizerOperator):
    """Merge all shards into ``results.jsonl``, write the report, and stop a run that went wrong as a whole.

    A job that has no result row, because its task died, becomes ``failed``: "was not finished". So give
    this task the trigger rule ``all_done``, and `shards`, by which it knows that there is a plan to judge
    by. It also keeps how long an image took, by which the next plan is cut. Returns counts.

    Args:
        shards: what `LoadManifestOperator` returned. None means that it was skipped, as there is no manifest,
            and then this task is skipped too; or that it failed, and then this task fails, so that a plan
            left over from an earlier try of the same run is not taken for this one's.
        min_pass_rate: smallest share of jobs, 0 to 1, that must have passed; below it the task fails and
            nothing can be approved or published. 0 turns it off; a run without a single usable image
            fails all the same, unless images wait for their copy.
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
        from localizer.report.copy_section import COPY_DECK

        if self.shards is None:
            self._no_plan(context)
        if as_bool(self.plan_only, field="plan_only"):
            raise AirflowSkipException("plan only: nothing was edited")
        min_pass_rate = _rate(self.min_pass_rate)
        workspace, pace = self.open_workspace(), Pace()
        run = workspace.run(self.run_name)
        run.mark_edited()
        counts = run.merge(pace.add)
        self._learn(pace, workspace.storage)
        report = write_report(workspace, run)
        self.log.info(
            "%d passed, %d need review, %d failed; %d were known before, %.0f %% of the jobs; report: %s",
            counts.passed,
            counts.needs_review,
            counts.failed,
            counts.cached,
            100 * counts.hit_rate,
            report,
        )
        if waiting := counts.total - counts.images - counts.failed:
            self.log.warning(
                "%d images wait for their copy; fill in the deck %s and run again: it does only those",
                waiting,
                run.uri_of(COPY_DECK),
            )
        count_images(counts, context["ti"].dag_id)
        problem = run_problem(counts, min_pass_rate=min_pass_rate)
        if problem:
            raise AirflowFailException(f"{problem}; report: {report}")
        return {**summary(counts), "report": report}

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The plan, made into results."""
        run = self.open_run()
        summary = run.summary()
        rows = summary.total if summary else None
        return lineage([run.uri_of(PLAN)], [run.uri_of(RESULTS)], rows=rows)

    def _no_plan(self, context: Context) -> NoReturn:
        """Whoever loads the manifest returned nothing: it was skipped, as there is none, or it failed."""
        ti = context["ti"]
        upstream = sorted(self.upstream_task_ids)
        states = ti.get_task_states(dag_id=ti.dag_id, task_ids=upstream, run_ids=[ti.run_id])
        found = set(states.get(ti.run_id, {}).values())
        if found == {"skipped"}:
            raise AirflowSkipException("there is no manifest, so there is nothing to judge")
        raise AirflowFailException("the manifest was not loaded, so there is nothing to judge")

    def _learn(self, pace: Pace, storage: Storage) -> None:
        """Keep what an image took, so that the next plan is cut to the right size."""
        name = next((shard["pace"] for shard in self.shards or () if shard.get("pace")), None)
        if name is None:  # nothing was mapped
            return
        seconds = pace.save(storage, str(name))
        if seconds is not None:
            self.log.info("an image takes %.2f s", seconds)


def summary(counts: Counts) -> dict[str, Any]:
    """How a run stands; small enough for XCom, however large the run."""
    return {
        "total": counts.total,
        **{str(status): count for status, count in counts.by_status().items()},
        "cached": counts.cached,
        "hit_rate": round(counts.hit_rate, 4),
    }


def run_problem(counts: Counts, *, min_pass_rate: float) -> str:
    """Why no image of this run should go further, or an empty string."""
    if not counts.total:
        return "the manifest asks for nothing: it has no row for these target locales"
    if not counts.images and not counts.needs_review:  # those without an image wait for their copy
        return f"not one of {counts.total} images could be made; the first: {counts.problem}"
    if counts.passed < min_pass_rate * counts.total:
        return f"{counts.passed} of {counts.total} images passed, less than the {min_pass_rate:.0%} asked for"
    return ""


def _rate(value: float | str) -> float:
    try:
        rate = float(value)
    except ValueError:
        raise InputError(f"min_pass_rate: {value!r} is not a number") from None
    if not 0 <= rate <= 1:
        raise InputError(f"min_pass_rate: {rate} is not between 0 and 1")
    return rate
