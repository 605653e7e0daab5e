"""Tabular manifests: CSV, TSV, JSON Lines and Parquet, one row per edit."""

from __future__ import annotations

from pathlib import PurePosixPath

from localizer.documents import did_you_mean
from localizer.errors import ManifestError
from localizer.manifest.records import COLUMNS, REQUIRED, RawRow
from localizer.tables import Fault, Record, Table, TableError, read_delimited, read_json_lines, read_parquet

TABULAR = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


def read_tabular(data: bytes, *, name: str) -> tuple[list[RawRow], list[str]]:
    """Rows of a tabular manifest, and warnings. The extension of `name` says which format.

    A column that is not known costs every row that has a value in it; it is never silently ignored.

    Raises:
        ManifestError: the table cannot be read, lacks a required column, or has no rows.
    """
    extension = PurePosixPath(name).suffix.casefold()
    try:
        table = _read(data, extension)
    except TableError as error:
        raise ManifestError(f"{name}: {error}") from None
    if not table.records:
        raise ManifestError(f"{name}: has no rows; give one row per edit")
    required = [column for column in REQUIRED if column != "action" or "instruction" not in table.columns]
    missing = [column for column in required if column not in table.columns]
    if missing and any(not record.faults for record in table.records):
        found = [column for column in table.columns if column not in COLUMNS]
        hints = (did_you_mean(column, found) if found else "" for column in missing)
        told = ", ".join(f"{column!r}{hint}" for column, hint in zip(missing, hints, strict=True))
        raise ManifestError(f"{name}: required column missing: {told}")
    warnings = [f"{name} {warning}" for warning in table.warnings]
    unknown = [column for column in table.columns if column not in COLUMNS]
    for column in unknown:
        if not any(record.values.get(column, "").strip() for record in table.records):
            warnings.append(f"column {column!r} is not known and empty; it was ignored")
    return [_raw(record) for record in table.records], warnings


def _read(data: bytes, extension: str) -> Table:
    if data.startswith(b"PK\x03\x04"):
        raise TableError("this is an Excel workbook or a ZIP file; save the sheet as CSV UTF-8")
    if extension == ".parquet":
        return read_parquet(data)
    if extension in {".jsonl", ".ndjson"}:
        return read_json_lines(data)
    return read_delimited(data, delimiter="\t" if extension == ".tsv" else ",")


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
