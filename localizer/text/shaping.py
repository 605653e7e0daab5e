"""From text to positioned glyphs: bidi levels, font per cluster, HarfBuzz shaping.

Follows UAX #9 (bidirectional algorithm) and UAX #29 (grapheme clusters, from ICU).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from localizer.locales import is_rtl, language_of
from localizer.text.fonts import Face
from localizer.text.levels import bidi_levels


@dataclass(frozen=True, slots=True)
class Glyph:
    """One glyph, placed. Coordinates in em, y up, origin at the line's left end on the baseline.

    Attributes:
        turned: lies on its right side, as Latin words do in a column.
        squeeze: horizontal scale of the glyph itself.
    """

    face: Face
    id: int
    x: float
    y: float
    turned: bool = False
    squeeze: float = 1.0


@dataclass(frozen=True, slots=True)
class ShapedLine:
    """One line of glyphs, in em.

    Attributes:
        advance: width along the baseline.
        ink: ``x0, y0, x1, y1`` of what is drawn, y up.
        missing: characters that no face could draw (.notdef).
    """

    text: str
    glyphs: tuple[Glyph, ...]
    advance: float
    ink: tuple[float, float, float, float]
    missing: str = ""


def clusters(text: str) -> list[str]:
    """Grapheme clusters (UAX #29), by ICU."""
    from icu4py.breakers import CharacterBreaker

    return list(CharacterBreaker(text, "en")) if text else []


def _pick(cluster: str, faces: Sequence[Face], current: Face | None) -> Face | None:
    """The face for a cluster; spaces and marks of no script stay with the run that they are in."""
    if current is not None and cluster.isspace() and current.has(cluster):
        return current
    return next((f for f in faces if f.has(cluster)), None)


@dataclass(slots=True)
class _Run:
    text: str
    level: int
    face: Face


def _itemise(text: str, faces: Sequence[Face], *, rtl: bool) -> tuple[list[_Run], str]:
    levels, runs, missing, at = bidi_levels(text, rtl=rtl), list[_Run](), "", 0
    for cluster in clusters(text):
        level = levels[at]
        at += len(cluster)
        face = _pick(cluster, faces, runs[-1].face if runs else None)
        if face is None:
            missing += cluster
            face = faces[0]
        if runs and runs[-1].level == level and runs[-1].face == face:
            runs[-1].text += cluster
        else:
            runs.append(_Run(cluster, level, face))
    return runs, missing


def _visual_order(runs: list[_Run]) -> list[_Run]:
    """Rule L2: reverse every sequence of runs at or above each odd level, from the highest down."""
    order = list(runs)
    if not order:
        return order
    for level in range(max(r.level for r in order), 0, -1):
        i = 0
        while i < len(order):
            if order[i].level < level:
                i += 1
                continue
            j = i
            while j < len(order) and order[j].level >= level:
                j += 1
            order[i:j] = order[i:j][::-1]
            i = j
    return order


@lru_cache(maxsize=2048)
def shape_line(text: str, faces: tuple[Face, ...], locale: str, tracking: float = 0.0) -> ShapedLine:
    """Shape one line.

    Args:
        tracking: extra space after each glyph cluster, in em; ignored for joining scripts by callers.
    """
    import uharfbuzz as hb

    runs, missing = _itemise(text, faces, rtl=is_rtl(locale))
    glyphs: list[Glyph] = []
    x = 0.0
    ink = [float("inf"), float("inf"), float("-inf"), float("-inf")]
    for run in _visual_order(runs):
        font, em = run.face.font, run.face.upem
        buffer = hb.Buffer()
        buffer.add_str(run.text)
        buffer.guess_segment_properties()
        buffer.direction = "rtl" if run.level % 2 else "ltr"
        if language_of(locale) not in {"und", "mul"}:
            buffer.language = locale
        hb.shape(font, buffer, {"kern": True, "liga": tracking == 0})
        for info, pos in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            gx, gy = x + pos.x_offset / em, pos.y_offset / em
            glyphs.append(Glyph(run.face, info.codepoint, gx, gy))
            extents = font.get_glyph_extents(info.codepoint)
            if extents is not None and extents.width and extents.height:
                left, top = gx + extents.x_bearing / em, gy + extents.y_bearing / em
                right, bottom = left + extents.width / em, top + extents.height / em
                ink = [min(ink[0], left), min(ink[1], bottom), max(ink[2], right), max(ink[3], top)]
            if pos.x_advance:
                x += pos.x_advance / em + tracking
    x = max(0.0, x - tracking) if glyphs else 0.0
    if ink[0] > ink[2]:
        ink = [0.0, 0.0, 0.0, 0.0]
    return ShapedLine(text, tuple(glyphs), x, (ink[0], ink[1], ink[2], ink[3]), missing)
