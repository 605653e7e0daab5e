"""A manifest out of a form, for a job that cannot wait for a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from localizer.errors import InputError
from operators.base import LocalizerOperator
from operators.checking import Faults, check_folder, form_titles, target_locales

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.manifest.pasted import Pasted


class WriteManifestOperator(LocalizerOperator):
    """Write what a form says as a manifest of the run, for `LoadManifestOperator`.

    Either `images` with `instructions` and `locales`, or `rows`. Returns ``{"manifest", "image_root",
    "campaign"}``: where it is, the folder of its images, and a name to publish under that no other campaign
    has by chance.

    Args:
        images: absolute paths, ``gs://`` or ``https://`` addresses.
        instructions: what to change in each of them, a sentence each.
        locales: target locales.
        source_locale: of the images.
        rows: pasted rows, see `localizer.manifest.pasted`.
        image_root: folder of the images that pasted rows name.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "images",
        "instructions",
        "locales",
        "source_locale",
        "rows",
        "image_root",
    )
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        images: Sequence[str] | str | None = None,
        instructions: Sequence[str] | str | None = None,
        locales: Sequence[str] | str | None = None,
        source_locale: str | None = None,
        rows: str | None = None,
        image_root: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.images = images
        self.instructions = instructions
        self.locales = locales
        self.source_locale = source_locale
        self.rows = rows
        self.image_root = image_root

    def execute(self, context: Context) -> dict[str, str]:
        from localizer.manifest.values import safe_name

        manifest = self._manifest(Faults(form_titles(context)))
        uri = self.open_run().save_manifest(manifest.name, manifest.data)
        self.log.info("manifest: %s", uri)
        at = context["dag_run"].run_after
        named = manifest.first or format(at, "%Y%m%d-%H%M%S")
        if images := _lines(self.images):
            # By the places too: any product has a hero.png, and the next job's would take this one's place.
            places = "\n".join(sorted(images)).encode("utf-8", "surrogatepass")
            named = f"{named[:40]}-{hashlib.sha256(places).hexdigest()[:6]}"
        campaign = safe_name(f"rush-{named}")
        return {"manifest": uri, "image_root": manifest.image_root, "campaign": campaign}

    def _manifest(self, faults: Faults) -> Pasted:
        from localizer.locales import normalise_locale
        from localizer.manifest.pasted import pasted_rows, rows_for

        images, instructions = _lines(self.images), _lines(self.instructions)
        manifest = None
        if self.rows and self.rows.strip():
            with faults.of("rows"):
                if images or instructions:
                    raise InputError(
                        "rows are pasted and images named; give one or the other, and empty the rest"
                    )
                manifest = pasted_rows(self.rows, image_root=self.image_root or "")
            if self.image_root:
                with faults.of("image_root"):
                    check_folder(self.image_root)
        else:
            locales: list[str] = []
            with faults.of("locales"):
                locales = target_locales(self.locales)
            with faults.of("source_locale"):
                try:
                    source_locale = normalise_locale(self.source_locale) if self.source_locale else ""
                except ValueError as error:
                    raise InputError(str(error)) from None
            if not faults.found:
                with faults.of("images"):
                    manifest = rows_for(images, instructions, locales=locales, source_locale=source_locale)
        faults.check()
        if manifest is None:
            raise InputError("there is no manifest")  # never: that is a fault
        return manifest


def _lines(value: Sequence[str] | str | None) -> list[str]:
    """What is in a list, or in the lines of a text."""
    lines = value.splitlines() if isinstance(value, str) else list(value or ())
    return [line.strip() for line in lines if line.strip()]
