"""From the text of one manifest value to what it means. Each function raises `ValueError` with the reason."""

from __future__ import annotations

import math
import re
import unicodedata
from urllib.parse import urlsplit

from localizer.documents import did_you_mean
from localizer.model import Action, Box
from localizer.text.wishes import KEYS, SIDES, check_wish

MAX_NAME_CHARACTERS = 128
MAX_NAME_BYTES = 200  # of UTF-8: file systems stop at 255, and an extension or a suffix comes on top

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
# Letters and marks that nobody sees: fillers, joiners, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

RIGHTS = ("", "own", "licensed")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://|(data|file|javascript):", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?")
_EXACT = {"align", "size", "case", "tracking", "line_spacing", "place"}
_SAME = {"color": "colour", "line spacing": "line_spacing", "line-spacing": "line_spacing"}


def parse_name(text: str) -> str:
    """An asset id or campaign name, safe as a file name: letters of any script, digits, ``-_.``."""
    name = unicodedata.normalize("NFC", text.strip())
    if not name:
        raise ValueError("is empty")
    if name.startswith((".", "-")):
        raise ValueError(f"{name!r} begins with a dot or a hyphen; it becomes a file name")
    if name.endswith("."):
        raise ValueError(f"{name!r} ends with a dot; it becomes a file name")
    if _RESERVED.fullmatch(name):
        raise ValueError(f"{name!r} is a name that Windows keeps for a device; it becomes a file name")
    bad = next((c for c in name if c not in "-_." and not _is_visible_letter(c)), None)
    if bad is not None:
        raise ValueError(
            f"{name!r} holds {bad!r} (U+{ord(bad):04X}); it becomes a file name: "
            "use letters, digits, '-', '_' and '.'"
        )
    if len(name) > MAX_NAME_CHARACTERS or len(name.encode("utf-8")) > MAX_NAME_BYTES:
        raise ValueError(
            f"is {len(name)} characters ({len(name.encode('utf-8'))} bytes) long; "
            f"{MAX_NAME_CHARACTERS} characters and {MAX_NAME_BYTES} bytes of UTF-8 are the most"
        )
    return name


def _is_visible_letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LMN" and not _INVISIBLE.match(char)


def safe_name(text: str) -> str:
    """The nearest name that `parse_name` takes, for a campaign named after its file."""
    kept = "".join(c if c in "-_." or _is_visible_letter(c) else "-" for c in text.strip())
    name = re.sub("-{2,}", "-", unicodedata.normalize("NFC", kept)).strip("-.")[:MAX_NAME_CHARACTERS]
    name = name.encode("utf-8")[:MAX_NAME_BYTES].decode("utf-8", "ignore").strip("-.")
    return f"campaign-{name}" if _RESERVED.fullmatch(name) else name or "campaign"


def parse_action(text: str) -> Action:
    """A known action."""
    if not text:
        raise ValueError(f"is empty; known: {', '.join(Action)}")
    try:
        return Action(re.sub(r"[\s\-]+", "_", text.casefold()))
    except ValueError:
        raise ValueError(f"{text!r} is not an action{did_you_mean(text, list(Action))}") from None


def parse_image(text: str) -> str:
    """An image reference that does not leave the image root by its wording (links: when it is read)."""
    if not text:
        raise ValueError("is empty; give a path relative to the image root")
    if scheme := _SCHEME.match(text):
        return _parse_url(text, (scheme[1] or scheme[2]).casefold())
    if re.match(r"[A-Za-z]:[\\/]", text) or text.startswith(("/", "\\", "~")):
        raise ValueError(f"{text!r} is absolute; give a path relative to the image root")
    if "\\" in text:
        raise ValueError(f"{text!r} holds a backslash; separate folders by '/'")
    if not text.isprintable():
        raise ValueError(f"{text!r} holds a line break or a control character")
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise ValueError(f"{text!r} leaves the image root; '..' is not allowed")
    if not parts or text.endswith("/"):
        raise ValueError(f"{text!r} is a folder; name a file")
    return "/".join(parts)


def _parse_url(text: str, scheme: str) -> str:
    if scheme not in {"gs", "https"}:
        raise ValueError(f"{text!r}: {scheme}: is not allowed; use a relative path, gs:// or https://")
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError(f"{text!r} holds a space, a backslash or a control character")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is not a valid URL ({error})") from None
    if not host or not parts.path.strip("/") or parts.path.endswith("/"):
        raise ValueError(f"{text!r} does not name a file")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password; leave it out")
    if ".." in parts.path.split("/"):
        raise ValueError(f"{text!r} holds '..'")
    return text


def parse_box(text: str) -> Box | None:
    """``x0 y0 x1 y1`` in pixels, separated by spaces, commas or semicolons; fractions widen the box."""
    plain = unicodedata.normalize("NFKC", text).strip().strip("[]()")
    if not plain:
        if text.strip():
            raise ValueError(f"{text!r} is not a box; write x0 y0 x1 y1")
        return None
    parts = [part for part in re.split(r"[\s,;]+", plain) if part]
    if len(parts) != 4 or not all(_NUMBER.fullmatch(part) and part.isascii() for part in parts):
        raise ValueError(f"{text!r} is not four numbers; write x0 y0 x1 y1 in pixels")
    x0, y0, x1, y1 = (float(part) for part in parts)
    if min(x0, y0, x1, y1) < 0:
        raise ValueError(f"{text!r} has a negative number; pixels count from 0")
    if x0 >= x1 or y0 >= y1:
        raise ValueError(
            f"{text!r} is empty or turned; x0 < x1 and y0 < y1 (x0 y0 x1 y1, not width and height)"
        )
    return math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)


def parse_attribute(text: str) -> dict[str, str]:
    """``colour=gold; weight=bold`` as a mapping; ``color`` counts as ``colour``."""
    out: dict[str, str] = {}
    for part in re.split(r"[;；\n]", text):
        if not part.strip():
            continue
        found = re.fullmatch(r"([^=:：]*)[=:：](.*)", part.strip(), re.DOTALL)
        if not found:
            raise ValueError(f"{part.strip()!r} is not key=value (example: colour=gold; weight=bold)")
        key, value = found[1].strip().casefold(), found[2].strip()
        key = _SAME.get(key, key)
        if key not in KEYS:
            raise ValueError(f"{key!r} is not known{did_you_mean(key, KEYS)}")
        if not value:
            raise ValueError(f"{key!r} has no value")
        if key in out:
            raise ValueError(f"{key!r} is there twice")
        out[key] = _attribute_value(key, value)
    return out


def _attribute_value(key: str, value: str) -> str:
    if key in _EXACT:  # of the others an engine may understand more than type has names for
        try:
            check_wish(key, value)
        except ValueError as exc:
            raise ValueError(f"{key}: {exc}") from exc
    if key == "align":
        return SIDES[value.casefold()]
    return value.removesuffix("px").strip() if key == "size" else value


def parse_rights(text: str) -> str:
    """``own`` or ``licensed``, or nothing."""
    if text.casefold() not in RIGHTS:
        raise ValueError(f"{text!r} is not one of {', '.join(RIGHTS[1:])}")
    return text.casefold()


def parse_text(text: str) -> str:
    """Copy: a literal ``\\n`` is a line break, outer whitespace is dropped."""
    plain = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    return "\n".join(line.strip() for line in plain.strip().split("\n"))
