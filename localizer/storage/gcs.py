"""Google Cloud Storage.

Conditional writes are exactly-once even when an answer gets lost: each write carries a random token in the
object's metadata (``localizer-write``). When a retried request comes back "precondition failed", the object
is looked up, and only if it bears this very call's token was it ours all along. Equal content alone is no
proof: `create` raises `PreconditionFailed` for it.
"""

from __future__ import annotations

import io
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from localizer.errors import (
    ChecksumMismatch,
    ConfigurationError,
    LocalizerError,
    ObjectNotFound,
    ObjectReplaced,
    PreconditionFailed,
    StorageError,
    StorageUnavailable,
)
from localizer.storage.base import Content, ObjectInfo
from localizer.storage.checksums import crc32c, crc32c_of
from localizer.storage.names import checked, checked_prefix
from localizer.storage.reading import ranged_reader

_TIMEOUT_S = (10.0, 120.0)  # to connect, and between two answers
_RETRY_FOR_S = 180.0
_LARGE = 8 << 20  # from here on Google's client uploads in a resumable session
_TOKEN = "localizer-write"  # noqa: S105 - a metadata key, not a secret
_URI = re.compile(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:/(?P<prefix>.*))?")


class GcsStorage:
    """Objects of one bucket below one prefix. Safe to use from several threads.

    Args:
        client: a ``google.cloud.storage.Client``.
        bucket: its name.
        prefix: without slashes at the ends; ``""`` is the whole bucket.
    """

    def __init__(self, client: Any, bucket: str, prefix: str = "") -> None:
        self._client = client
        self._bucket = client.bucket(bucket)
        self._below = f"{checked(prefix)}/" if prefix else ""

    @classmethod
    def at(cls, uri: str, *, client: Any = None) -> GcsStorage:
        """The storage at ``gs://bucket/prefix``.

        Raises:
            ConfigurationError: a malformed URI, google-cloud-storage is missing, or there are no credentials.
        """
        parts = _URI.fullmatch(uri)
        if parts is None:
            raise ConfigurationError(f"{uri!r} is not of the form gs://bucket/prefix")
        return cls(client or _default_client(), parts["bucket"], (parts["prefix"] or "").strip("/"))

    def __repr__(self) -> str:
        return f"GcsStorage({self.uri!r})"

    @property
    def uri(self) -> str:
        return f"gs://{self._bucket.name}/{self._below}".rstrip("/")

    def uri_of(self, name: str) -> str:
        return f"gs://{self._bucket.name}/{self._below}{checked(name)}"

    def read(self, name: str) -> bytes:
        return self.read_with_info(name)[0]

    def read_with_info(self, name: str) -> tuple[bytes, ObjectInfo]:
        blob = self._blob(name)
        with self._translated(name, "storage.objects.get"):
            data: bytes = _until_whole(
                lambda: blob.download_as_bytes(checksum="crc32c", timeout=_TIMEOUT_S, retry=_retry())
            )
        # The answer to a download names the generation and the checksum of what was sent.
        actual = crc32c(data)
        if blob.crc32c != actual:
            raise ChecksumMismatch(
                f"{self.uri_of(name)} was damaged on the way: {actual}, stored {blob.crc32c}"
            )
        return data, ObjectInfo(name, len(data), int(blob.generation), actual)

    def open(self, name: str) -> BinaryIO:
        found = self._look_up(name)
        if found is None:
            raise ObjectNotFound(f"no such object: {self.uri_of(name)}")
        pinned = self._bucket.blob(found.name, generation=int(found.generation))

        def read_range(start: int, stop: int) -> bytes:
            try:
                with self._translated(name, "storage.objects.get"):
                    data: bytes = _until_whole(
                        lambda: pinned.download_as_bytes(
                            start=start, end=stop - 1, checksum=None, timeout=_TIMEOUT_S, retry=_retry()
                        )
                    )
            except ObjectNotFound as error:
                raise ObjectReplaced(f"{self.uri_of(name)} was replaced while it was read") from error
            return data

        return ranged_reader(read_range, int(found.size), found.crc32c, self.uri_of(name))

    def stat(self, name: str) -> ObjectInfo | None:
        blob = self._look_up(name)
        return None if blob is None else _info(name, blob)

    def write(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        return self._upload(name, data, content_type, generation=None)

    def create(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        return self._upload(name, data, content_type, generation=0)

    def swap(
        self, name: str, data: Content, *, generation: int, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        # A swapped object is one that changes (a pointer): caches must ask before they serve it.
        return self._upload(name, data, content_type, generation=generation, cache_control="no-cache")

    def delete(self, name: str, *, generation: int | None = None) -> None:
        try:
            with self._translated(name, "storage.objects.delete"):
                self._blob(name).delete(if_generation_match=generation, timeout=_TIMEOUT_S, retry=_retry())
        except ObjectNotFound:
            pass  # removed before, perhaps by this very call whose answer was lost

    def names(self, prefix: str = "") -> Iterator[str]:
        for blob in self._list(prefix, "name"):
            yield blob.name.removeprefix(self._below)

    def infos(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for blob in self._list(prefix, "name,size,generation,crc32c,updated"):
            yield _info(blob.name.removeprefix(self._below), blob)

    def folders(self, prefix: str = "") -> Iterator[str]:
        full = self._below + checked_prefix(prefix)
        with self._translated(prefix or ".", "storage.objects.list", bucket_only=True):
            pages = self._client.list_blobs(
                self._bucket,
                prefix=full,
                delimiter="/",
                fields="prefixes,nextPageToken",
                timeout=_TIMEOUT_S,
                retry=_retry(),
            ).pages
            for page in pages:
                for name in sorted(page.prefixes):
                    yield name.removeprefix(full).rstrip("/")

    def _list(self, prefix: str, fields: str) -> Iterator[Any]:
        """The blobs below a prefix, page by page, in the order of their names, which is the bucket's."""
        full = self._below + checked_prefix(prefix)
        with self._translated(prefix or ".", "storage.objects.list", bucket_only=True):
            for blob in self._client.list_blobs(
                self._bucket,
                prefix=full,
                fields=f"items({fields}),nextPageToken",
                timeout=_TIMEOUT_S,
                retry=_retry(),
            ):
                if not blob.name.endswith("/"):
                    yield blob

    def _blob(self, name: str) -> Any:
        return self._bucket.blob(self._below + checked(name))

    def _look_up(self, name: str) -> Any:
        """The blob with its metadata loaded, or None."""
        blob = self._blob(name)
        try:
            with self._translated(name, "storage.objects.get"):
                blob.reload(timeout=_TIMEOUT_S, retry=_retry())
        except ObjectNotFound:
            return None
        return blob

    def _upload(
        self,
        name: str,
        data: Content,
        content_type: str,
        *,
        generation: int | None,
        cache_control: str | None = None,
    ) -> ObjectInfo:
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        if generation is not None and size > _LARGE:
            # The condition below decides; looking first only spares sending a large body in vain.
            existing = self._look_up(name)
            if (0 if existing is None else int(existing.generation)) != generation:
                raise PreconditionFailed(
                    f"{self.uri_of(name)} exists already or was changed by another writer"
                )
        blob = self._blob(name)
        blob.cache_control = cache_control
        token = secrets.token_hex(16)
        blob.metadata = {_TOKEN: token}
        expected = crc32c_of(data)
        try:
            with self._translated(name, "storage.objects.create", bucket_only=True), _opened(data) as file:
                blob.chunk_size = _LARGE  # of a session; Google's client would hold 100 MB at a time
                blob.upload_from_file(
                    file,
                    size=size,
                    content_type=content_type,
                    if_generation_match=generation,
                    checksum="crc32c",
                    timeout=_TIMEOUT_S,
                    # Safe without a condition too: writing the same bytes again changes nothing that counts.
                    retry=_retry(),
                )
        except PreconditionFailed:
            existing = self._look_up(name)
            if existing is None or (existing.metadata or {}).get(_TOKEN) != token:
                raise
            blob = existing
        if blob.crc32c != expected or blob.size != size:
            raise ChecksumMismatch(
                f"{self.uri_of(name)} was damaged on upload: sent {expected}, got {blob.crc32c}"
            )
        return _info(name, blob)

    @contextmanager
    def _translated(self, name: str, permission: str, *, bucket_only: bool = False) -> Iterator[None]:
        """Turn Google's errors into ours.

        Args:
            name: what is worked on, for the message.
            permission: which IAM permission a refusal asks for.
            bucket_only: whether "not found" can only mean the bucket.
        """
        try:
            yield
        except LocalizerError:
            raise
        except Exception as error:  # noqa: BLE001 - sorted out there; what is not Google's is raised as it is
            _raise_ours(error, f"{self.uri}/{name}", self._bucket.name, permission, bucket_only=bucket_only)


def _raise_ours(error: Exception, where: str, bucket: str, permission: str, *, bucket_only: bool) -> NoReturn:
    import requests
    import urllib3
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth
    from google.cloud.storage import exceptions as storage

    code = getattr(error, "code", None)
    if isinstance(error, storage.InvalidResponse):
        code = error.response.status_code
    match error:
        case storage.DataCorruption():
            raise ChecksumMismatch(f"{where} was damaged on the way: {error}") from error
        case auth.DefaultCredentialsError():
            raise ConfigurationError(_NO_CREDENTIALS) from error
        case (
            auth.TransportError()
            | api.RetryError()
            | requests.ConnectionError()
            | requests.Timeout()
            | requests.exceptions.ChunkedEncodingError()  # cut off within an answer
            | urllib3.exceptions.HTTPError()
            | ConnectionError()
            | TimeoutError()
        ):
            raise StorageUnavailable(f"{where}: Google Cloud Storage did not answer: {error}") from error
        case auth.GoogleAuthError():
            kind = StorageUnavailable if getattr(error, "retryable", False) else StorageError
            raise kind(f"{where}: Google did not accept the credentials: {error}") from error
        case _ if code == 404:
            if bucket_only:
                raise StorageError(
                    f"{where}: there is no bucket {bucket!r} (or it cannot be seen)"
                ) from error
            raise ObjectNotFound(f"no such object: {where}") from error
        case _ if code == 412:
            raise PreconditionFailed(f"{where} exists already or was changed by another writer") from error
        case _ if code in (401, 403):
            raise StorageError(
                f"{where}: access refused; grant {permission} on bucket {bucket!r}: {error}"
            ) from error
        case _ if code is not None and (code in (408, 429) or int(code) >= 500):
            raise StorageUnavailable(f"{where}: Google Cloud Storage answered {code}: {error}") from error
        case api.GoogleAPIError() | storage.InvalidResponse() | requests.RequestException() | OSError():
            raise StorageError(f"{where}: {error}") from error
        case _:
            raise error


_NO_CREDENTIALS = (
    "no Google credentials: set up Application Default Credentials (gcloud auth application-default login, "
    "or GOOGLE_APPLICATION_CREDENTIALS), or in Airflow the google_cloud_platform connection"
)


def _default_client() -> Any:
    """A client of the emulator at ``STORAGE_EMULATOR_HOST``, else of Google, by default credentials."""
    try:
        from google.auth import credentials, exceptions
        from google.cloud import storage
    except ImportError as error:
        raise ConfigurationError(
            "gs:// needs google-cloud-storage: pip install 'campaign-localizer[gcp]'"
        ) from error
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        anonymous: Any = credentials.AnonymousCredentials
        return storage.Client(project=None, credentials=anonymous())
    try:
        return storage.Client(project=None)  # objects need no project, only making buckets does
    except exceptions.DefaultCredentialsError as error:
        raise ConfigurationError(_NO_CREDENTIALS) from error


def _retry() -> Any:
    """Google's own retry (backoff with jitter on 408, 429, 5xx and broken connections), bounded."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    return DEFAULT_RETRY.with_timeout(_RETRY_FOR_S)


def _until_whole(read: Callable[[], bytes]) -> bytes:
    """Read again where the answer was an error that was cut off within: Google's retry does not see that."""
    from google.api_core.retry import if_exception_type
    from requests.exceptions import ChunkedEncodingError

    whole: bytes = _retry().with_predicate(if_exception_type(ChunkedEncodingError))(read)()
    return whole


def _opened(data: Content) -> BinaryIO:
    return data.open("rb") if isinstance(data, Path) else io.BytesIO(data)


def _info(name: str, blob: Any) -> ObjectInfo:
    return ObjectInfo(name, int(blob.size), int(blob.generation), blob.crc32c, blob.updated)
