"""Copy decks as a run asks them: what is approved, what is proposed, and what is nearly the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from localizer.copydeck.reading import GLOSSARY, check_size, deck_bytes, deck_files, extension_of, read_items
from localizer.copydeck.rows import APPROVED, DeckRow
from localizer.errors import CopyDeckError, InputStopped
from localizer.folding import fold_source
from localizer.locales import UNDETERMINED
from localizer.sandbox.calling import bounded

_MOST_TOLD = 20
_GROWN = {".tmx", ".xlf", ".xliff"}
"""Memories of years, and files of tools with a string in several places: nobody's mistake."""

Key = tuple[str, str, str]


class Entry(NamedTuple):
    """One string of a deck, and where it stands in it (row, unit, or JSON pointer)."""

    target: str
    where: str
    approved: bool = True
    note: str = ""
    source: str = ""


class Similar(NamedTuple):
    """Approved copy of another string; `score` is 1 for equal strings, at most 0.99 here."""

    source: str
    target: str
    score: float


@dataclass(frozen=True, slots=True)
class CopyDeck:
    """Copy of a campaign.

    Attributes:
        name: the file it came from, for messages.
        entries: (source locale or ``und``, target locale, folded source) → entry.
        warnings: what a person should know although it stops nothing.
    """

    name: str = "(no copy deck)"
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What is worked out of the entries when it is first needed."""

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def locales(self) -> tuple[str, ...]:
        """Target locales that have any entry, sorted."""
        return tuple(sorted({locale for _, locale, _ in self.entries}))

    def lookup(self, source: str, source_locale: str, locale: str) -> str | None:
        """The approved copy, or None.

        The match is exact after `fold_source`. An entry without a source locale serves every one. If the
        asked source locale is ``und``, an entry of any source locale serves as long as all agree. There is
        no fallback between locales: copy approved for ``pt`` is not approved for ``pt-BR``.
        """
        entry = self._entry(source, source_locale, locale, approved=True)
        return entry.target if entry else None

    def draft(self, source: str, source_locale: str, locale: str) -> Entry | None:
        """Copy that stands in the deck and is not approved, or None; matched as by `lookup`."""
        return self._entry(source, source_locale, locale, approved=False)

    def similar(self, source: str, source_locale: str, locale: str, least: float = 0.75) -> Similar | None:
        """The approved copy whose source is nearest, or None if none is near enough.

        Nearness is 1 - edits / length of the longer one (Levenshtein), letter case aside; of equally near
        ones the first of the deck. Exact matches are `lookup`'s, so copy is at most 0.99 near.

        Args:
            least: nearness, above 0 to 1.
        """
        from localizer.copydeck.nearness import Nearness

        made = self._made.get("nearness")
        if made is None:
            made = self._made["nearness"] = Nearness(
                (key, entry.source or key[2]) for key, entry in self.entries.items() if entry.approved
            )
        found = made.nearest(fold_source(source), source_locale, locale, least)
        if found is None:
            return None
        entry = self.entries[found.key]
        return Similar(entry.source or found.key[2], entry.target, found.score)

    def _entry(self, source: str, source_locale: str, locale: str, *, approved: bool) -> Entry | None:
        folded = fold_source(source)
        for candidate in (source_locale, UNDETERMINED):
            entry = self.entries.get((candidate, locale, folded))
            if entry and entry.approved is approved:
                return entry
        if source_locale != UNDETERMINED:
            return None
        found = [
            entry
            for origin in self._origins()
            if (entry := self.entries.get((origin, locale, folded))) and entry.approved is approved
        ]
        return found[0] if found and len({entry.target for entry in found}) == 1 else None

    def _origins(self) -> tuple[str, ...]:
        made: tuple[str, ...] | None = self._made.get("origins")
        if made is None:
            made = self._made["origins"] = tuple(dict.fromkeys(origin for origin, _, _ in self.entries))
        return made


def load_copy_deck(place: str | Path) -> CopyDeck:
    """Read a local copy deck, or several: a folder or a comma-separated list are merged, see `merge_decks`.

    Raises:
        CopyDeckError: missing, unreadable or contradicting itself; names file, row and field.
        ConfigurationError: XLIFF or TMX without the extra ``copy``.
    """
    return merge_decks([read_copy_deck(deck_bytes(path), name=str(path)) for path in deck_files(place)])


def read_copy_deck(data: bytes, *, name: str) -> CopyDeck:
    """Read a copy deck from bytes; the extension of `name` says which form.

    Tables (``.csv``, ``.tsv``) have either one column per target locale beside ``source`` (and, optionally,
    ``source_locale``), or the columns ``source``, ``locale`` and ``target``; a column ``state`` may say what
    is no more than a draft. JSON and YAML are ``{locale: {source: target}}``, see
    `localizer.copydeck.locale_tables`. XLIFF (``.xlf``) and TMX are those of translators' tools. An empty
    target is no entry; a literal ``\\n`` is a line break.

    It is read in a process of its own, see `localizer.sandbox.calling`.

    Raises:
        CopyDeckError, ConfigurationError: see `load_copy_deck`.
    """
    check_size(data, name)
    try:
        return bounded(parse_copy_deck, data, name)
    except InputStopped as error:
        raise CopyDeckError(f"{name}: reading it {error}; leave out what is not needed") from None


def parse_copy_deck(data: bytes, name: str) -> CopyDeck:
    """What `read_copy_deck` does in that process."""
    if extension_of(name) == GLOSSARY:
        raise CopyDeckError(
            f"{name}: is a glossary, not a copy deck; name it in the brand kit's glossary_files"
        )
    entries: dict[Key, Entry] = {}
    told: dict[str, None] = {}
    undecided: set[Key] = set()
    for item in read_items(data, name):
        if not isinstance(item, DeckRow):
            told[item.text] = None
        elif item.target:
            entry = Entry(item.target, item.where, item.state == APPROVED, item.note, item.source)
            key = item.key
            if not key[2]:
                raise CopyDeckError(f"{name}: {entry.where}: there is a target but no source")
            if (known := _clash(entries, undecided, key, entry)) is None:
                continue
            if extension_of(name) not in _GROWN:
                raise CopyDeckError(
                    f"{name}: {entry.where}: {entry.source!r} is {entry.target!r} here but {known.target!r} "
                    f"at {known.where}; keep one"
                )
            told[_contradiction(key, known, entry)] = None
    return CopyDeck(name, entries, tuple(f"{name} {text}" for text in _some(list(told))))


def _clash(entries: dict[Key, Entry], undecided: set[Key], key: Key, entry: Entry) -> Entry | None:
    """Add an entry, approved ones before drafts and earlier before later; what it contradicts, if anything.

    Where two approved ones contradict each other, neither stays approved.
    """
    known = entries.get(key)
    if known is None or (entry.approved and not known.approved and key not in undecided):
        entries[key] = entry
    elif entry.approved and known.target != entry.target:
        undecided.add(key)
        entries[key] = known._replace(approved=False)
        return known
    return None


def _contradiction(key: Key, known: Entry, entry: Entry) -> str:
    return (
        f"contradicts itself: {entry.source!r} in {key[1]} is {known.target!r} at {known.where} and "
        f"{entry.target!r} at {entry.where}; it is not approved until one of them is gone"
    )


def merge_decks(decks: Sequence[CopyDeck]) -> CopyDeck:
    """Several decks as one; approved copy goes before drafts, and earlier decks before later ones.

    Where two decks approve different copy for a string, neither counts as approved, and a warning tells.
    """
    if len(decks) == 1:
        return decks[0]
    entries: dict[Key, Entry] = {}
    told: list[str] = []
    undecided: set[Key] = set()
    for deck in decks:
        for key, entry in deck.entries.items():
            here = entry._replace(where=f"{deck.name}: {entry.where}")
            if known := _clash(entries, undecided, key, here):
                told.append(f"the copy {_contradiction(key, known, here)}")
    warnings = [warning for deck in decks for warning in deck.warnings]
    return CopyDeck(", ".join(deck.name for deck in decks), entries, (*warnings, *_some(told)))


def _some(told: list[str]) -> list[str]:
    rest = len(told) - _MOST_TOLD
    return [*told[:_MOST_TOLD], *([f"({rest} more like these)"] if rest > 0 else [])]
