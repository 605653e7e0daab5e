"""The one protocol behind which local folders and Google Cloud Storage stand.

A `Storage` is rooted at a folder or at ``gs://bucket/prefix``; names below it are relative POSIX paths
and never escape it. Writes are atomic: a reader sees the whole object or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of a stored object.

    Attributes:
        name: relative to the storage's root.
        generation: changes with every write of the object; 0 means "does not exist".
        crc32c: base64 of the big-endian CRC32C, as Google Cloud Storage writes it.
    """

    name: str
    size: int
    generation: int
    crc32c: str


class Storage(Protocol):
    """Create-once and compare-and-swap object storage."""

    @property
    def uri(self) -> str:
        """The root, as a path or ``gs://`` URI, without a trailing slash."""
        ...

    def uri_of(self, name: str) -> str:
        """Path or URI of an object (whether it exists or not)."""
        ...

    def read(self, name: str) -> bytes:
        """Whole content, checksum verified.

        Raises:
            ObjectNotFound: no such object.
            ChecksumMismatch: the transfer was damaged.
            StorageUnavailable: storage did not answer.
        """
        ...

    def read_with_info(self, name: str) -> tuple[bytes, ObjectInfo]:
        """Content and the generation it was read at; for a later compare-and-swap."""
        ...

    def stat(self, name: str) -> ObjectInfo | None:
        """Metadata, or None if there is no such object."""
        ...

    def write(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> ObjectInfo:
        """Create or overwrite."""
        ...

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> ObjectInfo:
        """Create once.

        Raises:
            PreconditionFailed: the object exists already.
        """
        ...

    def swap(
        self, name: str, data: bytes, *, generation: int, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        """Write only if the object still has this generation (0: does not exist).

        Raises:
            PreconditionFailed: somebody else wrote in between.
        """
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Names of all objects that start with a prefix, sorted."""
        ...
