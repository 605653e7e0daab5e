"""Read a manifest, plan its jobs, cut them into shards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowSkipException

from localizer.errors import InputError
from operators.base import LocalizerOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.model import Job
    from localizer.planning import Planned
    from localizer.runs import Run

ONE_TASK_AN_IMAGE_UP_TO = 64
_SMALLEST_SHARD, _LARGEST_SHARD = 20, 50
_SHOWN = 20


class LoadManifestOperator(LocalizerOperator):
    """Load and validate a manifest, plan its jobs and save the plan in the workspace.

    A manifest row that is wrong is a result row of the run (`failed`, with row and field); a manifest
    that cannot be read at all fails the task. Returns one small descriptor per shard, for
    `EditImagesOperator.partial(...).expand(shard=...)`::

        [{"shard": "0000", "label": "poster-01 · ja", "jobs": [0], "brand": "/.../brand.yaml"}, ...]

    Up to 64 images there is one shard an image, unless the engine waits for a service; beyond, shards of 20
    to 50 images, and larger ones only where there would be more of them than Airflow's ``max_map_length``.
    The XCom ``plan`` holds a summary: counts by locale, and the first warnings and rejected rows. Where
    `missing_ok` made this task skip, its ``skipped`` says why and ``jobs`` is 0; else there is no such key.

    Args:
        manifest: path or ``gs://`` URI.
        missing_ok: a manifest that does not exist is no error: the task is skipped (a day without images).
            One that exists and cannot be read, and a place that cannot be looked at, are errors still.
        engine: name or import path (``package.module:Factory``) of the engine that will edit; part of every
            job's key.
        engine_parameters: keyword arguments for the engine.
        engine_conn_id: connection of the service that a remote engine calls. What decides pixels in it
            becomes engine parameters; its host and key do not.
        brand: path of a brand kit; None means the one that the campaign document names, if any.
        copy_deck: path or ``gs://`` URI of the copy deck; None means the one that the campaign document
            names, or ``copy_deck.csv`` beside the manifest.
        locales: target locales to do; empty means all of the manifest.
        image_root: folder that image paths are relative to; default the manifest's own.
        plan_only: show the plan and return no shards.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "manifest",
        "engine",
        "engine_parameters",
        "engine_conn_id",
        "brand",
        "copy_deck",
        "locales",
        "image_root",
        "plan_only",
        "missing_ok",
    )
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        manifest: str,
        engine: str = "typeset",
        engine_parameters: Mapping[str, Any] | str | None = None,
        engine_conn_id: str | None = None,
        brand: str | None = None,
        copy_deck: str | None = None,
        locales: Sequence[str] | str = (),
        image_root: str | None = None,
        plan_only: bool | str = False,
        missing_ok: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.manifest = manifest
        self.engine = engine
        self.engine_parameters = engine_parameters
        self.engine_conn_id = engine_conn_id
        self.brand = brand
        self.copy_deck = copy_deck
        self.locales = locales
        self.image_root = image_root
        self.plan_only = plan_only
        self.missing_ok = missing_ok

    def execute(self, context: Context) -> list[dict[str, Any]]:
        from localizer.errors import ManifestNotFound
        from localizer.planning import Planned

        run = self.open_run()
        try:
            planned, brand, together = self._plan(run)
        except ManifestNotFound as error:
            if not as_bool(self.missing_ok, field="missing_ok"):
                raise
            context["ti"].xcom_push(key="plan", value=summarize(Planned("")) | {"skipped": str(error)})
            raise AirflowSkipException(f"nothing to do: {error}") from None
        summary = summarize(planned)
        context["ti"].xcom_push(key="plan", value=summary)
        self._show(planned, summary)
        if as_bool(self.plan_only, field="plan_only"):
            self.log.info("plan only: nothing is edited and nothing is published")
            return []
        most = conf.getint("core", "max_map_length")
        jobs = run.load_plan().jobs
        shards = shard_descriptors(jobs, max_shards=most, together=together)
        # Whoever edits must take the very kit that the job keys were made with.
        return [{**shard, "brand": brand, "plan": plan_digest(jobs)} for shard in shards]

    def _plan(self, run: Run) -> tuple[Planned, str | None, int]:
        """Save the plan; what it holds, the brand kit that it was made with, and how many jobs can wait side
        by side.

        Everything that can be wrong with the parameters is found here, before any image is edited.
        """
        from localizer.brand import load_brand
        from localizer.engines.base import concurrency_of
        from localizer.engines.registry import get_engine
        from localizer.manifest import open_manifest
        from localizer.merging import temporary_folder
        from localizer.planning import plan_to_file
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        # Manifest, deck and images may lie in other buckets than the workspace; the same key opens them.
        parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
        with (
            application_default_credentials(self.gcp_conn_id),
            use_access(self.engine, access),
            open_manifest(self.manifest, copy_deck=self.copy_deck or None) as manifest,
            temporary_folder() as folder,
        ):
            brand = self.brand or manifest.brand or None
            engine = get_engine(self.engine, **parameters)
            planned = plan_to_file(
                manifest,
                folder / "plan.parquet",
                workspace=self.open_workspace(),
                engine=engine,
                brand=load_brand(brand),
                image_root=self.image_root or None,
                locales=target_locales(self.locales),
            )
            run.save_plan_file(folder / "plan.parquet")
            return planned, brand, concurrency_of(engine)

    def _show(self, planned: Planned, summary: Mapping[str, Any]) -> None:
        self.log.info(
            "campaign %s: %d jobs, %d rejected, %d out of scope",
            planned.campaign,
            planned.jobs,
            planned.rejected,
            planned.out_of_scope,
        )
        for locale, count in summary["locales"].items():
            self.log.info("  %-12s %d", locale, count)
        for warning in planned.warnings:
            self.log.warning("%s", warning)
        for result in planned.first_rejected:
            self.log.warning("rejected %s · %s: %s", result.asset_id, result.locale, result.reason)
        if planned.rejected > len(planned.first_rejected):
            more = planned.rejected - len(planned.first_rejected)
            self.log.warning("%d more are rejected; the report has them all", more)


