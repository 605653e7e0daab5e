"""Chinese, Japanese and Korean in columns: characters upright below one another, columns from right to left.

Follows UAX #50 and CLREQ / JLREQ as far as copy on images needs them: upright Han, kana and Hangul with the
font's vertical forms (``vert``: punctuation, brackets, the long-vowel mark), Latin words lying on their
right side, and numbers of up to two digits upright in one square (tate-chu-yoko).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import language_of, script_of
from localizer.text.faces import Face
from localizer.text.linebreak import pieces
from localizer.text.orientation import is_ideographic
from localizer.text.render import PlacedLine
from localizer.text.shaping import Glyph, ShapedLine, clusters, shape_line

if TYPE_CHECKING:
    from localizer.text.space import Room
    from localizer.text.style import LineStyle

COLUMN_SCRIPTS = {"Hans", "Hant", "Jpan", "Kore"}
_PITCH = 1.4  # em from column to column where the source has one only
_MOST_COLUMNS = 6
_EXTRA_COLUMN = 0.3  # a column more or less than the source is worth this much shrinking
_SPACE = 0.3  # em
_SQUARE = 0.95  # em, the widest that a number in one square may be
_UPRIGHT_SIGNS = set("。、，．！？：；…‥—―ー～〜「」『』（）【】《》〈〉・·％＆　")


def is_set_in_columns(locale: str) -> bool:
    """Whether text of a locale may stand in columns of upright characters."""
    return script_of(locale) in COLUMN_SCRIPTS


@lru_cache(maxsize=1024)
def shape_column(text: str, faces: tuple[Face, ...], locale: str, tracking: float = 0.0) -> ShapedLine:
    """Shape one column; coordinates in em, y up, origin at the middle of the column's top.

    Args:
        tracking: extra space below each character, em.
    """
    glyphs: list[Glyph] = []
    missing, pen = "", 0.0
    for kind, run in _runs(text):
        if kind == "upright":
            for cluster in clusters(run):
                face = next((f for f in faces if f.has(cluster)), None)
                missing += "" if face else cluster
                placed, advance = _upright(cluster, face or faces[0], locale, pen)
                glyphs += placed
                pen -= advance + tracking
        elif kind == "space":
            pen -= _SPACE + tracking
        else:
            line = shape_line(run, faces, locale, 0.0 if kind == "square" else tracking)
            missing += line.missing
            if kind == "square":
                squeeze = min(1.0, _SQUARE / max(1e-6, line.ink[2] - line.ink[0]))
                middle = (line.ink[0] + line.ink[2]) / 2 * squeeze
                drop = pen - 0.5 - (line.ink[1] + line.ink[3]) / 2
                glyphs += [
                    Glyph(g.face, g.id, g.x * squeeze - middle, g.y + drop, False, squeeze)
                    for g in line.glyphs
                ]
                pen -= 1.0 + tracking
            else:
                centre = faces[0].cap_height / 2
                gap = 0.1 if glyphs else 0.0
                glyphs += [Glyph(g.face, g.id, g.y - centre, pen - gap - g.x, True) for g in line.glyphs]
                pen -= line.advance + gap + 0.1 + tracking
    return ShapedLine(text, tuple(glyphs), -pen, _ink(glyphs), missing)


def _runs(text: str) -> list[tuple[str, str]]:
    """Parts of a column's text: ``upright``, ``square`` (up to two digits), ``turned`` and ``space``."""
    kinds: list[tuple[str, str]] = []
    for c in text.strip():
        upright = is_ideographic(c) or c in _UPRIGHT_SIGNS
        kind = "upright" if upright else "space" if c.isspace() else "turned"
        if kinds and (kinds[-1][0] == kind or (c.isspace() and kinds[-1][0] == "turned")):
            kinds[-1] = kinds[-1][0], kinds[-1][1] + c
        else:
            kinds.append((kind, c))
    return [
        ("square", part) if kind == "turned" and part.isdigit() and len(part) <= 2 else (kind, part.strip())
        for kind, part in kinds
    ]


def _upright(cluster: str, face: Face, locale: str, pen: float) -> tuple[list[Glyph], float]:
    import uharfbuzz as hb

    buffer = hb.Buffer()
    buffer.add_str(cluster)
    buffer.guess_segment_properties()
    buffer.direction = "ttb"
    if language_of(locale) not in {"und", "mul"}:
        buffer.language = locale
    hb.shape(face.font, buffer, {"vert": True})
    out, down, em = [], 0.0, face.upem
    for info, pos in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        out.append(Glyph(face, info.codepoint, pos.x_offset / em, pen - down + pos.y_offset / em))
        down += -pos.y_advance / em
    return out, down


def _ink(glyphs: Sequence[Glyph]) -> tuple[float, float, float, float]:
    boxes = []
    for g in glyphs:
        extents = g.face.font.get_glyph_extents(g.id)
        if extents is None or not extents.width or not extents.height:
            continue
        em = g.face.upem
        left, top = extents.x_bearing / em * g.squeeze, extents.y_bearing / em
        right, bottom = left + extents.width / em * g.squeeze, top + extents.height / em
        if g.turned:  # (x, y) → (y, -x)
            left, right, bottom, top = min(bottom, top), max(bottom, top), -right, -left
        boxes.append((g.x + left, g.y + min(bottom, top), g.x + right, g.y + max(bottom, top)))
    if not boxes:
        return 0.0, 0.0, 0.0, 0.0
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


