"""Tabular manifests: CSV, TSV, JSON Lines and Parquet, one row per edit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from localizer.documents import did_you_mean
from localizer.encodings import TableError
from localizer.errors import ManifestError
from localizer.manifest.records import COLUMNS, REQUIRED, RawRow
from localizer.tables import (
    Fault,
    Record,
    RecordStream,
    stream_delimited,
    stream_json_lines,
    stream_parquet,
)

TABULAR = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
_EXCEL = "this is an Excel workbook or a ZIP file; save the sheet as CSV UTF-8"


class TabularRows:
    """Rows of a tabular manifest, read while one iterates. The extension of its name says which format.

    A column that is not known costs every row that has a value in it; it is never silently ignored.

    Args:
        file: seekable, and open for as long as rows are read.
        name: of the file.

    Attributes:
        warnings: complete once all rows were read.
    """

    def __init__(self, file: BinaryIO, *, name: str) -> None:
        self._file, self._name = file, name
        self.warnings: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[RawRow]:
        """The rows.

        Raises:
            ManifestError: the table cannot be read, lacks a required column, or has no rows.
        """
        try:
            table = _open(self._file, PurePosixPath(self._name).suffix.casefold())
            any_row = any_sound = False
            filled: set[str] = set()
            for record in table:
                any_row = True
                any_sound = any_sound or not record.faults
                filled.update(
                    column
                    for column, value in record.values.items()
                    if column not in COLUMNS and value.strip() and column in table.columns
                )
                yield _raw(record)
        except TableError as error:
            raise ManifestError(f"{self._name}: {error}") from None
        if not any_row:
            raise ManifestError(f"{self._name}: has no rows; give one row per edit")
        if any_sound:
            self._check_columns(table.columns)
        self.warnings = (
            *(f"{self._name} {warning}" for warning in table.warnings),
            *(
                f"column {column!r} is not known and empty; it was ignored"
                for column in table.columns
                if column not in COLUMNS and column not in filled
            ),
        )

    def _check_columns(self, columns: list[str]) -> None:
        required = [column for column in REQUIRED if column != "action" or "instruction" not in columns]
        missing = [column for column in required if column not in columns]
        if missing:
            found = [column for column in columns if column not in COLUMNS]
            hints = (did_you_mean(column, found) if found else "" for column in missing)
            told = ", ".join(f"{column!r}{hint}" for column, hint in zip(missing, hints, strict=True))
            raise ManifestError(f"{self._name}: required column missing: {told}")


def _open(file: BinaryIO, extension: str) -> RecordStream:
    file.seek(0)
    if file.read(4) == b"PK\x03\x04":
        raise TableError(_EXCEL)
    file.seek(0)
    if extension == ".parquet":
        return stream_parquet(file)
    if extension in {".jsonl", ".ndjson"}:
        return stream_json_lines(file)
    return stream_delimited(file, delimiter="\t" if extension == ".tsv" else ",")


def _raw(record: Record) -> RawRow:
    unknown = tuple(
        Fault(column, f"is not a column of a manifest{did_you_mean(column, COLUMNS)}")
        for column, value in record.values.items()
        if column not in COLUMNS and value.strip()
    )
    return RawRow(
        row=record.row,
        values=dict(record.values),
        faults=record.faults + tuple(f for f in unknown if f.field not in {g.field for g in record.faults}),
        is_broken=any(fault.field == "row" for fault in record.faults),
    )
