"""Which result of a job counts, and that gathering many costs no more memory than gathering few."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from localizer.model import Action, CheckResult, CheckStatus, Edit, Job, JobResult, Status
from localizer.plan_files import PlanWriter
from localizer.runs import Run, merging
from localizer.workspace import Workspace


def job(number: int) -> Job:
    edit = Edit(Action.REMOVE_TEXT, text="SALE " * 20, row=number + 2)
    return Job(f"{number:064d}", f"p{number}", "ja", "en", "sources/s.png", "0" * 64, (edit,))


def result(number: int, reason: str = "", **changes: object) -> JobResult:
    checks = tuple(CheckResult(f"check {n}", CheckStatus.PASSED, 1.0, detail="x" * 100) for n in range(8))
    made = JobResult(job(number).key, f"p{number}", "ja", Status.PASSED, checks=checks, reason=reason)
    return made.with_changes(image=f"jobs/{number}/candidate.png", **changes)


def planned(folder: Path, jobs: int) -> Run:
    run = Workspace.open(str(folder / "workspace")).run("r")
    with PlanWriter(folder / "plan.parquet", campaign="c") as writer:
        for number in range(jobs):
            writer.add(job(number))
        writer.finish()
    run.save_plan_file(folder / "plan.parquet")
    return run


def test_the_last_result_that_was_written_counts(tmp_path: Path) -> None:
    run = planned(tmp_path, 4)
    run.save_shard("0009", [result(n, "an earlier cut") for n in range(3)])
    run.save_shard("known-0000", [result(1, "known while planning"), result(99, "of another plan")])
    run.save_shard("0000", [result(2, "twice"), result(2, "once more")])
    for age, name in enumerate(("0000", "known-0000", "0009")):  # whatever a file system's clock can tell
        path = tmp_path / f"workspace/runs/r/results/{name}.jsonl"
        os.utime(path, ns=(path.stat().st_mtime_ns - age * 10**9,) * 2)
    run.merge()
    assert [r.reason for r in run.each_result()] == [
        "an earlier cut",
        "known while planning",
        "once more",
        "was not finished; run it again",
    ]


def test_what_could_not_be_done_just_then_gives_way_to_what_was_done(tmp_path: Path) -> None:
    run = planned(tmp_path, 2)
    run.save_shard("0", [result(0, "done", checks_version="2"), result(1, "older", checks_version="1")])
    later = {"status": Status.FAILED, "retryable": True, "checks_version": "2"}
    run.save_shard("1", [result(0, "503", **later), result(1, "503", **later)])
    path = tmp_path / "workspace/runs/r/results/0.jsonl"
    os.utime(path, (1, 1))
    run.merge()
    # An older version of the checks may have passed what this one would not.
    assert [r.reason for r in run.each_result()] == ["done", "503"]


def test_results_whose_hashes_meet_are_never_mixed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "_hash", lambda slot: 7)
    run = planned(tmp_path, 3)
    run.save_shard("0", [result(n) for n in range(3)])
    run.merge()
    found = list(run.each_result())
    assert [r.asset_id for r in found] == ["p0", "p1", "p2"]
    assert all(r.status is Status.PASSED or "not finished" in r.reason for r in found)


def test_what_stands_so_far_is_told_without_writing(tmp_path: Path) -> None:
    run = planned(tmp_path, 3)
    run.save_shard("0", [result(1)])
    assert [type(entry) for entry in run.so_far()] == [Job, JobResult, Job]
    assert not (tmp_path / "workspace/runs/r/results.jsonl").exists()


def test_ten_times_the_jobs_take_no_more_memory(tmp_path: Path) -> None:
    def peak(jobs: int) -> float:
        run = planned(tmp_path / str(jobs), jobs)
        for start in range(0, jobs, 300):
            run.save_shard(f"{start:05d}", [result(n) for n in range(start, min(start + 300, jobs))])
        tracemalloc.start()
        try:
            counts = run.merge()
            assert sum(1 for _ in run.each_result()) == counts.passed == jobs
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    for jobs in (10, 600, 6000):
        (tmp_path / str(jobs)).mkdir()
    peak(10)  # imports
    few, many = peak(600), peak(6000)  # more than a row group of the plan each
    assert many - few < 5400 * 60  # bytes a job; a result takes thousands
