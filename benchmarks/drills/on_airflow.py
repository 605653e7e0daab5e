"""``python -m benchmarks.drills.on_airflow``: a run on a distributed Airflow, and kill -9 of its parts.

Lists the drills; with names (or ``all``) runs them and prints a table. Nobody helps a run on its way: what
was killed is started again, as a service manager does it, and nothing is cleared or triggered again.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.drills.__main__ import main as run_drills
from benchmarks.drills.campaign import NAME, Campaign
from benchmarks.drills.engine import ENGINE
from benchmarks.drills.judge import Place, Verdict, Watch, judge
from benchmarks.engines.paced import events
from tests.system.cluster import Cluster, what_is_missing
from tests.system.rest import ENDED, Api, RunRef

_SECONDS = 0.3  # an edit takes
_FAULTS_A_RUN = 2
_LONGEST_S = 1500.0

Fault = Callable[[Cluster, "Disturbed", random.Random], int]
"""Does it; returns how many processes at work were killed."""


@dataclass
class Disturbed:
    """One DAG run, seen from the outside."""

    api: Api
    ref: RunRef
    place: Place
    log: Path
    notes: list[str] = field(default_factory=list)

    def begun(self) -> int:
        """Edits that were begun so far."""
        return len(events(self.log))

    def has_ended(self) -> bool:
        return self.api.state(self.ref) in ENDED

    def at_work(self, among: set[int]) -> set[int]:
        """Processes that do edits; each may be in the middle of one, or about to record it."""
        return among & {int(e["pid"]) for e in events(self.log)}


class Airflow:
    """The cluster of all drills, started when the first one asks for it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._cluster: Cluster | None = None

    def __enter__(self) -> Airflow:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def cluster(self) -> Cluster:
        if self._cluster is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-airflow-")))
            environment = {"LOCALIZER_ENGINES": ENGINE, "LOCALIZER_EDIT_QUEUE": "cpu"}
            workers = {"worker-cpu": "cpu", "worker-default": "default"}
            self._cluster = self._stack.enter_context(
                Cluster(folder, environment=environment, slots=2, concurrency=3, workers=workers)
            )
        return self._cluster


def begin(
    cluster: Cluster, campaign: Campaign, folder: Path, *, run_id: str | None = None, name: str = "edits"
) -> Disturbed:
    """Trigger `localize_campaign` on the drill's campaign."""
    log = folder / f"{name}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    conf: dict[str, Any] = {
        "manifest": str(campaign.manifest),
        "brand": None,
        "engine": ENGINE,
        "engine_parameters": {"seconds": _SECONDS, "log": str(log)},
        "approval": "never",
        "campaign": NAME,
        "workspace": str(folder / "workspace"),
        "publish_uri": str(folder / "published"),
    }
    ref = cluster.api.trigger("localize_campaign", conf, run_id)
    place = Place(conf["workspace"], ref.name, conf["publish_uri"], NAME)
    return Disturbed(cluster.api, ref, place, log)


