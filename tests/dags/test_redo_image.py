"""The DAG `redo_image`, run for real by Airflow on SQLite, on a run that `localize_campaign` made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localizer.release import publish, read_current, verify_release
from localizer.runs import Run
from localizer.workspace import Workspace
from tests.localizer.redo import painting

PROJECT = Path(__file__).resolve().parents[2]
AWKWARD = "it's “wrong”: {{ 1 + 1 }}, 1_000\nsays 李 𠮷 😀"

Dags = dict[str, Any]


@pytest.fixture
def dags(airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Dags:
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("LOCALIZER_ENGINES", f"{painting.NAME},{painting.MODEL}")
    dags = dict(DagBag(dag_folder=str(PROJECT / "dags")).dags)
    for dag in dags.values():
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
            task.retry_exponential_backoff = 0
    return dags


class Made:
    """A finished run of the small campaign, and redos of it."""

    def __init__(self, dags: Dags, folder: Path, engine: str, root: str, **conf: Any) -> None:
        self.redo_dag, self.folder = dags["redo_image"], folder
        self.workspace = Workspace.open(f"{root}/workspace")
        conf |= {
            "manifest": str(folder / "small.csv"),
            "brand": None,
            "approval": "never",
            "engine": engine,
            "workspace": self.workspace.uri,
            "publish_uri": f"{root}/published",
        }
        dag = dags["localize_campaign"]
        dag.get_task("edit_images").partial_kwargs["workers"] = 1
        made = dag.test(run_conf=conf)
        assert str(made.state) == "success"
        self.run_id = made.run_id
        self.run: Run = self.workspace.run(f"localize_campaign__{made.run_id}")

    def redo(self, asset: str, *replacements: str | None, job: str = "", **conf: Any) -> Any:
        """The task instance of a redo."""
        wish = {  # all of it: `dag.test` keeps what it was given before
            "engine": None,
            "engine_parameters": {},
            "gcp_conn_id": None,
            "dag_id": "localize_campaign",
            "run_id": self.run_id,
            "workspace": self.workspace.uri,
            "item": {"asset_id": asset, "locale": "de", "job": job},
            "replacements": list(replacements) or None,
            "comment": AWKWARD,
        }
        [task] = self.redo_dag.test(run_conf=wish | conf).get_task_instances()
        return task

    def copy(self) -> dict[str, str]:
        return {each.asset_id: each.edits[0]["replacement"] for each in self.run.each_result() if each.edits}


@pytest.fixture
def made(dags: Dags, small_campaign: Path) -> Callable[..., Made]:
    return lambda engine="typeset": Made(dags, small_campaign, engine, str(small_campaign))


def test_an_image_is_done_again_and_waits_for_a_review_of_its_own(made: Callable[..., Made]) -> None:
    campaign = made()
    published = str(campaign.folder / "published")
    old = next(each for each in campaign.run.each_result() if each.asset_id == "a")
    assert read_current(published, "small") is not None
    task = campaign.redo("a", "ANGEBOT", job=old.job)
    assert (str(task.state), task.try_number) == ("success", 1)
    said = task.xcom_pull(task_ids="redo")
    assert {key: said[key] for key in ("asset_id", "locale", "status", "engine", "was_reviewed")} == {
        **{"asset_id": "a", "locale": "de", "status": "passed", "engine": "typeset"},
        "was_reviewed": True,
    }
    assert said["to_keep"] == ["for row 2 of the manifest: the replacement ANGEBOT"]
    assert campaign.copy() == {"a": "ANGEBOT", "b": "NEU"}
    [amendment] = campaign.run.amendments()
    assert (amendment.id, amendment.by, amendment.why) == (task.run_id, "dag_test", AWKWARD)
    assert (amendment.replaces, amendment.job.key) == (old.job, said["job"])
    page = Path(said["report"]).read_text("utf-8")
    assert "for dag_test, " in page
    pointer = read_current(published, "small")
    assert pointer is not None
    assert pointer.release_id in page

    publish(campaign.run, workspace=campaign.workspace, publish_uri=published, campaign="small")
    pointer = read_current(published, "small")
    assert pointer is not None
    release = verify_release(published, "small", pointer.release_id)
    assert [each.path for each in release.objects] == ["de/b.png"]


def test_what_is_wrong_fails_at_once_and_what_does_not_answer_is_tried_again(
    made: Callable[..., Made], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    campaign = made(painting.NAME)
    before = (campaign.copy(), [each.job for each in campaign.run.each_result()])
    for wrong in ({}, {"item": {"asset_id": "z", "locale": "de"}}, {"replacements": ["x", "y"]}):
        task = campaign.redo("a", **wrong)
        assert (str(task.state), task.try_number) == ("failed", 1)
    assert campaign.run.amendments() == []

    log = tmp_path / "edits"
    monkeypatch.setenv("EDITS", str(log))
    monkeypatch.setenv("ENGINE_DOWN", "1")
    task = campaign.redo("a", "ANGEBOT")
    assert (str(task.state), task.try_number) == ("failed", 3)
    assert len(log.read_text().splitlines()) == 3
    assert (campaign.copy(), [each.job for each in campaign.run.each_result()]) == before
    [amendment] = campaign.run.amendments()
    assert "warming up" in amendment.problem
    monkeypatch.delenv("ENGINE_DOWN")
    assert str(campaign.redo("a", "ANGEBOT").state) == "success"
    assert campaign.copy()["a"] == "ANGEBOT"


def test_another_engine_by_name_or_parameters(made: Callable[..., Made]) -> None:
    campaign = made(painting.NAME)
    images = {each.image_sha256 for each in campaign.run.each_result() if each.asset_id == "b"}
    for conf in ({"engine": painting.MODEL}, {"engine": painting.MODEL}, {"engine_parameters": {"shade": 7}}):
        assert str(campaign.redo("b", **conf).state) == "success"
        images |= {each.image_sha256 for each in campaign.run.each_result() if each.asset_id == "b"}
    assert len(images) == 4
    assert campaign.copy() == {"a": "RABATT", "b": "NEU"}
    assert [each.engine for each in campaign.run.amendments()] == [
        painting.MODEL,
        painting.MODEL,
        painting.NAME,
    ]


def test_the_form_refuses_what_it_can(dags: Dags) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = dags["redo_image"].params
    good = {"dag_id": "d", "run_id": "r", "item": {"asset_id": "a", "locale": "de"}}
    for name, value in good.items():
        params[name] = value
    params.validate()
    for name in params:
        param = params.get_param(name)
        assert param.description or param.schema.get("description_md"), name
        assert {"title", "section"} <= set(param.schema), name
    for name, value in {
        "engine": "photoshop",
        "workspace": "../elsewhere",
        "item": {"asset_id": "a"},
        "replacements": "x",
        "comment": "x" * 3000,
    }.items():
        with pytest.raises(ParamValidationError, match=name):
            params[name] = value


def test_everything_in_a_bucket(
    dags: Dags, small_campaign: Path, gcs_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "google_cloud_platform", "extra": {"keyfile_dict": "{not asked for"}}
    monkeypatch.setenv("AIRFLOW_CONN_BUCKET", json.dumps(connection))
    campaign = Made(dags, small_campaign, painting.NAME, gcs_uri, gcp_conn_id="bucket")
    task = campaign.redo("a", "ANGEBOT", gcp_conn_id="bucket")
    assert str(task.state) == "success"
    assert campaign.copy() == {"a": "ANGEBOT", "b": "NEU"}
    assert os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") is None
