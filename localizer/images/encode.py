"""Samples to a file of the source's own format, with its metadata; lossy formats close to the source."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from localizer.images import colour, jpeg, png
from localizer.images.fidelity import comparable, psnr
from localizer.images.metadata import without_exif_thumbnail
from localizer.images.orientation import to_stored
from localizer.images.packet import into_chunks, into_gif, into_segments
from localizer.images.paint import Painted
from localizer.images.source import BoolArray, SourceImage, UInt8Array
from localizer.images.tiff import as_image, encode_tiff

ENOUGH = 45.5
"""dB outside the edit that a lossy file must reach before finer settings are tried; the check asks for 45."""

_GOOD = 50.0  # where correcting further gains nothing that anybody sees
_ROUNDS = 5
_GAIN = 0.6  # share of the error fed back; 1.0 overshoots after two rounds, 0.5 takes longer

Encoded = tuple[bytes, tuple[str, ...]]


def encode(source: SourceImage, painted: Painted, mask: BoolArray, packet: bytes | None = None) -> Encoded:
    """A file of the source's format, and notes on what could not be kept.

    Args:
        mask: H x W bool, upright; lossy formats are compared with the source outside it.
        packet: XMP in place of the source's; None: the source's own.
    """
    if source.format == "JPEG":
        return _encode_jpeg(source, painted, mask, packet)
    if source.format == "PNG":
        return _encode_png(source, painted, packet), ()
    if source.format == "WEBP":
        return _encode_webp(source, painted, mask, packet)
    if source.format == "TIFF":
        return encode_tiff(source, painted.samples, painted.palette, packet)
    data = _encode_simple(source, painted)
    return (into_gif(data, packet) if source.format == "GIF" else data), ()


def _encode_png(source: SourceImage, painted: Painted, packet: bytes | None) -> bytes:
    chunks = into_chunks(png.read_chunks(source.data, name=source.name), packet)
    mode, depth = source.mode, source.bit_depth
    if depth == 16 or (mode == "L" and depth < 8):
        samples = painted.samples
        if depth < 8:
            samples = samples // np.uint8(255 // ((1 << depth) - 1))
        encoded = png.encode_samples(samples, mode=mode, bit_depth=depth)
    else:
        image = as_image(painted.samples, mode, painted.palette)
        out = io.BytesIO()
        options: dict[str, Any] = {}
        if painted.palette is not None:
            entries = int(painted.samples.max()) + 1
            options["bits"] = max(depth, next(b for b in (1, 2, 4, 8) if entries <= 1 << b))
            if (painted.palette[:, 3] < 255).any():
                options["transparency"] = painted.palette[:, 3].tobytes()
        image.save(out, "PNG", **options)
        encoded = out.getvalue()
    return png.splice(encoded, chunks, own_transparency=mode == "P")


def _encode_jpeg(source: SourceImage, painted: Painted, mask: BoolArray, packet: bytes | None) -> Encoded:
    segments = jpeg.read_segments(source.data, name=source.name)
    frame = jpeg.frame(segments, name=source.name)
    best: tuple[float, bytes, str] = (-1.0, b"", "")
    for options, words in _jpeg_attempts(source, frame, jpeg.colour_transform(segments)):
        common = {"optimize": True, "progressive": frame.progressive, **options}
        score, data = _settle(source, painted, mask, "JPEG", common)
        if score > best[0]:
            best = (score, data, words)
        if score >= ENOUGH:
            break
    further = "previews or depth maps behind the picture are left out"
    notes = (best[2], further if jpeg.has_further_pictures(segments) else "")
    return jpeg.splice(best[1], into_segments(segments, packet)), tuple(n for n in notes if n)


def _jpeg_attempts(
    source: SourceImage, frame: jpeg.Frame, transform: int | None
) -> Iterator[tuple[dict[str, Any], str]]:
    """Encoder settings from the source's own to ever finer ones, with words for what differs."""
    original = Image.open(io.BytesIO(source.data), formats=["JPEG"])
    tables: dict[int, list[int]] = original.quantization  # type: ignore[attr-defined]
    own = [list(tables[c.table]) for c in frame.components if c.table in tables]
    sampling = tuple((c.horizontal, c.vertical) for c in frame.components)
    known: dict[tuple[tuple[int, int], ...], int] = {
        ((1, 1),) * 3: 0,
        ((2, 1), (1, 1), (1, 1)): 1,
        ((2, 2), (1, 1), (1, 1)): 2,
    }
    common: dict[str, Any] = {"keep_rgb": source.mode == "RGB" and _stored_as_rgb(frame, transform)}
    words = ""
    if len(frame.components) == 3:
        common["subsampling"] = 0 if common["keep_rgb"] else known.get(sampling, 0)
        if sampling not in known:
            words = "the JPEG's chroma sampling is not kept: it is delivered in full resolution"
    if transform == 2:
        own = own[:1]  # ink planes instead of luma and chroma: none may take the coarse chroma table
        words = "the JPEG's inks are stored directly (CMYK) instead of as YCCK"
    if own:
        yield {**common, "qtables": own}, words
    full = {**common, "subsampling": 0} if len(frame.components) == 3 else common
    yield {**full, "quality": 98}, words or "the JPEG is stored finer than its source to keep it unchanged"


