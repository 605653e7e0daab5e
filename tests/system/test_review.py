"""The review page in a real Airflow: its login, its permissions, its record of what people decided."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.system.one_machine import OneMachine
from tests.system.rest import Api, RunRef

pytestmark = pytest.mark.system

DAG = "localize_campaign"
PEOPLE = ("root:admin", "mei:user", "ana:user", "vera:viewer", "nell:")


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneMachine]:
    with OneMachine(tmp_path_factory.mktemp("machine"), people=PEOPLE) as machine:
        yield machine


@pytest.fixture
def conf(small_campaign: Path) -> dict[str, Any]:
    return {
        "manifest": str(small_campaign / "small.csv"),
        "brand": None,
        "approval": "always",
        "workspace": str(small_campaign / "workspace"),
        "publish_uri": str(small_campaign / "published"),
    }


def browser(machine: OneMachine, name: str) -> httpx.Client:
    """Signed in as a browser is: by Airflow's cookie."""
    token = httpx.post(
        f"{machine.url}/auth/token", json={"username": name, "password": name[::-1]}, timeout=30
    ).raise_for_status()
    cookies = {"_token": token.json()["access_token"]}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return httpx.Client(base_url=f"{machine.url}/localizer/", cookies=cookies, headers=headers, timeout=60)


def wait_for_question(api: Api, run: RunRef, try_number: int = 1) -> None:
    until = time.monotonic() + 240
    while True:
        review = api.get(f"{run.path}/taskInstances/review")
        if review["state"] == "awaiting_input" and review["try_number"] == try_number:
            return
        assert review["state"] not in {"failed", "upstream_failed"}, api.states(run)
        assert time.monotonic() < until, api.states(run)
        time.sleep(1)


def where(run: RunRef) -> dict[str, str]:
    return {"dag_id": run.dag_id, "run_id": run.run_id}


def version(client: httpx.Client, run: RunRef) -> str:
    return str(client.get("api/run", params=where(run)).raise_for_status().json()["version"])


def redo_image(client: httpx.Client, run: RunRef, item: dict[str, Any], copy: str) -> None:
    """With other copy; until the new image is there."""
    body = where(run) | {"version": version(client, run), "id": item["id"], "copy": [copy]}
    assert client.post("api/redo", json=body).status_code == 202
    early = client.post("api/answer", json=where(run) | {"version": body["version"], "choice": "approve"})
    assert (early.status_code, early.json()["error"]["code"]) == (409, "redo_running")
    until = time.monotonic() + 240
    while True:
        now = client.get("api/item", params=where(run) | {"id": item["id"]}).json()
        if now["redo"] is None:
            break
        assert time.monotonic() < until, now
        time.sleep(1)
    assert now["sha"] != item["sha"]
    assert now["copy"][0]["replacement"] == copy


