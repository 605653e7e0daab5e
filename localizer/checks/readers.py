"""Who reads what: a reader per script, and the runs of a line that another reader knows better.

Tesseract's models for Arabic, Thai or Hindi take digits, prices and Latin names for letters of their own
script. The line is set by us, so where such a run stands is known: it is cut out and read by itself.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import is_rtl, language_of, script_of
from localizer.text import tesseract
from localizer.text.fonts import BOLD, stack
from localizer.text.reading import read_line
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

Colour = tuple[int, int, int]
Reader = Callable[["UInt8Array", Colour], tuple[str, float]]
RAPIDOCR_SCRIPTS = {"Latn", "Hans", "Hant", "Jpan"}
_SEARCH = 0.3  # share of the line's height within which a cut may move to where there is least ink


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring words of a line for one reader.

    Attributes:
        foreign: digits, prices or Latin words in a script whose own reader does not know them well.
        start: left end, as a share of the line's width.
        end: right end, likewise.
    """

    text: str
    foreign: bool
    start: float
    end: float


def rapidocr_line(rgb: UInt8Array, _colour: Colour) -> tuple[str, float]:
    return read_line(rgb)


def reader_for(locale: str) -> tuple[Reader | None, str]:
    """The reader of a locale's script, or None and the component that is missing."""
    language = language_of(locale)
    if script_of(locale) in RAPIDOCR_SCRIPTS and language != "vi":  # no Vietnamese tone letters
        return rapidocr_line, ""
    code = tesseract.LANGUAGES.get(language)
    if code is None:
        return None, f"no reader for {locale}"
    if not tesseract.is_installed(code):
        return None, tesseract.package_of(code)
    return lambda rgb, colour: tesseract.read_line(rgb, colour, code), ""


def further_readers(locale: str, text: str) -> tuple[Reader, ...]:
    """Further readers of a line, for what the script's own reader does not know well.

    Latin names within another script, which its own reader takes for letters of its own, and in Arabic the
    sign of a percentage; the rarer letters of some Latin alphabets; Cyrillic in handwriting.
    """
    second = tesseract.LATIN.get(language_of(locale))
    if second is not None and tesseract.is_installed(second):
        return (lambda rgb, colour: tesseract.read_line(rgb, colour, second),)
    if script_of(locale) == "Cyrl":  # rapidocr knows Russian, and Latin with it
        return (rapidocr_line, *_with_english(locale, text))
    return _with_english(locale, text)


def _with_english(locale: str, text: str) -> tuple[Reader, ...]:
    code = tesseract.LANGUAGES.get(language_of(locale))
    foreign = any(c.isascii() and c.isalpha() for c in text) or (is_rtl(locale) and "%" in text)
    if not foreign or code is None or script_of(locale) == "Latn" or not tesseract.is_installed("eng"):
        return ()
    ways = [(codes, mode) for codes in (f"{code}+eng", f"eng+{code}") for mode in tesseract.MODES]
    return tuple(
        lambda rgb, colour, codes=codes, mode=mode: tesseract.read_line(rgb, colour, codes, modes=(mode,))
        for codes, mode in ways
    )


def reader_of_runs(locale: str, text: str) -> Reader | None:
    """A reader that reads each run of a line by itself; None where one reader does for all of it."""
    own, _ = reader_for(locale)
    if own is None or own is rapidocr_line:
        return None
    runs = runs_of(text, locale)
    if not any(run.foreign for run in runs):
        return None

    def read(rgb: UInt8Array, colour: Colour) -> tuple[str, float]:
        words, confidence = [], 1.0
        for run, part in zip(runs, _cut(rgb, runs, colour), strict=True):
            said, sure = (rapidocr_line if run.foreign else own)(part, colour)
            words.append(said)
            confidence = min(confidence, sure)
        return " ".join(words), confidence

    return read


def runs_of(text: str, locale: str) -> tuple[Run, ...]:
    """The runs of a line in logical order, each with the extent that the script's own face gives it.

    Words without a letter of the locale's script, and with a letter or digit of ours, are foreign; in
    Latin script (Vietnamese) only numbers and prices are.
    """
    kinds: list[tuple[str, bool]] = []
    for word in text.split():
        foreign = _is_foreign(word, locale)
        if kinds and kinds[-1][1] == foreign:
            kinds[-1] = (f"{kinds[-1][0]} {word}", foreign)
        else:
            kinds.append((word, foreign))
    faces = stack(locale, weight=BOLD)
    space = shape_line("a a", faces, "en").advance - 2 * shape_line("a", faces, "en").advance
    widths = [shape_line(part, faces, locale).advance for part, _ in kinds]
    starts, x = [0.0] * len(kinds), 0.0
    # Runs of both kinds alternate, so from right to left they stand in reverse, each in its own order.
    for n in reversed(range(len(kinds))) if is_rtl(locale) else range(len(kinds)):
        starts[n] = x
        x += widths[n] + space
    whole = max(1e-6, x - space)
    return tuple(
        Run(part, foreign, start / whole, (start + width) / whole)
        for (part, foreign), start, width in zip(kinds, starts, widths, strict=True)
    )


def _is_foreign(word: str, locale: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    if any(not c.isascii() for c in letters) or (letters and script_of(locale) == "Latn"):
        return False
    return any((c.isascii() and c.isalnum()) or c == "%" or unicodedata.category(c) == "Sc" for c in word)


def _cut(rgb: UInt8Array, runs: tuple[Run, ...], colour: Colour) -> list[UInt8Array]:
    """The line's image cut into its runs, each cut where there is least ink near the middle of the gap."""
    height, width = rgb.shape[:2]
    margin = 0.13 * height  # about what was added around the line's ink
    order = sorted(range(len(runs)), key=lambda n: runs[n].start)
    distance = np.abs(rgb.astype(np.int16) - np.array(colour, np.int16)).sum(2)
    ink = (distance < 0.5 * np.percentile(distance, 75)).sum(0).astype(np.float32)
    gap = max(1, round(0.12 * height))
    ink = np.convolve(ink, np.ones(gap, np.float32), "same")
    cuts = [0]
    for left, right in pairwise(order):
        middle = margin + (width - 2 * margin) * (runs[left].end + runs[right].start) / 2
        first = max(cuts[-1] + 1, round(middle - _SEARCH * height))
        last = min(width - 1, round(middle + _SEARCH * height))
        if first >= last:
            cuts.append(min(width, max(cuts[-1] + 1, round(middle))))
            continue
        window = ink[first:last]
        # Of all places with least ink the one nearest to where the gap should be.
        best = np.flatnonzero(window <= window.min() + 0.5)
        cuts.append(first + int(best[np.abs(best + first - middle).argmin()]))
    cuts.append(width)
    parts: dict[int, UInt8Array] = {}
    for n, run in enumerate(order):
        parts[run] = np.ascontiguousarray(rgb[:, cuts[n] : max(cuts[n] + 1, cuts[n + 1])])
    return [parts[n] for n in range(len(runs))]
