"""Glossaries of a brand: source term → target term per locale, from TBX or a table."""

from __future__ import annotations

from pathlib import Path

from localizer.copydeck.reading import deck_bytes, read_items
from localizer.copydeck.rows import APPROVED, DeckRow
from localizer.errors import CopyDeckError, InputStopped
from localizer.sandbox.calling import bounded


def read_glossary(path: str | Path, *, source_locale: str | None = None) -> dict[str, dict[str, str]]:
    """Terms by target locale: ``{locale: {source term: target term}}``, in the order of the file.

    Of TBX, the terms of every language are sources of every other one, since a brand's campaigns may begin
    in any; deprecated ones lead to the preferred one, never to themselves. Tables are those that copy decks
    may be, see `read_copy_deck`; what stands in them as a draft is no term.

    Args:
        source_locale: take the terms of this locale only as sources.

    Raises:
        CopyDeckError: missing, unreadable, or a term has two targets; names file and place.
        ConfigurationError: TBX without the extra ``copy``.
    """
    data, name = deck_bytes(path), str(path)
    try:
        return bounded(parse_glossary, data, name, source_locale)
    except InputStopped as error:
        raise CopyDeckError(f"{name}: reading it {error}; leave out what is not needed") from None


def parse_glossary(data: bytes, name: str, source_locale: str | None) -> dict[str, dict[str, str]]:
    """What `read_glossary` does in a process of its own."""
    found: dict[str, dict[str, str]] = {}
    places: dict[tuple[str, str], str] = {}
    for row in read_items(data, name, source_locale=source_locale):
        if not isinstance(row, DeckRow) or row.state != APPROVED or not row.source:
            continue
        if source_locale is not None and row.source_locale not in {source_locale, "und"}:
            continue
        terms = found.setdefault(row.locale, {})
        known = terms.setdefault(row.source, row.target)
        place = places.setdefault((row.locale, row.source), row.where)
        if known != row.target:
            raise CopyDeckError(
                f"{name}: {row.where}: {row.source!r} is {row.target!r} here but {known!r} at {place}; keep "
                "one, or mark one as deprecated"
            )
    return found
