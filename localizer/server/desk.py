"""Between HTTP and the model: a bounded queue, equal questions asked once, recent answers remembered.

A caller that lost its answer asks the same again: while the edit runs it is joined to it, afterwards it gets
what was made. Only when every caller of an edit has gone is the edit stopped.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from localizer.documents import canonical_digest
from localizer.errors import RequestRefused
from localizer.server.pictures import to_png

if TYPE_CHECKING:
    from localizer.engines.editor import ModelAnswer, ModelCall
    from localizer.server.metrics import Metrics
    from localizer.server.questions import ModelCard, Question
    from localizer.server.settings import ServerSettings

_FIRST_GUESS = 10.0  # seconds an edit takes, until one was measured
_LONGEST_RETRY = 120


class Backend(Protocol):
    """The model behind the server, wherever its replicas run."""

    def card(self) -> ModelCard | None:
        """What is served, or None while no replica is ready."""
        ...

    def replicas(self) -> int:
        """How many are ready."""
        ...

    async def edit(self, call: ModelCall, started: Callable[[], None]) -> ModelAnswer:
        """Make one edit; cancelling this stops it.

        Args:
            started: called when a replica takes the edit from the queue.

        Raises:
            EngineError: it refuses this call and would again.
            EngineUnavailable: worth a retry.
        """
        ...

    async def run(self) -> None:
        """What has to be done in the background while the server runs; cancelled at its end."""
        ...


@dataclass(frozen=True, slots=True)
class Made:
    """One answer, ready to be sent; without pixels, as many of these are remembered.

    Attributes:
        key: of the question.
        model: what answered, as precisely as it says itself.
        size: width and height.
        seconds: that the model took.
        waited: seconds in the queue.
    """

    key: str
    model: str
    tier: str
    seed: int
    steps: int | None
    size: tuple[int, int]
    seconds: float
    waited: float
    png: bytes


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[Made]
    callers: int = 0


class Desk:
    """Takes questions and gives answers, one event loop at a time."""

    def __init__(self, backend: Backend, settings: ServerSettings, metrics: Metrics) -> None:
        self._backend, self._settings, self._metrics = backend, settings, metrics
        self._running: dict[str, _Running] = {}
        self._memory = _Memory(settings.memory_bytes, settings.memory_seconds)
        self._queued = 0
        self._usual: float | None = None
        # An edit may outlive the request that began it. In that request's context, Ray would stop the edit
        # together with the request, whoever else waits for it.
        self._context = contextvars.copy_context()

    async def ask(self, question: Question, card: ModelCard) -> tuple[Made, str]:
        """The answer, and how it came about: ``made``, ``joined`` or ``remembered``.

        Raises:
            RequestRefused: 429, the queue is full; 504, it took too long.
            EngineError, EngineUnavailable: from the model.
        """
        key = _key(question, card)
        if (known := self._memory.get(key)) is not None:
            self._metrics.reused.labels("remembered").inc()
            return known, "remembered"
        running, how = self._running.get(key), "joined"
        if running is None:
            running, how = self._begin(key, question.call), "made"
        else:
            self._metrics.reused.labels("joined").inc()
        running.callers += 1
        try:
            return await asyncio.shield(running.task), how
        finally:
            running.callers -= 1
            if not running.callers and not running.task.done():
                self._forget(key, running)
                self._metrics.cancelled.inc()
                running.task.cancel()

    def _begin(self, key: str, call: ModelCall) -> _Running:
        if self._queued >= self._settings.max_queued:
            self._metrics.refused.inc()
            raise RequestRefused(
                f"{self._queued} edits are waiting already, the limit of this server; try again later",
                status=429,
                code="queue_full",
                retry_after=self._until_free(),
            )
        task = asyncio.create_task(self._make(key, call), context=self._context.copy())
        running = self._running[key] = _Running(task)
        task.add_done_callback(lambda done: self._end(key, running, done))
        return running

    def _end(self, key: str, running: _Running, done: asyncio.Task[Made]) -> None:
        self._forget(key, running)
        if not done.cancelled() and done.exception() is None:  # asking keeps asyncio from complaining
            self._memory.put(done.result())

    def _forget(self, key: str, running: _Running) -> None:
        if self._running.get(key) is running:
            del self._running[key]

    async def _make(self, key: str, call: ModelCall) -> Made:
        begun = time.monotonic()
        since: float | None = None

        def started() -> None:
            nonlocal since
            if since is None:
                since = time.monotonic()
                self._count(queued=-1, running=1)
                self._metrics.queued_seconds.observe(since - begun)

        self._count(queued=1)
        try:
            async with asyncio.timeout(self._settings.max_seconds):
                answer = await self._backend.edit(call, started)
        except TimeoutError as error:
            raise RequestRefused(
                f"no answer within {self._settings.max_seconds:g} seconds; try again, or a cheaper tier",
                status=504,
                code="timeout",
            ) from error
        finally:
            if since is None:
                self._count(queued=-1)
            else:
                held = time.monotonic() - since
                self._count(running=-1)
                self._metrics.gpu_seconds.labels(call.tier).inc(held)
        self._metrics.edits.labels(call.tier).inc()
        waited = 0.0 if since is None else since - begun
        usual = answer.seconds if self._usual is None else self._usual
        self._usual = usual + 0.2 * (answer.seconds - usual)
        return Made(
            key=key,
            model=answer.model,
            tier=str(call.tier),
            seed=call.seed,
            steps=answer.steps,
            size=(answer.image.shape[1], answer.image.shape[0]),
            seconds=answer.seconds,
            waited=waited,
            png=await asyncio.to_thread(to_png, answer.image),
        )

    def _count(self, *, queued: int = 0, running: int = 0) -> None:
        self._queued += queued
        self._metrics.queue_length.inc(queued)
        self._metrics.running.inc(running)

    def _until_free(self) -> int:
        """Seconds until about half of the queue is done: earlier would be refused again by most."""
        usual = _FIRST_GUESS if self._usual is None else self._usual
        seconds = usual * self._queued / 2 / max(1, self._backend.replicas())
        return min(_LONGEST_RETRY, max(1, math.ceil(seconds)))


class _Memory:
    """Recent answers, the oldest forgotten first."""

    def __init__(self, max_bytes: int, max_seconds: float) -> None:
        self._max_bytes, self._max_seconds = max_bytes, max_seconds
        self._kept: OrderedDict[str, tuple[float, Made]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> Made | None:
        self._drop_old()
        return self._kept[key][1] if key in self._kept else None

    def put(self, made: Made) -> None:
        if made.key in self._kept:
            self._bytes -= len(self._kept.pop(made.key)[1].png)
        self._kept[made.key] = time.monotonic(), made
        self._bytes += len(made.png)
        self._drop_old()

    def _drop_old(self) -> None:
        while self._kept:
            at, made = next(iter(self._kept.values()))
            if self._bytes <= self._max_bytes and time.monotonic() - at <= self._max_seconds:
                return
            del self._kept[made.key]
            self._bytes -= len(made.png)


def _key(question: Question, card: ModelCard) -> str:
    """SHA-256 of everything that decides the answer; a key of its own where the server chose the seed."""
    call = question.call
    return canonical_digest(
        {
            "model": card.name,
            "revision": card.revision,
            "parameters": dict(card.parameters),
            "image": call.image_sha256,
            "prompt": call.prompt,
            "negative_prompt": call.negative_prompt,
            "tier": str(call.tier),
            "seed": call.seed,
            "once": "" if question.seeded else secrets.token_hex(8),
        }
    )
