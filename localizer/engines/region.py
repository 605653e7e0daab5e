"""Editing one region of an image by a model, so that nothing else can change.

A model is never given the whole image: it sees a crop around the text at a size that it passes untouched.
What comes back is zoomed and shifted by a percent or two, and its colours drift; so it is laid over the
source by what must not have changed (ECC, Evangelidis & Psarakis, PAMI 2008), its colours are matched on a
ring around the edit area, and only the edit area is taken over, faded in from its border. Outside of it
every pixel is the source's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.model import Box
from localizer.text.erase import blended
from localizer.text.regions import dilate

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]
    BoolArray = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float32]

_COMFORTABLE = 48.0  # pixels of type in what the model sees; smaller type is enlarged to this
_LARGEST = 3.0  # times that a crop is enlarged at most
_PAD = (32, 192)  # pixels around the text that the model sees, least and most; in between, its height
_APART = 4  # pixels around the edit area that alignment and colours leave out
_RING = 24  # pixels around the edit area that colours are matched on
_SMALL = 640  # longer side that alignment works at
_FLAT = 3.0  # standard deviation of surroundings that have nothing to be aligned by
CORRELATED = 0.85  # a faithful edit has above 0.95, another picture next to nothing
_DRIFT = 0.08  # zoom, turn or shift (as a share of the crop) beyond which it is another picture
_ALIKE = 24.0  # mean difference (0 to 255) of aligned surroundings beyond which it is one too
_GAIN = (0.8, 1.25)
_RATIO = 0.03  # by which the sides of what comes back may differ from what was asked


@dataclass(frozen=True, slots=True)
class Region:
    """What one call gets to see.

    Attributes:
        window: in pixels of the image; may reach over its edge, where the image is mirrored.
        size: width and height of the picture that the model gets.
    """

    window: Box
    size: tuple[int, int]

    @property
    def scale(self) -> float:
        """Pixels of the model's picture per pixel of the image."""
        return self.size[0] / (self.window[2] - self.window[0])


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model's picture laid over the image.

    Attributes:
        box: what it covers of the image.
        rgb: of the size of the box.
        correlation: of the surroundings, -1 to 1; None where they are flat.
        misfit: why it cannot be used; empty if it can.
    """

    box: Box
    rgb: UInt8Array
    correlation: float | None = None
    misfit: str = ""


def plan_region(
    box: Box, shape: tuple[int, ...], size_for: Callable[[int, int], tuple[int, int]], *, height: float
) -> Region:
    """The crop around an edit area.

    Args:
        box: the edit area, old and new text, in the image.
        shape: of the image.
        size_for: see `EditModel.size_for`.
        height: of the smallest type, in pixels; type that is too small for the model is enlarged.
    """
    x0, y0, x1, y1 = box
    pad = min(_PAD[1], max(_PAD[0], height))
    needed = min(shape[1], x1 - x0 + 2 * pad), min(shape[0], y1 - y0 + 2 * pad)
    wish = min(_LARGEST, max(1.0, _COMFORTABLE / max(1.0, height)))
    width, tall = size_for(math.ceil(needed[0] * wish), math.ceil(needed[1] * wish))
    most = min(width / needed[0], tall / needed[1])  # beyond, the region would not fit in
    # Where the crop would reach over the image, rather enlarge it than show the model what is not there.
    whole = max(width / shape[1], tall / shape[0])
    scale = min(most, max(wish, whole))
    w, h = round(width / scale), round(tall / scale)
    left = _slide(round((x0 + x1 - w) / 2), w, shape[1])
    top = _slide(round((y0 + y1 - h) / 2), h, shape[0])
    return Region((left, top, left + w, top + h), (width, tall))


def _slide(start: int, length: int, limit: int) -> int:
    """A window moved into the image; one that is longer than the image lies in its middle."""
    if length >= limit:
        return (limit - length) // 2
    return min(max(0, start), limit - length)


def cut(rgb: UInt8Array, region: Region) -> UInt8Array:
    """The picture that the model gets, of the region's size."""
    import cv2

    x0, y0, x1, y1 = region.window
    rows = _mirrored(y0, y1, rgb.shape[0])
    columns = _mirrored(x0, x1, rgb.shape[1])
    crop = np.ascontiguousarray(rgb[rows][:, columns])
    if (crop.shape[1], crop.shape[0]) == region.size:
        return crop
    way = cv2.INTER_AREA if region.scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, region.size, interpolation=way), np.uint8)


def _mirrored(start: int, stop: int, limit: int) -> npt.NDArray[np.int64]:
    """Indices of a window, mirrored at the image's edges as often as it takes."""
    period = max(1, 2 * (limit - 1))
    index = np.abs(np.arange(start, stop)) % period
    return np.minimum(index, period - index) if limit > 1 else np.zeros(stop - start, np.int64)


