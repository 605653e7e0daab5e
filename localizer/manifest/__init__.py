"""Manifests: what a campaign wants done, read strictly, one wrong row costing only its own job."""

from localizer.manifest.loading import load_manifest
from localizer.manifest.records import COLUMNS, REQUIRED, JobRows, Manifest, RawRow

__all__ = ["COLUMNS", "REQUIRED", "JobRows", "Manifest", "RawRow", "load_manifest"]