@dataclass(frozen=True, slots=True)
class Columns:
    """A text set in columns, the first one on the right."""

    lines: tuple[PlacedLine, ...]
    scale: float
    fits: bool
    split: bool


def set_columns(
    text: str,
    faces: tuple[Face, ...],
    locale: str,
    styles: Sequence[LineStyle],
    place: tuple[float, float, float, float],
    *,
    size: float,
    least: float,
) -> Columns:
    """Set a text where columns stood: the same top, the same middle, as large as it fits.

    Args:
        styles: of the source's columns, from right to left.
        place: left, top, right, bottom that ink may use, pixels.
        size: wanted, pixels per em.
        least: smallest scale that still fits.
    """
    left, top, right, bottom = place
    u0, u1 = min(s.ink[0] for s in styles), max(s.ink[2] for s in styles)
    v0, v1 = min(s.ink[1] for s in styles), max(s.ink[3] for s in styles)
    pitch = _source_pitch(styles)
    middle, many = (u0 + u1) / 2, len(styles)
    height = bottom - v0 if many > 1 else bottom - top
    width = max(2 * min(middle - left, right - middle), u1 - u0)
    tracking, stretch = styles[0].tracking, styles[0].stretch
    best: tuple[bool, float, float, tuple[ShapedLine, ...], bool] | None = None
    for parts, split in _breakings(text, locale):
        lines = tuple(shape_column(p, faces, locale, tracking) for p in parts)
        tall = max(line.ink[3] - line.ink[1] for line in lines)
        wide = max(line.ink[2] - line.ink[0] for line in lines) + pitch * (len(lines) - 1)
        scale = min(1.0, height / max(1e-6, tall * size), width / max(1e-6, wide * size * stretch))
        merit = scale - _EXTRA_COLUMN * abs(len(lines) - many) * ("\n" not in text) - 0.25 * split
        fits = scale >= least
        if best is None or (fits, merit) > (best[0], best[1] + 1e-9):
            best = fits, merit, scale, lines, split
    assert best is not None  # noqa: S101 - _breakings gives at least one
    fits, _, scale, lines, split = best
    em = size * scale
    tall = max(line.ink[3] - line.ink[1] for line in lines) * em
    start = v0 if many > 1 else min(max((v0 + v1 - tall) / 2, top), bottom - tall)
    step = pitch * em * stretch
    first = middle + step * (len(lines) - 1) / 2
    placed = tuple(
        PlacedLine(line, first - i * step, start + line.ink[3] * em, em, stretch)
        for i, line in enumerate(lines)
    )
    return Columns(placed, scale, fits, split)


def lay_down(styles: Sequence[LineStyle], room: Room) -> tuple[list[LineStyle], Room]:
    """Styles of columns as those of lines that run down the same columns, for scripts that are not stacked.

    Such a line lies on its right side: ``u`` runs down the image and ``v`` to the left. All columns become
    one block; the room stays the image's.
    """
    out = []
    for s in styles:
        x0, y0, x1, y1 = s.ink
        ink = (y0, -x1, y1, -x0)
        middle = -(x0 + x1) / 2
        size = s.size
        out.append(
            replace(
                s, size=size, angle=-90.0, ink=ink, baseline=middle + 0.36 * size, centre=middle,
                tracking=0.0, stretch=1.0, vertical=False,
            )
        )  # fmt: skip
    return out, room


def turned_room(room: Room, angle: float) -> tuple[float, float, float, float]:
    """A room in the image as left, top, right, bottom along text at a multiple of a right angle."""
    from localizer.text.style import turn

    corners = turn(np.array([(room.left, room.top), (room.right, room.bottom)], np.float64), angle)
    (u0, v0), (u1, v1) = corners.min(0), corners.max(0)
    return float(u0), float(v0), float(u1), float(v1)


def _source_pitch(styles: Sequence[LineStyle]) -> float:
    if len(styles) < 2:
        return _PITCH
    middles = sorted((s.ink[0] + s.ink[2]) / 2 for s in styles)
    pitch = float(np.median(np.diff(middles))) / float(np.median([s.size for s in styles]))
    return min(2.5, max(1.05, pitch))


def _breakings(text: str, locale: str) -> list[tuple[list[str], bool]]:
    """Ways to break a text into columns; the flag says whether a phrase is split."""
    paragraphs = [p.strip() for p in text.split("\n") if p.strip()] or [""]
    out = [(paragraphs, False)]
    flowing = "".join(paragraphs)
    for phrases in (True, False):
        parts = pieces(flowing, locale, phrases=phrases)
        for count in range(1, min(_MOST_COLUMNS, len(parts)) + 1):
            goal, lines = len(flowing) / count, [""]
            for part in parts:
                if len(lines) < count and lines[-1] and len(lines[-1]) + len(part) / 2 > goal:
                    lines.append("")
                lines[-1] += part
            if all(lines != known for known, _ in out):
                out.append((lines, not phrases))
    return out
