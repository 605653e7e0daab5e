"""Which pixels are ink: the strokes of a text line with everything that belongs to them.

Two models. On a plain or graded ground whatever differs from the ground inside the line is ink, so
outlines and shadows come along. On a photo the ink is told by its colours. Which of the two holds, and which
colours are the ink's, is decided by how much the result looks like the text that is known to stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.groundlevel import fading, level_around, level_beside
from localizer.text.halo import halo
from localizer.text.inkcolour import beside_text, cluster, ink_by_frequency, ink_by_likeness, merge_alike
from localizer.text.likeness import Likeness
from localizer.text.outline import find_outline
from localizer.text.reading import Quad
from localizer.text.regions import dilate, distance_to, heart, polygon
from localizer.text.surface import fit_ground

if TYPE_CHECKING:
    import numpy.typing as npt

_GROUND_SHARE = 0.62  # share of the line's border that one colour must have to be its ground
_VARIED = 20.0  # ΔE between two ends of a line from which its fill is graded or of several colours
_UNEXPLAINED = 0.05  # share of a line on plain ground that may be neither ground nor near its ink
_LEAST_DIFFERENCE = 9.0  # JPEG noise stays below
_SURE = 0.75  # likeness from which a plain ground needs no second opinion
_PLAIN_FIRST = 0.1  # likeness by which a photo's ink must be better than that on a plain ground
_PLACED = 0.6  # likeness from which it is known where the strokes are
_SOFT_ON_PLAIN = 1.5  # ΔE that an effect changes a plain ground by
_SOFT_ON_PHOTO = 6.0
_ALIKE = 22.0  # ΔE within which a pixel has the colour of the fill
_HUGS = 0.06  # of the height, from the fill, within which everything with crisp edges is the type's
_RESIDUE = 18.0  # ΔE from the mix of fill and ground, beyond which a pixel is something else


@dataclass(frozen=True, slots=True)
class Ink:
    """The ink of one line, in the coordinates of the crop it was found in.

    Attributes:
        strokes: H x W bool, the fill of the glyphs themselves (for measuring), where it covers at least
            half of the pixel.
        erase: H x W bool, strokes with anti-aliasing, outline and shadow (for erasing).
        ground: H x W x 3 float32, what the ground would be without ink; None on a photo.
        colour: sRGB of the fill.
        plain: whether the ground is plain or graded.
        varied: whether the fill is of several colours or graded, so that one colour cannot stand for it.
        likeness: correlation of the strokes with the text that was expected, 1 if none was.
    """

    strokes: npt.NDArray[np.bool_]
    erase: npt.NDArray[np.bool_]
    ground: npt.NDArray[np.float32] | None
    colour: tuple[int, int, int]
    plain: bool
    varied: bool = False
    likeness: float = 1.0


@dataclass(frozen=True, slots=True)
class _Draft:
    """Ink as one of the two models sees it.

    Attributes:
        core: the fill, roughly.
        touched: everything with crisp edges that belongs to it.
        level: H x W x 3 L*a*b* of the ground; None on a photo.
        known: pixels that the level was fitted through.
        likeness: of the core with the text.
    """

    core: npt.NDArray[np.bool_]
    touched: npt.NDArray[np.bool_]
    level: npt.NDArray[np.float32] | None
    known: npt.NDArray[np.bool_]
    likeness: float


def find_ink(
    rgb: npt.NDArray[np.uint8],
    quad: Quad,
    height: float,
    *,
    foreign: npt.NDArray[np.bool_] | None = None,
    expected: Likeness | None = None,
) -> Ink | None:
    """The ink inside a quad, or None when nothing there stands out.

    Args:
        rgb: crop around the line, with a margin of at least half its height where the image allows.
        quad: the line, in crop coordinates.
        height: of the line across its reading direction, in pixels.
        foreign: H x W bool, pixels that belong to other lines.
        expected: how the text should look there, if it is known.
    """
    import cv2

    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)
    inside = polygon((rgb.shape[0], rgb.shape[1]), quad, grow=0.04 * height)
    if foreign is not None:
        inside &= ~foreign
    if inside.sum() < 30:
        return None
    labels, centres = cluster(lab, inside)
    draft = _best_draft(lab, inside, labels, centres, height, expected)
    if draft is None or draft.core.sum() < 12:
        return None
    usable = ~foreign if foreign is not None else np.ones(inside.shape, np.bool_)
    return _finish(rgb, lab, draft, quad, height, usable)


def _best_draft(
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.intp],
    centres: npt.NDArray[np.float32],
    height: float,
    expected: Likeness | None,
) -> _Draft | None:
    band = inside & ~dilate(inside, -max(2.0, 0.05 * height))
    merged = merge_alike(labels, centres)
    share = np.bincount(merged[band], minlength=len(centres)) / max(1, band.sum())
    ground = int(share.argmax())
    plain = None
    if share[ground] >= _GROUND_SHARE:
        plain = _on_plain(lab, inside, merged == ground, height, expected)
    if plain is None:  # a ground that is graded too far to be one colour is still one surface
        level = np.linalg.norm(lab - fit_ground(lab, band), axis=2) < _LEAST_DIFFERENCE
        if level[band].mean() >= _GROUND_SHARE:
            plain = _on_plain(lab, inside, level, height, expected)
    if plain is not None and plain.likeness >= _SURE:
        return plain
    photo = _on_photo(lab, inside, labels, centres, height, expected)
    if plain is None or photo is None:
        return plain or photo
    return photo if expected is not None and photo.likeness > plain.likeness + _PLAIN_FIRST else plain


def _on_plain(
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    ground_label: npt.NDArray[np.bool_],
    height: float,
    expected: Likeness | None,
) -> _Draft | None:
    known = dilate(ground_label & inside, -1) & inside
    if known.sum() < 0.15 * inside.sum():
        return None
    level = fit_ground(lab, known)
    difference = np.linalg.norm(lab - level, axis=2)
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
    alike = _drop_outsiders(np.linalg.norm(lab - typical, axis=2) < _ALIKE, inside, height, share=0.9)
    if alike.sum() > 1.02 * (alike & strokes).sum():
        strokes = strokes | alike
        touched = touched | dilate(alike, max(1.0, 0.02 * height))
    unexplained = inside & (difference > _LEAST_DIFFERENCE) & ~dilate(strokes, max(3.0, 0.12 * height))
    if unexplained.sum() > _UNEXPLAINED * inside.sum():  # a calm photo, but a photo
        return None
    likeness = expected.of(strokes) if expected is not None else 1.0
    return _Draft(strokes, touched, level, known, likeness)


def _on_photo(
    lab: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    labels: npt.NDArray[np.intp],
    centres: npt.NDArray[np.float32],
    height: float,
    expected: Likeness | None,
) -> _Draft | None:
    nothing = np.zeros(inside.shape, np.bool_)

    def own_parts(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return _drop_outsiders(mask, inside, height, share=0.8)

    if expected is None:
        merged = merge_alike(labels, centres)
        core = ink_by_frequency(lab, inside, merged, centres, own_parts)
        return None if core is None else _Draft(core, core, None, nothing, 1.0)
    found = ink_by_likeness(lab, inside, labels, centres, height, expected, own_parts)
    if found is None:
        return None
    core, likeness = found
    if likeness >= _PLACED:
        core &= ~beside_text(core, expected)
    core = _without_specks(core, height)
    return _Draft(core, core, None, nothing, likeness) if core.any() else None


def _finish(
    rgb: npt.NDArray[np.uint8],
    lab: npt.NDArray[np.float32],
    draft: _Draft,
    quad: Quad,
    height: float,
    usable: npt.NDArray[np.bool_],
) -> Ink:
    """Split a draft into fill, edge and effects."""
    core, plain = draft.core, draft.level is not None
    varied = _is_varied(lab, core)
    rim = max(2.0, 0.03 * height)
    level = draft.level
    if level is None:
        level = level_beside(lab, dilate(core, rim + 1), usable, height)
    fill = _fill_map(lab, core, height, varied=varied)
    strokes = _covered(lab, level, fill) & dilate(draft.touched, 1.0)
    if not plain:
        strokes = (strokes | (core & (np.linalg.norm(lab - fill, axis=2) < _ALIKE))) & dilate(core, 1.5)
    strokes = _without_specks(strokes, height) if strokes.any() else core
    if strokes.sum() < 0.3 * core.sum():  # hollow or many-coloured type: no one fill
        strokes = core
    # Crisp edges and outlines hug the strokes; what is farther away must follow the whole line to count.
    touched = (draft.touched & dilate(core | strokes, max(2.0, _HUGS * height))) | strokes
    outlined = find_outline(lab, strokes, fill, height, usable)
    if outlined is not None:
        touched |= outlined
    edge = 2.0 if plain else _edge(lab, level, fill, strokes, height)
    level = level_around(lab, draft.level, touched, usable, height) if draft.level is not None else None
    if level is not None:
        edge = max(edge, fading(lab, level, touched, usable, height))
    soft = halo(
        lab,
        touched,
        quad,
        height,
        edge=edge,
        least=_SOFT_ON_PLAIN if plain else _SOFT_ON_PHOTO,
        usable=usable,
        level=level,
    )
    wide = dilate(touched, max(edge, 0.03 * height if plain else 0.0)) | soft
    if level is not None:  # an effect on a plain ground is faint; what is not is a picture beside the type
        near = dilate(touched, 2.0)
        picture = (np.linalg.norm(lab - level, axis=2) > 2 * _LEAST_DIFFERENCE) & ~near
        wide &= near | ~dilate(picture, 3.0)
    erase = wide & usable
    ground = None
    if plain:
        ground = fit_ground(
            rgb.astype(np.float32),
            draft.known & ~erase if (draft.known & ~erase).sum() > 200 else draft.known,
        )
    return Ink(strokes, erase, ground, _fill_colour(rgb, strokes), plain, varied, draft.likeness)


def _fill_map(
    lab: npt.NDArray[np.float32], core: npt.NDArray[np.bool_], height: float, *, varied: bool
) -> npt.NDArray[np.float32]:
    """The fill's colour at every pixel: one for all, or spread out from the hearts of the strokes."""
    import cv2

    middle = heart(core)
    if not varied:
        return np.asarray(np.median(lab[middle], axis=0), np.float32)[None, None]
    sigma = 0.25 * height
    weight = middle.astype(np.float32)
    spread = cv2.GaussianBlur(lab * weight[:, :, None], (0, 0), sigma)
    total = np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma))[:, :, None]
    mean = np.median(lab[middle], axis=0)
    return np.asarray((spread + 1e-4 * mean) / (total + 1e-4), np.float32)


