"""Whether a path or ``gs://`` URI lies below a prefix, and a process that may read only below some."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from localizer.errors import InputError

_ONLY_FROM = "LOCALIZER_ONLY_FROM"


def normal(value: str) -> str:
    """One way to write an absolute path or ``gs://`` URI: no ``file://``, no slash at the end.

    Raises:
        InputError: not absolute, of another scheme, or with a ``..``, ``.`` or empty segment, which could
            mean another place than it seems to.
    """
    if any(ord(character) < 0x20 for character in value) or "\\" in value:
        raise InputError(f"{value!r} holds a backslash or a control character")
    scheme, found, rest = value.partition("://")
    if found and scheme == "file":
        parts = urlsplit(value)
        if parts.netloc not in {"", "localhost"}:
            raise InputError(f"{value!r} does not name a local path; write file:///absolute/path")
        rest = unquote(parts.path)
    elif found and scheme != "gs":
        raise InputError(f"{value!r} is neither an absolute path nor gs://bucket/...")
    on_gcs = bool(found) and scheme == "gs"
    path = rest if found else value
    if not on_gcs and not path.startswith("/"):
        raise InputError(f"{value!r} is not an absolute path")
    segments = path.strip("/").split("/") if path.strip("/") else []
    if {"", ".", ".."} & set(segments) or "\x00" in path:
        raise InputError(f"{value!r} holds an empty, '.' or '..' segment; write the place itself")
    if on_gcs and (not segments or path.startswith("/")):
        raise InputError(f"{value!r} names no bucket")
    return ("gs://" if on_gcs else "/") + "/".join(segments)


def is_inside(value: str, prefix: str) -> bool:
    """Whether a place is a prefix or lies below it; a local one with links followed, its folder's too.

    Raises:
        InputError: see `normal`.
    """
    value, prefix = normal(value), normal(prefix)
    if value.startswith("gs://") or prefix.startswith("gs://"):
        return _below(value, prefix)
    real = os.path.realpath(prefix)
    folder = value if value == prefix else os.path.dirname(value)
    return _below(os.path.realpath(value), real) and _below(os.path.realpath(folder), real)


def _below(value: str, prefix: str) -> bool:
    return value == prefix or value.startswith(f"{prefix.rstrip('/')}/")


@contextmanager
def only_from(prefixes: Iterable[str]) -> Iterator[None]:
    """Let this process and those that it starts read manifests, copy decks and images only below prefixes."""
    before = os.environ.get(_ONLY_FROM)
    os.environ[_ONLY_FROM] = json.dumps(list(prefixes))
    try:
        yield
    finally:
        if before is None:
            del os.environ[_ONLY_FROM]
        else:
            os.environ[_ONLY_FROM] = before


def is_bounded() -> bool:
    """Whether `only_from` is in force."""
    return _ONLY_FROM in os.environ


def outside(place: str) -> str:
    """Why a place may not be read under `only_from`; empty if it may, or where that is not in force."""
    if not is_bounded():
        return ""
    prefixes = json.loads(os.environ[_ONLY_FROM])
    try:
        if any(is_inside(place, prefix) for prefix in prefixes):
            return ""
    except InputError as error:
        return str(error)
    return f"{place!r} is outside what this campaign's tenant may read: {', '.join(prefixes)}"
