"""Whose a line is: the campaign's, or the product's.

Nothing in a line alone says so. Judged are, in this order: what is certainly not the campaign's (names, what
is seen at an angle, what stands several times, logos), what certainly is (large and level type in the
campaign's own script), and then the small lines, by the company that they keep.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from localizer.brand import BrandKit
from localizer.checks.readers import RAPIDOCR_SCRIPTS
from localizer.extraction.measuring import Measured
from localizer.extraction.model import Origin
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.normalise import digits_of, fold, similarity
from localizer.text.orientation import is_ideographic
from localizer.text.reading import TextLine

Word = tuple[Origin, str]

LARGE = 0.042  # size (see `Measured`) from which level type is taken for a headline, a claim or a button
_READABLE = 0.75  # score of the reader below which a line is hardly one ...
_READABLE_ELSE = 0.5  # ... in scripts whose reader is less sure of itself
_TURNED = 2.0  # degrees off level, beyond what the reader may be off, that overlaid type is not by accident
_GRAIN = 3.0  # of the ground, from which it is no drawn one but a thing or a picture
_GRAINY_LARGE = 0.06  # size from which level type on such a ground is taken for the campaign's
_REPEATED = 0.8  # similarity of two lines that say the same
_LESSER = 0.75  # of another line's size, from where a line is the lesser one
_TINY = 0.4  # of the tallest line's size, below which lines are tiny
_CROWD = 8  # tiny lines that make a crowd ...
_CROWD_GAP = 5.0  # ... no farther from one another than so many heights
_APART = 0.09  # of the square root of the image's area, from where two texts stand apart
_BELOW = 0.12  # the same, of a button and the copy above it
_MAIN = 0.8  # of the tallest line's size, from which a text is a headline wherever it stands
_TOP, _BOTTOM = 0.36, 0.7  # shares of the image's height between which the middle of the picture is ...
_BOTTOM_SHORT = 0.75  # ... and where it ends for a few letters
_EDGE = 0.012  # share of the image's width within which left edges are aligned ...
_MARGIN = 2  # ... and lines that make an edge
_LOGO_SIZE = 0.065
_LOGO_LETTERS = 6
_LOGO_BAND = 0.22  # share of the image's height, from its top or bottom, where logos stand
_LOGO_TOP = 0.15  # the same, of a logo that nothing but its place tells
_SHORT = 4  # letters that a brand's name has at most, mostly
_LOGO_GAP = 0.6  # heights between the parts of a logo
_NEAR_BELOW = 1.2  # heights of the smaller line between a text and what stands with it
_NEAR_BESIDE = 1.5
_SAME_ROW_HEIGHT = 0.6  # ratio of heights from which lines on one row belong together
_CENTRED = 0.5  # heights by which aligned lines may be off
_LONG = 6  # letters from which a small line says something
_SENTENCE = 10  # the same, of one in the middle of the picture
_BAND = 0.25  # share of the image's height, from its top or bottom, where small print stands
_CALM = 8.0  # ground noise on which small print stands
_LATIN = 0.65  # share of Latin letters from which a line among another script is a name
_CLOCK = re.compile(r"\d{1,2}[:：]\d{2}")
_PRICE = re.compile(r"[¥$€£₩฿₫₹₽₪₺￥]\s*\d|\d\s*(?:元|円|원|折|%|％|€|kr\b|zł|₫|₽|руб)")


@dataclass(slots=True)
class _Scene:
    """All lines of an image while they are judged."""

    lines: Sequence[TextLine]
    looks: Sequence[Measured]
    size: tuple[int, int]
    latin: bool
    words: dict[int, Word] = field(default_factory=dict)

    def say(self, i: int, origin: Origin, why: str = "") -> None:
        self.words.setdefault(i, (origin, why))

    def left(self) -> list[int]:
        return [i for i in range(len(self.lines)) if i not in self.words]

    def of(self, origin: Origin) -> list[int]:
        return [i for i, word in self.words.items() if word[0] is origin]


def judge(
    lines: Sequence[TextLine],
    looks: Sequence[Measured],
    size: tuple[int, int],
    source_locale: str,
    brand: BrandKit | None,
) -> list[Word]:
    """Whose each line is, and why where it is not the campaign's.

    Args:
        size: of the image, width and height in pixels.
        source_locale: of the campaign's text.
    """
    scene = _Scene(lines, looks, size, script_of(source_locale) in {"Latn", "Zyyy"})
    _names_of_the_brand(scene, brand)
    _unreadable(scene, _READABLE if script_of(source_locale) in RAPIDOCR_SCRIPTS else _READABLE_ELSE)
    _seen_at_an_angle(scene)
    _repeated(scene)
    _crowded(scene)
    _on_a_screen(scene)
    names = [i for i in range(len(lines)) if not scene.latin and _is_name(lines[i].text)]
    _logos(scene, names)
    _large(scene, names)
    _amid_the_picture(scene)
    _in_company(scene, names)
    _small_print(scene, names)
    _in_company(scene, names)
    for i in scene.left():
        scene.say(i, *_lonely(lines[i], i in names))
    return [scene.words[i] for i in range(len(lines))]


def _names_of_the_brand(scene: _Scene, brand: BrandKit | None) -> None:
    terms = {fold(t) for t in (*brand.do_not_translate, brand.name)} if brand else set()
    for i in scene.left():
        if fold(scene.lines[i].text) in terms:
            scene.say(i, Origin.PRODUCT, "a name of the brand")


def _unreadable(scene: _Scene, least: float) -> None:
    for i in scene.left():
        if scene.lines[i].score < least:
            scene.say(i, Origin.UNSURE, "hardly readable")


def _seen_at_an_angle(scene: _Scene) -> None:
    """Turned type is the campaign's only on a ground as calm as drawn labels are, and beside level type."""
    level = any(
        looks.turned == 0 and looks.size >= LARGE and not line.vertical
        for line, looks in zip(scene.lines, scene.looks, strict=True)
    )
    for i in scene.left():
        looks = scene.looks[i]
        slanted = looks.turned > _TURNED or looks.taper > 0.15 or looks.shear > 8
        if looks.grain > _GRAIN and (slanted or scene.lines[i].vertical):
            scene.say(i, Origin.PRODUCT, "lies on a thing")
        elif looks.turned > _TURNED and not level:
            scene.say(i, Origin.UNSURE, "seen at an angle, and nothing stands level")
        elif looks.turned > _TURNED and looks.size < LARGE and _lettering(scene.lines[i].text) < _LONG:
            scene.say(i, Origin.UNSURE, "small and turned")


