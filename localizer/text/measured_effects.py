"""Measuring what source type looks like beyond its colour; see `localizer.text.effects`.

Per line first (`dress`), in pixels; `common_effects` then says what the lines of a text have in common. What
is in doubt is not measured: plain type that gets a false outline is worse than a lost one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.text.effects import PLAIN, Effects, Gradient, Outline, Rgb, Rule, Shadow, gradient_position
from localizer.text.glyphmask import Ink
from localizer.text.outlines import (
    outline_around,
    ring,
    share_like,
    take_apart,
    to_lab,
    to_lab_of,
)
from localizer.text.reading import Quad
from localizer.text.regions import depth_in, dilate, polygon
from localizer.text.rules import FoundRule, find_rules
from localizer.text.shadows import FoundShadow, find_shadow

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.text.style import LineStyle

_LEAST_HEIGHT = 18.0  # pixels of a line; on smaller type outlines and anti-aliasing cannot be told apart
_WORKING_HEIGHT = 72.0  # pixels of a line at which it is taken apart
_GRADED = 15.0  # ΔE from one end to the other, from which a gradient is seen
_BINS = 10
_STEP = 0.55  # share of a gradient's range that may change within a fifth of its length
_TIGHT = 0.3  # share of the colours' variance that a gradient may leave unexplained
_AIR = 0.1  # em from the baseline to the middle of an underline, at least; fonts' own have it
_SAME_STOP = 20.0  # ΔE within which stops of two lines are the same


@dataclass(frozen=True, slots=True)
class Dressed:
    """One line with its effects, lengths in pixels.

    Attributes:
        ink: with the strokes of the fill alone and its own colour.
        rules: that belong to the line.
        settled: whether the colours of the line are explained: one colour, or its gradient.
    """

    ink: Ink
    gradient: Gradient | None = None
    outline: tuple[Rgb, float] | None = None
    shadow: FoundShadow | None = None
    rules: tuple[FoundRule, ...] = ()
    settled: bool = True


def dress(
    rgb: npt.NDArray[np.uint8],
    ink: Ink,
    quad: Quad,
    height: float,
    *,
    text: str,
    locale: str,
    angle: float,
    origin: tuple[int, int] = (0, 0),
    ignore: npt.NDArray[np.bool_] | None = None,
    stacked: bool = False,
) -> Dressed:
    """Measure one line.

    Args:
        rgb: crop around the line.
        ink: as found in it.
        quad: the line in the crop.
        height: of the line, pixels.
        locale: whose fonts have the text's letters.
        angle: of the line, degrees, counter-clockwise.
        origin: of the crop in the image; rules are told in the image's coordinates.
        ignore: H x W bool, pixels of other lines.
        stacked: a column of upright characters, which knows no rules below or through it.
    """
    rules: tuple[FoundRule, ...] = ()
    if not stacked:
        rules = find_rules(rgb, ink, quad, height, text=text, locale=locale, angle=angle)
    rules = tuple(_shifted(rule, origin) for rule in rules)
    if rules:
        ink = _without(ink, rules)
    if height < _LEAST_HEIGHT or ink.strokes.sum() < 60:
        return Dressed(ink, rules=rules, settled=not ink.varied)
    lab, area = to_lab(rgb), polygon((rgb.shape[0], rgb.shape[1]), quad)
    outline = shadow = None
    if ink.ground is None:
        found = outline_around(lab, rgb, ink.strokes, height, inside=area)
        far = ring(ink.strokes, 0.25 * height, 0.4 * height)
        if found is not None and share_like(lab[far], to_lab_of(ink.colour)) < 0.4:
            outline = found
    else:
        near = dilate(area, 0.3 * height)
        if ignore is not None:
            near &= ~ignore
        for rule in rules:
            near &= ~dilate(rule.mask, 2.0)
        ink, outline, shadow = _taken_apart(rgb, ink, near, height)
    gradient, explained = _gradient(lab, rgb, ink.strokes, angle)
    if outline is not None:
        ink = replace(ink, varied=not explained)
    # What is neither one colour from end to end nor a gradient is for a person. On a photo strokes are told
    # by their colour, and those that a gradient makes too different are not seen.
    settled = not ink.varied if gradient is None else explained and ink.ground is not None
    return Dressed(ink, gradient, outline, shadow, rules, settled)


def cast_on(
    dressed: Dressed, rgb: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8], height: float
) -> Dressed:
    """The shadow of a line on a photo, where the erased plate is what the ground was.

    Args:
        rgb: crop around the line, H x W x 3.
        plate: the same crop, erased.
        height: of the line, pixels.
    """
    if dressed.ink.ground is not None or height < _LEAST_HEIGHT:
        return dressed
    wide = dressed.outline[1] + 0.5 if dressed.outline else 0.0
    body = depth_in(~dressed.ink.strokes) <= wide
    colour = dressed.outline[0] if dressed.outline else dressed.ink.colour
    shadow = find_shadow(rgb, plate.astype(np.float32), body, 0.8 * height, colour=colour)
    return replace(dressed, shadow=shadow)


def _taken_apart(
    rgb: npt.NDArray[np.uint8], ink: Ink, near: npt.NDArray[np.bool_], height: float
) -> tuple[Ink, tuple[Rgb, float] | None, FoundShadow | None]:
    """`take_apart` at the size where all that matters is seen."""
    import cv2

    k = min(1.0, _WORKING_HEIGHT / height)
    shape = (round(rgb.shape[1] * k), round(rgb.shape[0] * k))

    def shrunk(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.asarray(cv2.resize(mask.astype(np.float32), shape, interpolation=cv2.INTER_AREA) >= 0.5)

    small, picture = ink, rgb
    if k < 1:
        picture = np.asarray(cv2.resize(rgb, shape, interpolation=cv2.INTER_AREA), np.uint8)
        ground = np.asarray(
            cv2.resize(np.asarray(ink.ground), shape, interpolation=cv2.INTER_AREA), np.float32
        )
        small = replace(ink, strokes=shrunk(ink.strokes), erase=shrunk(ink.erase), ground=ground)
        near = shrunk(near)
        if small.strokes.sum() < 60:
            return ink, None, None
    layers = take_apart(picture, to_lab(picture), small, near, height * k)
    outline, shadow = layers.outline, layers.shadow
    if outline is not None:
        outline = (outline[0], outline[1] / k)
    if shadow is not None:
        shadow = replace(shadow, dx=shadow.dx / k, dy=shadow.dy / k, blur=shadow.blur / k)
    if layers.colour is not None:
        size = (rgb.shape[1], rgb.shape[0])
        fill = cv2.resize(layers.fill.astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
        ink = replace(ink, strokes=np.asarray(fill), colour=layers.colour)
    return ink, outline, shadow


def common_effects(lines: Sequence[tuple[Dressed, LineStyle]]) -> tuple[Effects, tuple[str, ...]]:
    """What the lines of a text have in common, in em, and in words what is left of them."""
    if not lines:
        return PLAIN, ()
    doubts = []
    settled = all(d.settled for d, _ in lines)
    outlines = [(d.outline, s) for d, s in lines if d.outline is not None]
    shadows = [(d.shadow, s) for d, s in lines if d.shadow is not None]
    gradients = [d.gradient for d, _ in lines if d.gradient is not None]
    outline = shadow = gradient = None
    if 2 * len(outlines) > len(lines):
        (rgb, _), _ = outlines[0]
        outline = Outline(rgb, float(np.median([o[1] / s.size for o, s in outlines])))
    if 2 * len(shadows) > len(lines):
        first, style = max(shadows, key=lambda pair: pair[0].explained)
        k = 1 / style.size
        shadow = Shadow(first.colour, first.dx * k, first.dy * k, first.blur * k, first.opacity)
    if gradients:
        if len(gradients) == len(lines) and all(_alike(gradients[0], g) for g in gradients[1:]):
            gradient = gradients[0]
        else:
            settled = False
    under = _common_rule(lines, strike=False)
    through = _common_rule(lines, strike=True)
    if not settled:
        doubts.append("is graded or of several colours; the new text is set in one")
    for found, strike, word in ((under, False, "underlined"), (through, True, "struck through")):
        if found is None and any(r.strike is strike for d, _ in lines for r in d.rules):
            doubts.append(f"is {word} in part; the new text is not")
    return Effects(gradient, outline, shadow, under, through), tuple(doubts)


def _without(ink: Ink, rules: Sequence[FoundRule]) -> Ink:
    """The ink with its rules taken out of the strokes and added to what is erased."""
    strokes, erase = ink.strokes.copy(), ink.erase.copy()
    for rule in rules:
        strokes &= ~dilate(rule.mask, 1.0)
        erase |= dilate(rule.mask, 2.0)
    return replace(ink, strokes=strokes, erase=erase)


def _shifted(rule: FoundRule, origin: tuple[int, int]) -> FoundRule:
    """A rule of a crop in the image's coordinates, turned by the rule's angle."""
    from localizer.text.style import turn

    ((u, v),) = turn(np.array([origin], np.float64), rule.angle)
    return replace(rule, middle=rule.middle + float(v), u0=rule.u0 + float(u), u1=rule.u1 + float(u))


def _common_rule(lines: Sequence[tuple[Dressed, LineStyle]], *, strike: bool) -> Rule | None:
    """A rule that every line has, in em of its type."""
    out = []
    for dressed, style in lines:
        rule = next((r for r in dressed.rules if r.strike is strike), None)
        if rule is None:
            return None
        over = min(rule.u1 - rule.u0 - (style.ink[2] - style.ink[0]), 0.8 * style.size) / 2
        out.append((rule, style, max(0.0, over)))
    rule, style, _ = out[0]
    k = 1 / style.size
    rise = float(np.median([_rise(r, st) / st.size for r, st, _ in out]))
    # Ideographs stand on their underline; letters, which may take their place, need some air.
    rise = rise if strike else min(rise, -_AIR)
    return Rule(rule.colour, rise, rule.thickness * k, min(o / st.size for _, st, o in out))


def _rise(rule: FoundRule, style: LineStyle) -> float:
    return style.baseline - rule.middle


def _alike(a: Gradient, b: Gradient) -> bool:
    turned = abs((a.angle - b.angle + 180) % 360 - 180)
    ends = zip((a.stops[0], a.stops[-1]), (b.stops[0], b.stops[-1]), strict=True)
    return turned < 31 and all(_distance(x[1], y[1]) < _SAME_STOP for x, y in ends)


def _distance(a: Rgb, b: Rgb) -> float:
    return float(np.linalg.norm(to_lab_of(a) - to_lab_of(b)))


def _gradient(
    lab: npt.NDArray[np.float32], rgb: npt.NDArray[np.uint8], strokes: npt.NDArray[np.bool_], angle: float
) -> tuple[Gradient | None, bool]:
    """The fill's gradient, and whether its colours are explained (by one colour or by the gradient)."""
    depth = depth_in(strokes)
    heart = strokes & (depth >= max(1.5, 0.5 * float(np.percentile(depth[strokes], 95))))
    ys, xs = np.nonzero(heart)
    if len(xs) < 80:
        return None, True
    a = np.radians(angle)
    u = (xs * np.cos(a) - ys * np.sin(a)).astype(np.float32)
    v = (xs * np.sin(a) + ys * np.cos(a)).astype(np.float32)
    sy, sx = np.nonzero(strokes)
    su, sv = sx * np.cos(a) - sy * np.sin(a), sx * np.sin(a) + sy * np.cos(a)
    box = (float(su.min()), float(sv.min()), float(su.max()) + 1, float(sv.max()) + 1)
    colours = lab[ys, xs]
    centre = np.median(colours, axis=0)
    off = np.linalg.norm(colours - centre, axis=1)
    spread = float((off**2).mean())
    if float(np.percentile(off, 90)) < 0.4 * _GRADED:
        return None, True
    best: tuple[float, float, npt.NDArray[np.float32]] | None = None
    for direction in np.arange(0.0, 180.0, 15.0):
        at = gradient_position(u, v, box, float(direction))
        left, means = _binned(at, colours)
        if best is None or left < best[0]:
            best = (left, float(direction), means)
    assert best is not None  # noqa: S101
    left, way, means = best
    known = ~np.isnan(means[:, 0])
    filled = means[known]
    reach = np.linalg.norm(filled[:, None] - filled[None], axis=2)
    total = float(reach.max(initial=0))
    if total < _GRADED:
        return None, float(np.percentile(off, 75)) < _GRADED
    steps = [
        float(np.linalg.norm(filled[min(i + 2, len(filled) - 1)] - filled[i])) for i in range(len(filled) - 1)
    ]
    if left > _TIGHT * spread or known.sum() < 5 or max(steps) > _STEP * total:
        return None, False
    at = gradient_position(u, v, box, way)
    return Gradient(_stops(at, rgb[ys, xs].astype(np.float32)), way), True


