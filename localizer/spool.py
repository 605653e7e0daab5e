"""A database on disk for what is too long to hold: nameless, private, and gone with its process.

SQLite's "temporary on-disk database": its file lies in ``TMPDIR`` (or ``/var/tmp``), is unlinked as soon as
it is open, and only a few megabytes of it are held in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from localizer.errors import StorageUnavailable

_CACHE_KIB = 1024


@contextmanager
def spool(schema: str) -> Iterator[sqlite3.Connection]:
    """A new database, for the thread that opened it.

    Args:
        schema: SQL that makes its tables.

    Raises:
        StorageUnavailable: the disk for temporary files is full or cannot be written; also from within the
            block.
    """
    try:
        with closing(sqlite3.connect("", isolation_level=None)) as database:
            database.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            database.execute("PRAGMA journal_mode = OFF")  # nothing is ever rolled back
            database.execute("PRAGMA temp_store = FILE")
            database.executescript(schema)
            yield database
    except sqlite3.Error as error:
        raise StorageUnavailable(
            f"temporary files cannot be written ({error}); make room, or set TMPDIR to a larger disk"
        ) from error
