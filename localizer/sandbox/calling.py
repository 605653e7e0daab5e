"""Read what strangers wrote in a process of its own, bounded in time and memory.

A parser of images or tables that loops, swallows memory or crashes takes its process along, not ours. The
processes are started when first needed, serve call after call, end after a minute without one, and are
replaced when they die. They get no secrets: their environment holds only what Python needs to start.

This is a bound, not a jail: a child runs as the same user. What it answers is unpickled under an allow-list,
so a child that was taken over cannot make its parent run code.

Pebble's process pool has time limits too, but not memory limits; it would import the caller's main module
(for an Airflow task: Airflow) into every child, copy our environment into it, and trust its pickles.
"""

from __future__ import annotations

import atexit
import io
import logging
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import is_dataclass
from enum import Enum
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from localizer.errors import ConfigurationError, InputStopped, rebuild_row_error
from localizer.sandbox.child import READY, STARTED

log = logging.getLogger(__name__)

SECONDS = 60.0
MEMORY_BYTES = 2 << 30

_T = TypeVar("_T")
_START_SECONDS = 120.0  # of an interpreter, on a machine that is busy
_DYING_SECONDS = 10.0
_MOST_ANSWER_BYTES = 1 << 30
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONHOME")
_FIXED = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS"), "1"),
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve a gigabyte at once
    "MALLOC_ARENA_MAX": "2",
}
_PLAIN = ("set", "frozenset", "complex", "bytearray", "ValueError", "TypeError", "KeyError")
_PACKAGE = __name__.partition(".")[0]


