"""Shadow and glow of type, measured by trying all of them at once.

A shadow is the silhouette of its type, moved, blurred, tinted and thinned. For every blur of a short list
and *every* offset the tint that explains the image best has a closed form (least squares), and all offsets
together are two correlations, which the fast Fourier transform gives at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_WORKING_SIZE = (
    56.0  # pixels per em at which shadows are tried; finer offsets than a 56th of an em do not show
)
_FARTHEST = 0.3  # em that a shadow may be offset; a copy farther off is a second text
_BLURS = (0.0, 0.02, 0.04, 0.065, 0.1, 0.15)  # em, standard deviation
_SEEN = 14.0  # of 255: change by which a shadow is seen, and above JPEG's ringing
_EXPLAINED = 0.6  # share of everything around the type that its shadow must account for
_WIDE = 0.1  # em of blur from which a shadow is so vague that it must explain more
_HALO = 1.8  # pixels: a blur up to which a glow is the halo that sharpening and JPEG leave
_NEARBY = 0.1  # em: within this, a rim in the type's own colour is its soft edge


@dataclass(frozen=True, slots=True)
class FoundShadow:
    """A shadow, lengths in pixels; see `localizer.text.effects.Shadow`.

    Attributes:
        explained: share of what differs from the ground around the type that it accounts for.
    """

    colour: tuple[int, int, int]
    dx: float
    dy: float
    blur: float
    opacity: float
    explained: float


def find_shadow(
    rgb: npt.NDArray[np.uint8],
    ground: npt.NDArray[np.float32],
    silhouette: npt.NDArray[np.bool_],
    size: float,
    *,
    colour: tuple[int, int, int],
    ignore: npt.NDArray[np.bool_] | None = None,
) -> FoundShadow | None:
    """The shadow or glow of a silhouette, None if there is none that surely is one.

    Args:
        ground: H x W x 3, the image without the type and its shadow.
        silhouette: H x W bool, fill and outline.
        size: pixels per em.
        colour: of the silhouette's edge; a soft edge of the type itself is no glow.
        ignore: H x W bool, pixels that show something else.
    """
    import cv2

    away = cv2.distanceTransform((~silhouette).astype(np.uint8), cv2.DIST_L2, 5)
    watched = np.asarray((away > max(1.5, 0.03 * size)) & (away <= 0.45 * size))
    if ignore is not None:
        watched &= ~ignore
    if watched.sum() < 50:
        return None
    rest = np.asarray(rgb - ground, np.float32)
    beside = watched & (away <= max(4.0, 0.12 * size))  # a shadow begins at its type
    if beside.sum() < 20:
        return None
    strength = np.abs(rest[beside] - np.median(rest[watched], axis=0)).max(1)
    if float(np.percentile(strength, 80)) < _SEEN:
        return None
    k = min(1.0, _WORKING_SIZE / size)
    solid, weight = silhouette.astype(np.float32), watched.astype(np.float32)
    if k < 1:
        shape = (max(8, round(rgb.shape[1] * k)), max(8, round(rgb.shape[0] * k)))
        rest, solid, weight = (
            np.asarray(cv2.resize(x, shape, interpolation=cv2.INTER_AREA), np.float32)
            for x in (rest, solid, weight)
        )
        weight = np.asarray(weight > 0.99, np.float32)
    if weight.sum() < 50:
        return None
    gain, total, blur, dx, dy, tint, shift = _try_all(rest, solid, weight, size * k)
    explained = gain / max(total, 1e-6)
    cast = _moved(solid, dx, dy, blur)
    shown = cast[(weight > 0) & (cast > 0.3 * float(cast[weight > 0].max(initial=0)))]
    # JPEG stores colour coarser than lightness, and so puts halos of another colour around type.
    lightness = abs(float(tint @ np.array([0.299, 0.587, 0.114], np.float32)))
    visible = lightness * float(np.percentile(shown, 75)) if len(shown) else 0.0
    if explained < _EXPLAINED + (0.15 if blur > _WIDE * size * k else 0.0) or visible < _SEEN:
        return None
    if np.hypot(dx, dy) < 1.5 and blur / k < _HALO:
        return None
    under = np.median(ground[watched], axis=0) + shift
    way = np.array(colour, np.float32) - under
    same = float(tint @ way) > 0.9 * float(np.linalg.norm(tint) * np.linalg.norm(way))
    if same and np.hypot(dx, dy) + 2 * blur < _NEARBY * size * k:
        return None
    shade, opacity = _split(tint, under, hard=blur == 0)
    return FoundShadow(shade, dx / k, dy / k, blur / k, opacity, explained)


def cast_of(silhouette: npt.NDArray[np.bool_], shadow: FoundShadow) -> npt.NDArray[np.float32]:
    """How much of each pixel a shadow covers, 0 to 1."""
    cast = _moved(silhouette.astype(np.float32), shadow.dx, shadow.dy, shadow.blur)
    return np.asarray(cast * np.float32(shadow.opacity), np.float32)


def _try_all(
    rest: npt.NDArray[np.float32], solid: npt.NDArray[np.float32], weight: npt.NDArray[np.float32], em: float
) -> tuple[float, float, float, float, float, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The best shadow: gain, total, blur, offset, tint (change of colour under full cover), ground's error.

    The ground was estimated from pixels that may lie in the shadow: it may be off by a constant.
    """
    import cv2

    reach = max(2, int(np.ceil(_FARTHEST * em)))
    h, w = weight.shape
    size = (cv2.getOptimalDFTSize(h + 2 * reach), cv2.getOptimalDFTSize(w + 2 * reach))
    rows = np.r_[0 : reach + 1, -reach:0]
    count = float(weight.sum())
    mean = (rest * weight[:, :, None]).sum((0, 1)) / count
    centred = (rest - mean) * weight[:, :, None]
    total = float((centred**2).sum())
    spectra = [np.fft.rfft2(centred[:, :, c], size) for c in range(3)]
    window = np.fft.rfft2(weight, size)

    def at_offsets(spectrum: npt.NDArray[np.complex128]) -> npt.NDArray[np.float64]:
        return np.asarray(np.fft.irfft2(spectrum, size)[np.ix_(rows, rows)], np.float64)

    best: tuple[float, float, float, float, float, npt.NDArray[np.float32], npt.NDArray[np.float32]] | None
    best = None
    for blur in (b * em for b in _BLURS):
        cast = cv2.GaussianBlur(solid, (0, 0), blur) if blur > 0.1 else solid
        own = np.conj(np.fft.rfft2(cast, size))
        sums = at_offsets(window * own)
        power = at_offsets(window * np.conj(np.fft.rfft2(cast * cast, size))) - sums**2 / count
        match = np.stack([at_offsets(s * own) for s in spectra], -1)
        gain = (match**2).sum(-1) / np.maximum(power, 0.01 * float(power.max()) + 1e-3)
        i, j = np.unravel_index(int(gain.argmax()), gain.shape)
        # A blur must earn its keep: of shadows that explain as much the sharper one is taken.
        if best is None or float(gain[i, j]) > 1.01 * best[0]:
            tint = np.asarray(match[i, j] / max(float(power[i, j]), 1e-3), np.float32)
            shift = np.asarray(mean - tint * sums[i, j] / count, np.float32)
            best = (float(gain[i, j]), total, blur, float(rows[j]), float(rows[i]), tint, shift)
    assert best is not None  # noqa: S101
    return best


def _moved(solid: npt.NDArray[np.float32], dx: float, dy: float, blur: float) -> npt.NDArray[np.float32]:
    import cv2

    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    out = cv2.warpAffine(solid, matrix, (solid.shape[1], solid.shape[0]))
    return np.asarray(cv2.GaussianBlur(out, (0, 0), blur) if blur > 0.1 else out, np.float32)


def _split(
    tint: npt.NDArray[np.float32], ground: npt.NDArray[np.float32], *, hard: bool
) -> tuple[tuple[int, int, int], float]:
    """Colour and opacity behind a change of colour.

    On one ground they cannot be told apart. A hard shadow is taken as opaque, as most are; a soft one as the
    deepest colour that gives the change, as shadows are mostly black and glows white.
    """
    room = np.where(tint > 0, 255 - ground, ground)
    least = float(np.clip((np.abs(tint) / np.maximum(room, 1.0)).max(), 0.05, 1.0))
    opacity = 1.0 if hard else least
    r, g, b = (int(c) for c in np.clip(np.round(ground + tint / opacity), 0, 255))
    return (r, g, b), round(opacity, 3)
