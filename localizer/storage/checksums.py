"""CRC32C as Google Cloud Storage writes it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import BinaryIO

import google_crc32c

_CHUNK = 1 << 20


def crc32c(data: bytes) -> str:
    """Base64 of the big-endian CRC32C of `data`."""
    return _encode(google_crc32c.value(data))


def crc32c_of(data: bytes | Path) -> str:
    """Of bytes, or of a local file."""
    if isinstance(data, bytes):
        return crc32c(data)
    with data.open("rb") as file:
        return crc32c_of_file(file)


def crc32c_of_file(file: BinaryIO) -> str:
    """Like `crc32c`, over the rest of an open file, without holding it in memory."""
    value = Crc32c()
    while chunk := file.read(_CHUNK):
        value.update(chunk)
    return value.base64


class Crc32c:
    """A CRC32C that grows with the bytes that go by."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = google_crc32c.extend(self._value, data)

    @property
    def base64(self) -> str:
        return _encode(self._value)


def _encode(value: int) -> str:
    return base64.b64encode(value.to_bytes(4, "big")).decode("ascii")
