"""A stored object as a file: read in ranges, seekable, with the whole's checksum where all of it goes by."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

from localizer.errors import ChecksumMismatch
from localizer.storage.checksums import Crc32c

_AT_ONCE = 4 << 20


def ranged_reader(read_range: Callable[[int, int], bytes], size: int, crc32c: str, where: str) -> BinaryIO:
    """A file over an object that can be read in ranges.

    Args:
        read_range: bytes from a start up to, not including, a stop.
        size: of the object.
        crc32c: of the object; compared when it was read from beginning to end. A single range cannot be
            checked, as storage knows only the whole's.
        where: the object's URI, for messages.
    """
    return io.BufferedReader(_Ranges(read_range, size, crc32c, where), buffer_size=_AT_ONCE)


class _Ranges(io.RawIOBase):
    def __init__(self, read_range: Callable[[int, int], bytes], size: int, crc32c: str, where: str) -> None:
        self._read_range, self._size, self._crc32c, self._where = read_range, size, crc32c, where
        self._at = 0
        self._seen, self._checksum = 0, Crc32c()  # how much went by in one piece from the beginning

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._at = base + offset
        return self._at

    def readall(self) -> bytes:
        pieces = []
        while piece := self.read(_AT_ONCE):  # the base class would ask for 8 KiB at a time
            pieces.append(piece)
        return b"".join(pieces)

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        stop = min(self._at + len(view), self._size)
        if stop <= self._at:
            return 0
        data = self._read_range(self._at, stop)
        if len(data) != stop - self._at:
            raise ChecksumMismatch(f"{self._where}: {len(data)} bytes came where {stop - self._at} are")
        view[: len(data)] = data
        if self._seen == self._at:
            self._checksum.update(data)
            self._seen = stop
            if stop == self._size and self._checksum.base64 != self._crc32c:
                raise ChecksumMismatch(
                    f"{self._where} was damaged on the way: {self._checksum.base64}, stored {self._crc32c}"
                )
        self._at = stop
        return len(data)
