"""Which of the installed faces a line is set in, how large, how wide and where: by rendering its known text.

Every candidate is drawn over the coverage of the source line and compared by normalised cross-correlation.
The right face scores about 0.98, another sans for a sans 0.8 to 0.9; where nothing comes close the script's
usual face stands in, and only what can be measured without knowing the face is taken over.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import script_of
from localizer.text.faces import Face
from localizer.text.families import candidates
from localizer.text.fonts import stack
from localizer.text.laying import LIKE, SAMPLE, Match, lay, normalise, shape_in
from localizer.text.render import PlacedLine, coverage

if TYPE_CHECKING:
    import numpy.typing as npt

    Coverage = npt.NDArray[np.float32]

_SHORTLIST = 12  # families whose weights are looked at
_FINALISTS = 2
_LEADING = 2  # lines that weights are tried on
_BETTER = 0.03  # by which a family must beat the script's usual face
_ODD = 0.04  # correlation that stretching to twice or half the width costs: squeezed type is rare
_LEANS = 6  # degrees from which type is slanted on purpose
_ALMOST = 0.98  # correlation of the right face
_SURE = 0.93  # correlation from which nothing better is looked for
_WIDER = 0.6  # correlation that letters cost which are an em wider or narrower
_JOINING = {"Arab", "Deva"}


@dataclass(frozen=True, slots=True)
class _Try:
    score: float
    stretch: float
    tracking: float
    density: float


def match_lines(lines: Sequence[tuple[str, Coverage]], locale: str) -> list[Match | None]:
    """Find the one face that lines are set in, and the size, width and place of each.

    Args:
        lines: what each says, with its spaces, and its raster: H x W, 0 to 1, how much of each pixel the
            type covers; upright.
        locale: in whose script the lines are.

    Returns:
        One for each line; None where there is nothing to measure.
    """
    targets = [normalise(raster) for _, raster in lines]
    known = [
        (text, _Raster(target))
        for (text, _), (target, _) in zip(lines, targets, strict=True)
        if target is not None and text.strip()
    ]
    if not known:
        return [None] * len(lines)
    (name, faces), weight, slant = _choose(tuple(known), locale)
    out: list[Match | None] = []
    for (text, raster), (target, box) in zip(lines, targets, strict=True):
        if target is None or not text.strip():
            out.append(None)
            continue
        face = _nearest(faces, weight)
        tried = _try(text, target, face, locale)
        found = Match(name, face, 0, tried.stretch, tried.tracking, 0, 0, tried.score, slant)
        out.append(lay(text, raster, box, locale, found))
    return out


_Option = tuple[str, tuple[Face, ...]]


class _Raster:
    """A raster that can be looked up: the same source comes again with its next locale."""

    def __init__(self, pixels: Coverage) -> None:
        self.pixels = pixels
        self._key = pixels.shape, pixels.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Raster) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=64)
def _choose(lines: tuple[tuple[str, _Raster], ...], locale: str) -> tuple[_Option, int, int]:
    """The family that fits all lines best, its weight, and the slant of its letters."""
    known = [(text, raster.pixels) for text, raster in lines]
    script = script_of(locale)
    options: list[_Option] = [("", _weights_of(stack(locale)[0]))]
    letters = "".join("".join(text.split()) for text, _ in known)
    options += [(f.name, f.faces(script)) for f in candidates(script) if f.covers(letters, script)]
    # All faces are tried on the longest line only, the others have the same; and in the weight that
    # the usual face would need to be as dark.
    leading = sorted(known, key=lambda k: -len(k[0]))[:1]
    weight = _densest(leading, options[0][1], locale).weight
    first = [(_score(leading, _nearest(faces, weight), locale), i) for i, (_, faces) in enumerate(options)]
    shortlist = sorted(first, reverse=True)[:_SHORTLIST]
    climbed = [(_climb(leading, options[i][1], weight, locale), i) for _, i in shortlist]
    upright, score = _finish(
        known, options, {i for _, i in sorted(climbed, reverse=True)[:_FINALISTS]}, locale
    )
    slant = _slant(leading[0][1])
    if slant:
        leaning = [_lean(option, script, slant) for option in options]
        tries = [(_score(leading, _nearest(leaning[i][1], weight), locale), i) for _, i in shortlist]
        best = {i for _, i in sorted(tries, reverse=True)[:_FINALISTS]}
        slanted, leaning_score = _finish(known, leaning, best, locale)
        if leaning_score > score + _BETTER:
            return (*slanted, slant)
    return (*upright, 0)


def _finish(
    known: Sequence[tuple[str, Coverage]], options: Sequence[_Option], best: set[int], locale: str
) -> tuple[tuple[_Option, int], float]:
    """The best of a few options with its weight, over all lines; the first unless another is like them."""
    final = {}
    for i in sorted(best | {0}):
        face = _best_weight(known, options[i][1], locale)
        final[i] = _score(known, face, locale), face.weight
    winner = max(final, key=lambda i: final[i][0])
    if final[winner][0] < max(LIKE, final[0][0] + _BETTER):
        winner = 0
    return (options[winner], final[winner][1]), final[winner][0]


def _lean(option: _Option, script: str, slant: int) -> _Option:
    """An option with slanted letters: the family's italic, or its upright faces sheared."""
    name, faces = option
    known = next((f for f in candidates(script) if f.name == name), None)
    if known is not None:
        return name, known.faces(script, slant=slant)
    return name, tuple(replace(face, slant=slant) for face in faces)


