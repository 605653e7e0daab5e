"""Reading source images: from the image root, a bucket, or an allowed host, and from nowhere else."""

from __future__ import annotations

import os
import stat
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from localizer.errors import ConfigurationError, ImageError, StorageError, StorageUnavailable
from localizer.manifest.values import parse_image
from localizer.storage.buckets import refusal

if TYPE_CHECKING:
    from localizer.hosts import HostReader
    from localizer.storage import Storage

MAX_BYTES = 64 * 1024 * 1024
_TRIES = 3
_TOO_LARGE = f"is larger than {MAX_BYTES >> 20} MiB; export it smaller"


class SourceReader:
    """Reads images by the references of a manifest. May be used by several threads.

    Args:
        root: folder or ``gs://bucket/prefix`` that relative references start from. Nothing local outside
            it is ever read, symbolic links included.
        manifest: where the manifest is; images may name its bucket, the root's, and those that are
            allowed (`localizer.storage.buckets`).
    """

    def __init__(self, root: str, *, manifest: str = "") -> None:
        self._own = (root, manifest)
        self._root = unquote(urlsplit(root).path) if root.startswith("file://") else root
        self._lock = threading.Lock()
        self._storages: dict[str, Storage] = {}

    def read(self, reference: str) -> bytes:
        """Content of an image.

        Raises:
            ImageError: not there, outside the root, on a host or in a bucket that is not allowed, or over
                64 MiB.
            StorageUnavailable: the bucket or the host did not answer.
        """
        try:
            reference = parse_image(reference)
        except ValueError as error:
            raise ImageError(str(error)) from None
        if reference.startswith("https://"):
            return self._from_host(reference)
        if reference.startswith("gs://"):
            if refused := refusal(reference, own=self._own):
                raise ImageError(refused)
            bucket, _, name = reference.removeprefix("gs://").partition("/")
            return self._from_bucket(f"gs://{bucket}", name)
        if self._root.startswith("gs://"):
            return self._from_bucket(self._root, reference)
        return self._from_folder(reference)

    def _from_folder(self, reference: str) -> bytes:
        root = Path(self._root).resolve()
        try:
            path = (root / reference).resolve(strict=True)
            if not path.is_relative_to(root):
                raise ImageError(f"{reference!r} is a link that leaves the image root")
            # O_NONBLOCK: a named pipe must not hang us; O_NOFOLLOW: nor may a link be slipped in by now.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with os.fdopen(handle, "rb") as file:
                facts = os.fstat(handle)
                if not stat.S_ISREG(facts.st_mode):
                    raise ImageError(f"{reference!r} is not a file")
                if facts.st_size > MAX_BYTES:
                    raise ImageError(f"{reference!r} {_TOO_LARGE}")
                return file.read(MAX_BYTES)
        except FileNotFoundError:
            raise ImageError(f"{reference!r} is not there (below {self._root})") from None
        except (OSError, RuntimeError, ValueError) as error:
            raise ImageError(f"{reference!r} cannot be read ({error})") from None

    def _from_bucket(self, root: str, name: str) -> bytes:
        try:
            storage = self._storage(root)
            known = storage.stat(name)
            if known is None:
                raise ImageError(f"{root}/{name} is not there")
            if known.size > MAX_BYTES:
                raise ImageError(f"{root}/{name} {_TOO_LARGE}")
            return storage.read(name)
        except (StorageError, ConfigurationError) as error:
            raise ImageError(f"{root}/{name}: {error}") from error

    def _storage(self, root: str) -> Storage:
        from localizer.storage import open_storage

        with self._lock:  # one client per bucket, not one per image
            if root not in self._storages:
                self._storages[root] = open_storage(root)
            return self._storages[root]

    def _from_host(self, url: str) -> bytes:
        from localizer.hosts import NoAnswer, without_query

        shown, last = without_query(url), ""
        for _ in range(_TRIES):
            try:
                answer = self._host_reader.get(url)
            except NoAnswer as error:
                last = str(error)
                continue
            status, last = answer.status, f"HTTP {answer.status}"
            if status == 200:
                return answer.body
            if 300 <= status < 400:
                raise ImageError(
                    f"{shown}: the server redirects elsewhere (HTTP {status}); give the final address"
                )
            if status < 500 and status not in {408, 429}:
                raise ImageError(f"{shown}: cannot be fetched (HTTP {status})")
        raise StorageUnavailable(f"{shown}: cannot be fetched now ({last}); run again later")

    @cached_property
    def _host_reader(self) -> HostReader:
        from localizer.hosts import HostReader

        return HostReader(max_bytes=MAX_BYTES)
