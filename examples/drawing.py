"""Drawing for the sample posters: one canvas with type, shapes and photos.

Type is shaped by HarfBuzz and drawn as outlines, so that tracking, shadows and rotation work alike for every
script. All lengths are pixels, colours are ``#rrggbb`` or ``#rrggbbaa``, ``y`` of a text is its baseline.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import skia  # noqa: TID253 - a drawing program; no DAG imports it
import uharfbuzz as hb
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.uint8]
Rect = tuple[float, float, float, float]
Align = Literal["left", "centre", "right"]

_FONTS = {
    "sans": ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    "serif": ("fontpkg_noto_serif", "files/NotoSerif[wdth,wght].ttf"),
    "sc": ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"),
}


@dataclass(frozen=True, slots=True)
class Shadow:
    """A soft shadow under a shape or a text."""

    dy: float
    blur: float
    colour: str = "#00000066"


def colour(code: str) -> int:
    """``#rrggbb`` or ``#rrggbbaa`` as Skia's ARGB integer."""
    digits = code.removeprefix("#")
    rgb, alpha = digits[:6], digits[6:] or "ff"
    return int(alpha + rgb, 16)


@lru_cache(maxsize=64)
def _font(family: str, weight: int) -> tuple[Any, int]:
    package, path = _FONTS[family]
    data = importlib.resources.files(package).joinpath(path).read_bytes()
    face = hb.Face(hb.Blob(data))
    font = hb.Font(face)
    font.set_variations({"wght": weight})
    return font, face.upem


def _glyph(font: Any, glyph_id: int) -> Any:
    path = skia.Path()
    funcs = hb.DrawFuncs()
    funcs.set_move_to_func(lambda x, y, _: path.moveTo(x, -y))
    funcs.set_line_to_func(lambda x, y, _: path.lineTo(x, -y))
    funcs.set_cubic_to_func(lambda a, b, c, d, x, y, _: path.cubicTo(a, -b, c, -d, x, -y))
    funcs.set_quadratic_to_func(lambda a, b, x, y, _: path.quadTo(a, -b, x, -y))
    funcs.set_close_path_func(lambda _: path.close())
    font.draw_glyph(glyph_id, funcs, None)
    return path


def outline(text: str, size: float, family: str, weight: int, tracking: float = 0.0) -> tuple[Any, float]:
    """The outline of one line with its baseline at the origin, and its advance width.

    Args:
        tracking: extra space between glyphs, in em.
    """
    font, upem = _font(family, weight)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, {"kern": True})
    scale, x, line = size / upem, 0.0, skia.Path()
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        matrix = skia.Matrix()
        matrix.setScale(scale, scale)
        matrix.postTranslate(x + position.x_offset * scale, -position.y_offset * scale)
        line.addPath(_glyph(font, info.codepoint), matrix)
        x += position.x_advance * scale + tracking * size
    return line, x - tracking * size


