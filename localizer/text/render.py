"""Drawing shaped lines as paths: any size, width, angle and colour through one way, anti-aliased by Skia."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.model import Box
from localizer.text.fonts import Face
from localizer.text.shaping import ShapedLine

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.text.effects import Effects, Gradient, Rule, Shadow

_INVISIBLE = 1 / 512  # of a shadow: no 8-bit value changes by it


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A shaped line, placed.

    Attributes:
        x, y: image position of its left end on the baseline, in pixels.
        size: pixels per em.
        stretch: horizontal scale; 1 is the face's own width.
        angle: degrees, counter-clockwise, about (x, y).
        warp: homography, row by row, from where the line is placed to where the image shows it.
    """

    line: ShapedLine
    x: float
    y: float
    size: float
    stretch: float = 1.0
    angle: float = 0.0
    warp: tuple[float, ...] | None = None

    def corners(self) -> list[tuple[float, float]]:
        """The ink box's corners in the image."""
        x0, y0, x1, y1 = self.line.ink
        return [self.at(x, y) for x, y in ((x0, y1), (x1, y1), (x1, y0), (x0, y0))]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Image position of a point of the line (em, y up)."""
        a = math.radians(self.angle)
        dx, dy = x * self.size * self.stretch, -y * self.size
        px, py = self.x + dx * math.cos(a) + dy * math.sin(a), self.y - dx * math.sin(a) + dy * math.cos(a)
        if self.warp is None:
            return px, py
        k, m = self.warp, self.warp[6] * px + self.warp[7] * py + self.warp[8]
        return (k[0] * px + k[1] * py + k[2]) / m, (k[3] * px + k[4] * py + k[5]) / m

    def moved(self, dx: float, dy: float) -> PlacedLine:
        """The same line, moved in the image."""
        if self.warp is None:
            return replace(self, x=self.x + dx, y=self.y + dy)
        a, b, c, d, e, f, g, h, i = self.warp
        moved = (a + dx * g, b + dx * h, c + dx * i, d + dy * g, e + dy * h, f + dy * i, g, h, i)
        return replace(self, warp=moved)

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


def coverage(
    lines: Sequence[PlacedLine],
    shape: tuple[int, int],
    *,
    outline: float = 0.0,
    rules: Sequence[Rule] = (),
) -> npt.NDArray[np.float32]:
    """How much of each pixel the type covers, 0 to 1.

    Args:
        shape: height and width of the image, in pixels.
        outline: em by which the glyphs are thickened all around.
        rules: drawn with every line.
    """
    import skia

    height, width = shape
    surface = skia.Surface.MakeRaster(skia.ImageInfo.MakeN32Premul(width, height))
    canvas = surface.getCanvas()
    canvas.clear(skia.ColorTRANSPARENT)
    paint = skia.Paint(AntiAlias=True, Color=skia.ColorWHITE)
    for placed in lines:
        if outline:
            paint.setStyle(skia.Paint.kStrokeAndFill_Style)
            paint.setStrokeWidth(2 * outline * placed.size)
            paint.setStrokeJoin(skia.Paint.kRound_Join)
        canvas.save()
        if placed.warp is not None:
            canvas.concat(skia.Matrix.MakeAll(*placed.warp))
        canvas.translate(placed.x, placed.y)
        canvas.rotate(-placed.angle)
        for glyph in placed.line.glyphs:
            em = placed.size / glyph.face.upem
            to_line = skia.Matrix.Translate(glyph.x * placed.size * placed.stretch, -glyph.y * placed.size)
            to_line.preScale(placed.stretch, 1)
            if glyph.turned:
                to_line.preRotate(90)
            to_line.preScale(em * glyph.squeeze, -em)
            if outline:  # the pen is as wide in every direction, however far the letters are stretched
                path = skia.Path()
                _outline(glyph.face, glyph.id).transform(to_line, path)
                canvas.drawPath(path, paint)
            else:
                canvas.save()
                canvas.concat(to_line)
                canvas.drawPath(_outline(glyph.face, glyph.id), paint)
                canvas.restore()
        for rule in rules:
            x0, y0, x1, y1 = rule.span(placed.line.ink, placed.line.text)
            k = placed.size
            x0, x1 = x0 * k * placed.stretch, x1 * k * placed.stretch
            canvas.drawRect(skia.Rect.MakeLTRB(x0, -y1 * k, x1, -y0 * k), paint)
        canvas.restore()
    pixels = surface.makeImageSnapshot().toarray(colorType=skia.ColorType.kRGBA_8888_ColorType)
    return np.asarray(pixels[:, :, 3] / np.float32(255), np.float32)


def draw(
    rgb: npt.NDArray[np.uint8],
    lines: Sequence[PlacedLine],
    colour: tuple[int, int, int],
    effects: Effects | None = None,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Set type on an image: shadow under outline under fill.

    Returns:
        The new image and the mask of pixels that the type covers, effects included; all others are
        unchanged.
    """
    height, width = rgb.shape[:2]
    mask = np.zeros((height, width), np.bool_)
    out = rgb.copy()
    x0, y0, x1, y1 = _extent(lines, effects)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x1 <= x0 or y1 <= y0:
        return out, mask
    shifted = [p.moved(-x0, -y0) for p in lines]
    crop = out[y0:y1, x0:x1].astype(np.float32)
    blended, touched = crop, np.zeros(crop.shape[:2], np.bool_)
    for alpha, paint in _layers(shifted, colour, effects, (y1 - y0, x1 - x0)):
        a = alpha[:, :, None]
        blended = blended * (1 - a) + paint * a
        touched |= alpha > 0
    mask[y0:y1, x0:x1] = touched
    out[y0:y1, x0:x1] = np.where(touched[:, :, None], np.round(blended), crop).astype(np.uint8)
    return out, mask


