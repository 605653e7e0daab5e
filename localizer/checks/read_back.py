"""Check `text_correct`: every text that was set is read back from the finished pixels.

A reading that equals the text settles it. One that does not is held against what the same reader makes of
the same line drawn black on white: if it misreads that alike, the reader is weak and the picture is not at
fault, as long as digits, prices and brand terms come back right. Everything else is for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import Placement
from localizer.locales import is_rtl, language_of, script_of
from localizer.model import CheckResult, CheckStatus
from localizer.text import tesseract
from localizer.text.fonts import BOLD, stack
from localizer.text.normalise import digits_of, fold, similarity
from localizer.text.reading import read_line
from localizer.text.rectify import rectify, rectify_column
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

NAME = "text_correct"
EXACT = 1.0
ALIKE = 0.8  # least similarity that a misreading may have, even if plain black on white is misread alike
SURE = 0.9  # confidence from which a wrong reading of the picture is held to be right
_ORDER = (CheckStatus.PASSED, CheckStatus.UNDECIDED, CheckStatus.FAILED)
_RAPIDOCR_SCRIPTS = {"Latn", "Hans", "Hant", "Jpan"}

Reader = Callable[["UInt8Array", tuple[int, int, int]], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read, how sure the reader was, how like the wanted text it is, and who read it."""

    text: str
    confidence: float
    value: float
    reader: Reader | None = None


def reader_for(locale: str) -> tuple[Reader | None, str]:
    """The reader of a locale's script, or None and the component that is missing."""
    language = language_of(locale)
    if script_of(locale) in _RAPIDOCR_SCRIPTS and language != "vi":  # no Vietnamese tone letters
        return lambda rgb, _colour: read_line(rgb), ""
    code = tesseract.LANGUAGES.get(language)
    if code is None:
        return None, f"no reader for {locale}"
    if not tesseract.is_installed(code):
        return None, tesseract.package_of(code)
    return lambda rgb, colour: tesseract.read_line(rgb, colour, code), ""


def _bilingual_readers(locale: str, text: str) -> tuple[Reader, ...]:
    """Readers for Latin names in another script, which a script's own reader takes for letters of its own.

    In Arabic they read the sign of a percentage too, which its own reader takes for digits.
    """
    code = tesseract.LANGUAGES.get(language_of(locale))
    foreign = any(c.isascii() and c.isalpha() for c in text) or (is_rtl(locale) and "%" in text)
    if not foreign or code is None or script_of(locale) == "Latn" or not tesseract.is_installed("eng"):
        return ()
    ways = [(codes, mode) for codes in (f"{code}+eng", f"eng+{code}") for mode in tesseract.MODES]
    return tuple(
        lambda rgb, colour, codes=codes, mode=mode: tesseract.read_line(rgb, colour, codes, modes=(mode,))
        for codes, mode in ways
    )


def check_text_correct(
    rgb: UInt8Array, placements: Sequence[Placement], *, locale: str, keep: Sequence[str] = ()
) -> CheckResult:
    """Read every text that was set.

    Args:
        rgb: H x W x 3 uint8, the candidate.
        locale: of the type that was set.
        keep: brand terms that must come back to the letter where they occur.

    `value` is the lowest similarity, 1.0 being exact.
    """
    texts = [p for p in placements if p.lines]
    if not texts:
        return CheckResult(NAME, CheckStatus.PASSED, None, EXACT, "no text was set")
    worst, status, details, missing = 1.0, CheckStatus.PASSED, [], ""
    for placement in texts:
        one, value, detail, lacking = min(
            (_check(rgb, placement, reading, keep) for reading in _reading_locales(placement, locale)),
            key=lambda result: _ORDER.index(result[0]),
        )
        worst, missing = min(worst, value), missing or lacking
        status = _worse(status, one)
        if detail:
            details.append(detail)
    return CheckResult(NAME, status, round(worst, 3), EXACT, "; ".join(details), missing)


def _reading_locales(placement: Placement, locale: str) -> Iterator[str]:
    """Locales to read in: a text without one letter of the locale's script is read as what it is."""
    from localizer.text.style import locale_of_text

    text = "".join(placement.lines)
    if any(c.isalpha() for c in text):
        yield locale_of_text(text, locale)
        return
    yield "en"
    yield locale  # a price: the locale's own reader knows its digits and its currency


