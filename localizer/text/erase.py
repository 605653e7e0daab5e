"""Filling the place where ink was, by what the place is.

A plain or graded ground is continued as the surface that it is. A quiet photo gets the Laplace membrane,
with the grain of its surroundings laid over it so that the patch does not look waxen. On a lively ground
(texture, pattern, edges that cross the hole) pieces of the surroundings are put together by PatchMatch
(Barnes et al., SIGGRAPH 2009), which a membrane would smear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from localizer.text.regions import depth_in, dilate, distance_to
from localizer.text.surface import membrane

if TYPE_CHECKING:
    import numpy.typing as npt

_LIVELY = 4.5  # standard deviation of fine detail (0 to 255) beside a hole, from where a membrane smears
_MISFIT = 8.0  # difference between a fitted ground and the pixels beside a hole ...
_MISFIT_SHARE = 0.04  # ... that this share of them may have, or the ground is not all there is
_RING = 12  # pixels around a hole that tell what the place is
_PATCH = 3  # radius of compared patches
_BUDGET = 60_000  # pixels of hole that PatchMatch fills at full size; about a second of one core
_AROUND = 64  # pixels around a hole that pieces are taken from
_FEATHER = 6.0  # pixels inside an area over which another picture is faded in


@dataclass(frozen=True, slots=True)
class Filled:
    """An image with a hole filled.

    Attributes:
        rgb: H x W x 3 uint8; every pixel outside the hole is unchanged.
        guessed: H x W bool, the part of the hole that is no surface to be continued: what stood there was
            made up from the surroundings.
    """

    rgb: npt.NDArray[np.uint8]
    guessed: npt.NDArray[np.bool_]

    @property
    def surface(self) -> bool:
        """Whether a fitted ground was continued everywhere."""
        return not bool(self.guessed.any())


class Eraser(Protocol):
    """Makes up what stood behind a text or a thing where its surroundings do not tell: a model, say."""

    def __call__(
        self, area: npt.NDArray[np.bool_], *, text: str = "", thing: str = ""
    ) -> npt.NDArray[np.uint8] | None:
        """The source with the text or thing taken off.

        Args:
            area: H x W bool, where the picture may differ from the source.
            text: what is to go, as it was asked for; empty for any text there.
            thing: what is to go, in words, where it is no text.

        Returns:
            H x W x 3 uint8, laid over the source; None if none can be had. Whoever erases says why.
        """
        ...


def blended(
    rgb: npt.NDArray[np.uint8], made: npt.NDArray[np.uint8], area: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """A copy of an image with an area taken from another picture, faded in from the border of the area.

    Every pixel outside the area is the image's own: it is not written to.

    Args:
        rgb, made: H x W x 3 uint8.
        area: H x W bool.
    """
    out = rgb.copy()
    if not area.any():
        return out
    depth = depth_in(area)
    feather = min(_FEATHER, max(1.0, 0.25 * float(depth.max())))
    share = np.clip(depth[area] / feather, 0, 1)[:, None]
    out[area] = np.round(rgb[area] * (1 - share) + made[area] * share).astype(np.uint8)
    return out


def fill(
    rgb: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    *,
    ground: npt.NDArray[np.float32] | None = None,
    known: npt.NDArray[np.bool_] | None = None,
) -> Filled:
    """Fill a hole by what the place is.

    Args:
        rgb: H x W x 3 uint8.
        hole: H x W bool.
        ground: H x W x 3, the fitted ground, if it is plain or graded.
        known: H x W bool, pixels that may be looked at (ink of other lines left out); default: all others.
    """
    usable = ~hole if known is None else known & ~hole
    if not hole.any():
        return Filled(rgb.copy(), np.zeros(hole.shape, np.bool_))
    out = rgb.copy()
    guessed = hole
    if ground is not None:
        unlike = usable & (np.abs(rgb - ground).max(2) > _MISFIT)
        guessed = _beside(unlike, hole, usable)
        calm = usable & ~dilate(unlike, 1)
        # What the rim differs from the fitted ground by is carried inwards, so that no seam shows.
        gap = np.where(calm[:, :, None], rgb - ground, 0).astype(np.float32)
        filled = ground + membrane(gap, ~calm)
        out[hole] = np.clip(np.round(filled[hole]), 0, 255).astype(np.uint8)
    if guessed.any():
        pixels, usable = out.astype(np.float32), usable | (hole & ~guessed)
        if _is_lively(pixels, guessed, usable):
            made = _from_pieces(out, guessed, usable).astype(np.float32)
        else:
            made = membrane(pixels, ~usable) + _grain(pixels, guessed, usable)
        out[guessed] = np.clip(np.round(made[guessed]), 0, 255).astype(np.uint8)
    return Filled(out, guessed)


def _beside(
    unlike: npt.NDArray[np.bool_], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """The part of the hole that is nearer to what is not the fitted ground than to what is."""
    ring = dilate(hole, 3) & usable
    strange, calm = ring & unlike, ring & ~unlike
    if strange.sum() <= _MISFIT_SHARE * ring.sum():  # a few pixels of noise
        return np.zeros_like(hole)
    if strange.sum() > calm.sum():
        return hole
    return hole & (distance_to(strange) <= distance_to(calm) + 2)


def _is_lively(
    pixels: npt.NDArray[np.float32], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_]
) -> bool:
    """Whether the surroundings have detail that a membrane cannot continue."""
    import cv2

    ring = dilate(hole, _RING) & usable
    if ring.sum() < 200:
        return False
    weight = usable.astype(np.float32)
    total = np.maximum(cv2.GaussianBlur(weight, (0, 0), 6), 1e-3)
    luma = pixels.mean(2)
    detail = luma - cv2.GaussianBlur(luma * weight, (0, 0), 6) / total
    return float(detail[ring].std()) > _LIVELY


def _from_pieces(
    rgb: npt.NDArray[np.uint8], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Fill by PatchMatch, at a smaller size where the hole is too large for the time there is."""
    import cv2
    import patchmatch

    ys, xs = np.nonzero(hole)
    h, w = hole.shape
    window = np.s_[
        max(0, ys.min() - _AROUND) : min(h, ys.max() + 1 + _AROUND),
        max(0, xs.min() - _AROUND) : min(w, xs.max() + 1 + _AROUND),
    ]
    part, gap = np.ascontiguousarray(rgb[window]), hole[window]
    closed = ~usable[window] & ~gap
    out = rgb.copy()
    scale = min(1.0, float(np.sqrt(_BUDGET / gap.sum())))
    if scale < 1.0:
        size = (max(16, round(part.shape[1] * scale)), max(16, round(part.shape[0] * scale)))
        small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
        made = patchmatch.inpaint(
            small,
            _shrunk(gap, size),
            global_mask=_shrunk(closed & ~gap, size) & ~_shrunk(gap, size),
            patch_size=_PATCH,
        )
        made = cv2.resize(made, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_CUBIC)
    else:
        made = patchmatch.inpaint(part, gap, global_mask=closed, patch_size=_PATCH)
    out[window][gap] = made[gap]
    return out


def _shrunk(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    import cv2

    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)


def _grain(
    pixels: npt.NDArray[np.float32], hole: npt.NDArray[np.bool_], usable: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """Fine detail as strong as around the hole, in luminance; the same every time."""
    import cv2

    ring = dilate(hole, _RING) & usable
    if ring.sum() < 50:
        return np.zeros_like(pixels)
    detail = pixels - cv2.GaussianBlur(pixels, (0, 0), 1.5)
    strength = 1.4826 * float(np.median(np.abs(detail[ring].mean(1))))
    noise = np.random.default_rng(hole.sum()).normal(0, 1, hole.shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 0.7) * 2.0 * strength, np.float32)[:, :, None]
