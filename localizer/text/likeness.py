"""How much a mask looks like a known text.

Where the eraser must tell ink from ground it knows one thing for sure: what is written there. The text is
set in our own face, word by word over the boxes that the reader gave, and compared with a mask after both
were blurred: faces differ, where the strokes are does not. A ground taken for the ink correlates with it
negatively, however frequent its colour is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.fonts import stack
from localizer.text.reading import Quad
from localizer.text.render import PlacedLine, coverage
from localizer.text.shaping import ShapedLine, shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

_HEIGHT = 32  # pixels of a line at which masks are compared
_MARGIN = 8
_BLUR = 1.8
# Heights by which a reader's quad is larger than the ink, on each side: it grows boxes by their height.
_PADDING = (0.01, 0.06, 0.13, 0.2)
_EM = 40


@dataclass(frozen=True, slots=True)
class Likeness:
    """A text as it should look, upright and at a fixed size, and the way there from a crop.

    Attributes:
        looks: the text in its likely heights (h x w float32, blurred), all with an empty rim.
        to_line: 3 x 3, from the crop to the upright line with its margin.
        size: width and height of that line with its margin.
        scale: pixels of the line per pixel of the crop.
    """

    looks: tuple[npt.NDArray[np.float32], ...]
    to_line: npt.NDArray[np.float64]
    size: tuple[int, int]
    scale: float

    def of(self, mask: npt.NDArray[np.bool_]) -> float:
        """Correlation of a mask with the text, -1 to 1, at the best of some small shifts and sizes.

        Args:
            mask: H x W bool, of the crop that this was made for.
        """
        return self.of_upright(self.upright(mask.astype(np.float32)))

    def of_upright(self, line: npt.NDArray[np.float32]) -> float:
        """The same for what `upright` gave; those maps may be added up."""
        return max(self._at_best(line, look)[0] for look in self.looks)

    def upright(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Values of the crop, brought upright and to the fixed size, blurred."""
        import cv2

        if self.scale < 0.7:
            values = np.asarray(cv2.GaussianBlur(values, (0, 0), 0.4 / self.scale), np.float32)
        line = cv2.warpPerspective(values, self.to_line, self.size, flags=cv2.INTER_LINEAR)
        return np.asarray(cv2.GaussianBlur(line, (0, 0), _BLUR), np.float32)

    def near(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
        """H x W float32: the text (0 to about 1, blurred) laid over a mask where it fits best."""
        import cv2

        line = self.upright(mask.astype(np.float32))
        fits = [(*self._at_best(line, look), look) for look in self.looks]
        _, (x, y), look = max(fits, key=lambda f: f[0])
        laid = np.zeros(line.shape, np.float32)
        laid[y : y + look.shape[0], x : x + look.shape[1]] = look
        h, w = mask.shape
        back = cv2.warpPerspective(laid, self.to_line, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        return np.asarray(back, np.float32)

    @staticmethod
    def _at_best(
        line: npt.NDArray[np.float32], look: npt.NDArray[np.float32]
    ) -> tuple[float, tuple[int, int]]:
        import cv2

        if float(line.std()) < 1e-4:
            return 0.0, (0, 0)
        scores = cv2.matchTemplate(line, look, cv2.TM_CCOEFF_NORMED)
        _, best, _, place = cv2.minMaxLoc(scores)
        return (float(best) if math.isfinite(best) else 0.0), (int(place[0]), int(place[1]))


def expect(text: str, quad: Quad, characters: tuple[Quad, ...], locale: str) -> Likeness | None:
    """What a text should look like inside a quad; None if it cannot be set.

    Args:
        text: as read.
        quad: in the coordinates of the crop that masks will be of.
        characters: box of each visible character in the same coordinates, or empty.
        locale: whose script the text is in.
    """
    import cv2

    corners = np.array(quad, np.float32)
    wide = (np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])) / 2
    tall = (np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])) / 2
    visible = [c for c in text if not c.isspace()]
    if min(wide, tall) < 4 or not visible:
        return None
    stacked = len(visible) > 1 and tall > 1.5 * wide  # vertical writing: one character under the other
    scale = _HEIGHT / float(wide if stacked else tall)
    w, h = max(4, round(float(wide) * scale)), max(4, round(float(tall) * scale))
    if max(w, h) > 3000:
        return None
    m = _MARGIN
    there = np.array([[m, m], [m + w, m], [m + w, m + h], [m, m + h]], np.float32)
    to_line = np.asarray(cv2.getPerspectiveTransform(corners, there), np.float64)
    pieces = _stacked(visible, w, h) if stacked else _words(text, visible, characters, to_line, w)
    lines = [(shape_line(piece, stack(locale), locale), a, b) for piece, a, b in pieces]
    lines = [(line, a, b) for line, a, b in lines if line.ink[2] > line.ink[0] and line.ink[3] > line.ink[1]]
    if not lines:
        return None
    looks = tuple(
        np.asarray(cv2.GaussianBlur(look, (0, 0), _BLUR), np.float32)
        for look in _looks(lines, w, h, stacked=stacked)
    )
    return Likeness(looks, to_line, (w + 2 * m, h + 2 * m), scale)