def _repeated(scene: _Scene) -> None:
    """What stands again, smaller or small, is no headline: a label on each of several things, or a name."""
    for i in scene.left():
        same = [
            j for j in range(len(scene.lines)) if j != i and _says_the_same(scene.lines[i], scene.lines[j])
        ]
        looks = scene.looks[i]
        lesser = any(looks.size < _LESSER * scene.looks[j].size for j in same)
        priced = _PRICE.search(scene.lines[i].text)
        if same and not priced and (lesser or looks.size < LARGE or looks.grain > _GRAIN):
            scene.say(i, Origin.PRODUCT, f"stands {len(same) + 1} times, as on things")


def _says_the_same(a: TextLine, b: TextLine) -> bool:
    x = fold(a.text)
    alike = len(x) >= 2 and not x.isdigit() and digits_of(a.text) == digits_of(b.text)
    return alike and similarity(a.text, b.text) >= _REPEATED


def _crowded(scene: _Scene) -> None:
    """Many lines far smaller than the headline, close to one another: a screen, a label or a table."""
    tallest = max((looks.size for looks in scene.looks), default=0.0)
    small = [i for i, looks in enumerate(scene.looks) if looks.size < _TINY * tallest]
    for crowd in _clusters(scene, small, lambda a, b: _CROWD_GAP * max(a.height, b.height)):
        if len(crowd) < _CROWD:
            continue
        x0, y0, x1, y1 = _hull(scene, crowd)
        for i in scene.left():
            a, b, c, d = scene.lines[i].box
            inside = x0 <= (a + c) / 2 <= x1 and y0 <= (b + d) / 2 <= y1
            if inside and scene.looks[i].size < _LESSER * tallest:
                scene.say(i, Origin.UNSURE, "one of many small texts, as on a screen or a label")


