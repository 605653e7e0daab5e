"""Pixels to files: the lossless candidate, and the file in the source's own format."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
from PIL import Image

from localizer.images.encode import encode
from localizer.images.metadata import without_xmp_thumbnails
from localizer.images.packet import FORMATS, MOST_IN_JPEG, has_credentials, packet_of
from localizer.images.paint import changed_pixels, paint
from localizer.images.sniff import EXTENSIONS, extension_of
from localizer.images.source import BoolArray, Delivered, SourceImage, UInt8Array
from localizer.images.transparency import edited_alpha
from localizer.provenance.xmp import Statement, source_type_of, with_statement


def candidate_png(
    source: SourceImage, rgb: UInt8Array, mask: BoolArray, alpha: UInt8Array | None = None
) -> bytes:
    """The edited picture, upright, as a lossless PNG of exactly the source's size.

    RGB, or RGBA where the source knows transparency: alpha follows `transparency.edited_alpha` inside the
    mask and is the source's outside. The source's ICC profile is embedded where it describes RGB; CMYK
    sources come as sRGB.

    Args:
        rgb: H x W x 3 uint8 in the colour space of `source.rgb`; taken inside `mask` only.
        mask: H x W bool.
        alpha: H x W uint8, the source's alpha with shapes that the engine drew; None if it drew none.

    Raises:
        ValueError: `rgb` or `mask` is not of the source's size and type.
    """
    changed = changed_pixels(source, rgb, mask)
    pixels = np.where(changed[..., None], rgb, source.rgb)
    alpha = edited_alpha(source, changed, mask, alpha)
    if alpha is not None:
        pixels = np.concatenate([pixels, alpha[..., None]], axis=2)
    return _png(source, pixels, level=3)


def plate_png(source: SourceImage, plate: UInt8Array) -> bytes:
    """The picture without its type, as a PNG with the source's own alpha and ICC profile; quickly written.

    Args:
        plate: H x W x 3 uint8 in the colour space of `source.rgb`.
    """
    pixels = plate if source.alpha is None else np.concatenate([plate, source.alpha[..., None]], axis=2)
    return _png(source, pixels, level=1)


def _png(source: SourceImage, pixels: UInt8Array, *, level: int) -> bytes:
    icc = source.icc if source.icc and source.icc[16:20] == b"RGB " else None
    out = io.BytesIO()
    # Run lengths alone are found quickly, and after PNG's filters they compress pictures as well.
    fast: dict[str, Any] = {"compress_type": zlib.Z_RLE} if level == 1 else {}
    Image.fromarray(pixels).save(out, "PNG", icc_profile=icc, compress_level=level, **fast)
    return out.getvalue()


def deliver(
    source: SourceImage,
    rgb: UInt8Array,
    mask: BoolArray,
    alpha: UInt8Array | None = None,
    *,
    statement: Statement | None = None,
) -> Delivered:
    """The edited picture as the source's like: format, mode, depth, orientation, metadata.

    Outside the edit the native samples go into the encoder bit-identical. JPEG takes the source's own
    quantisation tables and chroma sampling and finds its untouched blocks again. An edit that
    changes nothing returns the source's own bytes.

    Content credentials (C2PA) of the source are left out: they hold for its own pixels only.

    Args:
        rgb: H x W x 3 uint8 in the colour space of `source.rgb`; taken inside `mask` only.
        mask: H x W bool.
        alpha: H x W uint8, the source's alpha with shapes that the engine drew; None if it drew none.
        statement: how the picture was made, to be added to the file's XMP. The same statement on the same
            edit gives the same bytes.

    Raises:
        ValueError: `rgb` or `mask` is not of the source's size and type.
    """
    usual = EXTENSIONS[source.format]
    extension = extension_of(source.name)
    extension = extension if extension in usual else usual[0]
    if not changed_pixels(source, rgb, mask).any():
        return Delivered(source.data, extension, source.notes)
    painted = paint(source, rgb, mask, alpha)
    packet, words = _packet(source, statement) if statement else (None, ())
    if has_credentials(source):
        words = (*words, "the source's content credentials do not hold for the edited picture: left out")
    data, notes = encode(source, painted, mask, packet)
    source_type = source_type_of(packet) if packet else ""
    return Delivered(data, extension, (*source.notes, *words, *notes), painted.doubts, source_type)


def _packet(source: SourceImage, statement: Statement) -> tuple[bytes | None, tuple[str, ...]]:
    """The XMP of the delivered file, None if it cannot be added to; and a note on that."""
    if source.format not in FORMATS:
        return None, (f"a {source.format} cannot say how it was made",)
    try:
        before = packet_of(source)
        packet = with_statement(before and without_xmp_thumbnails(before), statement)
    except ValueError as error:
        return None, (f"the source's XMP {error}: it is kept as it is and does not say how this was made",)
    if source.format == "JPEG" and len(packet) > MOST_IN_JPEG:
        return None, ("the source's XMP leaves no room to say how this was made: it is kept as it is",)
    return packet, ()
