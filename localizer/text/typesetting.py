"""Setting a replacement where a text stood: same middle, same slant, same colour, the right faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.errors import EngineError
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.columns import is_set_in_columns, lay_down, set_columns, turned_room
from localizer.text.fonts import BOLD, REGULAR, Face, stack
from localizer.text.layout import MIN_SCALE, Setting, fit, natural_alignment
from localizer.text.render import PlacedLine
from localizer.text.space import Room
from localizer.text.style import LineStyle, optical_band, unturn

if TYPE_CHECKING:
    import numpy.typing as npt

_SLIDE = 0.6  # scale below which a text may leave its alignment rather than shrink further
_BASELINE_SCRIPTS = {"Latn", "Cyrl", "Grek"}


@dataclass(frozen=True, slots=True)
class SetText:
    """Type, placed on an image.

    Attributes:
        scale: size over the size of the source type.
        split: a phrase had to be broken in two.
        vertical: the lines are columns of upright characters.
    """

    lines: tuple[PlacedLine, ...]
    colour: tuple[int, int, int]
    scale: float
    fits: bool
    faces: tuple[Face, ...]
    split: bool = False
    vertical: bool = False

    @property
    def missing(self) -> str:
        """Characters without a glyph in any face."""
        return "".join(dict.fromkeys("".join(p.line.missing for p in self.lines)))

    @property
    def cap_height(self) -> float:
        """Of the main face as set, pixels."""
        return self.lines[0].size * self.faces[0].cap_height if self.lines else 0.0

    @property
    def box(self) -> Box:
        boxes = [p.box for p in self.lines]
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )


def alignment(styles: Sequence[LineStyle], room: Room, image_width: int, others: Sequence[Box]) -> str:
    """How a block is aligned: by its own lines if there are several, else by its neighbours and its panel."""
    lefts, rights = [s.ink[0] for s in styles], [s.ink[2] for s in styles]
    size = styles[0].size
    if styles[0].angle != 0 and len(styles) == 1:
        return "center"  # a sticker or a ribbon
    if len(styles) > 1:
        middles = [(a + b) / 2 for a, b in zip(lefts, rights, strict=True)]
        spreads = {"left": np.ptp(lefts), "center": np.ptp(middles), "right": np.ptp(rights)}
        return min(("left", "center", "right"), key=lambda k: float(spreads[k]))
    left, right = lefts[0], rights[0]
    middle = (left + right) / 2
    if room.panel and abs((left - room.left) - (room.right - right)) < 0.5 * size:
        return "center"
    near = 0.25 * size
    votes = {
        "center": sum(abs((b[0] + b[2]) / 2 - middle) < near for b in others),
        "left": sum(abs(b[0] - left) < 2 * near for b in others),
        "right": sum(abs(b[2] - right) < 2 * near for b in others),
    }
    if abs(middle - image_width / 2) < 0.025 * image_width:
        votes["center"] += 2
    best = max(("left", "center", "right"), key=lambda k: votes[k])
    if votes[best]:
        return best
    return "left" if middle < 0.66 * image_width else "right"


def set_text(
    text: str,
    styles: Sequence[LineStyle],
    room: Room,
    *,
    locale: str,
    source_locale: str,
    align: str,
    brand_fonts: tuple[str, ...] = (),
    attribute: Mapping[str, str] | None = None,
) -> SetText:
    """Set a replacement in the style and place of the source lines.

    Args:
        styles: measured source lines, at least one.
        room: where ink may go.
        align: ``left``, ``center`` or ``right``, of the source block.

    Raises:
        EngineError: there is nothing to measure by.
    """
    if not styles:
        raise EngineError("the source type could not be measured")
    attribute = attribute or {}
    lead = styles[0]
    if lead.vertical and not is_set_in_columns(locale):
        styles, room = lay_down(styles, room)
        lead, align = styles[0], "center"
    size = _wanted_size(attribute, float(np.median([s.size for s in styles])))
    weight = _wanted_weight(attribute, int(np.median([s.weight for s in styles])))
    faces = stack(locale, weight=weight, slant=lead.slant, family=lead.family, text=text, brand=brand_fonts)
    if lead.vertical:
        place = (room.left, room.top, room.right, room.bottom)
        columns = set_columns(text, faces, locale, styles, place, size=size, least=MIN_SCALE)
        colour = _wanted_colour(attribute, lead.colour)
        return SetText(columns.lines, colour, columns.scale, columns.fits, faces, columns.split, True)
    u0, u1 = min(s.ink[0] for s in styles), max(s.ink[2] for s in styles)
    v0, v1 = min(s.ink[1] for s in styles), max(s.ink[3] for s in styles)
    align = attribute.get("align", align)
    upright = lead.angle == 0
    left, right = (room.left, room.right) if upright else _along(u0, u1, size)
    top, bottom = (room.top, room.bottom) if upright else (v0 - 0.15 * size, v1 + 0.15 * size)
    if lead.angle in {90.0, -90.0, 180.0, -180.0}:
        left, top, right, bottom = turned_room(room, lead.angle)
    pitch = _source_pitch(styles)
    same_script = script_of(locale) == script_of(source_locale)
    options: dict[str, float | None] = {
        "tracking": lead.tracking if same_script else 0.0,
        "stretch": lead.stretch,
    }
    middle_v = float(np.mean([s.centre for s in styles]))
    height = bottom - top

    def attempt(width: float) -> Setting:
        return fit(
            text,
            faces,
            locale,
            size=size,
            width=width,
            height=height,
            source_lines=len(styles),
            source_width=u1 - u0,
            pitch=pitch,
            tracking=options["tracking"] or 0.0,
            stretch=options["stretch"] or 1.0,
        )

    middle_u = (u0 + u1) / 2
    width = {"left": right - u0, "right": u1 - left}.get(align, 2 * min(middle_u - left, right - middle_u))
    setting = attempt(max(width, u1 - u0))
    anchor = {"left": u0, "right": u1}.get(align, middle_u)
    if setting.scale < _SLIDE and right - left > width + 0.25 * size:
        # Keeping the anchor would cost too much size: use the whole room, as near to the old place as can be.
        wider = attempt(right - left)
        if wider.scale > setting.scale + 0.05:
            setting, anchor = wider, _slide(wider, align, anchor, left, right, lead.stretch)
    placed = _place(setting, locale, styles, anchor, align, same_script, middle_v, lead, (top, bottom))
    colour = _wanted_colour(attribute, lead.colour)
    return SetText(placed, colour, setting.scale, setting.fits, faces, setting.split)


def _along(u0: float, u1: float, size: float) -> tuple[float, float]:
    """Room along a slanted text: nothing was measured there, so it stays about as long as it was."""
    return u0 - 0.25 * size, u1 + 0.25 * size


def _source_pitch(styles: Sequence[LineStyle]) -> float | None:
    if len(styles) < 2:
        return None
    steps = np.diff(sorted(s.baseline for s in styles))
    pitch = float(np.median(steps)) / float(np.median([s.size for s in styles]))
    return pitch if 0.9 <= pitch <= 2.5 else None


def _slide(setting: Setting, align: str, anchor: float, left: float, right: float, stretch: float) -> float:
    wide = max(line.ink[2] - line.ink[0] for line in setting.lines) * setting.size * stretch
    if align == "left":
        return max(left, min(anchor, right - wide))
    if align == "right":
        return min(right, max(anchor, left + wide))
    return max(left + wide / 2, min(anchor, right - wide / 2))


def _place(
    setting: Setting,
    locale: str,
    styles: Sequence[LineStyle],
    anchor: float,
    align: str,
    same_script: bool,
    middle_v: float,
    lead: LineStyle,
    room: tuple[float, float],
) -> tuple[PlacedLine, ...]:
    bands = [optical_band(line, locale) for line in setting.lines]
    count = len(setting.lines)
    offsets = [i * setting.pitch - setting.size * (b[0] + b[1]) / 2 for i, b in enumerate(bands)]
    first = middle_v - float(np.mean(offsets))
    keeps_baseline = script_of(locale) in _BASELINE_SCRIPTS and same_script and count == len(styles)
    if keeps_baseline and setting.scale > 0.9:
        first = float(np.mean([s.baseline - i * setting.pitch for i, s in enumerate(styles)]))
    # A block that is taller than the old one may not stay centred on it: slide it into the room.
    over = first - setting.lines[0].ink[3] * setting.size
    under = first + (count - 1) * setting.pitch - setting.lines[-1].ink[1] * setting.size
    first += max(0.0, room[0] - over) or min(0.0, room[1] - under)
    out = []
    for i, line in enumerate(setting.lines):
        k = setting.size * lead.stretch
        x0, x1 = line.ink[0] * k, line.ink[2] * k
        u = anchor - {"left": x0, "right": x1}.get(align, (x0 + x1) / 2)
        x, y = unturn(u, first + i * setting.pitch, lead.angle)
        out.append(PlacedLine(line, x, y, setting.size, lead.stretch, lead.angle))
    return tuple(out)


def set_in_box(
    text: str,
    box: Box,
    plate: npt.NDArray[np.uint8],
    *,
    locale: str,
    brand_fonts: tuple[str, ...] = (),
    attribute: Mapping[str, str] | None = None,
) -> SetText:
    """Set new text as large as its box allows, in the colour asked for or the one that reads best there."""
    attribute = attribute or {}
    x0, y0, x1, y1 = box
    weight = _wanted_weight(attribute, BOLD)
    faces = stack(locale, weight=weight, brand=brand_fonts)
    size = _wanted_size(attribute, float(y1 - y0))
    setting = fit(text, faces, locale, size=size, width=x1 - x0, height=y1 - y0, source_lines=1, least=0.0)
    align = attribute.get("align", "center")
    align = {"start": natural_alignment(locale)}.get(align, align)
    ground = np.median(plate[y0:y1, x0:x1].reshape(-1, 3), axis=0)
    best = max(((255, 255, 255), (20, 20, 20)), key=lambda c: contrast(c, (ground[0], ground[1], ground[2])))
    anchor = {"left": float(x0), "right": float(x1)}.get(align, (x0 + x1) / 2)
    style = LineStyle(best, setting.size, weight, "", 1.0, 0.0, 0.0, (x0, y0, x1, y1), 0.0, (y0 + y1) / 2)
    placed = _place(
        replace(setting, scale=0.0), locale, [style], anchor, align, False, (y0 + y1) / 2, style, (y0, y1)
    )
    return SetText(placed, _wanted_colour(attribute, best), setting.scale, setting.fits, faces, setting.split)


def contrast(a: Sequence[float], b: Sequence[float]) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours, 1 to 21."""
    first, second = sorted((luminance(a), luminance(b)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def luminance(colour: Sequence[float]) -> float:
    """WCAG 2.2 relative luminance of an sRGB colour (0 to 255 a channel)."""
    linear = [
        c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _wanted_colour(attribute: Mapping[str, str], default: tuple[int, int, int]) -> tuple[int, int, int]:
    from PIL import ImageColor

    name = attribute.get("colour") or attribute.get("color")
    if not name:
        return default
    try:
        return ImageColor.getrgb(name)[:3]
    except ValueError as exc:
        raise EngineError(f"attribute colour: {name!r} is neither a CSS colour name nor #rrggbb") from exc


def _wanted_weight(attribute: Mapping[str, str], default: int) -> int:
    names = {"light": 300, "regular": REGULAR, "normal": REGULAR, "medium": 500, "bold": BOLD, "black": 900}
    value = attribute.get("weight")
    if not value:
        return default
    if value.lower() in names:
        return names[value.lower()]
    if value.isdigit() and 100 <= int(value) <= 1000:
        return int(value)
    raise EngineError(f"attribute weight: {value!r} is not one of {', '.join(names)} or 100 to 1000")


def _wanted_size(attribute: Mapping[str, str], default: float) -> float:
    value = attribute.get("size")
    if not value:
        return default
    try:
        size = float(value.removesuffix("px"))
    except ValueError as exc:
        raise EngineError(f"attribute size: {value!r} is not a number of pixels") from exc
    if not 4 <= size <= 4000:
        raise EngineError(f"attribute size: {value!r} is outside 4 to 4000 pixels")
    return size


__all__ = ["MIN_SCALE", "SetText", "alignment", "contrast", "luminance", "set_in_box", "set_text"]
