"""``python -m localizer report``: a run that still goes on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from localizer.cli import main
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.plan_files import Plan
from localizer.workspace import Workspace


def test_a_run_is_reported_as_far_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit = Edit(Action.REMOVE_TEXT, text="SALE", row=2)
    jobs = [Job(f"{n:064x}", f"poster-{n}", "ja", "en", "sources/s.png", "0" * 64, (edit,)) for n in range(3)]
    run = Workspace.open(str(tmp_path)).run("dag__manual__2026-11-23T00:00:00+00:00")
    run.save_plan(Plan("c", tuple(jobs)))
    run.save_shard("0001", [JobResult(jobs[1].key, "poster-1", "ja", Status.FAILED, reason="not readable")])
    assert main(["report", "--workspace", str(tmp_path), "dag__manual__2026-11-23T00:00:00+00:00"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == Path(run.uri_of("report.html"))
    assert "not readable" in page.read_text("utf-8")
    with page.with_name("results.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [("waiting" in row, "failed" in row) for row in rows[1:]] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert not page.with_name("results.jsonl").exists()


def test_a_run_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--workspace", str(tmp_path), "nothing"]) == 1
    assert "plan.parquet" in capsys.readouterr().err
