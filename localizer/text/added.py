"""Text that an image did not have: in a given box, or where the image has room for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box
from localizer.text.alignment import Alignment
from localizer.text.contrast import contrast
from localizer.text.fonts import BOLD
from localizer.text.freearea import Block, find_free_area
from localizer.text.layout import Setting, fit
from localizer.text.style import LineStyle
from localizer.text.typesetting import SetText, first_baseline, place_lines, wished_faces
from localizer.text.wishes import Wishes, wishes

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.text.fonts import Face

_PAD = 0.04  # of a box's shorter side, left free around the text in it
_PART = 0.6  # of the largest type in the image: a slogan does not shout down the headline
_ALONE = 0.07  # of the shorter side, em, where the image has no other type
_SMALLEST = 0.025  # of the shorter side, em: below, it would not be read
_SCALES = (1.0, 0.85, 0.72, 0.6, 0.5)
_ENOUGH = 4.5  # contrast from which a colour of the image's other type is taken (WCAG 2.2, 1.4.3)
_TONES = ((255, 255, 255), (20, 20, 20))
_EM_OF_BOX = 0.8  # em over the height of a line as a reader frames it


@dataclass(frozen=True, slots=True)
class Added:
    """New text, placed: the type, the box that it was given or found, and what to tell a reviewer."""

    made: SetText
    box: Box
    ground: tuple[int, int, int]
    note: str


@dataclass(frozen=True, slots=True)
class Adder:
    """Adds text to one image.

    Attributes:
        plate: H x W x 3 uint8, erased.
        texts: boxes of the texts in the image, those that are set anew included.
        faces: boxes of faces.
        styles: measured styles of the image's type, for new type to be like it.
    """

    plate: npt.NDArray[np.uint8]
    texts: Sequence[Box]
    faces: Sequence[Box]
    styles: Sequence[LineStyle]
    locale: str
    brand_fonts: tuple[str, ...] = ()

    def add(self, text: str, box: Box | None, attribute: Mapping[str, str]) -> Added | None:
        """Set a text in its box, or in the best free area; None if there is none.

        Raises:
            EngineError: an attribute means nothing.
        """
        wish = wishes(attribute)
        text = wish.cased(text)
        like = max(self.styles, key=lambda s: s.size, default=None)
        weight = BOLD if like is None else like.weight
        family = like.family if like else ""
        faces = wished_faces(wish, text, self.locale, self.brand_fonts, weight=weight, family=family)
        if box is not None:
            return self._in_box(text, box, wish, faces, weight)
        return self._somewhere(text, wish, faces, weight)

    def _in_box(self, text: str, box: Box, wish: Wishes, faces: tuple[Face, ...], weight: int) -> Added:
        """As large as the box comfortably allows, never larger than asked for."""
        x0, y0, x1, y1 = box
        pad = _PAD * min(x1 - x0, y1 - y0)
        wide, high = x1 - x0 - 2 * pad, y1 - y0 - 2 * pad
        size = wish.size.of(high) if wish.size else high
        setting = self._fit(text, faces, wish, size, wide, high)
        made, ground = self._place(setting, box, wish, faces, weight, pad)
        return Added(made, box, ground, "")

    def _somewhere(self, text: str, wish: Wishes, faces: tuple[Face, ...], weight: int) -> Added | None:
        h, w = self.plate.shape[:2]
        size = self._wanted_size(wish)
        offers: list[tuple[Block, Setting]] = []
        for k in (1.0,) if wish.size else _SCALES:
            if size * k < _SMALLEST * min(h, w) and not wish.size:
                break
            for lines in (1, 2, 3):
                options = self._fit(text, faces, wish, size * k, 0.9 * w, 0.9 * h, lines)
                if options.scale > 0.999 and len(options.lines) == lines:
                    tall = _height(options)
                    offers.append((Block(options.width, tall, k - 0.02 * (lines - 1)), options))
        edges = [float(b[0]) for b in self.texts]
        taken = [*self.texts, *self.faces]
        area = find_free_area(self.plate, [b for b, _ in offers], taken=taken, edges=edges, place=wish.place)
        if area is None:
            return None
        setting = offers[area.index][1]
        if wish.side is None:
            side = "left" if "left" in area.where else "right" if "right" in area.where else "center"
            wish = replace(wish, side=side)
        made, ground = self._place(setting, area.box, wish, faces, weight, 0.0)
        note = (
            f"placed at the {area.where}, {setting.size:.0f} px, in a calm area off texts, faces and objects"
        )
        return Added(made, area.box, ground, note)

    def _wanted_size(self, wish: Wishes) -> float:
        h, w = self.plate.shape[:2]
        known = [s.size for s in self.styles] + [_EM_OF_BOX * (b[3] - b[1]) for b in self.texts]
        usual = _PART * max(known) if known else _ALONE * min(h, w)
        usual = min(max(usual, 1.4 * _SMALLEST * min(h, w)), 0.12 * min(h, w))
        return wish.size.of(usual) if wish.size else usual

    def _fit(
        self,
        text: str,
        faces: tuple[Face, ...],
        wish: Wishes,
        size: float,
        width: float,
        height: float,
        lines: int = 1,
    ) -> Setting:
        return fit(
            text,
            faces,
            self.locale,
            size=size,
            width=max(1.0, width),
            height=max(1.0, height),
            source_lines=lines,
            pitch=wish.line_spacing,
            tracking=wish.tracking or 0.0,
            least=0.0,
        )

    def _place(
        self, setting: Setting, box: Box, wish: Wishes, faces: tuple[Face, ...], weight: int, pad: float
    ) -> tuple[SetText, tuple[int, int, int]]:
        x0, y0, x1, y1 = box
        side = wish.side or "center"
        area = self.plate[max(0, y0) : y1, max(0, x0) : x1].reshape(-1, 3)
        r, g, b = (int(c) for c in np.median(area, axis=0)) if len(area) else (128, 128, 128)
        colour = wish.colour or self._colour((r, g, b))
        ink = float(x0) + pad, float(y0), float(x1) - pad, float(y1)
        style = LineStyle(colour, setting.size, weight, "", 1.0, 0.0, 0.0, ink, 0.0, (y0 + y1) / 2)
        # `und` is no script: the block is centred by what the eye takes for its height.
        whole = replace(setting, scale=0.0)
        first = first_baseline(
            whole, [style], self.locale, "und", (y0 + pad, y1 - pad), Alignment(side), faces
        )
        anchor = {"left": ink[0], "right": ink[2]}.get(side, (x0 + x1) / 2)
        lines = place_lines(setting, first, anchor, side, style)
        return SetText(lines, colour, setting.scale, setting.fits, faces, setting.split), (r, g, b)

    def _colour(self, ground: tuple[int, int, int]) -> tuple[int, int, int]:
        """A colour that the image's type has already, if it stands out here; else white or near black."""
        for style in sorted(self.styles, key=lambda s: -s.size):
            if contrast(style.colour, ground) >= _ENOUGH:
                return style.colour
        return max(_TONES, key=lambda c: contrast(c, ground))


def _height(setting: Setting) -> float:
    """Of the block's ink, pixels."""
    count = len(setting.lines)
    return setting.size * (setting.lines[0].ink[3] - setting.lines[-1].ink[1]) + setting.pitch * (count - 1)
