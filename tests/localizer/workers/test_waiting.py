"""Jobs are drawn as they are needed, and two of one key never begin at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from localizer.errors import StorageError
from localizer.model import Job, JobResult, Status
from localizer.workers.waiting import Waiting, looked_up


def job(number: int, key: str = "") -> Job:
    return Job(key or f"k{number}", f"p{number}", "ja", "en", "s", "0", ())


def nothing_known(job: Job) -> None:
    return None


def test_twins_wait_for_the_one_under_way_and_are_looked_up_again() -> None:
    done: set[str] = set()

    def look_up(job: Job) -> JobResult | None:
        return JobResult(job.key, job.asset_id, "ja", Status.PASSED) if job.key in done else None

    waiting = Waiting(iter([job(0, "k"), job(1, "k"), job(2), job(3, "k")]), look_up)
    first, second = waiting.begin(), waiting.begin()
    assert first is not None
    assert second is not None
    assert [first[0].asset_id, second[0].asset_id] == ["p0", "p2"]
    assert waiting.begin() is None
    done.add("k")
    waiting.end(first[0])
    for name in ("p1", "p3"):
        twin = waiting.begin()
        assert twin is not None
        assert twin[1] is not None
        assert twin[1].asset_id == name
        waiting.end(twin[0])
    assert waiting.begin() is None
    waiting.end(second[0])
    assert waiting.begin() is None


def test_few_jobs_are_drawn_ahead_and_many_twins_do_not_draw_them_all() -> None:
    drawn = 0

    def jobs(key: str = "") -> Iterator[Job]:
        nonlocal drawn
        for number in range(100_000):
            drawn += 1
            yield job(number, key)

    waiting = Waiting(jobs(), nothing_known)
    assert waiting.begin() is not None
    assert drawn < 100
    drawn = 0
    waiting = Waiting(jobs("the same"), nothing_known)
    assert waiting.begin() is not None
    assert waiting.begin() is None
    assert drawn < 1200


def test_jobs_are_looked_up_side_by_side_and_come_in_order() -> None:
    together = threading.Barrier(8)

    def look_up(job: Job) -> None:
        if int(job.asset_id[1:]) < 8:
            together.wait(10)

    jobs = [job(n) for n in range(200)]
    assert [j for j, _ in looked_up(iter(jobs), look_up)] == jobs


def test_a_workspace_that_refuses_is_told() -> None:
    def refuse(job: Job) -> None:
        raise StorageError("no")

    with pytest.raises(StorageError):
        list(looked_up([job(0)], refuse))
