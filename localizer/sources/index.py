"""What was read before: for each image of a manifest, where its bytes lie in the workspace.

    indexes/sources/<digest>.jsonl     one file per manifest and image root

A line is one image: its reference, what its source said of it (`localizer.sources.identity`), and the stored
source with its size in pixels. So planning the same manifest again reads no image that is still the same. An
entry counts only while both ends of it hold: the source tells the same identity as then, and the workspace
has that very version of the stored copy. The file may be lost or damaged at no other cost than reading again,
and of several runs that write it at once one wins: what each wrote was true.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import posixpath
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from localizer import __version__
from localizer.documents import canonical_digest
from localizer.errors import LocalizerError, ObjectNotFound, StorageError
from localizer.images.source import Limits
from localizer.scratch import Scratch
from localizer.sources import SourceReader
from localizer.sources import identity as source_identity
from localizer.storage import ObjectInfo, Storage
from localizer.storage.content_types import content_type_of

log = logging.getLogger(__name__)

_FORMAT = 2
_FEW = 100  # so many stored copies are asked for one by one; more by listing all
_STRANGERS = 20  # a listing goes on while it holds no more than so many others for each of ours

SCHEMA = """
CREATE TABLE known (
    reference TEXT PRIMARY KEY, identity TEXT, name TEXT, generation INTEGER, size INTEGER, sha256 TEXT,
    width INTEGER, height INTEGER, bucket TEXT, object TEXT, is_stored INTEGER DEFAULT 0,
    listed TEXT DEFAULT '',
    state INTEGER DEFAULT 0 -- 1: in the manifest, but not asked for by this run; 2: found out by this run
) WITHOUT ROWID;
CREATE INDEX known_by_name ON known (name);
CREATE INDEX known_by_object ON known (bucket, object);
CREATE VIEW entries AS
    SELECT reference, identity, name, generation, size, sha256, width, height, state FROM known;
CREATE VIEW usable AS
    SELECT reference, identity, name, generation, size, sha256, width, height, listed = identity FROM known
    WHERE is_stored AND identity <> '';
CREATE TABLE unusable (reference TEXT PRIMARY KEY, reason TEXT, retryable INTEGER) WITHOUT ROWID;
"""
_LOAD = """
INSERT OR IGNORE INTO known
    (reference, identity, name, generation, size, sha256, width, height, bucket, object)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SETTLE = """
INSERT OR REPLACE INTO known (reference, identity, name, generation, size, sha256, width, height, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 2)
"""


class Entry(NamedTuple):
    """One image that was read.

    Attributes:
        identity: of what was read; see `localizer.sources.identity`.
        name, generation, size: of the stored copy, size in bytes.
        width, height: upright, in pixels.
    """

    reference: str
    identity: str
    name: str
    generation: int
    size: int
    sha256: str
    width: int
    height: int


class Unusable(NamedTuple):
    """Why an image cannot be used, and whether another try may help."""

    reason: str
    retryable: bool = False


