"""CRC32C as Google Cloud Storage writes it."""

from __future__ import annotations

import base64
from typing import BinaryIO

import google_crc32c

_CHUNK = 1 << 20


def crc32c(data: bytes) -> str:
    """Base64 of the big-endian CRC32C of `data`."""
    return _encode(google_crc32c.value(data))


def crc32c_of_file(file: BinaryIO) -> str:
    """Like `crc32c`, over the rest of an open file, without holding it in memory."""
    value = 0
    while chunk := file.read(_CHUNK):
        value = google_crc32c.extend(value, chunk)
    return _encode(value)


def _encode(value: int) -> str:
    return base64.b64encode(value.to_bytes(4, "big")).decode("ascii")