def _slant(target: Coverage) -> int:
    """Degrees by which letters lean: the shear that makes their stems stand in as few columns as can be."""
    import cv2

    height, width = target.shape
    pad = height // 2
    upright, best = 0.0, (0.0, 0)
    for angle in range(-10, 25, 2):
        shear = math.tan(math.radians(angle))
        matrix = np.array([[1.0, shear, pad - shear * height / 2], [0.0, 1.0, 0.0]])
        straight = cv2.warpAffine(target, matrix, (width + 2 * pad, height))
        sharpness = float((straight.sum(0) ** 2).sum())
        upright = sharpness if angle == 0 else upright
        best = max(best, (sharpness, angle))
    return best[1] if abs(best[1]) >= _LEANS and best[0] > 1.04 * upright else 0


def _score(lines: Sequence[tuple[str, Coverage]], face: Face, locale: str) -> float:
    """Correlation over several lines, the longer ones counting more."""
    weights = [len(text) for text, _ in lines]
    scores = [_try(text, target, face, locale).score for text, target in lines]
    return float(np.average(scores, weights=weights))


@lru_cache(maxsize=64)
def _weights_of(face: Face) -> tuple[Face, ...]:
    return tuple(replace(face, weight=w) for w in (300, 400, 500, 600, 700, 800, 900))


def _nearest(faces: tuple[Face, ...], weight: int) -> Face:
    return min(faces, key=lambda f: abs(f.weight - weight))


@lru_cache(maxsize=4096)
def _sample(text: str, face: Face, locale: str, tracking: float) -> tuple[Coverage | None, float]:
    """A text in a face with ink `SAMPLE` high, and its ink height in em; None if it cannot be drawn."""
    line = shape_in(face, text, locale, tracking)
    x0, y0, x1, y1 = line.ink
    if line.missing or y1 <= y0 or x1 <= x0:
        return None, 0.0
    k = SAMPLE / (y1 - y0)
    width = math.ceil((x1 - x0) * k)
    if not 2 <= width <= 4000:
        return None, 0.0
    return coverage([PlacedLine(line, -x0 * k, y1 * k, k)], (SAMPLE, width)), y1 - y0


def _try(text: str, target: Coverage, face: Face, locale: str) -> _Try:
    """Lay a face over the target: stretched to its width, or tracked to it."""
    import cv2

    drawn, tall = _sample(text, face, locale, 0.0)
    if drawn is None:
        return _Try(-1.0, 1.0, 0.0, 0.0)
    width = target.shape[1]
    stretch = width / drawn.shape[1]
    squeezed = np.asarray(cv2.resize(drawn, (width, SAMPLE), interpolation=cv2.INTER_AREA), np.float32)
    score = _correlation(target, squeezed) - _ODD * abs(math.log2(stretch))
    best = _Try(score, stretch, 0.0, float(squeezed.mean()))
    fitted = squeezed
    gaps = len(text) - 1
    if stretch > 1.04 and gaps > 0 and script_of(locale) not in _JOINING:
        tracking = round((width - drawn.shape[1]) / SAMPLE * tall / gaps, 3)
        spaced, _ = _sample(text, face, locale, tracking)
        if spaced is not None and tracking < 0.6:
            fitted = np.asarray(cv2.resize(spaced, (width, SAMPLE), interpolation=cv2.INTER_AREA), np.float32)
            score = _correlation(target, fitted) - _ODD * min(1.0, 2 * tracking)
            if score > best.score:
                best = _Try(score, 1.0, tracking, float(fitted.mean()))
    if best.score < _SURE:
        shifted = _shifted(target, fitted if best.tracking else squeezed)
        if shifted is not None:  # where the letters stand tells faces apart too, if less
            best = replace(best, score=max(best.score, (best.score + 2 * shifted) / 3))
    return best


