"""Every line of an image, in whatever script its source locale is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from localizer.checks.readers import RAPIDOCR_SCRIPTS
from localizer.errors import ConfigurationError
from localizer.locales import language_of, script_of
from localizer.model import Box, share_inside
from localizer.text import foreign, tesseract
from localizer.text.normalise import fold
from localizer.text.orientation import reread, settle_tall
from localizer.text.reading import Quad, TextLine, read_area, read_page

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_CERTAIN = 0.97  # score of the reader from which a line is not read again
_GUESS, _GUESSED = 0.5, 2  # score below which, and letters up to which, a line is a guess
_KNOWN = 0.3  # share of a line in one that was found before, from which it is that
_MARGINS = (0.06, 0.2)
_LOWEST = 8  # pixels that a line is tall at least
_LONG = 2.5  # heights from which a line has more than a letter or two
_LATIN_SURE = 0.9  # score from which Latin and digits are the first reader's in any script


def find_lines(rgb: npt.NDArray[np.uint8], source_locale: str) -> tuple[list[TextLine], list[Box]]:
    """All lines, as they stand: columns and turned lines named as such; and the places of those that no
    reader can read, for they are in another script.

    Args:
        rgb: H x W x 3 uint8.
        source_locale: BCP 47; ``und`` where nobody says: Latin, Chinese and Japanese are read then.

    Raises:
        ConfigurationError: the reader of the source's script is not installed.
    """
    read, seen = read_page(rgb)
    lines = [settle_tall(rgb, line) for line in read if _is_text(line)]
    code = _second_reader(source_locale)
    if code:
        lines = _with_script(lines, foreign.read_lines_in(rgb, code))
    else:
        lines = [_read_again(rgb, line, source_locale) for line in lines]
    return lines, [box for quad in seen if not _is_read(box := _box(quad), read, lines)]


def _box(quad: Quad) -> Box:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))


def _is_read(box: Box, read: Iterable[TextLine], lines: Iterable[TextLine]) -> bool:
    """Whether the line that was seen in a place was read, or is too small or too short to be one."""
    sides = sorted((box[2] - box[0], box[3] - box[1]))
    if sides[0] < _LOWEST:
        return True
    is_long = sides[1] > _LONG * sides[0]
    found = [line for line in lines if any(c.isalnum() for c in line.text)]
    found += [line for line in read if not is_long]  # a corner or a leaf
    return any(
        (share_inside(box, line.box) > 0.5 or share_inside(line.box, box) > 0.5)
        and not (is_long and len(fold(line.text)) <= 1)
        for line in found
    )


def find_larger(rgb: npt.NDArray[np.uint8], source_locale: str, known: Sequence[TextLine]) -> list[TextLine]:
    """Further lines that the reader sees only when the image is smaller: very large type.

    Args:
        rgb: H x W x 3 uint8.
        known: what was found already.
    """
    if _second_reader(source_locale):
        return []
    h, w = rgb.shape[:2]
    seen = [settle_tall(rgb, line) for line in read_area(rgb, (0, 0, w, h), 0.5) if _is_text(line)]
    return [line for line in seen if all(share_inside(line.box, k.box) < _KNOWN for k in known)]


def _is_text(line: TextLine) -> bool:
    """Whether a line is more than a corner or a leaf that looks like a letter or two."""
    return line.score >= _GUESS or len(fold(line.text)) > _GUESSED


def _second_reader(source_locale: str) -> str:
    """Tesseract's code of a language that the first reader does not read; else empty."""
    language = language_of(source_locale)
    if language != "vi" and script_of(source_locale) in {*RAPIDOCR_SCRIPTS, "Zyyy"}:
        return ""
    code = tesseract.LANGUAGES.get(language)
    if code is None:
        raise ConfigurationError(
            f"text in {source_locale} cannot be read: no reader knows it; name the texts in the manifest"
        )
    if not tesseract.is_installed(code):
        raise ConfigurationError(
            f"text in {source_locale} cannot be read: install {tesseract.package_of(code)}, "
            "or name the texts in the manifest"
        )
    return code


def _with_script(lines: list[TextLine], others: list[TextLine]) -> list[TextLine]:
    """The second reader's lines, but what is Latin or a number for certain as the first one has it."""
    sure = [line for line in lines if line.score >= _LATIN_SURE and fold(line.text).isascii()]
    rest = [line for line in others if not any(share_inside(line.box, s.box) > 0.5 for s in sure)]
    return [*sure, *rest]


def _read_again(rgb: npt.NDArray[np.uint8], line: TextLine, source_locale: str) -> TextLine:
    """A line that the reader was not certain of, with other margins: the surest reading counts."""
    if line.score >= _CERTAIN and not _mixed(line.text, source_locale):
        return line
    best = line
    for margin in _MARGINS:
        text, score = reread(rgb, line, margin)
        better = score > best.score or (_mixed(best.text, source_locale) and not _mixed(text, source_locale))
        if text and better and len(text) >= len(line.text) - 1:
            characters = line.characters if _as_many(text, line) else ()
            best = replace(line, text=text, score=score, characters=characters)
    return best


def _as_many(text: str, line: TextLine) -> bool:
    """Whether another reading has as many letters, so that each character still has its box."""
    return len(text.replace(" ", "")) == len(line.text.replace(" ", ""))


def _mixed(text: str, source_locale: str) -> bool:
    """Whether a text has letters that its language does not know: kana in Chinese."""
    kana = any("぀" <= c <= "ヺ" for c in text)
    return kana and language_of(source_locale) == "zh"
