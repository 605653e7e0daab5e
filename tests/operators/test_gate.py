"""What the gate judges, what it learns, and when it is skipped. Airflow's context is a stand-in."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from localizer.errors import InputError
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.pace import measured
from localizer.plan_files import Plan
from localizer.runs import Run
from localizer.runs.merging import Counts
from localizer.workspace import Workspace
from operators.gate import QualityGateOperator, run_problem

SHARD = {"shard": "0000", "start": 0, "stop": 4, "pace": "pace/x.json"}


def context(**states: str) -> dict[str, Any]:
    def get_task_states(dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict[str, dict[str, str]]:
        assert task_ids == ["edit", "load"]
        return {run_ids[0]: states}

    return {"ti": SimpleNamespace(dag_id="d", run_id="r", get_task_states=get_task_states)}


def gate(folder: Path, **options: Any) -> QualityGateOperator:
    with DAG("d", schedule=None):
        operator = QualityGateOperator(task_id="gate", workspace=str(folder), run_name="r", **options)
        [BaseOperator(task_id="load"), BaseOperator(task_id="edit")] >> operator
    return operator


def planned(folder: Path) -> Run:
    edit = Edit(Action.REMOVE_TEXT, text="x", row=2)
    jobs = [Job(f"k{n}", f"p{n}", "ja", "en", "sources/s.png", "0" * 64, (edit,)) for n in range(4)]
    run = Workspace.open(str(folder)).run("r")
    run.save_plan(Plan("c", tuple(jobs)))
    return run


def result(number: int, status: Status = Status.PASSED, **changes: Any) -> JobResult:
    made = JobResult(f"k{number}", f"p{number}", "ja", status, image="i.png", seconds=2.0, engine="e")
    return made.with_changes(**changes)


def test_it_gathers_judges_and_learns_the_pace(tmp_path: Path) -> None:
    run = planned(tmp_path)
    run.save_shard("known-0000", [result(0, cached=True, seconds=0.01)])
    run.save_shard("0000", [result(1), result(2), result(3, Status.NEEDS_REVIEW)])
    returned = gate(tmp_path, shards=[SHARD], min_pass_rate="0.75").execute(context())  # type: ignore[arg-type]
    report = returned.pop("report")
    assert Path(report).exists()
    assert returned == {
        "total": 4,
        "passed": 3,
        "needs_review": 1,
        "failed": 0,
        "cached": 1,
        "hit_rate": 0.25,
    }
    pace = measured(Workspace.open(str(tmp_path)).storage, "pace/x.json")
    assert pace is not None
    assert pace.seconds == 2.0
    with pytest.raises(AirflowFailException, match="3 of 4 images passed, less than the 80%"):
        gate(tmp_path, shards=[SHARD], min_pass_rate=0.8).execute(context())  # type: ignore[arg-type]


def test_a_run_in_which_nothing_was_mapped_is_judged_too(tmp_path: Path) -> None:
    run = planned(tmp_path)
    run.save_shard("known-0000", [result(n, cached=True) for n in range(4)])
    assert gate(tmp_path, shards=[]).execute(context())["hit_rate"] == 1.0  # type: ignore[arg-type]
    assert not (tmp_path / "pace").exists()


def test_no_manifest_is_a_skip_and_one_that_failed_is_not(tmp_path: Path) -> None:
    planned(tmp_path)
    with pytest.raises(AirflowSkipException, match="no manifest"):
        gate(tmp_path, shards=None).execute(context(load="skipped", edit="skipped"))  # type: ignore[arg-type]
    with pytest.raises(AirflowFailException, match="was not loaded"):
        gate(tmp_path, shards=None).execute(context(load="failed", edit="upstream_failed"))  # type: ignore[arg-type]
    with pytest.raises(AirflowSkipException, match="plan only"):
        gate(tmp_path, shards=[], plan_only="true").execute(context())  # type: ignore[arg-type]


def test_a_rate_that_is_none_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    planned(tmp_path)
    for wrong in ("most", "1.5", -0.1):
        with pytest.raises(InputError, match="min_pass_rate"):
            gate(tmp_path, shards=[], min_pass_rate=wrong).execute(context())  # type: ignore[arg-type]
    assert not (tmp_path / "runs/r/results.jsonl").exists()


def test_what_stops_a_run() -> None:
    counts = Counts()
    assert "asks for nothing" in run_problem(counts, min_pass_rate=0)
    counts.add(result(0, Status.FAILED, image=None, reason="row 2, image: gone"))
    assert run_problem(counts, min_pass_rate=0).endswith("could be made; the first: row 2, image: gone")
    counts.add(result(1, Status.NEEDS_REVIEW))
    assert run_problem(counts, min_pass_rate=0) == ""
    counts = Counts()
    counts.add(result(0, Status.NEEDS_REVIEW, image=None, reason="the copy deck has no approved ja copy"))
    assert run_problem(counts, min_pass_rate=0) == ""  # it waits for its copy
    assert "0 of 1 images passed" in run_problem(counts, min_pass_rate=0.5)
