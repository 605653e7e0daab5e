"""Reading an image's lines in a script that its first reader does not know.

rapidocr's detector finds lines of any script, its recogniser reads Latin, Chinese and Japanese only; the
others are read by Tesseract, line by line.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from localizer.locales import language_of
from localizer.text import tesseract
from localizer.text.reading import TextLine, detect_lines
from localizer.text.rectify import rectify

if TYPE_CHECKING:
    import numpy.typing as npt

_LANGUAGES = {
    "HANGUL": ("ko",), "THAI": ("th",), "ARABIC": ("ar", "fa", "ur"), "DEVANAGARI": ("hi", "mr", "ne"),
    "CYRILLIC": ("ru", "uk", "bg", "sr"), "GREEK": ("el",), "HEBREW": ("he",),
}  # fmt: skip
_SURE = 0.3  # confidence below which a reading is noise


def language_to_read(text: str, declared: str) -> str:
    """Tesseract's code for a text that rapidocr cannot read and Tesseract, as installed, can; else empty."""
    names = " ".join(unicodedata.name(c, "") for c in text if c.isalpha())
    language = language_of(declared)
    for script, languages in _LANGUAGES.items():
        if script in names:
            code = tesseract.LANGUAGES.get(language if language in languages else languages[0], "")
            return code if code and tesseract.is_installed(code) else ""
    if language == "vi" and any(ord(c) > 0x7F for c in text) and tesseract.is_installed("vie"):
        return "vie"
    return ""


def read_lines_in(rgb: npt.NDArray[np.uint8], language: str) -> list[TextLine]:
    """All lines of an image, read in one language.

    Args:
        rgb: H x W x 3 uint8.
        language: Tesseract's code; must be installed.
    """
    out = []
    for quad in detect_lines(rgb):
        crop = rectify(rgb, quad, 0.1)
        text, sure = tesseract.read_line(crop, _ink_colour(crop), language)
        if text.strip() and sure >= _SURE:
            out.append(TextLine(" ".join(text.split()), quad, sure))
    return out


def _ink_colour(crop: npt.NDArray[np.uint8]) -> tuple[int, int, int]:
    """The colour that stands out most from what the crop's rim has."""
    pixels = crop.astype(np.float32)
    rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    distance = np.linalg.norm(pixels - np.median(rim, axis=0), axis=2)
    far = distance >= np.percentile(distance, 92)
    r, g, b = (int(c) for c in np.median(pixels[far], axis=0))
    return r, g, b
