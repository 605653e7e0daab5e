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

if TYPE_CHECKING:
    import httpx

    from localizer.storage import Storage

MAX_BYTES = 64 * 1024 * 1024
ALLOWED_HOSTS = "LOCALIZER_ALLOWED_HOSTS"
_TIMEOUT_SECONDS = 30.0
_TRIES = 3
_TOO_LARGE = f"is larger than {MAX_BYTES >> 20} MiB; export it smaller"


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
        self._hosts = frozenset(host.strip().casefold() for host in hosts if host.strip())

    def read(self, reference: str) -> bytes:
        """Content of an image.

        Raises:
            ImageError: not there, outside the root, on a host that is not allowed, or over 64 MiB.
            StorageUnavailable: the bucket or the host did not answer.
        """
        try:
            reference = parse_image(reference)
        except ValueError as error:
            raise ImageError(str(error)) from None
        if reference.startswith("https://"):
            return self._from_host(reference)
        if reference.startswith("gs://"):
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

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        # No redirects: the next host would not be the one that was allowed.
        return httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)

    def _from_host(self, url: str) -> bytes:
        parts = urlsplit(url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port not in {None, 443} else "")
        if host.casefold() not in self._hosts:
            raise ImageError(
                f"{url}: host {host} is not allowed; name it in {ALLOWED_HOSTS} (comma-separated)"
            )
        last = ""
        for _ in range(_TRIES):
            status, data = self._get(url)
            if status == 200:
                return data
            last = data.decode("utf-8", "replace") if status == 0 else f"HTTP {status}"
            if 300 <= status < 400:
                raise ImageError(
                    f"{url}: the server redirects elsewhere (HTTP {status}); give the final address"
                )
            if 0 < status < 500 and status not in {408, 429}:
                raise ImageError(f"{url}: cannot be fetched (HTTP {status})")
        raise StorageUnavailable(f"{url}: cannot be fetched now ({last}); run again later")

    def _get(self, url: str) -> tuple[int, bytes]:
        """Status and body; status 0 and a message if there was no answer."""
        import httpx

        try:
            with self._client.stream("GET", url) as response:
                body = bytearray()
                if response.status_code == 200:
                    for chunk in response.iter_bytes():
                        body += chunk
                        if len(body) > MAX_BYTES:
                            raise ImageError(f"{url} {_TOO_LARGE}")
                return response.status_code, bytes(body)
        except (httpx.TransportError, httpx.DecodingError) as error:
            return 0, (str(error) or type(error).__name__).encode()
        except httpx.InvalidURL as error:
            raise ImageError(f"{url}: is not a valid URL ({error})") from None
