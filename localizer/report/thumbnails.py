"""Small pictures for the report, as JPEG data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from localizer.errors import LocalizerError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localizer.model import Box

CROP_SIZE = (540, 340)  # px; small edits are shown at 100 %, larger ones shrunk to this
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Picture:
    """One embedded picture; `uri` is empty and `problem` says why if there is none."""

    uri: str = ""
    width: int = 0
    height: int = 0
    problem: str = ""


class Thumbnails:
    """Makes pictures of workspace images; sources that many jobs share are decoded once.

    Args:
        read: gives an object's bytes by its workspace-relative name.
        long_side: of whole-image thumbnails, in pixels.
    """

    def __init__(self, read: Callable[[str], bytes], *, long_side: int) -> None:
        self.long_side = long_side
        self._read = read
        # The last images only: a run may have thousands, of 100 MB each when decoded.
        self._decoded = lru_cache(maxsize=2)(self._decode)
        self._whole = lru_cache(maxsize=256)(self._make_whole)

    def whole(self, name: str) -> Picture:
        """The whole image, small."""
        return self._whole(name)

    def crop(self, name: str, box: Box) -> Picture:
        """The surroundings of a box, at most `CROP_SIZE`; never enlarged."""
        try:
            rgb = self._decoded(name)
        except LocalizerError as exc:
            return Picture(problem=str(exc))
        height, width = rgb.shape[:2]
        x0, y0, x1, y1 = _surroundings(box, width, height)
        if x1 <= x0 or y1 <= y0:
            return Picture(problem="the edit's box lies outside the image")
        return _picture(rgb[y0:y1, x0:x1], most=CROP_SIZE)

    def _make_whole(self, name: str) -> Picture:
        try:
            return _picture(self._decoded(name), most=(self.long_side, self.long_side))
        except LocalizerError as exc:
            return Picture(problem=str(exc))

    def _decode(self, name: str) -> npt.NDArray[np.uint8]:
        from localizer.images import decode

        return decode(self._read(name), name=name).rgb


def _surroundings(box: Box, width: int, height: int) -> Box:
    """A window around the box with some air, inside the image."""
    x0, y0, x1, y1 = box
    spans = []
    for low, high, limit in ((x0, x1, width), (y0, y1, height)):
        size = min(round((high - low) * 1.25) + 24, limit)
        start = min(max(0, (low + high - size) // 2), limit - size)
        spans.append((start, start + size))
    (left, right), (top, bottom) = spans
    return left, top, right, bottom


def _picture(rgb: npt.NDArray[np.uint8], *, most: tuple[int, int]) -> Picture:
    from PIL import Image

    image = Image.fromarray(rgb)
    image.thumbnail(most, Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    encoded = base64.b64encode(out.getvalue()).decode("ascii")
    return Picture(f"data:image/jpeg;base64,{encoded}", image.width, image.height)