def _stored_as_rgb(frame: jpeg.Frame, transform: int | None) -> bool:
    return transform == 0 or (transform is None and [c.identifier for c in frame.components] == [82, 71, 66])


def _encode_webp(source: SourceImage, painted: Painted, mask: BoolArray, packet: bytes | None) -> Encoded:
    original = Image.open(io.BytesIO(source.data), formats=["WEBP"])
    image = as_image(painted.samples, source.mode, None)
    common: dict[str, Any] = {"method": 4, "exact": True}
    if source.icc:
        common["icc_profile"] = source.icc
    if original.info.get("exif"):
        common["exif"] = without_exif_thumbnail(original.info["exif"])
    if xmp := packet or original.info.get("xmp"):
        common["xmp"] = xmp
    if not source.lossless:
        for quality in (90, 96, 100):
            score, data = _settle(source, painted, mask, "WEBP", {"quality": quality, **common})
            if score >= ENOUGH:
                return data, ()
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True, quality=75, **common)
    note = "the lossy WebP is delivered as lossless WebP: no lossy quality kept it unchanged"
    return out.getvalue(), (() if source.lossless else (note,))


def _encode_simple(source: SourceImage, painted: Painted) -> bytes:
    """BMP and GIF."""
    original = Image.open(io.BytesIO(source.data), formats=[source.format])
    options: dict[str, Any] = {}
    if source.format == "BMP" and source.dpi:
        options["dpi"] = source.dpi
    if source.format == "GIF":
        options = {"optimize": False, "interlace": bool(original.info.get("interlace"))}
        if original.info.get("comment"):
            options["comment"] = original.info["comment"]
        if painted.palette is not None and (painted.palette[:, 3] == 0).any():
            options["transparency"] = int(np.flatnonzero(painted.palette[:, 3] == 0)[0])
    out = io.BytesIO()
    as_image(painted.samples, source.mode, painted.palette).save(out, source.format, **options)
    return out.getvalue()


def _settle(
    source: SourceImage, painted: Painted, mask: BoolArray, fmt: str, options: dict[str, Any]
) -> tuple[float, bytes]:
    """Encode so that decoding gives the source back outside the edit: its PSNR in dB, and the file.

    Encoding a decoded picture with its own settings again drifts, above all where chroma is stored at half
    size: it is blurred once more. What decoding got wrong is therefore added to what is encoded, a few times
    over. That finds the source's own blocks again (42 to 50 dB on posters) at the source's own file size.
    """
    asked = painted.samples.astype(np.float32)
    outside = to_stored(~mask, source.orientation).astype(np.float32) * np.float32(_GAIN)
    outside = outside[..., None] if asked.ndim == 3 else outside
    given = asked.copy()
    best: tuple[float, bytes] = (-1.0, b"")
    for _ in range(_ROUNDS):
        out = io.BytesIO()
        eight = np.clip(np.rint(given), 0, 255).astype(np.uint8)
        as_image(eight, source.mode, None).save(out, fmt, **options)
        data = out.getvalue()
        seen = np.asarray(Image.open(io.BytesIO(data)))
        score = _score(seen, source, painted, mask)
        if score > best[0]:
            best = (score, data)
        if best[0] >= _GOOD or score < best[0] or seen.shape != asked.shape:
            break
        given += outside * (asked - seen)
    return best


def _score(seen: UInt8Array, source: SourceImage, painted: Painted, mask: BoolArray) -> float:
    """PSNR in dB of decoded samples against the painted ones, away from the edit."""
    asked = painted.samples
    if seen.shape != asked.shape:
        return 0.0
    where = to_stored(comparable(mask, source.alpha), source.orientation)
    if source.mode == "CMYK":
        seen, _ = colour.cmyk_to_rgb(seen, source.icc)
        asked, _ = colour.cmyk_to_rgb(asked.astype(np.uint8, copy=False), source.icc)
    colours = {"L": 1, "LA": 1}.get(source.mode, 3)  # a lossless alpha plane would flatter the figure
    shape = (*where.shape, -1)
    seen, asked = seen.reshape(shape)[..., :colours], asked.reshape(shape)[..., :colours]
    value = psnr(seen, asked.astype(np.uint8, copy=False), where)
    return float("inf") if value is None else value
