"""The erased plate: take one text off an image, measure it on the way, and make sure that it is gone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box, share_inside
from localizer.text.angle import block_angle
from localizer.text.effects import PLAIN, Effects
from localizer.text.erase import Eraser, blended, fill
from localizer.text.glyphmask import Ink, find_ink
from localizer.text.likeness import expect
from localizer.text.locate import Found
from localizer.text.measured_effects import Dressed, cast_on, common_effects, dress
from localizer.text.normalise import fold, similarity
from localizer.text.reading import Quad, TextLine, read_crop
from localizer.text.regions import bounds, dilate, polygon, small_islands
from localizer.text.style import InkedLine, LineStyle, locale_of_text, measure_block

if TYPE_CHECKING:
    import numpy.typing as npt

_GROWTH = (0.0, 0.05, 0.12)  # extra mask radius per try, as a share of the line height
_OWN_COLOUR = 40  # of 255 per channel, within which a pixel may be of the text
_LEFT_COLOUR = 24  # likewise, within which on a plain ground it is a rest of it
_ISLAND = 0.004  # of the squared height: what is so small inside a hole is a rest of a stroke, and bleeds
_SWASH = 0.1  # of the height, that strokes may reach beyond their line
_GONE = 0.5  # similarity below which a reading is no longer the text


@dataclass(frozen=True, slots=True)
class Erased:
    """What taking one text off has shown.

    Attributes:
        box: the erased ink, upright.
        styles: of its lines, as far as they could be measured, in reading order.
        plain: whether every line stood on a plain or graded ground.
        remains: what can still be read on the plate; empty if it is clean.
        ground: median colour of the plate where the text stood.
        hole: H x W bool, the pixels that were filled.
        effects: that the type had beside its colour.
        style_doubts: what the type looked like and could not be measured, in words that follow its text.
        inks: per style, the window of the image that its line was measured in and its ink there.
        patched: H x W bool, the part of the hole that was not simply a surface to be continued.
        severed: whether strokes of the text's colour go on where the hole ends.
    """

    box: Box
    styles: tuple[LineStyle, ...]
    plain: bool
    remains: str
    ground: tuple[int, int, int]
    hole: npt.NDArray[np.bool_]
    effects: Effects = PLAIN
    style_doubts: tuple[str, ...] = ()
    inks: tuple[tuple[Box, Ink], ...] = ()
    patched: npt.NDArray[np.bool_] | None = None
    severed: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    line: TextLine
    window: Box
    ink: Ink | None
    dressed: Dressed | None = None


def erase_text(
    source: npt.NDArray[np.uint8],
    plate: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    found: Found,
    *,
    locale: str,
    others: Sequence[TextLine],
    neighbours: Sequence[TextLine] = (),
    wanted: str = "",
    eraser: Eraser | None = None,
) -> Erased:
    """Take a text off the plate; `plate` and `mask` are changed in place.

    Args:
        source: H x W x 3 uint8, the image as it was; the type is measured on it.
        plate: H x W x 3 uint8.
        mask: H x W bool, the edit area so far.
        locale: of the text.
        others: lines that stay.
        neighbours: lines that are replaced as well.
        wanted: the text as it was asked for.
        eraser: asked, once, where what stood behind the text would have to be made up from its surroundings.
    """
    own = {line.quad for line in found.lines}  # the same place may be claimed by two equal edits
    around = [line for line in (*others, *neighbours) if line.quad not in own]
    angle = block_angle(found.lines, around)
    lines = [
        _inspect(source, line, [*around, *(x for x in found.lines if x is not line)], locale, angle)
        for line in found.lines
    ]
    rules = [rule for piece in lines if piece.dressed is not None for rule in piece.dressed.rules]
    angle = rules[0].angle if rules else angle
    before, remains = plate.copy(), ""
    asked, made = eraser is None, None
    hole, patched = np.zeros(mask.shape, np.bool_), np.zeros(mask.shape, np.bool_)
    for attempt, growth in enumerate(_GROWTH):
        plate[:] = before
        hole[:], patched[:] = False, False
        for piece in lines:
            whole = attempt == len(_GROWTH) - 1
            local, guessed = _erase_line(plate, piece, growth, others, whole=whole)
            x0, y0, x1, y1 = piece.window
            hole[y0:y1, x0:x1] |= local
            patched[y0:y1, x0:x1] |= guessed
        if eraser is not None and not asked and patched.any():
            asked, made = (
                True,
                eraser(_reach(mask, lines), text=found.text if wanted in {"", "*"} else wanted),
            )
        if made is not None:
            plate[:] = blended(plate, made, patched)
        remains = _remains(plate, found) or _leftover_ink(plate, hole, lines)
        if not remains:
            break
    mask |= hole
    measured = _measure(source, plate, lines, found, wanted, locale=locale, angle=angle)
    styles = tuple(style for style, _ in measured)
    dressed = {piece.window: _with_shadow(source, plate, piece) for piece in lines}
    pairs = [(d, style) for style, (window, _) in measured if (d := dressed[window]) is not None]
    effects, doubts = common_effects(pairs)
    box = bounds(hole) if hole.any() else found.box
    area = hole if hole.any() else polygon((plate.shape[0], plate.shape[1]), found.lines[0].quad)
    r, g, b = (int(c) for c in np.median(plate[area], axis=0))
    plain = all(piece.ink is not None and piece.ink.plain for piece in lines)
    inks = tuple(ink for _, ink in measured)
    severed = _is_severed(plate, hole, lines)
    return Erased(box, styles, plain, remains, (r, g, b), hole, effects, doubts, inks, patched, severed)


def measure_text(
    source: npt.NDArray[np.uint8],
    plate: npt.NDArray[np.uint8],
    found: Found,
    wanted: str,
    *,
    locale: str,
) -> tuple[tuple[LineStyle, ...], tuple[tuple[Box, Ink], ...]]:
    """Styles and inks of the level lines of a text that is off the plate already."""
    lines = [
        _inspect(source, line, [x for x in found.lines if x is not line], locale, 0.0) for line in found.lines
    ]
    measured = _measure(source, plate, lines, found, wanted, locale=locale, angle=0.0)
    return tuple(style for style, _ in measured), tuple(ink for _, ink in measured)


def _measure(
    source: npt.NDArray[np.uint8],
    plate: npt.NDArray[np.uint8],
    lines: Sequence[_Line],
    found: Found,
    wanted: str,
    *,
    locale: str,
    angle: float,
) -> list[tuple[LineStyle, tuple[Box, Ink]]]:
    """The style of every line that could be measured, and its ink."""
    inked = []
    for piece, text in zip(lines, as_written(found.lines, wanted), strict=True):
        if piece.ink is not None:
            x0, y0, x1, y1 = piece.window
            crops = source[y0:y1, x0:x1], plate[y0:y1, x0:x1]
            inked.append(InkedLine(piece.line, text, piece.window, piece.ink, *crops))
    styles = measure_block(inked, locale=locale, angle=angle)
    return [(s, (i.window, i.ink)) for s, i in zip(styles, inked, strict=True) if s is not None]


def as_written(lines: Sequence[TextLine], wanted: str) -> tuple[str, ...]:
    """The text of each line as it was asked for, with the spaces that readers drop; else as it was read."""
    rest = wanted.replace("\n", "") if len(lines) == 1 else wanted
    out = []
    for line in lines:
        part = _head(rest, fold(line.text))
        if part is None:
            return tuple(line.text for line in lines)
        rest = rest[len(part) :]
        out.append(part.strip())
    return tuple(out)


def _head(text: str, folded: str) -> str | None:
    """The beginning of a text that folds to the same characters; None if it begins otherwise."""
    if not folded:
        return None
    for end in range(1, len(text) + 1):
        if fold(text[:end]) == folded and (end == len(text) or fold(text[: end + 1]) != folded):
            return text[:end]
    return None


def _inspect(
    source: npt.NDArray[np.uint8], line: TextLine, around: Sequence[TextLine], locale: str, angle: float
) -> _Line:
    h, w = source.shape[:2]
    x0, y0, x1, y1 = line.box
    m = math.ceil(0.7 * line.height) + 4
    window = (max(0, x0 - m), max(0, y0 - m), min(w, x1 + m), min(h, y1 + m))
    crop = source[window[1] : window[3], window[0] : window[2]]
    shape = (crop.shape[0], crop.shape[1])
    foreign = np.zeros(shape, np.bool_)
    for other in around:  # the reader's boxes are generous and overlap: the heart of a line is its own
        foreign |= polygon(shape, _shift(other.quad, window), grow=-0.1 * other.height)
    quad = _shift(line.quad, window)
    characters = tuple(_shift(q, window) for q in line.characters)
    text_locale = locale_of_text(line.text, locale)
    expected = expect(line.text, quad, characters, text_locale)
    ink = find_ink(crop, quad, line.height, foreign=foreign, expected=expected)
    if ink is None:
        return _Line(line, window, None)
    dressed = dress(
        crop,
        ink,
        quad,
        line.height,
        text="" if line.vertical else line.text,  # rules are looked for along level lines
        locale=text_locale,
        angle=angle,
        origin=window[:2],
        ignore=foreign,
        stacked=line.vertical,
    )
    return _Line(line, window, dressed.ink, dressed)


def _with_shadow(source: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8], piece: _Line) -> Dressed | None:
    """A line's effects with the shadow that only the finished plate can tell."""
    if piece.dressed is None:
        return None
    x0, y0, x1, y1 = piece.window
    return cast_on(piece.dressed, source[y0:y1, x0:x1], plate[y0:y1, x0:x1], piece.line.height)


