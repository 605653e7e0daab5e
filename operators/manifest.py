"""Read a manifest, plan its jobs, cut them into shards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from localizer.errors import InputError
from localizer.runs.run import PLAN
from operators.base import LocalizerOperator, gcs_client
from operators.checking import (
    Faults,
    check_engine_parameters,
    check_folder,
    check_publish_target,
    form_titles,
)
from operators.lineage import lineage
from operators.shards import mapped_shards
from operators.tenants import reading_of

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk import Context

    from localizer.brand import BrandKit
    from localizer.engines.base import Engine
    from localizer.estimates import Estimate
    from localizer.manifest import ManifestStream
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
    What all of it will take is estimated (`localizer.estimates`): in the log, in the XCom ``plan`` and as a
    page, ``plan.html`` of the run. All that is wrong with the arguments is told in one error, before that.
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
        publish_uri: where the run will publish; only looked at, so that a target that cannot be used is told
            before an image is edited and not after the review. None: not looked at.
        campaign: folder to publish under; default as the manifest says.
        c2pa_conn_id: connection that the run will sign with; only looked at, too.
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
        "publish_uri",
        "campaign",
        "c2pa_conn_id",
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
        publish_uri: str | None = None,
        campaign: str | None = None,
        c2pa_conn_id: str | None = None,
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
        self.publish_uri = publish_uri
        self.campaign = campaign
        self.c2pa_conn_id = c2pa_conn_id

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
        read = [uri for uri in (self.manifest, self.copy_deck) if uri]
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
        from operators.hooks.c2pa import signing_key_of
        from operators.hooks.engines import own_parameters

        with faults.of("c2pa_conn_id"):
            signing_key_of(self.c2pa_conn_id)
        with ExitStack() as stack:
            ready = self._checked(stack, faults, missing_ok)
            workspace = self.open_workspace()
            folder = stack.enter_context(temporary_folder())
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
            )
            run.save_plan_file(folder / "plan.parquet")
            shards, estimate = mapped_shards(
                run,
                workspace,
                ready.engine,
                brand=ready.brand_path,
                fallbacks=ready.brand.engines,
                dry_run=dry_run,
            )
            return planned, shards, estimate

    def _checked(self, stack: ExitStack, faults: Faults, missing_ok: bool) -> _Ready:
        """Everything that the form names, opened until the stack is closed."""
        from localizer.brand import BrandKit, load_brand
        from localizer.errors import ManifestNotFound
        from localizer.manifest import open_manifest
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        locales: list[str] = []
        with faults.of("locales"):
            locales = target_locales(self.locales)
        parameters: dict[str, Any] = {}
        with faults.of("engine_conn_id"):
            parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
            stack.enter_context(use_access(self.engine, access))
        with faults.of("engine_parameters"):
            check_engine_parameters(parameters)
        engine = None
        with faults.of("engine"):
            engine = made_engine(self.engine, parameters)
        # Manifest, deck and images may lie in other buckets than the workspace; the same key opens them.
        with faults.of("gcp_conn_id"):
            stack.enter_context(application_default_credentials(self.gcp_conn_id))
        if self.image_root:
            with faults.of("image_root"):
                check_folder(self.image_root)
        manifest, not_found = None, None
        with faults.of("manifest"):
            try:
                opened = open_manifest(self.manifest, copy_deck=self.copy_deck or None)
                manifest = stack.enter_context(opened)
            except ManifestNotFound as error:
                not_found = error
        brand_path = self.brand or (manifest.brand if manifest else None) or None
        brand = BrandKit()
        with faults.of("brand"):
            brand = load_brand(brand_path)
        if manifest is not None:
            with faults.of("locales"):
                require_locales(locales, manifest)
            if self.publish_uri:
                with faults.of("publish_uri"):
                    check_publish_target(
                        self.publish_uri,
                        self.campaign or manifest.campaign,
                        client=gcs_client(self.publish_uri, self.gcp_conn_id),
                    )
        if not_found is not None:
            if missing_ok and not faults.found:
                raise not_found
            faults.add("manifest", not_found)
        faults.check()
        if manifest is None or engine is None:
            raise InputError("the manifest or the engine is missing")  # never: that is a fault
        return _Ready(manifest, engine, brand, brand_path, locales)

    def _keep(self, run: Run, estimate: Estimate, *, dry_run: bool) -> str:
        """Save the estimate and its page; where that is."""
        from localizer.report.plan_page import render_plan
        from localizer.runs.merging import temporary_folder

        with temporary_folder() as folder:
            render_plan(folder / "plan.html", estimate, run_id=run.run_id, dry_run=dry_run)
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


@dataclass(frozen=True, slots=True)
class _Ready:
    """What the form names, as it is used."""

    manifest: ManifestStream
    engine: Engine
    brand: BrandKit
    brand_path: str | None
    locales: list[str]


def made_engine(name: str, parameters: Mapping[str, Any]) -> Engine:
    """An engine with its parameters.

    Raises:
        InputError: it does not take them.
        ConfigurationError: there is none, or it lacks something.
    """
    from localizer.engines.registry import get_engine

    try:
        return get_engine(name, **parameters)
    except TypeError as error:
        raise InputError(f"{name} does not take these engine parameters: {error}") from None


def require_locales(wanted: Sequence[str], manifest: ManifestStream) -> None:
    """Refuse target locales that the manifest has no row for.

    Raises:
        InputError: names all of them.
    """
    unknown = [locale for locale in wanted if locale not in manifest.locales]
    if unknown:
        have = ", ".join(manifest.locales) or "none"
        raise InputError(
            f"{', '.join(unknown)}: the manifest has no such row; it has {have}. Choose among these, or none "
            "for all"
        )


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


def as_bool(value: bool | str | None, *, field: str) -> bool:
    """A flag that may have come through a template as text, or been left empty.

    Raises:
        InputError: it is neither.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
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
