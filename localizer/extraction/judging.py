"""Whose a line is: the campaign's, or the product's.

Nothing in a line alone says so. Judged are, in this order: what is certainly not the campaign's (names, what
is seen at an angle, what stands several times, logos), what certainly is (large and level type in the
campaign's own script), and then the small lines, by the company that they keep.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from localizer.brand import BrandKit
from localizer.extraction.measuring import Measured
from localizer.extraction.model import Origin
from localizer.locales import script_of
from localizer.model import Box
from localizer.text.normalise import fold, similarity
from localizer.text.orientation import is_ideographic
from localizer.text.reading import TextLine

Word = tuple[Origin, str]

LARGE = 0.042  # size (see `Measured`) from which level type is taken for a headline, a claim or a button
_READABLE = 0.75  # score of the reader below which a line is hardly one
_TURNED = 2.0  # degrees off level, beyond what the reader may be off, that overlaid type is not by accident
_GRAIN = 3.0  # of the ground, from which it is no drawn one but a thing or a picture
_GRAINY_LARGE = 0.06  # size from which level type on such a ground is taken for the campaign's
_REPEATED = 0.8  # similarity of two lines that say the same
_LOGO_SIZE = 0.065
_LOGO_LETTERS = 6
_LOGO_BAND = 0.22  # share of the image's height, from its top or bottom, where logos stand
_LOGO_GAP = 0.6  # heights between the parts of a logo
_NEAR_BELOW = 1.2  # heights of the smaller line between a text and what stands with it
_NEAR_BESIDE = 1.5
_SAME_ROW_HEIGHT = 0.6  # ratio of heights from which lines on one row belong together
_CENTRED = 0.5  # heights by which aligned lines may be off
_LONG = 6  # letters from which a small line says something
_BAND = 0.25  # share of the image's height, from its top or bottom, where small print stands
_CALM = 8.0  # ground noise on which small print stands
_LATIN = 0.65  # share of Latin letters from which a line among another script is a name
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
    _unreadable(scene)
    _seen_at_an_angle(scene)
    _repeated(scene)
    names = [i for i in range(len(lines)) if not scene.latin and _is_name(lines[i].text)]
    _logos(scene, names)
    _large(scene, names)
    _in_company(scene, names)
    _small_print(scene, names)
    for i in scene.left():
        scene.say(i, *_lonely(lines[i], i in names))
    return [scene.words[i] for i in range(len(lines))]


def _names_of_the_brand(scene: _Scene, brand: BrandKit | None) -> None:
    terms = {fold(t) for t in (*brand.do_not_translate, brand.name)} if brand else set()
    for i in scene.left():
        if fold(scene.lines[i].text) in terms:
            scene.say(i, Origin.PRODUCT, "a name of the brand")


def _unreadable(scene: _Scene) -> None:
    for i in scene.left():
        if scene.lines[i].score < _READABLE or not fold(scene.lines[i].text):
            scene.say(i, Origin.UNSURE, "hardly readable")


def _seen_at_an_angle(scene: _Scene) -> None:
    """Turned type is the campaign's only on a ground as calm as drawn labels are."""
    for i in scene.left():
        looks = scene.looks[i]
        slanted = looks.turned > _TURNED or looks.taper > 0.15 or looks.shear > 8
        if looks.grain > _GRAIN and (slanted or scene.lines[i].vertical):
            scene.say(i, Origin.PRODUCT, "lies on a thing")
        elif looks.turned > _TURNED and looks.size < LARGE and _lettering(scene.lines[i].text) < _LONG:
            scene.say(i, Origin.UNSURE, "small and turned")


def _repeated(scene: _Scene) -> None:
    for i in scene.left():
        others = [
            j for j in range(len(scene.lines)) if j != i and _says_the_same(scene.lines[i], scene.lines[j])
        ]
        if others:
            scene.say(i, Origin.PRODUCT, f"stands {len(others) + 1} times, as on things")


def _says_the_same(a: TextLine, b: TextLine) -> bool:
    x, y = fold(a.text), fold(b.text)
    if min(len(x), len(y)) < 2 or x.isdigit():
        return False
    inside = len(x) >= 3 and x.isascii() and x.isalpha() and x in y
    return inside or similarity(a.text, b.text) >= _REPEATED


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


def _large(scene: _Scene, names: Sequence[int]) -> None:
    single = []
    for i in scene.left():
        text = fold(scene.lines[i].text)
        least = LARGE if scene.looks[i].grain <= _GRAIN else _GRAINY_LARGE
        if scene.looks[i].size < least or i in names or text.isdigit():
            continue
        if len(text) == 1:
            single.append(i)
        else:
            scene.say(i, Origin.MARKETING)
    if not scene.of(Origin.MARKETING):
        for i in single:
            scene.say(i, Origin.MARKETING)


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
    small, tall = sorted((a.height, b.height))
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = a.box, b.box
    down = max(ay0, by0) - min(ay1, by1)
    across = max(ax0, bx0) - min(ax1, bx1)
    if name:
        centred = abs(ax0 + ax1 - bx0 - bx1) / 2 <= _CENTRED * small or abs(ax0 - bx0) <= _CENTRED * small
        return down <= _NEAR_BELOW * small and centred and scene.looks[i].size >= LARGE
    if across < 0:
        return down <= _NEAR_BELOW * small
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
        if outer and _lettering(line.text) >= _LONG and looks.ground_noise < _CALM:
            scene.say(i, Origin.MARKETING)


def _lonely(line: TextLine, name: bool) -> Word:
    if name:
        return Origin.PRODUCT, "a name in another script"
    return Origin.UNSURE, "small, and stands alone"


def _lettering(text: str) -> int:
    """Letters of a text; about two Latin ones say as much as an ideograph."""
    letters = [c for c in fold(text) if c.isalnum()]
    return round(sum(1.0 if is_ideographic(c) else 0.5 for c in letters))


def _gap(a: Box, b: Box) -> float:
    """Distance of two boxes, pixels."""
    return max(0, max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))
