"""Setting a replacement where a text stood: same middle, same slant, same colour, the right faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.errors import EngineError
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.alignment import Alignment
from localizer.text.columns import is_set_in_columns, lay_down, set_columns, turned_room
from localizer.text.fonts import BOLD, REGULAR, Face, stack
from localizer.text.layout import MAX_LINES, MIN_SCALE, Setting, fit, natural_alignment
from localizer.text.render import PlacedLine
from localizer.text.shaping import ShapedLine
from localizer.text.space import Room
from localizer.text.style import LineStyle, optical_band, unturn

if TYPE_CHECKING:
    import numpy.typing as npt

_SLIDE = 0.6  # scale below which a text may leave its alignment rather than shrink further
# Titles, as designers of posters set them again in other languages: see `_set_title`.
_AIRY = 0.09  # of the page's width, a comfortable margin beside a title
_GIVES = 0.75  # scale down to which a title keeps comfortable margins, or its middle
_STAYS = 0.9  # scale down to which a title set from a margin keeps to that margin
_ONE_LINE = 0.65  # scale down to which a title stays on one line
_WITHOUT_END = 1e6
_BASELINE_SCRIPTS = {"Latn", "Cyrl", "Grek"}
_SQUARE_SCRIPTS = {"Hans", "Hant", "Jpan", "Kore"}


@dataclass(frozen=True, slots=True)
class SetText:
    """Type, placed on an image.

    Attributes:
        scale: size over the size of the source type.
        split: a phrase had to be broken in two.
        moved: the text left its edge or its middle, for want of width.
        vertical: the lines are columns of upright characters.
    """

    lines: tuple[PlacedLine, ...]
    colour: tuple[int, int, int]
    scale: float
    fits: bool
    faces: tuple[Face, ...]
    split: bool = False
    moved: bool = False
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


def set_text(
    text: str,
    styles: Sequence[LineStyle],
    room: Room,
    *,
    locale: str,
    source_locale: str,
    hang: Alignment,
    page: tuple[int, int],
    brand_fonts: tuple[str, ...] = (),
    attribute: Mapping[str, str] | None = None,
    most: float = 1.0,
) -> SetText:
    """Set a replacement in the style and place of the source lines.

    Args:
        styles: measured source lines, at least one.
        room: where ink may go.
        hang: of the source block.
        page: width and height of the image, pixels.
        most: largest scale, where lines of one style are to keep one size.

    Raises:
        EngineError: there is nothing to measure by.
    """
    if not styles:
        raise EngineError("the source type could not be measured")
    attribute = attribute or {}
    lead = styles[0]
    if lead.vertical and not is_set_in_columns(locale):
        styles, room = lay_down(styles, room)
        lead, hang = styles[0], replace(hang, side="center")
    size = _wanted_size(attribute, float(np.median([s.size for s in styles])))
    weight = _wanted_weight(attribute, int(np.median([s.weight for s in styles])))
    faces = stack(locale, weight=weight, slant=lead.slant, family=lead.family, text=text, brand=brand_fonts)
    if lead.vertical:
        place = (room.left, room.top, room.right, room.bottom)
        columns = set_columns(text, faces, locale, styles, place, size=size, least=MIN_SCALE)
        colour = _wanted_colour(attribute, lead.colour)
        return SetText(
            columns.lines, colour, columns.scale, columns.fits, faces, columns.split, vertical=True
        )
    span = min(s.ink[0] for s in styles), max(s.ink[2] for s in styles)
    v0, v1 = min(s.ink[1] for s in styles), max(s.ink[3] for s in styles)
    if "align" in attribute:
        hang = replace(hang, side=attribute["align"])
    upright = lead.angle == 0
    left, right = (room.left, room.right) if upright else _along(*span, size)
    top, bottom = (room.top, room.bottom) if upright else (v0 - 0.15 * size, v1 + 0.15 * size)
    if lead.angle in {90.0, -90.0, 180.0, -180.0}:
        left, top, right, bottom = turned_room(room, lead.angle)
    same_script = script_of(locale) == script_of(source_locale)

    def attempt(width: float, most_lines: int = MAX_LINES) -> Setting:
        return fit(
            text,
            faces,
            locale,
            size=size,
            width=width,
            height=bottom - top,
            source_lines=len(styles),
            source_width=span[1] - span[0],
            pitch=_source_pitch(styles),
            tracking=lead.tracking if same_script else 0.0,
            stretch=lead.stretch,
            most_lines=most_lines,
        )

    limits = left, right
    if hang.alone and upright:
        setting, anchor, side = _set_title(attempt, span, limits, hang.side, page[0])
    else:
        setting, anchor, side = _set_block(attempt, span, limits, hang.side, size, lead.stretch)
    if setting.scale > most:
        k = most / setting.scale
        setting = replace(setting, size=setting.size * k, scale=most, pitch=setting.pitch * k)
    first = _first_baseline(setting, styles, locale, source_locale, (top, bottom), hang)
    placed = _place(setting, first, anchor, side, lead)
    colour = _wanted_colour(attribute, lead.colour)
    moved = side != hang.side or abs(anchor - _anchor(span, side)) > 1.0
    return SetText(placed, colour, setting.scale, setting.fits, faces, setting.split, moved)


def set_in_rooms(rooms: Sequence[Room], text: str, styles: Sequence[LineStyle], **options: Any) -> SetText:
    """`set_text` in the first room, or in a later, wider one.

    The wider one is taken where the first costs too much size, more lines than the source had, or the
    place.
    """
    made = set_text(text, styles, rooms[0], **options)
    for room in rooms[1:]:
        if made.scale >= _GIVES and len(made.lines) <= len(styles) and not made.moved:
            break
        wider = set_text(text, styles, room, **options)
        larger = made.scale < _GIVES and wider.scale > made.scale + 0.05
        if larger or len(wider.lines) < len(made.lines) or (made.moved and not wider.moved):
            made = wider
    return made


def _kept(span: tuple[float, float], limits: tuple[float, float], side: str) -> float:
    """Width that there is while the text keeps its edge or its middle."""
    middle = (span[0] + span[1]) / 2
    keeping = {"left": limits[1] - span[0], "right": span[1] - limits[0]}
    return keeping.get(side, 2 * min(middle - limits[0], limits[1] - middle))


def _anchor(span: tuple[float, float], side: str) -> float:
    return {"left": span[0], "right": span[1]}.get(side, (span[0] + span[1]) / 2)


def _set_block(
    attempt: Callable[..., Setting],
    span: tuple[float, float],
    limits: tuple[float, float],
    side: str,
    size: float,
    stretch: float,
) -> tuple[Setting, float, str]:
    """Text that belongs with others keeps its edge or its middle; setting, anchor and side."""
    left, right = limits
    width = max(_kept(span, limits, side), span[1] - span[0])
    setting, anchor = attempt(width), _anchor(span, side)
    if setting.scale < _SLIDE and right - left > width + 0.25 * size:
        # Keeping the anchor would cost too much size: use the whole room, as near to the old place as can be.
        wider = attempt(right - left)
        if wider.scale > setting.scale + 0.05:
            setting, anchor = wider, _slide(wider, side, anchor, left, right, stretch)
    return setting, anchor, side


def _set_title(
    attempt: Callable[..., Setting],
    span: tuple[float, float],
    limits: tuple[float, float],
    side: str,
    page: float,
) -> tuple[Setting, float, str]:
    """A title stays on one line and keeps its edge or its middle; too long, it moves to the page's middle.

    Margins and size give way in turns: first the size, down to three quarters of it within comfortable
    margins, then the margins, then the size again. Then only is a title broken into lines.
    """
    airy = _AIRY * page
    inner = max(limits[0], min(airy, span[0])), min(limits[1], page - min(airy, page - span[1]))
    even = min(inner[0], page - inner[1])
    whole = max(limits[0], even), min(limits[1], page - even)
    natural = attempt(_WITHOUT_END, 1).width

    def on_one_line(comfortable: float, possible: float) -> Setting:
        return attempt(max(comfortable, min(possible, _GIVES * natural), 1.0), 1)

    # Hung from a margin, it keeps at least as much of a margin on the other side.
    best = on_one_line(_kept(span, inner, side), _kept(span, limits if side == "center" else inner, side))
    anchor = _anchor(span, side)
    if best.scale < (_GIVES if side == "center" else _STAYS):
        moved = on_one_line(whole[1] - whole[0], limits[1] - limits[0])
        if moved.scale > best.scale + 0.05:
            # Off the middle on purpose, it moves no further than it must; from a margin, to the middle.
            goal = anchor if side == "center" else (whole[0] + whole[1]) / 2
            low, high = whole if moved.width <= whole[1] - whole[0] + 1 else limits
            best, side, wide = moved, "center", moved.width / 2
            anchor = max(low + wide, min(goal, high - wide))
    if best.scale >= _ONE_LINE:
        return best, anchor, side
    broken = attempt(max(_kept(span, inner, side), span[1] - span[0]))
    return (broken, _anchor(span, side), side) if broken.scale > best.scale + 0.2 else (best, anchor, side)


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


def _first_baseline(
    setting: Setting,
    styles: Sequence[LineStyle],
    locale: str,
    source_locale: str,
    room: tuple[float, float],
    hang: Alignment,
) -> float:
    """Baseline of the first line: on that of the source, else about the same optical middle, in the room."""
    count, old = len(setting.lines), len(styles)
    pitch, size = setting.pitch, setting.size
    ordered = sorted(styles, key=lambda s: s.baseline)
    if _keeps_baseline(locale, source_locale) and count == old and setting.scale > 0.9:
        first = float(np.mean([s.baseline - i * pitch for i, s in enumerate(ordered)]))
    else:
        bands = [_band(line, locale, source_locale) for line in setting.lines]
        offsets = [i * pitch - size * (b[0] + b[1]) / 2 for i, b in enumerate(bands)]
        if hang.firm and hang.side != "center" and count > old:  # a column grows downwards
            first = ordered[0].centre - float(np.mean(offsets[:old]))
        else:
            first = float(np.mean([s.centre for s in ordered])) - float(np.mean(offsets))
    # A block that is taller than the old one may not stay where it was: slide it into the room.
    over = first - setting.lines[0].ink[3] * size
    under = first + (count - 1) * pitch - setting.lines[-1].ink[1] * size
    return first + (max(0.0, room[0] - over) or min(0.0, room[1] - under))


def _keeps_baseline(locale: str, source_locale: str) -> bool:
    return script_of(locale) == script_of(source_locale) and script_of(locale) in _BASELINE_SCRIPTS


def _band(line: ShapedLine, locale: str, source_locale: str) -> tuple[float, float]:
    """What of a line is centred on the middle of the source's ink, em above the baseline.

    Ideographs fill their square, below the baseline too. Letters that take their place are therefore
    centred with a part of their descenders, whether the word at hand has any or not: words in one row
    keep one baseline.
    """
    if script_of(source_locale) in _SQUARE_SCRIPTS and script_of(locale) in _BASELINE_SCRIPTS:
        return -0.16, 0.75
    return optical_band(line, locale)


def _place(
    setting: Setting, first: float, anchor: float, side: str, lead: LineStyle
) -> tuple[PlacedLine, ...]:
    out = []
    for i, line in enumerate(setting.lines):
        k = setting.size * lead.stretch
        x0, x1 = line.ink[0] * k, line.ink[2] * k
        u = anchor - {"left": x0, "right": x1}.get(side, (x0 + x1) / 2)
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
    middle = _first_baseline(replace(setting, scale=0.0), [style], locale, "und", (y0, y1), Alignment(align))
    placed = _place(setting, middle, anchor, align, style)
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


__all__ = ["MIN_SCALE", "SetText", "contrast", "luminance", "set_in_box", "set_text"]
