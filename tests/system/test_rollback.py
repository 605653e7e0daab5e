"""A release taken back over the REST API of a real Airflow, as a person does it from a phone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localizer.release import read_current, verify_release
from tests.system.one_machine import OneMachine
from tests.system.rest import Api, RunRef

pytestmark = pytest.mark.system

DAG = "rollback_release"


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneMachine]:
    with OneMachine(tmp_path_factory.mktemp("airflow"), people=["ann:op", "mei:op"]) as machine:
        machine.api("ann").wait_for_dag(DAG)
        yield machine


def wait(condition: Callable[[], bool], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(1)


class Published:
    """A campaign with two releases, made by the real command."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.uri = folder, str(folder / "published")
        self.first = self.publish("RABATT")
        self.second = self.publish("AKTION")

    def publish(self, copy: str) -> str:
        """Publish the small campaign with other copy on one of its images; the release's id."""
        manifest = self.folder / "small.csv"
        lines = [line for line in manifest.read_text().splitlines() if "missing" not in line]
        lines = [line.rpartition(",")[0] + f",{copy}" if ",SALE," in line else line for line in lines]
        manifest.write_text("\n".join(lines) + "\n")
        command = [sys.executable, "-m", "localizer", "run", str(manifest), "--approve", "passed"]
        command += ["--workspace", str(self.folder / "workspace"), "--publish", self.uri, "--jobs", "1"]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        return self.current

    @property
    def current(self) -> str:
        pointer = read_current(self.uri, "small")
        assert pointer is not None
        return pointer.release_id

    def history(self) -> list[dict[str, Any]]:
        found = sorted((self.folder / "published/small/history").glob("*.json"))
        return [json.loads(path.read_bytes()) for path in found]


@pytest.fixture
def published(small_campaign: Path) -> Published:
    return Published(small_campaign)


def ask(api: Api, published: Published) -> tuple[RunRef, dict[str, Any]]:
    """Trigger the DAG with what its form asks for, and wait for the question."""
    conf = {"campaign": "small", "publish_uri": published.uri, "reason": "wrong price \U0001f631"}
    run = api.trigger(DAG, conf)

    def asked() -> bool:
        state = api.states(run).get(("confirm", -1))
        assert state not in {"failed", "upstream_failed"}, api.states(run)
        return state == "awaiting_input"

    wait(asked)
    return run, api.get(f"{run.path}/taskInstances/confirm/-1/hitlDetails")


def answer(api: Api, run: RunRef, option: str) -> None:
    """Answer the question, and again should it be asked again: Airflow may lose an answer that comes before
    the scheduler has taken note of the question, which takes long on a busy machine."""
    path = f"{run.path}/taskInstances/confirm/-1"
    body = {"chosen_options": [option], "params_input": {}}

    def settled() -> bool:
        if api.states(run)["confirm", -1] in {"success", "failed"}:
            return True
        if api.states(run)["confirm", -1] == "awaiting_input":
            time.sleep(5)  # no person is faster
            if not api.get(f"{path}/hitlDetails")["response_received"]:
                api.call("PATCH", f"{path}/hitlDetails", json=body)
        return False

    wait(settled)


def test_ask_look_confirm_and_it_is_back(machine: OneMachine, published: Published) -> None:
    api, mei = machine.api("ann"), machine.api("mei")
    first, second = published.first, published.second
    assert first != second
    run, question = ask(api, published)
    assert question["options"] == ["Take it back", "Leave it"]
    assert f"from {second} to {first}: 1 images change, 0 go, 0 come, 1 stay" in question["subject"]
    assert "| de | 1 | 1 | 0 | 0 |" in question["body"]
    assert "wrong price \U0001f631" in question["body"]
    assert published.current == second  # nothing moves before the answer

    answer(mei, run, "Take it back")
    assert api.wait(run, 180) == "success", api.states(run)
    assert published.current == first
    verify_release(published.uri, "small", first, read_all=True)
    last = published.history()[-1]
    assert (last["action"], last["release_id"], last["previous"]) == ("rollback", first, second)
    assert (last["moved_by"], last["requested_by"]) == ("mei", "ann")
    assert last["reason"] == "wrong price \U0001f631"
    assert last["via"] == f"{DAG}/{run.run_id}"

    events = api.get("/api/v2/assets/events", source_dag_id=DAG)["asset_events"]
    [event] = [each for each in events if each["source_run_id"] == run.run_id]
    assert event["extra"]["release_id"] == first
    assert event["extra"]["action"] == "rollback"


def test_a_no_moves_nothing(machine: OneMachine, published: Published) -> None:
    api = machine.api("ann")
    run, _ = ask(api, published)
    answer(api, run, "Leave it")
    assert api.wait(run, 180) == "success"
    assert api.states(run)["roll_back", -1] == "skipped"
    assert published.current == published.second
    assert len(published.history()) == 2


def test_what_was_published_after_the_question_stays(machine: OneMachine, published: Published) -> None:
    api = machine.api("ann")
    run, _ = ask(api, published)
    third = published.publish("JETZT")
    answer(api, run, "Take it back")
    assert api.wait(run, 180) == "failed"
    assert api.states(run)["roll_back", -1] == "failed"
    assert published.current == third
    assert [each["action"] for each in published.history()] == ["publish"] * 3


def test_the_form_wants_a_campaign_and_a_reason(machine: OneMachine) -> None:
    api = machine.api("ann")
    for conf in ({"campaign": "small"}, {"reason": "because"}, {"campaign": "../x", "reason": "because"}):
        body = {"logical_date": None, "conf": conf}
        refused = api.client.post(f"/api/v2/dags/{DAG}/dagRuns", json=body)
        assert refused.status_code == 400, conf
