"""Many jobs in one process that wait for remote models side by side but compute one at a time.

Reading, typesetting and checking keep a core busy and their libraries are not safe to share between threads;
waiting for a model's answer is neither. So every job has a thread, one thread at a time has the turn, and
whoever only waits gives it up meanwhile.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localizer.model import Job, JobResult
    from localizer.workers.waiting import Waiting


class Turn:
    """The right to compute. A context manager; not to be entered twice by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Give the turn up while this thread only waits."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()


def run_in_window(
    waiting: Waiting,
    do: Callable[[Job], JobResult],
    *,
    size: int,
    turn: Turn,
    on_result: Callable[[JobResult], None],
) -> None:
    """Do the jobs that wait, at most `size` under way at once.

    Args:
        do: called in a thread that has the turn; it gives it up itself where it waits.
        on_result: called in the calling thread with each result as it comes.

    Raises:
        what `do` raises; jobs under way are then left to end by themselves.
    """
    given: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, JobResult | BaseException]] = queue.SimpleQueue()
    threads = under_way = 0

    def work() -> None:
        while (job := given.get()) is not None:
            try:
                with turn:
                    outcome: JobResult | BaseException = do(job)
            except BaseException as exc:  # noqa: BLE001  it is raised again where the results are gathered
                outcome = exc
            done.put((job, outcome))

    try:
        while True:
            while under_way < size and (begun := waiting.begin()) is not None:
                job, known = begun
                if known is not None:
                    waiting.end(job)
                    on_result(known)
                    continue
                given.put(job)
                under_way += 1
                if under_way > threads:
                    threads += 1
                    # Daemons: an interrupted process does not wait minutes for answers; it finds them later.
                    threading.Thread(target=work, name="window", daemon=True).start()
            if not under_way:
                return
            job, outcome = done.get()
            under_way -= 1
            if isinstance(outcome, BaseException):
                raise outcome
            waiting.end(job)
            on_result(outcome)
    finally:
        for _ in range(threads):
            given.put(None)
