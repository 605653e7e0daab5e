"""Setting a replacement where a text stood: same middle, same slant, same colour, the right faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from localizer.errors import EngineError
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.alignment import Alignment
from localizer.text.columns import is_set_in_columns, lay_down, set_columns, turned_room
from localizer.text.families import Kind, candidates
from localizer.text.families import family as find_family
from localizer.text.fonts import Face, stack
from localizer.text.layout import MAX_LINES, MIN_SCALE, Setting, fit
from localizer.text.render import PlacedLine
from localizer.text.shaping import ShapedLine, shape_line
from localizer.text.space import Room
from localizer.text.style import LineStyle, locale_of_text, optical_band, unturn
from localizer.text.wishes import Wishes, wishes

_SLIDE = 0.6  # scale below which a text may leave its alignment rather than shrink further
# Titles, as designers of posters set them again in other languages: see `_set_title`.
_AIRY = 0.1  # of the page's width, a comfortable margin beside a title
_GIVES = 0.78  # scale down to which a title keeps comfortable margins, or its middle
_STAYS = 0.9  # scale down to which a title set from a margin keeps to that margin
_ONE_LINE = 0.65  # scale down to which a title stays on one line
_LETTERS = 0.9  # of the size, for letters in a title that was of ideographs: a word is wider and looks larger
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
        side: the edge or the middle on which the lines are aligned.
        usual: scale at which nothing had to be shrunk.
        vertical: the lines are columns of upright characters.
    """

    lines: tuple[PlacedLine, ...]
    colour: tuple[int, int, int]
    scale: float
    fits: bool
    faces: tuple[Face, ...]
    split: bool = False
    moved: bool = False
    side: str = "center"
    usual: float = 1.0
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
    wish, lead = wishes(attribute or {}), styles[0]
    text = wish.cased(text)
    if lead.vertical and not is_set_in_columns(locale):
        styles, room = lay_down(styles, room)
        lead, hang = styles[0], replace(hang, side="center", alone=False)
    size = float(np.median([s.size for s in styles]))
    size = wish.size.of(size) if wish.size else size
    weight = int(np.median([s.weight for s in styles]))
    faces = wished_faces(wish, text, locale, brand_fonts, weight=weight, slant=lead.slant, family=lead.family)
    colour = wish.colour or lead.colour
    if lead.vertical:
        place = (room.left, room.top, room.right, room.bottom)
        columns = set_columns(text, faces, locale, styles, place, size=size, least=MIN_SCALE)
        return SetText(
            columns.lines, colour, columns.scale, columns.fits, faces, columns.split, vertical=True
        )
    span = min(s.ink[0] for s in styles), max(s.ink[2] for s in styles)
    v0, v1 = min(s.ink[1] for s in styles), max(s.ink[3] for s in styles)
    hang = replace(hang, side=wish.side) if wish.side else hang
    upright = lead.angle == 0
    left, right = (room.left, room.right) if upright else _along(*span, size)
    top, bottom = (room.top, room.bottom) if upright else (v0 - 0.15 * size, v1 + 0.15 * size)
    if lead.angle in {90.0, -90.0, 180.0, -180.0}:
        left, top, right, bottom = turned_room(room, lead.angle)
    tracking = lead.tracking if _same_script(locale_of_text(text, locale), source_locale) else 0.0
    tracking = tracking if wish.tracking is None else wish.tracking

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
            pitch=wish.line_spacing or _source_pitch(styles),
            tracking=tracking,
            stretch=lead.stretch,
            most_lines=most_lines,
        )

    limits = left, right
    written = locale_of_text(text, locale)
    title = hang.alone and upright
    eased = _LETTERS if title and not wish.size and _replaces_square(written, source_locale) else 1.0
    size *= eased
    if title:
        setting, anchor, side = _set_title(attempt, span, limits, hang.side, page[0], most / eased)
    else:
        setting, anchor, side = _set_block(attempt, span, limits, hang.side)
    setting = replace(setting, scale=setting.scale * eased).at_most(most)
    first = first_baseline(setting, styles, written, source_locale, (top, bottom), hang, faces)
    moved = side != hang.side or abs(anchor - _anchor(span, side)) > 1.0
    if not moved and all(s.pen is not None for s in styles):
        pens = [s.pen for s in styles if s.pen is not None]
        anchor = _anchor((min(p[0] for p in pens), max(p[1] for p in pens)), side)
        placed = place_lines(setting, first, anchor, side, lead, limits=limits)
    else:
        placed = place_lines(setting, first, anchor, side, lead)
    return SetText(
        placed, colour, setting.scale, setting.fits, faces, setting.split, moved, side=side, usual=eased
    )