def _reach(mask: npt.NDArray[np.bool_], lines: Sequence[_Line]) -> npt.NDArray[np.bool_]:
    """Everywhere that erasing may come to, however large the hole has to be."""
    out = np.zeros(mask.shape, np.bool_)
    for piece in lines:
        out |= polygon((mask.shape[0], mask.shape[1]), piece.line.quad, grow=0.45 * piece.line.height)
    return out


def _shift(quad: Quad, window: Box) -> Quad:
    a, b, c, d = ((x - window[0], y - window[1]) for x, y in quad)
    return a, b, c, d


def _erase_line(
    plate: npt.NDArray[np.uint8],
    piece: _Line,
    growth: float,
    others: Sequence[TextLine],
    *,
    whole: bool,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Fill the place of one line; what was filled, in its window, and which part of that was guessed."""
    x0, y0, x1, y1 = piece.window
    crop = plate[y0:y1, x0:x1]
    shape = (crop.shape[0], crop.shape[1])
    area = polygon(shape, _shift(piece.line.quad, piece.window), grow=0.05 * piece.line.height)
    keep = np.zeros(shape, np.bool_)
    for other in others:
        keep |= polygon(shape, _shift(other.quad, piece.window))
    keep &= ~polygon(shape, _shift(piece.line.quad, piece.window))
    ink = piece.ink
    if whole or ink is None:
        local = area & ~keep
    else:
        local = dilate(ink.erase, growth * piece.line.height) & dilate(area, 0.4 * piece.line.height) & ~keep
        if not ink.plain:
            local |= _cut_strokes(crop, local, ink, area, piece.line.height) & ~keep
    islands = small_islands(local, _ISLAND * piece.line.height**2) & ~keep
    local |= islands
    ground = ink.ground if ink is not None else None
    filled = fill(crop, local, ground=ground, known=~keep)
    crop[:] = filled.rgb
    return local, filled.guessed & ~islands  # how deep a hole is, is told without them


def _cut_strokes(
    crop: npt.NDArray[np.uint8],
    hole: npt.NDArray[np.bool_],
    ink: Ink,
    area: npt.NDArray[np.bool_],
    height: float,
) -> npt.NDArray[np.bool_]:
    """Shapes of the ink's colour inside a line of a photo that a hole ends at: parts of strokes that were
    taken for picture. Those that run on beyond the line are picture."""
    import cv2

    alike = _of_colour(crop, ink, _OWN_COLOUR) & ~hole
    count, labels = cv2.connectedComponents(alike.astype(np.uint8), connectivity=8)
    outside = np.bincount(labels[~dilate(area, _SWASH * height)], minlength=count) > 0
    touching = np.bincount(labels[dilate(hole, 2.0)], minlength=count) > 0
    cut = touching & ~outside
    cut[0] = False
    return np.asarray(dilate(cut[labels], 2.0))


def _remains(plate: npt.NDArray[np.uint8], found: Found) -> str:
    """What the plate still shows of the text: the text itself, or any confident reading in its place."""
    lines = read_crop(plate, found.box, line_height=min(line.height for line in found.lines))
    for line in lines:
        inside = share_inside(line.box, found.box)
        same = max(similarity(line.text, part.text) for part in found.lines)
        if inside > 0.5 and (same >= _GONE or (line.score >= 0.8 and _shares(line.text, found.text))):
            return line.text
    whole = "".join(line.text for line in lines if share_inside(line.box, found.box) > 0.5)
    return whole if whole and similarity(whole, found.text) >= _GONE else ""


def _leftover_ink(plate: npt.NDArray[np.uint8], hole: npt.NDArray[np.bool_], lines: Sequence[_Line]) -> str:
    """Say so when pixels of the text's own colour are still there; readers overlook single strokes."""
    for piece in lines:
        if piece.ink is None or not piece.ink.plain:
            continue
        x0, y0, x1, y1 = piece.window
        area = polygon(
            (y1 - y0, x1 - x0), _shift(piece.line.quad, piece.window), grow=-0.08 * piece.line.height
        )
        alike = _of_colour(plate[y0:y1, x0:x1], piece.ink, _LEFT_COLOUR) & area & ~hole[y0:y1, x0:x1]
        if alike.sum() > max(12, 0.03 * piece.ink.strokes.sum()):
            return "strokes"
    return ""


def _is_severed(plate: npt.NDArray[np.uint8], hole: npt.NDArray[np.bool_], lines: Sequence[_Line]) -> bool:
    """Whether the text's own colour stands right at the border of the hole: a stroke was cut in two."""
    for piece in lines:
        if piece.ink is None:
            continue
        x0, y0, x1, y1 = piece.window
        gap = hole[y0:y1, x0:x1]
        rim = dilate(gap, 2) & ~gap
        if (_of_colour(plate[y0:y1, x0:x1], piece.ink, _OWN_COLOUR) & rim).sum() >= max(
            3.0, 0.03 * piece.line.height
        ):
            return True
    return False


def _of_colour(crop: npt.NDArray[np.uint8], ink: Ink, within: int) -> npt.NDArray[np.bool_]:
    """Pixels that differ from the fill of the ink by less than so much in every channel."""
    return np.asarray(np.abs(crop.astype(np.int16) - np.array(ink.colour, np.int16)).max(2) < within)


def _shares(read: str, text: str) -> bool:
    """Whether a reading has at least half of its characters from the text."""
    a, b = fold(read), fold(text)
    return bool(a) and sum(c in b for c in a) >= max(2, 0.5 * len(a))
