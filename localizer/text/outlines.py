"""Taking type apart into fill, outline and shadow.

Each is one colour (a fill may be graded), and they lie in a known order, so a few ways of sorting the colours
of the type into them are tried, and the one that leaves the least unexplained is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.effects import Rgb
from localizer.text.glyphmask import Ink
from localizer.text.regions import depth_in, dilate, heart
from localizer.text.shadows import FoundShadow, cast_of, find_shadow
from localizer.text.surface import fit_ground

if TYPE_CHECKING:
    import numpy.typing as npt

LIKE = 24.0  # ΔE within which a pixel has a colour
_SEEN = 12.0  # ΔE from the ground from which a pixel is part of the type
_AROUND = 0.85  # share of the contour that an outline must go around
_OTHER = 14.0  # ΔE from which two colours are not one
_SHARE = 0.07  # of the type's area that a colour must have to be one of its own, rather than a soft edge
_COLOURS = 4
_LEFT = 0.1  # share of the type that may stay unexplained
_FADES = 0.3  # share of the shell beyond an outline that may still have its colour
_THINNEST = 1.2  # pixels; a thinner outline is not told from a soft edge


@dataclass(frozen=True, slots=True)
class Layers:
    """Type, taken apart; lengths in pixels.

    Attributes:
        fill: H x W bool.
        colour: of the fill; None where the type is its fill alone, as already measured.
        outline: colour and width.
        left: share of the type that these do not explain.
    """

    fill: npt.NDArray[np.bool_]
    colour: Rgb | None = None
    outline: tuple[Rgb, float] | None = None
    shadow: FoundShadow | None = None
    left: float = 0.0


def to_lab(rgb: npt.NDArray[np.uint8] | npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """CIE L*a*b* of sRGB (0 to 255), H x W x 3."""
    import cv2

    values = np.clip(rgb, 0, 255).astype(np.float32) / np.float32(255)
    return np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2LAB), np.float32)


def to_lab_of(colour: Rgb) -> npt.NDArray[np.float32]:
    """CIE L*a*b* of one colour."""
    return np.asarray(to_lab(np.array([[colour]], np.float32))[0, 0], np.float32)


def ring(mask: npt.NDArray[np.bool_], low: float, high: float) -> npt.NDArray[np.bool_]:
    """Pixels outside a mask whose distance from it is above `low` and at most `high`."""
    away = depth_in(~mask)
    return np.asarray((away > low) & (away <= high))


def share_like(colours: npt.NDArray[np.float32], colour: npt.NDArray[np.float32]) -> float:
    """Share of colours (N x 3, L*a*b*) that are like one."""
    if len(colours) < 20:
        return 0.0
    return float((np.linalg.norm(colours - colour, axis=1) < LIKE).mean())


def outline_around(
    lab: npt.NDArray[np.float32],
    rgb: npt.NDArray[np.uint8],
    fill: npt.NDArray[np.bool_],
    height: float,
    *,
    ground: npt.NDArray[np.float32] | None = None,
    inside: npt.NDArray[np.bool_] | None = None,
) -> tuple[Rgb, float] | None:
    """Colour and width (pixels) of the outline around a fill, None if there is none.

    It is the one colour that goes around every stroke, and no farther.

    Args:
        height: of the line, pixels.
        ground: H x W x 3, L*a*b* of a plain ground; None on a photo.
        inside: H x W bool, the line; between its letters the ground shows, not the outline.
    """
    away = depth_in(~fill)
    inner = np.median(lab[heart(fill)], axis=0)
    best: tuple[float, npt.NDArray[np.float32]] | None = None
    for low in (0.8, 1.4, 2.0) if ground is not None else (1.5,):
        shell = (away > low) & (away <= low + 1.2)
        if shell.sum() < 40:
            continue
        edge = np.median(lab[shell], axis=0)
        share = share_like(lab[shell], edge)
        if best is None or share > best[0]:
            best = (share, edge)
    if best is None or best[0] < _AROUND or np.linalg.norm(best[1] - inner) < LIKE:
        return None
    share, edge = best
    if ground is not None:
        under = np.median(ground[fill], axis=0)
        if np.linalg.norm(edge - under) < LIKE or _off_segment(edge, under, inner) < 0.8 * LIKE:
            return None  # the ground itself, or a soft edge between fill and ground
    far = (away > 0.25 * height) & (away <= 0.4 * height)
    if share_like(lab[far], edge) > 0.4:
        return None
    width = 1.0
    while width < 0.3 * height and share_like(lab[(away > width) & (away <= width + 1)], edge) > 0.6:
        width += 1
    if share_like(lab[(away > width + 1.5) & (away <= width + 2.5)], edge) > _FADES:
        return None  # it fades instead of ending: a shadow, or the picture
    if inside is not None and share_like(lab[inside & (away > width + 1.5)], edge) > _FADES:
        return None  # a panel
    area = (away <= width + 2.5) & ~fill
    nearer = np.linalg.norm(lab - edge, axis=2) < LIKE
    sure = area & nearer & (away > 0.8)
    # The share of each shell that is outline, added up, is its width; half a pixel lies inside the fill.
    shells = [s for s in ((away > d) & (away <= d + 1) for d in np.arange(0.0, width + 2.5)) if s.any()]
    wide = width
    if ground is not None:
        wide = sum(_closeness(lab[s], edge, ground[s]) for s in shells)
    if wide < _THINNEST or sure.sum() < 20:
        return None
    r, g, b = (round(float(c)) for c in np.median(rgb[sure], axis=0))
    return (r, g, b), wide


def _closeness(
    colours: npt.NDArray[np.float32], edge: npt.NDArray[np.float32], ground: npt.NDArray[np.float32]
) -> float:
    """Mean coverage of pixels by an outline, between the ground (0) and its own colour (1)."""
    way = edge - ground
    t = ((colours - ground) * way).sum(1) / np.maximum((way * way).sum(1), 1e-6)
    return float(np.clip(t, 0, 1).mean())


def _off_segment(
    point: npt.NDArray[np.float32], a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]
) -> float:
    """Distance of a colour from the straight mix of two others."""
    way = b - a
    t = float(np.clip((point - a) @ way / max(float(way @ way), 1e-6), 0, 1))
    return float(np.linalg.norm(point - (a + t * way)))


def take_apart(
    rgb: npt.NDArray[np.uint8],
    lab: npt.NDArray[np.float32],
    ink: Ink,
    near: npt.NDArray[np.bool_],
    height: float,
) -> Layers:
    """Fill, outline and shadow of type on a plain ground.

    Args:
        near: H x W bool, where the line and what belongs to it is.
        height: of the line, pixels.
    """
    import cv2

    assert ink.ground is not None  # noqa: S101
    ground = to_lab(ink.ground)
    off = np.linalg.norm(lab - ground, axis=2)
    _, labels = cv2.connectedComponents(((off > _SEEN) & near).astype(np.uint8), connectivity=8)
    own = np.unique(labels[ink.strokes & (labels > 0)])
    solid = np.isin(labels, own[own > 0])
    if not solid.any():
        return Layers(ink.strokes)
    # What differs a little and does not hang together with the type is somebody else's.
    _, labels = cv2.connectedComponents(((off > 4.0) | solid).astype(np.uint8), connectivity=8)
    elsewhere = dilate((off > 4.0) & ~np.isin(labels, np.unique(labels[solid])), 3.0) | ~near
    plain = _layers(rgb, lab, ink, ground, ink.strokes, solid, elsewhere, height)
    if plain.left <= _LEFT:
        return plain
    best = plain
    for fill in _fills(lab, solid):
        if fill.sum() < max(60.0, 0.15 * float(solid.sum())):
            continue
        layers = _layers(rgb, lab, ink, ground, fill, solid, elsewhere, height)
        # A reading with an outline or a shadow must be told by them: a fill alone is what there already is.
        if (layers.outline or layers.shadow) and layers.left < min(best.left - 0.03, _LEFT):
            best = layers
        if best.left < 0.03:
            break
    return best


def _layers(
    rgb: npt.NDArray[np.uint8],
    lab: npt.NDArray[np.float32],
    ink: Ink,
    ground: npt.NDArray[np.float32],
    fill: npt.NDArray[np.bool_],
    solid: npt.NDArray[np.bool_],
    elsewhere: npt.NDArray[np.bool_],
    height: float,
) -> Layers:
    """What outline and shadow a fill would have, and how much of the type is then unexplained."""
    assert ink.ground is not None  # noqa: S101
    away, depth = depth_in(~fill), depth_in(fill)
    off = np.linalg.norm(lab - ground, axis=2)
    deep = fill & (depth >= min(2.0, 0.6 * float(np.percentile(depth[fill], 95))))
    if deep.sum() < 30:
        return Layers(fill, left=1.0)
    graded = fit_ground(lab, deep)
    # Whether the fill is one colour or one gradient, and every pixel of the type what its layer says.
    wrong = deep & (np.linalg.norm(lab - graded, axis=2) > LIKE)
    outline = outline_around(lab, rgb, fill, height, ground=ground)
    plain = bool(float(wrong.sum()) < 0.2 * float(deep.sum()))
    best: tuple[float, FoundShadow | None, tuple[Rgb, float] | None] | None = None
    # A glow passes for an outline, but not the other way round: the outline must earn its keep.
    for rim in (None, outline) if outline else (None,):
        wide = rim[1] if rim else 0.0
        body = away <= wide + (0.5 if rim else 0.0)
        # Beyond the body soft edges and the colour that JPEG lets bleed are expected.
        rest = solid & (away > wide + 2.0) & (off > LIKE)
        shadow = None
        if plain:
            edge = rim[0] if rim else ink.colour
            shadow = find_shadow(rgb, ink.ground, body, 0.8 * height, colour=edge, ignore=elsewhere & ~body)
        if shadow is not None:
            alpha = cast_of(body, shadow)[:, :, None]
            cast = to_lab(ink.ground * (1 - alpha) + np.array(shadow.colour, np.float32) * alpha)
            left_out = wrong | (rest & (np.linalg.norm(lab - cast, axis=2) > LIKE))
        else:
            left_out = wrong | rest
        left = float(left_out.sum()) / max(1.0, float((deep | rest).sum()))
        if best is None or left < best[0] - 0.03:
            best = (left, shadow, rim)
    assert best is not None  # noqa: S101
    colour = None
    if fill is not ink.strokes:
        r, g, b = (round(float(c)) for c in np.median(rgb[deep], axis=0))
        colour = (r, g, b)
    return Layers(fill, colour, best[2], best[1], best[0])


def _fills(lab: npt.NDArray[np.float32], solid: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.bool_]]:
    """What may be the fill: each colour of the type, and each two or three together (a gradient)."""
    import cv2

    cv2.setRNGSeed(7)  # k-means++ draws: the same crop must give the same layers
    sample = lab[solid & (depth_in(solid) >= 1.2)]
    sample = np.ascontiguousarray(sample[:: max(1, len(sample) // 6000)])
    if len(sample) < 60:
        return
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 1.0)
    _, marks, centres = cv2.kmeans(sample, _COLOURS, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    share = np.bincount(marks.ravel(), minlength=len(centres)) / len(sample)
    kept: list[npt.NDArray[np.float32]] = []
    for i in np.argsort(-share):
        if share[i] >= _SHARE and all(np.linalg.norm(centres[i] - c) > _OTHER for c in kept):
            kept.append(centres[i])
    if len(kept) < 2:
        return
    nearest = np.stack([np.linalg.norm(lab - c, axis=2) for c in kept]).argmin(0)
    for size in range(1, len(kept)):
        for group in combinations(range(len(kept)), size):
            fill = solid & np.isin(nearest, group)
            yield np.asarray(cv2.medianBlur(fill.astype(np.uint8), 3) > 0) & fill
