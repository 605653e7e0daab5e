from __future__ import annotations

import dataclasses
import os
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from localizer.approval import Seen
from localizer.cli import main
from localizer.errors import MarksChanged
from localizer.model import Verdict
from localizer.review.app import review_app
from localizer.review.host import Redo, RollBackRequest
from localizer.review.index import RunIndex
from localizer.review.marks import Mark, MarkFile
from localizer.runs.amendments import Amendment
from localizer.workspace import Workspace
from tests.localizer.review.conftest import RUN
from tests.localizer.review.demo_host import DemoHost

Where = dict[str, str]


def version(client: TestClient, where: Where) -> str:
    return str(client.get("/api/run", params=where).json()["version"])


def items(client: TestClient, where: Where) -> dict[str, dict[str, Any]]:
    """By asset and locale."""
    found = client.get("/api/items", params=where).json()["items"]
    return {f"{item['asset_id']} {item['locale']}": item for item in found}


def mark(
    client: TestClient, where: Where, name: str, verdict: str | None, reason: str = "", **more: Any
) -> Any:
    body = {"version": version(client, where), **more}
    marks = [{"id": items(client, where)[name]["id"], "verdict": verdict, "reason": reason}]
    return client.post("/api/marks", json=where | body | {"marks": marks})


@pytest.fixture
def other(host: DemoHost) -> TestClient:
    """Another reviewer, at another server over the same workspace."""
    client = TestClient(review_app(host), headers={"Sec-Fetch-Site": "same-origin"})
    client.cookies.set("viewer", "ana")
    return client


def test_marks_are_kept_counted_and_shared(client: TestClient, other: TestClient, where: Where) -> None:
    answer = mark(client, where, "a de", "rejected", "too small")
    assert answer.status_code == 200, answer.text
    [changed] = answer.json()["items"]
    assert changed["mark"]["verdict"] == "rejected"
    assert (changed["mark"]["reason"], changed["mark"]["by"]) == ("too small", "Mei")
    assert answer.json()["version"] == version(client, where)
    assert items(other, where)["a de"]["mark"] == changed["mark"]
    run = other.get("/api/run", params=where).json()
    assert run["counts"]["rejected"] == 1
    marked = client.get("/api/items", params=where | {"mark": "rejected"}).json()
    assert [item["asset_id"] for item in marked["items"]] == ["a"]
    assert client.get("/api/items", params=where | {"mark": "none"}).json()["total"] == 3
    assert mark(client, where, "a de", None).status_code == 200
    assert items(client, where)["a de"]["mark"] is None


def test_two_reviewers_never_overwrite_each_other_unseen(
    client: TestClient, other: TestClient, where: Where
) -> None:
    seen = version(client, where)
    assert mark(client, where, "a de", "approved").status_code == 200
    refused = mark(other, where, "a de", "rejected", version=seen)
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "changed"
    [there] = refused.json()["items"]
    assert there["mark"]["by"] == "Mei"
    assert mark(other, where, "b de", "rejected", version=seen).status_code == 200  # another item
    again = mark(other, where, "a de", "rejected", version=refused.json()["version"])
    assert again.status_code == 200  # now they know
    assert items(client, where)["a de"]["mark"]["by"] == "Ana"


def test_one_reviewer_is_as_quick_as_they_like(client: TestClient, where: Where) -> None:
    seen = version(client, where)
    for verdict in ("approved", "rejected", None, "approved"):
        assert mark(client, where, "a de", verdict, version=seen).status_code == 200


def test_what_has_no_image_cannot_be_approved(client: TestClient, where: Where) -> None:
    refused = mark(client, where, "c de", "approved")
    assert refused.status_code == 422
    assert "no image to answer for" in refused.json()["error"]["message"]
    assert mark(client, where, "c de", "rejected").status_code == 200


