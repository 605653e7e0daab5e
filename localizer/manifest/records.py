"""The records that a manifest is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from localizer.copydeck import CopyDeck
from localizer.errors import RowError
from localizer.model import Edit
from localizer.tables import Fault

COLUMNS = (
    "asset_id",
    "image",
    "source_locale",
    "locale",
    "action",
    "text",
    "replacement",
    "box",
    "object",
    "attribute",
    "rights",
    "instruction",
)
REQUIRED = ("asset_id", "image", "locale", "action")
"""Of these, `action` may be left out where there is a column `instruction`."""


_MOST_SAID = 600


@dataclass(frozen=True, slots=True)
class RawRow:
    """One edit as it was written, every value still text.

    Attributes:
        row: spreadsheet row, JSON Lines line, or the running number of the edit in a campaign document.
        faults: what the reader found wrong already; their fields are as a person should see them.
        places: column → JSON pointer, where the row came from a campaign document.
        is_broken: the row could not be read as a row; only who it belongs to is worth looking at.
    """

    row: int
    values: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    is_broken: bool = False

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "").strip()

    def error(self, column: str, message: str) -> RowError:
        """A RowError on a column of this row."""
        return RowError(_short(message), row=self.row, field=self.places.get(column, column))


@dataclass(frozen=True, slots=True)
class JobRows:
    """All rows of one asset in one target locale.

    Attributes:
        asset_id, locale: canonical where they are valid, else as written.
        rows: manifest row numbers, ascending.
        edits: those of the good rows, in manifest order; one a row, or several out of an instruction.
            Meaningless if there are errors.
        errors: if there is any, none of the edits is done: a half-edited poster must not go out.
        raw: the values as written, for telling one wrong job from another.
        places: row → column → JSON pointer, for rows of a campaign document.
    """

    asset_id: str
    image: str
    source_locale: str
    locale: str
    rows: tuple[int, ...]
    edits: tuple[Edit, ...]
    errors: tuple[RowError, ...] = ()
    raw: tuple[Mapping[str, str], ...] = ()
    locale_is_valid: bool = True
    places: Mapping[int, Mapping[str, str]] = field(default_factory=dict)

    def error(self, column: str, message: str, *, row: int | None = None) -> RowError:
        """A RowError on a column of one of the rows (default: the first)."""
        number = self.rows[0] if row is None else row
        return RowError(_short(message), row=number, field=self.places.get(number, {}).get(column, column))


def _short(message: str) -> str:
    """Without most of a value that was pages long: the message stands in results, reports and logs."""
    half = _MOST_SAID // 2
    return message if len(message) <= _MOST_SAID else f"{message[:half]} … {message[-half:]}"


@dataclass(frozen=True, slots=True)
class ManifestFacts:
    """What a manifest says besides its rows; paths as they were written.

    Attributes:
        campaign: safe as a folder name.
        warnings: what a person should know although it stops nothing.
    """

    campaign: str
    image_root: str | None = None
    copy_deck: str | None = None
    brand: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A small manifest, whole in memory; single rows of it may be wrong. See `manifest.open_manifest`.

    Attributes:
        uri: where it was read.
        campaign: safe as a folder name.
        image_root: folder or ``gs://`` URI that relative image paths start from and cannot leave.
        jobs: in the order of their first row.
        brand: path or URI of the brand kit that a campaign document names, or None.
        warnings: what a person should know although it stops nothing.
    """

    uri: str
    campaign: str
    image_root: str
    jobs: tuple[JobRows, ...]
    deck: CopyDeck
    brand: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[RowError, ...]:
        """Every row error, in the order of jobs."""
        return tuple(error for job in self.jobs for error in job.errors)

    @property
    def locales(self) -> tuple[str, ...]:
        """Valid target locales, sorted."""
        return tuple(sorted({job.locale for job in self.jobs if job.locale_is_valid}))
