"""Checks on the type as set: `source_text_gone`, `legible` and `fits`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Box, CheckResult, CheckStatus, share_inside
from localizer.text.normalise import fold, similarity
from localizer.text.reading import TextLine, read_crop
from localizer.text.typesetting import contrast

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

STILL_THERE = 0.8
CONTRAST = 3.0  # WCAG 2.2, success criterion 1.4.3, large text
LEAST_CONTRAST = 2.0  # where the source itself was below the criterion
CAP_HEIGHT = 8.0  # pixels
SCALE = 0.5


def check_source_text_gone(rgb: UInt8Array, placements: Sequence[Placement]) -> CheckResult:
    """The source text can no longer be read where it stood.

    `value` is the highest similarity of anything read there with it.
    """
    name, worst, details = "source_text_gone", 0.0, []
    for p in placements:
        source = p.edit.text
        if source == "*" and p.source_box is not None and not p.lines:
            left = _still_read(rgb, p.source_box, placements)
            if left:
                worst = 1.0
                details.append(f"“{left}” can still be read where all text was to go")
        if (
            p.source_box is None
            or not fold(source)
            or source == "*"
            or fold(source) in fold(p.edit.replacement)
        ):
            continue
        read = [line.text for line in read_crop(rgb, p.source_box)]
        texts = [*read, "".join(read)]
        pieces = [source, *(part for part in source.split("\n") if len(fold(part)) >= 4)]
        for piece in pieces:
            targets = [p.edit.replacement, *p.edit.replacement.split("\n"), *p.lines]
            like_target = max(similarity(piece, t) for t in targets)
            best = max((similarity(t, piece) for t in texts), default=0.0)
            # What was set may resemble the source: a price with one digit changed.
            if best >= STILL_THERE and best > like_target + 0.1:
                worst = max(worst, best)
                details.append(f"“{piece}” can still be read")
    status = CheckStatus.FAILED if details else CheckStatus.PASSED
    return CheckResult(name, status, round(worst, 3), STILL_THERE, "; ".join(dict.fromkeys(details)))


def _still_read(rgb: UInt8Array, box: Box, placements: Sequence[Placement]) -> str:
    """Text that is read inside a box and was not set by any edit."""
    new = [line for p in placements for line in p.lines]
    for line in read_crop(rgb, box):
        if line.score < 0.5 or share_inside(line.box, box) < 0.6 or not fold(line.text):
            continue
        if all(similarity(line.text, text) < STILL_THERE for text in new):
            return line.text
    return ""


def check_legible(
    rgb: UInt8Array,
    source_rgb: UInt8Array,
    placements: Sequence[Placement],
    *,
    least_cap_height: float = CAP_HEIGHT,
) -> CheckResult:
    """Type stands out from what is behind it, and is not tiny.

    Contrast is that of the fill against the darkest or lightest tenth of the ground around the strokes, or
    against the ground of any stretch of the line that is worse (WCAG 2.2). Where the source type itself had
    less than 3:1, nine tenths of its contrast will do.
    `value` is the lowest contrast.
    """
    name, value, limit, details = "legible", 21.0, CONTRAST, []
    status = CheckStatus.PASSED
    for p in placements:
        if not p.lines or p.colour is None:
            continue
        words = " ".join(p.lines)
        got = min((_ground_contrast(rgb, box, p.colour) for box in p.line_boxes), default=21.0)
        needed = CONTRAST
        if p.source_box is not None and "colour" not in p.edit.attribute:
            had = _ground_contrast(source_rgb, p.source_box, p.colour)
            needed = min(CONTRAST, max(LEAST_CONTRAST, 0.9 * had))
        if got < value:
            value, limit = got, needed
        if got < needed:
            status = CheckStatus.FAILED
            details.append(f"“{words}” has a contrast of {got:.1f}:1, needed is {needed:.1f}:1")
        if p.cap_height is not None and p.cap_height < least_cap_height and p.scale < 0.97:
            status = CheckStatus.FAILED
            details.append(f"“{words}” is {p.cap_height:.0f} px tall, needed are {least_cap_height:.0f}")
    return CheckResult(name, status, round(value, 2), round(limit, 2), "; ".join(details))


def _ground_contrast(rgb: UInt8Array, box: Box, colour: tuple[int, int, int]) -> float:
    """Contrast of a colour with the least contrasting tenth of the ground in a box, or stretch of it.

    The line is looked at as a whole and in pieces about as wide as high: where the ground of a piece is
    like the type itself, only that piece shows it.
    """
    m = 2
    h, w = rgb.shape[:2]
    x0, y0, x1, y1 = max(0, box[0] - m), max(0, box[1] - m), min(w, box[2] + m), min(h, box[3] + m)
    crop = rgb[y0:y1, x0:x1]
    if crop.size == 0:
        return 21.0
    pieces = np.array_split(crop, max(1, (x1 - x0) // max(24, y1 - y0)), axis=1)
    return min(_crop_contrast(crop, colour, 0.1), *(_crop_contrast(c, colour, 0.5) for c in pieces))


def _crop_contrast(crop: UInt8Array, colour: tuple[int, int, int], share: float) -> float:
    """Contrast of a colour with the least contrasting share of the ground in a crop (strokes left out)."""
    import cv2

    distance = np.abs(crop.astype(np.int16) - np.array(colour, np.int16)).max(2)
    far = distance > 0.5 * max(24, int(np.percentile(distance, 90)))
    # Anti-aliased edges are neither type nor ground.
    ground = cv2.erode(far.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if ground.sum() < 20:
        ground = far
    if not ground.any():
        return 1.0
    pixels = crop[ground][:: max(1, int(ground.sum()) // 4000)]
    colours, counts = np.unique(pixels // 8 * 8, axis=0, return_counts=True)
    ratios = np.array([contrast(colour, c) for c in colours])
    order = np.argsort(ratios)
    below = np.cumsum(counts[order]) / counts.sum()
    return float(ratios[order][np.searchsorted(below, share)])


def check_fits(
    shape: tuple[int, int],
    placements: Sequence[Placement],
    lines: Sequence[TextLine],
    *,
    least_scale: float = SCALE,
) -> CheckResult:
    """Type lies inside the image and its place, covers no other text, lacks no glyph, did not shrink too far.

    Args:
        shape: height and width of the image.
        lines: what was read on the source.

    `value` is the smallest scale.
    """
    failed, doubts, value = [], [], 1.0
    own = [p.source_box for p in placements if p.source_box is not None]
    others = [
        line for line in lines if line.score >= 0.5 and not any(share_inside(line.box, b) > 0.5 for b in own)
    ]
    for p in placements:
        if not p.lines:
            continue
        words = " ".join(p.lines)
        value = min(value, p.scale) if p.source_box is not None else value
        if p.missing_glyphs:
            failed.append(f"no font has {', '.join(p.missing_glyphs)} of “{words}”")
        if p.box is not None and not _inside(p.box, (0, 0, shape[1], shape[0]), 0):
            failed.append(f"“{words}” runs over the frame")
        if p.box is not None and _hugs_frame(p.box, p.source_box, shape):
            doubts.append(f"“{words}” stands at the very edge of the image")
        if p.source_box is not None and p.scale < least_scale:
            doubts.append(f"“{words}” fits at {p.scale:.0%} of the source size only: ask for shorter copy")
        if p.room is not None and p.box is not None and p.angle == 0 and not _inside(p.box, p.room, 3):
            doubts.append(f"“{words}” leaves its place")
        covered = [o.text for o in others if any(_covers(b, o) for b in p.line_boxes)]
        if covered:
            doubts.append(f"“{words}” covers “{covered[0]}”")
    for i, a in enumerate(placements):
        for b in placements[i + 1 :]:
            if any(_overlap(x, y) > 0.02 for x in _outlines(a) for y in _outlines(b)):
                failed.append(f"“{' '.join(a.lines)}” and “{' '.join(b.lines)}” overlap")
    status = CheckStatus.FAILED if failed else CheckStatus.UNDECIDED if doubts else CheckStatus.PASSED
    return CheckResult("fits", status, round(value, 3), least_scale, "; ".join([*failed, *doubts]))


def _hugs_frame(box: Box, source: Box | None, shape: tuple[int, int]) -> bool:
    """Whether type is closer to the frame than 1 % of the shorter side, and closer than the old type was."""
    height, width = shape
    least = 0.01 * min(shape)
    now = (box[0], box[1], width - box[2], height - box[3])
    before = (least,) * 4 if source is None else (source[0], source[1], width - source[2], height - source[3])
    return any(n < least and n < b - 1 for n, b in zip(now, before, strict=True))


def _inside(box: Box, room: Sequence[float], tolerance: float) -> bool:
    return (
        box[0] >= room[0] - tolerance
        and box[1] >= room[1] - tolerance
        and box[2] <= room[2] + tolerance
        and box[3] <= room[3] + tolerance
    )


def _covers(box: Box, line: TextLine) -> bool:
    """Whether type in a box hides some of a line: a share of it, or as much as part of one character."""
    x0, y0, x1, y1 = line.box
    w, h = min(x1, box[2]) - max(x0, box[0]), min(y1, box[3]) - max(y0, box[1])
    deep = 0.25 * line.height
    return share_inside(line.box, box) > 0.08 or (abs(line.angle) < 2 and w > deep and h > deep)


def _outlines(placement: Placement) -> Sequence[Sequence[tuple[float, float]]]:
    """The corners of each line; upright boxes of slanted lines would overlap where the type does not."""
    if placement.corners:
        return placement.corners
    return [((x0, y0), (x1, y0), (x1, y1), (x0, y1)) for x0, y0, x1, y1 in placement.line_boxes]


def _overlap(a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]]) -> float:
    """Intersection of two convex outlines over the area of the smaller one."""
    import cv2

    first, second = np.array(a, np.float32), np.array(b, np.float32)
    common, _ = cv2.intersectConvexConvex(first, second)
    return float(common) / max(1.0, min(cv2.contourArea(first), cv2.contourArea(second)))