def _is_name(text: str) -> bool:
    letters = "".join(c for c in fold(text) if c.isalpha())
    latin = "".join(c for c in letters if c.isascii())
    return len(latin) >= 2 and _lettering(latin) >= _LATIN * _lettering(letters)


def _logos(scene: _Scene, names: Sequence[int]) -> None:
    """A short line right at a name, near the top or the bottom, is the name once more."""
    height = scene.size[1]
    for i in scene.left():
        line, looks = scene.lines[i], scene.looks[i]
        if i in names or looks.size > _LOGO_SIZE or _lettering(line.text) > _LOGO_LETTERS:
            continue
        if line.box[3] > _LOGO_BAND * height and line.box[1] < (1 - _LOGO_BAND) * height:
            continue
        if any(
            scene.looks[n].size <= 1.3 * looks.size
            and _gap(line.box, scene.lines[n].box) < _LOGO_GAP * line.height
            for n in names
        ):
            scene.say(i, Origin.PRODUCT, "a logo")


def _may_be_a_logo(scene: _Scene, i: int) -> bool:
    """Whether a short line stands alone along the top."""
    line, looks = scene.lines[i], scene.looks[i]
    if looks.size > _LOGO_SIZE or line.box[3] > _LOGO_TOP * scene.size[1] or scene.latin:
        return False
    alone = all(j == i or _gap(line.box, o.box) > line.height for j, o in enumerate(scene.lines))
    return alone and _lettering(line.text) <= _SHORT


def _large(scene: _Scene, names: Sequence[int]) -> None:
    single = []
    for i in scene.left():
        text = fold(scene.lines[i].text)
        least = LARGE if scene.looks[i].grain <= _GRAIN else _GRAINY_LARGE
        if scene.looks[i].size < least or i in names:
            continue
        if _may_be_a_logo(scene, i):
            scene.say(i, Origin.UNSURE, "may be a logo")
            continue
        if len(text) == 1:
            single.append(i)
        else:
            scene.say(i, Origin.MARKETING)
    if not scene.of(Origin.MARKETING):
        for i in single:
            scene.say(i, Origin.MARKETING)


def _amid_the_picture(scene: _Scene) -> None:
    """Copy stands in a layout: with the largest line, at the top or the bottom, or along its left edge.

    What stands apart from it in the middle of the picture, where the product is, may be printed on that.
    """
    width, height = scene.size
    far = _APART * math.sqrt(width * height)
    seeds = scene.of(Origin.MARKETING)
    tallest = max((scene.looks[i].size for i in seeds), default=0.0)
    parts = _clusters(scene, seeds, lambda a, b: far)
    layout = [
        part
        for part in parts
        if max(scene.looks[i].size for i in part) >= _MAIN * tallest or _is_at_the_rim(scene, part)
    ]
    margins = [scene.lines[i].box[0] for part in layout for i in part]
    for part in parts:
        if part in layout:
            continue
        for i in part:
            left = scene.lines[i].box[0]
            aligned = sum(abs(left - x) < _EDGE * width for x in margins) >= _MARGIN
            if not (aligned or scene.looks[i].button or _is_at_a_price(scene, i)):
                scene.words[i] = (Origin.UNSURE, "stands apart, amid the picture")


def _is_at_a_price(scene: _Scene, i: int) -> bool:
    line = scene.lines[i]
    return any(
        _PRICE.search(other.text) and _gap(line.box, other.box) <= _NEAR_BELOW * line.height
        for other in scene.lines
    )


def _is_at_the_rim(scene: _Scene, part: Sequence[int]) -> bool:
    """Whether a text stands at the top or the bottom; products stand low: a short word must stand lower."""
    height = scene.size[1]
    _, top, _, bottom = _hull(scene, part)
    long = max(_lettering(scene.lines[i].text) for i in part) >= _LONG
    return bottom < _TOP * height or top > (_BOTTOM if long else _BOTTOM_SHORT) * height


