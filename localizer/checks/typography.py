"""Check `fits`: type stands inside the image and its place, covers no other text, did not shrink too far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Box, CheckResult, CheckStatus, share_inside

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.text.reading import TextLine

    BoolArray = npt.NDArray[np.bool_]

SCALE = 0.5


def check_fits(
    shape: tuple[int, int],
    placements: Sequence[Placement],
    lines: Sequence[TextLine],
    *,
    least_scale: float = SCALE,
    drawn: BoolArray | None = None,
) -> CheckResult:
    """Type lies inside the image and its place, covers no other text, lacks no glyph, did not shrink too far.

    Args:
        shape: height and width of the image.
        lines: what was read on the source.
        drawn: H x W bool, the pixels that type changed, where the engine can tell.

    `value` is the smallest scale.
    """
    failed, doubts, value = [], [], 1.0
    own = [p.source_box for p in placements if p.source_box is not None]
    stayed = [piece for p in placements for piece in p.stayed]
    others = [
        line
        for line in (*lines, *stayed)
        if line.score >= 0.5
        and not any(share_inside(line.box, b) > 0.5 for b in own)
        and (line in stayed or not any(share_inside(piece.box, line.box) > 0.6 for piece in stayed))
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
        doubts += _out_of_place(p, words, shape)
        if p.source_box is not None and p.scale < least_scale * p.usual:
            doubts.append(f"“{words}” fits at {p.scale:.0%} of the source size only: ask for shorter copy")
        if drawn is not None and p.angle == 0 and not all(_reaches(drawn, b) for b in p.line_boxes):
            doubts.append(
                f"a part of “{words}” cannot be seen: cut off, covered, or in the colour of its ground"
            )
        covered = [o.text for o in others if any(_covers(b, o) for b in p.line_boxes)]
        if covered:
            doubts.append(f"“{words}” covers “{covered[0]}”")
    for i, a in enumerate(placements):
        for b in placements[i + 1 :]:
            if any(_overlap(x, y) > 0.02 for x in _outlines(a) for y in _outlines(b)):
                failed.append(f"“{' '.join(a.lines)}” and “{' '.join(b.lines)}” overlap")
    status = CheckStatus.FAILED if failed else CheckStatus.UNDECIDED if doubts else CheckStatus.PASSED
    return CheckResult("fits", status, round(value, 3), least_scale, "; ".join([*failed, *doubts]))


def _out_of_place(p: Placement, words: str, shape: tuple[int, int]) -> list[str]:
    if p.box is None:
        return []
    doubts = []
    if _hugs_frame(p.box, p.source_box, shape):
        doubts.append(f"“{words}” stands at the very edge of the image")
    if p.room is not None and p.angle == 0 and not _inside(p.box, p.room, 3):
        doubts.append(f"“{words}” leaves its place")
    if p.source_box is not None and not _near(p.box, p.source_box):
        doubts.append(f"“{words}” stands elsewhere than the old text did")
    return doubts


def _near(box: Box, source: Box) -> bool:
    """Whether type at least touches the place of the old type."""
    return min(box[2], source[2]) >= max(box[0], source[0]) and min(box[3], source[3]) >= max(
        box[1], source[1]
    )


def _hugs_frame(box: Box, source: Box | None, shape: tuple[int, int]) -> bool:
    """Whether type is closer to the frame than 1 % of the shorter side, and closer than the old type was."""
    height, width = shape
    least = 0.01 * min(shape)
    now = (box[0], box[1], width - box[2], height - box[3])
    before = (least,) * 4 if source is None else (source[0], source[1], width - source[2], height - source[3])
    return any(n < least and n < b - 1 for n, b in zip(now, before, strict=True))


def _reaches(drawn: BoolArray, box: Box) -> bool:
    """Whether ink reaches all four sides of the box that the font gives it; readers guess cut-off letters."""
    x0, y0, x1, y1 = box
    crop = drawn[max(0, y0) : y1, max(0, x0) : x1]
    if not crop.any():
        return False
    slack = 2 + 0.06 * min(x1 - x0, y1 - y0)
    columns, rows = np.flatnonzero(crop.any(0)), np.flatnonzero(crop.any(1))
    near = (columns[0], rows[0], crop.shape[1] - 1 - columns[-1], crop.shape[0] - 1 - rows[-1])
    return bool(max(near) <= slack)


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
