"""Reading XLIFF: 2.0 to 2.2, and 1.x, which many tools send.

The state says whether a person has answered for a target. XLIFF 2 takes a segment without one for
``initial``, and XLIFF 1 a unit without ``approved`` for not approved; so do we.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from localizer.copydeck.markup import Unreadable, check_xml, local, plain_text
from localizer.copydeck.rows import APPROVED, DRAFT, MISSING, DeckRow, Told, line_breaks, locale_of
from localizer.errors import CopyDeckError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CORE = "urn:oasis:names:tc:xliff:document:2.0"
"""Of XLIFF 2.0 and 2.1 alike."""
RESOURCES = "urn:oasis:names:tc:xliff:resourcedata:2.0"
SIZES = "urn:oasis:names:tc:xliff:sizerestriction:2.0"

_DONE_2 = {"translated", "reviewed", "final"}
_DONE_1 = {"translated", "signed-off", "final"}
_GUESSED_1 = {"fuzzy-match", "leveraged-glossary", "leveraged-mt", "leveraged-tm", "mt-suggestion"}
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_BESIDE = {"alt-trans", "match", "revision"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a file: one string.

    Attributes:
        segments: units of translate-toolkit; of XLIFF 2 several where a tool has split the string.
        holder: the element that notes and resources hang on.
    """

    segments: tuple[Any, ...]
    holder: Element
    is_2: bool

    @property
    def name(self) -> str:
        return f"unit {self.holder.get('id', '')}"


def read_xliff_deck(data: bytes, name: str) -> Iterator[DeckRow | Told]:
    """A row for each unit, in the order of the file.

    Raises:
        CopyDeckError: no XLIFF, or without a target language.
        ConfigurationError: the extra ``copy`` is not installed.
    """
    silent = 0
    for unit in units_of(open_xliff(data, name)):
        try:
            row = row_of(unit, name)
        except Unreadable as error:
            yield Told(f"{unit.name}: holds {error}, and is left out")
            continue
        silent += row.state == DRAFT and not _says_state(unit)
        if row.source:
            yield row
    if silent:
        yield Told(f"has {silent} targets without a state; they stay drafts until it says translated")


def open_xliff(data: bytes, name: str) -> Any:
    """The store of translate-toolkit.

    Raises:
        CopyDeckError: no XLIFF.
        ConfigurationError: the extra ``copy`` is not installed.
    """
    root = check_xml(data, name)
    from translate.storage.xliff import Xliff1File
    from translate.storage.xliff2 import Xliff2File

    if local(root) != "xliff":
        raise CopyDeckError(f"{name}: is not XLIFF: its root is <{local(root)}>")
    namespace = root.nsmap.get(root.prefix) or ""
    is_2 = root.get("version", "").startswith("2.") or ":xliff:document:2." in namespace
    try:
        return (Xliff2File if is_2 else Xliff1File)(data)
    except (AssertionError, StopIteration, ValueError) as error:
        raise CopyDeckError(f"{name}: is not XLIFF as its specification has it ({error})") from None


def units_of(store: Any) -> Iterator[Unit]:
    """The units that are to be translated, in the order of the file."""
    from translate.storage.xliff2 import Xliff2File

    is_2 = isinstance(store, Xliff2File)
    holder_of = (lambda unit: unit.getunitelement()) if is_2 else (lambda unit: unit.xmlelement)
    for holder, segments in groupby(store.units, holder_of):
        unit = Unit(tuple(segments), holder, is_2)
        if unit.segments[0].istranslatable():
            yield unit


def row_of(unit: Unit, name: str) -> DeckRow:
    """Raises CopyDeckError and Unreadable."""
    source_locale, locale = _locales(unit.holder, name)
    target = line_breaks(_text(unit, "target"))
    notes, context = _notes(unit.holder)
    return DeckRow(
        source=_text(unit, "source").strip(),
        source_locale=source_locale,
        locale=locale,
        target=target,
        state=_state(unit) if target else MISSING,
        most_characters=_most_characters(unit),
        context=context,
        assets=tuple(_assets(unit.holder)),
        note="\n".join(notes),
        where=unit.name,
    )


