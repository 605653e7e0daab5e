"""Tables from outside (CSV, TSV, JSON Lines, Parquet), read as plain strings, record by record.

Nothing is guessed: ``NA``, ``null``, ``1.0`` and ``007`` stay the text they are, an absent value is the
empty string. The standard library's `csv` reads the text formats rather than a data-frame reader, because
every record must keep its row number, and a ragged record must cost only itself. Of a table of any length
only a piece is held at a time.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from localizer.encodings import TableError, find_encoding

MAX_FIELD = 1 << 17
MAX_LINE = 4 << 20
MAX_COLUMNS = 1000
_END = "\x00end of table\x00"
_ALLOWED_CONTROLS = "\n\r\t"
_BATCH = 500
_BUFFER = 1 << 18


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one value: the column (or ``row``) and what is wrong with it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a table.

    Attributes:
        row: as a spreadsheet counts (the header is row 1); the line number in JSON Lines.
        values: by column, surrounding whitespace as in the file.
        faults: what could not be read of it.
    """

    row: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not self.faults and not any(value.strip() for value in self.values.values())


@dataclass(slots=True)
class RecordStream:
    """A table that is read while one iterates over it, once. Blank records are left out.

    Attributes:
        columns: trimmed, lower case, spaces and hyphens as underscores, as far as `column_name` says so. Of
            JSON Lines complete at the end only, and no more than `MAX_COLUMNS`.
        warnings: what a person should know of the table as a whole.
    """

    columns: list[str]
    records: Iterator[Record] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        return (record for record in self.records if not record.is_blank)


def plain_column(name: str) -> str:
    """``Asset ID`` → ``asset_id``."""
    return re.sub(r"[\s\-]+", "_", name.strip().strip("\ufeff").casefold())


def clean_values(values: Mapping[str, str]) -> tuple[dict[str, str], tuple[Fault, ...]]:
    """Values without control characters and unpaired surrogates, and a fault for each that had some."""
    cleaned, faults = dict(values), []
    for column, value in values.items():
        if value.isprintable():
            continue
        bad = sorted(
            {c for c in value if unicodedata.category(c) in {"Cc", "Cs"} and c not in _ALLOWED_CONTROLS}
        )
        if bad:
            shown = ", ".join(f"U+{ord(c):04X}" for c in bad[:3])
            faults.append(Fault(column, f"holds a control character ({shown}); delete it"))
            cleaned[column] = "".join("\ufffd" if c in bad else c for c in value)
    return cleaned, tuple(faults)


def stream_delimited(
    file: BinaryIO, *, delimiter: str = ",", column_name: Callable[[str], str] = plain_column
) -> RecordStream:
    """Read CSV or TSV with a header row.

    Semicolons or tabs are recognised if the header splits into more columns by them (with a warning).

    Args:
        file: seekable, and open for as long as records are read.

    Raises:
        TableError: undecodable, no header, a column twice, a line over 4 MiB, or a quote that is never
            closed; the last two while one iterates.
    """
    encoding, warning = find_encoding(file)
    warnings = [warning] if warning else []
    delimiter, warning = _delimiter(_head(file, encoding), delimiter)
    warnings += [warning] if warning else []
    rows = _delimited_rows(_lines(file, encoding), delimiter)
    header = next(rows, None)
    if header is None or not any(name.strip() for name in header):
        raise TableError("it has no header row")
    columns = _header(header, column_name)
    records = (_record(number, columns, cells) for number, cells in enumerate(rows, start=2))
    return RecordStream(columns, records, tuple(warnings))


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """Lines with their ends, which may be any of the three, of a file from its beginning."""
    file.seek(0)
    text = io.TextIOWrapper(file, encoding, newline="")
    try:
        for number in itertools.count(1):
            line = text.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                raise TableError(f"line {number} is longer than {MAX_LINE >> 20} MiB")
            yield line
    finally:
        if not file.closed:
            text.detach()  # the file is its opener's to close


def delimiter_of(text: str, expected: str) -> str:
    """What separates the columns of a small table that is text already."""
    return _delimiter(_first(text.splitlines()), expected)[0]


def _head(file: BinaryIO, encoding: str) -> str:
    """The first line that is not blank, as far as it is of a length that a header has."""
    return _first(_lines(file, encoding))


def _first(lines: Iterable[str]) -> str:
    for line in lines:
        if stripped := line.strip("\r\n"):
            return stripped[:65536]
    return ""


def _delimited_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    # An open quote swallows the rest of the file, our sentinel included: that is how we notice.
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(itertools.chain(lines, ["\n", _END]), delimiter=delimiter)
    number = 0
    waiting: list[str] | None = None
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise TableError(f"row {number + 1} cannot be read ({error}); is a quote left open?") from None
        if row is None:
            break
        if waiting is not None:
            yield waiting
        waiting, number = row, number + 1
    if waiting != [_END]:
        raise TableError(f"row {number} opens a quote that is never closed")


def _delimiter(header: str, expected: str) -> tuple[str, str]:
    best = max((expected, ",", ";", "\t"), key=header.count)
    if best == expected or expected in header:
        return expected, ""
    return best, f"is separated by {'tabs' if best == chr(9) else repr(best)}, not by {expected!r}; read so"


