"""The images of a plan: each read once, a few at a time, and no further ahead than a few jobs."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from localizer.errors import ImageError, StorageUnavailable
from localizer.images.validation import validate_image
from localizer.manifest.records import JobRows
from localizer.sources.index import Entry, SourceIndex, Unusable

if TYPE_CHECKING:
    from localizer.sources.reader import SourceReader
    from localizer.workspace import Workspace

_EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
_MAX_READERS = 4  # each holds one decoded image
_AHEAD = 64  # jobs; one image has a job for each locale
_FIRST_SAVED = 500

_Found = Entry | Unusable


class PlannedSources:
    """Finds the source of each job, in the workspace.

    Args:
        index: loaded; takes in what is found.
    """

    def __init__(self, reader: SourceReader, workspace: Workspace, index: SourceIndex) -> None:
        self._reader, self._workspace, self._index = reader, workspace, index
        self._asked: dict[str, Future[_Found]] = {}
        self._new, self._save_at = 0, _FIRST_SAVED

    def attach(
        self, jobs: Iterable[JobRows], in_scope: Callable[[JobRows], bool]
    ) -> Iterator[tuple[JobRows, _Found | None]]:
        """Each job with its source, or why it cannot be used.

        With None if the job is wrong already, or not in scope.

        Raises:
            StorageUnavailable: the bucket of the images or of the workspace did not answer.
        """
        waiting: deque[tuple[JobRows, bool]] = deque()
        done = False
        pool = ThreadPoolExecutor(min(_MAX_READERS, os.cpu_count() or 1))
        try:
            for job in jobs:
                if needed := not job.errors and in_scope(job):
                    self._ask(pool, job.image)
                else:
                    self._index.keep(job.image)
                waiting.append((job, needed))
                if len(waiting) > _AHEAD:
                    yield self._answered(*waiting.popleft())
            while waiting:
                yield self._answered(*waiting.popleft())
            done = True
        finally:
            pool.shutdown(cancel_futures=True)
            if not done:
                self._keep_finished()

    def save(self) -> None:
        """Keep the index, when every image was looked at."""
        if self._new:
            self._index.save(whole=True)

    def _ask(self, pool: ThreadPoolExecutor, reference: str) -> None:
        if reference in self._asked or self._index.settled(reference) is not None:
            return
        entry, holds = self._index.find(reference) or (None, False)
        if entry is not None and holds:
            self._index.settle(reference, entry)
        else:
            self._asked[reference] = pool.submit(self._find, reference, entry)

    def _answered(self, job: JobRows, needed: bool) -> tuple[JobRows, _Found | None]:
        if not needed:
            return job, None
        if future := self._asked.pop(job.image, None):
            self._settle(job.image, future.result())
        return job, self._index.settled(job.image)

    def _settle(self, reference: str, found: _Found) -> None:
        before = self._index.find(reference)
        self._index.settle(reference, found)
        if isinstance(found, Entry) and found.identity and found != (before and before[0]):
            self._new += 1
            if self._new >= self._save_at:
                self._index.save(whole=False)
                # Ever more in between: all saves together cost a few times the last.
                self._save_at = self._new + max(_FIRST_SAVED, self._new // 4)

    def _keep_finished(self) -> None:
        """Whatever stopped us: what was read need not be read again."""
        for reference, future in self._asked.items():
            if not future.cancelled() and future.exception() is None:
                self._settle(reference, future.result())
        if self._new:
            self._index.save(whole=False)

    def _find(self, reference: str, known: Entry | None) -> _Found:
        """In a thread of its own: nothing of ours is touched but what threads may share."""
        try:
            data, identity = self._reader.fetch(reference, known.identity if known else "")
            if data is None and known is not None:
                return known
            assert data is not None  # noqa: S101  only what is known can be the same still
            image = validate_image(data, reference.partition("?")[0])
        except ImageError as error:
            return Unusable(str(error))
        except StorageUnavailable as error:
            if not reference.startswith("https://"):
                raise  # our own bucket is down: nothing can be planned now
            return Unusable(str(error), retryable=True)
        extension = _EXTENSIONS.get(image.format, image.format.lower())
        stored, sha256 = self._workspace.store_source(data, extension)
        return Entry(
            reference,
            identity,
            stored.name,
            stored.generation,
            stored.size,
            sha256,
            image.width,
            image.height,
        )