class SourceIndex:
    """The index of one manifest and image root, on disk; for one thread.

    Args:
        scratch: a new one of `SCHEMA`.
        storage: the workspace's.
        key: tells the manifest and image root from others.
    """

    def __init__(self, scratch: Scratch, storage: Storage, key: Iterable[str]) -> None:
        self._scratch, self._storage = scratch, storage
        self._name = f"indexes/sources/{canonical_digest(list(key))}.jsonl"

    def load(self, reader: SourceReader) -> None:
        """Read the index and see which of its entries still hold, as far as listings tell.

        Raises:
            StorageUnavailable: the workspace or the bucket of the images did not answer.
        """
        try:
            for entry in self._read():
                if reader.refusal(entry.reference):
                    continue  # what was allowed when it was read need not be now
                self._scratch.do(_LOAD, *entry, *reader.in_bucket(entry.reference))
        except ObjectNotFound:
            return
        except (StorageError, ValueError, TypeError) as error:
            log.warning("%s is not used (%s); images are read again", self._storage.uri_of(self._name), error)
            self._scratch.do("DELETE FROM known")
            return
        self._find_stored()
        for (bucket,) in list(self._scratch.rows("SELECT DISTINCT bucket FROM known")):
            if bucket:
                self._list(reader, bucket)

    def _read(self) -> Iterator[Entry]:
        """The entries; the last of them are no use unless the iteration ends well.

        Raises:
            ValueError, TypeError: it is damaged, or was made by another version.
        """
        digest = hashlib.sha256()
        with self._storage.open(self._name) as file:
            header = file.readline()
            if json.loads(header or b"{}") != _header():
                raise ValueError("it is of another version")
            digest.update(header)
            for line in file:
                value = json.loads(line)
                if isinstance(value, dict):
                    if value != {"sha256": digest.hexdigest()}:
                        raise ValueError("its checksum is wrong")
                    return
                digest.update(line)
                yield Entry(*value)
        raise ValueError("it was cut off")

    def _find_stored(self) -> None:
        found = "UPDATE known SET is_stored = 1 WHERE name = ? AND generation = ? AND size = ?"
        infos: Iterator[ObjectInfo]
        names = list(self._scratch.rows("SELECT DISTINCT name FROM known LIMIT ?", _FEW + 1))
        if len(names) <= _FEW:
            infos = (info for (name,) in names if (info := self._storage.stat(name)) is not None)
        else:
            infos = self._storage.infos("sources/")
        self._scratch.put(found, ((info.name, info.generation, info.size) for info in infos))

    def _list(self, reader: SourceReader, bucket: str) -> None:
        """What a bucket says of our images now, from one listing instead of a request for each."""
        ((first, last, count),) = self._scratch.rows(
            "SELECT min(object), max(object), count(*) FROM known WHERE bucket = ?", bucket
        )
        folder = posixpath.commonpath([first.rpartition("/")[0], last.rpartition("/")[0]])
        seen = 0
        try:
            for info in reader.storage(bucket).infos(f"{folder}/" if folder else ""):
                seen += 1
                if seen > _STRANGERS * (count + _FEW):
                    return  # the rest is asked for one by one
                self._scratch.do(
                    "UPDATE known SET listed = ? WHERE bucket = ? AND object = ?",
                    source_identity.of_object(info),
                    bucket,
                    info.name,
                )
        except StorageError as error:
            log.info("%s cannot be listed (%s); images are asked for one by one", bucket, error)

    def settled(self, reference: str) -> Entry | Unusable | None:
        """What this run found out of an image, if it did."""
        row = self._scratch.row("SELECT * FROM entries WHERE reference = ? AND state = 2", reference)
        if row:
            return Entry(*row[:-1])
        row = self._scratch.row("SELECT reason, retryable FROM unusable WHERE reference = ?", reference)
        return Unusable(row[0], bool(row[1])) if row else None

    def find(self, reference: str) -> tuple[Entry, bool] | None:
        """What was read before, if the workspace still has it; and whether a listing says that it holds.

        Where it does not, the identity must be compared before the entry is used.
        """
        row = self._scratch.row("SELECT * FROM usable WHERE reference = ?", reference)
        return (Entry(*row[:-1]), bool(row[-1])) if row else None

    def keep(self, reference: str) -> None:
        """Keep what is known of an image that this run does not look at."""
        self._scratch.do("UPDATE known SET state = 1 WHERE reference = ? AND state = 0", reference)

    def settle(self, reference: str, found: Entry | Unusable) -> None:
        """Take in what was just read, or found to be the same still."""
        if isinstance(found, Entry):
            self._scratch.do(_SETTLE, *found)
        else:
            self._scratch.do("DELETE FROM known WHERE reference = ?", reference)
            self._scratch.do("INSERT INTO unusable VALUES (?, ?, ?)", reference, *found)

    def save(self, *, whole: bool) -> None:
        """Write the index. Nothing hangs on it, so where that fails it is only told.

        Args:
            whole: every image of the manifest was settled or kept; what else is known is left out then.
        """
        rows = self._scratch.rows(
            "SELECT * FROM entries WHERE identity <> '' AND state >= ?", 1 if whole else 0
        )
        try:
            with tempfile.NamedTemporaryFile(prefix="localizer-") as file:
                digest = hashlib.sha256()
                for value in itertools.chain([_header()], (row[:-1] for row in rows)):
                    line = json.dumps(value).encode() + b"\n"
                    digest.update(line)
                    file.write(line)
                file.write(json.dumps({"sha256": digest.hexdigest()}).encode() + b"\n")
                file.flush()
                self._storage.write(self._name, Path(file.name), content_type=content_type_of(self._name))
        except (LocalizerError, OSError) as error:
            log.warning("%s was not written (%s)", self._storage.uri_of(self._name), error)


def _header() -> dict[str, Any]:
    """What decides whether an image is taken, and at what size: entries made by another code do not count."""
    return {
        "format": _FORMAT,
        "localizer": __version__,
        "pillow": metadata.version("pillow"),
        "limits": asdict(Limits()),
    }
