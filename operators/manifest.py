"""Read a manifest, plan its jobs, cut them into shards."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from localizer.runs.run import PLAN
from operators.checking import Faults, as_bool, form_titles
from operators.lineage import lineage
from operators.opening import ManifestOperator
from operators.shards import mapped_shards
from operators.tenants import reading_of

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from localizer.copy.prepared import PreparedCopy
    from localizer.copy.run_copy import RunCopy
    from localizer.estimates import Estimate
    from localizer.planning import Planned
    from localizer.runs import Run

_SHOWN = 20


class LoadManifestOperator(ManifestOperator):
    """Load and validate a manifest, plan its jobs with the run's copy and save the plan in the workspace.

    A manifest row that is wrong is a result row of the run (`failed`, with row and field); a manifest
    that cannot be read at all fails the task. Returns one small descriptor per shard, for
    `EditImagesOperator.partial(...).expand(shard=...)`::

        [{"shard": "0000", "label": "poster-01 · ja", "start": 0, "stop": 1, "plan": "81f0...", ...}, ...]

    What was done before is looked up here and needs no shard. Up to 64 images there is one shard an image,
    unless the engine waits for a service or is very quick; beyond, shards of some minutes by what an image
    took in earlier runs, or of 20 to 150 images; never more than Airflow's ``max_map_length``.
    What all of it will take is estimated (`localizer.estimates`): in the log, in the XCom ``plan`` and as a
    page, ``plan.html`` of the run. All that is wrong with the arguments is told in one error, before that.
    The XCom ``plan`` holds a summary: counts by locale, and the first warnings and rejected rows. Where
    `missing_ok` made this task skip, its ``skipped`` says why and ``jobs`` is 0; else there is no such key.

    Args:
        plan_only: show the plan and return no shards.
        missing_ok: without a manifest the task is skipped.
    """

    ui_color = "#dbe9f6"

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from localizer.errors import ManifestNotFound
        from localizer.planning import Planned

        missing_ok = as_bool(self.missing_ok, field="missing_ok")
        plan_only = as_bool(self.plan_only, field="plan_only")
        run = self.open_run()
        try:
            with reading_of(context["dag"].tags):
                planned, shards, estimate = self._plan(
                    run, Faults(form_titles(context)), dry_run=plan_only, missing_ok=missing_ok
                )
        except ManifestNotFound as error:
            context["ti"].xcom_push(key="plan", value=summarize(Planned("")) | {"skipped": str(error)})
            raise AirflowSkipException(f"nothing to do: {error}") from None
        page = self._keep(run, estimate, dry_run=plan_only)
        context["ti"].xcom_push(key="plan", value=summarize(planned) | told(estimate, page))
        self._show(estimate, page)
        if plan_only:
            self.log.info("dry run: nothing is edited and nothing is published")
            return []
        return shards

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage[Any, Any]:
        """The manifest, made into a plan."""
        from localizer.places import split_places

        read = [uri for uri in (self.manifest, *split_places(self.copy_deck or "")) if uri]
        return lineage(read, [self.open_run().uri_of(PLAN)])

    def _plan(
        self, run: Run, faults: Faults, *, dry_run: bool, missing_ok: bool
    ) -> tuple[Planned, list[dict[str, Any]], Estimate]:
        """Save the plan, cut it and estimate it.

        Everything that can be wrong with the parameters is found here, before any image is edited, and told
        at once.

        Raises:
            InputError: something is wrong; names each field.
            ManifestNotFound: that is allowed, and nothing else is wrong.
        """
        from localizer.planning import plan_to_file
        from localizer.runs.merging import temporary_folder
        from operators.hooks.engines import own_parameters

        with ExitStack() as stack:
            ready = self.opened(stack, faults, missing_ok=missing_ok)
            workspace = self.open_workspace()
            folder = stack.enter_context(temporary_folder())
            copy, prepared = _copy_of(run, stack)
            if copy is None:
                self.log.warning("no task prepared the copy of this run: the plan has what the deck approves")
            planned = plan_to_file(
                ready.manifest,
                folder / "plan.parquet",
                workspace=workspace,
                engine=ready.engine,
                brand=ready.brand,
                image_root=self.image_root or None,
                locales=ready.locales,
                campaign=self.campaign or None,
                made_with={
                    "engine": self.engine,
                    "engine_parameters": own_parameters(self.engine_parameters),
                    "engine_conn_id": self.engine_conn_id or "",
                    "brand": ready.brand_path,
                },
                copy=copy,
            )
            run.save_plan_file(folder / "plan.parquet")
            shards, estimate = mapped_shards(
                run,
                workspace,
                ready.engine,
                brand=ready.brand_path,
                fallbacks=ready.brand.engines,
                copy=prepared,
                dry_run=dry_run,
            )
            return planned, shards, estimate

    def _keep(self, run: Run, estimate: Estimate, *, dry_run: bool) -> str:
        """Save the estimate and its page; where that is."""
        from localizer.report.copy_section import copy_of
        from localizer.report.plan_page import render_plan
        from localizer.runs.merging import temporary_folder

        with temporary_folder() as folder:
            render_plan(folder / "plan.html", estimate, run_id=run.run_id, dry_run=dry_run, copy=copy_of(run))
            return run.save_estimate(estimate, folder / "plan.html")

    def _show(self, estimate: Estimate, page: str) -> None:
        from localizer.estimates.text import as_lines

        for line in as_lines(estimate):
            self.log.info("%s", line)
        if estimate.rejected:
            self.log.warning(
                "%d images are wrong in the manifest and will be `failed`; all others go on",
                estimate.rejected,
            )
        self.log.info("the plan as a page: %s", page)


def _copy_of(run: Run, stack: ExitStack) -> tuple[RunCopy | None, PreparedCopy | None]:
    """The copy that was prepared for the run, and that in short; None in a DAG that has no such task."""
    from localizer.copy.run_copy import open_copy
    from localizer.copy.saving import load_prepared
    from localizer.errors import ObjectNotFound

    try:
        return stack.enter_context(open_copy(run)), load_prepared(run)
    except ObjectNotFound:
        return None, None


def summarize(planned: Planned) -> dict[str, Any]:
    """Counts of a plan, and the first warnings and rejections; small enough for XCom."""
    return {
        "campaign": planned.campaign,
        "jobs": planned.jobs,
        "locales": dict(sorted(planned.locales.items())),
        "out_of_scope": planned.out_of_scope,
        "warnings": list(planned.warnings[:_SHOWN]),
        "rejected": [
            {"asset_id": r.asset_id, "locale": r.locale, "reason": r.reason} for r in planned.first_rejected
        ],
    }


def told(estimate: Estimate, page: str) -> dict[str, Any]:
    """What the summary in XCom says of the estimate."""
    from localizer.estimates.text import as_markdown
    from localizer.estimates.words import cost_words, headline, time_words

    return {
        "plan": headline(estimate),
        "time": time_words(estimate),
        "cost": cost_words(estimate),
        "to_edit": estimate.total.to_edit,
        "known": estimate.total.known,
        "no_copy": estimate.total.no_copy,
        "seconds": estimate.elapsed_s,
        "money": estimate.cost,
        "page": page,
        "markdown": as_markdown(estimate),
    }
