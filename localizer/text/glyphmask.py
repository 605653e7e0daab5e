"""Which pixels are ink: the strokes of a text line with everything that belongs to them.

Two models. On a plain or graded ground whatever differs from the ground inside the line is ink, so
outlines and shadows come along. On a photo the ink is told by its colour, which is frequent inside the
line and rare around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.reading import Quad

if TYPE_CHECKING:
    import numpy.typing as npt

Image = "npt.NDArray[np.uint8]"

_CLUSTERS = 5
_SAME_COLOUR = 14.0  # ΔE (CIE76) below which two clusters are one colour
_GROUND_SHARE = 0.62  # share of the line's border that one colour must have to be its ground
_VARIED = 20.0  # ΔE between two ends of a line from which its fill is graded or of several colours
_NEAR = 26.0  # ΔE within which a pixel of a photo has a colour
_UNEXPLAINED = 0.05  # share of a line on plain ground that may be neither ground nor near its ink
_SHADOW = 9.0  # L* by which a shadow changes its surroundings
_LEAST_DIFFERENCE = 9.0  # JPEG noise stays below


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one line, in the coordinates of the crop it was found in.

    Attributes:
        strokes: H x W bool, the fill of the glyphs themselves (for measuring).
        erase: H x W bool, strokes with anti-aliasing, outline and shadow (for erasing).
        ground: H x W x 3 float32, what the ground would be without ink; None on a photo.
        colour: sRGB of the fill.
        plain: whether the ground is plain or graded.
        varied: whether the fill is of several colours or graded, so that one colour cannot stand for it.
    """

    strokes: npt.NDArray[np.bool_]
    erase: npt.NDArray[np.bool_]
    ground: npt.NDArray[np.float32] | None
    colour: tuple[int, int, int]
    plain: bool
    varied: bool = False


def polygon(shape: tuple[int, int], quad: Quad, *, grow: float = 0.0) -> npt.NDArray[np.bool_]:
    """H x W bool, True inside a quad, grown by some pixels."""
    import cv2

    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.round(np.array(quad)).astype(np.int32)], 1)
    return dilate(mask > 0, grow)


