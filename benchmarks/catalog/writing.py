"""A catalog on disk: pictures in folders of a thousand, and one manifest; nothing is held in memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.catalog.drawing import Picture

FORMATS = ("csv", "parquet", "jsonl")
_COLUMNS = ("asset_id", "image", "source_locale", "locale", "action", "text", "replacement", "box", "object")
_ROWS = 1000


def write_catalog(folder: Path, drawn: Iterable[Picture], *, format: str = "csv") -> Path:
    """Write pictures and their manifest; returns the manifest's path.

    Args:
        folder: made if need be; pictures go into ``images/000/``, ``images/001/`` ...
        format: one of `FORMATS`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / f"manifest.{format}"
    with {"csv": _csv, "parquet": _parquet, "jsonl": _jsonl}[format](manifest) as add:
        for number, picture in enumerate(drawn):
            name = f"images/{number // 1000:03d}/{picture.asset_id}.{picture.extension}"
            path = folder / name
            if number % 1000 == 0:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture.data)
            for row in _rows(picture, name):
                add(row)
    return manifest


def _rows(picture: Picture, name: str) -> Iterator[dict[str, str]]:
    for locale, edit in picture.edits:
        yield {
            "asset_id": picture.asset_id,
            "image": name,
            "source_locale": picture.source_locale,
            "locale": locale,
            "action": str(edit.action),
            "text": edit.text,
            "replacement": edit.replacement,
            "box": " ".join(map(str, edit.box or ())),
            "object": edit.object,
        }


@contextmanager
def _csv(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        yield writer.writerow


@contextmanager
def _jsonl(path: Path) -> Iterator[Any]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda row: file.write(
            json.dumps({k: v for k, v in row.items() if v}, ensure_ascii=False) + "\n"
        )


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in _COLUMNS])
    rows: list[dict[str, str]] = []
    with pq.ParquetWriter(path, schema) as writer:

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            rows.clear()

        def add(row: dict[str, str]) -> None:
            rows.append(row)
            if len(rows) == _ROWS:
                flush()

        yield add
        if rows:
            flush()
