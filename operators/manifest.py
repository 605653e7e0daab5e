"""Read a manifest, plan its jobs, cut them into shards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from localizer.errors import InputError
from operators.base import LocalizerOperator
from operators.shards import mapped_shards

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.engines.base import Engine
    from localizer.planning import Plan

_SHOWN = 20


class LoadManifestOperator(LocalizerOperator):
    """Load and validate a manifest, plan its jobs and save the plan in the workspace.

    A manifest row that is wrong is a result row of the run (`failed`, with row and field); a manifest
    that cannot be read at all fails the task. Returns one small descriptor per shard, for
    `EditImagesOperator.partial(...).expand(shard=...)`::

        [{"shard": "0000", "label": "poster-01 · ja", "start": 0, "stop": 1, "plan": "81f0...", ...}, ...]

    What was done before is looked up here and needs no shard. Up to 64 images there is one shard an image,
    unless the engine waits for a service or is very quick; beyond, shards of some minutes by what an image
    took in earlier runs, or of 20 to 50 images; never more than Airflow's ``max_map_length``.
    The XCom ``plan`` holds a summary: counts by locale, warnings, rejected rows.

    Args:
        manifest: path or ``gs://`` URI.
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

    def execute(self, context: Context) -> list[dict[str, Any]]:
        run = self.open_run()
        plan, brand, engine = self._plan()
        run.save_plan(plan)
        summary = summarize(plan)
        context["ti"].xcom_push(key="plan", value=summary)
        self._show(plan, summary)
        if as_bool(self.plan_only, field="plan_only"):
            self.log.info("plan only: nothing is edited and nothing is published")
            return []
        return mapped_shards(run, self.open_workspace(), engine, brand=brand)

    def _plan(self) -> tuple[Plan, str | None, Engine]:
        """The plan, the brand kit that it was made with, and the engine.

        Everything that can be wrong with the parameters is found here, before any image is edited.
        """
        from localizer.brand import load_brand
        from localizer.engines.registry import get_engine
        from localizer.manifest import load_manifest
        from localizer.planning import plan_manifest
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        # Manifest, deck and images may lie in other buckets than the workspace; the same key opens them.
        parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
        with application_default_credentials(self.gcp_conn_id), use_access(self.engine, access):
            manifest = load_manifest(self.manifest, copy_deck=self.copy_deck or None)
            brand = self.brand or manifest.brand or None
            engine = get_engine(self.engine, **parameters)
            plan = plan_manifest(
                manifest,
                workspace=self.open_workspace(),
                engine=engine,
                brand=load_brand(brand),
                image_root=self.image_root or None,
                locales=target_locales(self.locales),
            )
            return plan, brand, engine

    def _show(self, plan: Plan, summary: Mapping[str, Any]) -> None:
        self.log.info(
            "campaign %s: %d jobs, %d rejected, %d out of scope",
            plan.campaign,
            summary["jobs"],
            len(plan.rejected),
            summary["out_of_scope"],
        )
        for locale, count in summary["locales"].items():
            self.log.info("  %-12s %d", locale, count)
        for warning in plan.warnings:
            self.log.warning("%s", warning)
        for result in plan.rejected:
            self.log.warning("rejected %s · %s: %s", result.asset_id, result.locale, result.reason)


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


def summarize(plan: Plan) -> dict[str, Any]:
    """Counts of a plan, and the first warnings and rejections; small enough for XCom."""
    return {
        "campaign": plan.campaign,
        "jobs": len(plan.jobs),
        "locales": dict(sorted(Counter(job.locale for job in plan.jobs).items())),
        "out_of_scope": len(plan.out_of_scope),
        "warnings": list(plan.warnings[:_SHOWN]),
        "rejected": [
            {"asset_id": r.asset_id, "locale": r.locale, "reason": r.reason} for r in plan.rejected[:_SHOWN]
        ],
    }
