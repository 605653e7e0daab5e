"""Fonts: which file sets which script, and the brand's own first. All files come with packages.

Faces are variable where they can be: the weight of the source type is matched along the ``wght`` axis.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.errors import BrandError, ConfigurationError
from localizer.locales import script_of

if TYPE_CHECKING:
    import uharfbuzz as hb

_SANS = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
_SERIF = ("fontpkg_noto_serif", "files/NotoSerif[wdth,wght].ttf")
_ARABIC = ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")
_DEVANAGARI = ("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf")
_THAI = ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf")
_CJK = "justmytype_intl_cjk"
_SC = (_CJK, "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
_TC = (_CJK, "fonts/ofl/notosanstc/NotoSansTC[wght].ttf")
_JP = (_CJK, "fonts/ofl/notosansjp/NotoSansJP[wght].ttf")
_KR = (_CJK, "fonts/ofl/notosanskr/NotoSansKR[wght].ttf")

# The first file sets the locale; the others stand in cluster by cluster for what it lacks.
# (Noto's Thai and Arabic lack "%", for one.)
_STACKS: dict[str, tuple[tuple[str, str], ...]] = {
    "Hans": (_SC, _SANS),
    "Hant": (_TC, _SANS),
    "Jpan": (_JP, _SANS),
    "Kore": (_KR, _SANS),
    "Arab": (_ARABIC, _SANS),
    "Deva": (_DEVANAGARI, _SANS),
    "Thai": (_THAI, _SANS),
    "Latn": (_SANS, _SC),
    "Cyrl": (_SANS, _SC),
    "Grek": (_SANS, _SC),
}
_LAST_RESORT = (_SANS, _SC, _KR, _ARABIC, _DEVANAGARI, _THAI)

REGULAR, BOLD = 400, 700


@dataclass(frozen=True, slots=True)
class Face:
    """A font file at one weight.

    Attributes:
        path: font file.
        weight: CSS weight, 100 to 900; used where the file has a ``wght`` axis.
    """

    path: str
    weight: int = REGULAR

    @property
    def font(self) -> hb.Font:
        """The HarfBuzz font, in font units."""
        return _font(self.path, self.weight)

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
def _font(path: str, weight: int) -> hb.Font:
    import uharfbuzz as hb

    try:
        face = hb.Face(hb.Blob.from_file_path(path))
    except (OSError, ValueError, hb.HarfBuzzError) as exc:
        raise BrandError(f"font {path} cannot be read: {exc}") from exc
    font = hb.Font(face)
    axes = {axis.tag: axis for axis in face.axis_infos}
    if "wght" in axes:
        axis = axes["wght"]
        font.set_variations({"wght": min(max(weight, axis.min_value), axis.max_value)})
    return font


def _is_ignorable(c: str) -> bool:
    """Characters that steer shaping and are not drawn: joiners, variation selectors, direction marks."""
    return (
        c in "\u200b\u200c\u200d\u2060\ufeff\u00ad" or "\ufe00" <= c <= "\ufe0f" or "\u200e" <= c <= "\u200f"
    )


@cache
def _packaged(package: str, file: str) -> str:
    spec = importlib.util.find_spec(package)
    path = (
        Path(spec.submodule_search_locations[0]) / file if spec and spec.submodule_search_locations else None
    )
    if path is None or not path.is_file():
        dashed = package.replace("_", "-")
        raise ConfigurationError(f"font {file} is not installed: pip install {dashed}")
    return str(path)


@lru_cache(maxsize=256)
def stack(
    locale: str, *, weight: int = REGULAR, serif: bool = False, brand: tuple[str, ...] = ()
) -> tuple[Face, ...]:
    """The faces to try, in order, for text of a locale: the brand's, the script's, then everything.

    Raises:
        ConfigurationError: a font package is not installed.
    """
    script = script_of(locale)
    files: list[tuple[str, str]] = list(_STACKS.get(script, (_SANS, _SC)))
    if serif:
        files = [_SERIF if f == _SANS else f for f in files]
    files += [f for f in _LAST_RESORT if f not in files]
    return tuple(Face(p, weight) for p in (*brand, *(_packaged(*f) for f in files)))


def scripts() -> tuple[str, ...]:
    """ISO 15924 codes of the scripts that can be set."""
    return tuple(_STACKS)
