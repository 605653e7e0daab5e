"""TIFF with its tags kept; 16-bit colour, which Pillow cannot write, as one deflated strip."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, TiffImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from localizer.images.packet import CREDENTIALS_TAG
from localizer.images.source import Samples, SourceImage, UInt8Array

_SUB_DIRECTORIES = (330, 34665, 34853, 40965)
# Layout of the old pixels: size, depth, compression, strips, tiles, palette, chroma, JPEG tables. And
# credentials, which hold for the old file only.
_STRUCTURAL = {
    *(*range(254, 260), *range(262, 267), 273, *range(277, 282), 284, *range(288, 294), 317, 320),
    *(*range(322, 326), 332, 334, 336, *range(338, 343), 347, *range(512, 522), *range(529, 533), 34675),
    *_SUB_DIRECTORIES,
    CREDENTIALS_TAG,
}
_ORIENTATION = 274
_XMP = 700


def encode_tiff(
    source: SourceImage, samples: Samples, palette: UInt8Array | None, packet: bytes | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """A TIFF of `samples` with the source's compression and tags, and notes on what is not kept.

    Args:
        packet: XMP in place of the source's; None: the source's own.
    """
    original = Image.open(io.BytesIO(source.data), formats=["TIFF"])
    tags, notes = _kept_tags(original, source.orientation)
    if packet is not None:
        tags[_XMP] = packet
    if source.bit_depth == 16 and source.mode != "L":
        return _encode_deep(samples, source, tags), notes
    compression = str(original.info.get("compression", "raw"))
    if not source.lossless:
        notes = (*notes, f"the {compression} compressed TIFF is delivered as LZW, which loses nothing")
        compression = "tiff_lzw"
    image = as_image(samples, source.mode, palette)
    try:
        return _saved(image, source, compression, tags), notes
    except ValueError as error:  # a tag of a type that its definition does not allow
        plain = ImageFileDirectory_v2()
        if source.orientation != 1:
            plain[_ORIENTATION] = source.orientation
        if packet is not None:
            plain[_XMP] = packet
        return (
            _saved(image, source, compression, plain, dpi=source.dpi),
            (*notes, f"the TIFF's tags are damaged and not kept ({error})"),
        )


def _saved(
    image: Image.Image, source: SourceImage, compression: str, tags: ImageFileDirectory_v2, **more: object
) -> bytes:
    out = io.BytesIO()
    image.save(out, "TIFF", compression=compression, tiffinfo=tags, icc_profile=source.icc, **more)
    return out.getvalue()


def as_image(samples: Samples, mode: str, palette: UInt8Array | None) -> Image.Image:
    """Native samples as a Pillow image."""
    if mode == "1":
        return Image.fromarray((samples * np.uint8(255)).astype(np.uint8), "L").convert(
            "1", dither=Image.Dither.NONE
        )
    if samples.dtype == np.uint16:
        return Image.fromarray(np.ascontiguousarray(samples))  # I;16
    image = Image.fromarray(np.ascontiguousarray(samples), "L" if mode == "P" else mode)
    if palette is not None:
        image.putpalette(palette[:, :3].tobytes(), "RGB")
    return image


def _kept_tags(original: Image.Image, orientation: int) -> tuple[ImageFileDirectory_v2, tuple[str, ...]]:
    assert isinstance(original, TiffImagePlugin.TiffImageFile)  # noqa: S101  opened as TIFF only
    tags, kept = original.tag_v2, ImageFileDirectory_v2()
    for tag in tags:
        if tag not in _STRUCTURAL and tag != _ORIENTATION:
            kept.tagtype[tag] = tags.tagtype[tag]
            kept[tag] = tags[tag]
    if orientation != 1:
        kept[_ORIENTATION] = orientation
    lost = any(tag in tags for tag in _SUB_DIRECTORIES)
    return kept, (("the TIFF's EXIF sub-directory is not kept",) if lost else ())


def _encode_deep(samples: Samples, source: SourceImage, tags: ImageFileDirectory_v2) -> bytes:
    height, width, channels = samples.shape
    data = zlib.compress(samples.astype("<u2").tobytes(), 6)
    values: dict[int, int | tuple[int, ...] | bytes] = {
        TiffImagePlugin.IMAGEWIDTH: width,
        TiffImagePlugin.IMAGELENGTH: height,
        TiffImagePlugin.BITSPERSAMPLE: (16,) * channels,
        TiffImagePlugin.COMPRESSION: 8,
        TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: 2,
        TiffImagePlugin.SAMPLESPERPIXEL: channels,
        TiffImagePlugin.ROWSPERSTRIP: height,
        TiffImagePlugin.STRIPOFFSETS: 0,  # relative to the end of the directory; the writer adds that
        TiffImagePlugin.STRIPBYTECOUNTS: len(data),
        TiffImagePlugin.PLANAR_CONFIGURATION: 1,
    }
    if channels == 4:
        values[TiffImagePlugin.EXTRASAMPLES] = 2
    if source.icc:
        values[TiffImagePlugin.ICCPROFILE] = source.icc
    for tag, value in values.items():
        tags[tag] = value
    tags.tagtype[TiffImagePlugin.STRIPOFFSETS] = 4
    tags.tagtype[TiffImagePlugin.STRIPBYTECOUNTS] = 4
    out = io.BytesIO()
    out.write(struct.pack("<2sHI", b"II", 42, 8))
    out.seek(8)
    tags.save(out)
    out.write(data)
    return out.getvalue()
