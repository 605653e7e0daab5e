"""Write results of a run as they come: to a local file at once, to the workspace now and then.

What an image cost is kept in the workspace with the image's own result, so a checkpoint that is missing
costs a task that is killed nothing but a look-up an image.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Container
from contextlib import ExitStack
from typing import IO, TYPE_CHECKING, Self

from localizer.errors import TransientError
from localizer.model import Slot, slot_of
from localizer.runs.merging import line_of, local_disk, temporary_folder

if TYPE_CHECKING:
    from localizer.model import JobResult
    from localizer.runs.run import Run

log = logging.getLogger(__name__)

_EVERY_S = 10.0
_SHARE = 20  # a checkpoint writes the shard anew: at most a twentieth of the time goes into that
_MOST = 500


class ShardWriter:
    """Keeps the results of one shard; a context manager, which saves them all when it is left.

    Until then a checkpoint holds what an earlier try of the shard had saved, too. Left by an error, it saves
    what there is.

    Args:
        shard: its name; it has one writer at a time.
        jobs: key, asset and locale of its jobs. What the name held of others, in an earlier cut of the plan,
            is not this shard's to keep.
    """

    def __init__(self, run: Run, shard: str, *, jobs: Container[Slot] = ()) -> None:
        self._run, self._shard, self._jobs = run, shard, jobs
        self._stack = ExitStack()
        self._earlier = 0
        self._due = 0.0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = stack.enter_context(temporary_folder())
            self._path, self._whole = folder / "results.jsonl", folder / "whole.jsonl"
            saved = self._run.load_shard(self._shard)
            earlier = b"".join(line_of(result) for result in saved if slot_of(result) in self._jobs)
            with local_disk():
                self._file: IO[bytes] = stack.enter_context(self._path.open("wb"))
                self._file.write(earlier)
            self._earlier = len(earlier)
            self._due = time.monotonic() + _EVERY_S
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack:
            if kind is None:
                self._finish()
            else:
                self._try_to_save()

    def add(self, result: JobResult) -> None:
        """Keep one result.

        Raises:
            StorageError: the local disk, or the workspace, refuses.
        """
        with local_disk():
            self._file.write(line_of(result))
        if time.monotonic() >= self._due:
            started = time.monotonic()
            self._try_to_save()
            self._due = time.monotonic() + max(_EVERY_S, _SHARE * (time.monotonic() - started))

    def _try_to_save(self) -> None:
        with local_disk():
            self._file.flush()
        try:
            self._run.save_shard(self._shard, self._path)
        except TransientError as error:  # the images' own results are safe; the next checkpoint may succeed
            log.warning("shard %s: a checkpoint could not be saved: %s", self._shard, error)

    def _finish(self) -> None:
        with local_disk():
            self._file.flush()
            if not self._earlier:
                self._path.rename(self._whole)
            else:  # every job of the shard has a result of this try now
                with self._path.open("rb") as file, self._whole.open("wb") as whole:
                    file.seek(self._earlier)
                    shutil.copyfileobj(file, whole)
        self._run.save_shard(self._shard, self._whole)


class ShardSeries:
    """Keeps any number of results, 500 a shard; a context manager.

    Args:
        prefix: of the shards' names; each gets a number.
    """

    def __init__(self, run: Run, prefix: str) -> None:
        self._run, self._prefix = run, prefix
        self._number = self._count = 0
        self._stack = ExitStack()
        self._writer: ShardWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]

    def add(self, result: JobResult) -> None:
        """Keep one result; raises like `ShardWriter.add`."""
        if self._writer is None or self._count == _MOST:
            self._stack.close()
            self._writer = self._stack.enter_context(
                ShardWriter(self._run, f"{self._prefix}-{self._number:04d}")
            )
            self._number, self._count = self._number + 1, 0
        self._writer.add(result)
        self._count += 1
