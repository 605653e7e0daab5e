"""Rules that belong to a line of type: underlines and strike-throughs, found and told from the letters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.effects import Rgb
from localizer.text.fonts import stack
from localizer.text.glyphmask import Ink
from localizer.text.normalise import fold
from localizer.text.reading import Quad
from localizer.text.render import PlacedLine, coverage
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

_WHOLE = 0.93  # share of the text's length that a rule runs without a gap
_THICKEST = 0.14  # of the line height; what is thicker is a bar, and bars are panels
_LONGER = 0.4  # line heights by which a rule may be longer than its text; dividers of a page are longer still
_BELOW = 0.35  # line heights below the reader's box where an underline may lie
_GAP = 1  # pixels of a rule that noise may break
_NATURAL = 0.8  # share of its length that a row of letters may fill by itself (Devanagari's headline, "二")
_SAMPLE = 32  # pixels per em at which that is looked up
_FILLED = 0.7  # share of the row beside a rule that letters do not fill
_UNSURE = 5.0  # degrees up to which a text that seems turned may be level
_STANDS_OUT = 0.35  # of the type's own contrast, from which a pixel counts as drawn
_LIKE = 60  # of 255: channel difference within which a pixel of a photo has the type's colour


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A rule in a crop.

    Attributes:
        strike: through the letters, rather than under them.
        mask: H x W bool, its pixels.
        middle: v of its middle, in the image turned by the line's angle about the crop's origin, pixels.
        thickness: pixels.
        u0, u1: its ends, pixels, as `middle`.
        angle: of the rule, degrees, counter-clockwise; it knows the angle of a short text best.
    """

    strike: bool
    mask: npt.NDArray[np.bool_]
    colour: Rgb
    middle: float
    thickness: float
    u0: float
    u1: float
    angle: float


def find_rules(
    rgb: npt.NDArray[np.uint8],
    ink: Ink,
    quad: Quad,
    height: float,
    *,
    text: str,
    locale: str,
    angle: float,
) -> tuple[FoundRule, ...]:
    """Underline and strike-through of one line.

    Args:
        rgb: crop around the line.
        quad: the line in the crop.
        height: of the line, pixels.
        locale: whose fonts have the text's letters.
        angle: of the line, degrees, counter-clockwise.
    """
    if len(fold(text)) < 2:  # of a single letter a bar of its own cannot be told from a rule
        return ()
    drawn = _drawn(rgb, ink)
    # A reader's angle is off by some degrees for short text; most type is level.
    for turned in dict.fromkeys((angle, 0.0) if abs(angle) < _UNSURE else (angle,)):
        found = _find_at(rgb, ink, quad, height, drawn, text, locale, turned)
        if found:
            return found
    return ()


def _find_at(
    rgb: npt.NDArray[np.uint8],
    ink: Ink,
    quad: Quad,
    height: float,
    drawn: npt.NDArray[np.bool_],
    text: str,
    locale: str,
    angle: float,
) -> tuple[FoundRule, ...]:
    level, matrix = _level(drawn.astype(np.uint8), angle)
    corners = np.array(quad) @ matrix[:, :2].T + matrix[:, 2]
    left, right = float(corners[:, 0].min()), float(corners[:, 0].max())
    top, bottom = float(corners[:, 1].min()), float(corners[:, 1].max())
    strokes = _level(ink.strokes.astype(np.uint8), angle)[0] > 0
    columns = np.nonzero(strokes.any(0))[0]
    if not len(columns):
        return ()
    left, right = max(left, float(columns[0])), min(right, float(columns[-1]) + 1)
    groups = _long_rows(level > 0, left, right, top - 0.2 * height, bottom + _BELOW * height)
    out: list[FoundRule] = []
    body = strokes.copy()
    spare = round(0.05 * height)  # a rule that is not quite level leaves traces below
    for first, last, _, _ in groups:
        body[max(0, first - 1) : last + 2 + spare] = False
    body[: max(0, int(top))] = False
    rows = np.nonzero(body.sum(1) >= 2)[0]
    if not len(rows):
        return ()
    shaped = shape_line(text, stack(locale), locale)
    profile = shaped.ink
    tall = profile[3] - profile[1]
    high, low = float(rows[0]), float(rows[-1]) + 1
    if tall <= 0:
        return ()
    em = (low - high) / tall
    baseline = high + profile[3] * em
    # A rule is as long as the text with the blank that its first and last characters have around them.
    start, end = left - max(0.0, profile[0]) * em, right + max(0.0, shaped.advance - profile[2]) * em
    for first, last, a, b in groups:
        middle = (first + last + 1) / 2
        rise = (baseline - middle) / em
        if not (-0.45 < rise < 0.6) or abs(rise - 0.06) < 0.06:
            continue
        natural = _natural_run(text, locale, rise)
        if last - first + 1 > max(2.0, _THICKEST * height) or natural > _NATURAL or (b - a) <= 0:
            continue
        if (
            start - a > _LONGER * height
            or b - end > _LONGER * height
            or _has_posts(level > 0, first, a, b, height)
            or _goes_on(level > 0, first, last, a, b)
        ):
            continue
        if middle > low and _has_twin(groups, high, middle - low):
            continue
        rule = _measured(
            rgb, ink, drawn, level > 0, matrix, (first, last, a, b), strike=rise > 0.06, angle=angle
        )
        if rule is not None:
            out.append(rule)
    return tuple(out)


