"""Bytes to pixels: one way in for every image, which refuses anything doubtful before and while decoding."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import BITSPERSAMPLE

from localizer.errors import ImageError
from localizer.images import bounds, colour, completeness, jpeg, png
from localizer.images.orientation import to_stored, to_upright
from localizer.images.sniff import identify
from localizer.images.source import Limits, Samples, SourceImage, UInt8Array

_ORIENTATION_TAG = 0x0112
_MODES = {"1": "1", "L": "L", "LA": "LA", "P": "P", "RGB": "RGB", "RGBA": "RGBA", "CMYK": "CMYK"}
_DEEP_GREY = ("I;16", "I;16B", "I;16L")


class _Unsupported(Exception):
    """A kind of image that is whole but that we could not deliver again."""


def decode(data: bytes, *, name: str, limits: Limits = Limits()) -> SourceImage:  # noqa: B008  frozen
    """Decode a whole image, or say why not.

    Args:
        data: the file.
        name: path or URL for messages; an extension that contradicts the content is an error.
        limits: checked against the header, before any pixel is decoded.

    Raises:
        ImageError: empty, cut short, damaged, not an image, named as another format, animated or of several
            pages, over a limit, or of a colour mode that cannot be delivered again.
    """
    if len(data) > limits.max_bytes:
        raise ImageError(
            f"{name}: the file has {len(data):,} bytes, the limit is {limits.max_bytes:,}; export it smaller"
        )
    fmt = identify(data, name=name)
    try:
        return _decode(data, fmt, name, limits)
    except (ImageError, MemoryError):
        raise
    except _Unsupported as error:
        raise ImageError(f"{name}: {error} {fmt} is not supported; export it with 8 bits a sample") from error
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name}: the header claims more than {limits.max_pixels:,} pixels, the limit; export it smaller"
        ) from error
    except Exception as error:
        raise ImageError(
            f"{name}: the {fmt} file is cut short or damaged ({error}); upload it again"
        ) from error


def _decode(data: bytes, fmt: str, name: str, limits: Limits) -> SourceImage:
    segments = chunks = None
    if fmt == "JPEG":
        segments = jpeg.read_segments(data, name=name)
        bounds.check_jpeg(segments, name=name, limits=limits)
    elif fmt == "PNG":
        chunks = png.read_chunks(data, name=name)
        bounds.check_png(chunks, name=name, limits=limits)
    else:
        completeness.check_length(data, fmt, name=name)
        if fmt == "WEBP":
            bounds.check_webp(data, name=name, limits=limits)
        elif fmt == "TIFF":
            bounds.check_tiff(data, name=name, limits=limits)
    image = Image.open(io.BytesIO(data), formats=[fmt])
    bounds.check_size(image.width, image.height, name=name, limits=limits)
    _check_single(image, fmt, name)
    dpi = _dpi(image)
    orientation = _orientation(image, fmt)  # before loading: Pillow turns a TIFF upright and forgets the tag
    if fmt == "TIFF":
        completeness.check_strips(image, data, name=name)
    image.load()
    if fmt == "JPEG":
        completeness.check_scans(image, data, name=name)
    mode = "L" if image.mode in _DEEP_GREY else _MODES.get(image.mode, "")
    if not mode:
        raise ImageError(
            f"{name}: {fmt} of colour mode {image.mode} is not supported; export it as RGB, grey or CMYK"
        )
    bit_depth = _bit_depth(image, chunks, segments, name)
    native = _native(image, data, mode, bit_depth, orientation)
    palette = _palette(image) if mode == "P" else None
    key = _colour_key(image, mode, bit_depth, chunks)
    icc = image.info.get("icc_profile") or None
    rgb, note = _rgb(native, mode, bit_depth, palette, icc)
    alpha = _alpha(native, mode, bit_depth, palette, key)
    upright = _frozen(to_upright(rgb, orientation))
    return SourceImage(
        name=name,
        data=data,
        format=fmt,
        mode=mode,
        bit_depth=bit_depth,
        width=upright.shape[1],
        height=upright.shape[0],
        rgb=upright,
        alpha=None if alpha is None else _frozen(to_upright(alpha, orientation)),
        native=_frozen(native),
        orientation=orientation,
        icc=icc,
        dpi=dpi,
        palette=None if palette is None else _frozen(palette),
        colour_key=key,
        lossless=fmt != "JPEG"
        and not (fmt == "WEBP" and not webp_is_lossless(data))
        and not _lossy_tiff(image),
        notes=(note,) if note else (),
    )


def _check_single(image: Image.Image, fmt: str, name: str) -> None:
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and fmt == "TIFF":
        raise ImageError(f"{name}: the TIFF has {frames} pages; export the one page to be localized")
    if frames > 1 and fmt != "JPEG":  # a JPEG's further pictures are previews and depth maps
        raise ImageError(
            f"{name}: the {fmt} is animated ({frames} frames); only still images can be localized"
        )


def webp_is_lossless(data: bytes) -> bool:
    """Whether the still picture in a WebP file is a lossless (VP8L) one."""
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if kind in (b"VP8 ", b"VP8L"):
            return kind == b"VP8L"
        at += 8 + size + (size & 1)
    return False


def _lossy_tiff(image: Image.Image) -> bool:
    return image.info.get("compression") in ("jpeg", "tiff_jpeg", "webp")


def _bit_depth(
    image: Image.Image, chunks: list[png.Chunk] | None, segments: list[jpeg.Segment] | None, name: str
) -> int:
    """Bits of one stored sample."""
    if chunks is not None:
        return png.header(chunks, name=name)[2]
    if segments is not None:
        precision = jpeg.frame(segments, name=name).precision
        if precision != 8:
            raise ImageError(f"{name}: {precision}-bit JPEG is not supported; export it with 8 bits")
        return 8
    if image.format == "TIFF":
        bits = _tag(image, BITSPERSAMPLE, (1,))
        if len(set(bits)) > 1 or bits[0] not in (1, 2, 4, 8, 16):
            raise ImageError(
                f"{name}: TIFF with {bits} bits a sample is not supported; export it with 8 or 16"
            )
        return int(bits[0])
    return 1 if image.mode == "1" else 8


def _tag(image: Image.Image, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    tags: Any = getattr(image, "tag_v2", {})
    value = tags.get(tag, default)
    return tuple(value) if isinstance(value, tuple) else (int(value),)


def _native(image: Image.Image, data: bytes, mode: str, bit_depth: int, orientation: int) -> Samples:
    """The stored samples, at their full depth and in stored orientation."""
    if bit_depth == 16 and image.mode not in _DEEP_GREY:
        return _deep(data, mode)
    samples = np.asarray(image)
    samples = samples.astype(np.uint16 if image.mode in _DEEP_GREY else np.uint8)
    return to_stored(samples, orientation) if image.format == "TIFF" else samples


def _deep(data: bytes, mode: str) -> Samples:
    """16-bit colour samples, which Pillow would cut to 8; OpenCV reads them without turning the picture."""
    import cv2

    read = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    order = {"RGB": [2, 1, 0], "RGBA": [2, 1, 0, 3], "LA": [0, 3]}.get(mode)
    if (
        read is None
        or read.dtype != np.uint16
        or read.ndim != 3
        or order is None
        or max(order) >= read.shape[2]
    ):
        raise _Unsupported(f"16-bit {mode}")
    return np.ascontiguousarray(read[..., order], dtype=np.uint16)


def _palette(image: Image.Image) -> UInt8Array:
    """N x 4 RGBA, with the transparency that stands in the file's header."""
    assert image.palette is not None  # noqa: S101  mode P always has one
    entries = np.frombuffer(image.palette.tobytes(), dtype=np.uint8)
    width = len(image.palette.mode)
    entries = entries[: len(entries) // width * width].reshape(-1, width)
    out = np.full((len(entries), 4), 255, dtype=np.uint8)
    out[:, :width] = entries
    transparency = image.info.get("transparency")
    if isinstance(transparency, bytes):
        count = min(len(transparency), len(out))
        out[:count, 3] = np.frombuffer(transparency, dtype=np.uint8)[:count]
    elif isinstance(transparency, int) and transparency < len(out):
        out[transparency, 3] = 0
    return out


def _colour_key(
    image: Image.Image, mode: str, bit_depth: int, chunks: list[png.Chunk] | None
) -> tuple[int, ...] | None:
    """PNG tRNS of grey and RGB images, in the units of `native`."""
    if chunks is None or mode not in ("1", "L", "RGB"):
        return None
    body = next((c.data for c in chunks if c.kind == b"tRNS"), b"")
    if len(body) != (6 if mode == "RGB" else 2):
        return None
    key = struct.unpack(f">{len(body) // 2}H", body)
    if mode != "RGB" and bit_depth < 8:  # Pillow widens 2- and 4-bit grey to 0..255, 1-bit to 0 and 1
        return (key[0],) if mode == "1" else (key[0] * 255 // ((1 << bit_depth) - 1),)
    return key


def _rgb(
    native: Samples, mode: str, bit_depth: int, palette: UInt8Array | None, icc: bytes | None
) -> tuple[UInt8Array, str]:
    if palette is not None:
        return palette[np.minimum(native, len(palette) - 1), :3], ""
    if mode == "CMYK":
        return colour.cmyk_to_rgb(native.astype(np.uint8, copy=False), icc)
    if mode == "1":
        return np.repeat((native * np.uint8(255))[..., None], 3, axis=2).astype(np.uint8), ""
    eight = colour.to_8_bit(native, bit_depth)
    if mode in ("L", "LA"):
        grey = eight if mode == "L" else eight[..., 0]
        return np.repeat(grey[..., None], 3, axis=2), ""
    return eight[..., :3], ""


def _alpha(
    native: Samples, mode: str, bit_depth: int, palette: UInt8Array | None, key: tuple[int, ...] | None
) -> UInt8Array | None:
    if mode in ("RGBA", "LA"):
        return colour.to_8_bit(native[..., -1], bit_depth)
    if palette is not None and (palette[:, 3] < 255).any():
        planes: UInt8Array = palette[np.minimum(native, len(palette) - 1), 3]
        return planes
    if key is not None:
        match = native == np.array(key)
        return np.where(match if native.ndim == 2 else match.all(axis=2), 0, 255).astype(np.uint8)
    return None


def _orientation(image: Image.Image, fmt: str) -> int:
    """EXIF (or TIFF) orientation; anything out of range counts as 1, as viewers do."""
    if fmt in ("BMP", "GIF"):
        return 1
    value = image.getexif().get(_ORIENTATION_TAG, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    dpi = image.info.get("dpi")
    if not dpi or len(dpi) != 2 or not all(float(v) > 0 for v in dpi):
        return None
    return float(dpi[0]), float(dpi[1])


def _frozen(samples: Any) -> Any:
    out = np.ascontiguousarray(samples)
    if out.base is not None or out.flags.writeable:
        out = out.copy() if out.base is not None else out
        out.flags.writeable = False
    return out
