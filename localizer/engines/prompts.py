"""From a structured edit to what an image-edit model is told, one edit and one region a call.

``Replace the text "A" with "B". Keep the same font, size, colour and position. Keep everything else
unchanged.``

No text of a manifest can become an instruction. Each stands between two quotation marks, of a kind that does
not occur in it, so nothing in it closes them; a line break closes and opens them again, so that a prompt is
one line; characters that nobody sees and the marks that end a model's turn (``<|im_end|>``) are refused.
Attributes never reach a prompt as they were written: they are read as wishes, and those put in our words.
A model is never asked to translate: a translation is copy, and comes with the edit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from localizer.errors import EngineError
from localizer.model import Action, Edit
from localizer.text.wishes import WEIGHTS, Length, Rgb, Wishes, wishes

ALL_TEXT = "*"
KEEP = "Keep everything else unchanged."
LONGEST = 400
"""Characters of one text in a prompt; a region that holds more is no region."""

# Quotation marks, and what looks so much like them that they would not be told apart.
_QUOTES = (
    ('"', '"', '"＂“”„‟″〝〞'),
    ("「", "」", "「」｢｣『』﹁﹂"),
    ("«", "»", "«»‹›《》〈〉"),
    ("⟦", "⟧", "⟦⟧〚〛[]"),
)
_TURN = re.compile(
    r"<\s*\|.*?\|\s*>|<\s*/?\s*(?:image|img|vision|system|user|assistant)[^>]*>", re.IGNORECASE | re.DOTALL
)
_JOINERS = {"\u200c", "\u200d"}  # without them Persian and Hindi are misspelt
_FAMILIES = {
    "sans": "a sans-serif typeface", "serif": "a serif typeface", "script": "a handwritten typeface",
    "mono": "a monospaced typeface", "kai": "a Kai (pen) typeface", "display": "a display typeface",
}  # fmt: skip
_THIN = 0.05, 3.0  # of an em, pixels: an outline up to this is a thin one


def edit_prompt(edit: Edit, *, whole_image: bool = False) -> str:
    """What to tell the model for one edit.

    Args:
        whole_image: the model sees the whole image, so that ``place`` means something to it. In a region the
            new text goes in the middle, and an object is the only one of its kind.

    Raises:
        EngineError: it cannot be said: no copy yet, an attribute that means nothing or that only type set
            by us can keep to (pixels, tracking), a text that is too long or holds what a prompt must not.
    """
    wish = wishes(edit.attribute)
    _require_sayable(wish)
    if edit.action in {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}:
        return erase_prompt(edit, whole_image=whole_image)
    if not edit.replacement.strip():
        raise EngineError(f"{edit.action} of “{edit.text}” has no approved copy; a model does not translate")
    new = quoted(wish.cased(edit.replacement))
    if edit.action is Action.ADD_TEXT:
        somewhere = _at(wish.place) if wish.place else "on an empty area"
        where = somewhere if whole_image else "in the middle"
        return " ".join([f"Add the text {new} {where}.", *_asked(wish), KEEP])
    if edit.text == ALL_TEXT:
        raise EngineError("all text cannot be replaced in one call; give each text an edit of its own")
    told = [f"Replace the text {quoted(edit.text)} with {new}.", *_asked(wish), _kept(wish)]
    return " ".join([*(part for part in told if part), KEEP])


def erase_prompt(edit: Edit, *, whole_image: bool = False) -> str:
    """What to tell the model to get a plate without the edit's text or object, for type set by us.

    Raises:
        EngineError: the edit has nothing to erase, or it cannot be said.
    """
    if edit.action is Action.ADD_TEXT:
        raise EngineError("add_text erases nothing")
    place = wishes(edit.attribute).place
    at = f" {_at(place)}" if whole_image and place else ""
    if edit.action is Action.REMOVE_OBJECT:
        what = f"the {_object(edit.object)}{at}"
    elif edit.text in {"", ALL_TEXT}:
        what = f"all text{at}"
    else:
        what = f"the text {quoted(edit.text)}{at}"
    return f"Remove {what}. Fill its place with the background around it. Add no text. {KEEP}"


def quoted(text: str) -> str:
    """A text between quotation marks that do not occur in it, line by line.

    Raises:
        EngineError: empty, too long, or holding what a prompt must not.
    """
    _require_clean(text)
    lines = [" ".join(line.split()) for line in text.split("\n")]
    lines = [line for line in lines if line]
    marks = next((pair for *pair, alike in _QUOTES if not set(alike) & set(text)), None)
    if not lines or marks is None:
        raise EngineError(
            f"“{text[:40]}” cannot be quoted: it is empty or holds every kind of quotation mark"
        )
    return " and below it ".join(f"{marks[0]}{line}{marks[1]}" for line in lines)


def _require_clean(text: str) -> None:
    shown = text[:40]
    if len(text) > LONGEST:
        raise EngineError(f"“{shown}…” has {len(text)} characters; a model is told {LONGEST} at most")
    if _TURN.search(unicodedata.normalize("NFKC", text)):
        raise EngineError(f"“{shown}” holds a mark that steers a model, and is not copy")
    unseen = [c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]
    bad = next((c for c in unseen if c != "\n" and c not in _JOINERS), None)
    if bad is not None:
        raise EngineError(f"“{shown}” holds a character that cannot be seen (U+{ord(bad):04X}); delete it")


def _require_sayable(wish: Wishes) -> None:
    exact = {
        "size in pixels": wish.size is not None and not wish.size.relative,
        "tracking": wish.tracking is not None,
        "line_spacing": wish.line_spacing is not None,
    }
    for name, is_asked in exact.items():
        if is_asked:
            raise EngineError(f"a model cannot keep to a {name}; use the hybrid, which sets the type itself")


def _asked(wish: Wishes) -> Iterator[str]:
    """The wishes as sentences in our words."""
    looks = [_weight(wish.weight)] if wish.weight is not None else []
    if wish.slant is not None:
        looks.append("italic" if wish.slant else "upright")
    if wish.colour is not None:
        looks.append(_colour(wish.colour))
    if looks:
        yield f"Set it in {' '.join(looks)} type."
    if wish.font:
        known = wish.font.casefold() in _FAMILIES
        yield f"Use {_FAMILIES[wish.font.casefold()] if known else f'the typeface {quoted(wish.font)}'}."
    if wish.outline is not None:
        rgb, width = wish.outline
        yield f"Give it {f'a {_thickness(width)} {_colour(rgb)}' if width.value else 'no'} outline."
    if wish.shadow is not None:
        yield f"Give it {f'a soft {_colour(wish.shadow)}' if wish.shadow else 'no'} shadow."
    if wish.size is not None:
        yield f"Make its letters {wish.size.value:.0%} of the present size."
    if wish.side is not None:
        yield "Centre it." if wish.side == "center" else f"Align it to the {wish.side}."


def _kept(wish: Wishes) -> str:
    changed = {
        "font": bool(wish.font) or wish.weight is not None or wish.slant is not None,
        "size": wish.size is not None,
        "colour": wish.colour is not None,
        "position": wish.side is not None,
    }
    kept = [name for name, is_changed in changed.items() if not is_changed]
    if not kept:
        return ""
    return f"Keep the same {', '.join(kept[:-1])}{' and ' if kept[:-1] else ''}{kept[-1]}."


def _object(named: str) -> str:
    """A thing in our words where we know it, else as a quoted description."""
    from localizer.instructions.words import Meaning, lexicon

    words = lexicon()
    known = {m.value for m in words.values() if m.terminal == "OBJECT"}
    plain = " ".join(named.split())
    if plain in known:
        return plain
    meaning = words.get(plain.casefold(), Meaning(""))
    if meaning.terminal == "OBJECT":
        return meaning.value
    return f"object described as {quoted(plain)}" if plain else "object in the middle"


def _at(place: tuple[str, ...]) -> str:
    return f"at the {' '.join(place).replace('center', 'centre')} of the image"


def _colour(rgb: Rgb) -> str:
    """A colour's CSS name, else ``#rrggbb``."""
    from PIL import ImageColor

    written = "#{:02x}{:02x}{:02x}".format(*rgb)
    names = [name for name in ImageColor.colormap if ImageColor.getrgb(name) == rgb]
    return min(names, key=lambda name: (len(name), name)) if names else f"{written} coloured"


def _weight(number: int) -> str:
    name = min(WEIGHTS, key=lambda n: (abs(WEIGHTS[n] - number), len(n)))
    return {
        "extralight": "extra light",
        "semibold": "semi-bold",
        "extrabold": "extra bold",
        "black": "heavy",
    }.get(name, name)


def _thickness(width: Length) -> str:
    return "thin" if width.value <= _THIN[0 if width.relative else 1] else "thick"
