"""The child's side of `localizer.sandbox`: ``python -m localizer.sandboxed DESCRIPTOR``.

Reads calls from a socket, answers each, and ends when nobody calls any more or the caller is gone.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

READY, STARTED = b"ready", b"started"
IDLE_SECONDS = 60
_LOOK_SECONDS = 2.0
_OPEN_FILES = 128


def main(descriptor: int, parent: int) -> None:
    """Answer calls until idle for a minute or orphaned."""
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
    while caller.poll(IDLE_SECONDS):
        try:
            call = caller.recv_bytes()
        except (EOFError, ConnectionError):
            return
        function, arguments, seconds, memory = pickle.loads(call)  # noqa: S301  from our own parent
        del call
        caller.send_bytes(STARTED)
        answer = _answer(function, arguments, seconds, memory)
        del arguments
        caller.send_bytes(answer)


def _answer(function: Any, arguments: tuple[Any, ...], seconds: float, memory: int) -> bytes:
    """Pickled ``(kind, value)``: ``result``, ``raised`` (one of our errors), ``memory`` or ``fault``."""
    _limit(seconds, memory)
    try:
        try:
            answer = pickle.dumps(("result", function(*arguments)), pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            answer = pickle.dumps(("memory", None))
        except Exception as error:  # noqa: BLE001  all are told to the caller
            if type(error).__module__.partition(".")[0] == __package__.partition(".")[0]:
                answer = pickle.dumps(("raised", error))
            else:
                shown = "".join(traceback.format_exception(error, limit=-8))
                answer = pickle.dumps(("fault", (f"{type(error).__name__}: {error}", shown)))
    except MemoryError:  # telling it was too much, too
        _limit(seconds, memory, more=64 << 20)
        answer = pickle.dumps(("memory", None))
    return answer


def _limit(seconds: float, memory: int, *, more: int = 0) -> None:
    """Bound what the next call takes, above what the process has taken so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # A second line behind the caller's clock, should the caller be stopped or gone.
    _soft(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds * (os.cpu_count() or 1)) + 2)
    held = memory_in_use()
    if held is not None:
        _soft(resource.RLIMIT_DATA, held + memory + more)


def _soft(limit: int, most: int) -> None:
    hard = resource.getrlimit(limit)[1]
    resource.setrlimit(limit, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def memory_in_use() -> int | None:
    """Bytes that count against RLIMIT_DATA; None where the system does not tell (then none is enforced)."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData:"))
    except (OSError, StopIteration):
        return None


def _end_with(parent: int) -> None:
    """A killed parent closes its end of the socket, unless a fork of it still holds that end open."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
