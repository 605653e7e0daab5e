"""Writing the records of a run's copy; see `localizer.copy.run_copy`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from localizer.copy.prepared import PreparedCopy
from localizer.copy.run_copy import PREPARED, TO_FILL, UNITS, each_unit, open_record
from localizer.copy.to_fill import open_rows
from localizer.copy.units import CopyState, CopyUnit
from localizer.copydeck import write_deck
from localizer.documents import DAMAGED
from localizer.errors import StorageError
from localizer.runs.merging import local_disk, temporary_folder

if TYPE_CHECKING:
    from localizer.runs import Run

Counts = dict[str, dict[str, int]]
"""Strings by target locale and state."""


class Saved(NamedTuple):
    """Units that were written, see `PreparedCopy`."""

    counts: Counts
    units: str
    to_fill: str
    digest: str


def save_units(run: Run | Path, units: Iterable[CopyUnit]) -> Saved:
    """Write the units of a run, and the deck of those that nobody approved.

    Args:
        run: or a local folder.
    """
    counts: dict[str, Counter[str]] = {}
    digest = hashlib.sha256()
    with temporary_folder() as folder:
        with local_disk(), (folder / UNITS).open("wb") as file:
            for unit in units:
                counts.setdefault(unit.locale, Counter())[str(unit.state)] += 1
                text = json.dumps(unit.to_dict(), ensure_ascii=False)
                line = text.encode("utf-8", "surrogatepass") + b"\n"
                digest.update(line)
                file.write(line)
        write_deck(open_rows(each_unit(folder)), folder / TO_FILL)
        to_fill = put_record(run, TO_FILL, folder / TO_FILL)
        is_approved = not any(by[s] for by in counts.values() for s in (CopyState.DRAFT, CopyState.MISSING))
        return Saved(
            {locale: dict(by_state) for locale, by_state in sorted(counts.items())},
            put_record(run, UNITS, folder / UNITS),
            "" if is_approved else to_fill,
            digest.hexdigest(),
        )


def save_prepared(run: Run | Path, prepared: PreparedCopy) -> None:
    """Write all of it in short, after everything else."""
    with temporary_folder() as folder:
        text = json.dumps(prepared.to_dict(), ensure_ascii=False, indent=1)
        with local_disk():
            (folder / PREPARED).write_bytes(text.encode("utf-8", "surrogatepass"))
        put_record(run, PREPARED, folder / PREPARED)


def load_prepared(run: Run | Path) -> PreparedCopy:
    """What was saved.

    Raises:
        ObjectNotFound: the run's copy was not prepared.
        StorageError: the record is damaged.
    """
    with open_record(run, PREPARED) as (file, name):
        try:
            return PreparedCopy.from_dict(json.load(file))
        except DAMAGED as error:
            raise StorageError(f"{name} is damaged ({error!r}); prepare the copy again") from error


def put_record(run: Run | Path, name: str, file: Path) -> str:
    """Keep one of the records; returns its path or URI."""
    if not isinstance(run, Path):
        return run.save_copy(name, file)
    with local_disk():
        run.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, run / name)
    return str(run / name)
