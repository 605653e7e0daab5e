"""The ink of a line on a photo: the colours that together look like the text.

Frequency does not tell ink from ground, shape does: the colours met inside the line are clustered, and of
their unions the one is taken whose pixels look most like the known text. Without a known text (or one that
no face can set) a colour counts as ink if it is frequent inside the line and rare around it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.likeness import Likeness
from localizer.text.regions import depth_in, dilate

if TYPE_CHECKING:
    import numpy.typing as npt

CLUSTERS = 6
_SAME_COLOUR = 14.0  # ΔE (CIE76) below which two clusters are one colour
_NEAR = 26.0  # ΔE within which a pixel of a photo has a colour
_REACHES = (10.0, 14.0, 18.0, 24.0, 32.0, 42.0)  # ΔE tried as the spread of the ink's colour
_GAIN = 0.012  # likeness that one more colour or a wider reach must bring
_RIM = 0.75  # share of a cluster within 2 px of another from which it is that one's edge
_BORDER = 0.3  # share of the border of a line's box that its ink may fill
_THICKEST = 0.17  # half the width of a stroke, as a share of the line's height, that type may have
_POOR = 0.2  # likeness of what need not be looked at further
_RUNS_ON = 0.3  # likeness that it costs a colour to run on beyond the line, as grounds do
_NEARLY = 0.15  # likeness that the heart of strokes may lack against their edge
_AWAY = 0.1  # likeness (blurred coverage) below which a component lies beside the text
_TELLING = 30.0**2  # squared distance of fill and plate from which coverage can be measured


def coverage_of(
    rgb: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8], colour: tuple[int, int, int]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """How far each pixel lies on the way from plate to fill (0 to 1, or beyond), and where that tells.

    Where plate and fill are alike, nothing can be told from the colours.
    """
    before = plate.astype(np.float32)
    way = np.array(colour, np.float32) - before
    length = (way * way).sum(2)
    share = ((rgb.astype(np.float32) - before) * way).sum(2) / np.maximum(length, 1.0)
    return share, length > _TELLING


def cluster(
    lab: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Label every pixel with the nearest of a few colours met inside the line."""
    import cv2

    cv2.setRNGSeed(7)  # k-means++ draws: the same crop must give the same mask
    sample = lab[inside]
    sample = sample[:: max(1, len(sample) // 12000)]
    k = min(CLUSTERS, len(sample))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    _, _, centres = cv2.kmeans(sample, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    distance = np.stack([np.linalg.norm(lab - c, axis=2) for c in centres])
    return distance.argmin(0), np.asarray(centres, np.float32)


def merge_alike(labels: npt.NDArray[np.intp], centres: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Labels with clusters of one (graded) colour under one number."""
    k = len(centres)
    gap = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    groups = [{i} for i in range(k)]
    for i in range(k):
        for j in range(i):
            first = next(g for g in groups if i in g)
            other = next(g for g in groups if j in g)
            # The ends must stay close too, or thin type is chained to its ground by its own soft edges.
            close = max(gap[a, b] for a in first | other for b in first | other) < 1.8 * _SAME_COLOUR
            if first is not other and gap[i, j] < _SAME_COLOUR and close:
                groups.remove(other)
                first |= other
    parent = np.array([min(next(g for g in groups if i in g)) for i in range(k)])
    return np.asarray(parent[labels])


def ink_by_likeness(
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.intp],
    centres: npt.NDArray[np.float32],
    height: float,
    expected: Likeness,
    own_parts: Callable[[npt.NDArray[np.bool_]], npt.NDArray[np.bool_]],
) -> tuple[npt.NDArray[np.bool_], float] | None:
    """The mask inside the line that looks most like the text, and how much it does."""
    masks = [inside & (labels == i) for i in range(len(centres))]
    maps = [expected.upright(m.astype(np.float32)) for m in masks]
    band = inside & ~dilate(inside, -max(2.0, 0.05 * height))
    # The reader leaves air around a text: what fills the border of its box is ground.

    def merit(line: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]) -> float:
        likeness = expected.of_upright(line)
        if not mask.any() or likeness < _POOR:
            return likeness
        share = float((mask & band).sum()) / max(1, int(band.sum()))
        thick = float(np.percentile(depth_in(mask)[mask], 98)) / height
        return likeness - max(0.0, share - _BORDER) - 3 * max(0.0, thick - _THICKEST)

    def runs_on(i: int) -> float:
        """Share of a colour's pixels in the line that hang together with the same colour beyond it."""
        near = (np.linalg.norm(lab - centres[i], axis=2) < _NEAR) & ~(inside & (labels != i))
        return 1.0 - float((own_parts(near) & masks[i]).sum()) / max(1, int(masks[i].sum()))

    scores = [merit(line, mask) for line, mask in zip(maps, masks, strict=True)]
    leading = max(scores)
    scores = [
        score - _RUNS_ON * runs_on(i) if score > leading - _RUNS_ON else score - _RUNS_ON
        for i, score in enumerate(scores)
    ]
    chosen = [_heart_of(int(np.argmax(scores)), scores, masks)]
    scores[chosen[0]] = merit(maps[chosen[0]], masks[chosen[0]])
    best, union, core = scores[chosen[0]], maps[chosen[0]], masks[chosen[0]]
    # Soft edges make a colour of their own all along the strokes: a rim, not a second ink.
    beside = dilate(masks[chosen[0]], 2.0)
    inks = [i for i, m in enumerate(masks) if m.any() and (m & beside).sum() < _RIM * m.sum()]
    while True:
        tried = [(merit(union + maps[i], core | masks[i]), i) for i in inks if i not in chosen]
        score, i = max(tried, default=(0.0, -1))
        if score < best + _GAIN:
            break
        chosen.append(i)
        best, union, core = score, union + maps[i], core | masks[i]
    # A cluster ends half way to the next one; the ink's own spread may be wider or narrower.
    main = chosen[0]
    own = np.median(lab[masks[main]], axis=0)
    distance = np.linalg.norm(lab - own, axis=2)
    for i in chosen[1:]:
        distance = np.minimum(distance, np.linalg.norm(lab - centres[i], axis=2))
    for reach in _REACHES:
        mask = inside & (distance < reach)
        score = merit(expected.upright(mask.astype(np.float32)), mask)
        if score > best - 0.25 * _GAIN and mask.any():
            best, core = max(best, score), mask
    return (core, best) if core.any() else None


def _heart_of(best: int, scores: list[float], masks: list[npt.NDArray[np.bool_]]) -> int:
    """The colour that the best one is only the soft edge of, if there is one that looks nearly as good."""
    thick = [float(np.percentile(depth_in(m)[m], 90)) if m.any() else 0.0 for m in masks]
    for i in sorted(range(len(masks)), key=lambda i: -scores[i]):
        if i == best or scores[i] < scores[best] - _NEARLY or thick[i] < 1.3 * thick[best]:
            continue
        if (masks[best] & dilate(masks[i], 2.0)).sum() >= _RIM * masks[best].sum():
            return i
    return best


def beside_text(mask: npt.NDArray[np.bool_], expected: Likeness) -> npt.NDArray[np.bool_]:
    """Components of a mask that lie where the text has no stroke: picture of the ink's colour."""
    import cv2

    near = expected.near(mask)
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    area = np.bincount(labels.ravel(), minlength=count)
    met = np.bincount(labels.ravel(), near.ravel(), minlength=count) / np.maximum(1, area)
    beside = met < _AWAY
    beside[0] = False
    return np.asarray(beside[labels])


def ink_by_frequency(
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.intp],
    centres: npt.NDArray[np.float32],
    own_parts: Callable[[npt.NDArray[np.bool_]], npt.NDArray[np.bool_]],
) -> npt.NDArray[np.bool_] | None:
    """The colour that is frequent inside the line and rare around it.

    Args:
        own_parts: keeps the components of a mask that live inside the line.
    """
    best, core = 0.0, np.zeros(inside.shape, np.bool_)
    for i in np.unique(labels[inside]):
        # A colour of the picture runs on beyond the line; that of the type is all inside it.
        near = (np.linalg.norm(lab - centres[i], axis=2) < _NEAR) & ~(inside & (labels != i))
        own = own_parts(near)
        total = int((near & inside).sum())
        share = own.sum() / inside.sum()
        if not own.any():
            continue
        # Type is of one colour; leaves and stones only seem to be.
        spread = float(np.linalg.norm(lab[own] - np.median(lab[own], axis=0), axis=1).mean())
        merit = share * own.sum() / max(1, total) / (1 + (spread / 6) ** 2)
        if 0.02 < share < 0.7 and merit > best:
            best, core = merit, own
    if best < 0.008:
        return None
    centre = np.median(lab[core], axis=0)
    return own_parts(np.linalg.norm(lab - centre, axis=2) < 24)