def test_a_mark_on_an_image_that_was_made_anew_is_refused(
    client: TestClient, workspace: Workspace, where: Where
) -> None:
    seen, before = version(client, where), items(client, where)["a de"]
    run = workspace.run(RUN)
    results = run.results()
    anew = [r.with_changes(delivered_sha256="f" * 64) if r.asset_id == "a" else r for r in results]
    run.save_shard("anew", [r for r in anew if r.job])
    run.merge()
    refused = mark(client, where, "a de", "approved", version=seen)
    assert refused.status_code == 409
    assert refused.json()["items"][0]["sha"] == "f" * 16
    for name, status in (("a de", 409), ("b de", 200)):  # only what this reviewer has not seen is refused
        sha = before["sha"] if name == "a de" else items(client, where)[name]["sha"]
        one = {"id": items(client, where)[name]["id"], "verdict": "approved", "reason": "", "sha": sha}
        answer = client.post("/api/marks", json=where | {"version": seen, "marks": [one]})
        assert answer.status_code == status, answer.text


def test_marks_become_the_answer(
    client: TestClient, host: DemoHost, workspace: Workspace, where: Where
) -> None:
    found = items(client, where)
    doubtful = [name for name, item in found.items() if item["status"] == "needs_review"]
    mark(client, where, "a de", "rejected", "too small")
    for name in doubtful[:1]:
        if name != "a de":
            mark(client, where, name, "approved", "the market agrees")
    body = {"version": version(client, where), "choice": "approve", "comment": "well done"}
    answer = client.post("/api/answer", json=where | body)
    assert answer.status_code == 200, answer.text
    by, choice, form = host.answers[RUN]
    assert (by, str(choice)) == ("Mei", "approve")
    assert form["reject_items"] == ["a · de"]
    assert form["reasons"]["a · de"] == "too small"
    assert form["seen"] == Seen.of(workspace.run(RUN).each_result())
    decisions = {f"{d.asset_id} {d.locale}": d for d in workspace.run(RUN).decisions()}
    assert decisions["a de"].verdict is Verdict.REJECTED
    assert decisions["a de"].comment == "too small"
    assert all(
        d.comment == "well done"
        for name, d in decisions.items()
        if found[name]["status"] == "passed" and name != "a de"
    )
    assert "c de" not in decisions
    shown = client.get("/api/run", params=where).json()
    assert shown["request"] == {
        "open": False,
        "asked_at": shown["request"]["asked_at"],
        "responded_by": "Mei",
        "responded_at": shown["request"]["responded_at"],
        "choice": "approve",
    }
    assert items(client, where)["a de"]["decision"]["verdict"] == "rejected"


def test_the_second_reviewer_is_told_who_answered(
    client: TestClient, other: TestClient, where: Where
) -> None:
    body = where | {"version": version(client, where), "choice": "reject"}
    assert client.post("/api/answer", json=body).status_code == 200
    late = other.post("/api/answer", json=where | {"version": version(other, where), "choice": "approve"})
    assert late.status_code == 409
    assert late.json()["error"] == {"code": "answered", "message": "Mei has answered already"}


