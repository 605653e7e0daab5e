"""Where a file keeps its XMP packet, and whether it holds content credentials (C2PA)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from localizer.images import jpeg, png
from localizer.images.source import SourceImage

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF")
"""Formats that can hold a packet; BMP cannot."""

MOST_IN_JPEG = 65_502
"""Bytes of a packet in the one segment that a JPEG has for it."""

CREDENTIALS_TAG = 0xCD41
"""TIFF tag of content credentials."""

_JPEG_PREFIX = b"http://ns.adobe.com/xap/1.0/\x00"
_PNG_PREFIX = b"XML:com.adobe.xmp\x00"
_GIF_XMP, _GIF_CREDENTIALS = b"XMP DataXMP", b"C2PA_GIF\x01\x00\x00"
_GIF_TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
_APP0, _APP1, _APP11 = 0xE0, 0xE1, 0xEB
_C2PA_BOX = bytes.fromhex("6332706100110010800000AA00389B71")
_MOST_UNPACKED = 4 * 1024 * 1024


def packet_of(source: SourceImage) -> bytes | None:
    """The XMP packet of a decoded file, or None if it has none.

    Raises:
        ValueError: it has one that cannot be read; says why.
    """
    if source.format == "JPEG":
        segments = jpeg.read_segments(source.data, name=source.name)
        return next((s.data[len(_JPEG_PREFIX) :] for s in segments if _is_xmp_segment(s)), None)
    if source.format == "PNG":
        chunks = png.read_chunks(source.data, name=source.name)
        return next((_text_of(chunk) for chunk in chunks if _is_xmp_chunk(chunk)), None)
    if source.format == "GIF":
        start, end = _gif_packet(source.data)
        return source.data[start:end] if end else None
    if source.format in FORMATS:
        found = Image.open(io.BytesIO(source.data), formats=[source.format]).info.get("xmp")
        return bytes(found) if found else None
    return None


def has_credentials(source: SourceImage) -> bool:
    """Whether a decoded file holds content credentials, valid or not."""
    if source.format == "JPEG":
        return any(map(is_credentials_segment, jpeg.read_segments(source.data, name=source.name)))
    if source.format == "PNG":
        return any(c.kind == b"caBX" for c in png.read_chunks(source.data, name=source.name))
    if source.format == "WEBP":
        return any(kind == b"C2PA" for kind in _riff_kinds(source.data))
    if source.format == "TIFF":
        image = Image.open(io.BytesIO(source.data), formats=["TIFF"])
        return CREDENTIALS_TAG in getattr(image, "tag_v2", {})
    return source.format == "GIF" and any(name == _GIF_CREDENTIALS for name, _, _ in _extensions(source.data))


def is_credentials_segment(segment: jpeg.Segment) -> bool:
    """Whether a segment begins a box of content credentials."""
    return segment.marker == _APP11 and segment.data[:2] == b"JP" and _C2PA_BOX in segment.data[:64]


def into_segments(segments: list[jpeg.Segment], packet: bytes | None) -> list[jpeg.Segment]:
    """The segments of a JPEG with another packet (None: its own), and without content credentials."""
    numbers = {s.data[2:4] for s in segments if is_credentials_segment(s)}  # its further segments have it too
    kept = [
        s for s in segments if not (s.marker == _APP11 and s.data[:2] == b"JP" and s.data[2:4] in numbers)
    ]
    if packet is None:
        return kept
    new = jpeg.Segment(_APP1, _JPEG_PREFIX + packet)
    for at, segment in enumerate(kept):
        if _is_xmp_segment(segment):
            return [*kept[:at], new, *kept[at + 1 :]]
    at = next((i for i, s in enumerate(kept) if s.marker not in (_APP0, _APP1)), len(kept))
    return [*kept[:at], new, *kept[at:]]


def into_chunks(chunks: list[png.Chunk], packet: bytes | None) -> list[png.Chunk]:
    """The chunks of a PNG with another packet (None: its own), and without content credentials."""
    kept = [chunk for chunk in chunks if chunk.kind != b"caBX"]
    if packet is None:
        return kept
    new = png.Chunk(b"iTXt", _PNG_PREFIX + b"\x00\x00\x00\x00" + packet)
    for at, chunk in enumerate(kept):
        if _is_xmp_chunk(chunk):
            return [*kept[:at], new, *kept[at + 1 :]]
    return [*kept[:1], new, *kept[1:]]


def into_gif(data: bytes, packet: bytes | None) -> bytes:
    """A GIF with a packet (None: as it is), before its first block."""
    if packet is None:
        return data
    block = b"\x21\xff\x0b" + _GIF_XMP + packet + _GIF_TRAILER
    at = _gif_blocks(data)
    return b"GIF89a" + data[6:at] + block + data[at:]


def _is_xmp_segment(segment: jpeg.Segment) -> bool:
    return segment.marker == _APP1 and segment.data.startswith(_JPEG_PREFIX)


def _is_xmp_chunk(chunk: png.Chunk) -> bool:
    return chunk.kind == b"iTXt" and chunk.data.startswith(_PNG_PREFIX)


def _text_of(chunk: png.Chunk) -> bytes:
    """Of an iTXt chunk: keyword, whether it is compressed and how, language, translated keyword, text."""
    rest = chunk.data[len(_PNG_PREFIX) :]
    parts = rest[2:].split(b"\x00", 2)
    if len(rest) < 4 or len(parts) < 3:
        raise ValueError("is damaged (its chunk is cut short)")
    if not rest[0]:
        return parts[2]
    unpacking = zlib.decompressobj()
    try:
        text = unpacking.decompress(parts[2], _MOST_UNPACKED)
    except zlib.error as error:
        raise ValueError(f"is damaged ({error})") from None
    if unpacking.unconsumed_tail:
        raise ValueError(f"has more than {_MOST_UNPACKED:,} bytes")
    return text


def _riff_kinds(data: bytes) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        yield data[at : at + 4]
        (size,) = struct.unpack_from("<I", data, at + 4)
        at += 8 + size + (size & 1)


def _gif_blocks(data: bytes) -> int:
    """Where a GIF's first block begins: after its header and colour table."""
    return 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)


def _extensions(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, and begin and end of the content, of each application extension of a GIF before its picture."""
    at = _gif_blocks(data)
    while data[at : at + 1] == b"\x21":
        name = data[at + 3 : at + 14] if data[at + 1 : at + 3] == b"\xff\x0b" else b""
        begin = at + 14 if name else at + 2
        at = begin
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
        if name:
            yield name, begin, at
    return


def _gif_packet(data: bytes) -> tuple[int, int]:
    """Where the packet stands, 0 and 0 if there is none. It is no chain of blocks: a trailer of falling
    lengths leads readers that take it for one to its end."""
    for name, begin, _ in _extensions(data):
        if name == _GIF_XMP:
            end = data.find(_GIF_TRAILER, begin)
            return (begin, end) if end >= 0 else (0, 0)
    return 0, 0
