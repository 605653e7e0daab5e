"""Writing XLIFF 2.1, and filling targets into a file that somebody else wrote.

The core namespace of XLIFF 2.1 is still ``...document:2.0``. Three modules are used: resource data names the
images of a unit, size restriction how many characters fit, and notes carry context.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from localizer.copydeck.markup import Unreadable, needs_toolkit
from localizer.copydeck.rows import APPROVED, DeckRow
from localizer.copydeck.xliff import CORE, RESOURCES, SIZES, SPACE, Unit, open_xliff, row_of, units_of
from localizer.errors import CopyDeckError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def write_xliff_deck(rows: Sequence[DeckRow], name: str) -> bytes:
    """One file of rows that share source and target locale.

    A unit's id is made from its source, so that the same string has the same id in every file.

    Raises:
        CopyDeckError: they do not share them, or there are none.
        ConfigurationError: the extra ``copy`` is not installed.
    """
    needs_toolkit(name)
    from translate.storage.xliff2 import Xliff2File, Xliff2Unit

    pairs = sorted({(row.source_locale, row.locale) for row in rows})
    if len(pairs) != 1:
        found = ", ".join(f"{source} → {target}" for source, target in pairs) or "there are no strings"
        raise CopyDeckError(
            f"{name}: an XLIFF file has one source and one target language ({found}); write into a folder, "
            "or put {source_locale} and {locale} into the name"
        )
    store = Xliff2File()
    _declare(store)
    root = store.document.getroot()
    root.set("version", "2.1")
    store.setsourcelanguage(pairs[0][0])
    store.settargetlanguage(pairs[0][1])
    if any(row.most_characters for row in rows):
        _size_profile(store.body)
    for row in _once(rows, name):
        unit = Xliff2Unit(row.source)
        store.addunit(unit)
        holder = unit.getunitelement()
        unit.setid(unit_id(row.source))
        holder.set(SPACE, unit.xmlelement.attrib.pop(SPACE))  # the schema has it at units, not at segments
        _describe(holder, row)
        if row.written_target:
            unit.target = row.written_target
        unit.xmlelement.set("state", "translated" if row.state == APPROVED else "initial")
    return bytes(store)


def unit_id(source: str) -> str:
    """The id of a string's unit."""
    return f"u{hashlib.sha256(source.encode()).hexdigest()[:16]}"


def fill_xliff_deck(
    data: bytes, copy: Mapping[tuple[str, str, str], DeckRow], name: str
) -> tuple[bytes, int]:
    """A file with targets filled in and all else as it was, and how many were filled.

    Only targets that are missing, or drafts where the copy is approved, are written.

    Args:
        copy: by `DeckRow.key`.

    Raises:
        CopyDeckError, ConfigurationError: see `read_xliff_deck`.
    """
    store = open_xliff(data, name)
    filled = 0
    for unit in units_of(store):
        try:
            known = row_of(unit, name)
        except Unreadable:
            continue
        row = copy.get(known.key)
        if row is None or not row.written_target or len(unit.segments) > 1 or not is_better(row, known):
            continue
        _fill(unit, row)
        filled += 1
    return bytes(store) if filled else data, filled


def is_better(row: DeckRow, known: DeckRow) -> bool:
    """Whether copy is to take the place of what stands in a file."""
    if known.state == APPROVED or (row.target, row.state) == (known.target, known.state):
        return False
    return row.state == APPROVED or not known.target


def _fill(unit: Unit, row: DeckRow) -> None:
    segment = unit.segments[0]
    if segment.target_dom is not None:
        for child in list(segment.target_dom):  # markup of the text before
            segment.target_dom.remove(child)
    segment.target = row.target
    if unit.is_2:
        segment.xmlelement.set("state", "translated" if row.state == APPROVED else "initial")
        segment.xmlelement.attrib.pop("subState", None)
        return
    is_approved = row.state == APPROVED
    segment.target_dom.set("state", "translated" if is_approved else "needs-review-translation")
    segment.target_dom.attrib.pop("state-qualifier", None)
    segment.markapproved(is_approved)


def _declare(store: Any) -> None:
    """The skeleton again, with the prefixes of the modules that are used."""
    from lxml import etree

    old = store.document.getroot()
    root = etree.Element(old.tag, attrib=dict(old.attrib), nsmap={None: CORE, "res": RESOURCES, "slr": SIZES})
    root.extend(list(old))
    store.document._setroot(root)


def _size_profile(file: Element) -> None:
    from lxml import etree

    profiles = etree.Element(f"{{{SIZES}}}profiles", generalProfile="xliff:codepoints")
    etree.SubElement(profiles, f"{{{SIZES}}}normalization", general="nfc")
    file.insert(0, profiles)


def _describe(holder: Element, row: DeckRow) -> None:
    """What belongs to a unit beside its text. The schema wants modules first, then notes, then segments."""
    from lxml import etree

    position = 0
    if row.most_characters:
        holder.set(f"{{{SIZES}}}sizeRestriction", str(row.most_characters))
    if row.assets:
        data = etree.Element(f"{{{RESOURCES}}}resourceData")
        for number, asset in enumerate(row.assets, start=1):
            item = etree.SubElement(data, f"{{{RESOURCES}}}resourceItem", id=f"i{number}", context="yes")
            if kind := mimetypes.guess_type(asset)[0]:
                item.set("mimeType", kind)
            etree.SubElement(item, f"{{{RESOURCES}}}source", href=asset)
        holder.insert(position, data)
        position += 1
    said = [("context", text) for text in row.context] + ([("note", row.note)] if row.note else [])
    if said:
        notes = etree.Element(f"{{{CORE}}}notes")
        for category, text in said:
            note = etree.SubElement(notes, f"{{{CORE}}}note", category=category)
            note.text = text
        holder.insert(position, notes)


def _once(rows: Sequence[DeckRow], name: str) -> list[DeckRow]:
    """Rows of the same source as one: an id stands once in a file."""
    found: dict[str, DeckRow] = {}
    for row in rows:
        known = found.setdefault(row.source, row)
        if known.written_target != row.written_target and known.written_target and row.written_target:
            raise CopyDeckError(
                f"{name}: {row.source!r} is {known.written_target!r} and {row.written_target!r}; keep one"
            )
        if row.written_target and not known.written_target:
            found[row.source] = row
    return list(found.values())
