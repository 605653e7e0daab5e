"""The picture sizes that Qwen-Image-Edit passes untouched.

The pipeline resamples every picture to about a fixed area, with its sides rounded to 32. Only a picture
whose sides come out of that rule as they went in is seen by the model pixel by pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

STEP = 32
MEGAPIXEL = 1024 * 1024
"""What the model was trained for."""
QUARTER = 512 * 512
"""A quarter of the work a step; enough for most texts."""

_WIDEST = 4.0  # ratio of the sides beyond which the model has seen next to nothing


def rounded(area: int, ratio: float) -> tuple[int, int]:
    """Width and height that the pipeline gives a picture of this ratio (width / height)."""
    width = math.sqrt(area * ratio)
    height = width / ratio
    return round(width / STEP) * STEP, round(height / STEP) * STEP


@lru_cache(maxsize=16)
def untouched(area: int) -> tuple[tuple[int, int], ...]:
    """All sizes that a pipeline with this area passes untouched, narrowest first."""
    longest = int(math.sqrt(area * _WIDEST)) // STEP * STEP
    sides = range(STEP, longest + STEP, STEP)
    sizes = [
        (w, h)
        for w in sides
        for h in sides
        if 1 / _WIDEST <= w / h <= _WIDEST and rounded(area, w / h) == (w, h)
    ]
    return tuple(sorted(sizes, key=lambda size: size[0] / size[1]))


def area_of(size: tuple[int, int], areas: Sequence[int]) -> int | None:
    """Which of these areas passes this size (width, height) untouched."""
    return next((area for area in areas if size in untouched(area)), None)


def best_size(width: int, height: int, areas: Sequence[int]) -> tuple[int, int]:
    """The cheapest size in which a region needs no shrinking, and of those the one that enlarges it most.

    A region too large for every area gets the size that shrinks it least.
    """
    best = (0, 0)
    for area in sorted(areas):
        best = max(untouched(area), key=lambda s: (min(s[0] / width, s[1] / height), -s[0] * s[1]))
        if min(best[0] / width, best[1] / height) >= 1:
            break
    return best
