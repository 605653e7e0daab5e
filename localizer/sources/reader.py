"""Reading source images: from the image root, a bucket, or an allowed host, and from nowhere else."""

from __future__ import annotations

import os
import stat
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from localizer.errors import ConfigurationError, ImageError, StorageError, StorageUnavailable
from localizer.manifest.values import parse_image
from localizer.sources import identity as source_identity
from localizer.storage.buckets import refusal

if TYPE_CHECKING:
    from localizer.sources.hosts import HostReader
    from localizer.storage import Storage

MAX_BYTES = 64 * 1024 * 1024
_TRIES = 3
_TOO_LARGE = f"is larger than {MAX_BYTES >> 20} MiB; export it smaller"


class Fetched(NamedTuple):
    """An image as its source has it.

    Attributes:
        data: None where it is still the one that was asked about.
        identity: see `localizer.sources.identity`; empty where nothing can be relied on.
    """

    data: bytes | None
    identity: str


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
        self._mounts = source_identity.Mounts()

    @property
    def root(self) -> str:
        """Absolute path or ``gs://`` URI of the root."""
        return self._root if self._root.startswith("gs://") else os.path.abspath(self._root)

    def read(self, reference: str) -> bytes:
        """Content of an image; raises like `fetch`."""
        data = self.fetch(reference).data
        assert data is not None  # noqa: S101  nothing was known
        return data

    def fetch(self, reference: str, known: str = "") -> Fetched:
        """Content of an image, unless it is still the one known.

        Args:
            known: identity of the image that was read before.

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
            return self._from_host(reference, known)
        if refused := self.refusal(reference):
            raise ImageError(refused)
        bucket, name = self.in_bucket(reference)
        return self._from_bucket(bucket, name, known) if bucket else self._from_folder(reference, known)

    def refusal(self, reference: str) -> str:
        """Why a reference to a bucket may not be followed; empty if it may."""
        return refusal(reference, own=self._own) if reference.startswith("gs://") else ""

    def in_bucket(self, reference: str) -> tuple[str, str]:
        """``gs://`` URI and name below it, for what lies in a bucket; else two empty strings."""
        if reference.startswith("gs://"):
            bucket, _, name = reference.removeprefix("gs://").partition("/")
            return f"gs://{bucket}", name
        if self._root.startswith("gs://") and not reference.startswith("https://"):
            return self._root, reference
        return "", ""

    def _from_folder(self, reference: str, known: str) -> Fetched:
        root = Path(self._root).resolve()
        try:
            path = (root / reference).resolve(strict=True)
            if not path.is_relative_to(root):
                raise ImageError(f"{reference!r} is a link that leaves the image root")
            # O_NONBLOCK: a named pipe must not hang us; O_NOFOLLOW: nor may a link be slipped in by now.
            # Opening asks a network file system anew; looking at the path alone might tell what it was.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            with os.fdopen(handle, "rb") as file:
                before = os.fstat(handle)
                if not stat.S_ISREG(before.st_mode):
                    raise ImageError(f"{reference!r} is not a file")
                if before.st_size > MAX_BYTES:
                    raise ImageError(f"{reference!r} {_TOO_LARGE}")
                dated = self._mounts.keep_ctime(path)
                if known and dated and source_identity.of_file(before) == known:
                    return Fetched(None, known)
                data = file.read(MAX_BYTES)
                identity = source_identity.of_file(os.fstat(handle)) if dated else ""
                # What changed while it was read may be half old and half new.
                return Fetched(data, identity if identity == source_identity.of_file(before) else "")
        except FileNotFoundError:
            raise ImageError(f"{reference!r} is not there (below {self._root})") from None
        except (OSError, RuntimeError, ValueError) as error:
            raise ImageError(f"{reference!r} cannot be read ({error})") from None

    def _from_bucket(self, root: str, name: str, known: str) -> Fetched:
        try:
            storage = self.storage(root)
            info = storage.stat(name)
            if info is None:
                raise ImageError(f"{root}/{name} is not there")
            if info.size > MAX_BYTES:
                raise ImageError(f"{root}/{name} {_TOO_LARGE}")
            if known and source_identity.of_object(info) == known:
                return Fetched(None, known)
            data, info = storage.read_with_info(name)
            return Fetched(data, source_identity.of_object(info))
        except (StorageError, ConfigurationError) as error:
            raise ImageError(f"{root}/{name}: {error}") from error

    def storage(self, root: str) -> Storage:
        """The storage at a ``gs://`` URI."""
        from localizer.storage import open_storage

        with self._lock:  # one client per bucket, not one per image
            if root not in self._storages:
                self._storages[root] = open_storage(root)
            return self._storages[root]

    def _from_host(self, url: str, known: str) -> Fetched:
        from localizer.sources.hosts import NoAnswer, without_query

        shown, last = without_query(url), ""
        for _ in range(_TRIES):
            try:
                answer = self._host_reader.get(url, source_identity.condition(known))
            except NoAnswer as error:
                last = str(error)
                continue
            status, last = answer.status, f"HTTP {answer.status}"
            if status == 200:
                return Fetched(answer.body, source_identity.of_answer(answer.headers))
            if status == 304 and known:
                return Fetched(None, known)
            if 300 <= status < 400:
                raise ImageError(
                    f"{shown}: the server redirects elsewhere (HTTP {status}); give the final address"
                )
            if status < 500 and status not in {408, 429}:
                raise ImageError(f"{shown}: cannot be fetched (HTTP {status})")
        raise StorageUnavailable(f"{shown}: cannot be fetched now ({last}); run again later")

    @cached_property
    def _host_reader(self) -> HostReader:
        from localizer.sources.hosts import HostReader

        return HostReader(max_bytes=MAX_BYTES)
