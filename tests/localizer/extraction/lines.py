"""Lines and looks as the reader and the measuring give them, for tests that need no image."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from localizer.extraction.grouping import Judged
from localizer.extraction.measuring import Measured
from localizer.extraction.model import Origin
from localizer.model import Box
from localizer.text.reading import TextLine

SIZE = (500, 750)
CALM = Measured(
    size=0.1, turned=0.0, taper=0.0, shear=0.0, contrast=200.0, ink_noise=3.0, ground_noise=2.0, grain=0.5,
    ink_grain=2.0, sharp=0.7, button=False, colour=(255, 255, 255), ground=(40, 40, 40),
)  # fmt: skip


def line(text: str, box: Box, *, score: float = 1.0, characters: bool = False) -> TextLine:
    x0, y0, x1, y1 = box
    quad = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    visible = [c for c in text if c != " "]
    step = (x1 - x0) / max(1, len(visible))
    cells = tuple(
        ((x0 + k * step, y0), (x0 + (k + 1) * step, y0), (x0 + (k + 1) * step, y1), (x0 + k * step, y1))
        for k in range(len(visible))
    )
    return TextLine(text, quad, score, cells if characters else ())


def looks(of: TextLine, **changes: Any) -> Measured:
    """Calm and level looks, of the line's own size in an image of `SIZE`."""
    return replace(CALM, size=of.height / math.sqrt(SIZE[0] * SIZE[1]), **changes)


def judged(text: str, box: Box, origin: Origin = Origin.MARKETING, **changes: Any) -> Judged:
    one = line(text, box)
    return Judged(one, looks(one, **changes), origin)