def _check(
    rgb: UInt8Array, placement: Placement, locale: str, keep: Sequence[str]
) -> tuple[CheckStatus, float, str, str]:
    wanted, asked = " ".join(placement.lines), placement.edit.replacement
    if fold("".join(placement.lines)) != fold(asked):
        return CheckStatus.FAILED, similarity(wanted, asked), f"“{asked}” was asked for, “{wanted}” set", ""
    if not fold(wanted):  # signs and punctuation only: no reader can vouch for them
        return CheckStatus.UNDECIDED, 0.0, f"“{wanted}” has no letter or digit to read back", ""
    if len(_corners(placement)) != len(placement.lines):
        return (
            CheckStatus.UNDECIDED,
            0.0,
            f"“{wanted}” could not be read back: where it stands is unknown",
            "",
        )
    reader, lacking = reader_for(locale)
    if reader is None:
        return (
            CheckStatus.UNDECIDED,
            0.0,
            f"“{wanted}” could not be read back: {lacking} is not installed",
            lacking,
        )
    if not _inside(placement, rgb.shape):
        return CheckStatus.UNDECIDED, 0.0, f"“{wanted}” runs over the frame", ""
    reading = _read(rgb, placement, (reader, *_bilingual_readers(locale, wanted)))
    if _exact(reading, wanted):
        return CheckStatus.PASSED, 1.0, "", ""
    said = f"“{wanted}” was read as “{reading.text}”"
    if digits_of(reading.text) != digits_of(wanted):
        return CheckStatus.UNDECIDED, reading.value, f"{said}: the digits differ", ""
    lost = [t for t in keep if fold(t) in fold(wanted) and fold(t) not in fold(reading.text)]
    if lost:
        return CheckStatus.UNDECIDED, reading.value, f"{said}: {', '.join(lost)} did not come back", ""
    if placement.typeset and reading.value >= ALIKE and reading.reader is not None:
        plain = _read_plain(placement, locale, reading.reader)
        if fold(plain.text) == fold(reading.text):
            return CheckStatus.PASSED, reading.value, f"{said}, as it is in plain black on white", ""
    if reading.value < 0.5 and reading.confidence >= SURE and not placement.typeset:
        return CheckStatus.FAILED, reading.value, said, ""
    return CheckStatus.UNDECIDED, reading.value, said, ""


def _read(rgb: UInt8Array, placement: Placement, readers: Sequence[Reader]) -> _Reading:
    """The best of three readings by each reader, which differ in the margin around the line."""
    wanted = " ".join(placement.lines)
    best = _Reading("", 0.0, -1.0)
    for margin in (0.18, 0.4, 0.06):
        crops = [
            rectify_column(rgb, corners, margin, text)
            if placement.vertical
            else rectify(rgb, corners, margin)
            for corners, text in zip(_corners(placement), placement.lines, strict=True)
        ]
        readings: list[_Reading] = []
        for reader in readers:
            parts = [reader(crop, placement.colour or (0, 0, 0)) for crop in crops]
            text = " ".join(p[0] for p in parts)
            readings.append(_Reading(text, min(p[1] for p in parts), similarity(text, wanted), reader))
            if _exact(readings[-1], wanted):
                return readings[-1]
        if len(readings) > 1:
            readings.append(_by_script(readings, wanted))
        best = max(best, *readings, key=lambda r: (_exact(r, wanted), r.value))
        if _exact(best, wanted):
            break
    return best


def _by_script(readings: Sequence[_Reading], wanted: str) -> _Reading:
    """Each word from the reader of its script: the first reads the locale's, the others Latin too."""
    words = wanted.split()
    own, *latin = (r.text.split() for r in readings)
    fitting = [text for text in latin if len(text) == len(words)]
    if len(own) != len(words) or not fitting:
        return _Reading("", 0.0, -1.0)
    text = " ".join(
        own[i]
        if any(c.isalpha() and not c.isascii() for c in word)
        else max((f[i] for f in fitting), key=lambda read: similarity(read, word))
        for i, word in enumerate(words)
    )
    return _Reading(text, min(r.confidence for r in readings), similarity(text, wanted))


def _corners(placement: Placement) -> Sequence[Sequence[tuple[float, float]]]:
    """Corners of each line; of upright lines the boxes will do."""
    if placement.corners:
        return placement.corners
    return [((a, b), (c, b), (c, d), (a, d)) for a, b, c, d in placement.line_boxes]


def _inside(placement: Placement, shape: tuple[int, ...]) -> bool:
    """Whether no corner is beyond the frame: what is cut off there may still be guessed by a reader."""
    points = [point for corners in _corners(placement) for point in corners]
    return all(-1 <= x <= shape[1] + 1 and -1 <= y <= shape[0] + 1 for x, y in points)


def _exact(reading: _Reading, wanted: str) -> bool:
    """Letters alike, and numbers with their points: ¥79.9 is not ¥799."""
    return reading.value == 1.0 and digits_of(reading.text) == digits_of(wanted)


def _read_plain(placement: Placement, locale: str, reader: Reader) -> _Reading:
    """Read the same lines drawn black on white at a comfortable size."""
    size, black = 64.0, (0, 0, 0)
    texts, confidence = [], 1.0
    for text in placement.lines:
        line = shape_line(text, stack(locale, weight=BOLD), locale)
        x0, y0, x1, y1 = (v * size for v in line.ink)
        page = np.full((int(y1 - y0) + 24, int(x1 - x0) + 24, 3), 255, np.uint8)
        drawn, _ = draw(page, [PlacedLine(line, 12 - x0, 12 + y1, size)], black)
        got, sure = reader(drawn, black)
        texts.append(got)
        confidence = min(confidence, sure)
    joined = " ".join(texts)
    return _Reading(joined, confidence, similarity(joined, " ".join(placement.lines)))


def _worse(a: CheckStatus, b: CheckStatus) -> CheckStatus:
    return max(a, b, key=_ORDER.index)