def test_two_reviewers_one_decision(machine: OneMachine, conf: dict[str, Any]) -> None:
    api = machine.api("mei")
    run = api.trigger(DAG, conf)
    mei, ana, vera = (browser(machine, name) for name in ("mei", "ana", "vera"))
    wait_for_question(api, run)

    [listed] = [r for r in mei.get("api/runs").json()["runs"] if r["run_id"] == run.run_id]
    assert (listed["state"], listed["waiting"], listed["counts"]["total"]) == ("reviewing", True, 3)
    shown = mei.get("api/run", params=where(run)).json()
    assert shown["state"] == "reviewing"
    assert shown["policy"] == "always"
    assert shown["request"]["open"] is True
    assert shown["may"] == {"review": True, "redo": True, "roll_back": True, "why_not": None}
    assert shown["links"]["airflow"].endswith(
        f"/dags/{DAG}/runs/{run.run_id.replace(':', '%3A').replace('+', '%2B')}"
    )
    may = vera.get("api/run", params=where(run)).json()["may"]
    assert (may["review"], may["redo"], may["roll_back"]) == (False, False, False)
    items = {i["asset_id"]: i for i in mei.get("api/items", params=where(run)).json()["items"]}
    assert set(items) == {"a", "b", "c"}
    image = mei.get(
        "api/image",
        params=where(run) | {"id": items["a"]["id"], "kind": "thumbnail", "v": items["a"]["sha"]},
    )
    assert image.headers["Content-Type"] == "image/webp"
    assert "immutable" in image.headers["Cache-Control"]

    redo_image(mei, run, items["a"], "ANGEBOT")
    mark = {"id": items["b"]["id"], "verdict": "rejected", "reason": "the type is too small"}
    body = where(run) | {"version": version(mei, run), "marks": [mark]}
    assert mei.post("api/marks", json=body).status_code == 200
    assert vera.post("api/marks", json=body).status_code == 403
    answer = where(run) | {"version": version(mei, run), "choice": "approve", "comment": "fine"}
    assert vera.post("api/answer", json=answer).status_code == 403
    assert mei.post("api/answer", json=answer).status_code == 200
    late = ana.post("api/answer", json=where(run) | {"version": version(ana, run), "choice": "reject"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "answered")

    detail = api.get(f"{run.path}/taskInstances/review/-1/hitlDetails")
    assert detail["responded_by_user"] == {"id": "mei", "name": "mei"}
    assert detail["params_input"]["reject_items"] == ["b · de"]
    assert api.wait(run) == "success"
    [path] = Path(conf["workspace"]).glob("runs/*/decisions.jsonl")
    decisions = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(d["asset_id"], d["verdict"], d["by"], d["comment"]) for d in decisions] == [
        ("a", "approved", "mei", "fine"),
        ("b", "rejected", "mei", "the type is too small"),
    ]
    [published] = Path(conf["publish_uri"]).rglob("*.png")
    assert (published.parent.name, published.name) == ("de", "a.png")
    shown = ana.get("api/run", params=where(run)).json()
    assert shown["state"] == "published"
    assert shown["release"]["release_id"]
    assert shown["request"]["responded_by"] == "mei"
    events = machine.api("mei").get("/api/v2/eventLogs", dag_id=DAG, event="update_hitl_detail")
    [logged] = [entry for entry in events["event_logs"] if entry["run_id"] == run.run_id]
    assert (logged["owner"], logged["task_id"]) == ("mei", "review")


def test_what_is_in_airflow_s_own_form_is_taken_too(machine: OneMachine, conf: dict[str, Any]) -> None:
    """The page's fields have values there, which the form sends as they are."""
    api = machine.api("mei")
    run = api.trigger(DAG, conf)
    wait_for_question(api, run)
    time.sleep(2)
    params = api.get(f"{run.path}/taskInstances/review/-1/hitlDetails")["params"]
    form = {name: param["value"] for name, param in params.items()}
    assert params["seen"]["schema"]["const"] == form["seen"] != ""
    api.answer(run, "Approve", **form | {"seen": "0" * 32})  # of other results: refused and asked again
    wait_for_question(api, run, try_number=2)
    time.sleep(2)
    api.answer(run, "Reject", **form)
    assert api.wait(run) == "success"


