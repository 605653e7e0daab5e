"""Jobs side by side: how many wait at once, that one computes at a time, order, twins and failures."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from localizer.calls import Calls
from localizer.errors import StorageError
from localizer.model import Job, JobResult, Status
from localizer.remote.openai import OpenAIEditModel
from localizer.storage.local import LocalStorage
from localizer.workers.waiting import Waiting
from localizer.workers.window import Turn, run_in_window
from tests.localizer.remote.conftest import JOB, access, question
from tests.localizer.remote.openai_contract_server import OpenAIServer


def jobs(count: int) -> list[Job]:
    return [replace(JOB, key=f"{n:064x}", asset_id=f"poster-{n:02d}") for n in range(count)]


def waiting(some: list[Job]) -> Waiting:
    return Waiting(iter(some), lambda job: None)


def result_of(job: Job) -> JobResult:
    return JobResult(job=job.key, asset_id=job.asset_id, locale=job.locale, status=Status.PASSED)


def test_thirty_jobs_wait_together_and_compute_alone(tmp_path) -> None:
    server = OpenAIServer()
    server.latency_s = 0.5
    computing, most = 0, 0
    turn = Turn()
    calls = Calls(LocalStorage(tmp_path), "mei", aside=turn.aside)

    def do(job: Job) -> JobResult:
        nonlocal computing, most
        computing += 1
        most = max(most, computing)
        time.sleep(0.001)
        computing -= 1
        calls.once(question(int(job.key, 16)), model=model, job=job)
        computing += 1
        most = max(most, computing)
        time.sleep(0.001)
        computing -= 1
        return result_of(job)

    came: list[str] = []
    with server.running():
        model = OpenAIEditModel(access=access(server, concurrency=15))
        run_in_window(waiting(jobs(30)), do, size=20, turn=turn, on_result=lambda r: came.append(r.asset_id))
    assert sorted(came) == [j.asset_id for j in jobs(30)]
    assert (server.paid, most) == (30, 1)
    # As many as the connection allows, and never more: two rounds of half a second in place of thirty.
    assert 10 <= server.most_in_flight <= 15


def test_results_come_as_they_are_done_in_the_callers_thread() -> None:
    turn, gate = Turn(), threading.Event()
    came = []

    def do(job: Job) -> JobResult:
        if job.asset_id == "poster-00":
            with turn.aside():
                gate.wait(5)
        return result_of(job)

    def done(result: JobResult) -> None:
        came.append((result.asset_id, threading.current_thread() is threading.main_thread()))
        if len(came) == 2:
            gate.set()

    run_in_window(waiting(jobs(3)), do, size=3, turn=turn, on_result=done)
    assert came[-1] == ("poster-00", True)


def test_jobs_of_one_key_go_one_after_another() -> None:
    first, other = jobs(2)
    twin = replace(first, asset_id="twin")
    turn, busy, seen = Turn(), set(), []

    def do(job: Job) -> JobResult:
        assert job.key not in busy
        busy.add(job.key)
        with turn.aside():
            time.sleep(0.02)
        busy.remove(job.key)
        seen.append(job.asset_id)
        return result_of(job)

    run_in_window(waiting([first, twin, other]), do, size=3, turn=turn, on_result=lambda r: None)
    assert sorted(seen) == ["poster-00", "poster-01", "twin"]
    assert seen.index("poster-00") < seen.index("twin")


def test_what_no_result_can_say_ends_the_batch() -> None:
    def do(job: Job) -> JobResult:
        if job.asset_id == "poster-01":
            raise StorageError("the workspace refuses")
        return result_of(job)

    with pytest.raises(StorageError, match="refuses"):
        run_in_window(waiting(jobs(3)), do, size=1, turn=Turn(), on_result=lambda r: None)