def plan_digest(jobs: Sequence[Job]) -> str:
    """Tells one plan from another: a shard's indices mean nothing in a plan that was made anew."""
    return hashlib.sha256("\n".join(job.key for job in jobs).encode()).hexdigest()[:16]


def target_locales(value: Sequence[str] | str | None) -> list[str]:
    """Normalised target locales out of a list or a comma-separated string.

    Raises:
        InputError: one of them is not a locale; names all that are not.
    """
    from localizer.locales import normalise_locale

    tags = value.split(",") if isinstance(value, str) else list(value or ())
    good, bad = [], []
    for tag in tags:
        if not tag.strip():
            continue
        try:
            good.append(normalise_locale(tag))
        except ValueError as error:
            bad.append(str(error))
    if bad:
        raise InputError(f"locales: {'; '.join(bad)}")
    return list(dict.fromkeys(good))


def as_bool(value: bool | str, *, field: str) -> bool:
    """A flag that may have come through a template as text.

    Raises:
        InputError: it is neither.
    """
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "": False}
    try:
        return known[str(value).strip().lower()]
    except KeyError:
        raise InputError(f"{field}: {value!r} is neither true nor false") from None


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


def shard_size(jobs: int, *, max_shards: int, together: int = 0) -> int:
    """How many jobs one mapped task does.

    Args:
        together: how many jobs the engine lets wait side by side; several share a task at once then, so that
            a slot of the pool is not spent on waiting.
    """
    if together > 1:
        return max(_SMALLEST_SHARD, together, _ceil(jobs, max_shards))
    if jobs <= min(ONE_TASK_AN_IMAGE_UP_TO, max_shards):
        return 1
    # About 64 tasks where that gives shards of a sensible size; never more than may be mapped.
    sensible = min(max(_ceil(jobs, ONE_TASK_AN_IMAGE_UP_TO), _SMALLEST_SHARD), _LARGEST_SHARD)
    return max(sensible, _ceil(jobs, max_shards))


def shard_descriptors(jobs: Sequence[Job], *, max_shards: int, together: int = 0) -> list[dict[str, Any]]:
    """What travels through XCom for each shard: its name, a label for people, indices into the plan."""
    size = shard_size(len(jobs), max_shards=max_shards, together=together)
    descriptors = []
    for number, start in enumerate(range(0, len(jobs), size)):
        indices = list(range(start, min(start + size, len(jobs))))
        label = jobs[start].label
        if len(indices) > 1:
            label = f"{label} … {jobs[indices[-1]].label} ({len(indices)})"
        descriptors.append({"shard": f"{number:04d}", "label": label, "jobs": indices})
    return descriptors


def _ceil(a: int, b: int) -> int:
    return -(-a // b)