def _words(
    text: str,
    visible: list[str],
    characters: tuple[Quad, ...],
    to_line: npt.NDArray[np.float64],
    width: int,
) -> list[tuple[str, float, float]]:
    """The words of a line and where each starts and ends along it."""
    import cv2

    if len(characters) != len(visible):
        return [(text.strip(), 0.0, float(width))]
    out: list[tuple[str, float, float]] = []
    at = 0
    for word in text.split():
        boxes = np.array(characters[at : at + len(word)], np.float32).reshape(-1, 1, 2)
        at += len(word)
        xs = cv2.perspectiveTransform(boxes, to_line)[:, 0, 0] - _MARGIN
        start = max(0.0, float(xs.min())) if out else 0.0
        end = min(float(width), float(xs.max())) if at < len(visible) else float(width)
        if end - start >= 2:
            out.append((word, start, end))
    return out


def _stacked(visible: list[str], width: int, height: int) -> list[tuple[str, float, float]]:
    step = height / len(visible)
    return [(c, i * step, (i + 1) * step) for i, c in enumerate(visible)]


def _looks(
    lines: list[tuple[ShapedLine, float, float]], width: int, height: int, *, stacked: bool
) -> Iterator[npt.NDArray[np.float32]]:
    """The pieces drawn in place, once per likely height, with a rim of 3 px that must be empty."""
    import cv2

    low, high = min(line.ink[1] for line, _, _ in lines), max(line.ink[3] for line, _, _ in lines)
    rim = 3
    for padding in _PADDING:
        share, inset = 1 - 2 * padding, padding * (width if stacked else height)
        along = (height if stacked else width) - 2 * inset
        if along < 4:
            continue
        canvas = np.zeros((height + 2 * rim, width + 2 * rim), np.float32)
        for line, a, b in lines:
            x0, y0, x1, y1 = line.ink
            if stacked:
                pitch = along / height
                top, tall = inset + (a + 0.06 * (b - a)) * pitch, 0.88 * (b - a) * pitch
                left, wide = inset, share * width
            else:
                unit = share * height / (high - low)
                top, tall = inset + (high - y1) * unit, (y1 - y0) * unit
                left, wide = inset + a * along / width, (b - a) * along / width
            size = (max(1, math.ceil((x1 - x0) * _EM)), max(1, math.ceil((y1 - y0) * _EM)))
            glyphs = coverage([PlacedLine(line, -x0 * _EM, y1 * _EM, _EM)], (size[1], size[0]))
            target = (max(1, round(wide)), max(1, round(tall)))
            drawn = cv2.resize(glyphs, target, interpolation=cv2.INTER_AREA)
            x, y = rim + max(0, round(left)), rim + max(0, round(top))
            place = canvas[y : y + target[1], x : x + target[0]]
            np.maximum(place, drawn[: place.shape[0], : place.shape[1]], out=place)
        yield canvas
