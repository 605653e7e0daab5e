"""Edit and check the images of one shard."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from localizer.errors import EngineUnavailable, InputError
from operators.base import LocalizerOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.model import Job, JobResult
    from localizer.runs import Run

_CHECKPOINT_EVERY_S = 10.0


class EditImagesOperator(LocalizerOperator):
    """Edit and check the images of one shard; map it over what `LoadManifestOperator` returned.

    Each image's outcome is data: an image that fails is a result row, not a failed task. Only when an
    engine or the storage did not answer does the task fail and try again, and then what is done is not
    done again. On the last try such images become `failed` rows too, so that no image is ever lost.
    Returns counts.

    Give it a pool that limits how many edits run at once (``partial(pool="image_edit")``: a mapped task does
    not take one from its operator), and ``map_index_template="{{ asset }}"`` to see its images in the UI.

    Args:
        shard: a descriptor ``{"shard", "label", "jobs", "brand"}``; `jobs` are indices into the plan.
        engine: as given to `LoadManifestOperator`.
        engine_parameters: as given to `LoadManifestOperator`.
        engine_conn_id: as given to `LoadManifestOperator`; its key stays in this process.
        brand: path of a brand kit; None means the one that the descriptor names.
        workers: processes for a shard of several images; a crash in one costs no other image its result.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "shard",
        "engine",
        "engine_parameters",
        "engine_conn_id",
        "brand",
        "workers",
    )
    ui_color = "#fde9c9"

    def __init__(
        self,
        *,
        shard: Mapping[str, Any],
        engine: str = "typeset",
        engine_parameters: Mapping[str, Any] | str | None = None,
        engine_conn_id: str | None = None,
        brand: str | None = None,
        workers: int | str = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shard = shard
        self.engine = engine
        self.engine_parameters = engine_parameters
        self.engine_conn_id = engine_conn_id
        self.brand = brand
        self.workers = workers

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.pipeline import localize_many
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        name = str(self.shard["shard"])
        # For `map_index_template`; a template that names anything undefined would fail a good task.
        context["asset"] = self.shard["label"]  # type: ignore[typeddict-unknown-key]
        run = self.open_run()
        jobs = shard_jobs(run.load_plan().jobs, self.shard)
        checkpoint = _Checkpoint(run, name)

        def done(result: JobResult) -> None:
            self.log.info(
                "%s · %s: %s%s%s",
                result.asset_id,
                result.locale,
                result.status,
                " (cached)" if result.cached else f" in {result.seconds:.1f} s",
                f": {result.reason}" if result.reason else "",
            )
            checkpoint.add(result)

        parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
        on_gcs = self.workspace.startswith("gs://")
        with (
            application_default_credentials(self.gcp_conn_id if on_gcs else None),
            use_access(self.engine, access),
        ):
            results = localize_many(
                jobs,
                workspace_uri=self.workspace,
                engine=self.engine,
                engine_parameters=parameters,
                brand_path=self.brand or self.shard.get("brand") or None,
                workers=int(self.workers) if len(jobs) > 1 else 1,
                on_result=done,
                requested_by=requested_by(context),
            )
        run.save_shard(name, results)

        again = [r for r in results if r.retryable]
        ti = context["ti"]
        if again and ti.try_number <= ti.max_tries:
            raise EngineUnavailable(
                f"{len(again)} of {len(results)} images could not be done now and will be tried again: "
                f"{again[0].reason}"
            )
        counts = Counter(str(r.status) for r in results)
        return {"shard": name, **counts, "cached": sum(r.cached for r in results)}


def requested_by(context: Context) -> str:
    """In whose name a task calls models: the user who triggered the DAG run, else its schedule."""
    dag_run = context["dag_run"]
    return getattr(dag_run, "triggering_user_name", None) or f"schedule:{dag_run.dag_id}"


class _Checkpoint:
    """Saves a shard's results as they come, so that a task that is killed loses seconds, not the shard."""

    def __init__(self, run: Run, shard: str) -> None:
        self.run, self.shard = run, shard
        # What an earlier try of this task had done stays until this try has it too.
        self.earlier = {(r.job, r.asset_id, r.locale): r for r in run.load_shard(shard)}
        self.results: list[JobResult] = []
        self.saved_at = time.monotonic()

    def add(self, result: JobResult) -> None:
        self.results.append(result)
        if time.monotonic() - self.saved_at >= _CHECKPOINT_EVERY_S:
            now = {(r.job, r.asset_id, r.locale): r for r in self.results}
            self.run.save_shard(self.shard, list({**self.earlier, **now}.values()))
            self.saved_at = time.monotonic()


def shard_jobs(jobs: Sequence[Job], shard: Mapping[str, Any]) -> list[Job]:
    """The jobs that a descriptor names.

    Raises:
        InputError: the plan has no such job, because it was made anew since.
    """
    from operators.manifest import plan_digest

    try:
        if shard.get("plan", plan_digest(jobs)) != plan_digest(jobs):
            raise IndexError
        return [jobs[int(index)] for index in shard["jobs"]]
    except IndexError:
        raise InputError(
            f"shard {shard['shard']}: the plan, now of {len(jobs)} jobs, was made anew since this "
            "shard was cut. Clear the task that loads the manifest with its downstream tasks"
        ) from None
