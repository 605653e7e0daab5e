"""Text on a surface that is seen at an angle: measured, fitted and set on the surface laid flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import EditRequest
from localizer.model import Edit
from localizer.text.alignment import alignment
from localizer.text.locate import Found
from localizer.text.perspective import Shape, Surface, shape_of, warped
from localizer.text.plate import Erased, measure_text
from localizer.text.reading import Quad, TextLine
from localizer.text.space import measure_room
from localizer.text.style import locale_of_text, turn, unturn
from localizer.text.typesetting import SetText, set_text

if TYPE_CHECKING:
    import numpy.typing as npt

_FLAT = 0.1  # relative change of size that may be left on a surface laid flat


def shapes_of(found: Found, erased: Erased, locale: str) -> list[Shape | None]:
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


def surface_of(shapes: Sequence[Shape | None]) -> Surface | None:
    """The surface that the lines of a block stand on, or None if it is seen straight on."""
    quads = [shape.quad for shape in shapes if shape is not None and shape.quad is not None]
    if not quads or len(quads) < 0.5 * len(shapes):
        return None
    return Surface.under(max(quads, key=_area))


def _area(quad: Quad) -> float:
    xs, ys = zip(*quad, strict=True)
    return float((max(xs) - min(xs)) * (max(ys) - min(ys)))


def set_on_surface(
    request: EditRequest,
    plate: npt.NDArray[np.uint8],
    edit: Edit,
    text: tuple[str, str],
    found: Found,
    erased: Erased,
    surface: Surface,
    staying: Sequence[TextLine],
) -> tuple[SetText, bool] | None:
    """Set a replacement on a surface; None if the type cannot be measured there.

    Args:
        text: what changes, and into what.

    The flag says whether the text lies flat on the surface, as it must if the surface is the right one.
    """
    job = request.job
    flat_source, flat_plate = surface.picture(request.rgb), surface.picture(plate)
    lines = tuple(surface.line(line) for line in found.lines)
    flat = replace(found, lines=lines)
    styles, inks = measure_text(flat_source, flat_plate, flat, text[0], locale=job.source_locale)
    if not styles:
        return None
    again = shapes_of(flat, replace(erased, styles=styles, inks=inks), job.source_locale)
    level = bool(again) and all(s is None or abs(s.converging) < _FLAT for s in again)
    ink = (
        int(min(s.ink[0] for s in styles)),
        int(min(s.ink[1] for s in styles)),
        int(np.ceil(max(s.ink[2] for s in styles))),
        int(np.ceil(max(s.ink[3] for s in styles))),
    )
    obstacles = [surface.box(line.quad) for line in staying]
    room = measure_room(
        flat_plate,
        ink,
        height=float(np.median([s.ink[3] - s.ink[1] for s in styles])),
        obstacles=obstacles,
        plain=erased.plain,
    )
    made = set_text(
        text[1],
        styles,
        room,
        locale=job.locale,
        source_locale=job.source_locale,
        hang=alignment(styles, room, surface.size[0], obstacles),
        page=surface.size,
        brand_fonts=request.brand.fonts,
        attribute=edit.attribute,
    )
    return replace(made, lines=warped(made.lines, surface)), level
