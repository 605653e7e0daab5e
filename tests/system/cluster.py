"""A whole distributed Airflow on loopback, without Docker: Debian's Postgres and Redis, CeleryExecutor, a
worker for each queue, scheduler, API server, DAG processor and triggerer; every port is a free one.

    with Cluster(folder, environment={"LOCALIZER_WORKSPACE": ...}) as cluster:
        run = cluster.api.trigger("localize_campaign", {"approval": "never"})
        cluster.kill("worker-cpu")
        cluster.start("worker-cpu")
        cluster.api.wait(run)

Needs the extra ``celery`` and the packages postgresql and redis-server (``make test-system`` installs them).
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import httpx
import psutil

from tests.system.rest import Api

PROJECT = Path(__file__).resolve().parents[2]
WORKERS = {"worker-cpu": "cpu,default", "worker-gpu": "gpu"}
_DATABASE = "airflow"


class ComponentDied(RuntimeError):
    """A component ended by itself, or did not come up."""


def what_is_missing() -> str:
    """Why a cluster cannot be started on this machine; empty if it can."""
    if postgres_folder() is None:
        return "postgresql is not installed"
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    try:
        import airflow.providers.celery  # noqa: F401
        import psycopg2  # noqa: F401
    except ImportError as error:
        return f"{error.name}: pip install 'campaign-localizer[celery]'"
    return ""


def postgres_folder() -> Path | None:
    """Where Debian keeps the server's programs, which are on nobody's path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    return Path(on_path).parent if on_path else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Component:
    """One process with all that it started.

    Attributes:
        ready: a line of its log that says that it has come up; empty if nothing does.
    """

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str]
    ready: str = ""
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def pid(self) -> int:
        if self.process is None:
            raise ComponentDied(f"{self.name} was not started")
        return self.process.pid

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.command,
                stdout=sink,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(self.environment),
                cwd=PROJECT,
                start_new_session=True,
            )

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_ready(self) -> bool:
        if not self.is_running():
            raise ComponentDied(f"{self.name} ended; the end of {self.log}:\n{self.tail()}")
        return not self.ready or self.log.read_text(errors="replace").count(self.ready) >= self.starts

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def tree(self) -> list[psutil.Process]:
        """Itself and everything below it, the youngest first."""
        with suppress(psutil.NoSuchProcess):
            me = psutil.Process(self.pid)
            return [*reversed(me.children(recursive=True)), me]
        return []

    def kill(self, number: int = signal.SIGKILL) -> int:
        """Signal the whole tree at once; returns how many processes that were."""
        hit = 0
        for process in self.tree():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
                hit += 1
        if number == signal.SIGKILL and self.process is not None:
            self.process.wait(30)
        return hit

    def stop(self, seconds: float = 15) -> None:
        """Ask it to end, then make it end."""
        if self.process is None:
            return
        processes = self.tree()
        if self.is_running():
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait(10)


