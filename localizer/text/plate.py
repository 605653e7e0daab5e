"""The erased plate: take one text off an image, measure it on the way, and make sure that it is gone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box, share_inside
from localizer.text.erase import fill
from localizer.text.glyphmask import Ink, find_ink
from localizer.text.likeness import expect
from localizer.text.locate import Found
from localizer.text.normalise import fold, similarity
from localizer.text.reading import Quad, TextLine, read_crop
from localizer.text.regions import dilate, polygon
from localizer.text.style import LineStyle, locale_of_text, measure_line, snap_angle

if TYPE_CHECKING:
    import numpy.typing as npt

_GROWTH = (0.0, 0.05, 0.12)  # extra mask radius per try, as a share of the line height
_OWN_COLOUR = 40  # of 255 per channel, within which a pixel may be of the text
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
        varied: whether the type was of several colours or graded.
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
    varied: bool = False
    inks: tuple[tuple[Box, Ink], ...] = ()
    patched: npt.NDArray[np.bool_] | None = None
    severed: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    line: TextLine
    window: Box
    ink: Ink | None


def erase_text(
    source: npt.NDArray[np.uint8],
    plate: npt.NDArray[np.uint8],
    mask: npt.NDArray[np.bool_],
    found: Found,
    *,
    locale: str,
    others: Sequence[TextLine],
    neighbours: Sequence[TextLine] = (),
) -> Erased:
    """Take a text off the plate; `plate` and `mask` are changed in place.

    Args:
        source: H x W x 3 uint8, the image as it was; the type is measured on it.
        plate: H x W x 3 uint8.
        mask: H x W bool, the edit area so far.
        locale: of the text.
        others: lines that stay.
        neighbours: lines that are replaced as well.
    """
    angle = snap_angle(_block_angle(found.lines))
    own = {line.quad for line in found.lines}  # the same place may be claimed by two equal edits
    around = [line for line in (*others, *neighbours) if line.quad not in own]
    lines = [
        _inspect(source, line, [*around, *(x for x in found.lines if x is not line)], locale)
        for line in found.lines
    ]
    measured = [
        (style, (piece.window, piece.ink))
        for piece in lines
        if piece.ink is not None
        for style in (measure_line(piece.line, piece.ink, piece.window[:2], locale=locale, angle=angle),)
        if style is not None
    ]
    styles = tuple(style for style, _ in measured)
    before, remains = plate.copy(), ""
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
        remains = _remains(plate, found) or _leftover_ink(plate, hole, lines)
        if not remains:
            break
    mask |= hole
    box = _bounds(hole, found.box)
    area = hole if hole.any() else polygon((plate.shape[0], plate.shape[1]), found.lines[0].quad)
    r, g, b = (int(c) for c in np.median(plate[area], axis=0))
    plain = all(piece.ink is not None and piece.ink.plain for piece in lines)
    varied = any(piece.ink is not None and piece.ink.varied for piece in lines)
    inks = tuple(ink for _, ink in measured)
    return Erased(
        box, styles, plain, remains, (r, g, b), hole, varied, inks, patched, _is_severed(plate, hole, lines)
    )


def _block_angle(lines: Sequence[TextLine]) -> float:
    """Reading angle of a block; long lines know it best."""
    weights = [max(1.0, line.width) for line in lines]
    x = sum(w * math.cos(math.radians(line.angle)) for w, line in zip(weights, lines, strict=True))
    y = sum(w * math.sin(math.radians(line.angle)) for w, line in zip(weights, lines, strict=True))
    return math.degrees(math.atan2(y, x))


def _inspect(source: npt.NDArray[np.uint8], line: TextLine, around: Sequence[TextLine], locale: str) -> _Line:
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
    expected = expect(line.text, quad, characters, locale_of_text(line.text, locale))
    return _Line(line, window, find_ink(crop, quad, line.height, foreign=foreign, expected=expected))


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
    ground = ink.ground if ink is not None else None
    filled = fill(crop, local, ground=ground, known=~keep)
    crop[:] = filled.rgb
    return local, filled.guessed


def _remains(plate: npt.NDArray[np.uint8], found: Found) -> str:
    """What the plate still shows of the text: the text itself, or any confident reading in its place."""
    lines = read_crop(plate, found.box)
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
        crop = plate[y0:y1, x0:x1].astype(np.int16)
        alike = (np.abs(crop - np.array(piece.ink.colour, np.int16)).max(2) < 24) & area & ~hole[y0:y1, x0:x1]
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
        crop = plate[y0:y1, x0:x1].astype(np.int16)
        alike = np.abs(crop - np.array(piece.ink.colour, np.int16)).max(2) < _OWN_COLOUR
        if (alike & rim).sum() >= max(3.0, 0.03 * piece.line.height):
            return True
    return False


def _shares(read: str, text: str) -> bool:
    """Whether a reading has at least half of its characters from the text."""
    a, b = fold(read), fold(text)
    return bool(a) and sum(c in b for c in a) >= max(2, 0.5 * len(a))


def _bounds(hole: npt.NDArray[np.bool_], fallback: Box) -> Box:
    ys, xs = np.nonzero(hole)
    if not len(xs):
        return fallback
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
