"""Soft effects around type: shadow, glow and outline, told from a picture that only happens to be there.

An effect of the type follows the type: it is there along the whole line, it is strongest at the strokes and
fades within a fraction of the line's height. A picture does so in one place or another, never everywhere. So
the line is cut into pieces, each piece is measured against its own surroundings farther out, and an effect
is what (nearly) all of them have.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.reading import Quad
from localizer.text.regions import dilate, distance_to

if TYPE_CHECKING:
    import numpy.typing as npt

_FINE = 40.0  # pixels of line height at which effects are looked for
_STEP = 0.05  # of the line height, per ring
_FARTHEST = 0.4  # of the line height, that an effect may reach
_BESIDE = (0.25, 0.45)  # of the line height: where a piece's surroundings are measured on a photo
_AGREE = 0.2  # quantile of the pieces that must still show it ...
_HALF = 0.4  # ... at this share of its typical strength
_SHOWN = 0.25  # share of its strength that single pixels must show ...
_EVERYWHERE = 0.75  # ... nearly all of them
_CLEAR = 4.0  # standard errors by which an effect must stand out
_SOFT = (0.03, 0.2)  # of its strength that an effect loses per fine pixel half way out
_SHARP = 0.35  # and hardly anywhere more
_GONE = 0.2  # share of its first strength below which an effect is over
_FADED = (2, 5)  # rings by which an effect on a photo must be weaker, and over
_COMPASS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))


def halo(
    lab: npt.NDArray[np.float32],
    ink: npt.NDArray[np.bool_],
    quad: Quad,
    height: float,
    *,
    edge: float,
    least: float,
    usable: npt.NDArray[np.bool_],
    level: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.bool_]:
    """H x W bool: the pixels around the ink that an effect of it has changed.

    Args:
        lab: H x W x 3, CIE L*a*b*.
        ink: what is known to be ink already, anti-aliased edges left out.
        quad: the line; tells its direction.
        edge: pixels around the ink that are its anti-aliased edge.
        least: ΔE from where an effect is one.
        usable: pixels that show the ground (no ink of other lines).
        level: H x W x 3, the ground without effects, where it is known; else each piece of the line is
            compared with what lies farther out beside it.
    """
    import cv2

    h, w = ink.shape
    s = min(1.0, _FINE / height)
    size = (max(8, round(w * s)), max(8, round(h * s)))

    def shrink(a: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return a if s == 1.0 else np.asarray(cv2.resize(a, size, interpolation=cv2.INTER_AREA), np.float32)

    small = shrink(lab)
    body = shrink(ink.astype(np.float32)) > 0.15
    seen = shrink(usable.astype(np.float32)) > 0.95
    tall, rim = height * s, edge * s
    piece = _pieces(body.shape, quad, s)
    # Counters are left out: inside a character the picture cannot be told from an effect.
    closed = cv2.morphologyEx(
        body.astype(np.uint8),
        cv2.MORPH_CLOSE,
        np.ones((2 * round(0.2 * tall) + 1, 2 * round(0.2 * tall) + 1), np.uint8),
        borderType=cv2.BORDER_REPLICATE,
    )
    away = distance_to(closed > 0)
    far = (away > _BESIDE[0] * tall) & (away <= _BESIDE[1] * tall) & seen
    deviation = small - shrink(level) if level is not None else small - _beside(small, far, piece)
    known = seen & np.isfinite(deviation[:, :, 0])
    step, first = _STEP * tall, rim + 0.5
    found = np.zeros(body.shape, np.bool_)
    rings = [
        (away > first + k * step) & (away <= first + (k + 1) * step) & known
        for k in range(round(_FARTHEST / _STEP))
    ]
    count = _rings_reached(deviation, rings, piece, least, on_photo=level is None)
    reach = first + count * step if count else 0.0
    if reach and level is None and _has_rim(deviation, rings[0], np.any(rings[: count + 1], axis=0)):
        reach = 0.0
    if reach:
        found |= distance_to(body) <= reach + 1
    beside = seen & (distance_to(body) > max(rim, reach))
    for dx, dy in _COMPASS:
        values = deviation if level is not None else small
        found |= _cast(values, body, beside, piece, (dx, dy), tall, least)
    if not found.any():
        return np.zeros(ink.shape, np.bool_)
    found = dilate(found, max(1.0, _STEP * tall))  # its faint tail
    whole = cv2.resize(found.astype(np.uint8), (w, h), interpolation=cv2.INTER_NEAREST) > 0
    return dilate(np.asarray(whole), 1.0 / s if s < 1 else 0.0)


def _rings_reached(
    deviation: npt.NDArray[np.float32],
    rings: list[npt.NDArray[np.bool_]],
    piece: npt.NDArray[np.intp],
    least: float,
    *,
    on_photo: bool,
) -> int:
    """How many rings around the type an effect reaches: it is steady in the first one and fades."""
    start = _steady(deviation, rings[0], piece, least)
    if start is None:
        return 0
    means = [_means(deviation, ring, piece, 6) for ring in rings]
    typical = [np.nanmedian(m, axis=0) if np.isfinite(m).any() else np.zeros(3) for m in means]
    left = [float(t @ start) / float(start @ start) for t in typical]
    faded = next((k for k, share in enumerate(left) if share < _GONE), None)
    if faded is None:
        return 0  # it goes on and on: the picture
    # A panel is as strong up to its rim; what is cast by type is not.
    if on_photo and (faded > _FADED[1] or (faded > _FADED[0] and left[_FADED[0]] > 0.8)):
        return 0
    return faded


def _has_rim(
    deviation: npt.NDArray[np.float32], first: npt.NDArray[np.bool_], region: npt.NDArray[np.bool_]
) -> bool:
    """Whether what surrounds the type ends at an edge, as a panel does, instead of fading."""
    import cv2

    typical = np.median(deviation[first], axis=0)
    shown = np.nan_to_num(deviation @ typical / float(typical @ typical)).astype(np.float32)
    slope = np.hypot(*(cv2.Sobel(shown, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))))
    half = dilate(region, 2) & (shown > 0.3) & (shown < 0.7)
    if half.sum() < 12:
        return True
    typical_slope, steepest = np.percentile(slope[half], [50, 85])
    return bool(not _SOFT[0] < typical_slope < _SOFT[1] or steepest > _SHARP)


def _pieces(shape: tuple[int, int], quad: Quad, scale: float) -> npt.NDArray[np.intp]:
    """Which piece of the line a pixel belongs to: some along it, times above and below its middle."""
    corners = np.array(quad, np.float32) * scale
    start, end = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    length = max(1.0, float(np.linalg.norm(end - start)))
    tall = max(1.0, float(np.linalg.norm(corners[3] - corners[0])))
    along = (end - start) / length
    yy, xx = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    u = ((xx - start[0]) * along[0] + (yy - start[1]) * along[1]) / length
    v = -(xx - start[0]) * along[1] + (yy - start[1]) * along[0]
    count = int(np.clip(round(2 * length / tall), 3, 12))
    return np.asarray(np.clip((u * count).astype(np.intp), 0, count - 1) + count * (v > 0), np.intp)


def _means(
    values: npt.NDArray[np.float32], region: npt.NDArray[np.bool_], piece: npt.NDArray[np.intp], least: int
) -> npt.NDArray[np.float64]:
    """Mean of the values per piece (NaN where it has fewer than `least` pixels)."""
    count = int(piece.max()) + 1
    index = piece[region]
    n = np.bincount(index, minlength=count).astype(np.float64)
    sums = np.stack([np.bincount(index, values[region][:, c], count) for c in range(3)], 1)
    return np.where((n >= least)[:, None], sums / np.maximum(n, 1)[:, None], np.nan)


def _beside(
    lab: npt.NDArray[np.float32], far: npt.NDArray[np.bool_], piece: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    """What the ground is like farther out, for every pixel by its piece."""
    return np.asarray(_means(lab, far, piece, 12)[piece], np.float32)


def _steady(
    deviation: npt.NDArray[np.float32],
    region: npt.NDArray[np.bool_],
    piece: npt.NDArray[np.intp],
    least: float,
) -> npt.NDArray[np.float64] | None:
    """The deviation that nearly all pieces have in a region, and nearly all pixels, or None."""
    typical = _agreed(_means(deviation, region, piece, 6), least)
    if typical is None:
        return None
    strength = float(np.linalg.norm(typical))
    every = deviation[region] @ typical / strength
    # Strong in places and absent in others: a picture's edge.
    return typical if float((every > _SHOWN * strength).mean()) >= _EVERYWHERE else None


def _agreed(means: npt.NDArray[np.float64], least: float) -> npt.NDArray[np.float64] | None:
    """What nearly all pieces have in common, if it is strong enough and clear of chance."""
    means = means[np.isfinite(means[:, 0])]
    if len(means) < 3:
        return None
    typical = np.asarray(np.median(means, axis=0))
    strength = float(np.linalg.norm(typical))
    if strength < least:
        return None
    shown = means @ typical / strength
    error = float(shown.std(ddof=1)) / np.sqrt(len(shown)) + 1e-6
    agree = float(np.quantile(shown, _AGREE)) >= _HALF * strength and float(shown.mean()) / error >= _CLEAR
    return typical if agree else None


def _cast(
    values: npt.NDArray[np.float32],
    body: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    piece: npt.NDArray[np.intp],
    way: tuple[int, int],
    tall: float,
    least: float,
) -> npt.NDArray[np.bool_]:
    """A shadow that falls to one side.

    The picture is alike on both sides of a stroke, so what one side has and the other has not, all along the
    line, is cast by the type.
    """
    found = np.zeros(body.shape, np.bool_)
    unit = 1.0 / np.hypot(*way)
    covered = [body, body]
    for shift in _shifts(tall):
        dx, dy = (round(part * shift * unit) for part in way)
        there, opposite = _moved(body, dx, dy), _moved(body, -dx, -dy)
        fresh, other = there & ~covered[0] & ~opposite & known, opposite & ~covered[1] & ~there & known
        covered = [covered[0] | there, covered[1] | opposite]
        if _agreed(_means(values, fresh, piece, 5) - _means(values, other, piece, 5), least) is None:
            break
        found |= covered[0]
    return found


def _shifts(tall: float) -> Iterator[float]:
    k = 1
    while k * max(1.0, _STEP * tall) <= _FARTHEST * tall:
        yield k * max(1.0, _STEP * tall)
        k += 1


def _moved(mask: npt.NDArray[np.bool_], dx: int, dy: int) -> npt.NDArray[np.bool_]:
    out = np.zeros_like(mask)
    h, w = mask.shape
    out[max(0, dy) : h + min(0, dy), max(0, dx) : w + min(0, dx)] = mask[
        max(0, -dy) : h + min(0, -dy), max(0, -dx) : w + min(0, -dx)
    ]
    return out
