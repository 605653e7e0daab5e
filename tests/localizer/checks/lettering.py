"""A small poster, type on it, and what an engine would report of that type: for the tests of the checks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Action, Box, Edit
from localizer.text.fonts import stack
from localizer.text.reading import TextLine
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

H, W = 220, 560
NAVY, WHITE = (24, 40, 84), (255, 255, 255)


def ground(colour=NAVY) -> np.ndarray:
    """H x W x 3 of one colour."""
    return np.full((H, W, 3), colour, np.uint8)


def set_type(
    rgb: np.ndarray, text: str, *, locale: str = "en", at=(60, 130), size: float = 52, colour=WHITE
) -> tuple[np.ndarray, Box]:
    """A line of bold type, `at` being its left end on the baseline; the new image and the box of the ink."""
    placed = PlacedLine(shape_line(text, stack(locale, weight=700), locale), *at, size)
    return draw(rgb, [placed], colour)[0], placed.box


def placement(text: str, box: Box, *, source: str = "OLD TEXT", **changes: object) -> Placement:
    """One line, white on navy, in the place of `source`."""
    made = Placement(
        Edit(Action.REPLACE_TEXT, text=source, replacement=text),
        source_box=box,
        box=box,
        lines=(text,),
        line_boxes=(box,),
        colour=WHITE,
        background=NAVY,
        cap_height=37.0,
        room=(0, 0, W, H),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def line(text: str, box: Box, score: float = 0.95) -> TextLine:
    """As a reader would report it."""
    x0, y0, x1, y1 = box
    return TextLine(text, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), score)
