"""Whose plan a shard belongs to, and in whose name its models are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import InputError
from localizer.model import Action, Edit, Job
from localizer.plan_files import Plan
from localizer.workspace import Workspace
from operators.edit import requested_by, shard_jobs


def jobs(*names: str) -> list[Job]:
    edit = Edit(Action.REPLACE_TEXT, "a", "b")
    return [Job(f"{n}-key", n, "ja", "en", f"sources/{n}.png", "0" * 64, (edit,)) for n in names]


def test_a_shard_takes_its_jobs_from_its_own_plan_only(tmp_path: Path) -> None:
    run = Workspace.open(str(tmp_path)).run("r")
    run.save_plan(Plan("c", tuple(jobs("a", "b", "c"))))
    with run.plan() as plan:
        shard = {"shard": "0000", "start": 1, "stop": 3, "plan": plan.digest}
        assert [j.asset_id for j in shard_jobs(plan, shard)] == ["b", "c"]
    run.save_plan(Plan("c", tuple(jobs("d", "e", "f"))))
    with run.plan() as plan:
        with pytest.raises(InputError, match="made anew"):
            shard_jobs(plan, shard)
        with pytest.raises(InputError, match="made anew"):  # cut by an older version
            shard_jobs(plan, {"shard": "0000", "jobs": [0], "plan": plan.digest})


@pytest.mark.parametrize(
    ("user", "name"), [("mei", "mei"), (None, "schedule:nightly"), ("", "schedule:nightly")]
)
def test_models_are_called_in_the_name_of_who_triggered_the_run(user: str | None, name: str) -> None:
    from types import SimpleNamespace

    context = {"dag_run": SimpleNamespace(dag_id="nightly", triggering_user_name=user)}
    assert requested_by(context) == name  # type: ignore[arg-type]
