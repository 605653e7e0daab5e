"""Two brands on one Airflow with the Simple auth manager in multi-team mode: who may see and do what."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from localizer.cli import main
from tests.system.brands import BRANDS, answer, dags_of, status, two_brands, wait_for_question
from tests.system.one_machine import OneMachine
from tests.system.rest import Api, RunRef

pytestmark = pytest.mark.system

SECRET = "sk-acme-0123456789-never-shown"
PEOPLE = (
    "root:admin",
    "ann:user:acme",  # triggers, and is a reviewer too
    "mei:user:acme",  # reviews
    "kim:user:acme",  # is of the team, and no reviewer
    "vic:viewer:acme",
    "gil:user:globex",
    "nobody:user",  # of no team
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tenants")
    two_brands(place, reviewers="reviewers: [ann, mei, gil]\n")
    return place


@pytest.fixture(scope="module")
def machine(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneMachine]:
    capture = pytest.MonkeyPatch()
    written: list[str] = []
    capture.setattr("sys.stdout.write", written.append)
    assert main(["tenants", str(place / "tenants.yaml"), "--bundles", str(place / "bundles")]) == 0
    capture.undo()
    connection = {"conn_type": "localizer_openai", "host": "http://127.0.0.1:9/v1", "password": SECRET}
    environment = {
        "LOCALIZER_TENANTS": str(place / "tenants.yaml"),
        "AIRFLOW__CORE__MULTI_TEAM": "True",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": "".join(written),
        "AIRFLOW_CONN__ACME___ACME_SERVER": json.dumps(connection),
    }
    teams = [("teams", "create", brand) for brand in BRANDS]
    folder = tmp_path_factory.mktemp("airflow")
    with OneMachine(folder, environment, people=PEOPLE, commands=teams) as machine:
        machine.api("root").wait_for_dag("campaign_acme_moon")
        machine.api("root").wait_for_dag("campaign_globex_moon")
        yield machine


@pytest.fixture(scope="module")
def waiting(machine: OneMachine) -> RunRef:
    """A run of acme's that ann triggered and that waits for its answer."""
    ann = machine.api("ann")
    run = ann.trigger("campaign_acme_moon", {})
    wait_for_question(ann, run)
    return run


def test_each_sees_the_dags_of_the_own_brand_only(machine: OneMachine) -> None:
    acme, globex = dags_of(machine.api("ann")), dags_of(machine.api("gil"))
    assert {"campaign_acme_moon", "localize_campaign__acme", "evict_results__acme"} <= acme
    assert not any("globex" in dag_id for dag_id in acme)
    assert not any("acme" in dag_id for dag_id in globex)
    assert dags_of(machine.api("vic")) == acme
    assert dags_of(machine.api("nobody")) == set()
    assert dags_of(machine.api("root")) == acme | globex


@pytest.mark.parametrize("name", ["gil", "nobody"])
def test_another_brand_s_run_is_403_from_every_route(machine: OneMachine, waiting: RunRef, name: str) -> None:
    other, own = machine.api(name), machine.api("vic")
    task = f"{waiting.path}/taskInstances/load_manifest"
    for path in (
        f"/api/v2/dags/{waiting.dag_id}",
        f"/api/v2/dags/{waiting.dag_id}/details",
        f"/api/v2/dags/{waiting.dag_id}/tasks",
        f"/api/v2/dags/{waiting.dag_id}/dagRuns",
        f"/api/v2/dagSources/{waiting.dag_id}",
        waiting.path,
        f"{waiting.path}/taskInstances",
        f"{waiting.path}/hitlDetails",
        task,
        f"{task}/logs/1",
        f"{task}/xcomEntries",
        f"{waiting.path}/taskInstances/review/-1/hitlDetails",
    ):
        assert status(own, "GET", path) == 200, path
        assert status(other, "GET", path) == 403, path
    everything = "".join(
        other.client.get(f"/api/v2{path}").text
        for path in (
            "/dags/~/dagRuns",
            "/dags/~/dagRuns/~/taskInstances",
            "/dags/~/dagRuns/~/hitlDetails",
            "/eventLogs?limit=100",
            "/importErrors",
            "/assets/events",
        )
    )
    assert waiting.run_id not in everything
    assert "/acme/" not in everything
    body = {"logical_date": None, "conf": {}}
    assert status(other, "POST", f"/api/v2/dags/{waiting.dag_id}/dagRuns", json=body) == 403
    assert status(other, "PATCH", waiting.path, json={"state": "failed"}) == 403
    assert status(other, "DELETE", waiting.path) == 403
    assert answer(other, waiting) == 403  # although the campaign names gil as a reviewer


