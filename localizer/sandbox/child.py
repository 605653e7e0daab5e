"""The child's side of `localizer.sandbox.calling`: ``python -m localizer.sandbox.child DESCRIPTOR``.

Reads calls from a socket, answers each, and ends when nobody calls any more or the caller is gone.
"""

from __future__ import annotations

import itertools
import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

READY, STARTED = b"ready", b"started"
IDLE_SECONDS = 60
BATCH = 256
_LOOK_SECONDS = 2.0
_OPEN_FILES = 128
_TO_TELL = 64 << 20
_WORN_BYTES = 1 << 30  # libraries leak; the next call gets a fresh process


def main(descriptor: int, parent: int) -> None:
    """Answer calls until idle for a minute, worn or orphaned."""
    sys.dont_write_bytecode = True
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),  # a parser has nothing to write
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
    ):
        resource.setrlimit(limit, (most, most))
    threading.Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends us
    caller = Connection(descriptor)
    caller.send_bytes(READY)
    first = _memory_in_use()
    while _memory_in_use() - first < _WORN_BYTES and caller.poll(IDLE_SECONDS):
        try:
            call = caller.recv_bytes()
        except (EOFError, ConnectionError):
            return
        try:
            function, arguments, seconds, memory, skip = pickle.loads(call)  # noqa: S301  from our own parent
        except (AttributeError, ImportError, TypeError) as error:  # a function that is in no module
            caller.send_bytes(STARTED)
            caller.send_bytes(pickle.dumps(("fault", (f"{type(error).__name__}: {error}", ""))))
            continue
        del call
        caller.send_bytes(STARTED)
        most = _memory_in_use() + memory
        if skip is None:
            caller.send_bytes(_answer(function, arguments, seconds, most)[0])
        else:
            batches = _batches(function, arguments, skip)
            going = True
            while going:
                answer, going = _answer(next, (batches,), seconds, most)
                caller.send_bytes(answer)
            del batches
        del arguments


def _batches(function: Any, arguments: tuple[Any, ...], skip: int) -> Iterator[list[Any]]:
    """What the function yields, from item `skip` on, some at a time; an empty list is the end."""
    items = itertools.islice(function(*arguments), skip, None)
    while batch := list(itertools.islice(items, BATCH)):
        yield batch
    yield []


def _answer(function: Any, arguments: tuple[Any, ...], seconds: float, most: int) -> tuple[bytes, bool]:
    """Pickled ``(kind, value)``: ``result``, ``raised`` (one of our errors), ``memory`` or ``fault``.

    And whether it is a result that holds anything.
    """
    _limit(seconds, most)
    going = False
    try:
        try:
            result = function(*arguments)
            going = bool(result)
            answer = pickle.dumps(("result", result), pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            going = False
            answer = pickle.dumps(("memory", None))
        except Exception as error:  # noqa: BLE001  all are told to the caller
            if type(error).__module__.partition(".")[0] == __package__.partition(".")[0]:
                answer = pickle.dumps(("raised", error))
            else:
                shown = "".join(traceback.format_exception(error, limit=-8))
                answer = pickle.dumps(("fault", (f"{type(error).__name__}: {error}", shown)))
    except MemoryError:  # telling it was too much, too
        _limit(seconds, _memory_in_use() + _TO_TELL)
        answer, going = pickle.dumps(("memory", None)), False
    return answer, going


def _limit(seconds: float, most: int) -> None:
    """Bound the time from now on, and the memory of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # A second line behind the caller's clock, should the caller be stopped or gone.
    _soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 2)
    _soft(resource.RLIMIT_DATA, most)


def _soft(limit: int, most: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _memory_in_use() -> int:
    """Bytes that count against RLIMIT_DATA. Systems that do not tell (0) do not enforce it either."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData:"))
    except (OSError, StopIteration):
        return 0


def _end_with(parent: int) -> None:
    """A killed parent closes its end of the socket, unless a fork of it still holds that end open."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
