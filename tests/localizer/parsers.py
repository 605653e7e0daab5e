"""Functions that behave as parsers do on hostile input; called in a child process."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from localizer.errors import ImageError, RowError


def length(data: bytes) -> int:
    return len(data)


def process_id() -> int:
    return os.getpid()


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def spin() -> None:
    while True:
        pass


def take(count: int) -> int:
    """Take that many bytes, really."""
    return len(b"\x01" * count)


def take_natively(count: int) -> bool:
    """As a C library does it: whether malloc gave the bytes."""
    malloc = ctypes.CDLL(None).malloc
    malloc.restype = ctypes.c_void_p
    return malloc(ctypes.c_size_t(count)) is not None


def crash() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def kill_once(marker: str) -> str:
    """Killed from outside at the first call, as by a person or the kernel."""
    if not os.path.exists(marker):
        os.mkdir(marker)
        os.kill(os.getpid(), signal.SIGKILL)
    return "second try"


def count(most: int) -> Iterator[int]:
    yield from range(most)


def count_until_killed(most: int, at: int, marker: str) -> Iterator[int]:
    """Killed once from outside in the middle."""
    for number in range(most):
        if number == at:
            kill_once(marker)
        yield number


def fail_at(most: int) -> Iterator[int]:
    yield from range(most)
    raise ImageError(f"{most} is too many")


def slow_at(most: int) -> Iterator[int]:
    yield from range(most)
    spin()


def hoard() -> Iterator[int]:
    kept = []
    while True:
        kept.append(b"\x01" * (1 << 20))
        yield len(kept)


def raise_ours(row: bool) -> None:
    raise RowError("is wrong", row=7, field="image") if row else ImageError("poster.png: is cut short")


def raise_theirs() -> None:
    raise ZeroDivisionError("a bug in a parser")


def environment() -> dict[str, str]:
    return dict(os.environ)


def write(path: str) -> None:
    Path(path).write_bytes(b"x")


class Evil:
    """Unpickling it runs a command."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return subprocess.call, (["touch", self.marker],)


def evil(marker: str) -> Any:
    return Evil(marker)


def evil_function() -> Any:
    return pickle.dumps
