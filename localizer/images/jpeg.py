"""JPEG at the level of segments: where they are, whether the file is whole, which ones to carry over."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from localizer.errors import ImageError
from localizer.images.metadata import (
    EXIF_PREFIX,
    PHOTOSHOP_PREFIX,
    without_exif_thumbnail,
    without_photoshop_thumbnail,
    without_xmp_thumbnails,
)

_APP0, _APP1, _APP2, _APP13, _APP14, _APP15, _COM = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE
_SOS, _EOI = 0xDA, 0xD9
_MOST_SEGMENTS = 20_000  # a file of nothing but empty comments would have millions
_BARE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
# In scan data FF00 is a stuffed byte, FFD0 to FFD7 are restarts, FFFF is fill.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(frozen=True, slots=True)
class Segment:
    """One marker segment; `data` is without marker and length."""

    marker: int
    data: bytes

    def encode(self) -> bytes:
        return struct.pack(">BBH", 0xFF, self.marker, len(self.data) + 2) + self.data


@dataclass(frozen=True, slots=True)
class Component:
    """One colour component of a frame: its sampling factors and its quantisation table."""

    identifier: int
    horizontal: int
    vertical: int
    table: int


@dataclass(frozen=True, slots=True)
class Frame:
    """What the frame header says."""

    marker: int
    precision: int
    height: int
    width: int
    components: tuple[Component, ...]

    @property
    def progressive(self) -> bool:
        return self.marker == 0xC2


def read_segments(data: bytes, *, name: str) -> list[Segment]:
    """All marker segments of the first picture, in order; scan data is stepped over.

    Raises:
        ImageError: the file ends before its end marker, or its structure is broken.
    """
    return _walk(data, name)[0]


def with_surplus(data: bytes, *, name: str) -> bytes:
    """The file with some bytes too many at the end of its last scan."""
    _, end = _walk(data, name)
    return data[:end] + b"\x35\xca\x53\xac" * 16 + data[end:]


def _walk(data: bytes, name: str) -> tuple[list[Segment], int]:
    """The segments, and where the end marker stands."""
    segments: list[Segment] = []
    at = 2
    while True:
        found = _NEXT_MARKER.search(data, at) if segments and segments[-1].marker == _SOS else None
        at = found.start() if found else at
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 2 > len(data) or (found is None and segments and segments[-1].marker == _SOS):
            raise ImageError(f"{name}: the JPEG is cut short at byte {len(data)}; upload it again")
        if data[at] != 0xFF:
            raise ImageError(f"{name}: the JPEG is damaged at byte {at}; upload it again")
        if len(segments) >= _MOST_SEGMENTS:
            raise ImageError(f"{name}: the JPEG holds more than {_MOST_SEGMENTS} segments; export it again")
        marker = data[at + 1]
        if marker == _EOI:
            return segments, at
        if marker in _BARE:
            at += 2
            continue
        if at + 4 > len(data):
            raise ImageError(f"{name}: the JPEG is cut short at byte {len(data)}; upload it again")
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2 or at + 2 + length > len(data):
            raise ImageError(f"{name}: the JPEG is cut short at byte {len(data)}; upload it again")
        segments.append(Segment(marker, data[at + 4 : at + 2 + length]))
        at += 2 + length


def frame(segments: list[Segment], *, name: str) -> Frame:
    """The frame header.

    Raises:
        ImageError: there is none, or it is a kind of JPEG that nobody decodes.
    """
    for segment in segments:
        if segment.marker in _FRAMES and len(segment.data) >= 6:
            precision, height, width, count = struct.unpack_from(">BHHB", segment.data)
            body = segment.data[6 : 6 + 3 * count]
            components = tuple(
                Component(body[i], body[i + 1] >> 4, body[i + 1] & 15, body[i + 2])
                for i in range(0, len(body) - 2, 3)
            )
            return Frame(segment.marker, precision, height, width, components)
    raise ImageError(f"{name}: the JPEG holds no picture; export it again")


def count_scans(segments: list[Segment]) -> int:
    """How many times the decoder goes over the picture."""
    return sum(segment.marker == _SOS for segment in segments)


def descriptive_sizes(segments: list[Segment]) -> tuple[int, int]:
    """Bytes of all application segments and comments, and of those with the ICC profile among them."""
    described = [s for s in segments if _APP0 <= s.marker <= _APP15 or s.marker == _COM]
    profile = [s for s in described if s.marker == _APP2 and s.data.startswith(b"ICC_PROFILE\x00")]
    return sum(len(s.data) for s in described), sum(len(s.data) for s in profile)


def colour_transform(segments: list[Segment]) -> int | None:
    """The colour transform that an Adobe segment states (0 none, 1 YCbCr, 2 YCCK), or None."""
    for segment in segments:
        if segment.marker == _APP14 and segment.data.startswith(b"Adobe") and len(segment.data) >= 12:
            return segment.data[11]
    return None


def splice(encoded: bytes, source: list[Segment]) -> bytes:
    """The picture of `encoded` with the descriptive segments of `source` (ICC, EXIF, XMP, DPI, comments).

    Left out: thumbnails of the old picture, and the index of further pictures behind it.
    """
    at = 2
    adobe = b""
    while encoded[at] == 0xFF and (_APP0 <= encoded[at + 1] <= _APP15 or encoded[at + 1] == _COM):
        (length,) = struct.unpack_from(">H", encoded, at + 2)
        if encoded[at + 1] == _APP14:
            adobe = encoded[at : at + 2 + length]
        at += 2 + length
    kept = [s for s in map(_fresh, source) if s is not None]
    if adobe:  # the encoder's statement about its own samples is the true one
        kept = [s for s in kept if s.marker != _APP14]
    return encoded[:2] + b"".join(s.encode() for s in kept) + adobe + encoded[at:]


def has_further_pictures(segments: list[Segment]) -> bool:
    """Whether the file indexes previews, depth or gain maps behind its picture."""
    return any(s.marker == _APP2 and s.data.startswith(b"MPF\x00") for s in segments)


def _fresh(segment: Segment) -> Segment | None:
    """A source's descriptive segment as it may go into the new file, or None."""
    marker, data = segment.marker, segment.data
    old_picture = (marker == _APP0 and data.startswith(b"JFXX\x00")) or (
        marker == _APP2 and data.startswith(b"MPF\x00")
    )
    if old_picture or not (_APP0 <= marker <= _APP15 or marker == _COM):
        return None
    if marker == _APP0 and data.startswith(b"JFIF\x00") and len(data) >= 14:
        data = data[:12] + b"\x00\x00"  # no thumbnail
    elif marker == _APP1 and data.startswith(EXIF_PREFIX):
        data = without_exif_thumbnail(data)
    elif marker == _APP1:
        data = without_xmp_thumbnails(data)
    elif marker == _APP13 and data.startswith(PHOTOSHOP_PREFIX):
        data = without_photoshop_thumbnail(data)
    return Segment(marker, data)