def test_an_answer_on_what_has_changed_is_refused(
    client: TestClient, other: TestClient, where: Where
) -> None:
    seen = version(client, where)
    assert mark(other, where, "b de", "rejected").status_code == 200
    body = where | {"version": seen, "choice": "approve"}
    refused = client.post("/api/answer", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed")
    assert client.post("/api/answer", json=body | {"version": refused.json()["version"]}).status_code == 200


def test_a_mark_set_while_an_answer_is_gathered_is_not_passed_over(
    client: TestClient, other: TestClient, host: DemoHost, where: Where, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = version(client, where)
    marked = RunIndex.marked

    def overtaken(index: RunIndex) -> Any:
        monkeypatch.setattr(RunIndex, "marked", marked)
        assert mark(other, where, "a de", "rejected", "wrong price").status_code == 200
        return marked(index)

    monkeypatch.setattr(RunIndex, "marked", overtaken)
    refused = client.post("/api/answer", json=where | {"version": seen, "choice": "approve"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed")
    assert not host.answers


def test_results_that_came_in_late_are_told_with_what_to_do(
    client: TestClient, workspace: Workspace, where: Where
) -> None:
    """Of a worker that was given up and lives on: to wait would help nobody."""
    run = workspace.run(RUN)
    run.save_shard("late", [r for r in run.results() if r.job])
    late = datetime.now(UTC).timestamp() + 5
    os.utime(run.uri_of("results/late.jsonl"), (late, late))
    body = {"version": version(client, where), "choice": "approve"}
    refused = client.post("/api/answer", json=where | body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_gathered")
    assert "clear the task quality_gate" in refused.json()["error"]["message"]
    run.merge()
    os.utime(run.uri_of("results.jsonl"), (late, late))
    body["version"] = version(client, where)
    assert client.post("/api/answer", json=where | body).status_code == 200


def test_who_rejects_an_image_after_the_answer_is_told_that_it_is_too_late(
    client: TestClient, other: TestClient, where: Where
) -> None:
    body = {"version": version(client, where), "choice": "approve"}
    assert client.post("/api/answer", json=where | body).status_code == 200
    refused = mark(other, where, "a de", "rejected", "wrong price")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "answered")
    assert "Mei has answered already" in refused.json()["error"]["message"]


def test_no_answer_while_something_is_made_anew(client: TestClient, host: DemoHost, where: Where) -> None:
    host.redos["a", "de"] = Redo.RUNNING
    assert items(client, where)["a de"]["redo"] == "running"
    body = where | {"version": version(client, where), "choice": "approve"}
    refused = client.post("/api/answer", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "redo_running")


def test_nobody_is_asked_of_a_run_that_its_policy_decided(
    client: TestClient, host: DemoHost, where: Where
) -> None:
    host.asks = False
    body = where | {"version": version(client, where), "choice": "approve"}
    assert client.post("/api/answer", json=body).json()["error"]["code"] == "not_asked"


def take_back(client: TestClient, where: Where, release_id: str) -> Any:
    body = {"version": version(client, where), "release_id": release_id, "reason": "wrong price"}
    return client.post("/api/rollback", json=where | body)


def test_a_release_is_taken_back_by_name(
    client: TestClient, host: DemoHost, workspace: Workspace, where: Where
) -> None:
    first, second = "r-0123456789abcdef", "r-fedcba9876543210"
    refused = take_back(client, where, first)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed")
    workspace.run(RUN).mark_published(first, f"gs://shop/images/2026_06/releases/{first}")
    answer = take_back(client, where, first)
    assert answer.status_code == 202, answer.text
    assert answer.json()["confirm_at"].endswith("/required_actions")
    wanted = RollBackRequest(first, "gs://shop/images", "2026_06", "wrong price")
    assert host.taken_back == [("Mei", wanted)]
    workspace.run(RUN).mark_published(second, f"gs://shop/images/2026_06/releases/{second}")
    assert take_back(client, where, first).status_code == 409
    workspace.run(RUN).mark_published(first, "gs://shop/images")
    assert take_back(client, where, first).status_code >= 400
    assert len(host.taken_back) == 1


def redo(client: TestClient, where: Where, name: str, **change: Any) -> Any:
    body = {"version": version(client, where), "id": items(client, where)[name]["id"]}
    return client.post("/api/redo", json=where | body | change)


def test_an_item_is_made_anew_with_other_copy(client: TestClient, host: DemoHost, where: Where) -> None:
    answer = redo(client, where, "a de", copy=["SCHLUSSVERKAUF"], comment="too short")
    assert answer.status_code == 202, answer.text
    assert answer.json() == {"redo_run_id": "redo_1"}
    [(run, request)] = host.redone
    assert (run, request.asset_id, request.locale) == (RUN, "a", "de")
    assert (request.replacements, request.engine, request.comment) == (("SCHLUSSVERKAUF",), None, "too short")
    assert items(client, where)["a de"]["redo"] == "waiting"
    assert redo(client, where, "b de", copy=["X"]).json()["error"]["code"] == "redo_running"


def test_the_same_engine_is_the_one_that_made_the_image(
    client: TestClient, host: DemoHost, workspace: Workspace, where: Where
) -> None:
    run = workspace.run(RUN)
    with run.plan() as plan:
        planned = next(job for job in plan.jobs() if job.asset_id == "a")
    result = next(each for each in run.results() if each.asset_id == "a")
    job = dataclasses.replace(planned, key="1" * 64)
    amendment = run.amend(
        Amendment("by-qwen", planned.slot, planned.key, job, "qwen", "ana", "2026-11-23T08:00:00Z")
    )
    run.save_shard(amendment.shard, [result.with_changes(job=job.key, engine="qwen")])
    run.settle(amendment, at="2026-11-23T08:01:00Z")
    run.merge()
    assert redo(client, where, "a de", copy=["SCHLUSSVERKAUF"]).status_code == 202
    assert redo(client, where, "a de", copy=["X"]).status_code == 409
    [(_, request)] = host.redone
    assert (request.job, request.engine) == (job.key, "qwen")


def test_an_item_that_was_made_anew_is_judged_anew(
    client: TestClient, host: DemoHost, workspace: Workspace, where: Where
) -> None:
    """By the real command, while its review is open."""
    assert mark(client, where, "a de", "approved").status_code == 200
    before, seen = items(client, where)["a de"], version(client, where)
    options = [RUN, "--workspace", workspace.uri, "--item", "a · de", "--replacement", "ANGEBOT"]
    assert main(["redo", *options, "--comment", "as agreed", "--requested-by", "ana"]) == 0
    after = items(client, where)["a de"]
    assert after["id"] == before["id"]
    assert after["sha"] != before["sha"]
    assert after["copy"][0]["replacement"] == "ANGEBOT"
    assert after["mark"] is None
    details = client.get("/api/item", params=where | {"id": after["id"]}).json()
    [redone] = [event for event in details["history"] if event["what"] == "redone"]
    assert (redone["by"], redone["comment"]) == ("ana", "as agreed")
    for kind in ("candidate", "difference", "thumbnail"):
        image = client.get("/api/image", params=where | {"id": after["id"], "kind": kind, "v": after["sha"]})
        assert image.status_code == 200, image.text
    refused = client.post("/api/answer", json=where | {"version": seen, "choice": "approve"})
    assert refused.json()["error"]["code"] == "changed"
    body = where | {"version": version(client, where), "choice": "approve"}
    assert client.post("/api/answer", json=body).status_code == 200
    assert host.answers[RUN][2]["seen"] == Seen.of(workspace.run(RUN).each_result())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "change the copy or the engine"),
        ({"copy": ["RABATT"]}, "change the copy or the engine"),
        ({"engine": "typeset"}, "change the copy or the engine"),
        ({"engine": "photoshop"}, "cannot be chosen here"),
        ({"copy": ["A", "B"]}, "has 1 edits"),
    ],
)
def test_a_redo_that_would_do_nothing_is_refused(
    client: TestClient, host: DemoHost, where: Where, change: dict[str, Any], message: str
) -> None:
    refused = redo(client, where, "a de", **change)
    assert refused.status_code == 422
    assert message in refused.json()["error"]["message"]
    assert host.redone == []


def a_mark(asset: str, by: str, verdict: Verdict | None = Verdict.APPROVED) -> Mark:
    return Mark(("k", asset, "de"), "0", verdict, "", by.capitalize(), by, "2026-06-18T08:00:00+00:00")


def test_marks_of_many_at_once_are_all_kept(storage_uri: str) -> None:
    storage = Workspace.open(storage_uri).storage
    reviewers = [
        threading.Thread(
            target=lambda n=n: MarkFile(storage, "runs/r/marks.json").put([a_mark(f"a{n}", f"r{n}")], known=0)
        )
        for n in range(6)
    ]
    for thread in reviewers:
        thread.start()
    for thread in reviewers:
        thread.join()
    book = MarkFile(storage, "runs/r/marks.json").read()
    assert len(book.marks) == book.revision == 6


def test_a_mark_that_was_taken_back_is_not_overwritten_unseen(tmp_path: Any) -> None:
    file = MarkFile(Workspace.open(str(tmp_path)).storage, "runs/r/marks.json")
    known = file.put([a_mark("a", "mei")], known=0).revision
    file.put([a_mark("a", "mei", None)], known=known)
    with pytest.raises(MarksChanged):
        file.put([a_mark("a", "ana", Verdict.REJECTED)], known=known)
