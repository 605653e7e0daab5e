"""The outline of type: one colour that hugs every stroke and that the ground around does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from localizer.text.regions import dilate, distance_to

if TYPE_CHECKING:
    import numpy.typing as npt

_SAME = 20.0  # ΔE within which a pixel has the outline's colour
_HUGGING = 0.72  # share of the pixels right beside the strokes that must have it
_ELSEWHERE = 0.5  # share of those farther out that may have it
_WIDEST = 0.25  # of the line height


def find_outline(
    lab: npt.NDArray[np.float32],
    strokes: npt.NDArray[np.bool_],
    fill: npt.NDArray[np.float32],
    height: float,
    usable: npt.NDArray[np.bool_],
) -> npt.NDArray[np.bool_] | None:
    """H x W bool: strokes together with the outline that they have, or None if there is none.

    Parts of the type that were not among the strokes (brackets, marks) come along when the same outline
    joins them.

    Args:
        lab: H x W x 3, CIE L*a*b*.
        fill: colour of the strokes, for every pixel or for all.
        usable: pixels that are no ink of other lines.
    """
    import cv2

    away = distance_to(strokes)
    width = max(1.0, 0.03 * height)
    far = (away > 0.28 * height) & (away <= 0.5 * height) & usable
    if far.sum() < 40:
        return None
    best = 0.0
    colour: npt.NDArray[np.float32] = np.zeros(3, np.float32)
    for inner in (1.0, 1.5, 2.5):  # edges are soft to different degrees, outlines may be thin
        beside = (away > inner) & (away <= inner + width) & usable
        if beside.sum() < 40:
            continue
        middle = np.asarray(np.median(lab[beside], axis=0), np.float32)
        share = float((np.linalg.norm(lab[beside] - middle, axis=1) < _SAME).mean())
        if share > best:
            best, colour = share, middle
    if best < _HUGGING or float(np.linalg.norm(colour - np.median(lab[strokes], axis=0))) < 1.5 * _SAME:
        return None
    alike = np.linalg.norm(lab - colour, axis=2) < _SAME
    if float(alike[far].mean()) > _ELSEWHERE:
        return None
    own = np.linalg.norm(lab - fill, axis=2) < _SAME
    region = (alike | own | dilate(strokes, 1.5)) & usable & (away <= _WIDEST * height)
    _, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    found = np.isin(labels, np.unique(labels[strokes])) & region
    # It ends: a ground of the same colour would fill all that lies within reach.
    limit = (away > (_WIDEST - 0.06) * height) & (away <= _WIDEST * height) & usable
    if limit.any() and float(found[limit].mean()) > 0.5 * _ELSEWHERE + 0.1:
        return None
    return np.asarray(found | strokes)
