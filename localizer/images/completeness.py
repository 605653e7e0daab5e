"""Is a file all there? Decoders shrug at missing tails and fill them with grey; we ask the file itself."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from localizer.errors import ImageError
from localizer.images import jpeg

_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES = 273, 279, 324, 325


def check_length(data: bytes, fmt: str, *, name: str) -> None:
    """Compare the file's length with what its own headers say (WebP, BMP, GIF, TIFF directory).

    Raises:
        ImageError: cut short, or an animated GIF.
    """
    stated = 0
    if fmt == "WEBP":
        stated = struct.unpack_from("<I", data, 4)[0] + 8
    elif fmt == "BMP":
        stated = struct.unpack_from("<I", data, 2)[0]
    elif fmt == "GIF":
        stated, frames = _gif_length(data)
        if frames > 1:  # Pillow would read them all to count them
            raise ImageError(
                f"{name}: the GIF is animated ({frames} frames); only still images can be localized"
            )
    elif fmt == "TIFF" and len(data) >= 8:
        stated = _tiff_directory_end(data)
    if len(data) < stated:
        raise ImageError(f"{name}: the {fmt} is cut short at byte {len(data)}; upload it again")


def check_strips(image: Image.Image, data: bytes, *, name: str) -> None:
    """Whether every strip or tile of an opened TIFF lies inside the file; fax strips decode even when cut.

    Raises:
        ImageError: cut short.
    """
    tags = getattr(image, "tag_v2", {})
    for offsets, lengths in ((_STRIP_OFFSETS, _STRIP_BYTES), (_TILE_OFFSETS, _TILE_BYTES)):
        pairs = zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False)
        if any(offset + length > len(data) for offset, length in pairs):
            raise ImageError(f"{name}: the TIFF is cut short at byte {len(data)}; upload it again")


def check_scans(image: Image.Image, data: bytes, *, name: str) -> None:
    """Whether a JPEG's scan data reach to the last block, even where an end marker follows.

    libjpeg fills missing blocks with grey and merely warns, and Pillow does not pass the warning on. So the
    picture is decoded once more with surplus bytes before its end marker: a whole scan ignores them, one that
    was cut takes them for blocks.

    Raises:
        ImageError: cut short.
    """
    probed = Image.open(io.BytesIO(jpeg.with_surplus(data, name=name)), formats=["JPEG"])
    if not np.array_equal(np.asarray(probed), np.asarray(image)):
        raise ImageError(f"{name}: the JPEG's picture data end before the picture does; upload it again")


def _gif_length(data: bytes) -> tuple[int, int]:
    """Length up to and with the trailer (more than there is where the blocks run out), and the frames."""
    at, frames = 13 + _colour_table(data[10]), 0
    while at < len(data):
        kind = data[at]
        if kind == 0x3B:
            return at + 1, frames
        frames += kind == 0x2C
        if kind == 0x2C and at + 10 <= len(data):
            at += 10 + _colour_table(data[at + 9]) + 1
        elif kind == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return len(data) + 1, frames


def _tiff_directory_end(data: bytes) -> int:
    order = "<" if data.startswith(b"II") else ">"
    magic, at = struct.unpack_from(order + "HI", data, 2)
    if magic != 42:  # BigTIFF: Pillow itself fails where its directory is cut
        return 0
    if at + 2 > len(data):
        return int(at + 2)
    (entries,) = struct.unpack_from(order + "H", data, at)
    return int(at + 2 + 12 * entries + 4)


def _colour_table(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