def _header(cells: Iterable[str], column_name: Callable[[str], str]) -> list[str]:
    columns = []
    for index, cell in enumerate(cells, start=1):
        if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _ALLOWED_CONTROLS for c in cell):
            raise TableError(f"the name of column {index} holds a control character; is this a text file?")
        columns.append(column_name(cell) or f"column {index}")
    if len(columns) > MAX_COLUMNS:
        raise TableError(f"it has {len(columns)} columns; {MAX_COLUMNS} are the most")
    for name in columns:
        if columns.count(name) > 1:
            raise TableError(f"column {name!r} is there twice; keep one")
    return columns


def _record(row: int, columns: list[str], cells: list[str]) -> Record:
    values = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
    values, faults = clean_values(values)
    extra = [
        Fault(f"column {index}", "has a value but no header; is a comma in a text not quoted?")
        for index, cell in enumerate(cells[len(columns) :], start=len(columns) + 1)
        if cell.strip()
    ]
    return Record(row, values, (*faults, *extra))


def stream_json_lines(file: BinaryIO, *, column_name: Callable[[str], str] = plain_column) -> RecordStream:
    """Read JSON Lines: an object a line. Lists become space-separated, objects ``key=value; …``.

    A line that is not an object is a faulty record; what can be recognised of ``asset_id``, ``image`` and
    ``locale`` in it is kept, so that it is known which job it would have belonged to.

    Raises:
        TableError: undecodable, or (while one iterates) a line over 4 MiB.
    """
    encoding, warning = find_encoding(file)
    columns: list[str] = []
    records = _json_records(_lines(file, encoding), column_name, columns)
    return RecordStream(columns, records, (warning,) if warning else ())


def _json_records(
    lines: Iterable[str], column_name: Callable[[str], str], columns: list[str]
) -> Iterator[Record]:
    known: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            loaded = strict_json(line)
        except ValueError as error:
            values = clean_values(dict(_salvage(line)))[0]
            yield Record(number, values, (Fault("row", f"is not valid JSON ({error})"),))
            continue
        if not isinstance(loaded, dict):
            yield Record(number, {}, (Fault("row", "is not a JSON object"),))
            continue
        record = _object_record(number, loaded, column_name)
        for column in record.values:
            if column not in known and len(known) < MAX_COLUMNS:
                known.add(column)
                columns.append(column)
        yield record


def _salvage(line: str) -> Iterable[tuple[str, str]]:
    for name in ("asset_id", "image", "locale"):
        if found := re.search(rf'"{name}"\s*:\s*"([^"\\]*)"', line):
            yield name, found[1]


def _object_record(row: int, loaded: Mapping[str, Any], column_name: Callable[[str], str]) -> Record:
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for key, value in loaded.items():
        column = clean_values({"": column_name(key)})[0][""] or "(empty name)"
        if column in values:
            faults.append(Fault(column, "is there twice; keep one"))
        try:
            values[column] = as_text(value)
        except ValueError as error:
            values[column] = ""
            faults.append(Fault(column, str(error)))
    values, found = clean_values(values)
    return Record(row, values, (*faults, *found))


def as_text(value: Any) -> str:
    """A JSON or Parquet value as a cell's text.

    Raises:
        ValueError: a value that has no plain text form (a nested list, a boolean, bytes).
    """
    if value is None or (isinstance(value, float) and value != value):  # noqa: PLR0124 (NaN)
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise ValueError(f"is {str(value).lower()}; write text")
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={as_text(item)}" for key, item in value.items() if item is not None)
    if isinstance(value, list | tuple):
        if any(isinstance(item, list | tuple | Mapping) for item in value):
            raise ValueError("is a nested list; write text")
        return " ".join(as_text(item) for item in value)
    raise ValueError(f"is of type {type(value).__name__}; write text")


def stream_parquet(file: BinaryIO, *, column_name: Callable[[str], str] = plain_column) -> RecordStream:
    """Read Parquet. The first record counts as row 2, as if there were a header.

    Raises:
        TableError: not Parquet, a column twice, or (perhaps while one iterates) damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Pages are read as they are needed: a row group may be the whole table.
        frame = pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
        names = [name for name in frame.schema_arrow.names if not re.fullmatch(r"__index_level_\d+__", name)]
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise TableError(f"it is not a readable Parquet file ({error})") from None
    columns = _header(names, column_name)

    def records() -> Iterator[Record]:
        row = 2
        try:
            for batch in frame.iter_batches(_BATCH, columns=names, use_threads=False):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    yield _object_record(row, dict(zip(columns, cells, strict=True)), str)
                    row += 1
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise TableError(f"it is not a readable Parquet file ({error})") from None

    return RecordStream(columns, records())


def strict_json(text: str) -> Any:
    """`json.loads` that refuses NaN, a key twice, unpaired surrogates and bottomless nesting.

    Raises:
        ValueError: with the place.
    """

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is not JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            twice = next(key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i]))
            raise ValueError(f"the key {twice!r} is there twice")
        return out

    try:
        loaded = json.loads(text, parse_constant=refuse, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if "\\u" in text:
        try:
            json.dumps(loaded, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ValueError("it holds an unpaired surrogate (\\ud800 to \\udfff)") from None
    return loaded
