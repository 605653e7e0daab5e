"""A table on disk for what is too much to hold in memory and need not be kept."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from localizer.errors import StorageError


class Scratch:
    """An SQL database in an unnamed temporary file, which is gone when this is closed or the process ends.

    SQLite keeps two megabytes of it in memory at most. For one thread, or for any one at a time.

    Args:
        schema: SQL that makes the tables.
        any_thread: whoever uses it sees to it that no two threads do so at once.
    """

    def __init__(self, schema: str, *, any_thread: bool = False) -> None:
        with _told():
            self._database = sqlite3.connect("", isolation_level=None, check_same_thread=not any_thread)
            self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def put(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Run a statement once for each row of values; returns how many rows of tables it changed."""
        with _told():
            self._database.execute("BEGIN")
            changed = self._database.executemany(statement, rows).rowcount
            self._database.execute("COMMIT")
        return max(0, changed)

    def do(self, statement: str, *values: Any) -> int:
        """Run a statement; returns how many rows of tables it changed."""
        with _told():
            return self._database.execute(statement, values).rowcount

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds, one after another."""
        with _told():
            yield from self._database.execute(query, values)

    def row(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row that a query finds."""
        with _told():
            found: tuple[Any, ...] | None = self._database.execute(query, values).fetchone()
        return found

    def number(self, query: str, *values: Any) -> int:
        """The number that a query counts."""
        found = self.row(query, *values)
        return int(found[0] or 0) if found else 0


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        where = tempfile.gettempdir()
        raise StorageError(f"{where} cannot be used for temporary records: {error}") from error
