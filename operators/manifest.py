"""Read a manifest, plan its jobs, cut them into shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from localizer.display import one_line
from localizer.errors import InputError
from operators.base import LocalizerOperator
from operators.shards import mapped_shards
from operators.tenants import reading_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.engines.base import Engine
    from localizer.planning import Planned
    from localizer.runs import Run

_SHOWN = 20


class LoadManifestOperator(LocalizerOperator):
    """Load and validate a manifest, plan its jobs and save the plan in the workspace.

    A manifest row that is wrong is a result row of the run (`failed`, with row and field); a manifest
    that cannot be read at all fails the task. Returns one small descriptor per shard, for
    `EditImagesOperator.partial(...).expand(shard=...)`::

        [{"shard": "0000", "label": "poster-01 · ja", "start": 0, "stop": 1, "plan": "81f0...", ...}, ...]

    What was done before is looked up here and needs no shard. Up to 64 images there is one shard an image,
    unless the engine waits for a service or is very quick; beyond, shards of some minutes by what an image
    took in earlier runs, or of 20 to 150 images; never more than Airflow's ``max_map_length``.
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

        missing_ok = as_bool(self.missing_ok, field="missing_ok")
        run = self.open_run()
        try:
            with reading_of(context["dag"].tags):
                planned, brand, engine = self._plan(run)
        except ManifestNotFound as error:
            if not missing_ok:
                raise
            context["ti"].xcom_push(key="plan", value=summarize(Planned("")) | {"skipped": str(error)})
            raise AirflowSkipException(f"nothing to do: {error}") from None
        summary = summarize(planned)
        context["ti"].xcom_push(key="plan", value=summary)
        self._show(planned, summary)
        if as_bool(self.plan_only, field="plan_only"):
            self.log.info("plan only: nothing is edited and nothing is published")
            return []
        return mapped_shards(run, self.open_workspace(), engine, brand=brand)

    def _plan(self, run: Run) -> tuple[Planned, str | None, Engine]:
        """Save the plan; what it holds, the brand kit that it was made with, and the engine.

        Everything that can be wrong with the parameters is found here, before any image is edited.
        """
        from localizer.brand import load_brand
        from localizer.engines.registry import get_engine
        from localizer.manifest import open_manifest
        from localizer.planning import plan_to_file
        from localizer.remote.access import use_access
        from localizer.runs.merging import temporary_folder
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
            return planned, brand, engine

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
            self.log.warning("%s", one_line(warning))
        for result in planned.first_rejected:
            told = map(one_line, (result.asset_id, result.locale, result.reason))
            self.log.warning("rejected %s · %s: %s", *told)
        if planned.rejected > len(planned.first_rejected):
            more = planned.rejected - len(planned.first_rejected)
            self.log.warning("%d more are rejected; the report has them all", more)


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
