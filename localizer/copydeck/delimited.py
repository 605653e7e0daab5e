"""Decks as CSV and TSV: a column per target locale, or the columns ``source``, ``locale``, ``target``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from localizer.copydeck.rows import (
    MISSING,
    DeckRow,
    Told,
    joined,
    line_breaks,
    locale_of,
    most_of,
    split,
    state_of,
)
from localizer.errors import CopyDeckError
from localizer.locales import normalise_locale
from localizer.tables import Record, RecordStream, plain_column, stream_delimited

LONG = ("source", "locale", "target")
COLUMNS = (
    "source_locale", "source", "locale", "target", "state", "most_characters", "context", "assets", "note",
)  # fmt: skip
_BESIDE = set(COLUMNS) - {"locale", "target"}
"""What stands beside the columns of locales."""


def read_delimited_deck(data: bytes, name: str, *, delimiter: str) -> Iterator[DeckRow | Told]:
    """Rows in the order of the file; of a table with a column per locale one for each of its cells.

    Raises:
        CopyDeckError, TableError: not such a table; names row and column.
    """
    table = stream_delimited(io.BytesIO(data), delimiter=delimiter, column_name=column_name)
    yield from map(Told, table.warnings)
    if "source" not in table.columns:
        raise CopyDeckError(f"{name}: there is no column 'source' (found: {', '.join(table.columns)})")
    if set(table.columns) >= set(LONG):
        yield from _long(name, table)
    else:
        yield from _wide(name, table)


def column_name(name: str) -> str:
    """A column of ours in its plain form, any other as it is."""
    plain = plain_column(name)
    return plain if plain in COLUMNS else name.strip()


def _long(name: str, table: RecordStream) -> Iterator[DeckRow | Told]:
    for record in table:
        _refuse_faults(name, record)
        if not record.values["locale"].strip():
            raise CopyDeckError(f"{name}: row {record.row}, locale: is empty")
        locale = locale_of(name, f"row {record.row}, locale", record.values["locale"])
        yield from _row(name, record, "target", locale)


def _wide(name: str, table: RecordStream) -> Iterator[DeckRow | Told]:
    locales, others = locale_columns(table.columns)
    if not locales:
        raise CopyDeckError(f"{name}: there is no column with a target locale as its name")
    for record in table:
        _refuse_faults(name, record)
        for column, problem in others.items():
            if record.values[column].strip():
                raise CopyDeckError(f"{name}: row {record.row}, {column}: {problem}")
        for column, locale in locales.items():
            for item in _row(name, record, column, locale):
                # Every string has an empty cell under its own language; nobody is to fill it in.
                if not isinstance(item, DeckRow) or item.target or item.source_locale != locale:
                    yield item


def locale_columns(columns: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Columns that are named after a target locale → the locale; and others → why they are not."""
    found, others = {}, {}
    for column in columns:
        if column in _BESIDE:
            continue
        try:
            found[column] = normalise_locale(column)
        except ValueError as error:
            others[column] = str(error)
    return found, others


def _row(name: str, record: Record, column: str, locale: str) -> Iterator[DeckRow | Told]:
    values, where = record.values, f"row {record.row}"
    target = line_breaks(values[column])
    state, told = state_of(values.get("state", ""), target)
    if told:
        yield Told(told)
    yield DeckRow(
        source=values["source"].strip(),
        source_locale=locale_of(name, f"{where}, source_locale", values.get("source_locale", "")),
        locale=locale,
        target=target,
        state=state,
        most_characters=most_of(name, f"{where}, most_characters", values.get("most_characters", "")),
        context=split(values.get("context", "")),
        assets=split(values.get("assets", "")),
        note=values.get("note", "").strip(),
        where=f"{where}, {column}",
    )


def _refuse_faults(name: str, record: Record) -> None:
    for fault in record.faults:
        raise CopyDeckError(f"{name}: row {record.row}, {fault.field}: {fault.message}")


def write_delimited_deck(rows: Iterable[DeckRow], *, delimiter: str) -> Iterator[bytes]:
    """A table with one row per string and locale, piece by piece.

    UTF-8 with a byte order mark: without it spreadsheets take Chinese for something else.
    """
    yield "\ufeff".encode()
    yield _line(COLUMNS, delimiter)
    for row in rows:
        cells = cells_of(row)
        yield _line([cells[column] for column in COLUMNS], delimiter)


def cells_of(row: DeckRow) -> Mapping[str, str]:
    """A row as the cells of `COLUMNS`. The state of a missing one is left empty: filling it in approves."""
    return {
        "source_locale": row.source_locale,
        "source": row.source,
        "locale": row.locale,
        "target": row.written_target,
        "state": "" if row.state == MISSING else row.state,
        "most_characters": "" if row.most_characters is None else str(row.most_characters),
        "context": joined(row.context),
        "assets": joined(row.assets),
        "note": row.note,
    }


def _line(cells: Iterable[str], delimiter: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return file.getvalue().encode()
