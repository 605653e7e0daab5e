"""Check `text_correct`: every text that was set is read back from the finished pixels.

A reading that equals the text settles it. One that does not is held against what the same reader makes of
the same line drawn black on white: if it misreads that alike, the reader is weak and the picture is not at
fault, as long as digits, prices and brand terms come back right. So it is if all but a letter or two come
back and the very letters, lifted off their ground, read right. Everything else is for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.checks.letters import letters_alone
from localizer.checks.readers import Reader, further_readers, rapidocr_line, reader_for, reader_of_runs
from localizer.checks.seen import likeness_in_place
from localizer.engines.base import Placement
from localizer.model import CheckResult, CheckStatus
from localizer.text.fonts import BOLD, stack
from localizer.text.normalise import digits_of, fold, look_alike, same_writing, similarity
from localizer.text.rectify import rectify, rectify_column
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

if TYPE_CHECKING:
    import numpy.typing as npt

    UInt8Array = npt.NDArray[np.uint8]

NAME = "text_correct"
EXACT = 1.0
ALIKE = 0.8  # least similarity that a misreading may have, even if plain black on white is misread alike
CLOSE = 0.9  # least similarity that a reading on a lively ground may have, if the letters alone read right
SURE = 0.9  # confidence from which a wrong reading of the picture is held to be right
Corners = Sequence[tuple[float, float]]
_ORDER = (CheckStatus.PASSED, CheckStatus.UNDECIDED, CheckStatus.FAILED)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read of a line.

    Attributes:
        wanted: what should stand there.
        confidence: of the reader, 0 to 1.
        locale: that it was read in.
        lenient: the glyphs come from a font, so that letters which differ in nothing but their name are
            the same.
    """

    wanted: str
    text: str
    confidence: float
    locale: str
    reader: Reader | None
    lenient: bool = False

    @property
    def value(self) -> float:
        """Likeness of what was read with what was wanted."""
        return similarity(self.text, self.wanted)

    @property
    def is_exact(self) -> bool:
        """Letters alike, and numbers with their points: ¥79.9 is not ¥799; capitals too, unless set by us."""
        if self.value == EXACT and digits_of(self.text) == digits_of(self.wanted):
            return self.lenient or same_writing(self.text, self.wanted)
        return self.lenient and look_alike(self.text, self.wanted)


def check_text_correct(
    rgb: UInt8Array,
    placements: Sequence[Placement],
    *,
    locale: str,
    keep: Sequence[str] = (),
    plate: UInt8Array | None = None,
) -> CheckResult:
    """Read every text that was set.

    Args:
        rgb: H x W x 3 uint8, the candidate.
        locale: of the type that was set.
        keep: brand terms that must come back to the letter where they occur.
        plate: H x W x 3 uint8, the candidate before type was set, if known.

    `value` is the lowest similarity, 1.0 being exact.
    """
    texts = [p for p in placements if p.lines]
    if not texts:
        return CheckResult(NAME, CheckStatus.PASSED, None, EXACT, "no text was set")
    worst, status, details, missing = 1.0, CheckStatus.PASSED, [], ""
    for placement in texts:
        one, value, detail, lacking = _check(rgb, placement, locale, keep, plate)
        worst, missing = min(worst, value), missing or lacking
        status = _worse(status, one)
        if detail:
            details.append(detail)
    return CheckResult(NAME, status, round(worst, 3), EXACT, "; ".join(details), missing)


