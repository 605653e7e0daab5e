"""Which rows of a manifest belong together, found on disk: tens of thousands need not lie in memory."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from operator import itemgetter

from localizer.errors import ManifestError
from localizer.manifest.grouping import Group
from localizer.manifest.records import COLUMNS, ManifestFacts
from localizer.manifest.rows import ParsedRow
from localizer.scratch import Scratch

MAX_ROWS = 1_000_000
MAX_WARNINGS = 200

SCHEMA = """
CREATE TABLE seen (content BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID;
CREATE TABLE rows (
    seq INTEGER PRIMARY KEY, row INTEGER, asset TEXT, locale TEXT, image TEXT, valid INTEGER,
    broken INTEGER, orphan INTEGER, job INTEGER, body TEXT
);
CREATE TABLE heads (seq INTEGER PRIMARY KEY, image TEXT, locale TEXT, orphan_row INTEGER);
"""
_INDEXES = (
    "CREATE INDEX rows_of_job ON rows (asset, locale, seq)",
    "CREATE INDEX rows_of_asset ON rows (asset, broken, seq)",
)
_LINK = """
UPDATE rows SET job = (
    SELECT min(seq) FROM rows AS r WHERE r.asset = rows.asset AND r.locale = rows.locale
) WHERE NOT orphan
"""
_HEADS = (
    "INSERT INTO heads SELECT seq, image, locale, NULL FROM rows WHERE seq = job",
    "CREATE INDEX heads_by_image ON heads (image, locale)",
    "CREATE INDEX heads_by_row ON heads (orphan_row, locale)",
)


class OrderedRows:
    """The rows of a manifest, by job.

    Args:
        scratch: a new one of `SCHEMA`.

    Attributes:
        warnings: rows that repeat others; the first `MAX_WARNINGS`, then how many more there are.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._repeats = 0
        self._first_repeats: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        more = self._repeats - len(self._first_repeats)
        told = f"and {more} more rows repeat others and were dropped"
        return (*self._first_repeats, told) if more else tuple(self._first_repeats)

    def fill(self, items: Iterable[ParsedRow | ManifestFacts], *, name: str) -> ManifestFacts:
        """Take in all rows of a manifest; returns what it says besides.

        Raises:
            ManifestError: more rows than `MAX_ROWS`.
        """
        facts: ManifestFacts | None = None
        count = 0
        for item in items:
            if isinstance(item, ManifestFacts):
                facts = item
                continue
            count += 1
            if count > MAX_ROWS:
                raise ManifestError(f"{name}: has more than {MAX_ROWS:,} rows; split it")
            self._add(count, item)
        if facts is None:
            raise ManifestError(f"{name}: ended before its end")
        for statement in (*_INDEXES, _LINK):
            self._scratch.do(statement)
        self._place_orphans()
        self._scratch.do("CREATE INDEX rows_in_order ON rows (job, orphan, seq)")
        return facts

    def _add(self, seq: int, row: ParsedRow) -> None:
        raw = row.raw
        content = repr((*(raw[column] for column in COLUMNS), raw.faults)).encode()
        digest = hashlib.sha256(content).digest()
        known = self._scratch.row("SELECT row FROM seen WHERE content = ?", digest)
        if known is None:
            self._scratch.do("INSERT INTO seen VALUES (?, ?)", digest, raw.row)
        elif known[0] != raw.row and not raw.is_broken:
            self._repeats += 1
            if self._repeats <= MAX_WARNINGS:
                self._first_repeats.append(f"row {raw.row} repeats row {known[0]} and was dropped")
            return
        self._scratch.do(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",
            seq,
            raw.row,
            row.asset_id,
            row.locale,
            row.image,
            row.locale_is_valid,
            raw.is_broken,
            not row.asset_id,
            row.to_json(),
        )

    def _place_orphans(self) -> None:
        """A row without asset id spoils the job with its image and locale, if there is just one such job.

        Where several assets share the image it is a failed result of its own: nobody can say whose it is.
        """
        # "+": along the table, from where we are; never by an index, sorted anew.
        orphans = "SELECT seq, row, image, locale FROM rows WHERE +orphan AND seq > ? ORDER BY seq LIMIT 500"
        last = 0
        while found := list(self._scratch.rows(orphans, last)):
            for statement in _HEADS if not last else ():
                self._scratch.do(statement)
            for seq, row, image, locale in found:
                job = self._job_of_orphan(seq, row, image, locale)
                self._scratch.do("UPDATE rows SET job = ? WHERE seq = ?", job, seq)
            last = found[-1][0]

    def _job_of_orphan(self, seq: int, row: int, image: str, locale: str) -> int:
        alike = "SELECT seq FROM heads WHERE image = ? AND locale = ? LIMIT 2"
        kin = list(self._scratch.rows(alike, image, locale))
        if not image or len(kin) != 1:
            # One edit of a campaign document gives several rows of one number.
            same_row = "SELECT seq FROM heads WHERE orphan_row = ? AND locale = ?"
            kin = list(self._scratch.rows(same_row, row, locale))
        if kin:
            return int(kin[0][0])
        self._scratch.do("INSERT INTO heads VALUES (?, ?, ?, ?)", seq, image, locale, row)
        return seq

    def groups(self) -> Iterator[Group]:
        """The rows of each job, jobs in the order of their first row."""
        found = self._scratch.rows("SELECT job, body FROM rows ORDER BY job, orphan, seq")
        for _, records in itertools.groupby(found, key=itemgetter(0)):
            rows = [ParsedRow.from_json(body) for _, body in records]
            yield Group(rows, *self._image_of(rows[0].asset_id))

    def _image_of(self, asset: str) -> tuple[str, int]:
        """The image that an asset has where it first comes up, and the row."""
        found = self._scratch.row(
            "SELECT image, row FROM rows WHERE asset = ? AND NOT broken AND asset <> '' ORDER BY seq LIMIT 1",
            asset,
        )
        return (found[0], found[1]) if found else ("", 0)

    @property
    def locales(self) -> tuple[str, ...]:
        """Valid target locales, sorted."""
        found = self._scratch.rows("SELECT DISTINCT locale FROM rows WHERE seq = job AND valid")
        return tuple(sorted(locale for (locale,) in found))
