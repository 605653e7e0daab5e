"""Catalogs of many distinct images with a manifest, drawn by ``python -m benchmarks.catalog``."""

from benchmarks.catalog.drawing import KINDS, Picture, pictures
from benchmarks.catalog.writing import FORMATS, write_catalog

__all__ = ["FORMATS", "KINDS", "Picture", "pictures", "write_catalog"]
