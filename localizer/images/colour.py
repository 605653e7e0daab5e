"""From a file's own samples to 8-bit RGB and back, per colour mode."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from localizer.images.source import Samples, UInt8Array

_ROWS = 64
RGB_MODES = ("RGB", "RGBA")


def to_8_bit(samples: Samples, bit_depth: int) -> UInt8Array:
    """16-bit samples rounded to 8 bits; 8-bit ones pass through."""
    if bit_depth <= 8:
        return samples.astype(np.uint8, copy=False)
    out = np.empty(samples.shape, dtype=np.uint8)
    for start in range(0, len(samples), _ROWS):  # a few rows at a time: the sums take four times the room
        rows = samples[start : start + _ROWS].astype(np.uint32)
        out[start : start + _ROWS] = (rows + 128) // 257
    return out


def luma(rgb: UInt8Array) -> UInt8Array:
    """Rec. 601 luma of N x 3 colours, as Pillow and every viewer of grey files computes it."""
    weighted: npt.NDArray[np.float64] = rgb @ np.array([0.299, 0.587, 0.114])
    return np.rint(weighted).astype(np.uint8)


def cmyk_to_rgb(samples: UInt8Array, icc: bytes | None) -> tuple[UInt8Array, str]:
    """H x W x 4 ink values to sRGB, and a note where that is only approximate."""
    transform, note = _cmyk_transform(icc, to_cmyk=False)
    return _apply(samples, "CMYK", "RGB", transform), note


def rgb_to_cmyk(rgb: UInt8Array, icc: bytes | None) -> UInt8Array:
    """H x W x 3 sRGB to ink values, by the same profile that `cmyk_to_rgb` used."""
    transform, _ = _cmyk_transform(icc, to_cmyk=True)
    return _apply(rgb, "RGB", "CMYK", transform)


def delta_e(first: UInt8Array, second: UInt8Array) -> npt.NDArray[np.float64]:
    """CIE76 colour difference of N x 3 sRGB colours; above about 5 it is plain to see."""
    squares: npt.NDArray[np.float64] = ((_lab(first) - _lab(second)) ** 2).sum(axis=1)
    return np.sqrt(squares)


def _cmyk_transform(icc: bytes | None, *, to_cmyk: bool) -> tuple[Any, str]:
    if icc is None:
        return None, "the CMYK file has no ICC profile: its colours are shown approximately"
    ends = (io.BytesIO(icc), ImageCms.createProfile("sRGB"))
    source, target = ends[::-1] if to_cmyk else ends
    modes = ("RGB", "CMYK") if to_cmyk else ("CMYK", "RGB")
    try:
        return (
            ImageCms.buildTransform(
                source,
                target,
                *modes,
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            ),
            "",
        )
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        # Most viewers fall back in the same way; the note makes it visible to the reviewer.
        return None, f"the embedded CMYK profile cannot be used ({error}): colours are shown approximately"


def _apply(samples: UInt8Array, source: str, target: str, transform: Any) -> UInt8Array:
    image = Image.fromarray(np.ascontiguousarray(samples), source)
    if transform is None:
        return np.asarray(image.convert(target))
    converted = ImageCms.applyTransform(image, transform)
    return np.asarray(converted)


def _lab(rgb: UInt8Array) -> npt.NDArray[np.float64]:
    value = rgb.astype(np.float64) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[:, 0], root[:, 1], root[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
