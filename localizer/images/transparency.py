"""The alpha plane under an edit: engines set colours only, and type may be drawn in transparency as well."""

from __future__ import annotations

import numpy as np

from localizer.images.fidelity import grow
from localizer.images.source import BoolArray, SourceImage, UInt8Array

MOSTLY_OPAQUE = 128
_CROSSING = 8  # half the width of the widest stroke
_STEP = 16  # between neighbours; a plate's own shading is smoother, the edge of a letter is not


def edited_alpha(
    source: SourceImage, changed: BoolArray, mask: BoolArray, drawn: UInt8Array | None = None
) -> UInt8Array | None:
    """The upright alpha plane after the edit; outside `mask` it is the source's.

    Rule: where the edit colours pixels that were mostly transparent, they become opaque, for type must be
    seen. On a plate that is mostly opaque they take the plate's alpha from around: an opaque patch would
    show, and letters that were drawn in the alpha plane would stay behind as a ghost. Where the engine drew
    shapes that have an alpha of their own, that counts.

    Args:
        drawn: H x W uint8, the source's alpha with the shapes that the engine drew.
    """
    import cv2

    if source.alpha is None:
        return None
    if source.mode not in ("RGBA", "LA"):  # palettes and colour keys know no half tones that we could set
        return np.where(changed, np.uint8(255), source.alpha)
    if not changed.any() or source.alpha[mask].min() == 255:
        return source.alpha
    # Where new type crosses old type of the same colour nothing changes: closing takes those spots in.
    square = np.ones((2 * _CROSSING + 1,) * 2, np.uint8)
    closed = np.asarray(cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_CLOSE, square)).astype(bool)
    hole = grow(closed, 1) & mask
    filled = np.asarray(cv2.inpaint(source.alpha, hole.astype(np.uint8), 3, cv2.INPAINT_TELEA))
    plate = np.where(hole, filled, source.alpha)
    edited = np.where(changed & (plate < MOSTLY_OPAQUE), np.uint8(255), plate)
    if drawn is not None:
        edited = np.where(mask & (drawn != source.alpha), drawn, edited)
    return edited.astype(np.uint8)


def doubts(
    source: SourceImage, alpha: UInt8Array | None, mask: BoolArray, drawn: UInt8Array | None = None
) -> tuple[str, ...]:
    """What only a person can judge of an edited alpha plane."""
    if source.alpha is None or alpha is None:
        return ()
    faint = int((source.alpha[mask] < MOSTLY_OPAQUE).sum())
    if faint:
        return (f"the edit touches {faint:,} pixels that are mostly transparent",)
    if drawn is not None:  # the edges of what the engine drew are meant to be there
        mask = mask & ~grow(drawn != source.alpha, 2)
    plane = alpha.astype(np.int16)
    down = (np.abs(np.diff(plane, axis=0)) > _STEP) & mask[1:] & mask[:-1]
    across = (np.abs(np.diff(plane, axis=1)) > _STEP) & mask[:, 1:] & mask[:, :-1]
    if down.any() or across.any():
        return ("the edit covers shapes that are drawn in the transparency",)
    return ()
