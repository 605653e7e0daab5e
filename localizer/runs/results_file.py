"""The file of ``--results``: lines as results come, which a killed run leaves; at the end, in order."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from localizer.errors import StorageError
from localizer.model import JobResult
from localizer.runs.merging import line_of


class ResultsFile:
    """A context manager; opened at once, so that a file that cannot be written is told before the work.

    Args:
        path: None writes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        if self._path is not None:
            with self._told():
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: JobResult) -> None:
        """Write a result as it comes."""
        if self._file is not None:
            with self._told():
                self._file.write(line_of(result))
                self._file.flush()

    def finish(self, results: Iterable[JobResult]) -> None:
        """Replace the file by the whole in one step, by the first manifest row that each result came from;
        rows that no one numbered stay last. Of each result only its row and its place are held."""
        if self._path is None:
            return
        whole = self._path.with_name(f"{self._path.name}.partial")
        rows, starts = array("q"), array("q", [0])
        with whole.open("w+b") as file:
            for result in results:
                with self._told():
                    starts.append(starts[-1] + file.write(line_of(result)))
                rows.append(result.rows[0] if result.rows else sys.maxsize)
        order = sorted(range(len(rows)), key=rows.__getitem__)
        with self._told():
            if any(here > there for here, there in pairwise(order)):
                _rewrite(whole, order, starts)
            whole.replace(self._path)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise StorageError(f"--results {self._path}: cannot be written: {exc.strerror}") from exc


def _rewrite(path: Path, order: list[int], starts: array[int]) -> None:
    """Put the lines of a file in order."""
    ordered = path.with_name(f"{path.name}.ordered")
    with path.open("rb") as lines, ordered.open("wb") as out:
        for index in order:
            lines.seek(starts[index])
            out.write(lines.read(starts[index + 1] - starts[index]))
    ordered.replace(path)
