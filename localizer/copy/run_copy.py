"""The copy of one run, as planning and people look at it.

    runs/<run>/copy/units.jsonl     a line for each string and target locale, see `CopyUnit`
    runs/<run>/copy/texts.jsonl     a line for each image all of whose text was to be found
    runs/<run>/copy/to_fill.csv     a deck of what is not approved, to hand to translators
    runs/<run>/copy/prepared.json   all of it in short

The two long ones are read into a table on disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from localizer.copy.units import CopyUnit
from localizer.extraction.model import TextBlock
from localizer.folding import fold_source
from localizer.model import Box
from localizer.runs.merging import local_disk, read_records
from localizer.scratch import Scratch

if TYPE_CHECKING:
    from localizer.runs import Run

FOLDER = "copy"
UNITS, TEXTS, TO_FILL, PREPARED = "units.jsonl", "texts.jsonl", "to_fill.csv", "prepared.json"

_SCHEMA = """
CREATE TABLE unit (folded TEXT, source_locale TEXT, locale TEXT, body TEXT,
    PRIMARY KEY (folded, source_locale, locale)) WITHOUT ROWID;
CREATE TABLE texts (sha256 TEXT, source_locale TEXT, body TEXT,
    PRIMARY KEY (sha256, source_locale)) WITHOUT ROWID;
"""


class Found(NamedTuple):
    """What was found in one image.

    Attributes:
        problem: why it could not be read; a person must look at such an image.
        unread: boxes of lines that were seen and could not be read.
    """

    sha256: str
    source_locale: str
    blocks: tuple[TextBlock, ...] = ()
    problem: str = ""
    unread: tuple[Box, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "sha256": self.sha256,
            "source_locale": self.source_locale,
            "blocks": [block.to_dict() for block in self.blocks],
            "problem": self.problem,
            "unread": [list(box) for box in self.unread],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Found:
        blocks = tuple(map(TextBlock.from_dict, data["blocks"]))
        unread = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in data.get("unread") or ())
        return cls(data["sha256"], data["source_locale"], blocks, data.get("problem") or "", unread)


class RunCopy:
    """Looks up units and texts; made by `open_copy`."""

    def __init__(self, table: Scratch) -> None:
        self._table = table

    def unit(self, source: str, source_locale: str, locale: str) -> CopyUnit | None:
        """The copy of a string, or None if the run knows nothing of it."""
        row = self._table.row(
            "SELECT body FROM unit WHERE folded = ? AND source_locale = ? AND locale = ?",
            fold_source(source),
            source_locale,
            locale,
        )
        return CopyUnit.from_dict(json.loads(row[0])) if row else None

    def found(self, sha256: str, source_locale: str) -> Found:
        """The texts of an image; with a problem if the run knows nothing of it."""
        row = self._table.row(
            "SELECT body FROM texts WHERE sha256 = ? AND source_locale = ?", sha256, source_locale
        )
        if row is None:
            return Found(sha256, source_locale, problem="(its text was not read; prepare the copy again)")
        return Found.from_dict(json.loads(row[0]))


@contextmanager
def open_copy(where: Run | Path) -> Iterator[RunCopy]:
    """The copy that was prepared for a run, or into a local folder.

    Raises:
        ObjectNotFound: it was not prepared.
        StorageError: a record is damaged; names file and line.
    """
    with Scratch(_SCHEMA) as table:
        with open_record(where, UNITS) as (file, name):
            units = (unit for unit, _ in read_records(file, name, CopyUnit.from_dict))
            table.put("INSERT OR REPLACE INTO unit VALUES (?, ?, ?, ?)", map(_unit_row, units))
        with open_record(where, TEXTS) as (file, name):
            found = (texts for texts, _ in read_records(file, name, Found.from_dict))
            table.put("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", map(_found_row, found))
        yield RunCopy(table)


def each_unit(where: Run | Path) -> Iterator[CopyUnit]:
    """The units of a run, one after another; raises like `open_copy`."""
    with open_record(where, UNITS) as (file, name):
        for unit, _ in read_records(file, name, CopyUnit.from_dict):
            yield unit


@contextmanager
def open_record(where: Run | Path, record: str) -> Iterator[tuple[BinaryIO, str]]:
    """One of the files, and what to call it in errors."""
    if isinstance(where, Path):
        with local_disk(), (where / record).open("rb") as local:
            yield local, str(where / record)
        return
    with where.open_copy(record) as stored:
        yield stored, where.uri_of(f"{FOLDER}/{record}")


def _unit_row(unit: CopyUnit) -> tuple[str, str, str, str]:
    body = json.dumps(unit.to_dict(), ensure_ascii=False)
    return fold_source(unit.source), unit.source_locale, unit.locale, body


def _found_row(found: Found) -> tuple[str, str, str]:
    return found.sha256, found.source_locale, json.dumps(found.to_dict(), ensure_ascii=False)
