from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from localizer.copy.prepared import PreparedCopy
from localizer.copy.saving import save_prepared, save_units
from localizer.copy.units import CopyState, CopyUnit
from localizer.model import Job, JobResult, Status
from localizer.review.index import Filter, RunIndex
from localizer.review.marks import Mark, MarkBook
from localizer.workspace import Workspace
from tests.localizer.review.conftest import OTHER_RUN, RUN
from tests.localizer.review.demo_host import DAG, DemoHost


def items(client: TestClient, where: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/items", params=where | query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def names(found: list[dict[str, Any]]) -> list[str]:
    return [f"{item['asset_id']} {item['locale']} {item['status']}" for item in found]


def test_runs_are_listed(client: TestClient) -> None:
    runs = client.get("/api/runs").json()["runs"]
    assert {run["run_id"] for run in runs} == {RUN, OTHER_RUN}
    assert runs[0]["waiting"] is True
    assert runs[0]["state"] == "reviewing"


def test_a_run_counts_by_locale_and_says_what_may_be_done(client: TestClient, where: dict[str, str]) -> None:
    run = client.get("/api/run", params=where).json()
    assert run["campaign"] == "small"
    assert run["counts"]["total"] == run["counts"]["done"] == 4
    assert run["counts"]["failed"] >= 1
    by_locale = {entry["locale"]: entry for entry in run["locales"]}
    assert by_locale["ar"]["dir"] == "rtl"
    assert by_locale["ar"]["name"] == "Arabic"
    assert by_locale["de"]["counts"]["total"] == 3
    assert run["may"] == {"review": True, "redo": True, "roll_back": True, "why_not": None}
    assert run["request"]["open"] is True
    assert run["links"]["report"] == "api/report"
    assert run["release"] is None


def test_exceptions_come_first_and_filters_narrow(client: TestClient, where: dict[str, str]) -> None:
    found = items(client, where)
    order = ["needs_review", "failed", "waiting", "passed"]
    ranks = [order.index(item["status"]) for item in found]
    assert ranks == sorted(ranks)
    assert len(found) == 4
    assert names(items(client, where, locale="ar")) == [n for n in names(found) if " ar " in n]
    assert names(items(client, where, status="failed")) == ["c de failed"]
    assert [item["asset_id"] for item in items(client, where, q="rabatt")] == ["a"]
    assert [item["asset_id"] for item in items(client, where, q="MISSING.PNG")] == ["c"]
    assert items(client, where, q="100%_") == []
    page = client.get("/api/items", params=where | {"limit": 2, "offset": 3}).json()
    assert page["total"] == 4
    assert names(page["items"]) == names(found)[3:]


def test_an_item_tells_copy_size_and_checks(client: TestClient, where: dict[str, str]) -> None:
    [item] = items(client, where, q="rabatt")
    assert (item["width"], item["height"]) == (480, 320)
    assert item["has_image"]
    assert item["copy"][0]["text"] == "SALE"
    assert item["copy"][0]["replacement"] == "RABATT"
    assert len(item["copy"][0]["box"]) == 4
    details = client.get("/api/item", params=where | {"id": item["id"]}).json()
    assert details["engine"] == "typeset"
    titles = {check["name"]: check["title"] for check in details["checks"]}
    assert titles["text_correct"] == "The new text reads back as asked"
    assert all(check["words"] for check in details["checks"])
    assert {"what": "attempt"}.items() <= details["history"][0].items()


def test_a_run_is_not_sent_twice(client: TestClient, where: dict[str, str]) -> None:
    first = client.get("/api/run", params=where)
    again = client.get("/api/run", params=where, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = client.get("/api/run", params=where, headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    assert weak.status_code == 304


def test_results_so_far_of_a_run_that_goes_on(
    client: TestClient, host: DemoHost, workspace: Workspace, where: dict[str, str]
) -> None:
    """A plan with one of its three jobs done, and nothing gathered."""
    run = workspace.run("live")
    first = workspace.run(RUN)
    run.save_plan(first.load_plan())
    done = next(result for result in first.each_result() if result.asset_id == "a")
    run.save_shard("shard-0", [done])
    where = {"dag_id": DAG, "run_id": "live"}
    answer = client.get("/api/run", params=where).json()
    assert (answer["counts"]["total"], answer["counts"]["done"]) == (4, 2)  # the refused row counts as done
    waiting = items(client, where, status="waiting")
    assert len(waiting) == 2
    assert all(item["has_source"] and not item["has_image"] and item["copy"] for item in waiting)
    details = client.get("/api/item", params=where | {"id": waiting[0]["id"]}).json()
    assert details["checks"] == []
    version = answer["version"]
    body = where | {"version": version, "choice": "approve"}
    refused = client.post("/api/answer", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_gathered")


def test_a_run_that_is_not_there_is_told(client: TestClient) -> None:
    assert client.get("/api/run", params={"dag_id": DAG, "run_id": "never"}).status_code == 404
    assert client.get("/api/run", params={"dag_id": DAG}).status_code == 422


def many(count: int) -> Any:
    for number in range(count):
        status = Status.NEEDS_REVIEW if number % 100 == 7 else Status.PASSED
        yield JobResult(
            f"{number:064x}",
            f"asset-{number:05d}",
            ("de", "ja", "ar")[number % 3],
            status,
            image="candidate.png",
            delivered="delivered.png",
            edits=({"action": "replace_text", "text": f"SALE {number}", "replacement": "RABATT"},),
            delivered_sha256=f"{number:064x}",
            image_sha256=f"{number + 1:064x}",
        )


@pytest.fixture(scope="module")
def large() -> RunIndex:
    return RunIndex(many(20_000), secret=b"s", run="r")


def test_any_page_of_many_items_can_be_asked_for(large: RunIndex) -> None:
    counts, rows = large.page(Filter(), offset=0, limit=200)
    assert counts.total() == 20_000
    assert {row.status for row in rows} == {"needs_review"}
    counts, rows = large.page(Filter(), offset=19_990, limit=200)
    assert rows[-1].asset_id == "asset-19999"
    counts, rows = large.page(Filter(text="asset-01234", locale="ja"), offset=0, limit=10)
    assert [row.asset_id for row in rows] == ["asset-01234"]
    assert counts == {rows[0].status: 1}


def test_ids_are_of_one_run_and_one_installation(large: RunIndex) -> None:
    _, [row] = large.page(Filter(text="asset-01234"), offset=0, limit=1)
    for secret, run in ((b"s", "other"), (b"t", "r")):
        other = RunIndex(many(1300), secret=secret, run=run)
        assert other.find(row.id) is None
    assert large.find(row.id) == row
    assert len(row.id) == 32


def test_an_item_that_is_made_anew_keeps_its_id_and_loses_its_mark() -> None:
    old, new = next(many(1)), next(many(1)).with_changes(job="new", delivered_sha256="f" * 64)
    before = RunIndex([old], secret=b"s", run="r")
    after = RunIndex([new], secret=b"s", run="r")
    mark = Mark.from_list(
        [old.job, old.asset_id, old.locale, old.delivered_sha256, "approved", "", "Mei", "mei", "now", 1]
    )
    for index in (before, after):
        index.set_marks(MarkBook(1, {mark.slot: mark}))
    [first], [second] = (index.page(Filter(), offset=0, limit=1)[1] for index in (before, after))
    assert first.id == second.id
    assert first.mark is not None
    assert second.mark is None
    assert before.seen != after.seen


def test_rows_that_were_refused_may_share_a_name() -> None:
    refused = JobResult("", "", "", Status.FAILED, reason="row 2, image: missing")
    index = RunIndex([refused, refused], secret=b"s", run="r")
    counts, rows = index.page(Filter(), offset=0, limit=10)
    assert counts.total() == len({row.id for row in rows}) == 2


def test_a_job_without_a_result_is_waiting() -> None:
    job = Job("k", "a", "de", "en", "sources/x.png", "x", ())
    index = RunIndex([job], secret=b"s", run="r")
    assert index.counts["waiting"] == 1
    [row] = index.page(Filter(status="waiting"), offset=0, limit=1)[1]
    assert index.result(row.id) == job


def test_copy_that_nobody_approved_is_handed_out_as_a_deck(
    client: TestClient, where: dict[str, str], workspace: Workspace
) -> None:
    link = "copy_to_fill"
    assert client.get("/api/run", params=where).json()["links"][link] is None
    run = workspace.run(RUN)
    for target in ("", "NEU"):
        state = CopyState.APPROVED if target else CopyState.MISSING
        saved = save_units(run, [CopyUnit("NEW", "en", "de", state, target, origin="deck")])
        if not target:  # the deck comes before the record that says what is in it
            assert client.get("/api/run", params=where).json()["links"][link] is None
        save_prepared(run, PreparedCopy(saved.counts, saved.units, saved.to_fill, saved.digest))
        address = client.get("/api/run", params=where).json()["links"][link]
        if target:
            assert address is None  # nothing is left to fill in
        else:
            deck = client.get(f"/{address}", params=where)
            assert (deck.status_code, "NEW" in deck.text) == (200, True)
            assert deck.headers["content-disposition"] == 'attachment; filename="copy_to_fill.csv"'


def test_an_item_says_who_drafted_its_copy() -> None:
    edits = ({"action": "translate_text", "text": "NEW", "replacement": "NEU", "draft": "nllb 1"},)
    index = RunIndex([JobResult("k", "a", "de", Status.NEEDS_REVIEW, edits=edits)], secret=b"s", run="r")
    [row] = index.page(Filter(), offset=0, limit=10)[1]
    assert row.copy[0]["draft"] == "nllb 1"
