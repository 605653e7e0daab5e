"""A real Airflow on loopback, started as `make up` does it; the approval given over its REST API."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.system

PROJECT = Path(__file__).resolve().parents[2]
DAG = "/api/v2/dags/localize_campaign"


def make(*arguments: str) -> str:
    command = ["make", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A logged-in client of a running Airflow with a home of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = (f"AIRFLOW_HOME={tmp_path_factory.mktemp('airflow')}", f"PORT={port}")
    said = make("up", *where)
    try:
        url = f"http://127.0.0.1:{port}"
        assert url in said
        login = re.search(r"Login:\s+(\S+) / (\S+)", said)
        assert login, said
        credentials = {"username": login[1], "password": login[2]}
        token = httpx.post(f"{url}/auth/token", json=credentials).raise_for_status().json()["access_token"]
        assert "already running" in make("up", *where)
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            yield client
    finally:
        assert "stopped" in make("down", *where)
    assert "not running" in make("down", *where)


class Campaign:
    """One run of the small campaign, seen through the API."""

    def __init__(self, airflow: httpx.Client, folder: Path, **params: Any) -> None:
        self.airflow, self.folder = airflow, folder
        conf = {
            "manifest": str(folder / "small.csv"),
            "brand": None,
            "approval": "always",
            "workspace": str(folder / "workspace"),
            "publish_uri": str(folder / "published"),
        }
        body = {"logical_date": None, "conf": conf | params}
        self.run_id = airflow.post(f"{DAG}/dagRuns", json=body).raise_for_status().json()["dag_run_id"]
        self.path = f"{DAG}/dagRuns/{self.run_id}"

    def get(self, path: str = "") -> dict[str, Any]:
        answer: dict[str, Any] = self.airflow.get(self.path + path).raise_for_status().json()
        return answer

    def wait_for_question(self, try_number: int = 1) -> dict[str, Any]:
        def asked() -> bool:
            review = self.get("/taskInstances/review")
            assert review["state"] not in {"failed", "upstream_failed"}, self.get("/taskInstances")
            return bool(review["state"] == "awaiting_input" and review["try_number"] == try_number)

        wait(asked)
        return self.get("/taskInstances/review/-1/hitlDetails")

    def answer(self, option: str, **form: Any) -> None:
        time.sleep(2)  # an answer within the first half second can be lost; no person is that fast
        fields = {"also_approve": [], "reject_items": [], "comment": ""} | form
        body = {"chosen_options": [option], "params_input": fields}
        self.airflow.patch(f"{self.path}/taskInstances/review/-1/hitlDetails", json=body).raise_for_status()

    def wait_for_end(self) -> str:
        wait(lambda: self.get()["state"] in {"success", "failed"})
        return str(self.get()["state"])

    def decisions(self) -> list[dict[str, Any]]:
        [path] = (self.folder / "workspace" / "runs").glob("*/decisions.jsonl")
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def wait(condition: Callable[[], bool], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(1)


def published(folder: Path) -> list[str]:
    found = (folder / "published").rglob("*.png")
    return sorted("/".join(path.parts[-2:]) for path in found)


def test_a_person_approves_and_exactly_that_is_published(airflow: httpx.Client, small_campaign: Path) -> None:
    run = Campaign(airflow, small_campaign)
    question = run.wait_for_question()
    assert question["options"] == ["Approve", "Reject"]
    assert run.run_id in question["subject"]
    assert "c · de" in question["body"]
    assert "missing.png" in question["body"]
    assert question["params"]["reject_items"]["schema"]["examples"] == ["a · de", "b · de"]
    assert published(small_campaign) == []

    run.answer("Approve", reject_items=["b · de"], comment="the second one is too small")
    assert run.wait_for_end() == "success"
    assert published(small_campaign) == ["de/a.png"]
    decisions = {d["asset_id"]: (d["verdict"], d["by"], d["comment"]) for d in run.decisions()}
    assert decisions == {
        "a": ("approved", "admin", "the second one is too small"),
        "b": ("rejected", "admin", "the second one is too small"),
    }
    [record] = (small_campaign / "published").rglob("release.json")
    [entry] = json.loads(record.read_bytes())["objects"]
    assert entry["approver"] == "admin"
    assert question["responded_at"] is None
    assert run.get("/taskInstances/review/-1/hitlDetails")["responded_by_user"]["name"] == "admin"
    labels = {
        task["rendered_map_index"]
        for task in run.get("/taskInstances")["task_instances"]
        if task["task_id"] == "edit_images"
    }
    assert labels == {"a · de: passed", "b · de: passed"}


def test_a_wrong_answer_is_asked_again_and_a_rejection_publishes_nothing(
    airflow: httpx.Client, small_campaign: Path
) -> None:
    run = Campaign(airflow, small_campaign)
    run.wait_for_question()
    run.answer("Approve", also_approve=["c · de"])  # it failed: there is nothing to approve
    run.wait_for_question(try_number=2)
    assert published(small_campaign) == []
    run.answer("Reject")
    assert run.wait_for_end() == "success"
    assert published(small_campaign) == []
    assert {d["verdict"] for d in run.decisions()} == {"rejected"}


def test_a_wrong_parameter_is_refused_by_the_form(airflow: httpx.Client, small_campaign: Path) -> None:
    body = {"logical_date": None, "conf": {"publish_uri": "s3://somewhere"}}
    refused = airflow.post(f"{DAG}/dagRuns", json=body)
    assert refused.status_code == 400
    assert "publish_uri" in refused.text


def test_nobody_gets_in_without_logging_in(airflow: httpx.Client) -> None:
    assert httpx.get(airflow.base_url.join(DAG)).status_code == 401