def _locales(element: Element, name: str) -> tuple[str, str]:
    """Source and target locale; XLIFF 2 has them at its root, XLIFF 1 at each file."""
    for each in element.iterancestors():
        source = each.get("srcLang") or each.get("source-language")
        if source is None:
            continue
        target = each.get("trgLang") or each.get("target-language")
        if target is None:
            break
        return locale_of(name, "the source language", source), locale_of(name, "the target language", target)
    raise CopyDeckError(f"{name}: names no languages (srcLang and trgLang, or those of each file)")


def _text(unit: Unit, kind: str) -> str:
    """Source or target, its segments joined; empty if one of several segments has no target."""
    codes = _codes(unit.holder)
    parts: list[tuple[int, str]] = []
    elements = unit.holder.iterchildren() if len(unit.segments) > 1 else [unit.segments[0].xmlelement]
    for position, element in enumerate(
        each for each in elements if local(each) in {"segment", "ignorable", "trans-unit"}
    ):
        found = next((each for each in element.iterchildren() if local(each) == kind), None)
        if found is None and local(element) == "ignorable":  # what lies between segments stays as it is
            found = next((each for each in element.iterchildren() if local(each) == "source"), None)
        text = plain_text(found, codes, preserved=found is None or _is_preserved(found))
        if not text and local(element) != "ignorable":
            return ""
        order = found.get("order", "") if found is not None else ""
        parts.append((int(order) if order.isdecimal() else position + 1, text))
    return "".join(text for _, text in sorted(parts, key=lambda part: part[0]))


def _is_preserved(element: Element) -> bool:
    for each in (element, *element.iterancestors()):
        if (said := each.get(SPACE)) is not None:
            return str(said) == "preserve"
    return False


def _codes(holder: Element) -> Mapping[str, str]:
    """The original data of an XLIFF 2 unit, by id."""
    return {
        data.get("id", ""): data.text or ""
        for group in holder.iterchildren()
        if local(group) == "originalData"
        for data in group
    }


def _state(unit: Unit) -> str:
    if unit.is_2:
        done = all(segment.xmlelement.get("state") in _DONE_2 for segment in unit.segments)
        return APPROVED if done else DRAFT
    # XLIFF 1: approved="no", and a guess that nobody has confirmed, stay drafts whatever the state.
    approved, target = unit.holder.get("approved"), unit.segments[0].target_dom
    said, qualifier = (
        (target.get("state"), target.get("state-qualifier")) if target is not None else (None, None)
    )
    if approved == "yes":
        return APPROVED if said is None or said in _DONE_1 else DRAFT
    if approved == "no" or said not in _DONE_1 or (said == "translated" and qualifier in _GUESSED_1):
        return DRAFT
    return APPROVED


def _says_state(unit: Unit) -> bool:
    if unit.is_2:
        return any(segment.xmlelement.get("state") for segment in unit.segments)
    target = unit.segments[0].target_dom
    return unit.holder.get("approved") is not None or (target is not None and target.get("state") is not None)


def _notes(holder: Element) -> tuple[list[str], tuple[str, ...]]:
    """Notes, and those that are context."""
    notes: list[str] = []
    context: list[str] = []
    for element in holder.iter():
        if local(element) != "note" or any(local(each) in _BESIDE for each in element.iterancestors()):
            continue
        text = "".join(element.itertext()).strip()
        found = context if "context" in {element.get("category"), element.get("from")} else notes
        if text and text not in found:
            found.append(text)
    return notes, tuple(context)


def _assets(holder: Element) -> Iterator[str]:
    """Images that the resource data module ties a unit to: those of its source language."""
    sources = holder.iterfind(f".//{{{RESOURCES}}}resourceItem/{{{RESOURCES}}}source")
    yield from dict.fromkeys(href for source in sources if (href := source.get("href")))


def _most_characters(unit: Unit) -> int | None:
    """From the size restriction module (``[min,]max`` code points) or XLIFF 1's ``maxwidth``."""
    for each in (unit.segments[0].xmlelement, *unit.segments[0].xmlelement.iterancestors()):
        said = each.get(f"{{{SIZES}}}sizeRestriction")
        if said is None and each.get("size-unit") == "char":
            said = each.get("maxwidth")
        most = (said or "").rpartition(",")[2].strip()
        if most.isascii() and most.isdecimal() and int(most):
            return int(most)
        if local(each) == "file":
            break
    return None