def fit(rgb: UInt8Array, region: Region, mask: BoolArray, picture: UInt8Array) -> Fitted:
    """Undo the region's resize, align and match the colours of what a model gave back.

    Args:
        rgb: H x W x 3 uint8, what the region was cut from.
        mask: H x W bool, the edit area: where the picture is to differ.
        picture: the model's answer, of any size.
    """
    import cv2

    x0, y0, x1, y1 = region.window
    box = max(0, x0), max(0, y0), min(rgb.shape[1], x1), min(rgb.shape[0], y1)
    source = rgb[box[1] : box[3], box[0] : box[2]]
    if abs(picture.shape[1] / picture.shape[0] * region.size[1] / region.size[0] - 1) > _RATIO:
        height, width = picture.shape[:2]
        return Fitted(
            box,
            source,
            misfit=f"it has another shape, {width}x{height} for {region.size[0]}x{region.size[1]}",
        )
    smaller = picture.shape[1] > x1 - x0
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    back = np.asarray(cv2.resize(picture, (x1 - x0, y1 - y0), interpolation=way), np.uint8)
    back = back[box[1] - y0 : box[3] - y0, box[0] - x0 : box[2] - x0]
    area = mask[box[1] : box[3], box[0] : box[2]]
    free = ~dilate(area, _APART)
    if free.sum() < 0.05 * free.size:
        return Fitted(box, source, misfit="too little of it is not edited to lay it over the image by")
    aligned, correlation, misfit = _align(source, back, free)
    if misfit:
        return Fitted(box, source, correlation, misfit)
    matched = _match_colours(source, aligned, dilate(area, _RING) & free if area.any() else free)
    apart = float(np.abs(matched.astype(np.int16) - source)[free].mean())
    if apart > _ALIKE:
        return Fitted(box, source, correlation, f"what it should have kept differs by {apart:.0f} levels")
    return Fitted(box, matched, correlation)


def _align(source: UInt8Array, back: UInt8Array, free: BoolArray) -> tuple[UInt8Array, float | None, str]:
    """`back` moved, zoomed and turned onto the source; the correlation reached; why not."""
    import cv2

    shrink = min(1.0, _SMALL / max(source.shape[:2]))
    size = (max(8, round(source.shape[1] * shrink)), max(8, round(source.shape[0] * shrink)))
    grey, moved = (_grey(image, size) for image in (source, back))
    known = cv2.resize(free.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    if float(cv2.GaussianBlur(grey, (0, 0), 2)[known > 0].std()) < _FLAT:
        return back, None, ""  # of one colour: however it was moved, it looks the same
    warp: Any = np.eye(2, 3, dtype=np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 100, 1e-5)
    try:
        correlation, warp = cv2.findTransformECC(grey, moved, warp, cv2.MOTION_AFFINE, stop, known * 255, 5)
    except cv2.error:  # how OpenCV says that it does not converge
        return back, None, "it shows something else than the image around the text"
    value = float(correlation)
    if not value >= CORRELATED:
        return back, value, f"around the text it is like the image by {value:.0%} only"
    turn = np.asarray(warp, np.float64)
    shift = turn[:, 2] + (turn[:, :2] - np.eye(2)) @ (np.array(size) / 2)  # of the middle
    if np.abs(turn[:, :2] - np.eye(2)).max() > _DRIFT or (np.abs(shift) / size).max() > _DRIFT:
        return back, value, "it is zoomed or shifted too far"
    full = np.diag([*(np.array(source.shape[1::-1]) / size), 1.0])
    turn = (full @ np.vstack([turn, [0, 0, 1]]) @ np.linalg.inv(full))[:2]
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    out = cv2.warpAffine(
        back, turn, (source.shape[1], source.shape[0]), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(out, np.uint8), value, ""


def _grey(image: UInt8Array, size: tuple[int, int]) -> Floats:
    import cv2

    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)


def _match_colours(source: UInt8Array, made: UInt8Array, ring: BoolArray) -> UInt8Array:
    """Gain and offset per channel that make two images alike on a ring."""
    out = made.astype(np.float32)
    if ring.sum() < 50:
        return made
    for c in range(3):
        x, y = made[..., c][ring].astype(np.float64), source[..., c][ring].astype(np.float64)
        spread = float(x.var())
        gain = float(np.cov(x, y, bias=True)[0, 1]) / spread if spread > _FLAT**2 else 1.0
        gain = min(_GAIN[1], max(_GAIN[0], gain))
        out[..., c] = gain * out[..., c] + (y.mean() - gain * x.mean())
    return np.asarray(np.clip(np.round(out), 0, 255), np.uint8)


def composite(rgb: UInt8Array, fitted: Fitted, mask: BoolArray) -> UInt8Array:
    """A copy of the image with the edit area taken from the fitted picture.

    Every pixel outside the mask is the image's own: it is not written to.
    """
    return blended(rgb, laid_over(rgb, fitted), mask & _covered(mask.shape, fitted.box))


def laid_over(rgb: UInt8Array, fitted: Fitted) -> UInt8Array:
    """A copy of the image with the fitted picture on all that it covers."""
    out = rgb.copy()
    x0, y0, x1, y1 = fitted.box
    out[y0:y1, x0:x1] = fitted.rgb
    return out


def _covered(shape: tuple[int, ...], box: Box) -> BoolArray:
    out = np.zeros(shape, np.bool_)
    out[box[1] : box[3], box[0] : box[2]] = True
    return out
