"""Tables from outside (CSV, TSV, JSON Lines, Parquet), read as plain strings.

Nothing is guessed: ``NA``, ``null``, ``1.0`` and ``007`` stay the text they are, an absent value is the
empty string. The standard library's `csv` reads the text formats rather than a data-frame reader, because
every record must keep its row number, and a ragged record must cost only itself.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_FIELD = 1 << 17
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_END = "\x00end of table\x00"
_ALLOWED_CONTROLS = "\n\r\t"
_GB2312_TRAIL = 0xA1


class TableError(ValueError):
    """The table as a whole cannot be read; callers turn this into their own error."""


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


@dataclass(frozen=True, slots=True)
class Table:
    """A table as strings.

    Attributes:
        columns: trimmed, lower case, spaces and hyphens as underscores, as far as `column_name` says so.
    """

    columns: tuple[str, ...]
    records: tuple[Record, ...]
    warnings: tuple[str, ...] = ()


def plain_column(name: str) -> str:
    """``Asset ID`` → ``asset_id``."""
    return re.sub(r"[\s\-]+", "_", name.strip().strip("\ufeff").casefold())


def decode_text(data: bytes) -> tuple[str, str]:
    """Text of a file and a warning (or ``""``): UTF-8, UTF-16 with a BOM, else GB 18030 with a warning.

    Raises:
        TableError: none of these.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                return data.decode(encoding), ""
            except UnicodeDecodeError as error:
                raise TableError(
                    f"it begins like {encoding} but is not ({error}); save it as UTF-8"
                ) from None
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise TableError("it is neither UTF-8 nor GB 18030; save it as UTF-8") from None
    if not _looks_chinese(text):
        raise TableError("it is not UTF-8 and does not read as Chinese in GB 18030 either; save it as UTF-8")
    return text, "is not UTF-8 and was read as GB 18030 (Chinese Excel); check the texts, or save it as UTF-8"


def _looks_chinese(text: str) -> bool:
    """Whether text decoded as GB 18030 is plausible.

    GB 18030 decodes much of what is really Windows-1252 or the like, but then gives rare characters from
    outside its common core GB 2312 (an accented letter swallows the ASCII letter after it).
    """
    common = rare = 0
    for char in text:
        if not char.isascii():
            raw = char.encode("gb18030")
            if len(raw) == 2 and min(raw) >= _GB2312_TRAIL:
                common += 1
            else:
                rare += 1
    return common > 4 * rare


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


def read_delimited(
    data: bytes,
    *,
    delimiter: str = ",",
    column_name: Callable[[str], str] = plain_column,
) -> Table:
    """Read CSV or TSV with a header row.

    Semicolons or tabs are recognised if the header splits into more columns by them (with a warning).

    Raises:
        TableError: undecodable, no header, a column twice, or a quote that is never closed.
    """
    text, warning = decode_text(data)
    warnings = [warning] if warning else []
    delimiter, warning = _delimiter(text, delimiter)
    warnings += [warning] if warning else []
    # An open quote swallows the rest of the file, our sentinel included: that is how we notice.
    lines = itertools.chain(io.StringIO(text, newline=""), ["\n", _END])
    parsed: list[list[str]] = []
    csv.field_size_limit(MAX_FIELD)
    try:
        parsed.extend(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise TableError(f"row {len(parsed) + 1} cannot be read ({error}); is a quote left open?") from None
    if parsed[-1] != [_END]:
        raise TableError(f"row {len(parsed)} opens a quote that is never closed")
    parsed.pop()
    if not parsed or not any(name.strip() for name in parsed[0]):
        raise TableError("it has no header row")
    columns = _header(parsed[0], column_name)
    records = [_record(number, columns, cells) for number, cells in enumerate(parsed[1:], start=2)]
    return _table(columns, records, warnings)


def _delimiter(text: str, expected: str) -> tuple[str, str]:
    first = text[:65536].lstrip("\r\n").splitlines()[:1]
    if not first:
        return expected, ""
    best = max((expected, ",", ";", "\t"), key=first[0].count)
    if best == expected or expected in first[0]:
        return expected, ""
    return best, f"is separated by {'tabs' if best == chr(9) else repr(best)}, not by {expected!r}; read so"


def _header(cells: Iterable[str], column_name: Callable[[str], str]) -> list[str]:
    columns = []
    for index, cell in enumerate(cells, start=1):
        if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in _ALLOWED_CONTROLS for c in cell):
            raise TableError(f"the name of column {index} holds a control character; is this a text file?")
        columns.append(column_name(cell) or f"column {index}")
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


def _table(columns: Iterable[str], records: Iterable[Record], warnings: Iterable[str] = ()) -> Table:
    return Table(tuple(columns), tuple(r for r in records if not r.is_blank), tuple(warnings))


def read_json_lines(data: bytes, *, column_name: Callable[[str], str] = plain_column) -> Table:
    """Read JSON Lines: an object a line. Lists become space-separated, objects ``key=value; …``.

    A line that is not an object is a faulty record; what can be recognised of ``asset_id``, ``image`` and
    ``locale`` in it is kept, so that it is known which job it would have belonged to.

    Raises:
        TableError: undecodable.
    """
    text, warning = decode_text(data)
    columns: dict[str, None] = {}
    records = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip():
            continue
        try:
            loaded = strict_json(line)
        except ValueError as error:
            values = clean_values(dict(_salvage(line)))[0]
            records.append(Record(number, values, (Fault("row", f"is not valid JSON ({error})"),)))
            continue
        if not isinstance(loaded, dict):
            records.append(Record(number, {}, (Fault("row", "is not a JSON object"),)))
            continue
        record = _object_record(number, loaded, column_name)
        columns.update(dict.fromkeys(record.values))
        records.append(record)
    return _table(columns, records, [warning] if warning else [])


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


def read_parquet(data: bytes, *, column_name: Callable[[str], str] = plain_column) -> Table:
    """Read Parquet. The first record counts as row 2, as if there were a header.

    Raises:
        TableError: not Parquet, damaged, or a column twice.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(io.BytesIO(data))
        names = [name for name in frame.column_names if not re.fullmatch(r"__index_level_\d+__", name)]
        listed = [frame.column(name).to_pylist() for name in names]
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise TableError(f"it is not a readable Parquet file ({error})") from None
    columns = _header(names, column_name)
    records = [
        _object_record(row, dict(zip(columns, cells, strict=True)), str)
        for row, cells in enumerate(zip(*listed, strict=True), start=2)
    ]
    return _table(columns, records)


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