def test_a_viewer_looks_and_does_nothing(machine: OneMachine, waiting: RunRef) -> None:
    viewer = machine.api("vic")
    body = {"logical_date": None, "conf": {}}
    assert status(viewer, "POST", f"/api/v2/dags/{waiting.dag_id}/dagRuns", json=body) == 403
    assert answer(viewer, waiting) == 403


@pytest.mark.parametrize(
    "conf",
    [
        {"manifest": "{place}/globex/in/small.csv"},
        {"workspace": "{place}/globex/work"},
        {"publish_uri": "{place}/acme/published/../../globex/published"},
        {"image_root": "/"},
        {"gcp_conn_id": "google_cloud_default"},
        {"engine_conn_id": "globex_server"},
        {"approval": "never"},
    ],
    ids="-".join,
)
def test_the_form_refuses_what_is_not_the_tenant_s(
    machine: OneMachine, place: Path, conf: dict[str, str]
) -> None:
    body = {"logical_date": None, "conf": {name: value.format(place=place) for name, value in conf.items()}}
    refused = machine.api("ann").client.post("/api/v2/dags/campaign_acme_moon/dagRuns", json=body)
    assert refused.status_code == 400
    assert next(iter(conf)) in refused.text


def test_a_link_past_the_form_is_refused_by_the_task(machine: OneMachine, place: Path) -> None:
    (place / "acme/in/link.csv").symlink_to(place / "globex/in/small.csv")
    ann = machine.api("ann")
    run = ann.trigger("localize_campaign__acme", {"manifest": f"{place}/acme/in/link.csv"})
    assert ann.wait(run, 180) == "failed"
    assert ann.states(run)["prepare_copy", -1] == "failed"
    log = ann.client.get(f"{run.path}/taskInstances/prepare_copy/logs/1").text
    assert "is not tenant acme's" in log


def review(api: Api, method: str, path: str, **arguments: Any) -> httpx.Response:
    """Ask the review app, as its own page does."""
    headers = {"Sec-Fetch-Site": "same-origin"}
    return api.client.request(method, f"/localizer/{path}", headers=headers, **arguments)


def where(run: RunRef) -> dict[str, str]:
    return {"dag_id": run.dag_id, "run_id": run.run_id}


def test_the_review_page_of_another_brand_s_run_is_403_from_every_route(
    machine: OneMachine, waiting: RunRef
) -> None:
    vic, gil, nobody = (machine.api(name) for name in ("vic", "gil", "nobody"))
    own = gil.trigger("campaign_globex_moon", {})
    wait_for_question(gil, own)
    [item] = review(vic, "GET", "api/items", params=where(waiting)).raise_for_status().json()["items"]
    [theirs] = review(gil, "GET", "api/items", params=where(own)).raise_for_status().json()["items"]
    assert item["id"] != theirs["id"]
    mixed = {"dag_id": own.dag_id, "run_id": waiting.run_id}
    for path, more in {
        "api/run": {},
        "api/items": {},
        "api/item": {"id": item["id"]},
        "api/image": {"id": item["id"], "kind": "candidate"},
        "api/report": {},
        "api/results.csv": {},
    }.items():
        assert review(vic, "GET", path, params=where(waiting) | more).status_code == 200, path
        for other in (gil, nobody):
            assert review(other, "GET", path, params=where(waiting) | more).status_code == 403, path
        assert review(gil, "GET", path, params=mixed | more).status_code == 404, path
        if more:  # the id of one brand's image means nothing in another's run
            assert review(gil, "GET", path, params=where(own) | more).status_code == 404, path
    assert waiting.run_id not in review(gil, "GET", "api/runs").text
    assert review(nobody, "GET", "api/runs").status_code == 403
    assert "/acme/" not in review(vic, "GET", "api/run", params=where(waiting)).text


def test_who_may_not_answer_may_not_mark_or_redo_either(machine: OneMachine, waiting: RunRef) -> None:
    mei = machine.api("mei")
    shown = review(mei, "GET", "api/run", params=where(waiting)).json()
    [item] = review(mei, "GET", "api/items", params=where(waiting)).json()["items"]
    body = where(waiting) | {"version": shown["version"]}
    mark = {"id": item["id"], "verdict": "rejected", "reason": "no"}
    asked = {
        "api/marks": {"marks": [mark]},
        "api/answer": {"choice": "approve", "comment": ""},
        "api/redo": {"id": item["id"], "engine": None, "copy": ["NEU"], "comment": ""},
    }
    assert shown["may"]["review"] is True
    for name in ("vic", "kim", "ann", "gil"):  # a viewer, no reviewer, who triggered it, another brand's
        someone = machine.api(name)
        for path, more in asked.items():
            assert review(someone, "POST", path, json=body | more).status_code == 403, (name, path)
        if name != "gil":
            told = review(someone, "GET", "api/run", params=where(waiting)).json()
            assert told["may"]["review"] is False


