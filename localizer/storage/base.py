"""The one protocol behind which local folders and Google Cloud Storage stand.

A `Storage` is rooted at a folder or at ``gs://bucket/prefix``; names below it are relative POSIX paths
and never escape it. Writes are atomic: a reader sees the whole object or none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

Content: TypeAlias = bytes | Path
"""What is written: bytes, or a local file that is streamed up and never read whole into memory."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of a stored object.

    Attributes:
        name: relative to the storage's root.
        generation: changes with every write of the object; 0 means "does not exist".
        crc32c: base64 of the big-endian CRC32C, as Google Cloud Storage writes it. Empty where a listing
            (`Storage.infos`) would have had to read the object for it, which is so for local files.
        updated: when this generation was written, as far as storage told; not part of equality.
    """

    name: str
    size: int
    generation: int
    crc32c: str
    updated: datetime | None = field(default=None, compare=False)


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

    def open(self, name: str) -> BinaryIO:
        """A seekable reader of one version of the object, for records too large to hold; close it.

        Reads raise like `read`, and `ObjectReplaced` where the object was replaced meanwhile and its old
        version is gone: reading again from the start gives the new one.

        Raises:
            ObjectNotFound: no such object.
            StorageUnavailable: storage did not answer.
        """
        ...

    def stat(self, name: str) -> ObjectInfo | None:
        """Metadata, or None if there is no such object."""
        ...

    def write(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        """Create or overwrite."""
        ...

    def create(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        """Create once.

        Raises:
            PreconditionFailed: the object exists already.
        """
        ...

    def swap(
        self, name: str, data: Content, *, generation: int, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        """Write only if the object still has this generation (0: does not exist).

        Raises:
            PreconditionFailed: somebody else wrote in between.
        """
        ...

    def delete(self, name: str, *, generation: int | None = None) -> None:
        """Remove an object; a missing one is fine.

        Args:
            generation: remove only this version.

        Raises:
            PreconditionFailed: the object exists and is of another generation.
        """
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Names of all objects that start with a prefix, sorted."""
        ...

    def infos(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Like `names`, with what is known of each object, by one listing; see `ObjectInfo.crc32c`."""
        ...

    def folders(self, prefix: str = "") -> Iterator[str]:
        """Names of the folders right below a folder, sorted, without looking into them.

        Args:
            prefix: the folder, with its slash; ``""`` is the root.
        """
        ...