def _shifted(target: Coverage, drawn: Coverage) -> float | None:
    """Correlation once every letter has been moved to where it stands in the target.

    Screen type is set on whole pixels and designers kern by hand: letters of the right face then drift apart
    along the line. Letters that must be made wider or narrower tell of another face.

    Returns:
        None where the two do not fall into the same number of pieces.
    """
    pieces, others = _pieces(target), _pieces(drawn)
    if len(pieces) != len(others) or len(pieces) < 2:
        return None
    (starts, ends), (their_starts, their_ends) = (
        np.array(pieces, np.float64).T,
        np.array(others, np.float64).T,
    )
    to, come = np.stack([starts, ends], 1).ravel(), np.stack([their_starts, their_ends], 1).ravel()
    columns = np.interp(np.arange(target.shape[1]) + 0.5, to, come) - 0.5
    low = np.clip(np.floor(columns).astype(int), 0, drawn.shape[1] - 1)
    high = np.minimum(low + 1, drawn.shape[1] - 1)
    share = (columns - low).astype(np.float32)
    moved = drawn[:, low] * (1 - share) + drawn[:, high] * share
    wider = float(np.abs((ends - starts) - (their_ends - their_starts)).mean()) / SAMPLE
    return _correlation(target, np.asarray(moved, np.float32)) - _WIDER * wider


def _pieces(raster: Coverage) -> list[tuple[int, int]]:
    """First and last column of everything that hangs together along a line."""
    inked = np.concatenate([[False], (raster > 0.4).any(0), [False]])
    edges = np.flatnonzero(inked[1:] != inked[:-1])
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _climb(lines: Sequence[tuple[str, Coverage]], faces: tuple[Face, ...], weight: int, locale: str) -> float:
    """The best likeness of any weight, walking from a first guess."""
    at = faces.index(_nearest(faces, weight))
    best = _score(lines, faces[at], locale)
    for way in (-1, 1):
        step = at + way
        while 0 <= step < len(faces):
            score = _score(lines, faces[step], locale)
            if score <= best:
                break
            best, step = score, step + way
    return best


def _best_weight(lines: Sequence[tuple[str, Coverage]], faces: tuple[Face, ...], locale: str) -> Face:
    """The weight that covers as much as the lines do, of those that lie over them about equally well."""
    lead = sorted(lines, key=lambda k: -len(k[0]))[:_LEADING]
    likeness = {face: min(_try(text, target, face, locale).score for text, target in lead) for face in faces}
    best = max(likeness.values())
    # The less the face is that of the lines, the less correlation tells about its weight; in the end nothing.
    least = best - 0.08 - max(0.0, _ALMOST - best) if best >= 0.75 else -1.0
    return _densest(lead, tuple(f for f in faces if likeness[f] >= least), locale)


def _densest(lines: Sequence[tuple[str, Coverage]], faces: tuple[Face, ...], locale: str) -> Face:
    """The weight that covers as much as the lines do; correlation alone hardly tells weights apart."""

    def apart(face: Face) -> float:
        return abs(
            sum(_try(text, target, face, locale).density - float(target.mean()) for text, target in lines)
        )

    return min(faces, key=apart)


def _correlation(a: Coverage, b: Coverage) -> float:
    """Normalised cross-correlation of two rasters, a little blurred: weight must not decide on the face."""
    import cv2

    first, second = (cv2.GaussianBlur(x, (0, 0), 0.8) for x in (a, b))
    first, second = first - first.mean(), second - second.mean()
    norm = math.sqrt(float((first * first).sum()) * float((second * second).sum()))
    return float((first * second).sum()) / norm if norm > 0 else -1.0