def test_a_run_that_was_given_another_brand_s_workspace_is_not_opened(
    machine: OneMachine, place: Path
) -> None:
    gil = machine.api("gil")
    conf = {"manifest": f"{place}/globex/in/small.csv", "dry_run": True}
    run = gil.trigger("localize_campaign__globex", conf)
    assert gil.wait(run, 180) == "success"
    with sqlite3.connect(machine.home / "airflow.db") as database:  # as if a task had been given it
        changed = database.execute(
            "UPDATE rendered_task_instance_fields SET rendered_fields = "
            "replace(rendered_fields, '/globex/work', '/acme/work') WHERE dag_id = ?",
            (run.dag_id,),
        )
        assert changed.rowcount > 0
    refused = review(gil, "GET", "api/run", params=where(run))
    assert refused.status_code == 403
    assert "not its tenant's" in refused.text


def test_reviewers_answer_and_not_who_triggered_the_run(
    machine: OneMachine, place: Path, waiting: RunRef
) -> None:
    asked = wait_for_question(machine.api("vic"), waiting)
    assert {user["id"] for user in asked["assigned_users"]} == {"mei", "gil"}
    assert "`ann` triggered this run" in asked["body"]
    assert not (place / "acme/published").exists()
    assert answer(machine.api("kim"), waiting) == 403  # no reviewer
    assert answer(machine.api("ann"), waiting) == 403  # a reviewer, but she triggered it
    assert answer(machine.api("mei"), waiting) == 200
    assert answer(machine.api("mei"), waiting) == 409
    assert machine.api("ann").wait(waiting, 180) == "success"
    [decisions] = (place / "acme/work/runs").glob(f"*{waiting.dag_id}*/decisions.jsonl")
    [decision] = map(json.loads, decisions.read_text().splitlines())
    assert (decision["verdict"], decision["by"]) == ("approved", "mei")
    assert [path.name for path in (place / "acme/published").rglob("*.png")] == ["a.png"]
    assert not (place / "globex/published").exists()


def test_the_event_log_says_who_triggered_and_who_answered(machine: OneMachine, waiting: RunRef) -> None:
    root = machine.api("root")
    events = root.get("/api/v2/eventLogs", dag_id=waiting.dag_id, limit=100)["event_logs"]
    did = {(event["event"], event["owner"]) for event in events}
    assert {("trigger_dag_run", "ann"), ("update_hitl_detail", "mei")} <= did
    assert root.get(waiting.path)["triggering_user_name"] == "ann"


def test_no_secret_of_a_connection_is_written_or_shown(machine: OneMachine, place: Path) -> None:
    ann = machine.api("ann")
    conf = {
        "manifest": f"{place}/acme/in/small.csv",
        "engine": "openai",
        "engine_conn_id": "acme_server",
        "engine_parameters": {"model": "x"},
    }
    run = ann.trigger("localize_campaign__acme", conf)
    until = time.monotonic() + 240  # the server is not there: tried again until the tries are used up
    while ann.states(run).get(("load_manifest", -1)) != "success" and time.monotonic() < until:
        time.sleep(1)
    while ("edit_images", 0) not in ann.states(run) and time.monotonic() < until:
        time.sleep(1)
    time.sleep(10)
    ann.call("PATCH", run.path, json={"state": "failed"})
    shown = ""
    for task in ann.tasks(run):
        path = f"{run.path}/taskInstances/{task['task_id']}"
        where = f"{path}/{task['map_index']}" if task["map_index"] >= 0 else path
        shown += json.dumps(ann.get(where))
        shown += ann.client.get(f"{path}/logs/1", params={"map_index": task["map_index"]}).text
        shown += ann.client.get(f"{path}/xcomEntries", params={"map_index": task["map_index"]}).text
    assert "acme_server" in shown
    assert SECRET not in shown
    kept = [path for folder in (machine.home, place) for path in folder.rglob("*") if path.is_file()]
    assert [str(path) for path in kept if SECRET.encode() in path.read_bytes()] == []
