"""The results as a table for spreadsheets, in which nothing that a manifest says becomes a formula."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import IO, Any

from localizer.model import Decision, Job, JobResult
from localizer.spreadsheets import inert

COLUMNS = (
    "asset_id",
    "locale",
    "status",
    "reason",
    "text",
    "replacement",
    "image",
    "delivered",
    "decision",
    "decided_by",
    "engine",
    "cached",
    "seconds",
    "manifest_rows",
    "job",
)

_MOST = 32_000  # characters; Excel lets the rest of a longer cell run over into the next


class ResultTable:
    """Writes results as CSV: UTF-8 with a byte order mark, every cell quoted, one row for each result.

    Args:
        file: text file, opened with ``newline=""`` and ``encoding="utf-8-sig"``.
    """

    def __init__(self, file: IO[str]) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def add(self, result: JobResult | Job, decision: Decision | None = None) -> None:
        """Write the row of a result, or of a job that has none yet."""
        self._writer.writerow([cell(value) for value in _row(result, decision)])


def cell(value: object) -> str:
    """A value as a cell that no spreadsheet evaluates.

    No two values of up to 32,000 characters give the same cell: whatever begins like an escaped one is
    escaped again.
    """
    text = str(value)
    if len(text) > _MOST:
        text = f"{text[: _MOST - 1]}…"
    # A lone surrogate cannot be written as UTF-8.
    return inert(text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _row(result: JobResult | Job, decision: Decision | None) -> list[object]:
    if isinstance(result, Job):
        edits: Sequence[Mapping[str, Any]] = [e.to_dict() for e in result.edits]
        known = {"asset_id": result.asset_id, "locale": result.locale, "status": "waiting", "job": result.key}
    else:
        edits = result.edits
        known = {
            "asset_id": result.asset_id,
            "locale": result.locale,
            "status": str(result.status),
            "reason": result.reason,
            "image": result.image or "",
            "delivered": result.delivered or "",
            "engine": result.engine,
            "cached": "yes" if result.cached else "no",
            "seconds": f"{result.seconds:.3f}",
            "job": result.job,
        }
    if decision is not None:
        known |= {"decision": str(decision.verdict), "decided_by": decision.by}
    known["text"] = _texts(edits, "text", "object")
    known["replacement"] = _texts(edits, "replacement")
    known["manifest_rows"] = " ".join(map(str, result.rows))
    return [known.get(column, "") for column in COLUMNS]


def _texts(edits: Sequence[Mapping[str, Any]], *fields: str) -> str:
    found = (next((str(edit[f]) for f in fields if edit.get(f)), "") for edit in edits)
    return "\n".join(text for text in found if text)
