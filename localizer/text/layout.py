"""Fitting a text into a place: break lines, then shrink, as little as possible of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from localizer.locales import is_rtl, script_of
from localizer.text.fonts import Face
from localizer.text.linebreak import hangs, pieces
from localizer.text.shaping import ShapedLine, shape_line

MIN_SCALE = 0.5
_JOINING = {"Arab", "Deva"}
_MORE_LINES = 0.35  # a line more than the source is worth this much shrinking: designers shrink titles first
_COMFORT = 0.65  # below, every further shrinking counts twice
_FEWER_LINES = 0.15
_FORCED = 0.1  # a break that the copywriter set is worth this much shrinking
_HANGS = 1.15  # a line that ends with an article counts as that much wider
_SPLIT_PHRASE = 0.25  # breaking inside a phrase is worse still
MAX_LINES = 6


@dataclass(frozen=True, slots=True)
class Setting:
    """A text broken into lines at a size.

    Attributes:
        size: pixels per em.
        scale: `size` over the size that was asked for.
        pitch: baseline to baseline, pixels.
        fits: whether it is inside the place at a scale of at least `MIN_SCALE`.
        split: whether a phrase had to be broken in two.
        width: of the widest line's ink, pixels.
    """

    lines: tuple[ShapedLine, ...]
    size: float
    scale: float
    pitch: float
    fits: bool
    split: bool = False
    width: float = 0.0

    def at_most(self, scale: float) -> Setting:
        """The same lines, no larger than at a scale."""
        if self.scale <= scale:
            return self
        k = scale / self.scale
        return replace(self, size=self.size * k, scale=scale, pitch=self.pitch * k, width=self.width * k)


def default_pitch(locale: str) -> float:
    """Line pitch in em where the source has one line only; scripts with stacked marks need more."""
    return {"Thai": 1.45, "Deva": 1.4, "Arab": 1.4}.get(script_of(locale), 1.2)


def fit(
    text: str,
    faces: tuple[Face, ...],
    locale: str,
    *,
    size: float,
    width: float,
    height: float,
    source_lines: int = 1,
    source_width: float = 0.0,
    pitch: float | None = None,
    tracking: float = 0.0,
    stretch: float = 1.0,
    least: float = MIN_SCALE,
    most_lines: int = MAX_LINES,
) -> Setting:
    """Choose breaks and size. A place that contains another never makes the same number of lines smaller.

    Args:
        size: wanted, pixels per em; the result is never larger.
        width, height: of the place, pixels.
        source_lines: a setting with as many lines is preferred, unless fewer fit into
        source_width: of the source text, pixels.
        pitch: wanted line pitch in em.
        least: smallest scale that still counts as fitting.
        most_lines: the text is broken into no more lines; if the copy itself has as many, it is set as it is.
    """
    if script_of(locale) in _JOINING:
        tracking = 0.0
    em = max(pitch or 0.0, default_pitch(locale) if script_of(locale) in {"Thai", "Deva", "Arab"} else 1.0)
    if pitch is None:
        em = default_pitch(locale)
    best: tuple[bool, float, Setting] | None = None
    for broken, split in _breakings(text, faces, locale, tracking, most_lines):
        lines = tuple(shape_line(t, faces, locale, tracking) for t in broken)
        wide = max(line.ink[2] - line.ink[0] for line in lines) * stretch
        tall = lines[0].ink[3] - lines[-1].ink[1] + em * (len(lines) - 1)
        scale = min(1.0, width / max(1e-6, wide * size), height / max(1e-6, tall * size))
        shorter = len(lines) < source_lines and wide * size <= source_width
        forced = broken == text.split("\n") and "\n" in text  # a break that the copywriter set
        extra = len(lines) - source_lines
        penalty = _MORE_LINES * extra if extra > 0 else -_FEWER_LINES * extra
        comfort = scale if scale >= _COMFORT else scale - (_COMFORT - scale)
        merit = comfort - (0 if forced or shorter else penalty) - (_SPLIT_PHRASE if split else 0)
        merit += _FORCED if forced else 0.0
        fits = scale >= least  # whatever else is preferred, text that fits comes first
        if best is None or (fits, merit) > (best[0], best[1] + (1e-9 if fits == best[0] else 0.0)):
            best = (
                fits,
                merit,
                Setting(lines, size * scale, scale, em * size * scale, fits, split, wide * size * scale),
            )
    assert best is not None  # noqa: S101 - _breakings gives at least one
    return best[2]


def _breakings(
    text: str, faces: tuple[Face, ...], locale: str, tracking: float, most_lines: int = MAX_LINES
) -> list[tuple[list[str], bool]]:
    """One way to break a text for each number of lines, about equally wide; the flag: a phrase is split.

    As the copy says where it has that many lines, else between phrases, and inside phrases only into more
    lines than there are phrases. Two ways for one number would be chosen by the width of the place, and the
    better one, chosen in the wider place, may be the smaller.
    """
    paragraphs = [p.strip() for p in text.split("\n")]
    own = [p for p in paragraphs if p] or [""]
    out = {len(own): (own, False)}
    if len(own) >= most_lines:
        return list(out.values())
    joiner = "" if script_of(locale) in {"Hans", "Hant", "Jpan", "Thai"} else " "
    flowing = joiner.join(p for p in paragraphs if p)
    for phrases in (True, False):
        parts = pieces(flowing, locale, phrases=phrases)
        for count in range(1, min(most_lines, len(parts)) + 1):
            lines = [] if count in out else _balance(parts, count, faces, locale, tracking)
            if lines:
                out[count] = lines, not phrases
    return list(out.values())


def _balance(
    parts: tuple[str, ...], count: int, faces: tuple[Face, ...], locale: str, tracking: float
) -> list[str]:
    """Break into exactly so many lines with the widest line as narrow as can be (dynamic programme)."""
    widths = [shape_line(p, faces, locale, tracking).advance for p in parts]
    n = len(parts)
    prefix = [0.0]
    for w in widths:
        prefix.append(prefix[-1] + w)
    infinity = float("inf")
    cost = [[infinity] * (n + 1) for _ in range(count + 1)]
    cut = [[0] * (n + 1) for _ in range(count + 1)]
    cost[0][0] = 0.0
    for k in range(1, count + 1):
        for j in range(k, n + 1):
            # A line should not end with an article; a little less balance is the better look.
            hung = _HANGS if k < count and hangs("".join(parts[:j])) else 1.0
            for i in range(k - 1, j):
                c = max(cost[k - 1][i], (prefix[j] - prefix[i]) * hung)
                if c < cost[k][j]:
                    cost[k][j], cut[k][j] = c, i
    lines, j = [], n
    for k in range(count, 0, -1):
        i = cut[k][j]
        lines.append("".join(parts[i:j]).strip())
        j = i
    lines.reverse()
    return lines if all(lines) else []


def natural_alignment(locale: str) -> str:
    """Where text starts in a locale: ``left`` or ``right``."""
    return "right" if is_rtl(locale) else "left"