def bounded(
    function: Callable[..., _T],
    *args: Any,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> _T:
    """Call a function in a child process. May be called by several threads.

    The function must have no effect but its result: it is called once more, in a fresh process, should
    the first one die.

    Args:
        function: of an importable module; it and its arguments are pickled.
        seconds: of wall-clock time, from when the child begins.
        memory_bytes: that the call may take beyond what its process has. Enforced on Linux only.

    Returns:
        The result: plain values, our own records and enumerations.

    Raises:
        InputStopped: it took too long, needed too much memory, crashed, or raised what is not our error.
        LocalizerError: what the function raised, or another error class of this package.
        ConfigurationError: no child can be started.
    """
    call = _call(function, args, seconds, memory_bytes)
    try:
        answer = _children.call(call, seconds)
    except _Died:
        # Once more: somebody may have killed it, or an earlier call have left it damaged.
        try:
            answer = _children.call(call, seconds, fresh=True)
        except _Died as death:
            raise InputStopped(f"crashed the parser ({death})") from None
    return _value(answer, function, seconds, memory_bytes)  # type: ignore[no-any-return]


def bounded_stream(
    function: Callable[..., Iterable[_T]],
    *args: Any,
    seconds: float = SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> Iterator[_T]:
    """Iterate in a child process over what a function yields, 256 items at a time.

    Neither side holds more than that. Otherwise as `bounded`; a process that dies is replaced by one that
    begins anew and leaves out what was yielded before.

    Args:
        seconds: for each 256 items.
        memory_bytes: for all of it.
    """
    taken = 0
    for fresh in (False, True):
        child = _children.take(fresh=fresh)
        last: _Answered = ("result", ())
        try:
            for last in child.stream(_call(function, args, seconds, memory_bytes, skip=taken), seconds):
                for item in last[1] if last[0] == "result" else ():
                    taken += 1
                    yield item
        except _Died as death:
            if fresh:
                raise InputStopped(f"crashed the parser ({death})") from None
            continue
        except BaseException:  # the caller's too: whatever it still sends is nobody's
            child.end()
            raise
        _children.give_back(child)
        _value(last, function, seconds, memory_bytes)  # an error, if it ended with one
        return


def _call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    seconds: float,
    memory_bytes: int,
    *,
    skip: int | None = None,
) -> bytes:
    return pickle.dumps((function, args, seconds, memory_bytes, skip), pickle.HIGHEST_PROTOCOL)


def _value(answer: _Answered, function: Callable[..., Any], seconds: float, memory_bytes: int) -> Any:
    kind, value = answer
    if kind == "result":
        return value
    if kind == "raised":
        raise value
    if kind == "memory":
        raise InputStopped(f"needed more than {_size(memory_bytes)} of memory")
    if kind == "time":
        raise InputStopped(f"took longer than {seconds:g} s")
    message, shown = value
    log.warning("%s raised in a child process:\n%s", getattr(function, "__qualname__", function), shown)
    raise InputStopped(f"crashed the parser ({message})")


def _size(count: int) -> str:
    return f"{count / (1 << 30):g} GiB" if count >= 1 << 30 else f"{count / (1 << 20):g} MiB"


_Answered = tuple[str, Any]


class _Died(Exception):
    """A child ended in the middle of a call; the message says how."""


class _Child:
    """One process and our end of its socket."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603  ourselves
                    # -P: what lies in the working directory is not imported.
                    [
                        sys.executable,
                        "-P",
                        "-m",
                        "localizer.sandbox.child",
                        *map(str, (theirs.fileno(), os.getpid())),
                    ],
                    pass_fds=(theirs.fileno(),),
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    # Parsers print what they find in files; hostile text has no place in our log.
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                ours.close()
                raise ConfigurationError(f"no process for parsing can be started ({error})") from error
        self._socket = Connection(ours.detach())
        try:
            ready = self._socket.poll(_START_SECONDS) and self._socket.recv_bytes() == READY
        except (EOFError, OSError):
            ready = False
        if not ready:
            raise ConfigurationError(
                f"a process for parsing did not start ({_how(self.end())}): "
                f"try {sys.executable} -m localizer.sandbox.child"
            )

    def call(self, call: bytes, seconds: float) -> _Answered:
        """The answer.

        Raises:
            _Died: it ended before it answered.
        """
        return next(self.stream(call, seconds))

    def stream(self, call: bytes, seconds: float) -> Iterator[_Answered]:
        """Answers until the last, which is empty or no result."""
        try:
            self._socket.send_bytes(call)
            self._socket.recv_bytes(len(STARTED))  # modules are imported: now it begins
            going = True
            while going:
                if not self._socket.poll(seconds):
                    self.end()
                    yield "time", None
                    return
                answer = self._read(self._socket.recv_bytes(_MOST_ANSWER_BYTES))
                going = answer[0] == "result" and bool(answer[1])
                yield answer
        except (EOFError, OSError):
            code = self.end(patience=_DYING_SECONDS)
            raise _Died(_how(code)) from None

    def _read(self, answer: bytes) -> _Answered:
        try:
            kind, value = _Answer(io.BytesIO(answer)).load()
        except Exception as error:
            self.end()
            raise _Died(f"gave no proper answer: {error}") from error
        return str(kind), value

    def end(self, *, patience: float = 0.0) -> int:
        """End the process; how it ended, a signal as a negative number."""
        self._socket.close()
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def disown(self) -> None:
        """In a fork: the child is the parent's, not ours."""
        self._socket.close()
        self._process.returncode = 0

    @property
    def is_alive(self) -> bool:
        """Not one that ended for want of calls; it says nothing unasked."""
        return not self._socket.poll(0)

    @property
    def is_open(self) -> bool:
        return not self._socket.closed


class _Children:
    """Those that wait for a call, and how many may be at work."""

    def __init__(self) -> None:
        self._turn = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))
        self._idle: list[_Child] = []  # append and pop are atomic

    def call(self, call: bytes, seconds: float, *, fresh: bool = False) -> _Answered:
        with self._turn:
            child = self.take(fresh=fresh)
            try:
                answer = child.call(call, seconds)
            except BaseException:
                child.end()  # interrupted: it would answer into the next call
                raise
            self.give_back(child)
            return answer

    def take(self, *, fresh: bool) -> _Child:
        """One that is alive, for this thread alone."""
        while not fresh:
            try:
                child = self._idle.pop()
            except IndexError:
                break
            if child.is_alive:
                return child
            child.end()
        return _Child()

    def give_back(self, child: _Child) -> None:
        if child.is_open:
            self._idle.append(child)

    def end(self) -> None:
        while self._idle:
            self._idle.pop().end()

    def disown(self) -> None:
        for child in self._idle:
            child.disown()
        self.__init__()  # type: ignore[misc]  # locks may be held by threads that this fork does not have


class _Answer(pickle.Unpickler):
    """Reads plain values, our own records, enumerations and errors; nothing that does anything."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "builtins" and name in _PLAIN:
            return super().find_class(module, name)
        if module.partition(".")[0] == _PACKAGE and "." not in name:
            found = super().find_class(module, name)
            if found is rebuild_row_error or (
                isinstance(found, type)
                and (is_dataclass(found) or issubclass(found, Enum | Exception | tuple))
            ):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in an answer")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {
        **kept,
        **_FIXED,
        "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path if entry),
    }


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit status {code}"


_children = _Children()
atexit.register(_children.end)
os.register_at_fork(after_in_child=_children.disown)
