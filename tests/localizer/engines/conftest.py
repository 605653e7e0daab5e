"""Drawn posters, and one call that edits and checks them as the pipeline does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from localizer.brand import BrandKit
from localizer.checks.legible import check_legible
from localizer.checks.read_back import check_text_correct
from localizer.checks.source_gone import check_source_text_gone
from localizer.checks.typography import check_fits
from localizer.engines.base import Candidate, EditRequest
from localizer.engines.registry import get_engine
from localizer.model import Action, Box, CheckResult, Edit, Job
from localizer.text.fonts import stack
from localizer.text.reading import read_source
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

H, W = 420, 640
NAVY, WHITE, GOLD = (24, 40, 84), (255, 255, 255), (250, 205, 80)


@dataclass(frozen=True)
class Line:
    """A line to draw; `x`, `y` is its left end on the baseline."""

    text: str
    locale: str = "en"
    x: float = 60
    y: float = 200
    size: float = 60
    colour: tuple[int, int, int] = WHITE
    angle: float = 0.0
    weight: int = 700


def ground() -> np.ndarray:
    """A graded ground with a product, a plain orange ball, in the lower right corner."""
    yy, xx = np.mgrid[0:H, 0:W]
    rgb = np.stack([NAVY[0] + 20 * yy / H, NAVY[1] + 30 * yy / H, NAVY[2] + 40 * yy / H], 2)
    rgb[np.hypot(xx - 540, yy - 330) < 70] = (235, 120, 40)
    return np.round(rgb).astype(np.uint8)


def draw_poster(*lines: Line, back: np.ndarray | None = None) -> np.ndarray:
    rgb = ground() if back is None else back.copy()
    for line in lines:
        shaped = shape_line(line.text, stack(line.locale, weight=line.weight), line.locale)
        placed = PlacedLine(shaped, line.x, line.y, line.size, 1.0, line.angle)
        rgb, _ = draw(rgb, [placed], line.colour)
    return rgb


@dataclass(frozen=True)
class Outcome:
    rgb: np.ndarray
    candidate: Candidate
    checks: dict[str, CheckResult]

    @property
    def findings(self) -> dict[str, str]:
        return {f.name: f.detail for f in self.candidate.findings}


def run(rgb: np.ndarray, edits: Sequence[Edit], *, locale: str, source_locale: str = "zh-Hans") -> Outcome:
    """Edit a poster and check what came out; the promises of every engine are asserted on the way."""
    sha = hashlib.sha256(rgb.tobytes()).hexdigest()
    job = Job("k", "poster", locale, source_locale, "sources/x.png", sha, tuple(edits))
    before = rgb.copy()
    candidate = get_engine("typeset").edit(EditRequest(job, rgb, BrandKit()))
    assert np.array_equal(rgb, before), "the source was written to"
    assert candidate.rgb.shape == rgb.shape
    assert candidate.rgb.dtype == np.uint8
    assert candidate.mask.dtype == np.bool_
    assert np.array_equal(candidate.rgb[~candidate.mask], rgb[~candidate.mask])
    assert all(any(p.edit == edit for p in candidate.placements) for edit in edits)
    placements, lines = candidate.placements, read_source(sha, rgb)
    checks = [
        check_text_correct(candidate.rgb, placements, locale=locale),
        check_source_text_gone(candidate.rgb, placements, plate=candidate.plate, lines=lines),
        check_legible(candidate.rgb, rgb, placements, plate=candidate.plate),
        check_fits((rgb.shape[0], rgb.shape[1]), placements, lines),
    ]
    return Outcome(rgb, candidate, {c.name: c for c in checks})


def replace_edit(text: str, replacement: str, **more: object) -> Edit:
    return Edit(Action.REPLACE_TEXT, text=text, replacement=replacement, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def poster() -> Callable[..., np.ndarray]:
    return draw_poster


@pytest.fixture(scope="session")
def line() -> type[Line]:
    return Line


@pytest.fixture(scope="session")
def edit_poster() -> Callable[..., Outcome]:
    return run


@pytest.fixture(scope="session")
def replacing() -> Callable[..., Edit]:
    return replace_edit


@pytest.fixture(scope="session")
def chinese() -> np.ndarray:
    """A poster that most tests share, so that it is read once."""
    return draw_poster(
        Line("新品上市", "zh-Hans", 60, 150, 84),
        Line("限时优惠", "zh-Hans", 60, 240, 44, GOLD),
        Line("¥89", "zh-Hans", 60, 340, 60),
    )


@pytest.fixture(scope="session")
def latin() -> np.ndarray:
    return draw_poster(
        Line("NEW ARRIVAL", "en", 60, 150, 64), Line("LIMITED EDITION", "en", 60, 240, 40, GOLD)
    )


Boxed = Callable[[Box], np.ndarray]