def _check(
    rgb: UInt8Array, placement: Placement, locale: str, keep: Sequence[str], plate: UInt8Array | None
) -> tuple[CheckStatus, float, str, str]:
    wanted, asked = " ".join(placement.lines), placement.edit.replacement
    if fold("".join(placement.lines)) != fold(asked):
        return CheckStatus.FAILED, similarity(wanted, asked), f"“{asked}” was asked for, “{wanted}” set", ""
    if not fold(wanted):  # signs and punctuation only: no reader can vouch for them
        return CheckStatus.UNDECIDED, 0.0, f"“{wanted}” has no letter or digit to read back", ""
    corners = _corners(placement)
    if len(corners) != len(placement.lines):
        return (
            CheckStatus.UNDECIDED,
            0.0,
            f"“{wanted}” could not be read back: where it stands is unknown",
            "",
        )
    if not _inside(placement, rgb.shape):
        return CheckStatus.UNDECIDED, 0.0, f"“{wanted}” runs over the frame", ""
    readings, lacking = [], ""
    for text, outline in zip(placement.lines, corners, strict=True):
        reading, lacking = _read_in_locales(rgb, text, outline, placement, locale)
        if reading is None:
            return (
                CheckStatus.UNDECIDED,
                0.0,
                f"“{wanted}” could not be read back: {lacking} is not installed",
                lacking,
            )
        readings.append(reading)
    status, value, detail = _judge(placement, readings, keep)
    if status is CheckStatus.UNDECIDED and plate is not None and _is_ground_only(placement, readings, keep):
        alone = letters_alone(rgb, plate, placement.colour or (0, 0, 0))
        black = replace(placement, colour=(0, 0, 0))
        again = [
            _read_in_locales(alone, text, outline, black, locale)[0]
            for text, outline in zip(placement.lines, corners, strict=True)
        ]
        if all(r is not None and r.is_exact for r in again):
            return CheckStatus.PASSED, value, f"{detail}; off their ground the letters read right", ""
    if status is CheckStatus.PASSED and all(r.reader is rapidocr_line for r in readings):
        seen = likeness_in_place(rgb, placement, enough=value, plate=plate)
        if seen is not None and seen < value:
            return CheckStatus.UNDECIDED, seen, f"“{wanted}” is hardly found where it stands", ""
    return status, value, detail, ""


def _judge(
    placement: Placement, readings: Sequence[_Reading], keep: Sequence[str]
) -> tuple[CheckStatus, float, str]:
    """What the readings of all lines of a text say of it together."""
    if all(r.is_exact for r in readings):
        return CheckStatus.PASSED, EXACT, ""
    wanted, read = " ".join(placement.lines), " ".join(r.text for r in readings)
    value, said = similarity(read, wanted), f"“{wanted}” was read as “{read}”"
    if any(digits_of(r.text) != digits_of(r.wanted) for r in readings if not r.is_exact):
        return CheckStatus.UNDECIDED, value, f"{said}: the digits differ"
    lost = [t for t in keep if fold(t) in fold(wanted) and fold(t) not in fold(read)]
    if lost:
        return CheckStatus.UNDECIDED, value, f"{said}: {', '.join(lost)} did not come back"
    if placement.typeset and all(r.is_exact or _misread_alike(r) for r in readings):
        return CheckStatus.PASSED, value, f"{said}, as it is in plain black on white"
    sure = min(r.confidence for r in readings)
    if value < 0.5 and sure >= SURE and not placement.typeset:
        return CheckStatus.FAILED, value, said
    return CheckStatus.UNDECIDED, value, said


def _is_ground_only(placement: Placement, readings: Sequence[_Reading], keep: Sequence[str]) -> bool:
    """Whether so little was misread that a lively ground may be all there is to it; never digits or names."""
    wanted, read = " ".join(placement.lines), " ".join(r.text for r in readings)
    return (
        placement.typeset
        and similarity(read, wanted) >= CLOSE
        and digits_of(read) == digits_of(wanted)
        and all(fold(t) in fold(read) for t in keep if fold(t) in fold(wanted))
    )


def _misread_alike(reading: _Reading) -> bool:
    """Whether a reading is close, and the same as that of the line in plain black on white."""
    if reading.value < ALIKE or reading.reader is None:
        return False
    return fold(_read_plain(reading.wanted, reading.locale, reading.reader)) == fold(reading.text)


def _reading_locales(text: str, locale: str) -> tuple[str, ...]:
    """Locales to read a line in: one without a letter of the locale's script is read as what it is."""
    from localizer.text.style import locale_of_text

    if any(c.isalpha() for c in text):
        return (locale_of_text(text, locale),)
    return "en", locale  # a price: the locale's own reader knows its digits and its currency


