"""Faults: a right line turned into one that a person would reject, and that still claims to be right.

A line can be covered or clipped whoever made it, and is held to be typeset then. The other faults are those
of a model that misspells; a font cannot make them.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.lines.drawing import Drawn, Look, draw_line, shape
from localizer.text.normalise import fold

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Faulty:
    """A damaged line.

    Attributes:
        drawn: its placement claims the right text.
        rgb: the pixels as stored.
        what: what was done, for a person.
    """

    drawn: Drawn
    rgb: UInt8Array
    what: str


@dataclass(frozen=True, slots=True)
class Line:
    """A phrase to damage."""

    text: str
    locale: str
    look: Look
    letters: Sequence[str]
    rng: random.Random


Fault = Callable[[Line], Faulty | None]


def _ink(drawn: Drawn, index: int) -> tuple[int, int, int, int] | None:
    """Pixels that one glyph of a line may touch, or None if it is blank."""
    glyph = drawn.placed.line.glyphs[index]
    extents = glyph.face.font.get_glyph_extents(glyph.id)
    if extents is None or not extents.width or not extents.height:
        return None
    em = glyph.face.upem
    x0, y0 = drawn.placed.at(glyph.x + extents.x_bearing / em, glyph.y + extents.y_bearing / em)
    x1, y1 = drawn.placed.at(
        glyph.x + (extents.x_bearing + extents.width) / em,
        glyph.y + (extents.y_bearing + extents.height) / em,
    )
    return int(x0), int(y0), int(x1) + 1, int(y1) + 1


def _counting_glyphs(drawn: Drawn) -> list[int]:
    """Glyphs that are neither blank nor punctuation."""
    silent = {c for c in drawn.placed.line.text if not fold(c)}
    out = []
    for index, glyph in enumerate(drawn.placed.line.glyphs):
        ids = {glyph.face.font.get_nominal_glyph(ord(c)) for c in silent}
        if glyph.id not in ids and _ink(drawn, index) is not None:
            out.append(index)
    return out


def covered(line: Line) -> Faulty | None:
    """One glyph is covered by a patch of the ground."""
    drawn = draw_line(shape(line.text, line.locale, line.look), line.locale, line.look)
    index = line.rng.choice(_counting_glyphs(drawn))
    box = _ink(drawn, index)
    if box is None:
        return None
    x0, y0, x1, y1 = box
    rgb = drawn.rgb.copy()
    rgb[y0:y1, x0:x1] = drawn.empty[y0:y1, x0:x1]
    damaged = Drawn(drawn.empty, rgb, drawn.placed, drawn.placement, drawn.look)
    return Faulty(damaged, damaged.stored(), f"glyph {index + 1} of {len(drawn.placed.line.glyphs)} covered")


def clipped(line: Line) -> Faulty | None:
    """The image ends inside the last glyph, of which two fifths are left."""
    drawn = draw_line(shape(line.text, line.locale, line.look), line.locale, line.look)
    boxes = [box for index in _counting_glyphs(drawn) if (box := _ink(drawn, index)) is not None]
    last = max(boxes, key=lambda b: b[2])
    rgb = drawn.stored()[:, : int(last[0] + 0.4 * (last[2] - last[0]))]
    return Faulty(drawn, rgb, "the rightmost glyph runs over the frame")


def _other(line: Line, text: str, what: str) -> Faulty | None:
    if text == line.text or fold(text) == "":
        return None
    drawn = draw_line(shape(text, line.locale, line.look), line.locale, line.look).as_model(line.text)
    return Faulty(drawn, drawn.stored(), f"“{text}” is drawn ({what})")


def other_letter(text: str, letters: Sequence[str], rng: random.Random) -> tuple[str, str] | None:
    """The text with one letter swapped for another of its kind, and what was done; None if there is none."""
    places = [i for i, c in enumerate(text) if c.isalpha()]
    if not places:
        return None
    i = rng.choice(places)
    old = text[i]
    kind = unicodedata.category(old), _block(old)
    others = [c for c in letters if (unicodedata.category(c), _block(c)) == kind and fold(c) != fold(old)]
    if not others:
        return None
    new = rng.choice(others)
    return text[:i] + new + text[i + 1 :], f"{new} for {old}"


def other_digit(text: str, rng: random.Random) -> tuple[str, str] | None:
    """The text with one digit changed."""
    places = [i for i, c in enumerate(text) if c.isdecimal()]
    if not places:
        return None
    i = rng.choice(places)
    new = rng.choice([d for d in "0123456789" if d != text[i]])
    return text[:i] + new + text[i + 1 :], f"{new} for {text[i]}"


def no_mark(text: str, rng: random.Random) -> tuple[str, str] | None:
    """The text without one accent, tone mark, vowel sign or voicing mark."""
    texts = []
    for i, c in enumerate(text):
        parts = unicodedata.normalize("NFD", c)
        for k, part in enumerate(parts):
            if unicodedata.category(part) in {"Mn", "Mc"}:
                rest = unicodedata.normalize("NFC", parts[:k] + parts[k + 1 :])
                texts.append((text[:i] + rest + text[i + 1 :], f"no {unicodedata.name(part).lower()}"))
    return rng.choice(texts) if texts else None


def replaced(line: Line) -> Faulty | None:
    """One letter is another one of the same kind."""
    found = other_letter(line.text, line.letters, line.rng)
    return _other(line, *found) if found else None


def digit(line: Line) -> Faulty | None:
    """One digit is another one."""
    found = other_digit(line.text, line.rng)
    return _other(line, *found) if found else None


def mark(line: Line) -> Faulty | None:
    """One accent, tone mark, vowel sign or voicing mark is missing."""
    found = no_mark(line.text, line.rng)
    return _other(line, *found) if found else None


def cut(line: Line) -> Faulty | None:
    """The last letter is missing."""
    from localizer.text.shaping import clusters

    parts = clusters(line.text)
    last = max((i for i, c in enumerate(parts) if fold(c)), default=0)
    return _other(line, "".join(parts[:last] + parts[last + 1 :]).strip(), f"without {parts[last]}")


def separator(line: Line) -> Faulty | None:
    """A price lost its decimal or thousands separator, or a reduction its minus sign."""
    text = re.sub(r"(?<=\d)[.,](?=\d)", "", line.text, count=1)
    if text == line.text:
        text = re.sub(r"-(?=\d)", "", line.text, count=1)
    return _other(line, text, "without a separator or sign")


FAULTS: dict[str, Fault] = {
    "covered": covered,
    "replaced": replaced,
    "digit": digit,
    "mark": mark,
    "clipped": clipped,
    "cut": cut,
    "separator": separator,
}


def _block(c: str) -> str:
    """Script of a letter, roughly: the first word of its name."""
    return unicodedata.name(c, "?").split(" ", 1)[0]