@dataclass
class Cluster:
    """The servers of one Airflow; a context manager that starts and stops them.

    Args:
        folder: for everything it writes; another user must be able to reach it if this one is root.
        environment: further variables, for all components.
        slots: of the pool ``image_edit``.
        concurrency: tasks at once of each worker.
        workers: name → queues.
        quick: notice dead tasks and workers after seconds, not minutes.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    slots: int = 4
    concurrency: int = 4
    workers: Mapping[str, str] = field(default_factory=lambda: dict(WORKERS))
    quick: bool = True
    components: dict[str, Component] = field(default_factory=dict, init=False)
    api: Api = field(init=False)

    def __post_init__(self) -> None:
        missing = what_is_missing()
        if missing:
            raise ComponentDied(missing)
        self.postgres_port, self.redis_port, self.port = free_port(), free_port(), free_port()
        self.home = self.folder / "airflow"
        self.logs = self.folder / "logs"
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Cluster:
        self.home.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(exist_ok=True)
        try:
            self._start_postgres()
            self._add("redis", self._redis(), ready="Ready to accept connections")
            self.start("redis")
            self.airflow("db", "migrate")
            self.airflow("pools", "set", "image_edit", str(self.slots), "Image edits that may run at once")
            self._add_airflow()
            for name in self.components:
                if name not in {"postgres", "redis"}:
                    self.start(name, wait=False)
            for component in self.components.values():
                self._until(component.is_ready, f"{component.name} is ready")
            self._until(self.is_healthy, "all components report healthy")
            self.api = Api.login(self.url, self._password())
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, name: str, *, wait: bool = True) -> None:
        """Start a component, or start it again after it was killed."""
        component = self.components[name]
        (self.folder / f"{name}.pid").unlink(missing_ok=True)  # a killed worker leaves it behind
        component.start()
        if wait:
            self._until(component.is_ready, f"{name} is ready")

    def kill(self, name: str) -> int:
        """SIGKILL to a component with all that it started; returns how many processes that were."""
        return self.components[name].kill()

    def revive(self) -> list[str]:
        """Start what has ended by itself, as a service manager does; returns its names."""
        ended = [name for name, component in self.components.items() if not component.is_running()]
        for name in ended:
            self.start(name, wait=False)
        return ended

    def stop(self) -> None:
        if hasattr(self, "api"):
            self.api.close()
        # Workers first: they report their tasks. The database last.
        order = sorted(self.components.values(), key=lambda c: (c.name in {"postgres", "redis"}, c.name))
        for component in order:
            component.stop(4 if component.name not in {"postgres"} else 15)

    def airflow(self, *arguments: str) -> str:
        """Run the command line in the cluster's environment.

        Raises:
            ComponentDied: it failed.
        """
        done = subprocess.run(
            [_program("airflow"), *arguments],
            env=self._environment(),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ComponentDied(f"airflow {' '.join(arguments)}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Ask the metadata database as its superuser."""
        import psycopg2

        with psycopg2.connect(
            host="127.0.0.1", port=self.postgres_port, user=_DATABASE, dbname=_DATABASE
        ) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []

    def cut_connections(self) -> int:
        """End every other session of the database; returns how many there were."""
        return len(
            self.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    def crash_database(self) -> None:
        """SIGKILL to Postgres, and start it again: it recovers from its log."""
        self.kill("postgres")
        (self.folder / "postgres" / "postmaster.pid").unlink(missing_ok=True)
        self.start("postgres")

    def health(self) -> dict[str, str]:
        """Status by component, as the API server tells it."""
        answer = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=10).raise_for_status().json()
        return {name: str(state["status"]) for name, state in answer.items()}

    def is_healthy(self) -> bool:
        for component in self.components.values():
            component.is_ready()  # raises if it died
        try:
            return set(self.health().values()) == {"healthy"}
        except httpx.HTTPError:
            return False

    def task_processes(self) -> list[psutil.Process]:
        """What the workers have started: one supervisor, one task and its helpers for each running task."""
        return [p for name in self.workers for p in self.components[name].tree()[:-1]]

    def _add(
        self,
        name: str,
        command: Iterable[str],
        *,
        ready: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.components[name] = Component(
            name, list(command), self.logs / f"{name}.log", environment or self._environment(), ready
        )

    def _start_postgres(self) -> None:
        programs, data = postgres_folder(), self.folder / "postgres"
        assert programs is not None
        data.mkdir()
        as_user: list[str] = []
        if os.getuid() == 0:  # Postgres refuses to run as root
            shutil.chown(data, "postgres")
            for parent in [self.folder, *self.folder.parents]:
                if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)
            as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        subprocess.run(
            [
                *as_user,
                str(programs / "initdb"),
                "-D",
                str(data),
                "-U",
                _DATABASE,
                "-A",
                "trust",
                "-E",
                "UTF8",
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        settings = {
            "port": self.postgres_port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": data,
            "max_connections": 200,
            "fsync": "off",  # nobody pulls the plug of this machine; a killed server loses nothing by it
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self._add(
            "postgres",
            [*as_user, str(programs / "postgres"), "-D", str(data), *options],
            ready="database system is ready to accept connections",
            environment=dict(os.environ),
        )
        self.start("postgres")
        subprocess.run(
            [
                str(programs / "createdb"),
                *("-h", "127.0.0.1", "-p", str(self.postgres_port), "-U", _DATABASE, _DATABASE),
            ],
            check=True,
            capture_output=True,
        )

    def _redis(self) -> list[str]:
        program = shutil.which("redis-server")
        assert program is not None
        options = {"port": self.redis_port, "bind": "127.0.0.1", "save": "", "dir": self.folder}
        return [program, *(word for key, value in options.items() for word in (f"--{key}", str(value)))]

    def _add_airflow(self) -> None:
        airflow = _program("airflow")
        self._add("api-server", [airflow, "api-server", "--workers", "1"])
        self._add("scheduler", [airflow, "scheduler", "--skip-serve-logs"])
        self._add("dag-processor", [airflow, "dag-processor"])
        self._add("triggerer", [airflow, "triggerer", "--skip-serve-logs"])
        for name, queues in self.workers.items():
            self._add(
                name,
                [
                    *(airflow, "celery", "worker", "--queues", queues, "--skip-serve-logs"),
                    *("--concurrency", str(self.concurrency), "--celery-hostname", f"{name}@%h"),
                    *("--pid", str(self.folder / f"{name}.pid")),
                ],
                ready=" ready.",
            )

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PYTHONDONTWRITE"))}
        kept["PATH"] = f"{Path(sys.executable).parent}:{kept.get('PATH', '')}"
        return {
            **kept,
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": str(PROJECT),
            "OMP_NUM_THREADS": "1",
            **self._settings(),
            **self.environment,
        }

    def _settings(self) -> dict[str, str]:
        database = f"{_DATABASE}@127.0.0.1:{self.postgres_port}/{_DATABASE}"
        settings = {
            "CORE__EXECUTOR": "CeleryExecutor",
            "CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "CORE__FERNET_KEY": self._secret,
            "API__HOST": "127.0.0.1",
            "API__PORT": str(self.port),
            "API__BASE_URL": self.url,
            "API__SECRET_KEY": self._secret,
            "API_AUTH__JWT_SECRET": self._secret,
            "DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://{database}",
            "CELERY__BROKER_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "CELERY__RESULT_BACKEND": f"db+postgresql+psycopg2://{database}",
            "CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "86400",
            "USAGE_DATA_COLLECTION__ENABLED": "False",
            # An API server or a database that restarts costs no task its life.
            "WORKERS__MAX_FAILED_HEARTBEATS": "24",
        }
        if self.quick:
            settings |= {
                "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",  # an API server is away for half of it
                "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
                "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "15",
                "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
                "SCHEDULER__TASK_QUEUED_TIMEOUT": "90",
                "SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
                "WORKERS__MIN_HEARTBEAT_INTERVAL": "3",
            }
        return {f"AIRFLOW__{name}": value for name, value in settings.items()}

    @property
    def _secret(self) -> str:
        file = self.folder / "secret"
        if not file.exists():
            file.write_bytes(urlsafe_b64encode(secrets.token_bytes(32)))
        return file.read_text()

    def _password(self) -> str:
        import json

        file = self.home / "simple_auth_manager_passwords.json.generated"
        return str(json.loads(file.read_text())["admin"])

    def _until(self, condition: Callable[[], bool], what: str, seconds: float = 180) -> None:
        until = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > until:
                tails = "\n".join(f"--- {c.name}\n{c.tail(8)}" for c in self.components.values())
                raise ComponentDied(f"not within {seconds:.0f} s: {what}\n{tails}")
            time.sleep(0.5)


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))
