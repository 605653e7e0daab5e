"""Filling copy into a deck that somebody else wrote: all else in it stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from localizer.copydeck.delimited import LONG, column_name, locale_columns, state_in, target_cell, texts_of
from localizer.copydeck.reading import deck_bytes, extension_of
from localizer.copydeck.rows import APPROVED, DeckRow, locale_of
from localizer.copydeck.writing import replace_file
from localizer.copydeck.xliff_writing import fill_xliff_deck, is_better
from localizer.encodings import TableError, decode_text
from localizer.errors import CopyDeckError, InputStopped
from localizer.sandbox.calling import bounded
from localizer.tables import delimiter_of

_FORMS = (".csv", ".tsv", ".xlf", ".xliff")

Copy = Mapping[tuple[str, str, str], DeckRow]


def fill_deck(rows: Iterable[DeckRow], path: str | Path, *, out: str | Path | None = None) -> int:
    """Fill targets into a CSV, TSV or XLIFF file, whose ids, notes, states and other columns stay.

    Written are targets that are missing, and drafts where a row is approved; never what is approved. A draft
    goes only where the file can say that it is one.

    Args:
        rows: of which those are taken whose source and locales stand in the file.
        out: default: the file itself.

    Returns:
        How many targets were written.

    Raises:
        CopyDeckError: missing, unreadable, of another form, or cannot be written.
        ConfigurationError: XLIFF without the extra ``copy``.
    """
    name, copy = str(path), {row.key: row for row in rows if row.written_target}
    if extension_of(name) not in _FORMS:
        raise CopyDeckError(f"{name}: only CSV, TSV and XLIFF are filled in; write another deck instead")
    try:
        data, count = bounded(_filled, deck_bytes(path), copy, name)
    except InputStopped as error:
        raise CopyDeckError(f"{name}: reading it {error}; leave out what is not needed") from None
    if count or out is not None:
        replace_file(Path(out or path), [data])
    return count


def _filled(data: bytes, copy: Copy, name: str) -> tuple[bytes, int]:
    """What `fill_deck` does in a process of its own."""
    extension = extension_of(name)
    try:
        if extension in {".csv", ".tsv"}:
            return _fill_table(data, copy, name, "\t" if extension == ".tsv" else ",")
        return fill_xliff_deck(data, copy, name)
    except (TableError, csv.Error) as error:
        raise CopyDeckError(f"{name}: {error}") from None


def _fill_table(data: bytes, copy: Copy, name: str, delimiter: str) -> tuple[bytes, int]:
    text = decode_text(data)[0]
    delimiter = delimiter_of(text, delimiter)
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    columns = [column_name(cell) for cell in table[0]] if table else []
    if "source" not in columns:
        raise CopyDeckError(f"{name}: there is no column 'source' (found: {', '.join(columns)})")
    is_long = set(columns) >= set(LONG)
    by_column, _ = locale_columns(columns)
    count = 0
    for number, cells in enumerate(table[1:], start=2):
        cells.extend([""] * (len(columns) - len(cells)))
        values = dict(zip(columns, cells, strict=False))
        origin = locale_of(name, f"row {number}, source_locale", values.get("source_locale", ""))
        targets = {"target": values["locale"]} if is_long else by_column
        for column, tag in targets.items():
            locale = locale_of(name, f"row {number}, locale", tag)
            source, target = texts_of(values["source"], values[column])
            state = state_in(values, target)[0]
            known = DeckRow(source, origin, locale, target, state)
            row = copy.get(known.key)
            can_say = is_long and "state" in columns
            if row is None or not is_better(row, known) or not (can_say or _needs_no_state(row, values)):
                continue
            cells[columns.index(column)] = target_cell(row.source, row.target)
            if can_say:
                cells[columns.index("state")] = row.state
            count += 1
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return file.getvalue().encode("utf-8-sig"), count


def _needs_no_state(row: DeckRow, values: Mapping[str, str]) -> bool:
    """Whether a table takes a target for approved that says nothing of it."""
    return row.state == APPROVED and state_in(values, row.target)[0] == APPROVED
