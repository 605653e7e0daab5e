"""Manifests: what a campaign wants done, read strictly, one wrong row costing only its own job."""

from localizer.manifest.loading import ManifestStream, load_manifest, open_manifest
from localizer.manifest.records import COLUMNS, REQUIRED, JobRows, Manifest, RawRow

__all__ = [
    "COLUMNS",
    "REQUIRED",
    "JobRows",
    "Manifest",
    "ManifestStream",
    "RawRow",
    "load_manifest",
    "open_manifest",
]