def set_in_rooms(rooms: Sequence[Room], text: str, styles: Sequence[LineStyle], **options: Any) -> SetText:
    """`set_text` in the first room, or in a wider one where that costs size, lines or the old place."""
    made = set_text(text, styles, rooms[0], **options)
    for room in rooms[1:]:
        if made.scale >= _GIVES * _LETTERS and len(made.lines) <= len(styles) and not made.moved:
            break
        wider = set_text(text, styles, room, **options)
        larger = made.scale < _GIVES * _LETTERS and wider.scale > made.scale + 0.05
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
) -> tuple[Setting, float, str]:
    """Text that belongs with others keeps its edge or its middle; setting, anchor and side."""
    left, right = limits
    width = max(_kept(span, limits, side), span[1] - span[0])
    setting, anchor = attempt(width), _anchor(span, side)
    if setting.scale < _SLIDE:
        # Keeping the anchor would cost too much size: use the whole room, as near to the old place as can be.
        # It gains no more than it would have to keep, or a little more room would make it smaller again.
        setting = attempt(max(width, right - left)).at_most(_SLIDE)
        anchor = _slide(setting, side, anchor, left, right)
    return setting, anchor, side


def _set_title(
    attempt: Callable[..., Setting],
    span: tuple[float, float],
    limits: tuple[float, float],
    side: str,
    page: float,
    most: float,
) -> tuple[Setting, float, str]:
    """A title stays on one line and keeps its edge or its middle; too long, it moves to the page's middle.

    Margins and size give way in turns: first the size, down to about three quarters, within comfortable
    margins, then the margins, then the size again. Then only is a title broken into lines.
    """
    airy = _AIRY * page
    inner = max(limits[0], min(airy, span[0])), min(limits[1], page - min(airy, page - span[1]))
    even = min(inner[0], page - inner[1])
    whole = max(limits[0], even), min(limits[1], page - even)
    natural = attempt(_WITHOUT_END, 1).width

    def on_one_line(comfortable: float, possible: float) -> Setting:
        return attempt(max(comfortable, min(possible, _GIVES * natural), 1.0), 1).at_most(most)

    # Hung from a margin, it keeps at least as much of a margin on the other side.
    best = on_one_line(_kept(span, inner, side), _kept(span, limits if side == "center" else inner, side))
    anchor, hung = _anchor(span, side), side
    stays = min(most, _GIVES if side == "center" else _STAYS)
    if best.scale < stays:
        # As large as it would stay and no larger, or a little more room would make it smaller again.
        moved = on_one_line(whole[1] - whole[0], limits[1] - limits[0]).at_most(stays)
        if moved.scale > best.scale:
            # Off the middle on purpose, it moves no further than it must; from a margin, to the middle.
            low, high = whole if moved.width <= whole[1] - whole[0] + 1 else limits
            if side != "center" and len(moved.lines) == 1:
                hung, anchor = "center", (whole[0] + whole[1]) / 2
            best, anchor = moved, _slide(moved, hung, anchor, low, high)
    if best.scale >= _ONE_LINE:
        return best, anchor, hung
    broken = attempt(max(_kept(span, inner, side), span[1] - span[0]))
    return (broken, _anchor(span, side), side) if broken.scale > best.scale + 0.2 else (best, anchor, hung)


def wished_faces(
    wish: Wishes,
    text: str,
    locale: str,
    brand_fonts: tuple[str, ...],
    *,
    weight: int,
    slant: int = 0,
    family: str = "",
) -> tuple[Face, ...]:
    """The faces for a text: those asked for, else the given style's.

    Raises:
        EngineError: the font that is asked for is neither the brand's nor installed.
    """
    brand, named = wish.fonts(brand_fonts)
    if named:
        kind = {"sans-serif": "sans"}.get(named.casefold(), named.casefold())
        if kind in set(Kind):
            named = _usual(kind, text, locale)
        elif find_family(named) is None:
            raise EngineError(f"attribute font: {named!r} is neither a font of the brand nor installed")
    return stack(
        locale,
        weight=weight if wish.weight is None else wish.weight,
        slant=slant if wish.slant is None else wish.slant,
        family=named if wish.font else family,
        text=text,
        brand=brand,
    )


def _usual(kind: str, text: str, locale: str) -> str:
    """Name of the family to take where only a kind of type is asked for; empty for the script's usual one."""
    script = script_of(locale)
    like = [f.name for f in candidates(script) if f.kind == kind and f.covers(text, script)]
    return next((name for name in like if name.startswith("Noto")), like[0] if like else "")


