"""Who may ask the review app for what. Routes are found in the app, so that no new one is forgotten."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from localizer.review.app import review_app
from localizer.workspace import Workspace
from tests.localizer.review.conftest import OTHER_RUN, RUN
from tests.localizer.review.demo_host import DAG, DemoHost

BODIES: dict[str, dict[str, Any]] = {
    "/api/marks": {"version": "x.0.x", "marks": [{"id": "x", "verdict": "approved"}]},
    "/api/answer": {"version": "x.0.x", "choice": "approve"},
    "/api/rollback": {"version": "x.0.x", "release_id": "r-0123456789abcdef", "reason": "wrong"},
    "/api/redo": {"version": "x.0.x", "id": "x", "copy": ["X"]},
}
QUERIES = {"/api/item": {"id": "x"}, "/api/image": {"id": "x", "kind": "candidate"}}


def routes() -> list[tuple[str, str]]:
    app = review_app(DemoHost(Workspace.open("/nowhere")))
    found = []
    for route in app.routes:
        assert isinstance(route, APIRoute), f"{route} is no route whose access is tested here"
        found += [(method, route.path) for method in sorted(route.methods)]
    return found


def call(client: TestClient, method: str, path: str, run_id: str = RUN, **more: Any) -> Any:
    where = {"dag_id": DAG, "run_id": run_id}
    address = path.replace("{name}", "index.html")
    if method == "GET":
        return client.get(address, params=where | QUERIES.get(path, {}), **more)
    return client.request(method, address, json=where | BODIES[path], **more)


@pytest.mark.parametrize(("method", "path"), routes())
def test_nobody_gets_in_without_signing_in(client: TestClient, method: str, path: str) -> None:
    client.cookies.set("viewer", "nobody")
    answer = call(client, method, path)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize(("method", "path"), routes())
def test_without_the_role_every_route_is_forbidden(client: TestClient, method: str, path: str) -> None:
    client.cookies.set("viewer", "stranger")
    answer = call(client, method, path)
    assert answer.status_code == 403
    assert "workspace" not in answer.text


@pytest.mark.parametrize(("method", "path"), [route for route in routes() if route[0] != "GET"])
def test_who_may_only_read_changes_nothing(
    client: TestClient, host: DemoHost, workspace: Workspace, method: str, path: str
) -> None:
    client.cookies.set("viewer", "guest")
    assert call(client, method, path).status_code == 403
    assert client.get("/api/run", params={"dag_id": DAG, "run_id": RUN}).json()["may"]["review"] is False
    assert "marks.json" not in workspace.run(RUN).records()
    assert (host.answers, host.redone, host.taken_back) == ({}, [], [])


def test_ids_of_one_run_open_nothing_of_another(client: TestClient, where: dict[str, str]) -> None:
    ids = [item["id"] for item in client.get("/api/items", params=where).json()["items"]]
    there = {"dag_id": DAG, "run_id": OTHER_RUN}
    others = [item["id"] for item in client.get("/api/items", params=there).json()["items"]]
    assert not set(ids) & set(others)
    for item in ids:
        for kind in ("source", "candidate", "thumbnail"):
            assert client.get("/api/image", params=there | {"id": item, "kind": kind}).status_code == 404
        assert client.get("/api/item", params=there | {"id": item}).status_code == 404
        body = {"version": "x.0.x", "marks": [{"id": item, "verdict": "rejected"}]}
        assert client.post("/api/marks", json=there | body).status_code == 404


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_what_another_site_sends_is_refused(
    host: DemoHost, where: dict[str, str], path: str, headers: dict[str, str]
) -> None:
    client = TestClient(review_app(host))
    answer = client.post(path, json=where | BODIES[path], headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")


def test_our_own_page_may_send_without_fetch_metadata(host: DemoHost, where: dict[str, str]) -> None:
    client = TestClient(review_app(host))
    body = where | BODIES["/api/answer"]
    answer = client.post("/api/answer", json=body, headers={"Origin": "http://testserver"})
    assert answer.json()["error"]["code"] == "changed"  # it got as far as that


@pytest.mark.parametrize("path", BODIES)
def test_a_form_of_another_site_cannot_post(client: TestClient, path: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = client.post(path, content=b"{}", headers={"Content-Type": kind})
        assert answer.status_code == 415


@pytest.mark.parametrize("path", BODIES)
def test_a_wrong_or_endless_body_is_refused(client: TestClient, where: dict[str, str], path: str) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post(path, content=b"{", headers=headers).status_code == 422
    assert client.post(path, json=where).status_code == 422
    assert client.post(path, json=where | BODIES[path] | {"more": 1}).status_code == 422
    endless = client.post(path, content=b" " * (3 << 20), headers=headers)
    assert (endless.status_code, endless.json()["error"]["code"]) == (413, "too_long")


def test_every_answer_says_what_a_browser_may_do_with_it(client: TestClient) -> None:
    for method, path in routes():
        headers = call(client, method, path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"], path
        assert "unsafe" not in headers["Content-Security-Policy"] or path == "/api/report"
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"], path
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", path
        assert "no-" in headers["Cache-Control"], path
    missing = client.get("/nothing/here")
    assert (missing.status_code, missing.headers["X-Content-Type-Options"]) == (404, "nosniff")


@pytest.mark.parametrize(
    "name",
    [
        "../app.py",
        "..%2Fapp.py",
        "%2e%2e/app.py",
        "..\\app.py",
        "/etc/passwd",
        "index.html%00.js",
        "icon.svg/..",
    ],
)
def test_only_files_of_the_page_are_static(client: TestClient, name: str) -> None:
    answer = client.get(f"/static/{name}")
    assert answer.status_code == 404
    assert "import" not in answer.text


@pytest.mark.parametrize(
    "run_id", ["../first", "..", "first/../../first", "/etc", "first\0", "%2e%2e%2ffirst", "a" * 251]
)
def test_a_run_id_leads_nowhere_else(client: TestClient, run_id: str) -> None:
    for method, path in routes():
        if path.startswith("/api/") and path != "/api/runs":
            assert call(client, method, path, run_id=run_id).status_code in {404, 422}, path


@pytest.mark.parametrize("kind", ["", "../candidate", "delivered", "handover", "source/../candidate"])
def test_only_known_kinds_of_pictures_are_served(
    client: TestClient, where: dict[str, str], kind: str
) -> None:
    item = client.get("/api/items", params=where).json()["items"][0]
    assert client.get("/api/image", params=where | {"id": item["id"], "kind": kind}).status_code == 422


def test_answers_name_no_path_of_the_server(
    client: TestClient, workspace: Workspace, where: dict[str, str]
) -> None:
    said = [client.get(path, params=where).text for path in ("/api/runs", "/api/run", "/api/items")]
    for item in client.get("/api/items", params=where).json()["items"]:
        said.append(client.get("/api/item", params=where | {"id": item["id"]}).text)
    assert not [text for text in said if workspace.uri in text]


def test_a_damaged_run_tells_the_page_nothing_but_that(
    client: TestClient, workspace: Workspace, where: dict[str, str]
) -> None:
    workspace.storage.write(f"runs/{RUN}/results.jsonl", b"{")
    answer = client.get("/api/run", params=where)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "broken")
    assert workspace.uri not in answer.text
