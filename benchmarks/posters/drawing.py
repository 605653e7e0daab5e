"""Whole posters whose ground without type is known: the sample campaign's, and lines over photos.

The photos are those in the public domain (or CC0) that scikit-image ships in its wheel.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
from PIL import Image, ImageOps

from examples import generate
from examples.drawing import Canvas, load_photo
from localizer.images import SourceImage, decode
from localizer.model import Action, Edit, Job
from localizer.text.contrast import contrast
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

DECK = Path(generate.__file__).resolve().parent / "campaign" / "copy_deck.csv"
PHOTOS = ("coffee.png", "chelsea.png", "brick.png", "grass.png", "gravel.png", "rocket.jpg", "astronaut.png")
GROUNDS = (*PHOTOS, "plain", "gradient", "plain", "panel")
COLOURS = ((255, 255, 255), (24, 24, 28), (250, 205, 80), (190, 24, 40), (16, 60, 120), (255, 240, 220))
SIZES = (30, 42, 60, 84)
WEIGHTS = (400, 600, 800)


@dataclass(frozen=True, slots=True)
class Poster:
    """A source image to localize.

    Attributes:
        empty: H x W x 3 uint8, the same image without the texts that are edited.
    """

    name: str
    source: SourceImage
    empty: UInt8Array
    job: Job


def copy_deck() -> list[dict[str, str]]:
    """The sample campaign's approved copy, a row per source text."""
    with DECK.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lettered(count: int, *, first: int = 0) -> Iterator[Poster]:
    """Posters of two or three lines on a photo, a plain or a graded ground, or a panel on a photo."""
    deck = copy_deck()
    locales = [name for name in deck[0] if name not in {"source_locale", "source"}]
    for number in range(first, first + count):
        rng = random.Random(number)  # noqa: S311
        locale = locales[number % len(locales)]
        rows = [r for r in deck if r[locale] and len(r["source"]) < 26]
        source_locale = rng.choice(sorted({r["source_locale"] for r in rows}))
        rows = [r for r in rows if r["source_locale"] == source_locale]
        ground, colour, panel = _ground(GROUNDS[number % len(GROUNDS)], rng)
        rgb, edits, y = ground.copy(), [], 90.0
        for row in rng.sample(rows, min(3, len(rows))):
            size = SIZES[(number + len(edits)) % len(SIZES)]
            lines = row["source"].split("\n")
            wide = max(shape_line(t, stack(source_locale, weight=800), source_locale).advance for t in lines)
            size = round(min(size, 560 / wide))
            if y + 1.3 * size * len(lines) > panel:
                break
            faces = stack(source_locale, weight=rng.choice(WEIGHTS))
            for line in lines:
                y += 1.15 * size
                rgb, _ = draw(rgb, [PlacedLine(shape_line(line, faces, source_locale), 60, y, size)], colour)
            y += 0.9 * size
            edits.append(Edit(Action.REPLACE_TEXT, text=row["source"], replacement=row[locale]))
        name = f"{number}-{GROUNDS[number % len(GROUNDS)].split('.')[0]}"
        yield _poster(name, _png(rgb), ground, source_locale, locale, tuple(edits))


def campaign(only: Sequence[str] = ()) -> Iterator[Poster]:
    """The sample campaign's posters, each in one of its locales in turn."""
    deck = copy_deck()
    locales = [name for name in deck[0] if name not in {"source_locale", "source"}]
    for number, made in enumerate(generate.POSTERS):
        if only and made.asset_id not in only:
            continue
        full, drawn = _pixels(made.draw, ())
        rows = [r for r in deck if all(part in drawn for part in r["source"].split("\n"))]
        language = max((r["source_locale"] for r in rows), key=[r["source_locale"] for r in rows].count)
        rows = [r for r in rows if r["source_locale"] == language]
        complete = [name for name in locales if name != language and all(r[name] for r in rows)]
        if not complete:
            continue
        locale = complete[number % len(complete)]
        empty, _ = _pixels(made.draw, [part for r in rows for part in r["source"].split("\n")])
        edits = tuple(Edit(Action.REPLACE_TEXT, text=r["source"], replacement=r[locale]) for r in rows)
        yield _poster(f"{made.asset_id}-{locale}", _png(full), empty, language, locale, edits)


def _pixels(make: Any, leave_out: Sequence[str]) -> tuple[UInt8Array, list[str]]:
    """A poster of the campaign without some of its texts, and all texts that it has."""
    drawn: list[str] = []
    set_type = Canvas.text

    def text(self: Canvas, text: str, *args: Any, **options: Any) -> float:
        drawn.append(text)
        return 0.0 if text in leave_out else set_type(self, text, *args, **options)

    with patch.object(Canvas, "text", text):
        pixels = make()
    return np.array(Image.fromarray(pixels).convert("RGB")), drawn


def _ground(kind: str, rng: random.Random) -> tuple[UInt8Array, tuple[int, int, int], float]:
    """A ground of 720 x 560 pixels, a colour that stands out from it, and how far down type may go."""
    width, height = 720, 560
    if kind.endswith((".png", ".jpg")):
        rgb = _cover(load_photo(kind), width, height)
    elif kind == "panel":
        rgb = _cover(load_photo("coffee.png"), width, height)
        rgb[50 : height - 60, 30 : width - 30] = rng.choice(COLOURS)
    else:
        base = np.array(rng.choice(COLOURS), np.float32)
        towards = base + (0.35 * (128 - base) if kind == "gradient" else 0)
        share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        rgb = np.broadcast_to(base + share * (towards - base), (height, width, 3)).astype(np.uint8)
    middle = np.median(rgb[60:-70, 40:-40].reshape(-1, 3), axis=0)
    best = sorted(COLOURS, key=lambda c: -contrast(c, middle))[:2]
    return np.ascontiguousarray(rgb), rng.choice(best), height - (70.0 if kind == "panel" else 20.0)


def _cover(photo: UInt8Array, width: int, height: int) -> UInt8Array:
    """The middle of a photo at a size."""
    return np.array(ImageOps.fit(Image.fromarray(photo), (width, height), Image.Resampling.BICUBIC))


def _poster(
    name: str, data: bytes, empty: UInt8Array, source_locale: str, locale: str, edits: tuple[Edit, ...]
) -> Poster:
    source = decode(data, name=f"{name}.png")
    sha = hashlib.sha256(data).hexdigest()
    job = Job(name, name, locale, source_locale, f"sources/{sha}.png", sha, edits)
    return Poster(name, source, empty, job)


def _png(rgb: UInt8Array) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG", compress_level=1)
    return out.getvalue()
