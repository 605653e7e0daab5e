"""Airflow on loopback as `make up` runs it (LocalExecutor, SQLite), with a test's own settings and people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx

from tests.system.cluster import PROJECT, Component, ComponentDied, free_port
from tests.system.rest import Api

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}


@dataclass
class OneMachine:
    """A context manager that starts and stops the components.

    Args:
        folder: for everything it writes.
        environment: settings, for all components.
        people: of the Simple auth manager, as ``[core] simple_auth_manager_users`` has them:
            ``name:role`` or ``name:role:team``. The password is the name, reversed.
        commands: Airflow's, run once the database is there and before anything starts.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    people: Sequence[str] = ()
    commands: Sequence[Sequence[str]] = ()
    components: dict[str, Component] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        port = int(os.environ.get("LOCALIZER_TEST_PORT") or free_port())
        self.url = f"http://127.0.0.1:{port}"
        self.home = self.folder / "airflow"
        self.home.mkdir(parents=True)
        passwords = self.home / "passwords.json"
        names = [person.partition(":")[0] for person in self.people]
        passwords.write_text(json.dumps({name: name[::-1] for name in names}))
        self.settings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(self.people),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            **self.environment,
        }
        self.settings.pop("PYTHONDONTWRITEBYTECODE", None)

    def __enter__(self) -> OneMachine:
        try:
            self.airflow("db", "migrate")
            self.airflow("pools", "set", "image_edit", "2", "Image edits that may run at once")
            for command in self.commands:
                self.airflow(*command)
            for name, arguments in COMPONENTS.items():
                command = [sys.executable, "-m", "airflow", *arguments]
                log = self.home / f"{name}.log"
                self.components[name] = Component(name, command, log, self.settings)
                self.components[name].start()
            self._wait_until_healthy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        for component in self.components.values():
            component.stop()

    def airflow(self, *arguments: str) -> str:
        """Run one of Airflow's commands; returns what it said."""
        command = [sys.executable, "-m", "airflow", *arguments]
        done = subprocess.run(
            command, env=self.settings, cwd=PROJECT, capture_output=True, text=True, timeout=400, check=False
        )
        if done.returncode:
            raise RuntimeError(f"airflow {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def api(self, name: str, password: str | None = None) -> Api:
        """One of the people, signed in."""
        return Api.login(self.url, password or name[::-1], name)

    def _wait_until_healthy(self, seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while not self._is_healthy():
            for component in self.components.values():
                component.is_ready()
            if time.monotonic() > until:
                tails = "\n".join(f"{c.name}:\n{c.tail()}" for c in self.components.values())
                raise ComponentDied(f"not healthy after {seconds:.0f} s\n{tails}")
            time.sleep(1)

    def _is_healthy(self) -> bool:
        try:
            health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        names = ("metadatabase", "scheduler", "dag_processor")
        return all(health[name]["status"] == "healthy" for name in names)
