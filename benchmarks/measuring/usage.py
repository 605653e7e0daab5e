"""Seconds, processor time and memory of a process and all its descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

MIB = 1 << 20
_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Usage:
    """What a command used.

    Attributes:
        seconds: wall clock.
        cpu: processor seconds, of descendants too.
        memory: MiB, the highest sum over all its processes at one time (proportional set size: a page that
            several share counts once); sampled four times a second.
        largest: MiB, the highest that any single process had to itself.
        first: MiB, the highest that the first process had to itself.
        exit_code: as `subprocess` gives it; negative: the signal that ended it.
    """

    seconds: float
    cpu: float
    memory: float
    largest: float
    first: float
    exit_code: int

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu:.1f} CPU-s, {self.memory:.0f} MiB at most"


class Watch:
    """Samples the memory of a process and its descendants in a thread, from `with` to its end."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._before = (0.0, 0.0, 0.0)
        self.memory = self.largest = self.first = 0.0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_EVERY_S):
            try:
                pids = [self._process.pid, *(p.pid for p in self._process.children(recursive=True))]
            except psutil.NoSuchProcess:
                return
            sizes = [_sizes(pid) for pid in pids]
            own = [private for _, private in sizes]
            now = (sum(shared for shared, _ in sizes), max(own), own[0])
            # What two samples show: processes are read one after another, and while one starts or ends, the
            # pages that it shares with others move between them.
            steady = tuple(map(min, now, self._before))
            self.memory, self.largest, self.first = map(max, (self.memory, self.largest, self.first), steady)
            self._before = now


def _sizes(pid: int) -> tuple[float, float]:
    """MiB: proportional set size, and what no other process shares."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):  # it ended meanwhile
        return 0.0, 0.0
    kib = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return kib["Pss"] / 1024, (kib["Private_Clean"] + kib["Private_Dirty"]) / 1024


def tree_cpu(pid: int) -> float:
    """Processor seconds of a process, its living descendants, and all that any of them has waited for."""
    total = 0.0
    top = psutil.Process(pid)
    for process in (top, *top.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def measured(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    kill_when: Callable[[], Any] | None = None,
) -> Usage:
    """Run a command to its end.

    Args:
        log: gets what it says.
        kill_when: asked twenty times a second; once it says yes, the command gets SIGKILL (the process
            itself, none of its children: those are what must notice).
    """
    started = time.perf_counter()
    with log.open("ab") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
    descendants: list[psutil.Process] = []
    with Watch(process.pid) as watch:
        try:
            while kill_when is not None and not _has_ended(process.pid):
                if kill_when():
                    descendants = psutil.Process(process.pid).children(recursive=True)
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.05)
            _, status, resources = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C: it has a session of its own and did not get it
            os.killpg(process.pid, signal.SIGKILL)
            raise
        process.returncode = os.waitstatus_to_exitcode(status)
    left = psutil.wait_procs(descendants, timeout=30)[1]
    if left:
        raise SystemExit(f"{len(left)} processes outlived the command by half a minute: {left}")
    return Usage(
        seconds=time.perf_counter() - started,
        cpu=resources.ru_utime + resources.ru_stime,
        memory=watch.memory,
        largest=watch.largest,
        first=watch.first,
        exit_code=process.returncode,
    )


def _has_ended(pid: int) -> bool:
    """Whether a child has ended; it can still be waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
