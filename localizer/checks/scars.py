"""Check `erased_cleanly`: no scar shows where text was taken off.

Told from the source and the plate alone, whatever engine made it, in three ways. *Stumps* are pixels right
beside the filled place that have the colour of the strokes that were filled: there the old type was cut, not
erased. *Scars* are shapes of another colour than the ground around the text that lie in the filled place or
cling to it: a shade of the strokes, the frayed end of a ribbon that the text covered, a spot that spread from
a pixel left. *Broken things* are those that the text lay across and that now stop where it began. Scars and
broken things are looked for on a calm ground only: among leaves or bricks nobody can tell them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from localizer.checks.remains import READING_SIZE, letter_height
from localizer.images.fidelity import differing
from localizer.model import Box, CheckResult, CheckStatus

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.engines.base import Placement

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]
    FloatArray = npt.NDArray[np.float32]

NAME = "erased_cleanly"
STUMPS = 0.15
"""Pixels of cut strokes per pixel of letter height (at reading size). Clean plates have up to 0.08."""
SCARRED = 13.0
"""Scar per thousand pixels of filled place, in units of ten ΔE. Marred plates have 16 or more."""
SCAR = 45.0
"""Scar in all, in pixels times ten ΔE, that a person sees. Clean plates have less than 15, marred ones 60."""
BROKEN = 5
"""Pixels of border (at reading size) where things stop. Clean plates have up to 2, a ribbon cut in two 40."""

_FEWEST_STUMPS = 3
_AROUND = 34  # pixels around a text that are looked at
_CHROMA = 0.5  # weight of fine differences of hue, which eyes and lossy formats see less of
_ODD = 8.0  # ΔE from the ground, from where a pixel is not of it
_OF_GROUND = 6.0  # ΔE up to which it is
_THING = 18.0  # and from where it is of a thing that stands out
_CALM = 0.7  # share of the pixels around a place that are of its ground, if the ground is calm
_CALM_PLACE = 0.4  # share of the filled place with a calm ground, from where it can be judged
_USUAL = 3.0  # times as many shapes as the ground itself has beside the text
_STEP = 8  # pixels between the windows that tell the ground,
_REACH = 0.8  # and how far they reach, in heights of the type
_CLEAR = 4.5  # pixels from the filled place, from where a pixel tells the ground
_CLINGS = 8.0  # pixels that a scrap may reach out of the filled place; what reaches farther is a thing
_MARGIN = 0.08  # of the type's height that a mask may reach beyond its strokes
_NEAR = 4  # pixels from a cut stroke to the part of it that was filled
_SAME = 12.0  # ΔE within one stroke
_GOES_ON = 8.0  # ΔE within one thing
_DISTINCT = 25.0  # ΔE between type and what was put in its place


def check_erased_cleanly(
    rgb: UInt8Array,
    placements: Sequence[Placement],
    *,
    source_rgb: UInt8Array,
    plate: UInt8Array,
    mask: BoolArray,
) -> CheckResult:
    """Look for stumps and scars in every place that text was taken off.

    Args:
        rgb: H x W x 3 uint8, the candidate; what its new type covers does not show.
        source_rgb: H x W x 3 uint8.
        plate: H x W x 3 uint8, the candidate before type was set.
        mask: H x W bool, what the engine says that it changed.

    Undecided where something shows: a person must look. `value` is the strongest scar.
    """
    details, worst = [], 0.0
    for p in placements:
        if p.source_box is None:
            continue
        place = _place(source_rgb, plate, rgb, mask, p.source_box, letter_height(p))
        if place is None:
            continue
        near = _near(place)
        ground = _ground(place, near)
        others = [q.source_box for q in placements if q.source_box not in (None, p.source_box)]
        scar = _scar(place, ground, near, _inside(place, [box for box in others if box is not None]))
        worst = max(worst, scar)
        what = p.edit.text if p.edit.text != "*" else "the text"
        if _stumps(place) >= max(_FEWEST_STUMPS, STUMPS * place.tall):
            details.append(f"strokes of “{what}” were cut off; parts of them may remain")
        elif scar > SCAR:
            details.append(f"the place where “{what}” stood may show ({scar:.0f})")
        elif _broken(place, ground) >= BROKEN:
            details.append(f"something that “{what}” lay across may be broken off")
    status = CheckStatus.UNDECIDED if details else CheckStatus.PASSED
    return CheckResult(NAME, status, round(worst, 1), SCAR, "; ".join(dict.fromkeys(details)))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a text stood, at reading size.

    Attributes:
        was, now: H x W x 3, CIE L*a*b* of source and plate, chroma at half weight.
        hole: H x W bool, what was filled, for this text or another.
        mine: H x W bool, the surroundings that belong to this text.
        shown: H x W bool, what no new type covers.
        outside: distance of each pixel outside the hole to the hole.
        tall: height of the type, pixels.
        corner, scale: of the window, in the image.
    """

    was: FloatArray
    now: FloatArray
    hole: BoolArray
    mine: BoolArray
    shown: BoolArray
    outside: FloatArray
    tall: float
    corner: tuple[int, int]
    scale: float


