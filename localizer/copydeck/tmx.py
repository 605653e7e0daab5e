"""Decks as TMX 1.4: translation memories.

A memory has no states: what stands in it was confirmed by somebody, unless it says otherwise. We write a
draft with the property ``x-state``; machine translations are known by the user ``MT!`` of common tools, and
what nobody has confirmed by ``x-ConfirmationLevel``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.copydeck.markup import Unreadable, check_xml, local, needs_toolkit, plain_text
from localizer.copydeck.rows import APPROVED, DRAFT, DeckRow, Told, line_breaks, locale_of, most_of, state_of
from localizer.errors import CopyDeckError
from localizer.locales import language_of

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ANY = "*all*"
_MACHINE = "mt"
_LEVEL, _CONFIRMED = "x-ConfirmationLevel", ("approved", "translated")
"""How Trados says it, beside ``Draft``, ``RejectedTranslation`` and the like."""


class _Variant(NamedTuple):
    locale: str
    text: str
    element: Element


def read_tmx_deck(data: bytes, name: str) -> Iterator[DeckRow | Told]:
    """A row for each pair of source and target text; where any language may be the source, for each pair.

    Raises:
        CopyDeckError: no TMX; names the unit where there is one.
        ConfigurationError: the extra ``copy`` is not installed.
    """
    if local(check_xml(data, name)) != "tmx":
        raise CopyDeckError(f"{name}: is not TMX")
    from translate.storage.tmx import tmxfile

    try:
        store = tmxfile(data)
    except (AssertionError, ValueError) as error:
        raise CopyDeckError(f"{name}: is not TMX as its specification has it ({error})") from None
    root = store.document.getroot()
    header = next((each for each in root if local(each) == "header"), None)
    origin = (header.get("srclang") if header is not None else None) or _ANY
    for number, unit in enumerate(store.units, start=1):
        element = unit.xmlelement
        where = f"unit {element.get('tuid') or number}"
        try:
            texts = _texts(element, name, where)
        except Unreadable as error:
            yield Told(f"{where}: holds {error}, and is left out")
            continue
        said = element.get("srclang") or origin
        sources = _sources(None if said.casefold() == _ANY else locale_of(name, where, said), texts)
        if not sources:
            yield Told(f"{where}: has no text in its source language {said!r}, and is left out")
        for source in sources:
            for variant in texts:
                if variant is not source:
                    yield from _row(element, name, where, source, variant)


def _texts(unit: Element, name: str, where: str) -> list[_Variant]:
    found = []
    for variant in unit:
        if local(variant) != "tuv":
            continue
        locale = locale_of(name, f"{where}, xml:lang", variant.get(_LANG) or variant.get("lang") or "")
        segment = next((each for each in variant if local(each) == "seg"), None)
        found.append(_Variant(locale, plain_text(segment), variant))
    return found


def _sources(locale: str | None, texts: Sequence[_Variant]) -> list[_Variant]:
    """Any text, or that of the source locale, or the only one of its language: a header says ``en`` where
    units say ``en-US``."""
    if locale is None:
        return list(texts)
    own = [each for each in texts if each.locale == locale]
    near = [each for each in texts if language_of(each.locale) == language_of(locale)]
    return own[:1] or (near if len(near) == 1 else [])


def _row(
    unit: Element, name: str, where: str, source: _Variant, variant: _Variant
) -> Iterator[DeckRow | Told]:
    target = line_breaks(variant.text)
    own = _properties(variant.element)
    state, told = state_of(_said(unit, variant.element, own), target)
    if told:
        yield Told(told)
    if source.text.strip():
        yield DeckRow(
            source=source.text.strip(),
            source_locale=source.locale,
            locale=variant.locale,
            target=target,
            state=state,
            most_characters=most_of(name, f"{where}, x-most-characters", own.get("x-most-characters", "")),
            context=tuple(_all(unit, "prop", "x-context")),
            assets=tuple(_all(unit, "prop", "x-asset")),
            note="\n".join([*_all(variant.element, "note"), *_all(unit, "note")]),
            where=f"{where}, {variant.locale}",
        )


def _said(unit: Element, variant: Element, own: dict[str, str]) -> str:
    """The word on how far a text is; of the unit, where the variant has none."""
    for element in (variant, unit):
        user = (element.get("changeid") or element.get("creationid") or "").strip("!").casefold()
        if user:
            if user == _MACHINE:
                return "machine"
            break
    around = _properties(unit)
    level = (own.get(_LEVEL) or around.get(_LEVEL) or "").casefold()
    if level and not level.startswith(_CONFIRMED):
        return DRAFT
    return own.get("x-state") or around.get("x-state", "")


def _properties(element: Element) -> dict[str, str]:
    return {each.get("type", ""): (each.text or "").strip() for each in element if local(each) == "prop"}


def _all(element: Element, kind: str, of_type: str | None = None) -> Iterator[str]:
    for each in element:
        if local(each) == kind and (of_type is None or each.get("type") == of_type) and each.text:
            yield each.text.strip()


def write_tmx_deck(rows: Iterable[DeckRow], name: str) -> bytes:
    """A memory with one unit per source string. Rows without a target are not in it: TMX has no such thing.

    Raises:
        ConfigurationError: the extra ``copy`` is not installed.
    """
    needs_toolkit(name)
    from lxml import etree
    from translate.storage.tmx import tmxfile

    groups: dict[tuple[str, str], list[DeckRow]] = {}
    for row in rows:
        if row.written_target:
            groups.setdefault((row.source_locale, row.source), []).append(row)
    origins = {origin for origin, _ in groups}
    origin = origins.pop() if len(origins) == 1 else _ANY
    store: Any = tmxfile(sourcelanguage=origin)
    store.document.getroot().find("header").set("srclang", origin)
    for (source_locale, source), group in groups.items():
        unit = store.addsourceunit(source, source_locale)
        unit.xmlelement.set("srclang", source_locale)
        for kind, items in (
            ("x-context", dict.fromkeys(text for row in group for text in row.context)),
            ("x-asset", dict.fromkeys(asset for row in group for asset in row.assets)),
        ):
            for item in items:
                _property(unit.xmlelement, kind, item)
        for row in group:
            variant = etree.SubElement(unit.xmlelement, "tuv", {_LANG: row.locale})
            if row.note:
                etree.SubElement(variant, "note").text = row.note
            if row.state != APPROVED:
                _property(variant, "x-state", row.state)
            if row.most_characters:
                _property(variant, "x-most-characters", str(row.most_characters))
            etree.SubElement(variant, "seg").text = row.written_target
    return bytes(store)


def _property(element: Element, kind: str, text: str) -> None:
    """Add a property; the schema wants them before the texts."""
    from lxml import etree

    prop = etree.Element("prop", type=kind)
    prop.text = text
    position = sum(local(each) in {"note", "prop"} for each in element)
    element.insert(position, prop)
