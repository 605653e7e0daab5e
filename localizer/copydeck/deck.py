"""Reading a copy deck, and looking copy up in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from localizer.encodings import TableError, decode_text
from localizer.errors import CopyDeckError, InputStopped
from localizer.locales import UNDETERMINED, normalise_locale
from localizer.sandbox.calling import bounded
from localizer.tables import Record, Table, plain_column, read_delimited, strict_json

MAX_BYTES = 64 * 1024 * 1024
_LONG_FORM = {"source", "locale", "target"}
# Chinese and Japanese do not separate words: a space or line break beside such a character is layout.
_CJK = "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
_LAYOUT_SPACE = re.compile(rf"(?<=[{_CJK}])\s+|\s+(?=[{_CJK}])")


@lru_cache(maxsize=4096)
def fold_source(text: str) -> str:
    """What two source strings must share to be the same: NFKC, whitespace folded, case kept.

    Whitespace beside a Chinese or Japanese character is dropped, other runs become one space.
    """
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", " ", _LAYOUT_SPACE.sub("", folded)).strip()


class Entry(NamedTuple):
    """One approved string, and where it stands in the deck (row, or JSON pointer)."""

    target: str
    where: str


@dataclass(frozen=True, slots=True)
class CopyDeck:
    """Approved copy.

    Attributes:
        name: the file it came from, for messages.
        entries: (source locale or ``und``, target locale, folded source) → entry.
    """

    name: str = "(no copy deck)"
    entries: Mapping[tuple[str, str, str], Entry] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

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
        key = fold_source(source)
        for candidate in (source_locale, UNDETERMINED):
            if entry := self.entries.get((candidate, locale, key)):
                return entry.target
        if source_locale != UNDETERMINED:
            return None
        origins = {origin for origin, _, _ in self.entries}
        targets = {e.target for o in origins if (e := self.entries.get((o, locale, key)))}
        return targets.pop() if len(targets) == 1 else None


def load_copy_deck(path: str | Path) -> CopyDeck:
    """Read a copy deck from a local file: ``.csv``, ``.tsv`` or ``.json``.

    Raises:
        CopyDeckError: missing, unreadable or contradicting itself; names file, row and field.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise CopyDeckError(f"{path}: is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CopyDeckError(f"{path}: cannot be read ({error.strerror or error})") from None
    return read_copy_deck(data, name=str(path))


def read_copy_deck(data: bytes, *, name: str) -> CopyDeck:
    """Read a copy deck from bytes; the extension of `name` says which form.

    Tables have either one column per target locale beside ``source`` (and, optionally,
    ``source_locale``), or the columns ``source``, ``locale`` and ``target``. JSON is
    ``{locale: {source: target}}``. An empty target is no entry; a literal ``\\n`` is a line break.

    It is read in a process of its own, see `localizer.sandbox.calling`.

    Raises:
        CopyDeckError: see `load_copy_deck`.
    """
    if len(data) > MAX_BYTES:
        raise CopyDeckError(f"{name}: is larger than {MAX_BYTES >> 20} MiB; leave out what is not needed")
    try:
        return bounded(parse_copy_deck, data, name)
    except InputStopped as error:
        raise CopyDeckError(f"{name}: reading it {error}; leave out what is not needed") from None


def parse_copy_deck(data: bytes, name: str) -> CopyDeck:
    """What `read_copy_deck` does in that process."""
    extension = Path(name).suffix.casefold()
    try:
        if extension == ".json":
            return _collect(name, _from_json(name, data), ())
        if extension in {".csv", ".tsv"}:
            table = read_delimited(
                data, delimiter="\t" if extension == ".tsv" else ",", column_name=_column_name
            )
            return _collect(name, _from_table(name, table), table.warnings)
    except TableError as error:
        raise CopyDeckError(f"{name}: {error}") from None
    raise CopyDeckError(
        f"{name}: a copy deck is .csv, .tsv or .json, not {extension or 'without extension'!r}"
    )


class _Item(NamedTuple):
    source_locale: str
    locale: str
    source: str
    target: str
    where: str


def _collect(name: str, items: Iterator[_Item], warnings: tuple[str, ...]) -> CopyDeck:
    entries: dict[tuple[str, str, str], Entry] = {}
    for item in items:
        key = (item.source_locale, item.locale, fold_source(item.source))
        target = item.target.replace("\\n", "\n").replace("\r\n", "\n").strip()
        if not target:
            continue
        if not key[2]:
            raise CopyDeckError(f"{name}: {item.where}: there is a target but no source")
        known = entries.setdefault(key, Entry(target, item.where))
        if known.target != target:
            raise CopyDeckError(
                f"{name}: {item.where}: {item.source!r} is {target!r} here but {known.target!r} at "
                f"{known.where}; keep one"
            )
    return CopyDeck(name, entries, tuple(f"{name} {warning}" for warning in warnings))


def _column_name(name: str) -> str:
    plain = plain_column(name)
    return plain if plain in _LONG_FORM | {"source_locale"} else name.strip()


def _from_table(name: str, table: Table) -> Iterator[_Item]:
    if "source" not in table.columns:
        raise CopyDeckError(f"{name}: there is no column 'source' (found: {', '.join(table.columns)})")
    is_long = set(table.columns) >= _LONG_FORM
    locales = {} if is_long else _locale_columns(name, table)
    for record in table.records:
        for fault in record.faults:
            raise CopyDeckError(f"{name}: row {record.row}, {fault.field}: {fault.message}")
        values, row = record.values, record.row
        origin = _locale(name, f"row {row}, source_locale", values.get("source_locale", ""))
        if is_long:
            where = f"row {row}, target"
            if not values["locale"].strip():
                raise CopyDeckError(f"{name}: row {row}, locale: is empty")
            target_locale = _locale(name, f"row {row}, locale", values["locale"])
            yield _Item(origin, target_locale, values["source"], values["target"], where)
        for column, locale in locales.items():
            yield _Item(origin, locale, values["source"], values[column], f"row {row}, {column}")


def _locale_columns(name: str, table: Table) -> dict[str, str]:
    found = {}
    for column in table.columns:
        if column in {"source", "source_locale"}:
            continue
        try:
            found[column] = normalise_locale(column)
        except ValueError as error:
            filled = _first_filled(table.records, column)
            if filled:
                raise CopyDeckError(f"{name}: row {filled.row}, {column}: {error}") from None
    if not found:
        raise CopyDeckError(f"{name}: there is no column with a target locale as its name")
    return found


def _first_filled(records: tuple[Record, ...], column: str) -> Record | None:
    return next((r for r in records if r.values.get(column, "").strip()), None)


def _locale(name: str, where: str, tag: str) -> str:
    try:
        return normalise_locale(tag)
    except ValueError as error:
        raise CopyDeckError(f"{name}: {where}: {error}") from None


def _from_json(name: str, data: bytes) -> Iterator[_Item]:
    try:
        loaded = strict_json(decode_text(data)[0])
    except ValueError as error:
        raise CopyDeckError(f"{name}: is not valid JSON ({error})") from None
    if not isinstance(loaded, dict):
        raise CopyDeckError(f"{name}: must be an object of locales, {{locale: {{source: target}}}}")
    for tag, pairs in loaded.items():
        locale = _locale(name, f"/{tag}", tag)
        if not isinstance(pairs, dict):
            raise CopyDeckError(f"{name}: /{tag}: must be an object of source: target")
        for source, target in pairs.items():
            where = f"/{tag}/{source.replace('~', '~0').replace('/', '~1')}"
            if target is not None and not isinstance(target, str):
                raise CopyDeckError(f"{name}: {where}: must be text, not {type(target).__name__}")
            yield _Item(UNDETERMINED, locale, source, target or "", where)
