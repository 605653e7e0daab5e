"""Where every replacement of an image goes and how large it is, before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.checks.legible import CONTRAST, STRETCH, line_contrast
from localizer.engines.base import Placement
from localizer.model import Box, Edit, share_inside
from localizer.text.alignment import Alignment, alignment
from localizer.text.blocks import hull
from localizer.text.consistency import common_scales, level_rows
from localizer.text.ground import leaves_ground
from localizer.text.linebreak import glue
from localizer.text.locate import Found
from localizer.text.panel import Panel, find_panel, grow_alpha, grow_panel
from localizer.text.plate import Erased
from localizer.text.reading import Quad
from localizer.text.render import draw
from localizer.text.space import Room, find_rooms, measure_room
from localizer.text.style import LineStyle, locale_of_text
from localizer.text.typesetting import SetText, set_in_rooms

if TYPE_CHECKING:
    import numpy.typing as npt

_COSTS = 0.97  # scale below which a panel is let grow
_SMALLER = (1.0, 0.94, 0.88, 0.82)  # of the largest size in the old ground, tried until nothing sinks in
_WIDEST = 1.6  # times its old width: beyond, a label is no longer the same label
_BESIDE = 12  # pixels from a panel's rim from where the ground beside it is looked at


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where one edit applies.

    Attributes:
        index: of the edit in the job.
        found: what is erased there.
        text, replacement: what changes into what; less than the edit's where the rest of it stays.
        whole: all of the edit's text.
    """

    index: int
    edit: Edit
    found: Found
    erased: Erased
    text: str
    replacement: str
    whole: Found

    @property
    def ink(self) -> Box:
        """Ink of the text as an upright box (of slanted text: the erased area)."""
        if self.erased.styles[0].angle != 0:
            return self.erased.box
        inks = [s.ink for s in self.erased.styles]
        return (
            int(min(i[0] for i in inks)),
            int(min(i[1] for i in inks)),
            int(np.ceil(max(i[2] for i in inks))),
            int(np.ceil(max(i[3] for i in inks))),
        )

    @property
    def height(self) -> float:
        """Of one line's ink, pixels; of columns the size."""
        return float(np.median([s.size if s.vertical else s.ink[3] - s.ink[1] for s in self.erased.styles]))


@dataclass(frozen=True, slots=True)
class Arranged:
    """One replacement, ready to be drawn."""

    occurrence: Occurrence
    made: SetText
    room: Room
    note: str = ""


