"""What type can look like beyond one flat colour: gradient, outline, shadow or glow, and rules.

Lengths are in em of the type that has them, so that an effect grows and shrinks with its type. Colours are
sRGB. Measuring is in `localizer.text.measured_effects`, drawing in `localizer.text.render`.
"""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Gradient:
    """A linear gradient over the ink box of each line, corner to corner as in CSS.

    Attributes:
        stops: position from 0 to 1 and colour, ascending; two at least.
        angle: direction in which positions grow, degrees, against the reading direction of the line:
            0 is along the line, 90 is from its top to its bottom.
    """

    stops: tuple[tuple[float, Rgb], ...]
    angle: float = 90.0

    def colours(
        self, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32], box: tuple[float, float, float, float]
    ) -> npt.NDArray[np.float32]:
        """Colours (... x 3) at points of a line, y pointing down, for its ink box ``x0, y0, x1, y1``."""
        at = gradient_position(x, y, box, self.angle)
        places = [p for p, _ in self.stops]
        channels = [np.interp(at, places, [c[i] for _, c in self.stops]) for i in range(3)]
        return np.stack(channels, -1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Outline:
    """A line around the fill; `width` is what shows outside of it."""

    colour: Rgb
    width: float


@dataclass(frozen=True, slots=True)
class Shadow:
    """A shadow, or a glow where it is not offset.

    Attributes:
        dx, dy: offset in the image, to the right and down.
        blur: standard deviation of the Gaussian; 0 is a hard shadow.
        opacity: 0 to 1.
    """

    colour: Rgb
    dx: float
    dy: float
    blur: float
    opacity: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight rule that goes with a line: an underline or a strike-through.

    Attributes:
        rise: of the rule's middle above the baseline; negative under it.
        overhang: by which it is longer than the ink, on both sides.
    """

    colour: Rgb
    rise: float
    thickness: float
    overhang: float = 0.0

    def span(self, ink: tuple[float, float, float, float], text: str) -> tuple[float, float, float, float]:
        """``x0, y0, x1, y1`` for a line with that ink box, em, y up.

        Under scripts that stand below the baseline all along (CJK and Hangul) the rule makes room; letters
        that only now and then descend cross it, as designers do it.
        """
        rise = self.rise
        if rise < 0 and any(unicodedata.east_asian_width(c) in "WF" for c in text):
            rise = min(rise, ink[1] - self.thickness)
        return (
            ink[0] - self.overhang,
            rise - self.thickness / 2,
            ink[2] + self.overhang,
            rise + self.thickness / 2,
        )


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that goes with the fill of a text."""

    gradient: Gradient | None = None
    outline: Outline | None = None
    shadow: Shadow | None = None
    underline: Rule | None = None
    strike: Rule | None = None

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(r for r in (self.underline, self.strike) if r is not None)

    @property
    def reach(self) -> float:
        """How far beyond the ink anything is drawn, em; rules apart."""
        outline = self.outline.width if self.outline else 0.0
        shadow = self.shadow
        cast = max(abs(shadow.dx), abs(shadow.dy)) + 3 * shadow.blur if shadow else 0.0
        return outline + cast

    def __bool__(self) -> bool:
        return self != PLAIN


PLAIN = Effects()


def gradient_position(
    x: npt.NDArray[np.float32],
    y: npt.NDArray[np.float32],
    box: tuple[float, float, float, float],
    angle: float,
) -> npt.NDArray[np.float32]:
    """Where points lie along a gradient through a box, 0 to 1 inside it (CSS Images 3, section 3.1)."""
    a = math.radians(angle)
    dx, dy = math.cos(a), math.sin(a)
    half = (abs(dx) * (box[2] - box[0]) + abs(dy) * (box[3] - box[1])) / 2
    along = (x - (box[0] + box[2]) / 2) * dx + (y - (box[1] + box[3]) / 2) * dy
    return np.asarray(0.5 + 0.5 * along / max(half, 1e-6), np.float32)
