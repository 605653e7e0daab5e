"""Which type families are installed, and which of them a designer would take for another script.

The PyPI packages ``fontpkg-*`` announce themselves and say what kind of type they hold. Chinese, Japanese and
Korean families come with ``justmytype-intl-cjk`` and from the system's font folders (Debian's
``fonts-lxgw-wenkai``, ``fonts-klee`` and ``fonts-noto-cjk``). What is not installed is not offered: the list
that is there decides the pixels, so its `digest` is part of the job key.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from localizer.errors import ConfigurationError
from localizer.locales import script_of
from localizer.text.faces import REGULAR, Face


class Kind(StrEnum):
    """What a family looks like, as Google Fonts sorts them; KAI is Chinese and Japanese pen writing."""

    SANS = "sans"
    SERIF = "serif"
    KAI = "kai"
    SCRIPT = "script"
    DISPLAY = "display"
    MONO = "mono"


_CATEGORIES = {
    "SANS_SERIF": Kind.SANS, "SERIF": Kind.SERIF, "SLAB_SERIF": Kind.SERIF,
    "HANDWRITING": Kind.SCRIPT, "DISPLAY": Kind.DISPLAY, "MONOSPACE": Kind.MONO,
}  # fmt: skip
_FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
)
_CJK = "justmytype_intl_cjk"
_SCRIPTS = ("Hans", "Hant", "Jpan", "Kore")
_SYSTEM: dict[str, tuple[Kind, dict[str, tuple[tuple[str, int, int], ...]]]] = {
    # name → kind, script → (file name, weight, index in the collection)
    "LXGW WenKai": (
        Kind.KAI,
        {
            "Hans": (
                ("LXGWWenKai-Light.ttf", 300, 0),
                ("LXGWWenKai-Regular.ttf", 400, 0),
                ("LXGWWenKai-Bold.ttf", 700, 0),
            ),
            "Jpan": (("KleeOne-Regular.ttf", 400, 0), ("KleeOne-SemiBold.ttf", 600, 0)),
        },
    ),
    "Noto Serif CJK": (
        Kind.SERIF,
        {
            script: (
                ("NotoSerifCJK-Regular.ttc", 400, index),
                ("NotoSerifCJK-Bold.ttc", 700, index),
            )
            for script, index in (("Jpan", 0), ("Kore", 1), ("Hans", 2), ("Hant", 3))
        },
    ),
}


@dataclass(frozen=True, slots=True)
class FontFile:
    """One file of a family; `weight` is None if it has a ``wght`` axis."""

    path: str
    weight: int | None
    italic: bool = False
    index: int = 0


@dataclass(frozen=True, slots=True)
class Family:
    """A type family.

    Attributes:
        regional: ISO 15924 script → files, for families drawn differently in each; "" is every other script.
    """

    name: str
    kind: Kind
    regional: tuple[tuple[str, tuple[FontFile, ...]], ...]

    def files(self, script: str) -> tuple[FontFile, ...]:
        """The files for a script; empty if the family is of other scripts only."""
        regions = dict(self.regional)
        if script in _SCRIPTS and "" not in regions:
            return regions.get(script, regions.get("Hans", ()) if script == "Hant" else ())
        return regions.get(script) or regions.get("") or next(iter(regions.values()))

    def faces(self, script: str, *, slant: int = 0) -> tuple[Face, ...]:
        """Every weight that can be told apart, lightest first.

        Args:
            slant: degrees; the family's own italic is taken for it, or its upright faces sheared.
        """
        italics = [f for f in self.files(script) if f.italic] if slant else []
        out: list[Face] = []
        for file in italics or [f for f in self.files(script) if not f.italic]:
            weights = _WEIGHTS if file.weight is None else (file.weight,)
            out += [Face(file.path, w, file.index, 0 if italics else slant) for w in weights]
        return tuple(sorted(out, key=lambda f: f.weight))

    def face(self, script: str, weight: int = REGULAR, *, slant: int = 0) -> Face | None:
        """The face nearest to a weight; see `faces`."""
        files = [f for f in self.files(script) if not f.italic]
        if slant:
            files = [f for f in self.files(script) if f.italic] or files
        if not files:
            return None
        best = min(files, key=lambda f: (0 if f.weight is None else abs(f.weight - weight), f.path))
        sheared = 0 if best.italic else slant
        return Face(best.path, weight if best.weight is None else best.weight, best.index, sheared)

    def covers(self, text: str, script: str) -> bool:
        """Whether one face of it has every character of a text."""
        face = self.face(script)
        return face is not None and face.has("".join(text.split()))


_WEIGHTS = (300, 400, 500, 600, 700, 800, 900)


@cache
def families() -> tuple[Family, ...]:
    """Every installed family, by name.

    Raises:
        ConfigurationError: the package with the Chinese, Japanese and Korean faces is missing.
    """
    found = [*_packaged_families(), _noto_sans_cjk(), *_system_families()]
    return tuple(sorted(found, key=lambda f: f.name))


def family(name: str) -> Family | None:
    """A family by its name, letter case and spaces aside."""
    wanted = name.casefold().replace(" ", "").replace("-", "")
    return next((f for f in families() if f.name.casefold().replace(" ", "") == wanted), None)


@cache
def digest() -> str:
    """A short hash of the installed families and their files."""
    names = [
        [f.name, [[s, [Path(x.path).name for x in files]] for s, files in f.regional]] for f in families()
    ]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:12]


def known_from_system() -> dict[str, str]:
    """Families that are looked for in the system's font folders, and the Debian packages that bring them."""
    return {"LXGW WenKai": "fonts-lxgw-wenkai fonts-klee", "Noto Serif CJK": "fonts-noto-cjk"}