def _on_a_screen(scene: _Scene) -> None:
    """A small clock is the corner of a screen; what is small below it and to its right is on that."""
    tallest = max((looks.size for looks in scene.looks), default=0.0)
    clocks = [
        i
        for i, line in enumerate(scene.lines)
        if _CLOCK.fullmatch(line.text.strip()) and scene.looks[i].size < _TINY * tallest
    ]
    for i in scene.left():
        x0, y0, _, _ = scene.lines[i].box
        if scene.looks[i].size < LARGE and any(
            x0 >= scene.lines[c].box[0] - scene.lines[c].height and y0 >= scene.lines[c].box[1]
            for c in clocks
        ):
            scene.say(i, Origin.UNSURE, "small, below a clock, as on a screen")


def _clusters(
    scene: _Scene, members: Sequence[int], reach: Callable[[TextLine, TextLine], float]
) -> list[list[int]]:
    """Lines linked where two are no farther apart than so many pixels."""
    left, out = list(members), []
    while left:
        cluster = [left.pop()]
        for i in cluster:
            a = scene.lines[i]
            near = [j for j in left if _gap(a.box, scene.lines[j].box) <= reach(a, scene.lines[j])]
            cluster += near
            left = [j for j in left if j not in near]
        out.append(cluster)
    return out


def _hull(scene: _Scene, members: Sequence[int]) -> Box:
    boxes = [scene.lines[i].box for i in members]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def _in_company(scene: _Scene, names: Sequence[int]) -> None:
    """What stands with the campaign's lines is the campaign's."""
    found = True
    while found:
        found = False
        for i in scene.left():
            if any(_stands_with(scene, i, j, name=i in names) for j in scene.of(Origin.MARKETING)):
                scene.say(i, Origin.MARKETING)
                found = True


def _stands_with(scene: _Scene, i: int, j: int, *, name: bool) -> bool:
    a, b = scene.lines[i], scene.lines[j]
    alone = fold(a.text)
    if len(alone) == 1 and alone.isascii() and alone.isalnum():
        return False  # a figure or letter by itself is a picture's as often as a text's
    small, tall = sorted((a.height, b.height))
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    down = max(ay0, by0) - min(ay1, by1)
    across = max(ax0, bx0) - min(ax1, bx1)
    if name:
        centred = abs(ax0 + ax1 - bx0 - bx1) / 2 <= _CENTRED * small or abs(ax0 - bx0) <= _CENTRED * small
        return down <= _NEAR_BELOW * small and centred and scene.looks[i].size >= LARGE
    if across < 0:
        button = scene.looks[i].button and down <= _BELOW * math.sqrt(scene.size[0] * scene.size[1])
        return button or down <= _NEAR_BELOW * small
    money = a.text.strip() in {"¥", "$", "€", "£"}
    return (
        down < -0.5 * small and across <= _NEAR_BESIDE * tall and (money or small >= _SAME_ROW_HEIGHT * tall)
    )


def _small_print(scene: _Scene, names: Sequence[int]) -> None:
    height = scene.size[1]
    for i in scene.left():
        line, looks = scene.lines[i], scene.looks[i]
        if i in names or looks.turned > 0:
            continue
        if _PRICE.search(line.text):
            scene.say(i, Origin.MARKETING)
        outer = line.box[3] < _BAND * height or line.box[1] > (1 - _BAND) * height
        long = _lettering(line.text) >= (_LONG if outer else _SENTENCE)
        if long and looks.ground_noise < _CALM and looks.grain <= _GRAIN:
            scene.say(i, Origin.MARKETING)


def _lonely(line: TextLine, name: bool) -> Word:
    if name:
        return Origin.PRODUCT, "a name in another script"
    return Origin.UNSURE, "small, and stands alone"


def _lettering(text: str) -> float:
    """Letters of a text; about two Latin ones say as much as an ideograph."""
    letters = [c for c in fold(text) if c.isalnum()]
    return sum(1.0 if is_ideographic(c) else 0.5 for c in letters)


def _gap(a: Box, b: Box) -> float:
    """Distance of two boxes, pixels."""
    return max(0, max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))
