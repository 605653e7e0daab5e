"""An edit brought into a file's own samples: what is outside it stays bit-identical."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from localizer.images import colour, transparency
from localizer.images.fidelity import differing
from localizer.images.orientation import to_stored
from localizer.images.palette import recolour
from localizer.images.source import BoolArray, Samples, SourceImage, UInt8Array
from localizer.images.transparency import edited_alpha

_VISIBLE = 6.0  # CIE76 difference that a reviewer sees without searching


@dataclass(frozen=True, slots=True)
class Painted:
    """The file's samples after the edit, in stored orientation; `palette` for mode ``P``."""

    samples: Samples
    palette: UInt8Array | None = None
    doubts: tuple[str, ...] = ()


def changed_pixels(source: SourceImage, rgb: UInt8Array, mask: BoolArray) -> BoolArray:
    """H x W bool: where the edit really sets another colour.

    Raises:
        ValueError: the edit is not of the source's size or type.
    """
    shape = (source.height, source.width)
    if rgb.shape != (*shape, 3) or mask.shape != shape or rgb.dtype != np.uint8 or mask.dtype != np.bool_:
        raise ValueError(
            f"{source.name}: an edit of {rgb.shape} {rgb.dtype} under a mask of {mask.shape} {mask.dtype} "
            f"does not fit a source of {shape}"
        )
    return mask & differing(rgb, source.rgb)


def paint(source: SourceImage, rgb: UInt8Array, mask: BoolArray, alpha: UInt8Array | None = None) -> Painted:
    """Bring the edit into the source's own mode, depth and orientation; `alpha` as in `edited_alpha`."""
    upright = changed_pixels(source, rgb, mask)
    changed = to_stored(upright, source.orientation)
    asked = to_stored(rgb, source.orientation)[changed]
    drawn, alpha = alpha, edited_alpha(source, upright, mask, alpha)
    doubts = transparency.doubts(source, alpha, mask, drawn)
    if source.palette is not None:
        indexes = source.native.astype(np.uint8, copy=False)
        painted, palette = recolour(indexes, source.palette, changed, asked)
        kept = palette[painted[changed], :3]
        loss = _loss(asked, kept, "the file's palette has no room for the new colours")
        return Painted(painted, palette, doubts + loss)
    samples = source.native.copy()
    new, kept, words = _convert(source, asked, source.native[changed])
    samples[changed] = new
    if alpha is not None and source.mode in ("RGBA", "LA"):
        _set_alpha(samples, source, alpha)
    return Painted(samples, None, doubts + _loss(asked, kept, words))


def _convert(source: SourceImage, asked: UInt8Array, old: Samples) -> tuple[Samples, UInt8Array, str]:
    """K x 3 colours as native samples instead of `old`; how they look there; words for the difference."""
    if source.mode == "CMYK":
        inks = colour.rgb_to_cmyk(asked[None], source.icc)
        seen, _ = colour.cmyk_to_rgb(inks, source.icc)
        return inks[0], seen[0], "the file's inks cannot print the new colours"
    if source.mode in colour.RGB_MODES:
        new = _deepen(asked, source)
        new = _with_alpha(new, old) if source.mode == "RGBA" else new
        return _off_the_key(new, source), asked, ""
    grey = colour.luma(asked)
    words = "the file is grey, the new colours are not"
    if source.mode == "1":
        bit = (grey >= 128).astype(np.uint8)
        return bit, np.repeat(bit[:, None] * np.uint8(255), 3, axis=1), "the file is black and white"
    new = _deepen(grey, source)
    if source.mode == "LA":
        new = _with_alpha(new[:, None], old)
    return _off_the_key(new, source), np.repeat(grey[:, None], 3, axis=1), words


def _deepen(values: UInt8Array, source: SourceImage) -> Samples:
    if source.bit_depth == 16:
        return values.astype(np.uint16) * np.uint16(257)
    if source.bit_depth < 8:  # 2- and 4-bit grey: the nearest of the few steps
        step = 255 // ((1 << source.bit_depth) - 1)
        return ((values.astype(np.uint16) + step // 2) // step * step).astype(np.uint8)
    return values


def _with_alpha(new: Samples, old: Samples) -> Samples:
    """The new colours with the old alpha; `_set_alpha` brings in the new one."""
    return np.concatenate([new, old[:, -1:]], axis=1)


def _set_alpha(samples: Samples, source: SourceImage, alpha: UInt8Array) -> None:
    """Write the edited alpha plane where it differs; elsewhere 16-bit samples keep their last bits."""
    assert source.alpha is not None  # noqa: S101  there is an edited plane only of a source that has one
    differs = to_stored(alpha != source.alpha, source.orientation)
    samples[differs, -1] = _deepen(to_stored(alpha, source.orientation)[differs], source)


def _off_the_key(new: Samples, source: SourceImage) -> Samples:
    """New samples that happen to equal the transparent colour, moved one step so that they stay visible."""
    if source.colour_key is None:
        return new
    flat = new if new.ndim == 2 else new[:, None]
    hit = (flat == np.array(source.colour_key)).all(axis=1)
    step = 255 // ((1 << source.bit_depth) - 1) if source.bit_depth < 8 else 1
    top = 65535 if source.bit_depth == 16 else 255
    last = flat[hit, -1].astype(np.int32)
    flat = flat.copy()
    flat[hit, -1] = np.where(last + step <= top, last + step, last - step)
    return flat.reshape(new.shape)


def _loss(asked: UInt8Array, kept: UInt8Array, words: str) -> tuple[str, ...]:
    if not len(asked):
        return ()
    sample = slice(None, None, max(1, len(asked) // 200_000))
    worst = float(np.percentile(colour.delta_e(asked[sample], kept[sample]), 95))
    return (f"{words}: they differ by up to ΔE {worst:.0f}",) if worst > _VISIBLE else ()
