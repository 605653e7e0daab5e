from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localizer.errors import ObjectNotFound, StorageError
from localizer.model import Action, Decision, Edit, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.runs import path_segment
from localizer.storage.names import checked
from localizer.workspace import Workspace

AIRFLOW = "manual__2026-01-01T00:00:00+00:00"


def job(asset: str, locale: str = "ja", key: str = "k") -> Job:
    edit = Edit(Action.REMOVE_TEXT, text="SALE", row=7)
    return Job(key * 64, asset, locale, "en", "sources/s.png", "0" * 64, (edit,))


def done(asset: str, locale: str = "ja", key: str = "k", **changes: object) -> JobResult:
    return JobResult(key * 64, asset, locale, Status.PASSED).with_changes(**changes)


def decision(asset: str, verdict: Verdict = Verdict.APPROVED, at: str = "2026-01-01T00:00:00Z") -> Decision:
    return Decision("k" * 64, asset, "ja", verdict, "ann", at)


@pytest.fixture
def workspace(storage_uri: str) -> Workspace:
    return Workspace.open(storage_uri)


@pytest.mark.parametrize(
    "run_id", ["2026-summer", "scheduled_1.2", AIRFLOW, "../../etc", ".hidden", "日本", "a/b", "x" * 300]
)
def test_run_ids_become_one_safe_segment(run_id: str) -> None:
    segment = path_segment(run_id)
    assert checked(segment) == segment
    assert "/" not in segment
    assert len(segment) <= 120
    assert set(segment) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~")


def test_plain_run_ids_stay_and_airflow_ids_stay_readable() -> None:
    assert path_segment("2026-summer_1.2") == "2026-summer_1.2"
    assert path_segment(AIRFLOW).startswith("manual__2026-01-01T00-00-00-00-00~")
    with pytest.raises(StorageError):
        path_segment("")


@given(
    st.text(min_size=1, max_size=12, alphabet="ab:+-~/."),
    st.text(min_size=1, max_size=12, alphabet="ab:+-~/."),
)
def test_no_two_run_ids_share_a_segment(one: str, other: str) -> None:
    assert (path_segment(one) == path_segment(other)) == (one == other)
    assert path_segment(path_segment(one)) == path_segment(one) or "~" in path_segment(one)


def test_merge_follows_the_plan(workspace: Workspace) -> None:
    run = workspace.run(AIRFLOW)
    rejected = JobResult("", "bad", "ja", Status.FAILED, reason="row 3, image: missing")
    # "twin" shares its key with "a": same bytes, same edits.
    plan = Plan(
        "c", (job("a"), job("twin"), job("b", key="b"), job("late", key="d")), (rejected,), (("a", "ko"),)
    )
    run.save_plan(plan)
    assert run.load_plan() == plan
    with pytest.raises(ObjectNotFound, match="results"):
        run.results()
    run.save_shard("shard-1", [done("b", key="b")])
    run.save_shard("shard-0", [done("a")])
    run.save_shard("shard-0", [done("a", reason="line\u2028separator"), done("twin"), done("gone", key="e")])
    counts = run.merge()
    assert (counts.total, counts.passed, counts.failed, counts.rejected) == (5, 3, 2, 1)
    merged = run.results()
    assert [(r.asset_id, r.status) for r in merged] == [
        ("bad", Status.FAILED),
        ("a", Status.PASSED),
        ("twin", Status.PASSED),
        ("b", Status.PASSED),
        ("late", Status.FAILED),
    ]
    assert merged[1].reason == "line\u2028separator"
    assert "not finished" in merged[-1].reason
    assert merged[-1].rows == (7,)
    assert list(run.each_result()) == merged
    assert workspace.run(AIRFLOW).results() == merged
    assert [r.asset_id for r in run.load_shard("shard-0")] == ["a", "twin", "gone"]
    assert run.load_shard("shard-9") == []


def test_a_damaged_row_names_file_and_line(workspace: Workspace) -> None:
    run = workspace.run("r")
    run.save_plan(Plan("c", (job("a"),)))
    workspace.storage.write("runs/r/results/0.jsonl", b'{"job": "k"}\n')
    with pytest.raises(StorageError, match=r"0\.jsonl, line 1"):
        run.merge()


def test_decisions_are_a_trail_and_the_last_counts(workspace: Workspace) -> None:
    run = workspace.run(AIRFLOW)
    assert run.decisions() == []
    first, second = decision("a"), decision("a", Verdict.REJECTED, "2026-01-02T00:00:00Z")
    run.save_decisions([first, decision("b")])
    run.save_decisions([second])
    run.save_decisions(
        [first]
    )  # a task that runs again adds nothing, and does not bring the old verdict back
    assert run.decisions() == [first, decision("b"), second]
    assert run.latest_decisions()["k" * 64, "a", "ja"] == second


def test_no_decision_is_lost_when_two_decide_at_once(storage_uri: str) -> None:
    barrier = threading.Barrier(4)

    def decide(name: str) -> None:
        run = Workspace.open(storage_uri).run("r")
        barrier.wait()
        for number in range(3):
            run.save_decisions([decision(f"{name}{number}")])

    threads = [threading.Thread(target=decide, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trail = Workspace.open(storage_uri).run("r").decisions()
    assert sorted(d.asset_id for d in trail) == sorted(f"{n}{i}" for n in "abcd" for i in range(3))


def test_the_report_is_found_where_it_is_said_to_be(workspace: Workspace, tmp_path: Path) -> None:
    run = workspace.run("r")
    (tmp_path / "page").write_text("<p>ü</p>", "utf-8")
    (tmp_path / "table").write_text("a", "utf-8")
    uri = run.save_report(tmp_path / "page", tmp_path / "table")
    assert uri == run.uri_of("report.html") == f"{workspace.uri}/runs/r/report.html"
    assert workspace.storage.read("runs/r/report.html") == "<p>ü</p>".encode()
    assert workspace.storage.read("runs/r/results.csv") == b"a"
