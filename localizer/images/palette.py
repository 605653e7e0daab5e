"""New colours in an indexed picture: existing entries, then free ones, and the nearest where none is free."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from localizer.images.source import BoolArray, UInt8Array


def recolour(
    indexes: UInt8Array, palette: UInt8Array, changed: BoolArray, colours: UInt8Array
) -> tuple[UInt8Array, UInt8Array]:
    """Set `colours` at `changed`; every other pixel keeps its colour, and every used entry its place.

    Args:
        indexes: H x W.
        palette: N x 4 RGBA.
        changed: H x W bool.
        colours: K x 3, the wanted opaque colours at the changed pixels in row order.

    Returns:
        The new indexes, and the palette, which may have grown up to 256 entries.
    """
    wanted, inverse = np.unique(colours, axis=0, return_inverse=True)
    palette = _with_new(indexes, palette, changed, wanted, colours)
    nearest = _nearest(wanted, palette)
    out = indexes.copy()
    out[changed] = nearest[inverse.reshape(-1)]
    return out, palette


def _with_new(
    indexes: UInt8Array, palette: UInt8Array, changed: BoolArray, wanted: UInt8Array, colours: UInt8Array
) -> UInt8Array:
    """The palette with as many of the wanted colours as there is room for."""
    opaque = palette[palette[:, 3] == 255, :3]
    missing = wanted[~_contains(opaque, wanted)]
    if not len(missing):
        return palette
    used = np.zeros(256, dtype=bool)
    used[np.unique(indexes[~changed])] = True
    used[: len(palette)] |= palette[:, 3] < 255  # a transparent entry may be the file's backdrop
    free = np.flatnonzero(~used)
    if not len(free):
        return palette
    fresh = missing if len(missing) <= len(free) else _reduce(colours, len(free))
    slots = free[: len(fresh)]
    out = np.full((max(len(palette), int(slots[-1]) + 1), 4), 255, dtype=np.uint8)
    out[: len(palette)] = palette
    out[slots, :3] = fresh
    return out


def _contains(entries: UInt8Array, wanted: UInt8Array) -> npt.NDArray[np.bool_]:
    return np.isin(_packed(wanted), _packed(entries))


def _packed(colours: UInt8Array) -> npt.NDArray[np.int64]:
    wide = colours.astype(np.int64)
    return wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]


def _reduce(colours: UInt8Array, count: int) -> UInt8Array:
    """At most `count` colours that stand for all, weighted by how often each occurs."""
    image = Image.fromarray(np.ascontiguousarray(colours[None]), "RGB")
    reduced = image.quantize(colors=count, method=Image.Quantize.MEDIANCUT, kmeans=1)
    table = np.array(reduced.getpalette(), dtype=np.uint8).reshape(-1, 3)
    return table[: min(count, len(table))]


def _nearest(wanted: UInt8Array, palette: UInt8Array) -> UInt8Array:
    """Index of the nearest opaque entry for each colour."""
    opaque = np.flatnonzero(palette[:, 3] == 255)
    entries = palette[opaque, :3].astype(np.int32)
    out = np.empty(len(wanted), dtype=np.uint8)
    for start in range(0, len(wanted), 4096):  # bounds the distance table to 4096 x 256
        part = wanted[start : start + 4096].astype(np.int32)
        distance = ((part[:, None] - entries[None]) ** 2).sum(axis=2)
        out[start : start + len(part)] = opaque[distance.argmin(axis=1)]
    return out
