"""The ground of a text: whether it is a picture, its colours, and where a filled place may show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box

if TYPE_CHECKING:
    import numpy.typing as npt

_DRAWN = 0.6  # share of drawn ground that is of one colour or evenly graded
_SHALLOW = 9.0  # pixels from the rim that a fill can be trusted
STAIN = 22.0  # of `smear`, from where a person would see the patch
STRANGE = 0.02  # share of new type that may stand on colours that its old ground did not have


def is_picture(plate: npt.NDArray[np.uint8], hole: npt.NDArray[np.bool_], box: Box, *, height: float) -> bool:
    """Whether a text stands on a photo or a painting rather than on drawn ground.

    Drawn ground is of one colour or evenly graded almost everywhere; in a photo, however calm, neighbouring
    pixels differ. Looked at is a band around the text.

    Args:
        plate: H x W x 3 uint8, erased.
        hole: H x W bool, what was filled and so tells nothing.
        height: of one line, pixels.
    """
    import cv2

    x0, y0, x1, y1 = box
    up, side = round(height), round(4 * height)
    window = np.s_[max(0, y0 - up) : y1 + up, max(0, x0 - side) : x1 + side]
    grey = cv2.cvtColor(np.ascontiguousarray(plate[window]), cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.blur(grey, (7, 7))
    spread = np.sqrt(np.maximum(0.0, cv2.blur(grey * grey, (7, 7)) - mean * mean))
    known = cv2.dilate(hole[window].astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    if known.sum() < 100:
        return False
    return float((spread[known] < 1.0).mean()) < _DRAWN


@dataclass(frozen=True, slots=True)
class Ground:
    """The colours of the ground that a text stands on: centres in CIE L*a*b*, N x 3."""

    centres: npt.NDArray[np.float32]
    limit: float

    def strange(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Which pixels (N x 3 uint8) have a colour that the ground does not have."""
        lab = _to_lab(pixels)
        distance = np.min([np.linalg.norm(lab - c, axis=1) for c in self.centres], axis=0)
        return np.asarray(distance > self.limit)


def ground_of(plate: npt.NDArray[np.uint8], box: Box, *, plain: bool) -> Ground:
    """The ground of a text, from the erased plate in its box (of a photo: and a little around)."""
    import cv2

    x0, y0, x1, y1 = box
    h, w = plate.shape[:2]
    pad = 0 if plain else round(0.25 * (y1 - y0))
    around = plate[max(0, y0 - pad) : min(h, y1 + pad), max(0, x0 - pad) : min(w, x1 + pad)]
    lab = _to_lab(around.reshape(-1, 3))
    lab = lab[:: max(1, len(lab) // 6000)]
    cv2.setRNGSeed(7)
    k = min(6, len(lab))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 12, 1.0)
    _, labels, centres = cv2.kmeans(lab, k, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore[call-overload]
    share = np.bincount(labels.ravel(), minlength=k) / len(lab)
    # A graded ground goes on changing; a photo has more colours than six.
    return Ground(np.asarray(centres[share > 0.04], np.float32), 16 if plain else 30)


def strange_share(
    plate: npt.NDArray[np.uint8], covered: npt.NDArray[np.bool_], box: Box, *, plain: bool
) -> float:
    """Share of type that stands on colours which the ground of the old text does not have.

    That is how type on the product, over the rim of a badge or across a rule is noticed: room is measured
    in straight lines, pictures are not straight.

    Args:
        plate: H x W x 3 uint8, erased.
        covered: H x W bool, where new type lies outside the erased area.
        box: of the old text; its ground is the reference.
    """
    if not covered.any():
        return 0.0
    ground = ground_of(plate, box, plain=plain)
    strange = float(ground.strange(plate[covered]).mean())
    if plain:
        return strange
    x0, y0, x1, y1 = box
    h, w = plate.shape[:2]
    far = y1 - y0  # a lively photo is strange all around the old text; that much is its own
    usual = plate[max(0, y0 - far) : min(h, y1 + far), max(0, x0 - far) : min(w, x1 + far)]
    return max(0.0, strange - 1.5 * float(ground.strange(usual.reshape(-1, 3)[::7]).mean()))


def leaves_ground(
    plate: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    letters: npt.NDArray[np.bool_],
    box: Box,
    *,
    height: float,
    plain: bool,
) -> bool:
    """Whether new letters run onto something else than the ground that the old text had.

    Args:
        plate: H x W x 3 uint8, erased.
        hole: H x W bool, what was filled.
        letters: H x W bool, where new type lies.
        box: of the old text.
        height: of one line, pixels.
        plain: whether the ground right under the old text was plain or graded.
    """
    plain = plain and not is_picture(plate, hole, box, height=height)
    return strange_share(plate, letters & ~hole, box, plain=plain) > STRANGE


def smear(plate: npt.NDArray[np.uint8], hole: npt.NDArray[np.bool_], covered: npt.NDArray[np.bool_]) -> float:
    """How much of a filled hole shows, deep inside, where the surroundings are lively.

    A thin stroke can be filled from its rim; a wide hole in bricks or leaves becomes a stain.

    Returns:
        Liveliness of the surroundings (standard deviation of fine L* detail) times the visible area that
        lies so deep in the hole that detail of that kind is missing, in thousandths of the image.
    """
    import cv2

    ys, xs = np.nonzero(hole)
    if not len(xs):
        return 0.0
    m = 24
    h, w = hole.shape
    window = np.s_[max(0, ys.min() - m) : min(h, ys.max() + m), max(0, xs.min() - m) : min(w, xs.max() + m)]
    inner, shown = hole[window], ~covered[window]
    luma = _to_lab(plate[window].reshape(-1, 3))[:, 0].reshape(inner.shape)
    known = (~inner).astype(np.float32)
    blur = cv2.GaussianBlur(luma * known, (0, 0), 8) / np.maximum(cv2.GaussianBlur(known, (0, 0), 8), 1e-3)
    ring = (cv2.dilate(inner.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0) & ~inner
    lively = float((luma - blur)[ring].std()) if ring.sum() > 50 else 0.0
    depth = cv2.distanceTransform(inner.astype(np.uint8), cv2.DIST_L2, 3)
    return lively * 1000 * float(((depth > _SHALLOW) & shown).sum()) / hole.size


def _to_lab(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    import cv2

    return np.asarray(cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0], np.float32)