def dilate(mask: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Grow a mask by a radius in pixels (a disc); a negative radius shrinks it."""
    import cv2

    r = round(abs(radius))
    if r == 0:
        return mask
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    operation = cv2.MORPH_DILATE if radius > 0 else cv2.MORPH_ERODE
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), operation, disc, borderValue=0)) > 0


def find_ink(
    rgb: npt.NDArray[np.uint8],
    quad: Quad,
    height: float,
    *,
    foreign: npt.NDArray[np.bool_] | None = None,
) -> Ink | None:
    """The ink inside a quad, or None when nothing there stands out.

    Args:
        rgb: crop around the line, with a margin of at least half its height where the image allows.
        quad: the line, in crop coordinates.
        height: of the line across its reading direction, in pixels.
        foreign: H x W bool, pixels that belong to other lines.
    """
    import cv2

    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    inside = polygon((rgb.shape[0], rgb.shape[1]), quad, grow=0.04 * height)
    if foreign is not None:
        inside &= ~foreign
    if inside.sum() < 30:
        return None
    labels, centres = _colours(lab, inside)
    band = inside & ~dilate(inside, -max(2.0, 0.05 * height))
    share = np.bincount(labels[band], minlength=len(centres)) / max(1, band.sum())
    ground = int(share.argmax())
    ink = None
    if share[ground] >= _GROUND_SHARE:
        ink = _on_plain(rgb, lab, inside, labels == ground, height)
    if ink is None:  # a ground that is graded too far to be one colour is still one surface
        level = np.linalg.norm(lab - fit_ground(lab, band), axis=2) < _LEAST_DIFFERENCE
        if level[band].mean() >= _GROUND_SHARE:
            ink = _on_plain(rgb, lab, inside, level, height)
    if ink is None:
        ink = _on_photo(rgb, lab, inside, labels, centres, height)
    if ink is None:
        return None
    ink = replace(ink, varied=_is_varied(lab, ink.strokes))
    return ink if foreign is None else replace(ink, erase=ink.erase & ~foreign)


def _colours(
    lab: npt.NDArray[np.float32], inside: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Label every pixel with one of a few colours met inside the line; graded colours are merged."""
    import cv2

    cv2.setRNGSeed(7)  # k-means++ draws: the same crop must give the same mask
    sample = lab[inside]
    sample = sample[:: max(1, len(sample) // 20000)]
    k = min(_CLUSTERS, len(sample))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    _, _, centres = cv2.kmeans(sample, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
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
    parent = [min(next(g for g in groups if i in g)) for i in range(k)]
    distance = np.stack([np.linalg.norm(lab - c, axis=2) for c in centres])
    labels = np.array(parent)[distance.argmin(0)]
    return labels, np.asarray(centres, np.float32)


def fit_ground(
    values: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], *, degree: int = 2
) -> npt.NDArray[np.float32]:
    """A smooth surface through the known pixels, by robust least squares, evaluated everywhere.

    Args:
        values: H x W x C.
        known: H x W bool.
    """
    h, w = known.shape
    yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
    u, v = xx / max(1, w) - 0.5, yy / max(1, h) - 0.5
    terms = [np.ones_like(u), u, v]
    if degree >= 2:
        terms += [u * u, u * v, v * v]
    basis = np.stack(terms, -1)
    a, b = basis[known], values[known]
    step = max(1, len(a) // 8000)
    a, b = a[::step], b[::step]
    weight = np.ones(len(a), np.float32)
    coefficients = np.zeros((a.shape[1], b.shape[1]), np.float32)
    for _ in range(4):
        coefficients = np.linalg.lstsq(a * weight[:, None], b * weight[:, None], rcond=None)[0].astype(
            np.float32
        )
        residual = np.linalg.norm(b - a @ coefficients, axis=1)
        scale = 1.5 * float(np.median(residual)) + 0.5
        weight = np.minimum(1.0, scale / np.maximum(residual, 1e-3)).astype(np.float32)
    return np.asarray(basis @ coefficients, np.float32)


def _on_plain(
    rgb: npt.NDArray[np.uint8],
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    ground_label: npt.NDArray[np.bool_],
    height: float,
) -> Ink | None:
    known = dilate(ground_label & inside, -1) & inside
    if known.sum() < 0.15 * inside.sum():
        return None
    surface = fit_ground(lab, known)
    difference = np.linalg.norm(lab - surface, axis=2)
    if np.percentile(difference[known], 90) > _LEAST_DIFFERENCE:  # a photo after all
        return None
    contrast = float(np.percentile(difference[inside], 97))
    if contrast < 1.6 * _LEAST_DIFFERENCE:
        return None
    touched = difference > max(_LEAST_DIFFERENCE, 0.12 * contrast)
    touched = _drop_outsiders(touched, inside, height, share=0.9)
    strokes = touched & (difference > 0.5 * contrast)
    if strokes.sum() < 12:
        return None
    # Letters that run over a picture hang together with it: tell those by their colour.
    typical = np.median(lab[dilate(strokes, -1) if dilate(strokes, -1).any() else strokes], axis=0)
    alike = _drop_outsiders(np.linalg.norm(lab - typical, axis=2) < 22, inside, height, share=0.9)
    if alike.sum() > 1.02 * (alike & strokes).sum():
        strokes = strokes | alike
        touched = touched | dilate(alike, max(1.0, 0.02 * height))
    unexplained = inside & (difference > _LEAST_DIFFERENCE) & ~dilate(strokes, max(3.0, 0.12 * height))
    if unexplained.sum() > _UNEXPLAINED * inside.sum():  # a calm photo, but a photo
        return None
    colour = _fill_colour(rgb, strokes, difference)
    ground = fit_ground(rgb.astype(np.float32), known)
    erase = dilate(touched, max(2.0, 0.03 * height)) | _soft_effect(
        lab[:, :, 0] - surface[:, :, 0], difference, touched, known, inside, height
    )
    return Ink(strokes, erase, ground, colour, True)


def _soft_effect(
    lift: npt.NDArray[np.float32],
    difference: npt.NDArray[np.float32],
    touched: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    inside: npt.NDArray[np.bool_],
    height: float,
) -> npt.NDArray[np.bool_]:
    """Soft shadow or glow around the ink: what hangs together with it and still differs from the ground."""
    import cv2

    # The quietest third of the ground tells its noise; the rest may lie in the shadow.
    noise = 2.0 * float(np.percentile(difference[known], 33))
    rim = dilate(touched, 0.1 * height) & ~touched
    way = (
        -1.0 if float(np.median(lift[rim])) < 0 else 1.0
    )  # a shadow is darker than the ground, a glow lighter
    faint = (way * lift > max(1.0, noise)) & dilate(touched, 0.5 * height) & dilate(inside, 0.4 * height)
    # Beyond the line only what is faint can be its shadow; the rest is picture, with its own soft rim.
    picture = (difference > 2 * _LEAST_DIFFERENCE) & ~dilate(inside, 0.05 * height)
    faint &= ~dilate(picture, 4)
    faint = np.asarray(cv2.medianBlur(faint.astype(np.uint8), 5) > 0)
    count, labels = cv2.connectedComponents((faint | touched).astype(np.uint8), connectivity=8)
    hangs = np.zeros(count, bool)
    hangs[np.unique(labels[touched])] = True
    hangs[0] = False
    return dilate(np.asarray(hangs[labels]), 2.0) & dilate(inside, 0.4 * height)


def _on_photo(
    rgb: npt.NDArray[np.uint8],
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.intp],
    centres: npt.NDArray[np.float32],
    height: float,
) -> Ink | None:
    best, core = 0.0, np.zeros(inside.shape, np.bool_)
    for i in np.unique(labels[inside]):
        # A colour of the picture runs on beyond the line; that of the type is all inside it.
        near = (np.linalg.norm(lab - centres[i], axis=2) < _NEAR) & ~(inside & (labels != i))
        own = _drop_outsiders(near, inside, height, share=0.9)
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
    distance = np.linalg.norm(lab - centre, axis=2)
    strokes = _drop_outsiders(distance < 24, inside, height, share=0.7)
    if strokes.sum() < 12:
        return None
    fringe = (distance < 48) & inside & dilate(strokes, max(2.0, 0.04 * height))
    colour = _fill_colour(rgb, strokes, -distance)
    fringe = fringe | _cast_shadow(lab, strokes, height)
    reach = max(2.0, 0.035 * height, _shadow_reach(lab, strokes, height))
    return Ink(strokes, dilate(strokes | fringe, reach), None, colour, False)


def _shadow_reach(lab: npt.NDArray[np.float32], strokes: npt.NDArray[np.bool_], height: float) -> float:
    """How far a shadow or glow goes on a photo, pixels; 0 if there is none.

    Over the whole line the picture averages out, so a lightness that changes steadily with the distance
    from the strokes is an effect of the type.
    """
    import cv2

    away = cv2.distanceTransform((~strokes).astype(np.uint8), cv2.DIST_L2, 3)
    step = max(1.0, 0.03 * height)
    rings = [(away > 2 + i * step) & (away <= 2 + (i + 1) * step) for i in range(8)]
    profile = np.array([float(lab[:, :, 0][r].mean()) if r.sum() > 30 else np.nan for r in rings])
    if np.isnan(profile).any():
        return 0.0
    far = float(profile[5:].mean())
    if abs(profile[:2].mean() - far) < _SHADOW:
        return 0.0
    beyond = np.nonzero(np.abs(profile - far) < 0.25 * abs(profile[:2].mean() - far))[0]
    return 2 + step * (int(beyond[0]) + 1 if len(beyond) else 5)


def _cast_shadow(
    lab: npt.NDArray[np.float32], strokes: npt.NDArray[np.bool_], height: float
) -> npt.NDArray[np.bool_]:
    """A shadow that falls to one side on a photo.

    The picture is alike on both sides of the strokes, so a side that is darker than the opposite one is in
    the shadow of the type.
    """
    light, near, shadow = lab[:, :, 0], dilate(strokes, 2.0), np.zeros_like(strokes)
    for share in (0.05, 0.1, 0.15):
        step = max(3, round(share * height))
        for dx, dy in ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)):
            there, opposite = (
                np.roll(strokes, (sign * dy * step, sign * dx * step), (0, 1)) & ~near for sign in (1, -1)
            )
            if min(there.sum(), opposite.sum()) < 60:
                continue
            if light[opposite].mean() - light[there].mean() > _SHADOW:
                for k in range(1, round(1.4 * step) + 1):
                    shadow |= np.roll(strokes, (dy * k, dx * k), (0, 1))
    return shadow


def _heart(strokes: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The middle of the strokes, away from their anti-aliased edges."""
    import cv2

    depth = cv2.distanceTransform(strokes.astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(depth >= 0.6 * float(np.percentile(depth[strokes], 95)))


def _is_varied(lab: npt.NDArray[np.float32], strokes: npt.NDArray[np.bool_]) -> bool:
    """Whether the hearts of the strokes differ in colour from one side of the line to another."""
    heart = _heart(strokes)
    ys, xs = np.nonzero(heart)
    if len(xs) < 60:
        return False
    for places in (xs, ys):
        low, high = np.percentile(places, [33, 67])
        first = np.median(lab[ys[places <= low], xs[places <= low]], axis=0)
        last = np.median(lab[ys[places >= high], xs[places >= high]], axis=0)
        if float(np.linalg.norm(first - last)) > _VARIED:
            return True
    return False


def _drop_outsiders(
    mask: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], height: float, *, share: float
) -> npt.NDArray[np.bool_]:
    """Keep the components that live inside the line: edges of panels and pictures only pass through."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area_in = np.bincount(labels[inside], minlength=count)
    keep = np.zeros(count, bool)
    line_area = float(inside.sum())
    for i in range(1, count):
        area = stats[i, cv2.CC_STAT_AREA]
        speck = area < max(3.0, 0.0004 * height * height)
        solid = area > 0.85 * line_area
        keep[i] = area_in[i] >= share * area and not speck and not solid
    return np.asarray(keep[labels] & inside)


def _fill_colour(
    rgb: npt.NDArray[np.uint8], strokes: npt.NDArray[np.bool_], merit: npt.NDArray[np.float32]
) -> tuple[int, int, int]:
    """Median colour of the heart of the strokes, away from anti-aliased edges."""
    heart = _heart(strokes)
    if heart.sum() < 20:
        heart = strokes & (merit >= np.median(merit[strokes]))
    r, g, b = (round(float(c)) for c in np.median(rgb[heart], axis=0))
    return r, g, b
