"""Where a picture has room for more text: calm, large enough, off texts, faces and the product.

Activity is the mean gradient of luminance; the product is told from the ground as what differs from the
picture's rim (boundary prior: Wei et al., Geodesic Saliency Using Background Priors, ECCV 2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box

if TYPE_CHECKING:
    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

_SIDE = 320  # pixels of the longer side at which the picture is looked at
_MARGIN = 0.05  # of the shorter side, kept free along the frame
_RIM = 0.04  # of the shorter side: the strip whose colours are taken for ground
_FOREIGN = 26.0  # ΔE from every ground colour, from where something is not ground
_OBJECT = 0.01, 0.6  # share of the picture that an object may have: less is detail, more is the scene
_CALM = 6.0  # mean gradient (L* a pixel at that size, times ten) that type can stand on
_EVEN = 11.0  # standard deviation of L* under the text, likewise
_AXIS = 0.35  # weight of standing on the picture's middle or on another text's edge
_SHRINK = 1.2  # weight of being smaller than wanted


@dataclass(frozen=True, slots=True)
class Block:
    """A text as it could be set: pixels, and its scale against the wanted size."""

    width: float
    height: float
    scale: float


@dataclass(frozen=True, slots=True)
class FreeArea:
    """A place for a block.

    Attributes:
        index: of the block in the list that was offered.
        where: in words, such as ``top left``.
    """

    box: Box
    index: int
    where: str


def find_objects(rgb: Image) -> Mask:
    """What stands in front of the ground: H x W bool, at the size of the picture.

    Nothing if no such thing can be told: then the picture is one scene.
    """
    import cv2

    small, _ = _reduced(rgb)
    h, w = small.shape[:2]
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    m = max(2, round(_RIM * min(h, w)))
    rim = np.concatenate([a.reshape(-1, 3) for a in (lab[:m], lab[-m:], lab[:, :m], lab[:, -m:])])
    cv2.setRNGSeed(7)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    _, labels, centres = cv2.kmeans(rim, min(6, len(rim)), None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    share = np.bincount(labels.ravel(), minlength=len(centres)) / len(rim)
    ground = centres[share > 0.05]
    apart = np.min([np.linalg.norm(lab - c, axis=2) for c in ground], axis=0) > _FOREIGN
    n = np.ones((5, 5), np.uint8)
    solid = cv2.morphologyEx(cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_CLOSE, n), cv2.MORPH_OPEN, n)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    out = np.zeros((h, w), np.uint8)
    for label in range(1, len(stats)):
        if stats[label][cv2.CC_STAT_AREA] >= _OBJECT[0] * h * w:
            out[parts == label] = 1
    if out.mean() > _OBJECT[1]:
        out[:] = 0
    full = cv2.resize(out, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.asarray(full > 0)


def find_free_area(
    rgb: Image,
    blocks: Sequence[Block],
    *,
    taken: Sequence[Box],
    edges: Sequence[float] = (),
    place: Sequence[str] = (),
) -> FreeArea | None:
    """The best place for one of some blocks, or None if no place is good enough.

    Args:
        rgb: H x W x 3 uint8, erased.
        blocks: the same text in several sizes and numbers of lines.
        taken: boxes of texts and faces, which are kept clear of by a third of their height.
        edges: left edges of other texts, that a text on the left may share.
        place: words out of ``top bottom left right center``.
    """
    import cv2

    small, scale = _reduced(rgb)
    h, w = small.shape[:2]
    light = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[:, :, 0]
    gradient = 10 * np.hypot(cv2.Sobel(light, cv2.CV_32F, 1, 0), cv2.Sobel(light, cv2.CV_32F, 0, 1)) / 8
    objects = cv2.resize(find_objects(rgb).astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST)
    blocked = cv2.dilate(objects, np.ones((5, 5), np.uint8)).astype(np.float32)
    for x0, y0, x1, y1 in taken:
        clear = (y1 - y0) / 3
        a, b, c, d = ((v * scale) for v in (x0 - clear, y0 - clear, x1 + clear, y1 + clear))
        blocked[max(0, int(b)) : max(0, int(np.ceil(d))), max(0, int(a)) : max(0, int(np.ceil(c)))] = 1
    sums = [_integral(x) for x in (gradient, light, light**2, blocked)]
    margin = round(_MARGIN * min(h, w))
    best: tuple[float, FreeArea] | None = None
    for index, block in enumerate(blocks):
        bw, bh = int(np.ceil(block.width * scale)) + 2, int(np.ceil(block.height * scale)) + 2
        if bw > w - 2 * margin or bh > h - 2 * margin:
            continue
        busy, mean, square, closed = (_windows(s, bw, bh, margin) for s in sums)
        spread = np.sqrt(np.maximum(0.0, square - mean**2))
        ys, xs = np.mgrid[margin : margin + busy.shape[0], margin : margin + busy.shape[1]]
        cx, cy = (xs + bw / 2) / w, (ys + bh / 2) / h
        good = (closed <= 0) & (busy < _CALM) & (spread < _EVEN) & _at_place(cx, cy, place)
        if not good.any():
            continue
        axis = np.abs(cx - 0.5)
        for edge in edges:
            axis = np.minimum(axis, np.abs(xs / w - edge * scale / w) + 0.01)
        # On an axis of the layout, near the frame rather than in the middle of a void, and calm.
        off = np.minimum(np.minimum(cy, 1 - cy), 0.5)
        cost = busy / _CALM + 0.5 * spread / _EVEN + _AXIS * np.minimum(1.0, 6 * axis) + 0.4 * off
        cost = np.where(good, cost, np.inf)
        row, column = np.unravel_index(int(cost.argmin()), cost.shape)
        total = float(cost[row, column]) + _SHRINK * (1 - block.scale)
        if best is None or total < best[0] - 1e-9:
            x, y = (int(xs[row, column]) + 1) / scale, (int(ys[row, column]) + 1) / scale
            box = round(x), round(y), round(x + block.width), round(y + block.height)
            best = total, FreeArea(box, index, _in_words(float(cx[row, column]), float(cy[row, column])))
    return best[1] if best else None


def _reduced(rgb: Image) -> tuple[Image, float]:
    import cv2

    h, w = rgb.shape[:2]
    scale = min(1.0, _SIDE / max(h, w))
    size = max(8, round(w * scale)), max(8, round(h * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _integral(values: npt.ArrayLike) -> Floats:
    import cv2

    return np.asarray(cv2.integral(np.asarray(values, np.float64)))


def _windows(total: Floats, width: int, height: int, margin: int) -> Floats:
    """Mean over every window of a size that keeps the margin."""
    t = total[margin : total.shape[0] - margin, margin : total.shape[1] - margin]
    sums = t[height:, width:] - t[:-height, width:] - t[height:, :-width] + t[:-height, :-width]
    return np.asarray(np.round(sums, 6) / (width * height))


def _at_place(cx: Floats, cy: Floats, place: Sequence[str]) -> Mask:
    good = np.ones(cx.shape, np.bool_)
    for word in place:
        good &= {
            "top": cy < 0.4,
            "bottom": cy > 0.6,
            "left": cx < 0.45,
            "right": cx > 0.55,
            "center": np.abs(cx - 0.5) < 0.12,
        }[word]
    if tuple(place) == ("center",):
        good &= np.abs(cy - 0.5) < 0.2
    return good


def _in_words(cx: float, cy: float) -> str:
    across = "left" if cx < 0.4 else "right" if cx > 0.6 else ""
    down = "top" if cy < 0.4 else "bottom" if cy > 0.6 else ""
    return f"{down} {across}".strip() or "centre"
