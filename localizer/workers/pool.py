"""Worker processes that do one task at a time, each on a line of its own to this process.

Nothing is shared between workers: one that is killed, hangs or eats memory costs its own task and no other,
and it is known which task that was. The standard library's pool ends all workers when one dies.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

LONGEST_S = 600.0
"""Far more than the slowest image takes: a limit for what hangs."""

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_CONTEXT = multiprocessing.get_context("spawn")  # native libraries with threads do not survive a fork
_LOOK_EVERY_S = 0.5  # at how much memory is in use
_PATIENCE_S = 5.0  # for a worker without work to end
_PAGE = os.sysconf("SC_PAGE_SIZE")


def _most_memory() -> int:
    """8 GiB, or three quarters of what this machine or container has."""
    known = [os.sysconf("SC_PHYS_PAGES") * _PAGE]
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with contextlib.suppress(OSError, ValueError):  # not there, or "max"
            known.append(int(Path(limit).read_text()))
    return min(8 << 30, min(known) * 3 // 4)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one task may take; whoever takes more is killed.

    Attributes:
        memory_bytes: resident memory of its process.
    """

    seconds: float = LONGEST_S
    memory_bytes: int = field(default_factory=_most_memory)


@dataclass(frozen=True, slots=True)
class Killed:
    """A task whose process ended under it.

    Attributes:
        reason: for a person: "was killed by signal 9 (SIGKILL)".
        over_limit: the task took more than its limits, so another try would too.
    """

    reason: str
    over_limit: bool = False


@dataclass(eq=False)
class _Worker(Generic[_Task]):
    process: SpawnProcess
    line: Connection
    task: _Task | None = None
    since: float = 0.0
    is_ready: bool = False


class WorkerPool(Generic[_Task, _Result]):
    """At most `size` processes, started when there is work for them. A context manager.

    Args:
        work: done in the processes; a function of a module.
        prepare: called once in each process, first.
    """

    def __init__(
        self,
        size: int,
        work: Callable[[_Task], _Result],
        *,
        prepare: Callable[[], None],
        limits: Limits | None = None,
    ) -> None:
        self._size, self._work, self._prepare = size, work, prepare
        self._limits = limits or Limits()
        self._workers: list[_Worker[_Task]] = []

    def __enter__(self) -> WorkerPool[_Task, _Result]:
        return self

    def __exit__(self, *_: object) -> None:
        """End all workers; what they were doing is given up."""
        for worker in self._workers:
            if worker.task is None:
                worker.line.close()  # it ends by itself
            else:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_PATIENCE_S)
            worker.process.kill()
            worker.process.join()
        self._workers.clear()

    @property
    def busy(self) -> int:
        """Tasks under way."""
        return sum(worker.task is not None for worker in self._workers)

    @property
    def is_full(self) -> bool:
        """Whether `start` has to wait for a task to end."""
        return self.busy >= self._size

    def start(self, task: _Task) -> None:
        """Begin a task; only while the pool is not full."""
        while True:
            worker = next((w for w in self._workers if w.task is None), None) or self._hired()
            try:
                worker.line.send(task)
            except OSError:  # it died with nothing to do
                self._dismiss(worker)
                continue
            worker.task, worker.since = task, time.monotonic()
            return

    def next(self) -> tuple[_Task, _Result | Killed]:
        """Wait until a task ends, and take it; only while one is under way.

        Raises:
            what the task raised.
        """
        while True:
            busy = [worker for worker in self._workers if worker.task is not None]
            by_line = {worker.line: worker for worker in busy}
            for line in wait(list(by_line), timeout=_LOOK_EVERY_S):
                worker = by_line[line]  # type: ignore[index]
                if (ended := self._ended(worker)) is not None:
                    return ended
            for worker in busy:
                if reason := self._over_limit(worker):
                    task = worker.task
                    worker.process.kill()
                    self._dismiss(worker)
                    return task, Killed(reason, over_limit=True)  # type: ignore[return-value]

    def _hired(self) -> _Worker[_Task]:
        ours, theirs = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_serve, args=(theirs, self._prepare, self._work), daemon=True)
        with _no_main_module():
            process.start()
        theirs.close()  # so that ours reads an end when the process is gone
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _dismiss(self, worker: _Worker[_Task]) -> None:
        self._workers.remove(worker)
        worker.line.close()
        worker.process.join()

    def _ended(self, worker: _Worker[_Task]) -> tuple[_Task, _Result | Killed] | None:
        """What became of a worker's task; None if it only says that it begins."""
        task = worker.task
        try:
            answer = worker.line.recv()
        except (EOFError, OSError):
            self._dismiss(worker)
            return task, Killed(_how(worker.process.exitcode))  # type: ignore[return-value]
        if answer is None:
            # From here it counts: to start a process takes its time where others keep the machine busy.
            worker.is_ready, worker.since = True, time.monotonic()
            return None
        worker.task = None
        error, result = answer
        if error is not None:
            raise error
        return task, result  # type: ignore[return-value]

    def _over_limit(self, worker: _Worker[_Task]) -> str:
        longest = self._limits.seconds if worker.is_ready else max(LONGEST_S, self._limits.seconds)
        if time.monotonic() - worker.since > longest:
            return f"took longer than {self._limits.seconds:g} s"
        if _resident(worker.process.pid) > self._limits.memory_bytes:
            return f"took more than {self._limits.memory_bytes / 2**30:.3g} GiB of memory"
        return ""


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    """A spawned process runs its parent's main module again, unless there is none. In an Airflow task that is
    Airflow, which ends there: a task has no access to the metadata database. Ours need nothing from it."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _resident(pid: int | None) -> int:
    """Bytes of memory that a process holds; 0 where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _how(exitcode: int | None) -> str:
    if exitcode is None or exitcode >= 0:
        return f"ended with exit code {exitcode}"
    with contextlib.suppress(ValueError):
        return f"was killed by signal {-exitcode} ({signal.Signals(-exitcode).name})"
    return f"was killed by signal {-exitcode}"


def _serve(line: Connection, prepare: Callable[[], None], work: Callable[[Any], Any]) -> None:
    """A worker's life."""
    prepare()
    with contextlib.suppress(EOFError, OSError):  # the other end is closed: nothing more to do
        line.send(None)
        while True:
            task = line.recv()
            try:
                answer: tuple[BaseException | None, Any] = None, work(task)
            except Exception as exc:  # noqa: BLE001 - raised again in the other process
                answer = _portable(exc), None
            line.send(answer)


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note, if it survives the way; else its words."""
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - whatever its own code raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