def test_an_image_is_done_again_and_only_what_was_seen_is_published(
    machine: OneMachine, conf: dict[str, Any]
) -> None:
    api, mei = machine.api("mei"), browser(machine, "mei")
    run = api.trigger(DAG, conf)
    wait_for_question(api, run)
    time.sleep(2)
    asked = api.get(f"{run.path}/taskInstances/review/-1/hitlDetails")["params"]
    items = {i["asset_id"]: i for i in mei.get("api/items", params=where(run)).json()["items"]}
    wish = {"id": items["a"]["id"], "engine": None, "copy": ["ANGEBOT"], "comment": "nobody says “Rabatt”"}
    sent = mei.post("api/redo", json=where(run) | {"version": version(mei, run)} | wish)
    assert sent.status_code == 202, sent.text
    redo = RunRef("redo_image", sent.json()["redo_run_id"])
    hasty = where(run) | {"version": version(mei, run), "choice": "approve"}
    assert mei.post("api/answer", json=hasty).json()["error"]["code"] == "redo_running"
    assert mei.post("api/redo", json=where(run) | {"version": version(mei, run)} | wish).status_code == 409
    assert api.wait(redo) == "success", api.states(redo)

    # Who still has the form of before answers on an image that is not there any more.
    api.answer(run, "Approve", **{name: param["value"] for name, param in asked.items()})
    wait_for_question(api, run, try_number=2)
    assert not Path(conf["publish_uri"]).exists()
    time.sleep(2)

    again = {i["asset_id"]: i for i in mei.get("api/items", params=where(run)).json()["items"]}
    assert again["a"]["copy"][0]["replacement"] == "ANGEBOT"
    assert again["a"]["sha"] != items["a"]["sha"]
    assert again["b"]["sha"] == items["b"]["sha"]
    told = mei.get("api/item", params=where(run) | {"id": again["a"]["id"]}).json()["history"]
    assert ("redone", "mei", wish["comment"]) in {(h["what"], h["by"], h["comment"]) for h in told}
    answer = where(run) | {"version": version(mei, run), "choice": "approve"}
    assert mei.post("api/answer", json=answer).status_code == 200
    assert api.wait(run) == "success"
    [record] = Path(conf["publish_uri"]).rglob("release.json")
    objects = {o["asset_id"]: o for o in json.loads(record.read_bytes())["objects"]}
    assert objects["a"]["reviewed_sha256"].startswith(again["a"]["sha"])
    assert objects["a"]["redone"]["by"] == "mei"
    assert objects["b"]["redone"] is None


def routes() -> list[tuple[str, str]]:
    from localizer.review.app import review_app
    from localizer.workspace import Workspace
    from tests.localizer.review.demo_host import DemoHost

    found = []
    for route in review_app(DemoHost(Workspace.open("/nowhere"))).routes:
        assert isinstance(route, APIRoute)
        found += [(method, route.path.lstrip("/")) for method in sorted(route.methods)]
    return found


def test_every_route_asks_airflow_who_it_is(machine: OneMachine) -> None:
    run = {"dag_id": DAG, "run_id": "any"}
    bodies: dict[str, dict[str, Any]] = {
        "api/marks": {"version": "x.0.x", "marks": [{"id": "x", "verdict": None}]},
        "api/answer": {"version": "x.0.x", "choice": "approve"},
        "api/rollback": {"version": "x.0.x", "release_id": "r-0123456789abcdef", "reason": "wrong"},
        "api/redo": {"version": "x.0.x", "id": "x", "copy": ["x"]},
    }
    nobody = httpx.Client(base_url=f"{machine.url}/localizer/", timeout=30)
    forged = httpx.Client(base_url=f"{machine.url}/localizer/", timeout=30, cookies={"_token": "e.y.j"})
    roleless = browser(machine, "nell")
    for method, path in routes():
        query = run | {"id": "x", "kind": "source"}
        address = path.replace("{name}", "index.html")
        for client, status in ((nobody, 401), (forged, 401), (roleless, 403)):
            if method == "GET":
                answer = client.get(address, params=query)
            else:
                answer = client.request(method, address, json=run | bodies[path])
            assert answer.status_code == status, (path, status, answer.text)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_is_in_the_navigation_on_each_run_and_behind_a_button(
    machine: OneMachine, conf: dict[str, Any]
) -> None:
    api = machine.api("root")
    assert api.get("/api/v2/plugins/importErrors")["import_errors"] == []
    [plugin] = [p for p in api.get("/api/v2/plugins")["plugins"] if p["name"] == "localization"]
    assert {view["destination"] for view in plugin["external_views"]} == {"nav", "dag_run"}
    assert all(not view["href"].startswith(("/", "http")) for view in plugin["external_views"])
    run = api.trigger(DAG, conf)
    wait_for_question(api, run)
    links = api.get(f"{run.path}/taskInstances/review/links")["extra_links"]
    assert links["Review"].startswith("/localizer/?dag_id=localize_campaign&run_id=")
    page = browser(machine, "mei").get(machine.url + links["Review"])
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