def _binned(
    at: npt.NDArray[np.float32], colours: npt.NDArray[np.float32]
) -> tuple[float, npt.NDArray[np.float32]]:
    """Variance left within bins along a direction, and the bins' median colours (NaN for empty ones)."""
    bins = np.clip((at * _BINS).astype(int), 0, _BINS - 1)
    means = np.full((_BINS, 3), np.nan, np.float32)
    left = 0.0
    for i in range(_BINS):
        mine = colours[bins == i]
        if len(mine) < 8:
            continue
        means[i] = np.median(mine, axis=0)
        # Around the line through the bin, not its middle: within a bin the gradient goes on.
        place = at[bins == i]
        slope = _line_through(place, mine)
        left += float(((mine - slope) ** 2).sum())
    return left / len(at), means


def _line_through(
    place: npt.NDArray[np.float32], colours: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Values of the straight line through colours over places."""
    off = place - place.mean()
    slope = (off[:, None] * colours).sum(0) / max(float((off * off).sum()), 1e-6)
    return np.asarray(colours.mean(0) + off[:, None] * slope, np.float32)


def _stops(at: npt.NDArray[np.float32], rgb: npt.NDArray[np.float32]) -> tuple[tuple[float, Rgb], ...]:
    """Two stops, or as many as it takes to follow the colours: piecewise linear least squares."""
    best: tuple[float, npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    for count in (2, 3, 5):
        knots = np.linspace(0, 1, count)
        place = np.clip(at, 0, 1) * (count - 1)
        low = np.minimum(place.astype(int), count - 2)
        basis = np.zeros((len(at), count))
        rows = np.arange(len(at))
        basis[rows, low] = 1 - (place - low)
        basis[rows, low + 1] += place - low
        used = basis.sum(0) > 1.0
        ridge = 1e-3 * len(at) / 100 * np.diff(np.eye(count), axis=0)
        values = np.linalg.lstsq(
            np.vstack([basis, ridge]), np.vstack([rgb, np.zeros((count - 1, 3))]), rcond=None
        )[0]
        error = float(np.sqrt(((basis @ values - rgb) ** 2).mean()))
        # A further stop must follow the colours clearly better.
        if best is None or (error < 0.7 * best[0] - 1.0 and used.all()):
            best = (error, knots, values)
    assert best is not None  # noqa: S101
    _, knots, values = best
    return tuple(
        (round(float(k), 3), (int(c[0]), int(c[1]), int(c[2])))
        for k, c in zip(knots, np.clip(np.round(values), 0, 255), strict=True)
    )