def _extent(lines: Sequence[PlacedLine], effects: Effects | None) -> Box:
    """Upright box around everything that is drawn, with a pixel or two for soft edges."""
    boxes = [line.box for line in lines]
    if not boxes:
        return 0, 0, 0, 0
    m = 2
    if effects is not None:
        m += math.ceil(effects.reach * max(line.size for line in lines))
        boxes += [_rule_box(line, rule) for line in lines for rule in effects.rules]
    return (
        min(b[0] for b in boxes) - m,
        min(b[1] for b in boxes) - m,
        max(b[2] for b in boxes) + m,
        max(b[3] for b in boxes) + m,
    )


def _rule_box(placed: PlacedLine, rule: Rule) -> Box:
    x0, y0, x1, y1 = rule.span(placed.line.ink, placed.line.text)
    xs, ys = zip(*(placed.at(x, y) for x in (x0, x1) for y in (y0, y1)), strict=True)
    return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))


def _layers(
    lines: Sequence[PlacedLine],
    colour: tuple[int, int, int],
    effects: Effects | None,
    shape: tuple[int, int],
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Coverage (H x W) and paint (3, or H x W x 3) from the lowest layer to the highest."""
    flat = np.array(colour, np.float32)
    if not effects:
        yield coverage(lines, shape), flat
        return
    outline = effects.outline
    if effects.shadow is not None:
        cast = coverage(lines, shape, outline=outline.width if outline else 0.0, rules=effects.rules)
        yield _cast(cast, effects.shadow, lines[0].size), np.array(effects.shadow.colour, np.float32)
    if outline is not None:
        yield coverage(lines, shape, outline=outline.width), np.array(outline.colour, np.float32)
    if effects.gradient is None:
        yield coverage(lines, shape), flat
    else:
        for line in lines:
            yield coverage([line], shape), _gradient_paint(line, effects.gradient, shape)
    for rule in effects.rules:
        bare = [replace(p, line=replace(p.line, glyphs=())) for p in lines]
        yield coverage(bare, shape, rules=[rule]), np.array(rule.colour, np.float32)


def _cast(cover: npt.NDArray[np.float32], shadow: Shadow, size: float) -> npt.NDArray[np.float32]:
    """What a shadow covers: the type's coverage, moved, blurred and thinned."""
    import cv2

    height, width = cover.shape
    move = np.array([[1, 0, shadow.dx * size], [0, 1, shadow.dy * size]], np.float32)
    moved = cv2.warpAffine(cover, move, (width, height), flags=cv2.INTER_LINEAR)
    if shadow.blur * size > 0.1:
        moved = cv2.GaussianBlur(moved, (0, 0), shadow.blur * size)
    alpha = np.asarray(moved, np.float32) * np.float32(shadow.opacity)
    alpha[alpha < _INVISIBLE] = 0.0
    return alpha


def _gradient_paint(
    placed: PlacedLine, gradient: Gradient, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """The gradient's colour at every pixel, H x W x 3."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32) + np.float32(0.5)
    a = math.radians(placed.angle)
    dx, dy = x - np.float32(placed.x), y - np.float32(placed.y)
    along = dx * math.cos(a) - dy * math.sin(a)
    down = dx * math.sin(a) + dy * math.cos(a)
    x0, y0, x1, y1 = placed.line.ink
    k, wide = placed.size, placed.size * placed.stretch
    return gradient.colours(along, down, (x0 * wide, -y1 * k, x1 * wide, -y0 * k))
