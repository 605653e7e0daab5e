"""The jobs of a batch while they wait, drawn from an iterable as they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localizer.model import Job, JobResult

LookUp = Callable[["Job"], "JobResult | None"]

_THREADS = 8  # buckets have latency; their client keeps ten lines open
_AHEAD = 64
_MOST_HELD = 1000


class Waiting:
    """Gives out jobs in order, never two of one key at once: the second finds the first one's result.

    Holds a few jobs that it looks up ahead, and those whose key is under way; nothing of what is done.

    Args:
        look_up: the result of a job that needs no edit, or None; called in threads.
    """

    def __init__(self, jobs: Iterable[Job], look_up: LookUp) -> None:
        self._look_up = look_up
        self._ahead = looked_up(jobs, look_up)
        self._twins: dict[str, deque[Job]] = {}  # of the keys under way
        self._held = 0
        self._released: deque[Job] = deque()

    def begin(self) -> tuple[Job, JobResult | None] | None:
        """The next job and its result, if it is known; whoever takes it must `end` it.

        None where none can begin: all are done, or wait for one that is under way.
        """
        if self._released:
            twin = self._released.popleft()
            return twin, self._look_up(twin)
        while self._held < _MOST_HELD:
            following = next(self._ahead, None)
            if following is None:
                return None
            job, _ = following
            if job.key not in self._twins:
                self._twins[job.key] = deque()
                return following
            self._twins[job.key].append(job)
            self._held += 1
        return None

    def end(self, job: Job) -> None:
        """A job that began is done."""
        twins = self._twins[job.key]
        if twins:
            self._released.append(twins.popleft())
            self._held -= 1
        else:
            del self._twins[job.key]


def looked_up(jobs: Iterable[Job], look_up: LookUp) -> Iterator[tuple[Job, JobResult | None]]:
    """Each job with its known result, if it has one; in order, many looked up side by side."""
    ahead: deque[tuple[Job, Future[JobResult | None]]] = deque()
    threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="look-up")
    try:
        for job in jobs:
            ahead.append((job, threads.submit(look_up, job)))
            if len(ahead) >= _AHEAD:
                first, known = ahead.popleft()
                yield first, known.result()
        while ahead:
            first, known = ahead.popleft()
            yield first, known.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
