"""Decks as CSV and TSV: a column per target locale, or the columns ``source``, ``locale``, ``target``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from localizer.copydeck.rows import (
    DRAFT,
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
from localizer.spreadsheets import inert, meant
from localizer.tables import Record, RecordStream, plain_column, stream_delimited

LONG = ("source", "locale", "target")
COLUMNS = (
    "source_locale", "source", "locale", "target", "state", "most_characters", "context", "assets", "note",
)  # fmt: skip
_STATES = ("status", "translation_status", "review_status")
_ANSWERS = ("approved", "confirmed", "reviewed")
"""What people call the column ``state``; and the columns that say it by yes or no."""
_YES = {"yes", "y", "true", "1", "x", "ok", "ja", "oui", "sí", "是", "✓", "✔"}
_NO = {"no", "n", "false", "0", "nein", "non", "否", ""}
_BESIDE = {*COLUMNS, *_STATES, *_ANSWERS} - {"locale", "target"}
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
    return plain if plain in {*COLUMNS, *_STATES, *_ANSWERS} else name.strip()


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
    source, target = texts_of(values["source"], values[column])
    state, told = state_in(values, target)
    if told:
        yield Told(told)
    yield DeckRow(
        source=source,
        source_locale=locale_of(name, f"{where}, source_locale", values.get("source_locale", "")),
        locale=locale,
        target=target,
        state=state,
        most_characters=most_of(name, f"{where}, most_characters", values.get("most_characters", "")),
        context=split(meant(values.get("context", ""))),
        assets=split(meant(values.get("assets", ""))),
        note=meant(values.get("note", "")).strip(),
        where=f"{where}, {column}",
    )


def state_in(values: Mapping[str, str], target: str) -> tuple[str, str]:
    """State and what is told of it; where several columns say it, none may speak against approving."""
    given = [values.get(column, "") for column in ("state", *_STATES)]
    for column in _ANSWERS:
        word = values.get(column, "yes").strip().casefold()
        given.append("" if word in _YES else "unapproved" if word in _NO else values[column])
    found = [state_of(word, target) for word in given]
    return next((each for each in found if each[0] == DRAFT), found[0])


def texts_of(source: str, target: str) -> tuple[str, str]:
    """Source and target of two cells, without what keeps spreadsheets from taking them for formulas.

    Who translates may have kept the apostrophe before a text that needs none.
    """
    source, target = source.strip(), target.strip()
    meant_source, meant_target = meant(source), meant(target)
    if meant_source != source and meant_target == target:
        meant_target = target.removeprefix("'")
    return meant_source, line_breaks(meant_target)


def target_cell(source: str, target: str) -> str:
    """The cell of a target; what `texts_of` reads."""
    cell = inert(target)
    is_mistaken = inert(source) != source and cell == target and target.startswith("'")
    return f"'{cell}" if is_mistaken else cell


def _refuse_faults(name: str, record: Record) -> None:
    for fault in record.faults:
        raise CopyDeckError(f"{name}: row {record.row}, {fault.field}: {fault.message}")


def write_delimited_deck(rows: Iterable[DeckRow], *, delimiter: str) -> Iterator[bytes]:
    """A table with one row per string and locale, piece by piece.

    UTF-8 with a byte order mark: without it spreadsheets take Chinese for something else. No text becomes a
    formula, see `localizer.spreadsheets`; reading takes the apostrophes away again.
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
        "source": inert(row.source),
        "locale": row.locale,
        "target": target_cell(row.source, row.written_target),
        "state": "" if row.state == MISSING else row.state,
        "most_characters": "" if row.most_characters is None else str(row.most_characters),
        "context": inert(joined(row.context)),
        "assets": inert(joined(row.assets)),
        "note": inert(row.note),
    }


def _line(cells: Iterable[str], delimiter: str) -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return file.getvalue().encode()
