"""Limits on what a file's structure asks of a decoder, checked before one sees it.

Width and height are checked where the header is read (`localizer.images.decode`); here stand the rest, and
the WebP header, because Pillow's WebP decoder takes memory for the whole picture as it opens the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from localizer.errors import ImageError
from localizer.images import jpeg, png
from localizer.images.source import Limits

_TIFF_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_TIFF_ICC = 34675
# Where strips or tiles begin and how long they are, and Photoshop's layers: large in honest files too.
_TIFF_LARGE = (273, 279, 324, 325, 37724)
_PNG_PICTURE = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"fdAT")


def check_size(width: int, height: int, *, name: str, limits: Limits) -> None:
    """Whether a picture of this size may be decoded.

    Raises:
        ImageError: too many pixels, or a side is too long or too short.
    """
    if width * height > limits.max_pixels:
        raise ImageError(
            f"{name}: {width} x {height} is {width * height:,} pixels, the limit is {limits.max_pixels:,}; "
            "export it smaller"
        )
    if max(width, height) > limits.max_side:
        raise ImageError(
            f"{name}: {width} x {height} is too long; no side may have more than {limits.max_side:,} pixels"
        )
    if min(width, height) < limits.min_side:
        raise ImageError(f"{name}: {width} x {height} is too small; each side needs {limits.min_side} pixels")


def check_jpeg(segments: list[jpeg.Segment], *, name: str, limits: Limits) -> None:
    """Scans, metadata and colour profile of a JPEG.

    Raises:
        ImageError: over a limit.
    """
    scans = jpeg.count_scans(segments)
    if scans > limits.max_scans:
        raise ImageError(
            f"{name}: the JPEG has {scans} scans, the limit is {limits.max_scans}; export it again"
        )
    described, profile = jpeg.descriptive_sizes(segments)
    _check_metadata(described, profile, "JPEG", name, limits)


def check_png(chunks: list[png.Chunk], *, name: str, limits: Limits) -> None:
    """Metadata and colour profile of a PNG, compressed; Pillow bounds what they unpack to.

    Raises:
        ImageError: over a limit.
    """
    described = [c for c in chunks if c.kind not in _PNG_PICTURE]
    _check_parts(len(described), "chunks", "PNG", name, limits)
    profile = sum(len(c.data) for c in described if c.kind == b"iCCP")
    _check_metadata(sum(len(c.data) for c in described), profile, "PNG", name, limits)


def check_webp(data: bytes, *, name: str, limits: Limits) -> None:
    """Size, frames, metadata and colour profile of a WebP.

    Raises:
        ImageError: over a limit, or animated.
    """
    described = profile = count = frames = 0
    for kind, body in _riff_chunks(data):
        count += 1
        frames += kind == b"ANMF"
        if kind == b"VP8X" and len(body) >= 10:
            width = 1 + int.from_bytes(body[4:7], "little")
            height = 1 + int.from_bytes(body[7:10], "little")
            check_size(width, height, name=name, limits=limits)
        elif kind == b"VP8 " and len(body) >= 10:
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
            check_size(width, height, name=name, limits=limits)
        elif kind == b"VP8L" and len(body) >= 5:
            bits = struct.unpack_from("<I", body, 1)[0]
            check_size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), name=name, limits=limits)
        elif kind not in (b"ALPH", b"ANMF"):
            described += len(body)
            profile += len(body) if kind == b"ICCP" else 0
        if frames > 1 or count > limits.max_parts:
            break
    if frames > 1:
        raise ImageError(f"{name}: the WEBP is animated; only still images can be localized")
    _check_parts(count, "chunks", "WEBP", name, limits)
    _check_metadata(described, profile, "WEBP", name, limits)


def check_tiff(data: bytes, *, name: str, limits: Limits) -> None:
    """Pages, tags, metadata and colour profile of a TIFF.

    Raises:
        ImageError: over a limit, of several pages, or pages that follow each other in a circle.
    """
    layout = _TiffLayout(data)
    described = profile = total = 0
    entries, following = layout.directory(layout.first)
    _check_parts(len(entries), "tags", "TIFF", name, limits)
    for tag, kind, count in entries:
        size = _TIFF_SIZES.get(kind, 1) * count
        total += size
        if total > 2 * len(data):  # tags over tags: reading them all would take many times the file
            raise ImageError(f"{name}: the TIFF is cut short or damaged (tag {tag}); upload it again")
        if tag not in _TIFF_LARGE:
            described += size
        profile += size if tag == _TIFF_ICC else 0
    _check_metadata(described, profile, "TIFF", name, limits)
    if following:
        pages = layout.count_pages(most=limits.max_parts)
        shown = f"{pages} pages" if pages < limits.max_parts else f"{pages} pages or more"
        raise ImageError(f"{name}: the TIFF has {shown}; export the one page to be localized")


def _check_parts(count: int, what: str, fmt: str, name: str, limits: Limits) -> None:
    if count > limits.max_parts:
        raise ImageError(
            f"{name}: the {fmt} holds more than {limits.max_parts} {what}; export it without metadata"
        )


def _check_metadata(described: int, profile: int, fmt: str, name: str, limits: Limits) -> None:
    for count, what, most in (
        (profile, "a colour profile", limits.max_icc_bytes),
        (described, "metadata", limits.max_metadata_bytes),
    ):
        if count > most:
            raise ImageError(
                f"{name}: the {fmt} holds {what} of {count:,} bytes, the limit is {most:,}; export it without"
            )


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        yield kind, data[at + 8 : at + 8 + size]
        at += 8 + size + (size & 1)


class _TiffLayout:
    """Directories of a TIFF or BigTIFF, by their offsets. What lies outside the file reads as nothing."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._order = "<" if data.startswith(b"II") else ">"
        self._big = struct.unpack_from(self._order + "H", data, 2)[0] == 43
        self.first = self._word("Q" if self._big else "I", 8 if self._big else 4)

    def directory(self, at: int) -> tuple[list[tuple[int, int, int]], int]:
        """Tag, type and count of each entry, and where the next directory is (0: nowhere)."""
        head, step = (8, 20) if self._big else (2, 12)
        count = min(self._word("Q" if self._big else "H", at), (len(self._data) - at) // step + 1)
        entries = []
        for entry in range(at + head, at + head + step * count, step):
            if entry + step > len(self._data):
                break
            form = "HHQ" if self._big else "HHI"
            entries.append(struct.unpack_from(self._order + form, self._data, entry))
        return entries, self._word("Q" if self._big else "I", at + head + step * count)

    def count_pages(self, *, most: int) -> int:
        """Directories in the chain; stops at `most`, so that a circle does too."""
        pages, at = 0, self.first
        while at and pages < most:
            pages += 1
            head, step = (8, 20) if self._big else (2, 12)
            count = self._word("Q" if self._big else "H", at)
            at = self._word("Q" if self._big else "I", at + head + step * count)
        return pages

    def _word(self, form: str, at: int) -> int:
        if at < 0 or at + struct.calcsize(form) > len(self._data):
            return 0
        return int(struct.unpack_from(self._order + form, self._data, at)[0])
