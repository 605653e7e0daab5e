"""Run jobs in this process, side by side if they wait for a model, or in worker processes that may die
without taking the batch along."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing.connection import wait as wait_for_sentinel
from typing import TYPE_CHECKING

from localizer.calls import Calls
from localizer.engines.base import concurrency_of
from localizer.errors import TransientError
from localizer.pipeline import known_result, localize, unavailable, worker_died
from localizer.workers.pool import LONGEST_S, Killed, Limits, WorkerPool
from localizer.workers.waiting import Waiting
from localizer.workers.window import Turn, run_in_window

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine
    from localizer.model import Job, JobResult
    from localizer.workspace import Workspace

OnResult = Callable[["JobResult"], None]

_MOST_SUSPECTS = 100


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


def run(jobs: Iterable[Job], *, setup: WorkerSetup, workers: int, on_result: OnResult) -> None:
    """Do the jobs where they are best done; see `localizer.pipeline.localize_many`.

    An engine that declares a `concurrency` waits for a model most of the time: that many jobs share this
    process. Any other computes: it gets a process per worker.
    """
    # Here too: a broken brand kit or engine must be an error, not a dying worker.
    workspace, engine, brand = setup.build()
    concurrency = concurrency_of(engine)
    waiting = Waiting(jobs, partial(_known, workspace=workspace, engine=setup.engine))
    if not concurrency and workers > 1:
        run_in_processes(waiting, setup=setup, workspace=workspace, workers=workers, on_result=on_result)
        return
    turn = Turn()
    calls = Calls(workspace.storage, setup.requested_by, aside=turn.aside)
    if concurrency > 1:
        run_in_window(
            waiting,
            lambda job: _one(job, workspace, engine, brand, calls),
            size=concurrency,
            turn=turn,
            on_result=on_result,
        )
        return
    while (begun := waiting.begin()) is not None:
        job, result = begun
        if result is None:
            with turn:
                result = _one(job, workspace, engine, brand, calls)
        waiting.end(job)
        on_result(result)


def run_in_processes(
    waiting: Waiting, *, setup: WorkerSetup, workspace: Workspace, workers: int, on_result: OnResult
) -> None:
    """Do the jobs that wait in worker processes; see `localizer.pipeline.localize_many`."""
    suspects: deque[Job] = deque()  # their worker died: once more when nothing else is left, one at a time

    def finish(job: Job, result: JobResult) -> None:
        waiting.end(job)
        on_result(result)

    def result_of(job: Job, outcome: JobResult | Killed) -> JobResult:
        if isinstance(outcome, Killed):
            return worker_died(job, outcome, workspace, engine=setup.engine)
        return outcome

    limits = Limits(seconds=setup.job_timeout)
    with WorkerPool(workers, partial(_work, setup), prepare=prepare_worker, limits=limits) as pool:
        while True:
            while not pool.is_full and len(suspects) < _MOST_SUSPECTS and (begun := waiting.begin()):
                job, known = begun
                if known is None:
                    pool.start(job)
                else:
                    finish(job, known)
            if pool.busy:
                job, outcome = pool.next()
                if isinstance(outcome, Killed) and not outcome.over_limit:
                    suspects.append(job)
                else:
                    finish(job, result_of(job, outcome))
            elif suspects:
                pool.start(suspects.popleft())
                job, outcome = pool.next()
                finish(job, result_of(job, outcome))
            else:
                return


def _known(job: Job, *, workspace: Workspace, engine: str) -> JobResult | None:
    try:
        return known_result(job, workspace=workspace)
    except TransientError as exc:
        return unavailable(job, exc, workspace, engine=engine)


def prepare_worker() -> None:
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


def _work(setup: WorkerSetup, job: Job) -> JobResult:
    workspace, engine, brand = _built(setup)
    return _one(job, workspace, engine, brand, Calls(workspace.storage, setup.requested_by))


def _one(job: Job, workspace: Workspace, engine: Engine, brand: BrandKit, calls: Calls) -> JobResult:
    """A server that is down fails its jobs for now, not the batch."""
    try:
        return localize(job, workspace=workspace, engine=engine, brand=brand, calls=calls)
    except TransientError as exc:
        return unavailable(job, exc, workspace, engine=engine.name)
