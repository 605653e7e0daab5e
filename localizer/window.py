"""Many jobs in one process that wait for remote models side by side but compute one at a time.

Reading, typesetting and checking keep a core busy and their libraries are not safe to share between threads;
waiting for a model's answer is neither. So every job has a thread, one thread at a time has the turn, and
whoever only waits gives it up meanwhile.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localizer.model import Job, JobResult


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
    jobs: Sequence[Job],
    do: Callable[[Job], JobResult],
    *,
    size: int,
    turn: Turn,
    on_result: Callable[[JobResult], None],
) -> list[JobResult]:
    """Do the jobs, at most `size` under way at once; results in the jobs' order.

    Args:
        do: called in a thread that has the turn; it gives it up itself where it waits.
        on_result: called in the calling thread with each result as it comes.

    Raises:
        what `do` raises; jobs under way are then left to end by themselves.
    """
    # Jobs of one key go one after another: the second finds the first one's result.
    groups: dict[str, list[int]] = {}
    for index, job in enumerate(jobs):
        groups.setdefault(job.key, []).append(index)
    waiting: queue.SimpleQueue[list[int] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, JobResult | BaseException]] = queue.SimpleQueue()
    stopped = threading.Event()

    def work() -> None:
        while (group := waiting.get()) is not None and not stopped.is_set():
            for index in group:
                try:
                    with turn:
                        done.put((index, do(jobs[index])))
                except BaseException as exc:  # noqa: BLE001  it is raised again where the results are gathered
                    done.put((index, exc))

    threads = min(size, len(groups))
    for group in groups.values():
        waiting.put(group)
    for _ in range(threads):
        waiting.put(None)
        # Daemons: an interrupted process does not wait minutes for answers; it finds them the next time.
        threading.Thread(target=work, name="window", daemon=True).start()
    results: dict[int, JobResult] = {}
    try:
        while len(results) < len(jobs):
            index, outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            results[index] = outcome
            on_result(outcome)
    finally:
        stopped.set()
    return [results[index] for index in range(len(jobs))]