@dataclass(slots=True)
class Arranger:
    """Arranges the replacements of one image.

    Attributes:
        plate: H x W x 3, erased; panels that have to grow are drawn on it.
        hole: H x W bool, what was erased.
        mask: H x W bool, the edit area; grown panels are added.
        staying: boxes of texts that stay.
        faces: boxes of faces.
        alpha: H x W uint8, of an image that has one; grown panels are drawn on it too.
        names: words that no line may be broken in.
    """

    plate: npt.NDArray[np.uint8]
    hole: npt.NDArray[np.bool_]
    mask: npt.NDArray[np.bool_]
    staying: Sequence[Box]
    faces: Sequence[Box]
    locale: str
    source_locale: str
    brand_fonts: tuple[str, ...] = ()
    alpha: npt.NDArray[np.uint8] | None = None
    names: tuple[str, ...] = ()

    def arrange(self, occurrences: Sequence[Occurrence]) -> list[Arranged]:
        """Place all texts; those of one style get one size.

        Args:
            occurrences: with measured styles.
        """
        plans = [self._plan(o, [x for x in occurrences if x is not o]) for o in occurrences]
        leads = [_lead(o.erased.styles) for o in occurrences]
        scales = common_scales([(s, p.made) for s, p in zip(leads, (p for p, _ in plans), strict=True)])
        out = []
        for (plan, again), most in zip(plans, scales, strict=True):
            made = plan.made
            out.append(replace(plan, made=again(most)) if most < made.scale - 0.005 else plan)
        levelled = level_rows([(s, p.made) for s, p in zip(leads, out, strict=True)], [p.room for p in out])
        return [replace(p, made=made) for p, made in zip(out, levelled, strict=True)]

    def _plan(self, o: Occurrence, others: Sequence[Occurrence]) -> tuple[Arranged, _Again]:
        blockers = [b for b in self.staying if share_inside(b, o.found.box) < 0.6]
        moving = [x.erased.box for x in others if x.edit.replacement]
        rooms = find_rooms(
            self.plate,
            self.hole,
            o.ink,
            height=o.height,
            obstacles=[*blockers, *self.faces],
            neighbours=moving,
            plain=o.erased.plain,
            contrast=float(np.abs(np.subtract(o.erased.styles[0].colour, o.erased.ground)).max()),
        )
        hang = alignment(o.erased.styles, rooms[-1], self.plate.shape[1], [*self.staying, *moving])
        if o.found.rest:
            hang = Alignment("center", firm=True)
        again = _Again(self, o, o.erased.styles, rooms, hang)
        made = again(1.0)
        if len(rooms) > 1 and self._is_uneasy(o, made):
            smaller = _Again(self, o, o.erased.styles, rooms[:1], hang)
            largest = smaller(1.0)
            for share in _SMALLER:
                calm = largest if share == 1.0 else smaller(share * largest.scale)
                if calm.fits and not calm.split and not self._is_uneasy(o, calm):
                    return Arranged(o, calm, rooms[0], "kept to the ground that the old text had"), smaller
        if (
            made.scale < _COSTS
            and len(o.erased.styles) == 1
            and o.erased.styles[0].angle == 0
            and not made.vertical
        ):
            grown = self._grow_panel(o, made, [*blockers, *self.faces, *moving])
            if grown is not None:
                again, room = grown
                return Arranged(o, again(1.0), room, "its panel was made wider"), again
        return Arranged(o, made, rooms[-1]), again

    def _is_uneasy(self, o: Occurrence, made: SetText) -> bool:
        """Whether type would sink into the picture, or run onto something that the old text kept off."""
        rgb, covered = draw(self.plate, made.lines, made.colour)
        seen = [line_contrast(rgb, p.box, made.colour, self.plate) for p in made.lines]
        if min(c.line for c in seen) < CONTRAST or min(c.stretch for c in seen) < STRETCH:
            return True
        return leaves_ground(
            self.plate, self.hole, covered, o.found.box, height=made.lines[0].size, plain=o.erased.plain
        )

    def _grow_panel(
        self, o: Occurrence, made: SetText, obstacles: Sequence[Box]
    ) -> tuple[_Again, Room] | None:
        """Widen the panel that a text stands in, as far as there is room and need, on the plate."""
        style, ink = o.erased.styles[0], o.ink
        panel = find_panel(self.plate, ink, o.height)
        if panel is None or self._has_twin(panel, o, obstacles):
            return None
        x0, y0, x1, y1 = panel.inner
        tall = y1 - y0
        around = x0 - _BESIDE, y0, x1 + _BESIDE, y1
        free = measure_room(self.plate, around, height=tall, obstacles=obstacles, plain=True)
        pads = max(0.0, ink[0] - x0), max(0.0, x1 - ink[2])
        wide = max(p.line.ink[2] - p.line.ink[0] for p in made.lines) * style.size * style.stretch
        wanted = wide + sum(pads) - (x1 - x0)
        hang = alignment(
            [replace(style, ink=(x0, y0, x1, y1))], Room(*panel.box), self.plate.shape[1], self.staying
        )
        lead, rear = max(0.0, panel.box[0] - free.left), max(0.0, free.right - panel.box[2])
        left, right = {"left": (0.0, rear), "right": (lead, 0.0)}.get(hang.side, (min(lead, rear),) * 2)
        extra = min(wanted, left + right, _WIDEST * (x1 - x0) - (x1 - x0))
        if wanted <= 1 or extra < 0.25 * wanted:
            return None
        by_left, by_right = round(extra * left / (left + right)), round(extra * right / (left + right))
        self.plate[:], drawn, (x0, _, x1, _) = grow_panel(self.plate, panel, by_left, by_right)
        self.mask |= drawn
        if self.alpha is not None:
            self.alpha = grow_alpha(self.alpha, panel, by_left, by_right)
        room = Room(x0 + pads[0], y0 + 0.1 * tall, x1 - pads[1], y1 - 0.1 * tall, panel=True)
        # In the new panel it is centred between the pads that it had.
        styles = (replace(style, ink=(room.left, style.ink[1], room.right, style.ink[3])),)
        return _Again(self, o, styles, (room,), Alignment("center", firm=True)), room

    def _has_twin(self, panel: Panel, o: Occurrence, others: Sequence[Box]) -> bool:
        """Whether another text stands in a panel of the same width or in the same row: a row of buttons."""
        x0, y0, x1, y1 = panel.inner
        for box in others:
            if share_inside(box, panel.inner) > 0.5:
                continue
            twin = find_panel(self.plate, box, box[3] - box[1])
            if twin is None:
                continue
            a0, b0, a1, b1 = twin.inner
            if max(abs(a0 - x0), abs(a1 - x1)) <= 3 or max(abs(b0 - y0), abs(b1 - y1)) <= 3:
                return True
        return False


@dataclass(frozen=True, slots=True)
class _Again:
    """Sets one text, as often as it takes to find the size that it shares with others."""

    arranger: Arranger
    occurrence: Occurrence
    styles: Sequence[LineStyle]
    rooms: tuple[Room, ...]
    hang: Alignment

    def __call__(self, most: float) -> SetText:
        a = self.arranger
        return set_in_rooms(
            self.rooms,
            glue(self.occurrence.replacement, a.names),
            self.styles,
            locale=a.locale,
            source_locale=locale_of_text(self.occurrence.found.text, a.source_locale),
            hang=self.hang,
            page=(a.plate.shape[1], a.plate.shape[0]),
            brand_fonts=a.brand_fonts,
            attribute=self.occurrence.edit.attribute,
            most=most,
        )


def with_what_stayed(placement: Placement, o: Occurrence) -> Placement:
    """The placement of a part of a line; a changed number is read with the sign and unit beside it."""
    placement = replace(placement, stayed=o.found.rest)
    if o.whole is o.found:
        return placement
    quads: list[Quad] = [line.quad for line in o.whole.lines]
    for a, b, c, d in placement.corners:
        quads.append((a, b, c, d))
    outline = hull(quads, placement.angle)
    note = "; ".join(n for n in (f"only {o.text} was changed", placement.note) if n)
    return replace(placement, lines=(o.edit.replacement,), corners=(outline,), note=note)


def _lead(styles: Sequence[LineStyle]) -> LineStyle:
    """The first line's style in the median size, which is that of the block."""
    return replace(styles[0], size=float(np.median([s.size for s in styles])))
