"""Metadata that must not outlive an edit: the thumbnails of the old picture."""

from __future__ import annotations

import struct

EXIF_PREFIX = b"Exif\x00\x00"
PHOTOSHOP_PREFIX = b"Photoshop 3.0\x00"
_THUMBNAIL_OFFSET, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_PHOTOSHOP_THUMBNAILS = (1033, 1036)
_XMP_OPEN, _XMP_CLOSE = b"<xmp:Thumbnails>", b"</xmp:Thumbnails>"


def without_exif_thumbnail(exif: bytes) -> bytes:
    """The EXIF block, byte for byte, except that its thumbnail is unlinked and blanked.

    Nothing moves: maker notes hold absolute offsets that a rewritten block would break.
    """
    start = len(EXIF_PREFIX) if exif.startswith(EXIF_PREFIX) else 0
    body = bytearray(exif[start:])
    order = {b"II": "<", b"MM": ">"}.get(bytes(body[:2]))
    if order is None or len(body) < 14:
        return exif
    try:
        link = _link_to_next(body, order, struct.unpack_from(order + "I", body, 4)[0])
        (thumbnail,) = struct.unpack_from(order + "I", body, link)
        if thumbnail == 0:
            return exif
        struct.pack_into(order + "I", body, link, 0)
        offset, length = _thumbnail_span(body, order, thumbnail)
    except struct.error:  # a directory outside the block: no reader would find a thumbnail either
        return exif
    if offset > 0 and offset + length <= len(body):
        body[offset : offset + length] = bytes(length)
    return exif[:start] + bytes(body)


def without_photoshop_thumbnail(block: bytes) -> bytes:
    """A Photoshop resource block (with its prefix) less its thumbnail resources."""
    out = [PHOTOSHOP_PREFIX]
    at = len(PHOTOSHOP_PREFIX)
    while at + 12 <= len(block) and block[at : at + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", block, at + 4)
        name_end = at + 6 + (block[at + 6] + 2) // 2 * 2  # a Pascal string padded to even length
        if name_end + 4 > len(block):
            break
        (size,) = struct.unpack_from(">I", block, name_end)
        end = name_end + 4 + size + (size & 1)
        if number not in _PHOTOSHOP_THUMBNAILS:
            out.append(block[at:end])
        at = end
    out.append(block[at:])
    return b"".join(out)


def without_xmp_thumbnails(xmp: bytes) -> bytes:
    """An XMP packet less its embedded thumbnails."""
    # Not a regular expression: openings without an end would each be followed to the end.
    out, at = [], 0
    while (start := xmp.find(_XMP_OPEN, at)) >= 0 and (end := xmp.find(_XMP_CLOSE, start)) >= 0:
        out.append(xmp[at:start])
        at = end + len(_XMP_CLOSE)
    return b"".join([*out, xmp[at:]])


def _link_to_next(body: bytearray, order: str, directory: int) -> int:
    (count,) = struct.unpack_from(order + "H", body, directory)
    return int(directory + 2 + 12 * count)


def _thumbnail_span(body: bytearray, order: str, directory: int) -> tuple[int, int]:
    found = {_THUMBNAIL_OFFSET: 0, _THUMBNAIL_LENGTH: 0}
    (count,) = struct.unpack_from(order + "H", body, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, _, _, value = struct.unpack_from(order + "HHII", body, entry)
        if tag in found:
            found[tag] = value
    return found[_THUMBNAIL_OFFSET], found[_THUMBNAIL_LENGTH]