def _covered(
    lab: npt.NDArray[np.float32], level: npt.NDArray[np.float32], fill: npt.NDArray[np.float32]
) -> npt.NDArray[np.bool_]:
    """Pixels that the fill covers at least half of, and that are nothing but fill and ground."""
    way = fill - level
    length = np.maximum((way * way).sum(2), 1.0)
    share = ((lab - level) * way).sum(2) / length
    residue = np.linalg.norm(lab - level - share[:, :, None] * way, axis=2)
    beyond = np.linalg.norm(lab - fill, axis=2)
    limit = np.maximum(_RESIDUE, 0.3 * np.sqrt(length))
    return np.asarray((share > 0.5) & (residue < limit) & ((share < 1.35) | (beyond < _ALIKE)))


def _edge(
    lab: npt.NDArray[np.float32],
    level: npt.NDArray[np.float32],
    fill: npt.NDArray[np.float32],
    strokes: npt.NDArray[np.bool_],
    height: float,
) -> float:
    """How far the soft edge of the strokes reaches, pixels: to where no fill is mixed in any more."""
    way = fill - level
    share = ((lab - level) * way).sum(2) / np.maximum((way * way).sum(2), 100.0)
    away = distance_to(strokes)
    most = max(3.0, 0.08 * height)
    radius = 1.0
    while radius < most:
        ring = share[(away > radius) & (away <= radius + 1)]
        if not len(ring) or float(np.median(ring)) < 0.06:
            break
        radius += 1.0
    return radius + 1.5


