"""One font file at one weight, as HarfBuzz sees it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.errors import BrandError

if TYPE_CHECKING:
    import uharfbuzz as hb

REGULAR, BOLD = 400, 700


@dataclass(frozen=True, slots=True)
class Face:
    """A font file at one weight.

    Attributes:
        path: font file.
        weight: CSS weight, 100 to 900; used where the file has a ``wght`` axis.
        index: of the font in a collection (``.ttc``).
        slant: degrees by which an upright face is sheared to the right.
    """

    path: str
    weight: int = REGULAR
    index: int = 0
    slant: int = 0

    @property
    def font(self) -> hb.Font:
        """The HarfBuzz font, in font units."""
        return _font(self.path, self.weight, self.index, self.slant)

    @property
    def upem(self) -> int:
        """Font units per em."""
        return int(self.font.face.upem)

    @property
    def name(self) -> str:
        """File name without folder and axes."""
        return Path(self.path).stem.split("[", 1)[0]

    def has(self, text: str) -> bool:
        """Whether every character of a cluster has a glyph here."""
        font = self.font
        return all(font.get_nominal_glyph(ord(c)) for c in text if not _is_ignorable(c))

    def metric(self, tag: str, default: float) -> float:
        """An OpenType metric (``cpht`` cap height, ``xhgt`` x-height, ``hasc``, ``hdsc``), in em."""
        import uharfbuzz as hb

        value = self.font.get_metric_position(getattr(hb.OTMetricsTag, tag))
        return value / self.upem if value else default

    @property
    def cap_height(self) -> float:
        """Height of a capital, in em; for scripts without capitals the height that the eye takes for it."""
        return self.metric("CAP_HEIGHT", 0.714)


@cache
def _font(path: str, weight: int, index: int, slant: int) -> hb.Font:
    import uharfbuzz as hb

    try:
        face = hb.Face(hb.Blob.from_file_path(path), index)
    except (OSError, ValueError, hb.HarfBuzzError) as exc:
        raise BrandError(f"font {path} cannot be read: {exc}") from exc
    font = hb.Font(face)
    axes = {axis.tag: axis for axis in face.axis_infos}
    if "wght" in axes:
        axis = axes["wght"]
        font.set_variations({"wght": min(max(weight, axis.min_value), axis.max_value)})
    font.synthetic_slant = math.tan(math.radians(slant))
    return font


def _is_ignorable(c: str) -> bool:
    """Characters that steer shaping and are not drawn: joiners, variation selectors, direction marks."""
    return (
        c in "\u200b\u200c\u200d\u2060\ufeff\u00ad" or "\ufe00" <= c <= "\ufe0f" or "\u200e" <= c <= "\u200f"
    )