def _measured(
    rgb: npt.NDArray[np.uint8],
    ink: Ink,
    drawn: npt.NDArray[np.bool_],
    level: npt.NDArray[np.bool_],
    matrix: npt.NDArray[np.float64],
    place: tuple[int, int, int, int],
    *,
    strike: bool,
    angle: float,
) -> FoundRule | None:
    """A rule's pixels, colour, thickness and middle; its soft edges count as far as they are covered.

    Args:
        level: `drawn`, turned level by `matrix`.
        place: first and last row and the ends of the rule there.
    """
    first, last, a, b = place
    mask = np.zeros(level.shape, np.uint8)
    mask[first : last + 1, a:b] = 1
    back = _unlevel(mask, matrix, (rgb.shape[0], rgb.shape[1])) & drawn
    if not back.any():
        return None
    clear = _clear_columns(level, first, last, a, b)
    soft = _level(_softness(rgb, ink, back), angle)[0]
    thickness, centre = float(last - first + 1), (first + last + 1) / 2
    if clear.sum() >= 4:
        lo, hi = max(0, first - 2), min(soft.shape[0], last + 3)
        band = soft[lo:hi, a:b][:, clear]
        sums = band.sum(1)
        thickness = float(np.median(band.sum(0)))
        centre = float((sums * (np.arange(lo, hi) + 0.5)).sum() / max(1e-6, sums.sum()))
    red, green, blue = (round(float(c)) for c in _core_colour(rgb, ink, back))
    v, u0, u1 = _turned(matrix, centre, a, b)
    return FoundRule(strike, back, (red, green, blue), v, max(0.75, thickness), u0, u1, angle)


def _drawn(rgb: npt.NDArray[np.uint8], ink: Ink) -> npt.NDArray[np.bool_]:
    """Pixels that stand out from a plain ground about as much as the type, or have its colour on a photo."""
    colour = np.array(ink.colour, np.float32)
    if ink.ground is None:
        return np.asarray(_largest(rgb - colour) < _LIKE)
    contrast = _largest(ink.ground - colour)
    return np.asarray(_largest(rgb - ink.ground) > np.maximum(24.0, _STANDS_OUT * contrast))


def _largest(difference: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Largest absolute difference of the channels; channel by channel is quicker than along an axis."""
    r, g, b = (np.abs(difference[:, :, i]) for i in range(3))
    return np.asarray(np.maximum(np.maximum(r, g), b), np.float32)


def _softness(rgb: npt.NDArray[np.uint8], ink: Ink, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """How much of each pixel is covered, told from how far it is from the ground."""
    pixels = rgb.astype(np.float32)
    if ink.ground is None:
        return mask.astype(np.float32)
    full = _core_colour(rgb, ink, mask) - ink.ground
    weight = (full * full).sum(2)
    return np.asarray(
        np.clip(((pixels - ink.ground) * full).sum(2) / np.maximum(weight, 1.0), 0, 1), np.float32
    )


def _core_colour(
    rgb: npt.NDArray[np.uint8], ink: Ink, mask: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Colour of a rule's middle: that of its pixels farthest from the ground.

    Where the rule is so thin that no pixel is wholly its own, and the type's colour lies farther out on the
    same way, it has the type's colour.
    """
    pixels = rgb[mask].astype(np.float32)
    if ink.ground is None:
        return np.asarray(np.median(pixels, axis=0), np.float32)
    ground = ink.ground[mask]
    far = np.linalg.norm(pixels - ground, axis=1)
    core = far >= np.percentile(far, 70)
    colour = np.asarray(np.median(pixels[core], axis=0), np.float32)
    base = np.median(ground, axis=0)
    own, type_way = colour - base, np.array(ink.colour, np.float32) - base
    cosine = float(own @ type_way) / max(1e-6, float(np.linalg.norm(own) * np.linalg.norm(type_way)))
    if cosine > 0.97 and np.linalg.norm(own) < 1.1 * np.linalg.norm(type_way):
        return np.array(ink.colour, np.float32)
    return colour


def _level(
    values: npt.NDArray[np.uint8] | npt.NDArray[np.float32], angle: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """A crop turned so that its text is level, and the 2 x 3 matrix from crop to level coordinates."""
    import cv2

    h, w = values.shape
    if angle == 0:
        return values.astype(np.float32), np.array([[1.0, 0, 0], [0, 1.0, 0]])
    a = math.radians(angle)
    turn = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    corners = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float64) @ turn.T
    low = corners.min(0)
    size = np.ceil(corners.max(0) - low).astype(int)
    matrix = np.concatenate([turn, -low[:, None]], axis=1)
    out = cv2.warpAffine(
        values.astype(np.float32), matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR
    )
    return (np.asarray(out > 0.5, np.float32) if values.dtype == np.uint8 else np.asarray(out)), matrix


def _unlevel(
    mask: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], shape: tuple[int, int]
) -> npt.NDArray[np.bool_]:
    import cv2

    back = cv2.invertAffineTransform(matrix)
    out = cv2.warpAffine(mask.astype(np.float32), back, (shape[1], shape[0]), flags=cv2.INTER_LINEAR)
    return np.asarray(out > 0.2)


