"""All text of an image as blocks that a translator can work with, each with whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from localizer.brand import BrandKit
from localizer.extraction.finding import find_larger, find_lines
from localizer.extraction.grouping import Judged, gather
from localizer.extraction.judging import judge
from localizer.extraction.measuring import measure
from localizer.extraction.model import Origin, TextBlock
from localizer.extraction.pieces import join, part
from localizer.locales import normalise_locale
from localizer.model import Box
from localizer.text.normalise import is_wordless
from localizer.text.reading import READER_VERSION, TextLine

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

EXTRACTOR_VERSION = f"3, {READER_VERSION}"
"""Another version may find other texts: what was kept from an earlier one is read anew."""


class Extracted(NamedTuple):
    """What was found in an image.

    Attributes:
        unread: boxes of lines that the reader saw and could not read: they may be in another script.
    """

    blocks: tuple[TextBlock, ...]
    unread: tuple[Box, ...]


def extract(
    rgb: npt.NDArray[np.uint8], *, source_locale: str, brand: BrandKit | None = None
) -> tuple[TextBlock, ...]:
    """All text of an image, in reading order.

    Args:
        rgb: H x W x 3 uint8, upright.
        source_locale: BCP 47, of the campaign's text in the image; ``und`` where nobody says.
        brand: whose terms are names wherever they stand alone.

    Raises:
        ConfigurationError: the reader of the source's script is not installed.
        ValueError: `source_locale` is no BCP 47 tag.
    """
    return extract_all(rgb, source_locale=source_locale, brand=brand).blocks


def extract_all(
    rgb: npt.NDArray[np.uint8], *, source_locale: str, brand: BrandKit | None = None
) -> Extracted:
    """`extract`, and where there is text that cannot be read. Raises like it."""
    locale = normalise_locale(source_locale)
    lines, unread = find_lines(rgb, locale)
    judged = _judged(rgb, lines, locale, brand)
    if not any(j.origin is Origin.MARKETING for j in judged):
        further = find_larger(rgb, locale, lines)
        judged = _judged(rgb, [*lines, *further], locale, brand) if further else judged
    return Extracted(gather(judged, locale), tuple(unread))


def _judged(
    rgb: npt.NDArray[np.uint8], found: Sequence[TextLine], locale: str, brand: BrandKit | None
) -> list[Judged]:
    pieces = [piece for line in found for piece in part(rgb, line)]
    lines = join([piece for piece in pieces if not is_wordless(piece.text)])
    looks = [measure(rgb, line) for line in lines]
    words = judge(lines, looks, (rgb.shape[1], rgb.shape[0]), locale, brand)
    return [Judged(a, b, *word) for a, b, word in zip(lines, looks, words, strict=True)]
