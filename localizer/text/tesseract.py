"""Reading one line in the scripts that rapidocr does not know, with Tesseract.

The place and the colour of the line are known, so the crop is turned into dark type on white by its
distance from the fill colour, at the size Tesseract likes, and read as a single line in two ways.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

LANGUAGES = {
    "ko": "kor", "th": "tha", "ar": "ara", "hi": "hin", "vi": "vie", "ru": "rus", "uk": "ukr", "el": "ell",
    "he": "heb", "fa": "fas", "ur": "urd", "bg": "bul", "sr": "srp", "mr": "mar", "ne": "nep",
}  # fmt: skip
# Latin letters that rapidocr knows and now and then takes for plainer ones: İ ı ş, ț ș, ő ű.
LATIN = {"tr": "tur", "ro": "ron", "hu": "hun"}
_HEIGHT = 56  # pixels; Tesseract's models were trained on lines of about this height
_SINGLE_LINE, _RAW_LINE = 7, 13
MODES = (_SINGLE_LINE, _RAW_LINE)  # Arabic needs the raw mode, most others the first


@cache
def data_folder() -> str | None:
    """Where the ``*.traineddata`` files are: ``TESSDATA_PREFIX``, or where Debian and Ubuntu put them."""
    prefix = os.environ.get("TESSDATA_PREFIX")
    places = [Path(prefix)] if prefix else sorted(Path("/usr/share/tesseract-ocr").glob("*/tessdata"))
    return next((str(p) for p in reversed(places) if any(p.glob("*.traineddata"))), None)


def package_of(language: str) -> str:
    """The Debian package that holds a language."""
    return f"tesseract-ocr-{language.replace('_', '-')}"


def is_installed(language: str) -> bool:
    """Whether a language (Tesseract's code) can be read on this machine."""
    folder = data_folder()
    return folder is not None and (Path(folder) / f"{language}.traineddata").is_file()


@cache
def _api(language: str, mode: int) -> Any:
    import tesserocr

    return tesserocr.PyTessBaseAPI(path=data_folder(), lang=language, psm=mode)


def read_line(
    rgb: npt.NDArray[np.uint8],
    colour: tuple[int, int, int],
    language: str,
    *,
    modes: tuple[int, ...] = MODES,
) -> tuple[str, float]:
    """One upright line: text and confidence, 0 to 1.

    Args:
        rgb: H x W x 3 uint8, the line with a small margin.
        colour: fill colour of the type, sRGB.
        language: Tesseract's code, or several joined by ``+``; must be installed.
        modes: page segmentation modes to read in; the surest reading counts.
    """
    from PIL import Image

    page = _dark_on_white(rgb, colour)
    if page.min() > 160:  # nothing there has the colour of the type; the raw mode reads letters into that
        return "", 0.0
    grey = Image.fromarray(page)
    best = ("", -1.0)
    for mode in modes:
        api = _api(language, mode)
        api.SetImage(grey)
        text = api.GetUTF8Text().strip()
        confidence = api.MeanTextConf() / 100
        if text and confidence > best[1]:
            best = text, confidence
    return best[0], max(0.0, best[1])


def _dark_on_white(rgb: npt.NDArray[np.uint8], colour: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    scale = _HEIGHT / max(1, rgb.shape[0])
    interpolation = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    sized = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=interpolation)
    lab = cv2.cvtColor(sized.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    fill = cv2.cvtColor(np.array([[colour]], np.float32) / 255, cv2.COLOR_RGB2LAB)[0, 0]
    distance = np.linalg.norm(lab - fill, axis=2)
    # ΔE at which a pixel counts as ground: what most of the crop has, so that faint type is stretched too.
    ground = max(8.0, float(np.percentile(distance, 75)))
    grey = np.clip(distance / ground * 255, 0, 255).astype(np.uint8)
    return np.asarray(cv2.copyMakeBorder(grey, 12, 12, 16, 16, cv2.BORDER_CONSTANT, value=[255]), np.uint8)
