"""Which buckets a manifest may make us read. Our credentials may open many more than concern its author."""

from __future__ import annotations

import os
from collections.abc import Iterable

from localizer.storage.prefixes import is_bounded, outside

ALLOWED_BUCKETS = "LOCALIZER_ALLOWED_BUCKETS"


def refusal(uri: str, *, own: Iterable[str]) -> str:
    """Why a manifest may not name this ``gs://`` URI; empty if it may.

    Where `LOCALIZER_ALLOWED_BUCKETS` is set, if only to nothing, it may name those (comma-separated; ``*`` is
    any) and the buckets that whoever started the run named. Where it is not set, any. For a tenant's runs
    its own prefixes count instead, see `localizer.storage.prefixes.only_from`.

    Args:
        own: URIs that the manifest did not bring: its own, the image root's.
    """
    if is_bounded():
        return outside(uri)
    setting = os.environ.get(ALLOWED_BUCKETS)
    if setting is None:
        return ""
    bucket = _bucket(uri)
    listed = {name.strip().removeprefix("gs://").rstrip("/") for name in setting.split(",")}
    if bucket in {_bucket(each) for each in own if each.startswith("gs://")} | listed or "*" in listed:
        return ""
    return (
        f"{uri!r}: bucket {bucket} is neither the manifest's own nor allowed; "
        f"name it in {ALLOWED_BUCKETS} (comma-separated)"
    )


def _bucket(uri: str) -> str:
    return uri.removeprefix("gs://").partition("/")[0]