def candidates(script: str) -> tuple[Family, ...]:
    """Families that a line of a script may be set in."""
    alphabetic = script in {"Latn", "Cyrl", "Grek"}
    probe = {"Cyrl": "Жи", "Grek": "Σω"}.get(script, "Ag")
    if alphabetic:
        return tuple(f for f in families() if f.covers(probe, script))
    if script in _SCRIPTS:
        return tuple(f for f in families() if any(s in _SCRIPTS for s, _ in f.regional) and f.files(script))
    return ()


@lru_cache(maxsize=1024)
def counterpart(name: str, text: str, locale: str) -> Family | None:
    """The family that a designer would set a translation in: the same one, or the like of it.

    Returns:
        None where the script's usual face will do (`localizer.text.fonts.stack`).
    """
    own, script = family(name), script_of(locale)
    if own is None:
        return None
    if own.files(script) and own.covers(text, script):
        return own
    if own.kind in {Kind.SERIF, Kind.KAI}:
        for other in families():
            if other.kind is own.kind and other.name in _LIKE.get(script, ()) and other.covers(text, script):
                return other
    return None


_LIKE = {
    **dict.fromkeys(_SCRIPTS, ("Noto Serif CJK", "LXGW WenKai")),
    **dict.fromkeys(("Latn", "Cyrl", "Grek"), ("Noto Serif",)),
}


def _packaged_families() -> list[Family]:
    import fontpkg

    out = []
    for known in fontpkg.families().values():
        described = known.files[0].path.parent.parent / "metadata.json"
        if not described.is_file():  # a font package of another make: nobody has said what it is like
            continue
        categories = json.loads(described.read_text("utf8")).get("category") or ["SANS_SERIF"]
        files = tuple(
            FontFile(
                str(f.path), None if f.variable and f.wght_min else f.weight or REGULAR, f.style == "italic"
            )
            for f in known.files
        )
        kind = _CATEGORIES.get(categories[0], Kind.SANS)
        out.append(Family(known.name, kind, (("", files),)))
    return out


def _noto_sans_cjk() -> Family:
    spec = importlib.util.find_spec(_CJK)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("no Chinese, Japanese and Korean faces: pip install justmytype-intl-cjk")
    root = Path(spec.submodule_search_locations[0]) / "fonts/ofl"
    regional = tuple(
        (script, (FontFile(str(root / f"notosans{code.lower()}/NotoSans{code}[wght].ttf"), None),))
        for script, code in (("Hans", "SC"), ("Hant", "TC"), ("Jpan", "JP"), ("Kore", "KR"))
    )
    return Family("Noto Sans CJK", Kind.SANS, regional)


def _system_families() -> list[Family]:
    installed = _system_files()
    out = []
    for name, (kind, scripts) in _SYSTEM.items():
        regional = tuple(
            (script, tuple(FontFile(installed[n], w, False, i) for n, w, i in files if n in installed))
            for script, files in scripts.items()
        )
        regional = tuple((script, files) for script, files in regional if files)
        if regional:
            out.append(Family(name, kind, regional))
    return out


@cache
def _system_files() -> dict[str, str]:
    """File name → path of the fonts that we know by name."""
    wanted = {n for _, scripts in _SYSTEM.values() for files in scripts.values() for n, _, _ in files}
    found: dict[str, str] = {}
    for folder in _FONT_FOLDERS:
        for path in sorted(Path(folder).expanduser().rglob("*.tt[fc]")):
            if path.name in wanted:
                found.setdefault(path.name, str(path))
    return found
