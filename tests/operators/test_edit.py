"""Shards: whose plan they belong to, and that a retry loses nothing."""

from __future__ import annotations

import time

import pytest

from localizer.errors import InputError
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.runs import Run
from localizer.workspace import Workspace
from operators.edit import _Checkpoint, requested_by, shard_jobs
from operators.manifest import plan_digest


def jobs(*names: str) -> list[Job]:
    edit = Edit(Action.REPLACE_TEXT, "a", "b")
    return [Job(f"{n}-key", n, "ja", "en", f"sources/{n}.png", "0" * 64, (edit,)) for n in names]


def result(job: Job) -> JobResult:
    return JobResult(job=job.key, asset_id=job.asset_id, locale=job.locale, status=Status.PASSED)


def test_a_shard_takes_its_jobs_from_its_own_plan_only() -> None:
    planned, again = jobs("a", "b"), jobs("c", "d")
    shard = {"shard": "0000", "jobs": [1], "plan": plan_digest(planned)}
    assert [j.asset_id for j in shard_jobs(planned, shard)] == ["b"]
    with pytest.raises(InputError, match="made anew"):
        shard_jobs(again, shard)
    with pytest.raises(InputError, match="made anew"):
        shard_jobs(planned, {"shard": "0000", "jobs": [7]})


def test_a_checkpoint_of_a_retry_keeps_what_the_earlier_try_had(tmp_path, monkeypatch) -> None:
    run: Run = Workspace.open(str(tmp_path)).run("r")
    first, second = jobs("a", "b")
    run.save_shard("0000", [result(first), result(second)])
    checkpoint = _Checkpoint(run, "0000")
    later = time.monotonic() + 3600
    monkeypatch.setattr("operators.edit.time.monotonic", lambda: later)
    checkpoint.add(result(first).with_changes(cached=True))
    kept = {r.asset_id: r.cached for r in run.load_shard("0000")}
    assert kept == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("user", "name"), [("mei", "mei"), (None, "schedule:nightly"), ("", "schedule:nightly")]
)
def test_models_are_called_in_the_name_of_who_triggered_the_run(user: str | None, name: str) -> None:
    from types import SimpleNamespace

    context = {"dag_run": SimpleNamespace(dag_id="nightly", triggering_user_name=user)}
    assert requested_by(context) == name  # type: ignore[arg-type]
