"""Processes that are killed, hang and eat memory; all real."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localizer.workers import pool as worker_pool
from localizer.workers.pool import Killed, Limits, WorkerPool


def prepare() -> None:
    os.environ["PREPARED"] = "yes"


def work(task: str) -> str:
    match task.split(":"):
        case ["sleep", seconds]:
            time.sleep(float(seconds))
        case ["die"]:
            os.kill(os.getpid(), signal.SIGSEGV)
        case ["leave"]:
            os._exit(3)
        case ["eat"]:
            held = bytearray()
            while True:
                held += b"x" * (8 << 20)
        case ["raise"]:
            raise Odd("odd", 1)
        case ["refuse"]:
            raise ValueError("not so")
    return f"{task} {os.getpid()} {os.environ['PREPARED']}"


class Odd(Exception):
    """Cannot be rebuilt from its arguments."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)


def pool(size: int, limits: Limits | None = None) -> WorkerPool[str, str]:
    return WorkerPool(size, work, prepare=prepare, limits=limits)


def test_a_killed_worker_costs_its_own_task_and_no_other() -> None:
    with pool(2) as workers:
        for _ in range(2):  # both are up
            workers.start("sleep:0.5")
        for _ in range(2):
            workers.next()
        workers.start("sleep:5")
        workers.start("die")
        assert workers.is_full
        task, outcome = workers.next()
        assert (task, outcome) == ("die", Killed("was killed by signal 11 (SIGSEGV)"))
        workers.start("leave")
        assert workers.next() == ("leave", Killed("ended with exit code 3"))
        task, outcome = workers.next()
        assert str(outcome).startswith("sleep:5 ")
        pid = str(outcome).split()[1]
        workers.start("again")  # the same process, prepared once
        assert workers.next() == ("again", f"again {pid} yes")
        os.kill(int(pid), signal.SIGKILL)  # with nothing to do: nobody notices
        time.sleep(0.2)
        workers.start("more")
        assert str(workers.next()[1]).startswith("more ")


@pytest.mark.parametrize(
    ("task", "limits", "reason"),
    [
        ("sleep:600", Limits(seconds=4.0), "took longer than 4 s"),
        ("eat", Limits(memory_bytes=256 << 20), "took more than 0.25 GiB of memory"),
    ],
)
def test_what_takes_too_much_is_stopped_alone(task: str, limits: Limits, reason: str) -> None:
    with pool(2, limits) as workers:
        workers.start(task)
        assert workers.next() == (task, Killed(reason, over_limit=True))
        workers.start("next")
        assert str(workers.next()[1]).startswith("next ")


def test_errors_are_raised_with_the_workers_traceback() -> None:
    with pool(1) as workers:
        workers.start("refuse")
        with pytest.raises(ValueError, match="not so") as caught:
            workers.next()
        assert "in work" in caught.value.__notes__[0]
        workers.start("raise")
        with pytest.raises(RuntimeError, match="Odd: odd"):
            workers.next()


def test_leaving_ends_the_processes_whatever_they_do() -> None:
    with pool(2) as workers:
        workers.start("ready")
        _, outcome = workers.next()
        workers.start("sleep:600")
        started = time.monotonic()
    assert time.monotonic() - started < 4
    with pytest.raises(ProcessLookupError):
        os.kill(int(str(outcome).split()[1]), 0)


def test_the_main_module_is_not_run_again_in_a_worker(tmp_path: Path) -> None:
    # That of an Airflow task is Airflow, which cannot start there.
    script = tmp_path / "airflow_like.py"
    script.write_text(
        """
import os
from localizer.workers.pool import WorkerPool

assert __name__ == "__main__", "run again"

with WorkerPool(1, os.path.basename, prepare=os.getpid) as workers:
    workers.start("a/b")
    print(*workers.next())
""",
        encoding="utf-8",
    )
    root = Path(worker_pool.__file__).parents[2]
    command = [sys.executable, str(script)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": str(root)}
    )
    assert done.stdout.split() == ["a/b", "b"], done.stderr
