"""Writing the records of a run's copy; see `localizer.copy.run_copy`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.copy.run_copy import PREPARED, TO_FILL, UNITS, open_record
from localizer.copy.to_fill import write_to_fill
from localizer.copy.units import CopyState, CopyUnit
from localizer.costs import Money
from localizer.documents import DAMAGED
from localizer.errors import StorageError
from localizer.runs.merging import local_disk, temporary_folder

if TYPE_CHECKING:
    from localizer.runs import Run

Counts = dict[str, dict[str, int]]
"""Strings by target locale and state."""


@dataclass(frozen=True, slots=True)
class PreparedCopy:
    """What became of the copy of a run, in short.

    Attributes:
        counts: strings by target locale and state (``approved``, ``draft``, ``missing``).
        units, to_fill: paths or URIs; `to_fill` is empty where everything is approved.
        digest: of the units as they were prepared; an approval of other ones than were shown is refused.
        images: all of whose text was to be found; of them `read` just now, `unread` left for this is a dry
            run.
        problems: the first few that could not be read, and why.
        asked, characters: strings and their characters that translators were asked for just now, by locale;
            in a dry run: would be.
        drafts: drafts of translators, by who made them.
        cost: what that cost or would cost, by currency, as far as the services say.
    """

    counts: Mapping[str, Mapping[str, int]]
    units: str = ""
    to_fill: str = ""
    digest: str = ""
    images: int = 0
    read: int = 0
    unread: int = 0
    problems: tuple[str, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    characters: Mapping[str, int] = field(default_factory=dict)
    drafts: Mapping[str, int] = field(default_factory=dict)
    cost: Money = field(default_factory=dict)
    dry_run: bool = False

    def total(self, state: CopyState) -> int:
        """Strings of all locales in a state."""
        return sum(by_state.get(str(state), 0) for by_state in self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON; small whatever the run."""
        return asdict(self) | {str(state): self.total(state) for state in CopyState}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PreparedCopy:
        known = {name: data[name] for name in cls.__slots__ if name in data}
        return cls(**(known | {"problems": tuple(known.get("problems") or ())}))


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
        write_to_fill(folder / UNITS, folder / TO_FILL)
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
