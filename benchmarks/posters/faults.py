"""Faults of a finished candidate: each makes a right image wrong, and lets it go on claiming to be right."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2  # noqa: TID253  a benchmark is no Airflow task
import numpy as np

from benchmarks.lines.faults import no_mark, other_digit, other_letter
from benchmarks.posters.drawing import Poster
from localizer.engines.base import Candidate, Placement
from localizer.model import Box
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Scene:
    """A right candidate to spoil."""

    poster: Poster
    candidate: Candidate
    rng: random.Random

    @property
    def plate(self) -> UInt8Array:
        assert self.candidate.plate is not None  # noqa: S101 - the embedded engine always has one
        return self.candidate.plate

    @property
    def locale(self) -> str:
        return self.poster.job.locale

    def pick(self) -> tuple[int, int]:
        """One line of one placement, both as indices."""
        lines = [(i, k) for i, p in enumerate(self.candidate.placements) for k in range(len(p.lines))]
        return self.rng.choice(lines)

    def spoilt(self, rgb: UInt8Array, *, plate: UInt8Array | None = None) -> Candidate:
        """The candidate with other pixels, whose mask covers all that changed."""
        mask = self.candidate.mask | (rgb != self.poster.source.rgb).any(2)
        return replace(self.candidate, rgb=rgb, mask=mask, plate=self.plate if plate is None else plate)


Fault = Callable[[Scene], Candidate | None]


def _around(box: Box, margin: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box
    return (
        slice(max(0, y0 - margin), min(shape[0], y1 + margin)),
        slice(max(0, x0 - margin), min(shape[1], x1 + margin)),
    )


def _unset(scene: Scene, box: Box) -> UInt8Array:
    """The candidate with one line taken off again."""
    rgb = scene.candidate.rgb.copy()
    area = _around(box, max(3, (box[3] - box[1]) // 8), rgb.shape)
    rgb[area] = scene.plate[area]
    return rgb


def _reset(
    scene: Scene,
    rgb: UInt8Array,
    placement: Placement,
    k: int,
    text: str,
    *,
    colour: tuple[int, int, int] | None = None,
    move: tuple[float, float] = (0.0, 0.0),
) -> tuple[UInt8Array, Box]:
    """Set a text in the place and size of a line."""
    x0, _, x1, y1 = placement.line_boxes[k]
    tall = y1 - placement.line_boxes[k][1]
    faces = stack(scene.locale, weight=700)
    was, now = (shape_line(t, faces, scene.locale) for t in (placement.lines[k], text))
    size = tall / max(1e-6, was.ink[3] - was.ink[1])
    stretch = (x1 - x0) / max(1e-6, (was.ink[2] - was.ink[0]) * size)
    line = PlacedLine(
        now,
        x0 - was.ink[0] * size * stretch + move[0],
        y1 + was.ink[1] * size + move[1],
        size,
        stretch,
    )
    return draw(rgb, [line], colour or placement.colour or (0, 0, 0))[0], line.box


def _respelt(scene: Scene, change: Callable[[str], tuple[str, str] | None]) -> Candidate | None:
    lines = [(i, k) for i, p in enumerate(scene.candidate.placements) for k in range(len(p.lines))]
    scene.rng.shuffle(lines)
    for i, k in lines:
        placement = scene.candidate.placements[i]
        found = change(placement.lines[k])
        if found is not None and found[0] != placement.lines[k]:
            rgb, _ = _reset(scene, _unset(scene, placement.line_boxes[k]), placement, k, found[0])
            return scene.spoilt(rgb)
    return None


def misspelt(scene: Scene) -> Candidate | None:
    """One letter is another."""
    letters = sorted({c for e in scene.poster.job.edits for c in e.replacement if c.isalpha()})
    return _respelt(scene, lambda text: other_letter(text, letters, scene.rng))


def digit(scene: Scene) -> Candidate | None:
    """One digit is another."""
    return _respelt(scene, lambda text: other_digit(text, scene.rng))


def mark(scene: Scene) -> Candidate | None:
    """One accent or vowel sign is missing."""
    return _respelt(scene, lambda text: no_mark(text, scene.rng))


def leftover(scene: Scene) -> Candidate | None:
    """A part of the source text, about a third of its width, was not erased."""
    placement = scene.candidate.placements[scene.pick()[0]]
    if placement.source_box is None:
        return None
    x0, y0, x1, y1 = placement.source_box
    start = scene.rng.choice((0.0, 0.67))
    a, b = round(x0 + start * (x1 - x0)), round(x0 + (start + 0.33) * (x1 - x0))
    area = _around((a, y0, b, y1), 2, scene.plate.shape)
    type_here = (scene.candidate.rgb != scene.plate).any(2)[area]
    rgb, plate = scene.candidate.rgb.copy(), scene.plate.copy()
    plate[area] = scene.poster.source.rgb[area]
    rgb[area] = np.where(type_here[:, :, None], rgb[area], plate[area])
    return scene.spoilt(rgb, plate=plate)


def smear(scene: Scene) -> Candidate | None:
    """The erased place shows a blurred shade of the old type."""
    placement = scene.candidate.placements[scene.pick()[0]]
    if placement.source_box is None:
        return None
    area = _around(placement.source_box, 4, scene.plate.shape)
    height = placement.source_box[3] - placement.source_box[1]
    type_here = (scene.candidate.rgb != scene.plate).any(2)[area]
    rgb, plate = scene.candidate.rgb.copy(), scene.plate.copy()
    plate[area] = cv2.GaussianBlur(scene.poster.source.rgb, (0, 0), 0.12 * height)[area]
    rgb[area] = np.where(type_here[:, :, None], rgb[area], plate[area])
    return scene.spoilt(rgb, plate=plate)


def over_frame(scene: Scene) -> Candidate | None:
    """A line runs over the right edge, and says so."""
    i, k = scene.pick()
    placement = scene.candidate.placements[i]
    box = placement.line_boxes[k]
    away = scene.candidate.rgb.shape[1] - box[2] + 0.2 * (box[2] - box[0])
    rgb, moved = _reset(scene, _unset(scene, box), placement, k, placement.lines[k], move=(away, 0.0))
    return _claiming(scene, rgb, i, k, moved)


def clipped(scene: Scene) -> Candidate | None:
    """The last fifth of a line is cut off."""
    i, k = scene.pick()
    x0, y0, x1, y1 = scene.candidate.placements[i].line_boxes[k]
    rgb = scene.candidate.rgb.copy()
    area = _around((round(x1 - 0.2 * (x1 - x0)), y0, x1, y1), 3, rgb.shape)
    rgb[area] = scene.plate[area]
    return scene.spoilt(rgb)


def pale(scene: Scene) -> Candidate | None:
    """A line is set in nearly the colour of its ground."""
    i, k = scene.pick()
    placement = scene.candidate.placements[i]
    box = placement.line_boxes[k]
    ground = np.median(scene.plate[_around(box, 0, scene.plate.shape)].reshape(-1, 3), axis=0)
    full = np.array(placement.colour or (0, 0, 0))
    r, g, b = (int(v) for v in ground + 0.14 * (full - ground))
    rgb, _ = _reset(scene, _unset(scene, box), placement, k, placement.lines[k], colour=(r, g, b))
    return _with(scene.spoilt(rgb), i, replace(placement, colour=(r, g, b)))


def covered(scene: Scene) -> Candidate | None:
    """A patch hides about one letter."""
    i, k = scene.pick()
    x0, y0, x1, y1 = scene.candidate.placements[i].line_boxes[k]
    wide = round(0.7 * (y1 - y0))
    ink = (scene.candidate.rgb != scene.plate).any(2)[y0:y1, x0:x1].sum(0)
    hidden = np.convolve(ink, np.ones(wide), "valid")
    places = np.flatnonzero(hidden >= 0.8 * hidden.mean())  # not a space between words
    if not len(places):
        return None
    left = x0 + int(scene.rng.choice(list(places)))
    rgb = scene.candidate.rgb.copy()
    area = _around((left, y0, left + wide, y1), 2, rgb.shape)
    rgb[area] = np.median(scene.plate[area].reshape(-1, 3), axis=0)
    return scene.spoilt(rgb)


def shifted(scene: Scene) -> Candidate | None:
    """A line stands on top of the next text, or of what stays, and says so."""
    if len(scene.candidate.placements) < 2:
        return None
    i, k = scene.pick()
    placement = scene.candidate.placements[i]
    other = scene.rng.choice([p for n, p in enumerate(scene.candidate.placements) if n != i and p.lines])
    box, onto = placement.line_boxes[k], other.line_boxes[0]
    move = (onto[0] - box[0], onto[3] - box[3] + 0.3 * (onto[3] - onto[1]))
    rgb, moved = _reset(scene, _unset(scene, box), placement, k, placement.lines[k], move=move)
    return _claiming(scene, rgb, i, k, moved)


def dropped(scene: Scene) -> Candidate | None:
    """A line was not set."""
    i, k = scene.pick()
    return scene.spoilt(_unset(scene, scene.candidate.placements[i].line_boxes[k]))


def _claiming(scene: Scene, rgb: UInt8Array, i: int, k: int, box: Box) -> Candidate:
    """The candidate with a line moved, and a placement that knows of it."""
    placement = scene.candidate.placements[i]
    boxes = tuple(box if n == k else b for n, b in enumerate(placement.line_boxes))
    whole = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    x0, y0, x1, y1 = box
    corners = tuple(
        ((x0, y0), (x1, y0), (x1, y1), (x0, y1)) if n == k else c for n, c in enumerate(placement.corners)
    )
    moved = replace(placement, box=whole, line_boxes=boxes, corners=corners, room=None)
    return _with(scene.spoilt(rgb), i, moved)


def _with(candidate: Candidate, i: int, placement: Placement) -> Candidate:
    placements = list(candidate.placements)
    placements[i] = placement
    return replace(candidate, placements=tuple(placements))


FAULTS: dict[str, Fault] = {
    "misspelt": misspelt,
    "digit": digit,
    "mark": mark,
    "leftover": leftover,
    "smear": smear,
    "over frame": over_frame,
    "clipped": clipped,
    "pale": pale,
    "covered": covered,
    "shifted": shifted,
    "dropped": dropped,
}
