"""PNG at the level of chunks: read and verify them, carry them over, write depths that Pillow cannot."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from localizer.errors import ImageError
from localizer.images.metadata import without_exif_thumbnail
from localizer.images.source import Samples, UInt8Array

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_TYPES = {"L": 0, "RGB": 2, "P": 3, "LA": 4, "RGBA": 6}

_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
# Statements about the old pixels (a histogram, a suggested palette, a time of last change, a checksum of
# animation) would be false of the new ones.
_STALE_CHUNKS = {b"hIST", b"sPLT", b"tIME", b"acTL", b"fcTL", b"fdAT", b"dSIG"}

_MOST_CHUNKS = 65_536  # encoders cut pixel data into pieces of 8 KiB or more


@dataclass(frozen=True, slots=True)
class Chunk:
    """One PNG chunk."""

    kind: bytes
    data: bytes

    def encode(self) -> bytes:
        crc = zlib.crc32(self.data, zlib.crc32(self.kind))
        return struct.pack(">I", len(self.data)) + self.kind + self.data + struct.pack(">I", crc)


def read_chunks(data: bytes, *, name: str) -> list[Chunk]:
    """All chunks up to IEND, each checksum verified (Pillow skips those of the pixel data).

    Raises:
        ImageError: cut short or damaged.
    """
    chunks: list[Chunk] = []
    at = len(SIGNATURE)
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind = data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data):
            break
        body = data[at + 8 : end - 4]
        if zlib.crc32(body, zlib.crc32(kind)) != struct.unpack_from(">I", data, end - 4)[0]:
            shown = kind.decode("latin-1")
            raise ImageError(f"{name}: the PNG is damaged (checksum of its {shown} chunk); upload it again")
        chunks.append(Chunk(kind, body))
        if len(chunks) > _MOST_CHUNKS:
            raise ImageError(f"{name}: the PNG holds more than {_MOST_CHUNKS} chunks; export it again")
        if kind == b"IEND":
            return chunks
        at = end
    raise ImageError(f"{name}: the PNG is cut short at byte {len(data)}; upload it again")


def header(chunks: list[Chunk], *, name: str) -> tuple[int, int, int, int]:
    """Width, height, bit depth and colour type."""
    if not chunks or chunks[0].kind != b"IHDR" or len(chunks[0].data) != 13:
        raise ImageError(f"{name}: the PNG does not begin with a valid header; export it again")
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0].data[:10])
    return width, height, depth, colour


def splice(encoded: bytes, source: list[Chunk], *, own_transparency: bool) -> bytes:
    """The pixels of `encoded` with every descriptive chunk of `source` (ICC, DPI, EXIF, XMP, text ...).

    Args:
        own_transparency: take tRNS from `encoded` (palettes) rather than from `source` (transparent colour).
    """
    pixels = read_chunks(encoded, name="encoded PNG")
    kept = [_fresh(c) for c in source if c.kind not in _PIXEL_CHUNKS | _STALE_CHUNKS]
    transparency = [c for c in (pixels if own_transparency else source) if c.kind == b"tRNS"]
    out = [c for c in pixels if c.kind == b"IHDR"]
    # bKGD and sBIT speak of palette or samples: only bKGD must follow PLTE, everything else may lead.
    out += [c for c in kept if c.kind != b"bKGD"]
    out += [c for c in pixels if c.kind == b"PLTE"] + transparency
    out += [c for c in kept if c.kind == b"bKGD"]
    out += [c for c in pixels if c.kind in (b"IDAT", b"IEND")]
    return SIGNATURE + b"".join(c.encode() for c in out)


def _fresh(chunk: Chunk) -> Chunk:
    return Chunk(chunk.kind, without_exif_thumbnail(chunk.data)) if chunk.kind == b"eXIf" else chunk


def encode_samples(samples: Samples, *, mode: str, bit_depth: int) -> bytes:
    """A PNG of raw samples, for the depths that Pillow cannot write (16-bit colour, 2- and 4-bit grey).

    Args:
        samples: H x W or H x W x C; for depths under 8 the values must fit the depth.
    """
    height, width = samples.shape[:2]
    rows: UInt8Array
    if bit_depth == 16:
        rows = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    elif bit_depth == 8:
        rows = samples.astype(np.uint8).reshape(height, -1)
    else:
        rows = _pack(samples.astype(np.uint8), bit_depth)
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    step = max(1, channels * bit_depth // 8)
    ihdr = struct.pack(">IIBBBBB", width, height, bit_depth, COLOUR_TYPES[mode], 0, 0, 0)
    idat = zlib.compress(_filtered(rows, step).tobytes(), 6)
    parts = (Chunk(b"IHDR", ihdr), Chunk(b"IDAT", idat), Chunk(b"IEND", b""))
    return SIGNATURE + b"".join(c.encode() for c in parts)


def _pack(values: UInt8Array, bit_depth: int) -> UInt8Array:
    """Sub-byte samples, most significant first, each row padded to a byte."""
    per_byte = 8 // bit_depth
    height, width = values.shape
    padded = np.zeros((height, -(-width // per_byte) * per_byte), dtype=np.uint8)
    padded[:, :width] = values
    shifts = np.arange(per_byte - 1, -1, -1, dtype=np.uint8) * bit_depth
    groups = padded.reshape(height, -1, per_byte) << shifts
    packed: UInt8Array = np.bitwise_or.reduce(groups, axis=2).astype(np.uint8)
    return packed


def _filtered(rows: UInt8Array, step: int) -> UInt8Array:
    """Each row with the PNG filter (none, sub or up) that leaves the least to compress."""
    sub = rows.copy()
    sub[:, step:] -= rows[:, :-step]
    up = rows.copy()
    up[1:] -= rows[:-1]
    options = np.stack([rows, sub, up])
    cost = np.abs(options.view(np.int8).astype(np.int16)).sum(axis=2)
    best = cost.argmin(axis=0).astype(np.uint8)
    chosen = options[best, np.arange(len(rows))]
    return np.concatenate([best[:, None], chosen], axis=1)
