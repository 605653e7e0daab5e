"""Run jobs in this process, side by side if they wait for a model, or in worker processes that may die
without taking the batch along."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing.connection import wait as wait_for_sentinel
from typing import TYPE_CHECKING

from localizer.calls import Calls
from localizer.engines.base import concurrency_of
from localizer.errors import TransientError
from localizer.pipeline import known_result, localize, unavailable, worker_died
from localizer.window import Turn, run_in_window
from localizer.worker_pool import LONGEST_S, Killed, Limits, WorkerPool

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine
    from localizer.model import Job, JobResult
    from localizer.workspace import Workspace

OnResult = Callable[["JobResult"], None]


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a process needs to build its engine; small, hashable and picklable.

    Attributes:
        engine_parameters: as a JSON object.
        requested_by: in whose name models are called; engines that call none need no name.
        job_timeout: seconds after which a job in a worker process is stopped and `failed`.
    """

    workspace_uri: str
    engine: str
    engine_parameters: str = "{}"
    brand_path: str | None = None
    requested_by: str = ""
    job_timeout: float = LONGEST_S

    def build(self) -> tuple[Workspace, Engine, BrandKit]:
        """Open the workspace and build engine and brand kit.

        Raises:
            LocalizerError: one of them cannot be had.
        """
        from localizer.brand import load_brand
        from localizer.engines.registry import get_engine
        from localizer.workspace import Workspace

        brand = load_brand(self.brand_path)
        engine = get_engine(self.engine, **json.loads(self.engine_parameters))
        return Workspace.open(self.workspace_uri), engine, brand


def run(jobs: Sequence[Job], *, setup: WorkerSetup, workers: int, on_result: OnResult) -> list[JobResult]:
    """Do the jobs where they are best done; see `localizer.pipeline.localize_many`.

    An engine that declares a `concurrency` waits for a model most of the time: that many jobs share this
    process. Any other computes: it gets a process per worker.
    """
    built = setup.build()  # here too: a broken brand kit or engine must be an error, not a dying worker
    concurrency = concurrency_of(built[1])
    if not concurrency and workers > 1 and len(jobs) > 1:
        return run_in_processes(jobs, setup=setup, workers=workers, on_result=on_result)
    workspace, engine, brand = built
    turn = Turn()
    calls = Calls(workspace.storage, setup.requested_by, aside=turn.aside)
    if concurrency > 1:
        return run_in_window(
            jobs,
            lambda job: _one(job, workspace, engine, brand, calls),
            size=concurrency,
            turn=turn,
            on_result=on_result,
        )
    results = []
    for job in jobs:
        with turn:
            results.append(_one(job, workspace, engine, brand, calls))
        on_result(results[-1])
    return results


def run_in_processes(
    jobs: Sequence[Job], *, setup: WorkerSetup, workers: int, on_result: OnResult
) -> list[JobResult]:
    """Do the jobs in worker processes; see `localizer.pipeline.localize_many`."""
    return _Batch(jobs, setup=setup, workers=workers, on_result=on_result).run()


class _Batch:
    """The jobs of one call, what is waiting, and what came of them."""

    def __init__(self, jobs: Sequence[Job], *, setup: WorkerSetup, workers: int, on_result: OnResult) -> None:
        self.jobs, self.setup, self.workers, self.on_result = jobs, setup, workers, on_result
        from localizer.workspace import Workspace

        self.workspace = Workspace.open(setup.workspace_uri)
        self.results: dict[int, JobResult] = {}
        self.waiting: deque[int] = deque()
        self.suspects: deque[int] = deque()  # their worker died: once more at the end, one at a time
        self.twins: dict[str, list[int]] = {}  # same key: done after the first one, from its result
        for index, job in enumerate(jobs):
            if job.key in self.twins:
                self.twins[job.key].append(index)
            else:
                self.twins[job.key] = []
                self.waiting.append(index)

    def run(self) -> list[JobResult]:
        limits = Limits(seconds=self.setup.job_timeout)
        with WorkerPool(
            self.workers, partial(_numbered, self.setup), prepare=_prepare_worker, limits=limits
        ) as pool:
            while self.waiting or pool.busy:
                while self.waiting and not pool.is_full:
                    self._begin(pool, self.waiting.popleft())
                if pool.busy:
                    (index, job), outcome = pool.next()
                    if isinstance(outcome, Killed) and not outcome.over_limit:
                        self.suspects.append(index)
                    else:
                        self._finish(index, self._result(job, outcome))
            while self.suspects or self.waiting:  # twins of a suspect wait for it
                self._begin(pool, (self.waiting or self.suspects).popleft())
                if pool.busy:
                    (index, job), outcome = pool.next()
                    self._finish(index, self._result(job, outcome))
        return [self.results[index] for index in range(len(self.jobs))]

    def _begin(self, pool: WorkerPool[tuple[int, Job], JobResult], index: int) -> None:
        known = self._known(self.jobs[index])
        if known is None:
            pool.start((index, self.jobs[index]))
        else:
            self._finish(index, known)

    def _finish(self, index: int, result: JobResult) -> None:
        self.results[index] = result
        self.waiting.extendleft(reversed(self.twins.pop(self.jobs[index].key, [])))
        self.on_result(result)

    def _known(self, job: Job) -> JobResult | None:
        try:
            return known_result(job, workspace=self.workspace)
        except TransientError as exc:
            return unavailable(job, exc, self.workspace, engine=self.setup.engine)

    def _result(self, job: Job, outcome: JobResult | Killed) -> JobResult:
        if isinstance(outcome, Killed):
            return worker_died(job, outcome, self.workspace, engine=self.setup.engine)
        return outcome


def _prepare_worker() -> None:
    """First thing in a worker: one thread each, and an end when the parent ends."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    # Ctrl-C reaches the whole process group: the workers go quietly, the parent reports.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_exit_with_parent, name="exit-with-parent", daemon=True).start()
    import cv2

    cv2.setNumThreads(1)


def _exit_with_parent() -> None:
    """Without this a worker waits for ever for work from a parent that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_sentinel([parent.sentinel])
        os._exit(1)


@lru_cache(maxsize=1)
def _built(setup: WorkerSetup) -> tuple[Workspace, Engine, BrandKit]:
    """Once a process: engines load models."""
    return setup.build()


def _numbered(setup: WorkerSetup, task: tuple[int, Job]) -> JobResult:
    workspace, engine, brand = _built(setup)
    _, job = task
    return _one(job, workspace, engine, brand, Calls(workspace.storage, setup.requested_by))


def _one(job: Job, workspace: Workspace, engine: Engine, brand: BrandKit, calls: Calls) -> JobResult:
    """A server that is down fails its jobs for now, not the batch."""
    try:
        return localize(job, workspace=workspace, engine=engine, brand=brand, calls=calls)
    except TransientError as exc:
        return unavailable(job, exc, workspace, engine=engine.name)
