"""Fonts: which file sets which script, and the brand's own first. All files come with packages.

Faces are variable where they can be: the weight of the source type is matched along the ``wght`` axis.
"""

from __future__ import annotations

import importlib.util
from functools import cache, lru_cache
from pathlib import Path

from localizer.errors import ConfigurationError
from localizer.locales import script_of
from localizer.text.faces import BOLD, REGULAR, Face
from localizer.text.families import counterpart

_SANS = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
_ARABIC = ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")
_DEVANAGARI = ("fontpkg_noto_sans_devanagari", "files/NotoSansDevanagari[wdth,wght].ttf")
_HEBREW = ("justmytype_intl_rtl", "fonts/ofl/notosanshebrew/NotoSansHebrew[wdth,wght].ttf")
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
    "Hebr": (_HEBREW, _SANS),
    "Deva": (_DEVANAGARI, _SANS),
    "Thai": (_THAI, _SANS),
    "Latn": (_SANS, _SC),
    "Cyrl": (_SANS, _SC),
    "Grek": (_SANS, _SC),
}
_UPRIGHT = {"Arab", "Hebr", "Deva"}
_LAST_RESORT = (_SANS, _SC, _KR, _ARABIC, _HEBREW, _DEVANAGARI, _THAI)


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


@lru_cache(maxsize=1024)
def stack(
    locale: str,
    *,
    weight: int = REGULAR,
    slant: int = 0,
    family: str = "",
    text: str = "",
    brand: tuple[str, ...] = (),
) -> tuple[Face, ...]:
    """The faces to try, in order, for text of a locale: the brand's, the family's, the script's, then all.

    Args:
        slant: degrees to the right; not for scripts that know no slanted type.
        family: name of the family to match; its counterpart in the script of `locale` is taken if it has
            every character of `text`, for one letter from another family shows.

    Raises:
        ConfigurationError: a font package is not installed.
    """
    script = script_of(locale)
    files = list(_STACKS.get(script, (_SANS, _SC)))
    files += [f for f in _LAST_RESORT if f not in files]
    slant = 0 if script in _UPRIGHT else slant
    faces = [Face(p, weight, slant=slant) for p in brand]
    like = counterpart(family, text, locale) if family else None
    matched = like.face(script, weight, slant=slant) if like else None
    if matched is not None:
        faces.append(matched)
    faces += [face for face in (Face(_packaged(*f), weight, slant=slant) for f in files) if face not in faces]
    return tuple(faces)


def scripts() -> tuple[str, ...]:
    """ISO 15924 codes of the scripts that can be set."""
    return tuple(_STACKS)


__all__ = ["BOLD", "REGULAR", "Face", "scripts", "stack"]
