"""Text on a surface that is seen at an angle: measured, fitted and set on the surface laid flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.arranging import Arranged, Occurrence
from localizer.engines.base import EditRequest
from localizer.text.alignment import alignment
from localizer.text.locate import Found
from localizer.text.perspective import Shape, Surface, shape_of, warped
from localizer.text.plate import Erased, measure_text
from localizer.text.reading import Quad, TextLine
from localizer.text.space import Room, find_rooms
from localizer.text.style import locale_of_text, turn, unturn
from localizer.text.typesetting import set_in_rooms

if TYPE_CHECKING:
    import numpy.typing as npt

_FLAT = 0.1  # relative change of size that may be left on a surface laid flat


def arrange_on_surface(
    request: EditRequest,
    plate: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    o: Occurrence,
    staying: Sequence[TextLine],
) -> tuple[Arranged | None, str]:
    """A replacement on the surface that its text stands on, and what a person must be asked of it.

    None where the surface is seen straight on, or cannot be measured.

    Args:
        plate: H x W x 3 uint8, erased.
        hole: H x W bool, what was erased.
        staying: lines that stay.
    """
    shapes = _shapes_of(o.found, o.erased, request.job.source_locale)
    text = o.found.text.replace("\n", " ")
    if any(shape is not None and shape.arched for shape in shapes):
        return None, f"“{text}” stands on an arc; the new text is set straight"
    surface = _surface_of(shapes)
    if surface is None:
        return None, ""
    arranged, level = _set_on(surface, request, plate, hole, o, staying)
    if arranged is None or not level:
        return arranged, f"“{text}” stands in perspective, which could not be measured well"
    return arranged, ""


def _shapes_of(found: Found, erased: Erased, locale: str) -> list[Shape | None]:
    """The shape of each line of a text that was measured, with its quad in image pixels."""
    if len(erased.inks) != len(found.lines) or any(line.vertical for line in found.lines):
        return []
    out: list[Shape | None] = []
    for line, (window, ink), style in zip(found.lines, erased.inks, erased.styles, strict=True):
        ys, xs = np.nonzero(ink.strokes)
        pixels = np.stack([xs + window[0] + 0.5, ys + window[1] + 0.5], 1).astype(np.float64)
        shape = shape_of(line.text, turn(pixels, style.angle), locale_of_text(line.text, locale))
        if shape is not None and shape.quad is not None:
            a, b, c, d = (unturn(u, v, style.angle) for u, v in shape.quad)
            shape = replace(shape, quad=(a, b, c, d))
        out.append(shape)
    return out


def _surface_of(shapes: Sequence[Shape | None]) -> Surface | None:
    """The surface that the lines of a block stand on, or None if it is seen straight on."""
    quads = [shape.quad for shape in shapes if shape is not None and shape.quad is not None]
    if not quads or len(quads) < 0.5 * len(shapes):
        return None
    return Surface.under(max(quads, key=_area))


def _area(quad: Quad) -> float:
    xs, ys = zip(*quad, strict=True)
    return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


def _set_on(
    surface: Surface,
    request: EditRequest,
    plate: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    o: Occurrence,
    staying: Sequence[TextLine],
) -> tuple[Arranged | None, bool]:
    """The text, set on the surface, and whether it lies flat there, as on the right surface it must."""
    job = request.job
    flat_plate = surface.picture(plate)
    found = replace(o.found, lines=tuple(surface.line(line) for line in o.found.lines))
    styles, inks = measure_text(
        surface.picture(request.rgb), flat_plate, found, o.text, locale=job.source_locale
    )
    if not styles:
        return None, False
    flat = replace(o, found=found, erased=replace(o.erased, styles=styles, inks=inks))
    left = _shapes_of(found, flat.erased, job.source_locale)
    level = bool(left) and all(s is None or abs(s.converging) < _FLAT for s in left)
    obstacles = [surface.box(line.quad) for line in staying]
    rooms = find_rooms(
        flat_plate,
        surface.picture(hole.astype(np.uint8)) > 0,
        flat.ink,
        height=flat.height,
        obstacles=obstacles,
        plain=o.erased.plain,
    )
    made = set_in_rooms(
        rooms,
        o.replacement,
        styles,
        locale=job.locale,
        source_locale=locale_of_text(found.text, job.source_locale),
        hang=alignment(styles, rooms[-1], surface.size[0], obstacles),
        page=surface.size,
        brand_fonts=request.brand.fonts,
        attribute=o.edit.attribute,
    )
    height, width = plate.shape[:2]
    made = replace(made, lines=warped(made.lines, surface))
    return Arranged(o, made, Room(0, 0, width, height)), level
