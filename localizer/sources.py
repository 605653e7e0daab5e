"""Reading source images: from the image root, a bucket, or an allowed host, and from nowhere else."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from localizer import source_identity
from localizer.errors import ConfigurationError, ImageError, StorageError, StorageUnavailable
from localizer.manifest.values import parse_image

if TYPE_CHECKING:
    import httpx

    from localizer.storage import Storage

MAX_BYTES = 64 * 1024 * 1024
ALLOWED_HOSTS = "LOCALIZER_ALLOWED_HOSTS"
_TIMEOUT_SECONDS = 30.0
_TRIES = 3
_TOO_LARGE = f"is larger than {MAX_BYTES >> 20} MiB; export it smaller"


class Fetched(NamedTuple):
    """An image as its source has it.

    Attributes:
        data: None where it is still the one that was asked about.
        identity: see `localizer.source_identity`; empty where nothing can be relied on.
    """

    data: bytes | None
    identity: str


class SourceReader:
    """Reads images by the references of a manifest. May be used by several threads.

    Args:
        root: folder or ``gs://bucket/prefix`` that relative references start from. Nothing local outside
            it is ever read, symbolic links included.
    """

    def __init__(self, root: str) -> None:
        self._root = unquote(urlsplit(root).path) if root.startswith("file://") else root
        hosts = os.environ.get(ALLOWED_HOSTS, "").split(",")
        self._lock = threading.Lock()
        self._storages: dict[str, Storage] = {}
        self._mounts = source_identity.Mounts()
        self._hosts = frozenset(host.strip().casefold() for host in hosts if host.strip())

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
            ImageError: not there, outside the root, on a host that is not allowed, or over 64 MiB.
            StorageUnavailable: the bucket or the host did not answer.
        """
        try:
            reference = parse_image(reference)
        except ValueError as error:
            raise ImageError(str(error)) from None
        if reference.startswith("https://"):
            return self._from_host(reference, known)
        bucket, name = self.in_bucket(reference)
        return self._from_bucket(bucket, name, known) if bucket else self._from_folder(reference, known)

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

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        # No redirects: the next host would not be the one that was allowed.
        return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)

    def _from_host(self, url: str, known: str) -> Fetched:
        parts = urlsplit(url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in {None, 443} else "")
        if host.casefold() not in self._hosts:
            raise ImageError(
                f"{url}: host {host} is not allowed; name it in {ALLOWED_HOSTS} (comma-separated)"
            )
        last = ""
        for _ in range(_TRIES):
            status, data, headers = self._get(url, source_identity.condition(known))
            if status == 200:
                return Fetched(data, source_identity.of_answer(headers))
            if status == 304 and known:
                return Fetched(None, known)
            last = data.decode("utf-8", "replace") if status == 0 else f"HTTP {status}"
            if 300 <= status < 400:
                raise ImageError(
                    f"{url}: the server redirects elsewhere (HTTP {status}); give the final address"
                )
            if 0 < status < 500 and status not in {408, 429}:
                raise ImageError(f"{url}: cannot be fetched (HTTP {status})")
        raise StorageUnavailable(f"{url}: cannot be fetched now ({last}); run again later")

    def _get(self, url: str, asked: Mapping[str, str]) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers; status 0 and a message if there was no answer."""
        import httpx

        try:
            with self._client.stream("GET", url, headers=asked) as response:
                body = bytearray()
                if response.status_code == 200:
                    for chunk in response.iter_bytes():
                        body += chunk
                        if len(body) > MAX_BYTES:
                            raise ImageError(f"{url} {_TOO_LARGE}")
                return response.status_code, bytes(body), response.headers
        except (httpx.TransportError, httpx.DecodingError) as error:
            return 0, (str(error) or type(error).__name__).encode(), {}
        except httpx.InvalidURL as error:
            raise ImageError(f"{url}: is not a valid URL ({error})") from None