def disturbed_run(
    airflow: Airflow, name: str, fault: Fault, campaign: Campaign, number: int, rng: random.Random
) -> Verdict:
    """One run with the fault in the middle of it, at random times."""
    cluster = airflow.cluster
    run = begin(cluster, campaign, campaign.folder / f"{name}-{number}")
    watch, killed = Watch(run.place), 0
    share = max(1, campaign.images // (_FAULTS_A_RUN + 1))
    for _ in range(_FAULTS_A_RUN):
        wanted = run.begun() + rng.randint(1, share)
        if not _until(lambda wanted=wanted: run.begun() >= wanted, run, cluster):
            run.notes.append("the run ended before it could be disturbed")
            break
        time.sleep(rng.random() * 2 * _SECONDS)
        killed += fault(cluster, run, rng)
        watch.look()
    return _judged(cluster, run, campaign, watch, killed)


def _judged(cluster: Cluster, run: Disturbed, campaign: Campaign, watch: Watch, killed: int) -> Verdict:
    until = time.monotonic() + _LONGEST_S
    while not run.has_ended() and time.monotonic() < until:
        cluster.revive()
        watch.look()
        time.sleep(2)
    if (state := run.api.state(run.ref)) != "success":
        run.notes.append(f"{run.ref.run_id} is {state}: {run.api.states(run.ref)}"[:2000])
    verdict = judge(run.place, campaign.truth, watch, edits=run.log, killed=killed)
    return verdict + Verdict(notes=tuple(run.notes))


def _until(condition: Callable[[], bool], run: Disturbed, cluster: Cluster) -> bool:
    looked = time.monotonic()
    while not condition():
        if time.monotonic() - looked > 2:
            looked = time.monotonic()
            cluster.revive()  # scheduler and triggerer end by themselves when the database goes away
            if run.has_ended():
                return False
        time.sleep(0.05)
    return True


def kill_task(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """Any process of a task that edits: its supervisor, the task itself, or a worker process of it."""
    below = {p.pid: p for p in cluster.components["worker-cpu"].tree()[:-1]}
    editing = sorted(run.at_work(set(below)))
    if not editing:
        return 0
    chain, pid = [], rng.choice(editing)
    while pid in below:
        chain.append(pid)
        pid = below[pid].ppid()
    victim = rng.choice(chain)
    lost = {victim, *(child.pid for child in below[victim].children(recursive=True))} & set(editing)
    os.kill(victim, signal.SIGKILL)
    return len(lost)


def kill_worker(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """The Celery worker that edits, with all of its tasks; started again after a while."""
    lost = run.at_work({p.pid for p in cluster.components["worker-cpu"].tree()})
    cluster.kill("worker-cpu")
    time.sleep(rng.random() * 5)
    cluster.start("worker-cpu")
    return len(lost)


def kill_scheduler(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """The scheduler; started again after a while."""
    cluster.kill("scheduler")
    time.sleep(rng.random() * 10)
    cluster.start("scheduler")
    return 0


def kill_api_server(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """The API server, which tasks report to; started again after a while."""
    cluster.kill("api-server")
    time.sleep(rng.random() * 10)
    cluster.start("api-server")
    return 0


def cut_database(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """Every connection to the metadata database, ten times in two seconds."""
    for _ in range(10):
        cluster.cut_connections()
        time.sleep(0.2)
    return 0


def crash_database(cluster: Cluster, run: Disturbed, rng: random.Random) -> int:
    """Postgres itself; it comes back and recovers."""
    cluster.crash_database()
    return 0


def trigger_twice(airflow: Airflow, campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """The same run triggered by two at once under one ID, and a third time under another."""
    cluster, folder = airflow.cluster, campaign.folder / f"twice-{number}"
    cluster.api.wait_for_dag("localize_campaign")
    with ThreadPoolExecutor(3) as pool:
        tries = [
            pool.submit(partial(begin, cluster, campaign, folder, run_id=run_id))
            for run_id in (f"twice-{number}", f"twice-{number}", f"other-{number}")
        ]
    runs, refused = [], []
    for attempt in tries:
        try:
            runs.append(attempt.result())
        except RuntimeError as error:
            refused.append(str(error))
    watch = Watch(runs[0].place)
    if len(refused) != 1 or "409" not in refused[0]:
        runs[0].notes.append(f"one of two triggers with one ID should be refused: {refused}")
    verdicts = [_judged(cluster, run, campaign, watch, 0) for run in runs]
    [first, *others] = verdicts
    for other in others:  # one log of the engine for all of them: its edits are counted once
        first = first + Verdict(
            jobs=other.jobs,
            lost=other.lost,
            wrong=other.wrong,
            duplicates=other.duplicates,
            notes=other.notes,
        )
    return first


FAULTS: Mapping[str, Fault] = {
    "task": kill_task,
    "worker": kill_worker,
    "scheduler": kill_scheduler,
    "api-server": kill_api_server,
    "database-cut": cut_database,
    "database-crash": crash_database,
}


def main() -> int:
    if missing := what_is_missing():
        print(f"this needs a distributed Airflow, and {missing}", file=sys.stderr)
        return 2
    # Ended from outside, it still stops the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Airflow() as airflow:
        drills = {}
        for name, fault in FAULTS.items():
            drills[name] = partial(disturbed_run, airflow, name, fault)
            drills[name].__doc__ = fault.__doc__
        drills["twice"] = partial(trigger_twice, airflow)
        drills["twice"].__doc__ = trigger_twice.__doc__
        return run_drills(drills, __doc__)


if __name__ == "__main__":
    sys.exit(main())
