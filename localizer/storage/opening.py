"""From a URI to a storage."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from localizer.errors import ConfigurationError
from localizer.storage.base import Storage
from localizer.storage.gcs import GcsStorage
from localizer.storage.local import LocalStorage


def open_storage(uri: str, *, client: Any = None) -> Storage:
    """The storage rooted at `uri`.

    Args:
        uri: a path, ``file:///path`` or ``gs://bucket/prefix``.
        client: a ``google.cloud.storage.Client`` to use for ``gs://`` (Airflow's hook gives one); without
            it Application Default Credentials are used, or the emulator at ``STORAGE_EMULATOR_HOST``.

    Raises:
        ConfigurationError: another kind of URI, or Google Cloud Storage cannot be used here.
        StorageError: the path is a file.
    """
    if uri.startswith("gs://"):
        return GcsStorage.at(uri, client=client)

    if uri.startswith("file://"):
        parts = urlsplit(uri)
        if parts.netloc not in {"", "localhost"} or not parts.path:
            raise ConfigurationError(f"{uri!r} does not name a local folder; write file:///absolute/path")
        return LocalStorage(unquote(parts.path))
    if not uri.strip() or "://" in uri:
        raise ConfigurationError(f"cannot store at {uri!r}; use a path, file:///path or gs://bucket/prefix")
    return LocalStorage(uri)
