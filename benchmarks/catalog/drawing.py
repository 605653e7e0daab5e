"""The pictures of a catalog: each differs from every other, and each carries one edit to be made.

*real*: a JPEG like a shop's, a crop of a photo or a graded ground with a headline in a label and an article
number in small print. The headline is to be replaced.
*tiny*: a PNG of one colour of its own with a square sticker that is to be removed. Nothing is written on it.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from examples.drawing import load_photo
from localizer.model import Action, Box, Edit
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

KINDS = {"real": (600, 600), "tiny": (64, 64)}
"""Kinds of pictures, and their usual size in pixels."""
STICKER: Box = (8, 8, 16, 16)
"""Where a tiny picture's sticker is."""

_PHOTOS = ("coffee.png", "chelsea.png", "brick.png", "gravel.png", "rocket.jpg")
_LOOKS = (  # type, label
    ((20, 20, 24), (250, 248, 244)),
    ((255, 255, 255), (196, 32, 48)),
    ((255, 255, 255), (28, 56, 92)),
    ((122, 70, 40), (240, 226, 204)),
    ((255, 255, 255), (52, 122, 96)),
)
_COPY = {
    "zh-Hans": {
        "en": (("限时特惠", "Limited offer"), ("新品上市", "New arrival"), ("全场包邮", "Free shipping")),
        "ja": (("限时特惠", "期間限定"), ("新品上市", "新登場"), ("全场包邮", "送料無料")),
        "de": (
            ("限时特惠", "Nur kurz"),
            ("新品上市", "Neu im Laden"),
            ("全场包邮", "Versand gratis"),
        ),
    },
    "en": {
        "zh-Hans": (("Summer Sale", "夏季特卖"), ("Best Seller", "热销爆款"), ("New Season", "新季上市")),
        "ja": (("Summer Sale", "サマーセール"), ("Best Seller", "人気商品"), ("New Season", "新シーズン")),
        "de": (
            ("Summer Sale", "Sommerpreise"),
            ("Best Seller", "Bestseller!"),
            ("New Season", "Neu da"),
        ),
    },
}
_SOURCES = tuple(_COPY)
_STEP = 0x9E3779B1  # odd, so that multiples of it run through all colours before one comes again


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a catalog.

    Attributes:
        extension: of the file that `data` is.
        edits: target locale and what is to be done for it.
    """

    asset_id: str
    data: bytes
    extension: str
    source_locale: str
    edits: tuple[tuple[str, Edit], ...]


def pictures(
    count: int,
    *,
    kind: str = "real",
    size: tuple[int, int] | None = None,
    locales: int = 1,
    seed: int = 0,
) -> Iterator[Picture]:
    """Draw pictures; a number always gives the same one, whatever `count` is.

    Args:
        kind: one of `KINDS`.
        size: width and height in pixels; default as usual for the kind.
        locales: target locales of each picture, 1 to 3.
        seed: another seed gives other pictures.
    """
    size = size or KINDS[kind]
    make = {"real": _real, "tiny": _tiny}[kind]
    for number in range(count):
        yield make(number, size, locales, seed)


def _tiny(number: int, size: tuple[int, int], locales: int, seed: int) -> Picture:
    mixed = (number + seed * 0x10001) * _STEP % (1 << 24)
    ground = mixed >> 16, mixed >> 8 & 255, mixed & 255
    dark = sum(ground) > 3 * 127
    image = Image.new("RGB", size, ground)
    image.paste((16, 16, 16) if dark else (240, 240, 240), STICKER)
    edit = Edit(Action.REMOVE_OBJECT, object="sticker", box=STICKER)
    targets = ("und", "en", "de")[:locales]
    return Picture(
        _asset_id(number, seed),
        _file(image, "PNG"),
        "png",
        "und",
        tuple((locale, edit) for locale in targets),
    )


def _real(number: int, size: tuple[int, int], locales: int, seed: int) -> Picture:
    rng = random.Random(f"{seed}:{number}")  # noqa: S311  pictures, no secrets
    source = _SOURCES[number % len(_SOURCES)]
    copy = _COPY[source]
    which = rng.randrange(len(next(iter(copy.values()))))
    text = next(iter(copy.values()))[which][0]
    image = _ground(rng, size)
    label = _label(text, source, rng.randrange(len(_LOOKS)), size[0])
    x = rng.randint(size[0] // 20, max(size[0] // 20, size[0] - label.width - size[0] // 20))
    y = rng.randint(size[1] // 20, max(size[1] // 20, size[1] - label.height - size[1] // 8))
    image.paste(label, (x, y))
    asset_id = _asset_id(number, seed)
    # The article number: large enough for a reader, so that nothing on the picture is a riddle.
    height = max(12, size[1] // 36)
    strip = (0, size[1] - 2 * height, size[0], size[1])
    image.paste((252, 252, 252), strip)
    pen = ImageDraw.Draw(image)
    pen.text((height, size[1] - 1.7 * height), f"No. {asset_id[1:]}", (60, 60, 60), font=_print(height))
    edits = tuple(
        (locale, Edit(Action.REPLACE_TEXT, text=text, replacement=copy[locale][which][1]))
        for locale in list(copy)[:locales]
    )
    return Picture(asset_id, _file(image, "JPEG", quality=88), "jpg", source, edits)


def _asset_id(number: int, seed: int) -> str:
    return f"p{seed:02d}-{number:06d}"


def _ground(rng: random.Random, size: tuple[int, int]) -> Image.Image:
    """A crop of a photo, or a gradient between two colours."""
    name = rng.choice((*_PHOTOS, "gradient"))
    if name == "gradient":
        steps = np.linspace(0, 1, size[1])[:, None, None]
        first, last = (np.array([rng.randint(60, 235) for _ in range(3)]) for _ in range(2))
        rows = np.round(first * (1 - steps) + last * steps).astype(np.uint8)
        return Image.fromarray(np.repeat(rows, size[0], axis=1))
    photo = _photo(name)
    share = rng.uniform(0.6, 1.0) * min(photo.width / size[0], photo.height / size[1])
    w, h = size[0] * share, size[1] * share
    x, y = rng.uniform(0, photo.width - w), rng.uniform(0, photo.height - h)
    return photo.resize(size, Image.Resampling.BILINEAR, box=(x, y, x + w, y + h))


@cache
def _photo(name: str) -> Image.Image:
    return Image.fromarray(load_photo(name))


@cache
def _label(text: str, locale: str, look: int, width: int) -> Image.Image:
    """A headline in a label, a third to a half of the picture wide. Few differ, so each is drawn once."""
    colour, back = _LOOKS[look]
    line = shape_line(text, stack(locale, weight=700), locale)
    size = min(0.09 * width, 0.5 * width / line.advance)
    x0, y0, x1, y1 = (v * size for v in line.ink)
    pad = 0.7 * size
    page = np.full((round(y1 - y0 + 2 * pad), round(x1 - x0 + 2 * pad), 3), back, np.uint8)
    drawn, _ = draw(page, [PlacedLine(line, pad - x0, pad + y1, size)], colour)
    return Image.fromarray(drawn)


@cache
def _print(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _file(image: Image.Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()