class _Ground(NamedTuple):
    """Colour of the ground at each pixel, and whether it is calm there."""

    colour: FloatArray
    calm: BoolArray


def _place(
    source_rgb: UInt8Array, plate: UInt8Array, rgb: UInt8Array, mask: BoolArray, box: Box, tall: float
) -> _Place | None:
    import cv2

    height, width = plate.shape[:2]
    tall = max(8.0, tall)
    scale = min(1.0, READING_SIZE / tall)
    m = round(_AROUND / scale)
    x0, y0, x1, y1 = max(0, box[0] - m), max(0, box[1] - m), min(width, box[2] + m), min(height, box[3] + m)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return None
    was, now, seen = (image[y0:y1, x0:x1] for image in (source_rgb, plate, rgb))
    covered = differing(seen, now).astype(np.uint8) * 255
    filled = differing(was, now).astype(np.uint8) * 255
    hole = np.asarray(cv2.morphologyEx(filled, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), np.uint8)
    # Filled pixels that have the colour they had: the margin of a mask on a plain ground.
    margin = 2 * max(3, round(_MARGIN * tall)) + 1
    beside = cv2.dilate(filled, np.ones((margin, margin), np.uint8)) > 0
    hole[beside & mask[y0:y1, x0:x1] & (covered == 0)] = 255
    size = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    if scale < 1:
        was, now, hole, covered = (
            np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)
            for image in (was, now, hole, covered)
        )
    mine = np.zeros(hole.shape, np.bool_)
    own = round(0.35 * tall * scale)  # effects, and readers' boxes that are too tight
    left, top = round((box[0] - x0) * scale) - own, round((box[1] - y0) * scale) - own
    right, bottom = round((box[2] - x0) * scale) + own, round((box[3] - y0) * scale) + own
    mine[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    if not (mine & (hole > 0)).any():
        return None
    outside = cv2.distanceTransform((hole == 0).astype(np.uint8), cv2.DIST_L2, 5)
    return _Place(
        _lab(was), _lab(now), hole > 0, mine, covered < 6, np.asarray(outside), tall * scale, (x0, y0), scale
    )


def _lab(rgb: UInt8Array) -> FloatArray:
    import cv2

    lab = cv2.cvtColor(np.ascontiguousarray(rgb).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return np.asarray(lab * np.array([1, _CHROMA, _CHROMA], np.float32), np.float32)


def _stumps(place: _Place) -> int:
    """Visible pixels at the border of the hole that carry on a stroke which was filled there."""
    gone = np.linalg.norm(place.now - place.was, axis=2) * place.hole
    own = gone[place.hole & place.mine]
    least = max(_DISTINCT, 0.5 * float(np.percentile(own, 90)))
    ys, xs = np.nonzero((place.outside > 0) & (place.outside <= 1.5) & place.mine & place.shown)
    height, width = gone.shape
    most, stroke = np.zeros(len(ys), np.float32), place.was[ys, xs]
    for dy in range(-_NEAR, _NEAR + 1):
        for dx in range(-_NEAR, _NEAR + 1):
            if dx * dx + dy * dy > _NEAR * _NEAR + 1:
                continue
            v, u = np.clip(ys + dy, 0, height - 1), np.clip(xs + dx, 0, width - 1)
            better = gone[v, u] > most
            most[better] = gone[v, u][better]
            stroke[better] = place.was[v, u][better]
    alike = np.linalg.norm(place.was[ys, xs] - stroke, axis=1) < _SAME
    return int(((most > least) & alike).sum())


def _near(place: _Place) -> BoolArray:
    """What lies within some 20 pixels of the place that was filled for this text."""
    import cv2

    filled = (place.hole & place.mine).astype(np.uint8)
    return np.asarray(cv2.dilate(filled, np.ones((41, 41), np.uint8)) > 0)


def _inside(place: _Place, boxes: Sequence[Box]) -> BoolArray:
    """Where other texts stood: what is left of them is not what the ground is like."""
    theirs = np.zeros(place.hole.shape, np.bool_)
    x, y = place.corner
    for box in boxes:
        x0, x1 = (max(0, round((v - x) * place.scale)) for v in box[::2])
        y0, y1 = (max(0, round((v - y) * place.scale)) for v in box[1::2])
        theirs[y0:y1, x0:x1] = True
    return theirs


def _scar(place: _Place, ground: _Ground, near: BoolArray, theirs: BoolArray) -> float:
    """How much stands out in the hole and beside it, in pixels times ten ΔE; 0 where nobody would notice."""
    import cv2

    hole, outside, mine = place.hole, place.outside, place.mine
    if float(ground.calm[hole & mine].mean()) < _CALM_PLACE:
        return 0.0
    off = np.linalg.norm(cv2.GaussianBlur(place.now, (0, 0), 0.8) - ground.colour, axis=2)
    judged = ground.calm & near
    count, shapes = cv2.connectedComponents(((off > _ODD) & judged).astype(np.uint8), connectivity=8)

    def total(weight: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
        counted = np.bincount(shapes.ravel(), weights=weight.ravel().astype(np.float64), minlength=count)
        return np.asarray(counted, np.float64)

    close = hole | (outside <= 2.5)
    reach = _farthest(outside, shapes, count)
    goes_on = total(cv2.dilate((~judged).astype(np.uint8), np.ones((3, 3), np.uint8))) > 0
    touches = total((hole | (outside <= 1.5)) & mine) > 0
    inside = total(close) > 0.5 * np.maximum(1, total(np.ones(hole.shape, np.bool_)))
    surface = total(hole & mine) > 0.5 * (hole & mine).sum()  # that the text stood on: a pill, a badge
    scar = touches & ~goes_on & ~surface & (inside | (reach <= _CLINGS))
    usual = ~touches & ~goes_on & (total(theirs) == 0)
    scar[0] = usual[0] = False
    seen = float(total(off / 10 * (place.shown & mine))[scar].sum())
    share = seen / max(1, (judged & close & mine & place.shown).sum())
    beside = float(total(off / 10)[usual].sum()) / max(1, (judged & ~close).sum())
    return seen if 1000 * share > SCARRED and share > _USUAL * beside else 0.0


def _broken(place: _Place, ground: _Ground) -> int:
    """Pixels at the border of the hole where a thing stops that the source shows going on beneath it."""
    import cv2

    off = np.linalg.norm(place.now - ground.colour, axis=2)
    border = (place.outside > 0) & (place.outside <= 1.5) & place.mine & ground.calm
    things = (off > _THING) & ~place.hole
    count, which = cv2.connectedComponents(things.astype(np.uint8), connectivity=8)
    long = _farthest(place.outside, which, count) > 1.5 * _CLINGS  # a dot may well end beneath a text
    ys, xs = np.nonzero(border & things & long[which])
    depth = cv2.distanceTransform(place.hole.astype(np.uint8), cv2.DIST_L2, 5)
    level = cv2.GaussianBlur(depth - place.outside, (0, 0), 2.0)
    down, right = (cv2.Sobel(level, cv2.CV_32F, *order)[ys, xs] for order in ((0, 1), (1, 0)))
    steep = np.maximum(np.hypot(down, right), 1e-3)
    height, width = off.shape

    def inwards(pixels: float) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        y, x = np.rint(ys + down / steep * pixels), np.rint(xs + right / steep * pixels)
        return np.clip(y, 0, height - 1).astype(np.intp), np.clip(x, 0, width - 1).astype(np.intp)

    margin = inwards(2.5)  # masks are wider than strokes: here the source still shows what lay beneath
    same = np.linalg.norm(place.was[margin] - place.now[ys, xs], axis=1) < _GOES_ON
    stops = place.hole[margin] & same
    for deep in (inwards(6.0), inwards(8.0)):
        stops &= place.hole[deep] & place.shown[deep] & (off[deep] < _ODD)
    return int(stops.sum())


def _farthest(outside: FloatArray, labels: npt.NDArray[np.generic], count: int) -> FloatArray:
    """How far the pixels of each label get from the hole."""
    far = np.zeros(count, np.float32)
    np.maximum.at(far, labels.ravel().astype(np.intp), outside.ravel())
    return far


def _ground(place: _Place, near: BoolArray) -> _Ground:
    """The ground's colour, as the median of what lies around each place clear of the hole."""
    import cv2

    height, width = place.hole.shape
    # Islands within the hole (the bowl of a letter) may be what was left over, and tell nothing.
    count, areas = cv2.connectedComponents((~place.hole).astype(np.uint8), connectivity=4)
    tells = (_farthest(place.outside, areas, count) > 12)[areas] & (place.outside > _CLEAR)
    reach = max(14, round(_REACH * place.tall))
    step = reach // 9
    rows, columns = np.arange(_STEP // 2, height, _STEP), np.arange(_STEP // 2, width, _STEP)
    colour = np.zeros((len(rows), len(columns), 3), np.float32)
    calm, known = (np.zeros(colour.shape[:2], np.float32) for _ in range(2))
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            if not near[y, x]:
                continue
            window = np.s_[max(0, y - reach) : y + reach : step, max(0, x - reach) : x + reach : step]
            pixels = place.now[window][tells[window]]
            if len(pixels) < 30:
                continue
            colour[i, j], known[i, j] = np.median(pixels, axis=0), 1
            calm[i, j] = (np.linalg.norm(pixels - colour[i, j], axis=1) < _OF_GROUND).mean()

    def everywhere(grid: FloatArray) -> FloatArray:
        return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)

    weight = np.maximum(everywhere(known), 1e-3)[:, :, None]
    smooth = np.asarray(everywhere(colour * known[:, :, None]) / weight, np.float32)
    return _Ground(smooth, everywhere(calm) / weight[:, :, 0] > _CALM)
