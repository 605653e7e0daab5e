from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException

from localizer.errors import InputError
from localizer.model import JobResult, Status
from localizer.workspace import Workspace
from operators.cache import EvictResultsOperator


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace.open(str(tmp_path))
    for key in ("a", "b"):
        made = JobResult(key, key, "ja", Status.PASSED, image="candidate.png", engine="typeset")
        workspace.save_result(made, {"candidate.png": b"x" * 5000})
    return workspace


def evict(workspace: Workspace, **more: Any) -> dict[str, int]:
    with DAG("d", schedule=None):
        operator = EvictResultsOperator(task_id="evict", workspace=workspace.uri, **more)
    return operator.execute({})


def test_it_evicts_down_to_the_budget(workspace: Workspace) -> None:
    dry = evict(workspace, budget="7kB", check_only="True")
    assert dry["results"] == 1
    assert len(list(workspace.storage.names("jobs/"))) == 4
    done = evict(workspace, budget="7kB")
    assert done["results"] == 1
    assert done["left_bytes"] <= 7000
    assert len(list(workspace.storage.names("jobs/"))) == 2


def test_it_needs_to_be_told_a_limit(workspace: Workspace) -> None:
    with pytest.raises(AirflowSkipException, match="budget"):
        evict(workspace)
    with pytest.raises(InputError, match="200GB"):
        evict(workspace, budget="a lot")
    assert len(list(workspace.storage.names("jobs/"))) == 4


def test_the_weekly_dag_is_paused_and_evicts(
    workspace: Workspace, airflow_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(Path(__file__).resolve().parents[2] / "dags" / "evict_results.py"))
    dag = bag.dags["evict_results"]
    assert dag.is_paused_upon_creation
    run = dag.test(run_conf={"workspace": workspace.uri, "budget": "7000"})
    assert str(run.state) == "success"
    assert len(list(workspace.storage.names("jobs/"))) == 2
