"""An engine that takes its time, counts its calls, and can be told to fall over."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks.engines.instant import Instant
from localizer.engines.base import Candidate, EditRequest
from localizer.engines.editor import ModelAnswer, ModelCall, Pending, Tier
from localizer.errors import ConfigurationError, EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

_MIB = 1 << 20


class Paced:
    """`Instant` after a while.

    Nothing that it is told decides pixels, so none of it is part of the jobs' keys: a job that was done at
    one pace is done at every other.

    Args:
        seconds: that an edit takes.
        busy: spend them computing, as an engine that runs here does; else wait, as for a model elsewhere.
        concurrency: how many edits wait side by side in one process. Above 0 each edit is a call to a model,
            recorded in the workspace's ledger like any other.
        log: file that each edit appends a JSON line to when it begins (``event`` "begun") and when it is
            made ("made"): what an edit that was paid for, or done twice, looks like to its provider.
        misbehave: asset ID → what happens in the middle of its edit: ``crash`` (SIGSEGV), ``kill``
            (SIGKILL), ``hang`` (for ever), ``memory`` (takes memory until it is killed), ``unavailable``
            (the engine is down).
        times: how often each of them misbehaves before it behaves; 0: always. Needs `log`, which remembers.
    """

    name = "paced"
    version = "1"

    def __init__(
        self,
        *,
        seconds: float = 0.0,
        busy: bool = False,
        concurrency: int = 0,
        log: str = "",
        misbehave: Mapping[str, str] | None = None,
        times: int = 0,
    ) -> None:
        if times and not log:
            raise ConfigurationError("engine paced: `times` needs a `log`, by which tries are counted")
        for asset, fault in (misbehave or {}).items():
            if fault not in _FAULTS:
                raise ConfigurationError(
                    f"engine paced: {asset} cannot {fault!r}; there are {', '.join(_FAULTS)}"
                )
        self.seconds, self.busy, self.concurrency, self.log = seconds, busy, concurrency, log
        self.misbehave, self.times = dict(misbehave or {}), times
        self._instant = Instant()

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        if self.concurrency and request.calls is not None:
            call = ModelCall(request.rgb, f"wait for {request.job.asset_id}", Tier.FAST, seed=request.attempt)
            request.calls.once(call, model=_Waiting(self, request), job=request.job)
        else:
            self.wait(request)
        return self._instant.edit(request)

    def wait(self, request: EditRequest) -> None:
        """Let the time pass that an edit takes, or whatever else was asked for."""
        self._note("begun", request)
        fault = self.misbehave.get(request.job.asset_id)
        if fault and not self._is_over(request.job.asset_id):
            _pass(self.seconds / 2, busy=self.busy)
            _FAULTS[fault]()
        _pass(self.seconds, busy=self.busy)
        self._note("made", request)

    def _note(self, event: str, request: EditRequest) -> None:
        if not self.log:
            return
        job = request.job
        line = {
            "event": event,
            "asset_id": job.asset_id,
            "locale": job.locale,
            "job": job.key,
            "attempt": request.attempt,
            "pid": os.getpid(),
            "at": time.time(),
        }
        # O_APPEND: lines of several processes stand one after another, whoever is killed when.
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, (json.dumps(line) + "\n").encode())
        finally:
            os.close(descriptor)

    def _is_over(self, asset_id: str) -> bool:
        if not self.times:
            return False
        begun = [e for e in events(self.log) if e["asset_id"] == asset_id]
        return len(begun) > self.times


class _Waiting:
    """The model behind a `Paced` with a concurrency: it answers with the picture that it was asked about."""

    def __init__(self, engine: Paced, request: EditRequest) -> None:
        self.name = engine.name
        self._engine, self._request = engine, request

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        started = time.perf_counter()
        self._engine.wait(self._request)
        return ModelAnswer(call.image, model=self.name, seconds=time.perf_counter() - started)


def events(log: str | Path, event: str = "begun") -> list[dict[str, Any]]:
    """Lines of a `Paced`'s log, in order: edits that it began (or "made"); none if it was not called."""
    try:
        with open(log, encoding="utf-8") as file:
            return [line for line in map(json.loads, file) if line["event"] == event]
    except FileNotFoundError:
        return []


def _pass(seconds: float, *, busy: bool) -> None:
    if not busy:
        time.sleep(seconds)
        return
    until = time.thread_time() + seconds  # processor time: what an engine needs, however busy the machine
    while time.thread_time() < until:
        sum(range(10_000))


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _hang() -> None:
    while True:
        time.sleep(3600)


def _take_memory() -> None:
    held = []
    while True:
        held.append(bytearray(b"\1" * (64 * _MIB)))


def _be_unavailable() -> None:
    raise EngineUnavailable("engine paced was told to be down")


_FAULTS: dict[str, Callable[[], None]] = {
    "crash": _crash,
    "kill": _kill,
    "hang": _hang,
    "memory": _take_memory,
    "unavailable": _be_unavailable,
}
