"""Edit and check the images of one shard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from localizer.errors import EngineUnavailable, InputError
from localizer.runs.merging import Counts
from localizer.workers.pool import LONGEST_S
from operators.base import LocalizerOperator
from operators.metrics import time_edit
from operators.progress import ShardProgress
from operators.shards import PROCESSES

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.model import Job, JobResult
    from localizer.plan_files import PlanReader


class EditImagesOperator(LocalizerOperator):
    """Edit and check the images of one shard; map it over what `LoadManifestOperator` returned.

    Each image's outcome is data: an image that fails is a result row, not a failed task. Only when an
    engine or the storage did not answer does the task fail and try again, and then what is done is not
    done again. On the last try such images become `failed` rows too, so that no image is ever lost.
    A task that is killed goes on after its last finished image. Returns counts.

    While it runs, its log has a line for each image, its map label says how many are done, and its state
    (`operators.progress.STATE_KEY`, in the UI and by REST) says so in numbers.

    Give it a pool that limits how many edits run at once (``partial(pool="image_edit")``: a mapped task does
    not take one from its operator), and ``map_index_template="{{ asset }}"`` to see its images in the UI.

    Args:
        shard: a descriptor ``{"shard", "label", "start", "stop", "brand", "plan"}``: a range of the plan.
        engine: as given to `LoadManifestOperator`.
        engine_parameters: as given to `LoadManifestOperator`.
        engine_conn_id: as given to `LoadManifestOperator`; its key stays in this process.
        brand: path of a brand kit; None means the one that the descriptor names.
        job_timeout: seconds for one image of a shard in a worker process; one that takes longer is `failed`.
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
        "job_timeout",
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
        workers: int | str = PROCESSES,
        job_timeout: float | str = LONGEST_S,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shard = shard
        self.engine = engine
        self.engine_parameters = engine_parameters
        self.engine_conn_id = engine_conn_id
        self.brand = brand
        self.workers = workers
        self.job_timeout = job_timeout

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.leases import alone
        from localizer.pipeline import localize_many
        from localizer.remote.access import use_access
        from localizer.runs.shard_files import ShardWriter
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        workspace = self.open_workspace()
        run = workspace.run(self.run_name)
        parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
        on_gcs = self.workspace.startswith("gs://")
        counts = Counts()
        with (
            run.plan() as plan,
            application_default_credentials(self.gcp_conn_id if on_gcs else None),
            use_access(self.engine, access),
            # The same run triggered twice, or a task that lives on after Airflow gave it up: one does the
            # work, the other finds it done.
            alone(workspace.storage, shard_work(self.shard), on_wait=self._tell_wait),
        ):
            jobs = shard_jobs(plan, self.shard)
            start, stop = int(self.shard["start"]), int(self.shard["stop"])
            progress = ShardProgress(context, label=str(self.shard["label"]), of=stop - start)
            slots = set(plan.slots(start, stop))
            with ShardWriter(run, str(self.shard["shard"]), jobs=slots) as writer:

                def done(result: JobResult) -> None:
                    writer.add(result)
                    counts.add(result)
                    progress.add(result)
                    time_edit(result, context["ti"].dag_id)

                localize_many(
                    jobs,
                    workspace_uri=self.workspace,
                    engine=self.engine,
                    engine_parameters=parameters,
                    brand_path=self.brand or self.shard.get("brand") or None,
                    workers=int(self.workers) if stop - start > 1 else 1,
                    on_result=done,
                    requested_by=requested_by(context),
                    job_timeout=float(self.job_timeout),
                )

        ti = context["ti"]
        if counts.retryable and ti.try_number <= ti.max_tries:
            raise EngineUnavailable(
                f"{counts.retryable} of {counts.total} images could not be done now and will be tried again: "
                f"{counts.retry_reason}"
            )
        return {
            "shard": self.shard["shard"],
            **{str(status): count for status, count in counts.by_status().items() if count},
            "cached": counts.cached,
        }

    def _tell_wait(self, holder: str) -> None:
        self.log.info("%s is doing the same images right now; waiting for it", holder)


def shard_work(shard: Mapping[str, Any]) -> str:
    """Names the work of a shard: the same in every run of the same plan."""
    return "-".join(str(shard.get(part)) for part in ("plan", "start", "stop"))


def requested_by(context: Context) -> str:
    """In whose name a task calls models: the user who triggered the DAG run, else its schedule."""
    dag_run = context["dag_run"]
    return getattr(dag_run, "triggering_user_name", None) or f"schedule:{dag_run.dag_id}"


def shard_jobs(plan: PlanReader, shard: Mapping[str, Any]) -> Iterator[Job]:
    """The jobs that a descriptor names.

    Raises:
        InputError: the plan was made anew since, so the range means other jobs.
    """
    if shard.get("plan") != plan.digest or "start" not in shard:
        raise InputError(
            f"shard {shard['shard']}: the plan, now of {plan.count} jobs, was made anew since this "
            "shard was cut. Clear the task that loads the manifest with its downstream tasks"
        )
    return plan.jobs(int(shard["start"]), int(shard["stop"]))
