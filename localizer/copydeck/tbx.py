"""Glossaries as TBX: ISO 30042:2008 (``martif``), its ntig and tig forms, and ISO 30042:2019 (``tbx``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.copydeck.markup import Unreadable, check_xml, local, needs_toolkit, plain_text
from localizer.copydeck.rows import APPROVED, DeckRow, Told, locale_of
from localizer.errors import CopyDeckError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CONCEPT, _LANGUAGE, _TERM = {"termEntry", "conceptEntry"}, {"langSet", "langSec"}, {"tig", "ntig", "termSec"}
_PREFERRED, _ADMITTED, _DEPRECATED = range(3)


class _Term(NamedTuple):
    text: str
    rank: int


def read_tbx_deck(data: bytes, name: str, source_locale: str | None = None) -> Iterator[DeckRow | Told]:
    """A row for each source term and target locale, with the target locale's preferred term.

    Deprecated and superseded terms are never targets, but are sources: texts still use them.

    Args:
        source_locale: whose terms are sources; None: those of every language, for every other.

    Raises:
        CopyDeckError: no TBX; names the entry where there is one.
        ConfigurationError: the extra ``copy`` is not installed.
    """
    root = check_xml(data, name)
    if local(root) not in {"martif", "tbx"}:
        raise CopyDeckError(f"{name}: is not TBX: its root is <{local(root)}>")
    entries = (element for element in root.iter() if local(element) in _CONCEPT)
    for number, entry in enumerate(entries, start=1):
        where = f"entry {entry.get('id') or number}"
        try:
            languages = dict(_languages(entry, name, where))
        except Unreadable as error:
            yield Told(f"{where}: holds {error}, and is left out")
            continue
        for origin, sources in languages.items():
            if source_locale not in {None, origin}:
                continue
            for locale, targets in languages.items():
                best = min(targets, key=lambda term: term.rank, default=None)
                if locale == origin or best is None or best.rank == _DEPRECATED:
                    continue
                for source in sources:
                    yield DeckRow(source.text, origin, locale, best.text, where=f"{where}, {locale}")


def _languages(entry: Element, name: str, where: str) -> Iterator[tuple[str, list[_Term]]]:
    for section in entry:
        if local(section) in _LANGUAGE:
            locale = locale_of(name, f"{where}, xml:lang", section.get(_LANG) or section.get("lang") or "")
            yield locale, list(_terms(section))


def _terms(section: Element) -> Iterator[_Term]:
    for group in section:
        if local(group) in _TERM:
            term = next((each for each in group.iter() if local(each) == "term"), None)
            if text := " ".join(plain_text(term).split()):
                yield _Term(text, _rank(group))


def _rank(group: Element) -> int:
    for note in group.iter():
        if local(note) == "termNote" and note.get("type") in {
            "administrativeStatus",
            "normativeAuthorization",
        }:
            said = (note.text or "").strip().casefold()
            if said.startswith(("deprecated", "superseded", "obsolete")):
                return _DEPRECATED
            if said.startswith("admitted"):
                return _ADMITTED
    return _PREFERRED


def write_tbx_deck(rows: Iterable[DeckRow], name: str) -> bytes:
    """A glossary with one entry per source term; it holds what is approved, having no states.

    Raises:
        ConfigurationError: the extra ``copy`` is not installed.
    """
    needs_toolkit(name)
    from translate.storage.tbx import tbxfile

    groups: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        if row.state == APPROVED and row.target:
            groups.setdefault((row.source_locale, row.source), {}).setdefault(row.locale, row.written_target)
    origins = sorted({origin for origin, _ in groups})
    store: Any = tbxfile(sourcelanguage=origins[0] if len(origins) == 1 else "und")
    for number, ((source_locale, source), targets) in enumerate(groups.items(), start=1):
        unit = store.UnitClass(None)
        unit.set_source_terms([source], source_locale)
        store.addunit(unit)
        unit.setid(f"c{number}")
        for locale, target in targets.items():
            unit.set_target_terms([target], locale)
    return bytes(store)
