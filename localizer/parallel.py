"""Many small waits on storage, a few at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_THREADS = 8  # Google's client keeps ten connections
_AHEAD = 2 * _THREADS

_Item = TypeVar("_Item")
_Out = TypeVar("_Out")


def in_parallel(work: Callable[[_Item], _Out], items: Iterable[_Item]) -> Iterator[_Out]:
    """Results in order, a few ahead; the first error is raised and what has not begun is left undone."""
    waiting: deque[Future[_Out]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="storage") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
