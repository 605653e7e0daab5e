"""XML of translators' tools: opened without entities and network, its inline markup read as plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localizer.errors import ConfigurationError, CopyDeckError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_LINE_BREAK = re.compile(r"\n|\\n|<(?:[\w-]+:)?(?:br|lb)\s*/?>", re.IGNORECASE)
_LOOKS_LIKE_MARKUP = re.compile(r"^\s*(?:</?[\w:-][^<>]*>\s*)+$|^\s*\\\w")
_MARKED = "\u2028"
"""A line break that is markup, until white space is folded."""
_CODES = {"bpt", "ept", "it", "ut", "bx", "ex", "sc", "ec", "sm", "em"}
"""Their content is formatting, of which an image's text has its own."""
_HOLDERS = {"ph", "x"}
"""They stand for something that the text would be wrong without."""


class Unreadable(ValueError):
    """A text holds what cannot be told as plain text; says what."""


def needs_toolkit(name: str) -> None:
    """Nothing, if what reads and writes XML decks is installed.

    Raises:
        ConfigurationError: it is not; names the extra.
    """
    try:
        import lxml  # noqa: F401
        import translate.storage  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(
            f"{name}: XLIFF, TMX and TBX need translate-toolkit, which is not installed: "
            "pip install 'campaign-localizer[copy]'"
        ) from error


def check_xml(data: bytes, name: str) -> Element:
    """The root of a document that is well-formed and declares no entities.

    Raises:
        CopyDeckError: it is not, or does.
        ConfigurationError: see `needs_toolkit`.
    """
    needs_toolkit(name)
    from lxml import etree
    from translate.misc.xml_helpers import parse_xml

    try:
        root: Element = parse_xml(data)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise CopyDeckError(f"{name}: is not valid XML ({error})") from None
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise CopyDeckError(f"{name}: declares entities; save it without, they are not read")
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def plain_text(
    element: Element | None, codes: Mapping[str, str] | None = None, *, preserved: bool = True
) -> str:
    """The text of a ``source``, ``target`` or ``seg``: formatting is dropped, what stands for text is read.

    Args:
        codes: of an XLIFF 2 unit's ``originalData``, by id.
        preserved: whether white space is as it is meant; else it is folded, except marked line breaks.

    Raises:
        Unreadable: a placeholder does not say what it stands for, or a code stands for no character.
    """
    if element is None:
        return ""
    text = "".join(_pieces(element, codes or {}))
    if not preserved:
        text = re.sub(rf" ?{_MARKED} ?", _MARKED, re.sub(r"[ \t\r\n]+", " ", text))
    return text.replace(_MARKED, "\n")


def _pieces(element: Element, codes: Mapping[str, str]) -> list[str]:
    pieces = [element.text or ""]
    for child in element:
        kind = local(child)
        if not kind:
            if child.tag is not _comment() and child.tag is not _instruction():
                raise Unreadable(f"the entity {child.text}")
        elif kind in _HOLDERS:
            pieces.append(_held(child, codes))
        elif kind == "cp":
            raise Unreadable("a control character (<cp>)")
        elif kind not in _CODES:
            pieces += _pieces(child, codes)
        pieces.append(child.tail or "")
    return pieces


def _held(element: Element, codes: Mapping[str, str]) -> str:
    """What a placeholder stands for."""
    if "lb" in {element.get("ctype"), (element.get("subType") or "").rpartition(":")[2]}:
        return _MARKED
    said = (
        element.text
        or codes.get(element.get("dataRef") or "")
        or element.get("equiv-text")
        or element.get("equiv")
        or element.get("disp")
        or ""
    )
    if _LINE_BREAK.fullmatch(said):
        return _MARKED
    if len(element) or not said or _LOOKS_LIKE_MARKUP.match(said):
        shown = f" ({said!r})" if said else ""
        raise Unreadable(f"a placeholder that stands for no text{shown}")
    return said


def _comment() -> Any:
    from lxml import etree

    return etree.Comment


def _instruction() -> Any:
    from lxml import etree

    return etree.ProcessingInstruction