def _along(u0: float, u1: float, size: float) -> tuple[float, float]:
    """Room along a slanted text: nothing was measured there, so it stays about as long as it was."""
    return u0 - 0.25 * size, u1 + 0.25 * size


def _source_pitch(styles: Sequence[LineStyle]) -> float | None:
    if len(styles) < 2:
        return None
    steps = np.diff(sorted(s.baseline for s in styles))
    pitch = float(np.median(steps)) / float(np.median([s.size for s in styles]))
    return pitch if 0.9 <= pitch <= 2.5 else None


def _slide(setting: Setting, align: str, anchor: float, left: float, right: float) -> float:
    wide = setting.width
    if align == "left":
        return max(left, min(anchor, right - wide))
    if align == "right":
        return min(right, max(anchor, left + wide))
    return max(left + wide / 2, min(anchor, right - wide / 2))


def first_baseline(
    setting: Setting,
    styles: Sequence[LineStyle],
    locale: str,
    source_locale: str,
    room: tuple[float, float],
    hang: Alignment,
    faces: tuple[Face, ...],
) -> float:
    """Baseline of the first line: on that of the source, else about the same optical middle, in the room.

    Args:
        locale, source_locale: whose scripts the two texts are really in: a price is in Latin script.
    """
    count, old = len(setting.lines), len(styles)
    pitch, size = setting.pitch, setting.size
    ordered = sorted(styles, key=lambda s: s.baseline)
    keeps = _same_script(locale, source_locale) and script_of(locale) in _BASELINE_SCRIPTS
    if keeps and count == old and setting.scale > 0.9:
        first = float(np.mean([s.baseline - i * pitch for i, s in enumerate(ordered)]))
    else:
        level = styles[0].angle == 0  # on its side, a word hangs between its neighbours by its capitals
        bands = [_band(line, locale, source_locale if level else locale, faces) for line in setting.lines]
        offsets = [i * pitch - size * (b[0] + b[1]) / 2 for i, b in enumerate(bands)]
        if hang.firm and hang.side != "center" and count > old:  # a column grows downwards
            first = ordered[0].centre - float(np.mean(offsets[:old]))
        else:
            first = float(np.mean([s.centre for s in ordered])) - float(np.mean(offsets))
    # A block that is taller than the old one may not stay where it was: slide it into the room.
    over = first - setting.lines[0].ink[3] * size
    under = first + (count - 1) * pitch - setting.lines[-1].ink[1] * size
    return first + (max(0.0, room[0] - over) or min(0.0, room[1] - under))


def _same_script(locale: str, source_locale: str) -> bool:
    return script_of(locale) == script_of(source_locale)


def _replaces_square(locale: str, source_locale: str) -> bool:
    """Whether letters take the place of ideographs or syllables, which fill their square."""
    return script_of(source_locale) in _SQUARE_SCRIPTS and script_of(locale) in _BASELINE_SCRIPTS


def _band(line: ShapedLine, locale: str, source_locale: str, faces: tuple[Face, ...]) -> tuple[float, float]:
    """What of a line is centred on the middle of the source's ink, em above the baseline.

    Ideographs fill their square, below the baseline too. Letters that take their place are therefore
    centred from descender to capital, whether the word at hand has both or not: words in one row keep one
    baseline.
    """
    if not _replaces_square(locale, source_locale):
        return optical_band(line, locale)
    letters = shape_line("Hp", faces, locale).ink
    return letters[1], letters[3]


def place_lines(
    setting: Setting,
    first: float,
    anchor: float,
    side: str,
    lead: LineStyle,
    *,
    limits: tuple[float, float] | None = None,
) -> tuple[PlacedLine, ...]:
    """Lines on their baselines, aligned by their ink; by their side bearings too where limits are given."""
    out = []
    for i, line in enumerate(setting.lines):
        k = setting.size * lead.stretch
        x0, x1 = line.ink[0] * k, line.ink[2] * k
        if limits is None:
            u = anchor - {"left": x0, "right": x1}.get(side, (x0 + x1) / 2)
        else:
            wide = line.advance * k
            u = anchor - {"left": 0.0, "right": wide}.get(side, wide / 2)
            u += max(0.0, limits[0] - u - x0) or min(0.0, limits[1] - u - x1)
        x, y = unturn(u, first + i * setting.pitch, lead.angle)
        out.append(PlacedLine(line, x, y, setting.size, lead.stretch, lead.angle))
    return tuple(out)
