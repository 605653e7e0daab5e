"""A running Airflow on loopback, with the DAGs of this project and the engines of the benchmarks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring.usage import tree_cpu
from benchmarks.measuring.work import PROJECT, environment

DAG_ID = "localize_campaign"
_API = "/api/v2"
_POLL_S = 5.0  # each costs the API server some milliseconds, and the end is read off Airflow's own clock
ENGINES = "benchmarks.engines:Instant,benchmarks.engines:Paced"


@dataclass(frozen=True, slots=True)
class DagRun:
    """A finished run.

    Attributes:
        name: of the run in the workspace.
        seconds: from the trigger to the end of its last task, by Airflow's own clock.
        cpu: processor seconds that all of Airflow used meanwhile, edits included.
        tasks: per task: how many there were, and the seconds of the run at which the first began and the last
            ended.
    """

    name: str
    state: str
    seconds: float
    cpu: float
    tasks: dict[str, tuple[int, float, float]]

    def __str__(self) -> str:
        parts = (f"{name} {begin:.1f}–{end:.1f}" for name, (_, begin, end) in self.tasks.items())
        return f"{self.seconds:.1f} s, {self.cpu:.1f} CPU-s ({', '.join(parts)})"


class Airflow:
    """An Airflow that runs, and that DAG runs are measured in."""

    def __init__(self, client: httpx.Client, pids: Callable[[], Sequence[int]], home: Path) -> None:
        self.home = home
        self._client, self._pids = client, pids

    def run(self, conf: dict[str, Any]) -> DagRun:
        """Trigger the DAG and wait for its end.

        Args:
            conf: parameters of the DAG.
        """
        self._until_parsed()
        cpu = self._cpu()
        body = {"logical_date": None, "conf": conf}
        answer = self._client.post(f"{_API}/dags/{DAG_ID}/dagRuns", json=body)
        path = f"/dags/{DAG_ID}/dagRuns/{answer.raise_for_status().json()['dag_run_id']}"
        while (run := self._get(path))["state"] not in {"success", "failed"}:
            time.sleep(_POLL_S)
        cpu = self._cpu() - cpu
        tasks = self._tasks(path, _time(run["queued_at"]))
        end = max((end for _, _, end in tasks.values()), default=0.0)
        return DagRun(f"{DAG_ID}__{run['dag_run_id']}", run["state"], end, cpu, tasks)

    def _cpu(self) -> float:
        return sum(map(tree_cpu, self._pids()))

    def _tasks(self, path: str, zero: float) -> dict[str, tuple[int, float, float]]:
        spans: dict[str, list[tuple[float, float]]] = {}
        while True:
            seen = sum(map(len, spans.values()))
            page = self._get(f"{path}/taskInstances?limit=100&offset={seen}&order_by=id")
            for task in page["task_instances"]:
                begin, end = task["start_date"], task["end_date"]
                span = (_time(begin) - zero, _time(end) - zero) if begin and end else (0.0, 0.0)
                spans.setdefault(task["task_id"], []).append(span)
            if not page["task_instances"]:
                break
        found = {
            name: (len(all_), min(b for b, _ in all_), max(e for _, e in all_))
            for name, all_ in spans.items()
        }
        return dict(sorted(found.items(), key=lambda item: item[1][1]))

    def _until_parsed(self) -> None:
        until = time.monotonic() + 120
        while self._client.get(f"{_API}/dags/{DAG_ID}").status_code != httpx.codes.OK:
            if time.monotonic() > until:
                errors = self._get("/importErrors")["import_errors"]
                raise SystemExit(f"Airflow does not know the DAG: {errors or 'no import error'}")
            time.sleep(1.0)

    def _get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get(f"{_API}{path}").raise_for_status().json()
        return answer


@contextmanager
def local_airflow(home: Path, *, slots: int) -> Iterator[Airflow]:
    """API server, scheduler with LocalExecutor on SQLite, DAG processor and triggerer, as ``make up`` starts
    them.

    Args:
        home: a folder for its database and logs.
        slots: of the pool `image_edit`: how many mapped tasks may edit at once.
    """
    home.mkdir(parents=True, exist_ok=True)
    url = f"http://127.0.0.1:{_free_port()}"
    settings = environment() | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": str(slots + 2),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "LOCALIZER_ENGINES": ENGINES,
    }
    _local("up", settings)
    try:
        passwords = json.loads((home / "simple_auth_manager_passwords.json.generated").read_bytes())
        user, password = next(iter(passwords.items()))
        login = httpx.post(f"{url}/auth/token", json={"username": user, "password": password}, timeout=60)
        headers = {"Authorization": f"Bearer {login.raise_for_status().json()['access_token']}"}
        with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
            pool = {"name": "image_edit", "slots": slots, "include_deferred": False}
            client.patch(f"{_API}/pools/image_edit?update_mask=slots", json=pool).raise_for_status()
            pid = int((home / "airflow.pid").read_text())
            yield Airflow(client, lambda: [pid], home)
    finally:
        _local("down", settings)


@contextmanager
def distributed_airflow(home: Path, *, slots: int) -> Iterator[Airflow]:
    """CeleryExecutor, Postgres and Redis, as ``make test-system`` starts them; see `tests.system.cluster`."""
    from tests.system.cluster import Cluster

    home.mkdir(parents=True, exist_ok=True)
    with Cluster(home, environment={"LOCALIZER_ENGINES": ENGINES}, slots=slots, quick=False) as cluster:

        def pids() -> list[int]:
            return [component.pid for component in cluster.components.values()]

        yield Airflow(cluster.api.client, pids, home)


def _local(verb: str, settings: Mapping[str, str]) -> None:
    command = ["bash", str(PROJECT / "docker" / "local.sh"), verb]
    done = subprocess.run(command, env=settings, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"Airflow: {verb} failed\n{done.stdout}{done.stderr}")


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
