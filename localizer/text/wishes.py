"""What an edit's `attribute` asks of its type: the grammar of every key in one place.

``colour=gold; weight=bold; size=80%; font=Lora; case=upper; outline=black 2px; place=top right``
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.errors import EngineError

if TYPE_CHECKING:
    from localizer.text.effects import Effects

WEIGHTS = {
    "thin": 100, "extralight": 200, "light": 300, "regular": 400, "normal": 400, "medium": 500,
    "semibold": 600, "bold": 700, "extrabold": 800, "black": 900, "heavy": 900,
}  # fmt: skip
SIDES = {"left": "left", "right": "right", "center": "center", "centre": "center"}
CASES = ("upper", "lower", "title", "none")
PLACES = ("top", "bottom", "center", "left", "right")
_YES, _NO = (
    {"yes", "true", "on", "1", "italic", "oblique"},
    {"no", "false", "off", "0", "none", "normal", "upright"},
)
_SLANT = 12  # degrees, as most italics lean
CHINESE_COLOURS = {
    "红": "red", "紅": "red", "橙": "orange", "橘": "orange", "黄": "yellow", "黃": "yellow", "绿": "green",
    "綠": "green", "蓝": "blue", "藍": "blue", "紫": "purple", "黑": "black", "白": "white", "灰": "gray",
    "金": "gold", "银": "silver", "銀": "silver", "粉": "pink", "粉红": "pink", "粉紅": "pink", "棕": "brown",
    "褐": "brown", "青": "cyan", "米": "beige", "深红": "darkred", "深紅": "darkred", "深蓝": "darkblue",
    "深藍": "darkblue", "藏青": "navy", "深绿": "darkgreen", "深綠": "darkgreen", "深灰": "dimgray",
    "浅蓝": "lightblue", "淺藍": "lightblue", "天蓝": "skyblue", "天藍": "skyblue", "浅绿": "lightgreen",
    "淺綠": "lightgreen", "浅灰": "lightgray", "淺灰": "lightgray",
}  # fmt: skip
"""Chinese names of colours, with or without 色 behind them, in CSS's words."""
_CAST = 0.04, 0.04, 0.03, 0.6  # a soft shadow to the lower right: offset and blur in em, opacity
_LENGTH = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(px|em|%)?", re.ASCII)
_SIGNED = re.compile(r"([+-]?\d{1,3}(?:\.\d{1,4})?)\s*(em|%)?", re.ASCII)

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Length:
    """A length in pixels, or as a share: of the source's size, or of an em."""

    value: float
    relative: bool = False

    def of(self, whole: float) -> float:
        """Pixels, where `whole` is what a share is a share of."""
        return self.value * whole if self.relative else self.value


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of the type; None where nothing is.

    Attributes:
        side: ``left``, ``center`` or ``right``.
        size: pixels per em, or a share of the source's size.
        font: a family's name, ``serif``, ``sans`` or the like, or the file stem of a brand font.
        case: ``upper``, ``lower`` or ``title``.
        slant: degrees.
        outline: colour and width; a width of 0 asks for none.
        shadow: colour; ``()`` asks for none.
        tracking: em between letters.
        line_spacing: em from line to line.
        place: words out of `PLACES`.
    """

    colour: Rgb | None = None
    weight: int | None = None
    side: str | None = None
    size: Length | None = None
    font: str = ""
    case: str = ""
    slant: int | None = None
    outline: tuple[Rgb, Length] | None = None
    shadow: Rgb | tuple[()] | None = None
    tracking: float | None = None
    line_spacing: float | None = None
    place: tuple[str, ...] = ()

    def cased(self, text: str) -> str:
        """The text in the letter case that is asked for."""
        if self.case == "title":
            return re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)*", lambda m: m[0][0].upper() + m[0][1:].lower(), text)
        return {"upper": text.upper, "lower": text.lower}.get(self.case, lambda: text)()

    def fonts(self, brand: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """Brand font files to try first, and the family's name, for the font that is asked for."""
        if not self.font:
            return brand, ""
        asked = [f for f in brand if _plain(Path(f).stem.split("[", 1)[0]) == _plain(self.font)]
        return (tuple(asked), "") if asked else ((), self.font)


def wishes(attribute: Mapping[str, str]) -> Wishes:
    """Read an edit's attributes.

    Raises:
        EngineError: a key is not known, or its value means nothing; the message names it.
    """
    got: dict[str, object] = {}
    for key, value in attribute.items():
        name = key.strip().casefold().replace("-", "_").replace(" ", "_")
        if name not in _KEYS:
            raise EngineError(f"attribute {key}: is not known; known are {', '.join(_KEYS)}")
        field, read = _KEYS[name]
        try:
            got[field] = read(value.strip())
        except ValueError as exc:
            raise EngineError(f"attribute {key}: {exc}") from exc
    return Wishes(**got)  # type: ignore[arg-type]


