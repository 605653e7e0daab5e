"""How much room there is around a text: measured on the erased plate, not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box
from localizer.text.ground import ground_of, is_picture

if TYPE_CHECKING:
    import numpy.typing as npt

_MARGIN = 0.03  # of the image's shorter side, kept free along the frame
_STEP = 6  # pixels over which an edge is looked for
_EDGE = 16.0  # difference (0 to 255) that is an edge on a quiet ground
_CROWDED = 0.05  # share of a row or column that may be edge
_RIM = 0.75
_FAINT = 0.25  # of the type's own contrast
_FLAT = 4.0  # difference (0 to 255) within one colour, after a lossy format
_LABEL = 3.0  # heights of its line that a label on a picture has at most
_BEYOND = 0.65  # heights from the end of a room to where its panel has surely ended
_RIM_STEP = 24  # difference (0 to 255) of a label and what it lies upon
_THING = 0.15  # share of a column of the band, from where a thing is in the way


@dataclass(frozen=True, slots=True)
class Room:
    """Limits for ink around a text, in pixels of the image; `box` lies inside.

    Attributes:
        panel: whether left and right are bounded by an edge of the ground (a pill, a card) on both sides.
    """

    left: float
    top: float
    right: float
    bottom: float
    panel: bool = False


def find_rooms(
    plate: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    box: Box,
    *,
    height: float,
    obstacles: Sequence[Box],
    neighbours: Sequence[Box] = (),
    plain: bool = True,
    contrast: float = 0.0,
) -> tuple[Room, ...]:
    """The rooms for a text, best first: on a picture one that keeps off things, and one that does not.

    Args:
        hole: H x W bool, what was filled.
        plain: whether the ground right under the text is plain or graded.
        contrast: see `measure_room`.
    """
    picture = is_picture(plate, hole, box, height=height)

    def measured(plain: bool) -> Room:
        return measure_room(
            plate,
            box,
            height=height,
            obstacles=obstacles,
            neighbours=neighbours,
            plain=plain,
            contrast=contrast,
        )

    if picture and plain:  # a label upon the picture, graded perhaps: its text must not leave it
        label = measured(True)
        if label.panel and _is_label(plate, label, height):
            return (label,)
    room = measured(plain and not picture)
    return (keep_off_things(plate, box, room, height=height), room) if picture else (room,)


def _is_label(plate: npt.NDArray[np.uint8], room: Room, height: float) -> bool:
    """Whether the colour changes on all four sides of a room: a rim, not a thing that is near by chance."""
    tall, wide = room.bottom - room.top, room.right - room.left
    if tall > _LABEL * height:
        return False
    far = _BEYOND * height
    down, along = np.linspace(room.top + tall / 4, room.bottom - tall / 4, 9), np.full(9, 1.0)
    right = np.linspace(room.left + wide / 4, room.right - wide / 4, 9)
    sides = (
        ((down, room.left * along), (down, (room.left - far) * along)),
        ((down, room.right * along), (down, (room.right + far) * along)),
        ((room.top * along, right), ((room.top - far) * along, right)),
        ((room.bottom * along, right), ((room.bottom + far) * along, right)),
    )
    h, w = plate.shape[:2]
    for inside, outside in sides:
        a, b = (
            plate[np.clip(y, 0, h - 1).astype(int), np.clip(x, 0, w - 1).astype(int)].astype(np.int16)
            for y, x in (inside, outside)
        )
        if (np.abs(a - b).max(1) < _RIM_STEP).any():
            return False
    return True


def measure_room(
    plate: npt.NDArray[np.uint8],
    box: Box,
    *,
    height: float,
    obstacles: Sequence[Box],
    neighbours: Sequence[Box] = (),
    plain: bool = True,
    contrast: float = 0.0,
) -> Room:
    """Grow a box in the four directions until something is in the way.

    Args:
        plate: H x W x 3, the image with all texts to be replaced erased.
        box: ink of the old text.
        height: of one line, pixels; clearances are shares of it.
        obstacles: what may not be covered: other texts, faces, product labels.
        plain: whether the ground is plain or graded, so that an edge in it is an edge of a panel. On a
            photo edges are everywhere, and only a rim across the whole height counts.
        neighbours: texts that are replaced as well: each gets half of the gap between them.
        contrast: difference of type and ground, 0 to 255. What is much fainter than the type is decoration
            of the ground, unless it is a straight rim.
    """
    faint = _FAINT * contrast
    h, w = plate.shape[:2]
    margin = _MARGIN * min(h, w)
    x0, y0, x1, y1 = box
    turned = np.ascontiguousarray(plate.transpose(1, 0, 2))
    right, right_edge = _grow(plate, box, w - margin, plain, faint)
    left, left_edge = _grow(plate[:, ::-1], (w - x1, y0, w - x0, y1), w - margin, plain, faint)
    bottom, bottom_edge = _grow(turned, (y0, x0, y1, x1), h - margin, plain, faint)
    top, top_edge = _grow(turned[:, ::-1], (h - y1, x0, h - y0, x1), h - margin, plain, faint)
    clear = 0.3 * height
    limits = [
        _pull_in(left, w - x0, left_edge, clear),
        _pull_in(top, h - y0, top_edge, clear),
        _pull_in(right, x1, right_edge, clear),
        _pull_in(bottom, y1, bottom_edge, clear),
    ]
    room = [w - limits[0], h - limits[1], limits[2], limits[3]]
    halved = [_meet(box, n, clear) for n in neighbours]
    for ox0, oy0, ox1, oy1 in (*obstacles, *halved):
        beside = min(oy1, y1) - max(oy0, y0) > 0
        above_below = min(ox1, x1) - max(ox0, x0) > 0
        if beside and ox0 >= x1 - 1:
            room[2] = max(x1, min(room[2], ox0 - clear))
        elif beside and ox1 <= x0 + 1:
            room[0] = min(x0, max(room[0], ox1 + clear))
        elif above_below and oy0 >= y1 - 0.3 * height:
            room[3] = max(y1, min(room[3], oy0 - 0.5 * clear))
        elif above_below and oy1 <= y0 + 0.3 * height:
            room[1] = min(y0, max(room[1], oy1 + 0.5 * clear))
    for other in (*obstacles, *halved):
        _cut_corner(room, box, other, 0.5 * clear)
    return Room(room[0], room[1], room[2], room[3], panel=left_edge and right_edge)


def _cut_corner(room: list[float], box: Box, other: Box, clear: float) -> None:
    """Keep a room off what stands cornerwise to the old text, on the side where that costs less of it."""
    x0, y0, x1, y1 = other
    if x0 >= room[2] or x1 <= room[0] or y0 >= room[3] or y1 <= room[1]:
        return
    cuts = []
    if x0 >= box[2]:
        cuts.append((2, max(float(box[2]), x0 - clear)))
    if x1 <= box[0]:
        cuts.append((0, min(float(box[0]), x1 + clear)))
    if y0 >= box[3]:
        cuts.append((3, max(float(box[3]), y0 - clear)))
    if y1 <= box[1]:
        cuts.append((1, min(float(box[1]), y1 + clear)))

    def area(side: int, limit: float) -> float:
        r = [*room]
        r[side] = limit
        return (r[2] - r[0]) * min(
            r[3] - r[1], 2.0 * (box[3] - box[1])
        )  # more height than that is not needed

    if cuts:
        side, limit = max(cuts, key=lambda c: area(*c))
        room[side] = limit


def _meet(box: Box, other: Box, clear: float) -> Box:
    """A neighbour, grown to the middle of the gap (less the clearance that obstacles get)."""
    x0, y0, x1, y1 = other
    half = round(clear / 2)
    if x0 >= box[2]:
        x0 = max(box[2], (x0 + box[2]) // 2 + half)
    elif x1 <= box[0]:
        x1 = min(box[0], (x1 + box[0]) // 2 - half)
    if y0 >= box[3]:
        y0 = max(box[3], (y0 + box[3]) // 2 + half // 2)
    elif y1 <= box[1]:
        y1 = min(box[1], (y1 + box[1]) // 2 - half // 2)
    return x0, y0, x1, y1


def _pull_in(limit: float, own: float, edge: bool, clear: float) -> float:
    """Keep clear of an edge, but never ask for more air than the source text had itself."""
    if limit <= own:
        return own
    return max(own, limit - min(clear, limit - own)) if edge else limit


def _grow(
    plate: npt.NDArray[np.uint8], box: Box, end: float, plain: bool, faint: float
) -> tuple[float, bool]:
    """How far to the right a box may grow, and whether an edge of the ground stopped it."""
    x0, y0, x1, y1 = box
    stop = int(max(x1, min(end, plate.shape[1])))
    band = plate[max(0, y0) : max(y0 + 1, y1), : stop + 1].astype(np.float32)
    if stop - x1 < 2 or band.shape[0] < 2 or band.shape[1] <= _STEP:
        return float(stop), False
    jump = np.abs(band[:, _STEP:] - band[:, :-_STEP]).max(2)  # column c: between c and c + STEP
    own = jump[:, max(0, x0) : max(1, x1 - _STEP)]
    if own.size == 0:
        own = jump
    noise = float(np.percentile(own, 75))
    threshold = max(_EDGE, 3.0 * noise)
    usual = float((own > threshold).mean())
    # A photo is full of edges; only one that runs across the whole height is the rim of a panel.
    limit = max(_CROWDED, 3 * usual) if plain else max(_RIM, usual + 0.3)
    first = max(0, x1 - _STEP)
    ahead = jump[:, first:]
    crowded = (ahead > max(threshold, faint)).mean(0) > limit
    crowded |= (ahead > threshold).mean(0) > max(_RIM, usual + 0.3)
    for column in np.nonzero(crowded)[0]:
        if plain or _is_flat(band[:, first + int(column) + 2 * _STEP :][:, : 2 * _STEP]):
            return float(min(stop, x1 + int(column))), True
    return float(stop), False


def _is_flat(area: npt.NDArray[np.float32]) -> bool:
    """Whether an area is of one colour, as only drawn things are: a panel beside a picture."""
    if area.shape[1] < _STEP:
        return False
    middle = np.median(area.reshape(-1, area.shape[2]), axis=0)
    return float((np.abs(area - middle).max(2) <= _FLAT).mean()) > 0.95


def keep_off_things(plate: npt.NDArray[np.uint8], box: Box, room: Room, *, height: float) -> Room:
    """Narrow a room on a photo to where the ground is that of the old text.

    A thing is an area of other colours, at least a third of a line high and wide; what is thinner (twigs,
    stars, cracks) is part of the scenery, and so is what the old text stood on already.

    Args:
        box: ink of the old text.
        height: of one line, pixels.
    """
    import cv2

    x0, y0, x1, y1 = box
    left, right = round(room.left), round(room.right)
    if right - left < 2 or y1 - y0 < 2:
        return room
    band = np.ascontiguousarray(plate[y0:y1, left:right])
    other = ground_of(plate, box, plain=False).strange(band.reshape(-1, 3)).reshape(band.shape[:2])
    n = max(3, round(height / 3))
    thing = cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_OPEN, np.ones((n, n), np.uint8))
    columns = thing.mean(0) > _THING
    before = np.nonzero(columns[: max(0, x0 - left)])[0]
    after = np.nonzero(columns[max(0, x1 - left) :])[0]
    clear = 0.3 * height
    return replace(
        room,
        left=min(float(x0), left + float(before[-1]) + 1 + clear) if len(before) else room.left,
        right=max(float(x1), x1 + float(after[0]) - clear) if len(after) else room.right,
    )
