"""Pills, buttons and labels: a plain panel around one line can grow with its text, as designers let it.

A panel is cut in its straight middle and drawn apart: the ends move, the middle is repeated. What is not of
one colour on one quiet ground, with straight and alike columns in its middle, is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box

if TYPE_CHECKING:
    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

_SAME = 10  # difference (0 to 255) within the panel's colour, after a lossy format
_RIM = 3  # pixels of soft edge around a panel, at most
_APART = 24.0  # length of the difference of panel and ground from which coverage can be measured
_RESIDUE = 14.0  # difference (0 to 255) that panel, ground and their mixture may leave unexplained
_TALLEST = 4.5  # panel height over line height; more is a card or a column, not a label


@dataclass(frozen=True, slots=True)
class Panel:
    """A plain panel.

    Attributes:
        box: outer bounds, soft edge included.
        cover: how much of each pixel in `box` the panel covers, 0 to 1.
        fill: its colour per row, rows x 3.
        cut: column in `box` where it can be drawn apart.
    """

    box: Box
    cover: Floats
    fill: Floats
    cut: int

    @property
    def inner(self) -> Box:
        """Bounds of the panel's own colour."""
        x0, y0, x1, y1 = self.box
        return x0 + _RIM, y0 + _RIM, x1 - _RIM, y1 - _RIM


def find_panel(plate: Image, ink: Box, height: float) -> Panel | None:
    """The plain panel around a line of text, or None.

    Args:
        plate: H x W x 3, erased.
        ink: box of the old text's strokes.
        height: of the line, pixels.
    """
    import cv2

    h, w = plate.shape[:2]
    x0, y0, x1, y1 = ink
    top, bottom = max(0, round(y0 - 3 * height)), min(h, round(y1 + 3 * height))
    band = plate[top:bottom].astype(np.int16)
    inside = plate[y0:y1, x0:x1].reshape(-1, 3)
    if not len(inside):
        return None
    colour = np.median(inside, axis=0)
    same = (np.abs(band - colour).max(2) <= _SAME).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(same, connectivity=4)
    here = labels[y0 - top : y1 - top, x0:x1]
    label = int(np.bincount(here.ravel()).argmax())
    if label == 0 or (here == label).mean() < 0.95:
        return None
    left, up, wide, tall, area = (int(v) for v in stats[label])
    right, down = left + wide, up + tall
    touches = left < _RIM + 1 or right > w - _RIM - 1 or up + top < _RIM + 1 or down + top > h - _RIM - 1
    if touches or up == 0 or down == band.shape[0] or tall > _TALLEST * height or wide < 2 * tall:
        return None
    if area < 0.85 * wide * tall:
        return None
    box = left - _RIM, up + top - _RIM, right + _RIM, down + top + _RIM
    part = labels[up:down, left:right] == label
    ends = tall // 2 + 1
    if not part[:, ends : wide - ends].all():
        return None
    return _measure(plate, box, ends + _RIM)


def _measure(plate: Image, box: Box, ends: int) -> Panel | None:
    """Coverage of a panel; None if panel and ground do not explain what is seen."""
    x0, y0, x1, y1 = box
    area = plate[y0:y1, x0:x1].astype(np.float32)
    rows, columns = area.shape[:2]
    middle = area[:, ends : columns - ends]
    if middle.shape[1] < 2 or np.ptp(middle[2 * _RIM : rows - 2 * _RIM], axis=1).max(initial=0.0) > _SAME:
        return None  # the columns of the middle are not alike: it cannot be drawn apart
    cut = columns // 2
    column = np.median(middle, axis=1)
    fill = column.copy()
    fill[: 2 * _RIM], fill[rows - 2 * _RIM :] = column[2 * _RIM], column[rows - 2 * _RIM - 1]
    # Ground: above and below the panel for its middle, beside it for its ends.
    half = rows // 2
    ground = np.empty_like(area)
    ground[:half], ground[half:] = area[0], area[-1]
    ground[:, :ends], ground[:, columns - ends :] = area[:, :1], area[:, -1:]
    axis = fill[:, None] - ground
    length = (axis**2).sum(2)
    if float(np.sqrt(np.median(length))) < _APART:
        return None
    cover = np.clip(((area - ground) * axis).sum(2) / np.maximum(length, 1.0), 0.0, 1.0)
    left_over = np.abs(area - (cover[:, :, None] * fill[:, None] + (1 - cover[:, :, None]) * ground)).max(2)
    if float(np.percentile(left_over, 99)) > _RESIDUE:
        return None  # a border, a shadow, a gradient: not plain
    cover[cover < 0.02] = 0.0
    cover[cover > 0.98] = 1.0
    return Panel(box, cover.astype(np.float32), fill.astype(np.float32), cut)


def grow_panel(plate: Image, panel: Panel, left: int, right: int) -> tuple[Image, npt.NDArray[np.bool_], Box]:
    """Draw a panel apart by so many pixels to the left and to the right.

    Returns:
        The new image, the pixels that were drawn, and the new bounds of the panel's own colour.
    """
    out, mask = plate.copy(), np.zeros(plate.shape[:2], np.bool_)
    x0, y0, x1, y1 = panel.inner
    if right:
        _draw_end(out, mask, panel.box, panel.cover, panel.fill, panel.cut, right)
    if left:
        w = plate.shape[1]
        box = w - panel.box[2], panel.box[1], w - panel.box[0], panel.box[3]
        cut = panel.cover.shape[1] - 1 - panel.cut
        _draw_end(out[:, ::-1], mask[:, ::-1], box, panel.cover[:, ::-1], panel.fill, cut, left)
    return out, mask, (x0 - left, y0, x1 + right, y1)


def grow_alpha(alpha: npt.NDArray[np.uint8], panel: Panel, left: int, right: int) -> npt.NDArray[np.uint8]:
    """Draw a panel apart in the image's alpha plane (H x W), where it may stand out as well."""
    x0, y0, x1, y1 = panel.box
    column = np.median(alpha[y0:y1, x0 + (x1 - x0) // 4 : x1 - (x1 - x0) // 4], axis=1).astype(np.float32)
    layer = np.repeat(alpha[:, :, None], 3, axis=2)
    fill = np.repeat(column[:, None], 3, axis=1)
    grown, _, _ = grow_panel(layer, replace(panel, fill=fill), left, right)
    return np.ascontiguousarray(grown[:, :, 0])


def _draw_end(
    out: Image, mask: npt.NDArray[np.bool_], box: Box, cover: Floats, fill: Floats, cut: int, extra: int
) -> None:
    """Move a panel's right end to the right; `out` and `mask` are changed in place."""
    x0, y0, x1, y1 = box
    moved = np.concatenate([np.repeat(cover[:, cut : cut + 1], extra, axis=1), cover[:, cut:]], axis=1)
    zone = np.s_[y0:y1, x0 + cut : x0 + cut + moved.shape[1]]
    was = out[zone].copy()
    ground = was.astype(np.float32)
    half, under = (y1 - y0) // 2, slice(0, x1 - x0 - cut)
    ground[:half, under], ground[half:, under] = (
        was[0, under],
        was[-1, under],
    )  # as it goes on above and below
    mixed = np.round(moved[:, :, None] * fill[:, None] + (1 - moved[:, :, None]) * ground)
    drawn = np.where(moved[:, :, None] > 0, mixed, was).astype(np.uint8)
    out[zone] = drawn
    mask[zone] |= (drawn != was).any(2)
