"""What a run is given, looked at as a whole and opened: its manifest, brand, engine and places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localizer.errors import InputError
from operators.base import LocalizerOperator, gcs_client
from operators.checking import (
    Faults,
    check_engine_parameters,
    check_folder,
    check_publish_target,
    target_locales,
)

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine
    from localizer.manifest import ManifestStream


class ManifestOperator(LocalizerOperator):
    """For tasks that read the manifest of a run: the first of them tells all that is wrong with what the run
    was given in one error, before anything is read from an image, translated, edited or paid for.

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
        copy_deck: path or ``gs://`` URI of a copy deck, of a folder of decks, or several with commas between;
            None means what the campaign document names, or what lies beside the manifest as ``copy_deck``.
        locales: target locales to do; empty means all of the manifest.
        image_root: folder that image paths are relative to; default the manifest's own.
        plan_only: a dry run.
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

    def opened(self, stack: ExitStack, faults: Faults, *, missing_ok: bool) -> Opened:
        """Everything that the run is given, open until the stack is closed.

        Raises:
            InputError: something is wrong; names each field.
            ManifestNotFound: that is allowed, and nothing else is wrong.
        """
        from localizer.brand import BrandKit, load_brand
        from localizer.errors import ManifestNotFound
        from localizer.manifest import open_manifest
        from operators.hooks.c2pa import signing_key_of
        from operators.hooks.gcs import application_default_credentials

        with faults.of("c2pa_conn_id"):
            signing_key_of(self.c2pa_conn_id)
        locales: list[str] = []
        with faults.of("locales"):
            locales = target_locales(self.locales)
        engine = self._engine(stack, faults)
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
            self._look_at_target(faults, manifest)
        self.check_further(stack, faults)
        if not_found is not None:
            if missing_ok and not faults.found:
                raise not_found
            faults.add("manifest", not_found)
        faults.check()
        if manifest is None or engine is None:
            raise InputError("the manifest or the engine is missing")  # never: that is a fault
        return Opened(manifest, engine, brand, brand_path, locales)

    def _engine(self, stack: ExitStack, faults: Faults) -> Engine | None:
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings

        parameters: dict[str, Any] = {}
        with faults.of("engine_conn_id"):
            parameters, access = engine_settings(self.engine, self.engine_conn_id, self.engine_parameters)
            stack.enter_context(use_access(self.engine, access))
        with faults.of("engine_parameters"):
            check_engine_parameters(parameters)
        with faults.of("engine"):
            return made_engine(self.engine, parameters)
        return None

    def _look_at_target(self, faults: Faults, manifest: ManifestStream) -> None:
        if not self.publish_uri:
            return
        with faults.of("publish_uri"):
            check_publish_target(
                self.publish_uri,
                self.campaign or manifest.campaign,
                client=gcs_client(self.publish_uri, self.gcp_conn_id),
            )

    def check_further(self, stack: ExitStack, faults: Faults) -> None:
        """Look at what only one of the tasks uses; for subclasses."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a run is given, as it is used.

    Attributes:
        brand_path: where the brand kit is; None: there is none.
        locales: to do; empty: all of the manifest.
    """

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