class Canvas:
    """A poster in the making.

    Args:
        background: a colour, or None for a transparent canvas.
    """

    def __init__(self, width: int, height: int, background: str | None = "#ffffff") -> None:
        self.width, self.height = width, height
        self._surface = skia.Surface(width, height)
        self._canvas = self._surface.getCanvas()
        self._canvas.clear(colour(background or "#00000000"))

    # -- shapes -------------------------------------------------------------------------------------------
    def _paint(self, fill: Any, blur: float = 0.0, stroke: float = 0.0) -> Any:
        paint = skia.Paint(AntiAlias=True, Dither=True)
        if isinstance(fill, str):
            paint.setColor(colour(fill))
        else:
            paint.setShader(fill)
        if blur:
            paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        if stroke:
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(stroke)
            paint.setStrokeJoin(skia.Paint.kRound_Join)
            paint.setStrokeCap(skia.Paint.kRound_Cap)
        return paint

    def path(
        self, path: Any, fill: Any, *, shadow: Shadow | None = None, blur: float = 0, stroke: float = 0
    ) -> None:
        """Fill (or stroke, where ``stroke`` is a width) a Skia path with a colour or gradient."""
        if shadow:
            self._canvas.save()
            self._canvas.translate(0, shadow.dy)
            self._canvas.drawPath(path, self._paint(shadow.colour, shadow.blur, stroke))
            self._canvas.restore()
        self._canvas.drawPath(path, self._paint(fill, blur, stroke))

    def rect(self, box: Rect, fill: Any, *, radius: float = 0, **style: Any) -> None:
        """A rectangle ``x0, y0, x1, y1`` with rounded corners."""
        path = skia.Path()
        path.addRoundRect(skia.Rect.MakeLTRB(*box), radius, radius)
        self.path(path, fill, **style)

    def oval(self, box: Rect, fill: Any, **style: Any) -> None:
        """An ellipse inside a box."""
        path = skia.Path()
        path.addOval(skia.Rect.MakeLTRB(*box))
        self.path(path, fill, **style)

    def circle(self, x: float, y: float, radius: float, fill: Any, **style: Any) -> None:
        """A circle by its centre."""
        self.oval((x - radius, y - radius, x + radius, y + radius), fill, **style)

    def polygon(self, points: Sequence[tuple[float, float]], fill: Any, **style: Any) -> None:
        """A closed polygon."""
        path = skia.Path()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.path(path, fill, **style)

    def sketch(self, data: str, fill: Any, **style: Any) -> None:
        """A shape given as path data, see `sketch`."""
        self.path(sketch(data), fill, **style)

    @contextmanager
    def moved(self, x: float, y: float, *, angle: float = 0.0, scale: float = 1.0) -> Iterator[None]:
        """Draw with the origin at a point, turned clockwise by degrees."""
        self._canvas.save()
        self._canvas.translate(x, y)
        self._canvas.rotate(angle)
        self._canvas.scale(scale, scale)
        try:
            yield
        finally:
            self._canvas.restore()

    @contextmanager
    def clipped(self, path: Any) -> Iterator[None]:
        """Draw inside a path only."""
        self._canvas.save()
        self._canvas.clipPath(path, doAntiAlias=True)
        try:
            yield
        finally:
            self._canvas.restore()

    @staticmethod
    def circle_path(x: float, y: float, radius: float) -> Any:
        """A circle to clip to."""
        path = skia.Path()
        path.addCircle(x, y, radius)
        return path

    @staticmethod
    def cloud_path(x: float, y: float) -> Any:
        """A flat cloud of three bars, as one shape."""
        path = skia.Path()
        for dx, half, top in ((0, 200, -22), (52, 120, -48), (-70, 96, -36)):
            path.addRoundRect(skia.Rect.MakeLTRB(x + dx - half, y + top, x + dx + half, y + 22), 24, 24)
        return path

    @staticmethod
    def rounded_path(box: Rect, radius: float) -> Any:
        """A rounded rectangle to clip to."""
        path = skia.Path()
        path.addRoundRect(skia.Rect.MakeLTRB(*box), radius, radius)
        return path

    # -- photos -------------------------------------------------------------------------------------------
    def pixels(self, pixels: Pixels, x: float, y: float) -> None:
        """Lay down an RGB or RGBA array at its own size."""
        rgba = pixels
        if pixels.shape[2] == 3:
            rgba = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)])
        image = skia.Image.fromarray(np.ascontiguousarray(rgba), colorType=skia.kRGBA_8888_ColorType)
        self._canvas.drawImage(image, x, y)

    def photo(
        self, pixels: Pixels, box: Rect, *, radius: float = 0, focus: tuple[float, float] = (0.5, 0.5)
    ) -> None:
        """Fill a box with a photo, cropped round the focus (0..1 of its spare width and height)."""
        path = skia.Path()
        path.addRoundRect(skia.Rect.MakeLTRB(*box), radius, radius)
        with self.clipped(path):
            self.pixels(cover(pixels, round(box[2] - box[0]), round(box[3] - box[1]), focus), box[0], box[1])

    # -- type ---------------------------------------------------------------------------------------------
    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        fill: Any,
        *,
        family: str = "sc",
        weight: int = 700,
        align: Align = "left",
        tracking: float = 0.0,
        shadow: Shadow | None = None,
    ) -> float:
        """Set one line with its baseline at ``y``; returns its width."""
        path, width = outline(text, size, family, weight, tracking)
        shift = {"left": 0.0, "centre": -width / 2, "right": -width}[align]
        with self.moved(x + shift, y):
            self.path(path, fill, shadow=shadow)
        return width

    def array(self) -> Pixels:
        """The finished poster as straight-alpha RGBA, HxWx4."""
        image = self._surface.makeImageSnapshot()
        pixels: Pixels = image.toarray(colorType=skia.kRGBA_8888_ColorType)
        return pixels


