"""Content types by file extension, the same on every machine (the system's MIME tables differ)."""

from __future__ import annotations

import posixpath

_BY_EXTENSION = {
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".csv": "text/csv; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


def content_type_of(name: str) -> str:
    """``image/png`` for ``a/b.PNG``; ``application/octet-stream`` for what is not known."""
    return _BY_EXTENSION.get(posixpath.splitext(name)[1].lower(), "application/octet-stream")
