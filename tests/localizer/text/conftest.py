"""Synthetic posters with known ground truth: type of known style on grounds of known pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.text.fonts import stack
from localizer.text.reading import Quad, TextLine
from localizer.text.render import PlacedLine, coverage, draw
from localizer.text.shaping import shape_line

HEIGHT, WIDTH = 240, 620
FAINT = 16  # of 255; a smaller change is not seen


@dataclass
class Poster:
    """A drawn line.

    Attributes:
        ground: the picture without type.
        rgb: the picture with type.
        strokes: pixels of the letters' fill.
        ink: all pixels that the type changed visibly, outline and shadow included.
        line: as a perfect reader would report it.
    """

    ground: np.ndarray
    rgb: np.ndarray
    strokes: np.ndarray
    ink: np.ndarray
    line: TextLine
    placed: PlacedLine = field(repr=False)


def plain_ground() -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), (38, 92, 140), np.uint8)


def graded_ground() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    planes = [40 + 90 * x / WIDTH, 60 + 60 * y / HEIGHT, 150 - 70 * x / WIDTH]
    return np.round(np.stack(planes, 2)).astype(np.uint8)


def photo_ground() -> np.ndarray:
    """Blobs of several colours with grain, none of them near white or black."""
    rng = np.random.default_rng(5)
    image = np.full((HEIGHT, WIDTH, 3), (95, 110, 70), np.float32)
    for _ in range(60):
        centre = int(rng.integers(0, WIDTH)), int(rng.integers(0, HEIGHT))
        colour = tuple(float(c) for c in rng.integers(50, 170, 3))
        cv2.circle(image, centre, int(rng.integers(15, 60)), colour, -1)
    image = cv2.GaussianBlur(image, (0, 0), 6) + rng.normal(0, 5, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


GROUNDS: dict[str, Callable[[], np.ndarray]] = {
    "plain": plain_ground,
    "graded": graded_ground,
    "photo": photo_ground,
}


def make_poster(
    text: str = "NEW ARRIVAL",
    locale: str = "en",
    *,
    ground: str | np.ndarray = "plain",
    colour: tuple[int, int, int] = (255, 255, 255),
    size: float = 60.0,
    weight: int = 700,
    angle: float = 0.0,
    tracking: float = 0.0,
    stretch: float = 1.0,
    at: tuple[float, float] = (70.0, 140.0),
    outline: tuple[int, int, int] | None = None,
    shadow: bool = False,
    family: str = "",
    slant: int = 0,
) -> Poster:
    under = GROUNDS[ground]() if isinstance(ground, str) else ground
    faces = stack(locale, weight=weight, family=family, text=text, slant=slant)
    line = shape_line(text, faces, locale, tracking)
    placed = PlacedLine(line, *at, size, stretch, angle)
    rgb = under.astype(np.float32)
    cover = coverage([placed], under.shape[:2])
    if shadow:
        moved = PlacedLine(line, at[0] + 4, at[1] + 4, size, stretch, angle)
        alpha = cv2.GaussianBlur(coverage([moved], under.shape[:2]), (0, 0), 1.5)[:, :, None] * 0.7
        rgb = rgb * (1 - alpha) + np.array((10, 10, 20), np.float32) * alpha
    if outline:
        alpha = cv2.dilate(cover, np.ones((5, 5), np.uint8))[:, :, None]
        rgb = rgb * (1 - alpha) + np.array(outline, np.float32) * alpha
    lettered, _ = draw(np.clip(np.round(rgb), 0, 255).astype(np.uint8), [placed], colour)
    changed = np.abs(lettered.astype(int) - under).max(2) > FAINT
    return Poster(under, lettered, cover > 0.5, changed, TextLine(text, _quad(placed), 0.99), placed)


def _quad(placed: PlacedLine) -> Quad:
    """The ink box with the margin that a reader leaves."""
    x0, y0, x1, y1 = placed.line.ink
    m = 0.12 * (y1 - y0)
    a, b, c, d = (
        placed.at(x, y) for x, y in ((x0 - m, y1 + m), (x1 + m, y1 + m), (x1 + m, y0 - m), (x0 - m, y0 - m))
    )
    return a, b, c, d


@pytest.fixture(scope="session")
def poster() -> Callable[..., Poster]:
    return make_poster


@pytest.fixture(scope="session", params=list(GROUNDS))
def ground(request: pytest.FixtureRequest) -> str:
    return str(request.param)