def sketch(data: str) -> Any:
    """A Skia path from the absolute ``M L Q C Z`` commands of SVG path data, tokens parted by spaces."""
    path, tokens = skia.Path(), data.split()
    draw = {"M": (path.moveTo, 2), "L": (path.lineTo, 2), "Q": (path.quadTo, 4), "C": (path.cubicTo, 6)}
    at = 0
    while at < len(tokens):
        command = tokens[at]
        if command == "Z":
            path.close()
            at += 1
            continue
        call, count = draw[command]
        call(*(float(t) for t in tokens[at + 1 : at + 1 + count]))
        at += 1 + count
    return path


def linear(
    x0: float, y0: float, x1: float, y1: float, *colours: str, stops: Sequence[float] | None = None
) -> Any:
    """A straight gradient between two points."""
    return skia.GradientShader.MakeLinear(
        points=[(x0, y0), (x1, y1)],
        colors=[colour(c) for c in colours],
        positions=list(stops) if stops else None,
    )


def radial(x: float, y: float, radius: float, *colours: str, stops: Sequence[float] | None = None) -> Any:
    """A gradient from a centre outwards."""
    return skia.GradientShader.MakeRadial(
        center=(x, y),
        radius=radius,
        colors=[colour(c) for c in colours],
        positions=list(stops) if stops else None,
    )


@lru_cache(maxsize=16)
def load_photo(name: str) -> Pixels:
    """A photo that scikit-image ships inside its wheel, as RGB; nothing is downloaded."""
    with importlib.resources.files("skimage").joinpath("data", name).open("rb") as stream:
        return np.asarray(Image.open(stream).convert("RGB"))


def cover(pixels: Pixels, width: int, height: int, focus: tuple[float, float] = (0.5, 0.5)) -> Pixels:
    """Crop and scale a photo to a size; enlarged photos get a light sharpening."""
    image = Image.fromarray(pixels)
    scale = max(width / image.width, height / image.height)
    crop_width, crop_height = width / scale, height / scale
    x = (image.width - crop_width) * focus[0]
    y = (image.height - crop_height) * focus[1]
    box = (x, y, x + crop_width, y + crop_height)
    image = image.resize((width, height), Image.Resampling.LANCZOS, box=box)
    if scale > 1.2:
        image = image.filter(ImageFilter.UnsharpMask(radius=1.2 * scale, percent=38, threshold=2))
    return np.asarray(image)


def tint(pixels: Pixels, dark: str, light: str, *, gamma: float = 1.0) -> Pixels:
    """A duotone: the photo's lightness mapped from a dark to a light colour."""
    grey = np.asarray(Image.fromarray(pixels).convert("L"), np.float32) / 255
    low, high = np.percentile(grey, [1, 99])
    grey = np.clip((grey - low) / max(float(high - low), 1e-3), 0, 1) ** gamma
    ends = [np.array([(colour(c) >> s) & 255 for s in (16, 8, 0)], np.float32) for c in (dark, light)]
    mixed = ends[0] + grey[..., None] * (ends[1] - ends[0])
    duotone: Pixels = np.rint(mixed).astype(np.uint8)
    return duotone


def grain(pixels: Pixels, amount: float, seed: int) -> Pixels:
    """Fine film grain on the colour channels, so that drawn gradients do not band in 8 bits."""
    noise = np.random.default_rng(seed).normal(0, amount, (*pixels.shape[:2], 1))
    out = pixels.copy()
    out[..., :3] = np.clip(np.rint(pixels[..., :3] + noise), 0, 255).astype(np.uint8)
    return out
