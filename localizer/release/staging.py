"""The images that a release is going to have, in a table on disk: what they are and where their bytes are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from localizer.errors import ReleaseError
from localizer.release.record_files import IdHash, each_object
from localizer.release.records import ReleaseObject, folded, release_folder
from localizer.release.verification import Expected
from localizer.scratch import Scratch
from localizer.storage import ObjectInfo, Storage

_SCHEMA = """
CREATE TABLE entry (path TEXT PRIMARY KEY, asset TEXT, locale TEXT, job TEXT, sha256 TEXT, type TEXT,
    status TEXT, carried INTEGER, signed INTEGER, source TEXT, record TEXT,
    UNIQUE (asset, locale)) WITHOUT ROWID;
CREATE TABLE folded (name TEXT PRIMARY KEY, path TEXT) WITHOUT ROWID;
CREATE TABLE left_out (asset TEXT, locale TEXT, PRIMARY KEY (asset, locale)) WITHOUT ROWID;
CREATE TABLE recorded (path TEXT PRIMARY KEY, size INTEGER, crc32c TEXT) WITHOUT ROWID;
CREATE TABLE seen (path TEXT PRIMARY KEY, size INTEGER, crc32c TEXT, generation INTEGER) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Item:
    """One image to publish, and where its bytes are now.

    Attributes:
        carried: taken over from the release before; `source` is then a name at the target, else one in the
            workspace.
    """

    path: str
    asset_id: str
    locale: str
    sha256: str
    content_type: str
    carried: bool
    source: str

    @property
    def label(self) -> str:
        return f"{self.asset_id} · {self.locale}"


class Stage(Scratch):
    """Images are put in first, then looked up in the order of their paths."""

    def __init__(self) -> None:
        super().__init__(_SCHEMA)

    def add(self, entry: ReleaseObject, source: str) -> None:
        """Put in an image.

        Raises:
            ReleaseError: there is one for this asset and locale, or one whose path differs in case or Unicode
                form only: on macOS, Windows and for many tools they would be one file.
        """
        if self.has(entry.asset_id, entry.locale):
            raise ReleaseError(f"{entry.asset_id} · {entry.locale}: two approved results for one place")
        name = folded(entry.path)
        if other := self.row("SELECT path FROM folded WHERE name = ?", name):
            raise ReleaseError(
                f"{other[0]!r} and {entry.path!r} differ in case or Unicode form only, which many file "
                "systems do not tell apart; rename one of the assets"
            )
        self.do("INSERT INTO folded VALUES (?, ?)", name, entry.path)
        self.do(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            entry.path,
            entry.asset_id,
            entry.locale,
            entry.job,
            entry.sha256,
            entry.content_type,
            entry.status,
            entry.carried_from is not None,
            entry.credential is not None,
            source,
            json.dumps(asdict(entry), ensure_ascii=False),
        )

    def has(self, asset_id: str, locale: str, *, job: str | None = None) -> bool:
        """Whether there is an image for an asset and locale, and of that job if one is named."""
        found = self.row("SELECT job FROM entry WHERE asset = ? AND locale = ?", asset_id, locale)
        return found is not None and job in {None, found[0]}

    def made_now(self, asset_id: str, locale: str) -> ReleaseObject | None:
        """The image for an asset and locale that this run made; None if it made none."""
        found = self.row(
            "SELECT record FROM entry WHERE asset = ? AND locale = ? AND NOT carried", asset_id, locale
        )
        return ReleaseObject.from_dict(json.loads(found[0])) if found else None

    def carry_over(
        self, storage: Storage, campaign: str, release_id: str, left_out: Iterable[tuple[str, str]]
    ) -> None:
        """Put in the current release's images of pairs of asset and locale that the run did not work on.

        Raises:
            ReleaseError: the current release's record is damaged.
        """
        self.put("INSERT OR IGNORE INTO left_out VALUES (?, ?)", left_out)
        folder = release_folder(campaign, release_id)
        for each in each_object(storage, campaign, release_id):
            if self.has(each.asset_id, each.locale) or not self.row(
                "SELECT 1 FROM left_out WHERE asset = ? AND locale = ?", each.asset_id, each.locale
            ):
                continue
            self.add(replace(each, carried_from=release_id), f"{folder}/{each.path}")

    @property
    def count(self) -> int:
        return self.number("SELECT count(*) FROM entry")

    @property
    def carried(self) -> int:
        return self.number("SELECT count(*) FROM entry WHERE carried")

    @property
    def signed(self) -> int:
        return self.number("SELECT count(*) FROM entry WHERE signed")

    @property
    def carried_unsigned(self) -> int:
        return self.number("SELECT count(*) FROM entry WHERE carried AND NOT signed")

    def release_id(self) -> str:
        """The id that follows from the images."""
        identity = IdHash()
        for path, sha256 in self.rows("SELECT path, sha256 FROM entry ORDER BY path"):
            identity.add(path, sha256)
        return identity.release_id

    def items(self) -> Iterator[Item]:
        """The images, by their paths."""
        for path, asset, locale, sha256, kind, carried, source in self.rows(
            "SELECT path, asset, locale, sha256, type, carried, source FROM entry ORDER BY path"
        ):
            yield Item(path, asset, locale, sha256, kind, bool(carried), source)

    def adopt_record(self, objects: Iterable[ReleaseObject]) -> None:
        """Take sizes and checksums from the record that the release has already."""
        self.do("DELETE FROM recorded")
        self.put("INSERT INTO recorded VALUES (?, ?, ?)", ((o.path, o.size, o.crc32c) for o in objects))

    def is_recorded_as(self, path: str, info: ObjectInfo) -> bool:
        """Whether the record speaks of an object as it is listed."""
        found = self.row("SELECT size, crc32c FROM recorded WHERE path = ?", path)
        return found is not None and found[0] == info.size and info.crc32c in {"", found[1]}

    def saw(self, path: str, info: ObjectInfo) -> None:
        """Remember an object whose bytes were looked at or written."""
        self.do("REPLACE INTO seen VALUES (?, ?, ?, ?)", path, info.size, info.crc32c, info.generation)

    def contradicts_record(self) -> bool:
        """Whether the record speaks of other bytes than those that were seen."""
        return bool(
            self.number(
                "SELECT count(*) FROM recorded JOIN seen USING (path)"
                " WHERE recorded.size <> seen.size OR recorded.crc32c <> seen.crc32c"
            )
        )

    def expected(self) -> Iterator[Expected]:
        """What has to stand at the target, by path."""
        for path, size, crc32c, generation in self.rows(
            "SELECT path, coalesce(seen.size, recorded.size), coalesce(seen.crc32c, recorded.crc32c),"
            " seen.generation FROM entry LEFT JOIN seen USING (path) LEFT JOIN recorded USING (path)"
            " ORDER BY path"
        ):
            yield Expected(path, size, crc32c, generation)

    def objects(self) -> Iterator[dict[str, Any]]:
        """What ``release.json`` says of each image; all of them were seen before."""
        for record, size, crc32c in self.rows(
            "SELECT record, size, crc32c FROM entry JOIN seen USING (path) ORDER BY path"
        ):
            yield json.loads(record) | {"size": size, "crc32c": crc32c}

    def counts(self) -> dict[str, Any]:
        """The summary in ``release.json``."""
        by_status = dict(self.rows("SELECT status, count(*) FROM entry GROUP BY status ORDER BY min(path)"))
        return {"objects": self.count, "carried": self.carried, "by_status": by_status}
