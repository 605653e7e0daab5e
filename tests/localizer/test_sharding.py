"""Which ranges of a plan become tasks, and what of it needs none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localizer.checks.suite import CHECKS_VERSION
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.plan_files import Plan, PlanReader
from localizer.runs import Run
from localizer.sharding import Shard, cut, save_known, shard_ranges
from localizer.storage import Storage, open_storage
from localizer.workspace import Workspace

UNKNOWN, KNOWN = 0, 1


def sizes(jobs: int, **options: object) -> list[int]:
    """Of the shards of a plan of which nothing is known."""
    given = {"most": 1024, "seconds": None} | options
    return [stop - start for start, stop in shard_ranges(bytearray(jobs), **given)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("jobs", "first", "last", "shards"),
    [(1, 1, 1, 1), (64, 1, 1, 64), (65, 20, 20, 4), (320, 80, 20, 9), (1000, 150, 50, 11)],
)
def test_one_task_an_image_up_to_64_then_20_to_150_while_nothing_was_measured(
    jobs: int, first: int, last: int, shards: int
) -> None:
    found = sizes(jobs)
    assert (found[0], len(found), sum(found)) == (first, shards, jobs)
    assert min(found[:-1], default=last) == last
    assert set(sizes(10_000)[:50]) == {150}


def test_shards_of_some_minutes_where_the_pace_is_known_and_smaller_ones_at_the_end() -> None:
    cut = sizes(10_000, seconds=4.0, processes=2)
    assert cut[0] == 90  # three minutes of two processes
    assert min(cut[:-1]) == 30  # one minute
    assert cut[-10:] == sorted(cut[-10:], reverse=True)
    assert set(sizes(100, seconds=600.0)) == {1}  # one slow image a task, but never less
    assert max(sizes(100_000, seconds=0.001)) == 500  # and never more than 500 quick ones


def test_few_quick_images_share_a_task_and_few_slow_ones_do_not() -> None:
    assert sizes(60, seconds=0.1) == [60]
    assert sizes(60, seconds=5.0) == [1] * 60


def test_jobs_that_wait_for_a_service_share_tasks() -> None:
    assert sizes(30, together=8) == [20, 10]
    assert sizes(64, together=32) == [32, 32]
    assert sizes(30, together=1) == [1] * 30
    assert sizes(1000, together=8, seconds=20.0)[0] == 72  # three minutes of eight at a time
    assert sizes(1000, together=8, seconds=600.0)[0] == 20


def test_shards_grow_where_they_could_not_be_mapped() -> None:
    assert len(sizes(100_000)) <= 1024
    assert len(sizes(60, most=10)) <= 10
    assert len(sizes(100_000, seconds=600.0)) <= 1024


def test_what_is_known_is_no_task_and_costs_little_between_others() -> None:
    options = {"most": 1024, "seconds": None}
    assert shard_ranges(bytearray([KNOWN] * 500), **options) == []
    flags = bytearray([KNOWN] * 300 + [UNKNOWN] + [KNOWN] * 300 + [UNKNOWN] * 2 + [KNOWN] * 50)
    assert shard_ranges(flags, **options) == [(300, 301), (601, 602), (602, 603)]
    scattered = bytearray([UNKNOWN, *[KNOWN] * 9] * 1000)
    ranges = shard_ranges(scattered, **options)
    # As many as for a thousand unknown jobs alone: 150 at first, less what looking the others up costs.
    assert (ranges[0], len(ranges)) == ((0, 1431), 11)


@given(
    flags=st.lists(st.booleans(), max_size=400),
    most=st.integers(1, 40),
    seconds=st.none() | st.floats(0.001, 1000),
    together=st.integers(0, 40),
    processes=st.integers(1, 8),
)
def test_every_unknown_job_is_in_one_shard_and_they_are_never_too_many(
    flags: list[bool], most: int, seconds: float | None, together: int, processes: int
) -> None:
    ranges = shard_ranges(
        bytearray(flags), most=most, seconds=seconds, together=together, processes=processes
    )
    assert len(ranges) <= most
    assert all(stop > start for start, stop in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    covered = [i for start, stop in ranges for i in range(start, stop) if not flags[i]]
    assert covered == [i for i, known in enumerate(flags) if not known]


def job(number: int, **changes: object) -> Job:
    edit = Edit(Action.REMOVE_TEXT, text="SALE", row=number + 2)
    fields = {"missing_copy": ()} | changes
    return Job(f"{number:064d}", f"p{number}", "ja", "en", "sources/s.png", "0" * 64, (edit,), **fields)  # type: ignore[arg-type]


@pytest.fixture
def workspace(storage_uri: str) -> Workspace:
    return Workspace.open(storage_uri)


@pytest.fixture
def run(workspace: Workspace) -> Run:
    return workspace.run("r")


@pytest.fixture
def plan(run: Run) -> Iterator[PlanReader]:
    run.save_plan(Plan("c", (*(job(n) for n in range(6)), job(6, missing_copy=("SALE",)))))
    with run.plan() as reader:
        yield reader


def save(workspace: Workspace, number: int, version: str = CHECKS_VERSION) -> None:
    result = JobResult(job(number).key, "other name", "ja", Status.PASSED, image="candidate.png")
    workspace.save_result(result.with_changes(checks_version=version), {"candidate.png": b"png"})


def test_known_results_are_saved_at_once_and_the_others_become_shards(
    workspace: Workspace, run: Run, plan: PlanReader
) -> None:
    for number in (0, 2, 3):
        save(workspace, number)
    save(workspace, 4, "an older version of the checks")
    known = save_known(run, plan, workspace)
    assert list(known) == [1, 0, 1, 1, 0, 0, 1]
    assert [(r.asset_id, r.cached) for r in run.load_shard("known-0000")] == [
        ("p0", True),
        ("p2", True),
        ("p3", True),
        ("p6", False),  # its copy is missing: nothing to edit either
    ]
    assert cut(plan, known, most=10) == [
        Shard("0000", 1, 2, "p1 · ja"),
        Shard("0001", 4, 5, "p4 · ja"),
        Shard("0002", 5, 6, "p5 · ja"),
    ]
    assert cut(plan, known, most=1) == [Shard("0000", 1, 6, "p1 · ja … p5 · ja (5)")]
    counts = run.merge()
    assert (counts.total, counts.cached, counts.needs_review, counts.failed) == (7, 3, 1, 3)


class Counted:
    """A storage, and how often each of its methods was called."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.calls = storage, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.storage, name)
        if not callable(found) or name == "uri_of":
            return found

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return found(*args, **kwargs)

        return call


def test_a_known_job_costs_a_bucket_two_requests_and_a_new_one_one(
    gcs_uri: str, caplog: pytest.LogCaptureFixture
) -> None:
    counted = Counted(open_storage(gcs_uri))
    workspace = Workspace(counted)  # type: ignore[arg-type]
    run = workspace.run("r")
    run.save_plan(Plan("c", tuple(map(job, range(40)))))
    for number in range(30):
        save(workspace, number)
    with run.plan() as plan:
        counted.calls.clear()
        assert sum(save_known(Run(counted.storage, "r"), plan, workspace)) == 30
    assert counted.calls == {"read": 40, "infos": 30}
    # More lines to the bucket than its client keeps open would be a warning for each.
    assert "pool is full" not in caplog.text


def test_long_names_make_short_labels(tmp_path: Path) -> None:
    run = Workspace.open(str(tmp_path)).run("r")
    long = Job("k", "x" * 400, "ja", "en", "sources/s.png", "0" * 64, ())
    run.save_plan(Plan("c", (long, job(1))))
    with run.plan() as plan:
        [shard] = cut(plan, bytearray(2), most=1)
    assert len(shard.label) < 150
