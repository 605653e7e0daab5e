"""A line of text on a ground, as an image and as the placement that a check is told of."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from localizer.engines.base import Placement
from localizer.model import Action, Edit
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import ShapedLine, shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

Colour = tuple[int, int, int]
JPEG_QUALITY = 85
PALETTES: tuple[tuple[Colour, Colour], ...] = (  # type, ground
    ((20, 20, 24), (250, 248, 244)),
    ((255, 255, 255), (196, 32, 48)),
    ((255, 255, 255), (28, 56, 92)),
    ((226, 184, 92), (30, 22, 20)),
    ((122, 70, 40), (240, 226, 204)),
    ((255, 255, 255), (52, 122, 96)),
)
GROUNDS = ("plain", "gradient", "photo")
SIZES = (14, 20, 28, 40, 60, 90)
WEIGHTS = (400, 700, 900)


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is drawn.

    Attributes:
        size: pixels per em.
        ground: one of `GROUNDS`.
    """

    size: int
    weight: int
    colour: Colour
    back: Colour
    ground: str
    jpeg: bool

    def __str__(self) -> str:
        stored = f"JPEG {JPEG_QUALITY}" if self.jpeg else "PNG"
        return f"{self.size} px, {self.weight}, {self.colour} on {self.ground} {self.back}, {stored}"


def look(number: int, size: int) -> Look:
    """One of many looks; neighbouring numbers differ in everything."""
    colour, back = PALETTES[number % len(PALETTES)]
    return Look(
        size=size,
        weight=WEIGHTS[(number // 2) % len(WEIGHTS)],
        colour=colour,
        back=back,
        ground=GROUNDS[(number // 3 + number) % len(GROUNDS)],
        jpeg=number % 2 == 0,
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line on its ground before it is stored: pixels without the type, with it, and where it is."""

    empty: UInt8Array
    rgb: UInt8Array
    placed: PlacedLine
    placement: Placement
    look: Look

    def as_model(self, text: str) -> Drawn:
        """The same pixels as a model might have made them, held to be some text."""
        edit = replace(self.placement.edit, replacement=text)
        return replace(self, placement=replace(self.placement, edit=edit, lines=(text,), typeset=False))

    def stored(self) -> UInt8Array:
        """The pixels as they come out of the file."""
        if not self.look.jpeg:
            return self.rgb
        out = io.BytesIO()
        Image.fromarray(self.rgb).save(out, "JPEG", quality=JPEG_QUALITY)
        return np.array(Image.open(out))


def shape(text: str, locale: str, look: Look) -> ShapedLine:
    """The line in the faces of its locale."""
    return shape_line(text, stack(locale, weight=look.weight), locale)


def draw_line(line: ShapedLine, locale: str, look: Look) -> Drawn:
    """Draw a shaped line with half an em of ground on every side."""
    x0, y0, x1, y1 = (v * look.size for v in line.ink)
    margin = max(8.0, 0.5 * look.size)
    height, width = int(y1 - y0 + 2 * margin) + 1, int(x1 - x0 + 2 * margin) + 1
    empty = _ground(look, height, width)
    placed = PlacedLine(line, margin - x0, margin + y1, look.size)
    rgb, _ = draw(empty, [placed], look.colour)
    placement = Placement(
        Edit(Action.ADD_TEXT, replacement=line.text),
        box=placed.box,
        lines=(line.text,),
        line_boxes=(placed.box,),
        colour=look.colour,
        background=look.back,
        corners=(tuple(placed.corners()),),
    )
    return Drawn(empty, rgb, placed, placement, look)


def _ground(look: Look, height: int, width: int) -> UInt8Array:
    back = np.array(look.back, np.float32)
    ground = np.empty((height, width, 3), np.float32)
    ground[:] = back
    if look.ground != "plain":
        towards = back + 0.18 * (128 - back)
        share = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
        ground += share * (towards - back)
    if look.ground == "photo":
        rng = np.random.default_rng(height * 10007 + width)
        for step, strength in ((32, 10.0), (8, 6.0), (1, 3.0)):  # shapes, texture, grain
            coarse = rng.normal(0, strength, (height // step + 2, width // step + 2)).astype(np.float32)
            noise = Image.fromarray(coarse).resize((width + step, height + step), Image.Resampling.BICUBIC)
            ground += np.asarray(noise, np.float32)[:height, :width, None]
    return np.clip(np.rint(ground), 0, 255).astype(np.uint8)