def _turned(matrix: npt.NDArray[np.float64], v: float, a: float, b: float) -> tuple[float, float, float]:
    """Level coordinates without the shift that `_level` added: those of `style.turn`, for the crop."""
    return v - float(matrix[1, 2]), a - float(matrix[0, 2]), b - float(matrix[0, 2])


def _long_rows(
    drawn: npt.NDArray[np.bool_], left: float, right: float, top: float, bottom: float
) -> list[tuple[int, int, int, int]]:
    """Groups of rows that are drawn along the whole text: first and last row, ends of the run."""
    import cv2

    closed = cv2.morphologyEx(drawn.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((1, _GAP + 1), np.uint8))
    middle = int((left + right) / 2)
    groups: list[tuple[int, int, int, int]] = []
    for row in range(max(0, int(top)), min(drawn.shape[0], math.ceil(bottom))):
        run = _run_at(closed[row] > 0, middle)
        covered = min(run[1], right) - max(run[0], left)
        if covered < _WHOLE * (right - left):
            continue
        if groups and groups[-1][1] == row - 1:
            first, _, a, b = groups[-1]
            groups[-1] = (first, row, min(a, run[0]), max(b, run[1]))
        else:
            groups.append((row, row, run[0], run[1]))
    return groups


def _run_at(row: npt.NDArray[np.bool_], at: int) -> tuple[int, int]:
    """The run of True around a place; empty if the place is False."""
    if not (0 <= at < len(row)) or not row[at]:
        return at, at
    gaps = np.nonzero(~row)[0]
    before, after = gaps[gaps < at], gaps[gaps > at]
    return (int(before[-1]) + 1 if len(before) else 0), (int(after[0]) if len(after) else len(row))


def _has_twin(groups: list[tuple[int, int, int, int]], high: float, below: float) -> bool:
    """Whether a rule also runs as close above the letters: the text stands between rules of the page."""
    return any(0 < high - last < 1.6 * below + 2 for _, last, _, _ in groups)


def _has_posts(drawn: npt.NDArray[np.bool_], first: int, a: int, b: int, height: float) -> bool:
    """Whether something rises from both ends of a rule: a box."""
    top = max(0, first - round(0.6 * height))
    piece = drawn[top : max(top + 1, first - 1)]
    ends = (piece[:, max(0, a - 1) : a + 2], piece[:, max(0, b - 2) : b + 1])
    return all(e.size > 0 and bool((e.any(1)).mean() > 0.95) for e in ends)


def _goes_on(drawn: npt.NDArray[np.bool_], first: int, last: int, a: int, b: int) -> bool:
    """Whether what seems a rule is the rim of something filled, a panel with letters of its own say."""
    sides = (drawn[max(0, first - 3) : max(0, first - 2), a:b], drawn[last + 3 : last + 4, a:b])
    return any(side.size > 0 and float(side.mean()) > _FILLED for side in sides)


def _clear_columns(
    drawn: npt.NDArray[np.bool_], first: int, last: int, a: int, b: int
) -> npt.NDArray[np.bool_]:
    """Columns of a rule where no letter stands close above or below it."""
    over = drawn[max(0, first - 4) : max(0, first - 1), a:b]
    under = drawn[last + 2 : last + 5, a:b]
    return np.asarray(~over.any(0) & ~under.any(0))


@lru_cache(maxsize=512)
def _natural_run(text: str, locale: str, rise: float) -> float:
    """Longest unbroken run of ink near a height of a plain text, over its length."""
    line = shape_line(text, stack(locale), locale)
    x0, y0, x1, y1 = line.ink
    width, height = math.ceil((x1 - x0) * _SAMPLE) + 2, math.ceil((y1 - y0) * _SAMPLE) + 2
    ink = coverage([PlacedLine(line, -x0 * _SAMPLE, y1 * _SAMPLE, _SAMPLE)], (height, width)) > 0.4
    row = round((y1 - rise) * _SAMPLE)
    near = ink[max(0, row - 4) : row + 5]
    longest = 0
    for values in near:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], values.astype(np.int8), [0]])))
        longest = max(longest, int((edges[1::2] - edges[::2]).max(initial=0)))
    return longest / width