def _is_varied(lab: npt.NDArray[np.float32], strokes: npt.NDArray[np.bool_]) -> bool:
    """Whether the hearts of the strokes differ in colour from one side of the line to another."""
    ys, xs = np.nonzero(heart(strokes))
    if len(xs) < 60:
        return False
    for places in (xs, ys):
        low, high = np.percentile(places, [33, 67])
        first = np.median(lab[ys[places <= low], xs[places <= low]], axis=0)
        last = np.median(lab[ys[places >= high], xs[places >= high]], axis=0)
        if float(np.linalg.norm(first - last)) > _VARIED:
            return True
    return False


def _without_specks(mask: npt.NDArray[np.bool_], height: float) -> npt.NDArray[np.bool_]:
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:count, cv2.CC_STAT_AREA] >= _speck(height)
    keep[0] = False
    return np.asarray(keep[labels])


def _speck(height: float) -> float:
    """Pixels below which a component is noise."""
    return max(3.0, 0.0004 * height * height)


def _drop_outsiders(
    mask: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], height: float, *, share: float
) -> npt.NDArray[np.bool_]:
    """Keep the components that live inside the line: edges of panels and pictures only pass through."""
    import cv2

    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    area = stats[:count, cv2.CC_STAT_AREA]
    area_in = np.bincount(labels[inside], minlength=count)
    speck = area < _speck(height)
    solid = area > 0.85 * float(inside.sum())
    keep = (area_in >= share * area) & ~speck & ~solid
    keep[0] = False
    return np.asarray(keep[labels] & inside)


def _fill_colour(rgb: npt.NDArray[np.uint8], strokes: npt.NDArray[np.bool_]) -> tuple[int, int, int]:
    """Median colour of the heart of the strokes, away from anti-aliased edges."""
    r, g, b = (round(float(c)) for c in np.median(rgb[strokes & heart(strokes)], axis=0))
    return r, g, b