def _read_in_locales(
    rgb: UInt8Array, text: str, corners: Corners, placement: Placement, locale: str
) -> tuple[_Reading | None, str]:
    """The best reading of a line, or None and the component that is missing."""
    best, missing = None, ""
    for reading_locale in dict.fromkeys(_reading_locales(text, locale)):
        reader, lacking = reader_for(reading_locale)
        if reader is None:
            missing = missing or lacking
            continue
        reading = _read(rgb, text, corners, placement, reading_locale, reader)
        best = reading if best is None else max(best, reading, key=_merit)
        if best.is_exact:
            break
    return best, missing


def _merit(reading: _Reading) -> tuple[bool, float]:
    return reading.is_exact, reading.value


def _read(
    rgb: UInt8Array, text: str, corners: Corners, placement: Placement, locale: str, own: Reader
) -> _Reading:
    """The best of three readings by each reader, which differ in the margin around the line."""
    readers = (own, *further_readers(locale, text))
    by_runs = reader_of_runs(locale, text)
    colour = placement.colour or (0, 0, 0)
    best = _Reading(text, "", 0.0, locale, None, lenient=placement.typeset)
    for margin in (0.18, 0.4, 0.06):
        if placement.vertical:
            crop = rectify_column(rgb, corners, margin, text)
        else:
            crop = rectify(rgb, corners, margin)
        readings: list[_Reading] = []
        for reader in (*readers, *((by_runs,) if by_runs else ())):
            said, sure = reader(crop, colour)
            readings.append(_Reading(text, said, sure, locale, reader, lenient=placement.typeset))
            if readings[-1].is_exact:
                return readings[-1]
        if len(readers) > 1:
            readings.append(_by_script(readings[: len(readers)], text))
        best = max(best, *readings, key=_merit)
        if best.is_exact:
            break
    return best


def _by_script(readings: Sequence[_Reading], wanted: str) -> _Reading:
    """Each word from the reader of its script: the first reads the locale's, the others Latin too."""
    words = wanted.split()
    own, *latin = (r.text.split() for r in readings)
    fitting = [text for text in latin if len(text) == len(words)]
    nothing = _Reading(wanted, "", 0.0, readings[0].locale, None)
    if len(own) != len(words) or not fitting:
        return nothing
    text = " ".join(
        own[i]
        if any(c.isalpha() and not c.isascii() for c in word)
        else max((f[i] for f in fitting), key=lambda read: similarity(read, word))
        for i, word in enumerate(words)
    )
    return replace(nothing, text=text, confidence=min(r.confidence for r in readings))


def _corners(placement: Placement) -> Sequence[Corners]:
    """Corners of each line; of upright lines the boxes will do."""
    if placement.corners:
        return placement.corners
    return [((a, b), (c, b), (c, d), (a, d)) for a, b, c, d in placement.line_boxes]


def _inside(placement: Placement, shape: tuple[int, ...]) -> bool:
    """Whether no corner is beyond the frame: what is cut off there may still be guessed by a reader."""
    points = [point for corners in _corners(placement) for point in corners]
    return all(-1 <= x <= shape[1] + 1 and -1 <= y <= shape[0] + 1 for x, y in points)


def _read_plain(text: str, locale: str, reader: Reader) -> str:
    """Read the same line drawn black on white at a comfortable size."""
    size, black = 64.0, (0, 0, 0)
    line = shape_line(text, stack(locale, weight=BOLD), locale)
    x0, y0, x1, y1 = (v * size for v in line.ink)
    page = np.full((int(y1 - y0) + 24, int(x1 - x0) + 24, 3), 255, np.uint8)
    drawn, _ = draw(page, [PlacedLine(line, 12 - x0, 12 + y1, size)], black)
    return reader(drawn, black)[0]


def _worse(a: CheckStatus, b: CheckStatus) -> CheckStatus:
    return max(a, b, key=_ORDER.index)
