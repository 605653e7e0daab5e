"""Drawing shaped lines as paths: any size, width, angle and colour through one way, anti-aliased by Skia."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.model import Box
from localizer.text.fonts import Face
from localizer.text.shaping import ShapedLine

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A shaped line, placed.

    Attributes:
        x, y: image position of its left end on the baseline, in pixels.
        size: pixels per em.
        stretch: horizontal scale; 1 is the face's own width.
        angle: degrees, counter-clockwise, about (x, y).
    """

    line: ShapedLine
    x: float
    y: float
    size: float
    stretch: float = 1.0
    angle: float = 0.0

    def corners(self) -> list[tuple[float, float]]:
        """The ink box's corners in the image."""
        x0, y0, x1, y1 = self.line.ink
        return [self.at(x, y) for x, y in ((x0, y1), (x1, y1), (x1, y0), (x0, y0))]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Image position of a point of the line (em, y up)."""
        a = math.radians(self.angle)
        dx, dy = x * self.size * self.stretch, -y * self.size
        return self.x + dx * math.cos(a) + dy * math.sin(a), self.y - dx * math.sin(a) + dy * math.cos(a)

    @property
    def box(self) -> Box:
        """Upright bounding box of the ink."""
        xs, ys = zip(*self.corners(), strict=True)
        return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))


@lru_cache(maxsize=8192)
def _outline(face: Face, glyph: int) -> Any:
    """A glyph's outline in font units, y up."""
    import skia
    import uharfbuzz as hb

    path = skia.PathBuilder()
    draw = hb.DrawFuncs()
    draw.set_move_to_func(lambda x, y, _: path.moveTo(x, y))
    draw.set_line_to_func(lambda x, y, _: path.lineTo(x, y))
    draw.set_quadratic_to_func(lambda ax, ay, x, y, _: path.quadTo(ax, ay, x, y))
    draw.set_cubic_to_func(lambda ax, ay, bx, by, x, y, _: path.cubicTo(ax, ay, bx, by, x, y))
    draw.set_close_path_func(lambda _: path.close())
    face.font.draw_glyph(glyph, draw)
    return path.detach()


def coverage(lines: Sequence[PlacedLine], shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """How much of each pixel the type covers, 0 to 1.

    Args:
        shape: height and width of the image, in pixels.
    """
    import skia

    height, width = shape
    surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeN32Premul(width, height))
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorTRANSPARENT)
    paint = skia.Paint(AntiAlias=True, Color=skia.ColorWHITE)
    for placed in lines:
        for glyph in placed.line.glyphs:
            canvas.save()
            canvas.translate(placed.x, placed.y)
            canvas.rotate(-placed.angle)
            canvas.scale(placed.size * placed.stretch, -placed.size)  # em, y up
            canvas.translate(glyph.x, glyph.y)
            if glyph.turned:
                canvas.rotate(-90)
            canvas.scale(glyph.squeeze / glyph.face.upem, 1 / glyph.face.upem)
            canvas.drawPath(_outline(glyph.face, glyph.id), paint)
            canvas.restore()
    pixels = surface.makeImageSnapshot().toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)
    return np.asarray(pixels[:, :, 3] / np.float32(255), np.float32)


def draw(
    rgb: npt.NDArray[np.uint8], lines: Sequence[PlacedLine], colour: tuple[int, int, int]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Set type on an image.

    Returns:
        The new image and the mask of pixels that the type covers; all others are unchanged.
    """
    height, width = rgb.shape[:2]
    boxes = [line.box for line in lines]
    x0 = max(0, min((b[0] for b in boxes), default=0) - 2)
    y0 = max(0, min((b[1] for b in boxes), default=0) - 2)
    x1 = min(width, max((b[2] for b in boxes), default=0) + 2)
    y1 = min(height, max((b[3] for b in boxes), default=0) + 2)
    mask = np.zeros((height, width), np.bool_)
    out = rgb.copy()
    if x1 <= x0 or y1 <= y0:
        return out, mask
    shifted = [PlacedLine(p.line, p.x - x0, p.y - y0, p.size, p.stretch, p.angle) for p in lines]
    alpha = coverage(shifted, (y1 - y0, x1 - x0))
    mask[y0:y1, x0:x1] = alpha > 0
    a = alpha[:, :, None]
    crop = out[y0:y1, x0:x1].astype(np.float32)
    blended = crop * (1 - a) + np.array(colour, np.float32) * a
    out[y0:y1, x0:x1] = np.where(a > 0, np.round(blended), crop).astype(np.uint8)
    return out, mask