def wished_effects(effects: Effects, wish: Wishes, size: float) -> Effects:
    """The effects of some type with what is asked for in their place.

    Args:
        size: of the type, pixels per em.
    """
    from localizer.text.effects import Outline, Shadow

    if wish.colour is not None:
        effects = replace(effects, gradient=None)
    if wish.outline is not None:
        rgb, width = wish.outline
        em = width.of(size) / max(1.0, size)
        effects = replace(effects, outline=Outline(rgb, em) if em > 0 else None)
    if wish.shadow is not None:
        cast = Shadow(wish.shadow, *_CAST) if wish.shadow else None
        effects = replace(effects, shadow=cast)
    return effects


def colour(value: str) -> Rgb:
    """A CSS colour."""
    from PIL import ImageColor

    value = CHINESE_COLOURS.get(value.removesuffix("色"), value)
    try:
        return ImageColor.getrgb(value)[:3]
    except ValueError as exc:
        raise ValueError(f"{value!r} is neither a CSS colour name nor #rrggbb") from exc


def _weight(value: str) -> int:
    name = _plain(value)
    if name in WEIGHTS:
        return WEIGHTS[name]
    if value.isdigit() and 1 <= int(value) <= 1000:
        return int(value)
    raise ValueError(f"{value!r} is not one of {', '.join(WEIGHTS)} or 100 to 1000")


def _one_of(names: Mapping[str, str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.casefold() not in names:
            raise ValueError(f"{value!r} is not one of {', '.join(dict.fromkeys(names.values()))}")
        return names[value.casefold()]

    return read


def _size(value: str) -> Length:
    found = _LENGTH.fullmatch(value)
    if not found:
        raise ValueError(f"{value!r} is not a number of pixels or a percentage")
    number = float(found[1])
    if found[2] in {"%", "em"}:
        share = number / 100 if found[2] == "%" else number
        if not 0.1 <= share <= 10:
            raise ValueError(f"{value!r} is outside 10 % to 1000 %")
        return Length(share, relative=True)
    if not 4 <= number <= 4000:
        raise ValueError(f"{value!r} is outside 4 to 4000 pixels")
    return Length(number)


def _slant(value: str) -> int:
    name = value.casefold()
    if name in _YES:
        return _SLANT
    if name in _NO:
        return 0
    if value.isdigit() and int(value) <= 30:
        return int(value)
    raise ValueError(f"{value!r} is not yes, no or degrees up to 30")


def _outline(value: str) -> tuple[Rgb, Length]:
    words = value.split()
    if value.casefold() in _NO:
        return (0, 0, 0), Length(0.0)
    width, named = Length(0.04, relative=True), [w for w in words if not _LENGTH.fullmatch(w)]
    for word in words:
        found = _LENGTH.fullmatch(word)
        if found:
            share = found[2] in {"%", "em"}
            width = Length(float(found[1]) / (100 if found[2] == "%" else 1), relative=share)
    if len(named) > 1 or (width.relative and width.value > 0.3):
        raise ValueError(f"{value!r} is not a colour and a width, as in black 2px")
    return colour(named[0]) if named else (0, 0, 0), width


def _shadow(value: str) -> Rgb | tuple[()]:
    if value.casefold() in _NO:
        return ()
    return (0, 0, 0) if value.casefold() in _YES else colour(value)


def _em(value: str) -> float:
    found = _SIGNED.fullmatch(value)
    if not found:
        raise ValueError(f"{value!r} is not a number of em or a percentage")
    number = float(found[1]) / (100 if found[2] == "%" else 1)
    if not -0.1 <= number <= 1:
        raise ValueError(f"{value!r} is outside -0.1 to 1 em")
    return number


def _line_spacing(value: str) -> float:
    found = _LENGTH.fullmatch(value)
    number = float(found[1]) / (100 if found[2] == "%" else 1) if found and found[2] != "px" else 0.0
    if not 0.8 <= number <= 4:
        raise ValueError(f"{value!r} is not 0.8 to 4 em, or 80 % to 400 %")
    return number


def _place(value: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(re.split(r"[\s,\-_]+", value.casefold().replace("centre", "center"))))
    if not words or any(w not in PLACES for w in words):
        raise ValueError(f"{value!r} is not made of {', '.join(PLACES)}")
    if {"top", "bottom"} <= set(words) or {"left", "right"} <= set(words):
        raise ValueError(f"{value!r} names two sides that lie opposite each other")
    return words


def _font(value: str) -> str:
    if not value:
        raise ValueError("is empty")
    return value


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name.casefold())


_KEYS: dict[str, tuple[str, Callable[[str], object]]] = {
    "colour": ("colour", colour),
    "color": ("colour", colour),
    "weight": ("weight", _weight),
    "align": ("side", _one_of(SIDES)),
    "size": ("size", _size),
    "font": ("font", _font),
    "case": ("case", _one_of({c: "" if c == "none" else c for c in CASES})),
    "italic": ("slant", _slant),
    "style": ("slant", _slant),
    "outline": ("outline", _outline),
    "shadow": ("shadow", _shadow),
    "tracking": ("tracking", _em),
    "line_spacing": ("line_spacing", _line_spacing),
    "place": ("place", _place),
}
KEYS = tuple(_KEYS)
"""Known keys, `color` and `style` being other names of `colour` and `italic`."""


def check_wish(key: str, value: str) -> None:
    """Raise `ValueError` with the reason if a value means nothing to a key of `KEYS`."""
    _KEYS[key][1](value.strip())
