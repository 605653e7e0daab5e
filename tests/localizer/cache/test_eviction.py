"""The result cache: what is needed stays, what goes is done again, and nobody is hurt by an eviction."""

from __future__ import annotations

import os
import signal
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localizer.cache.eviction import Cache
from localizer.cache.uses import REVIEW, UNFINISHED, UNPUBLISHED
from localizer.errors import StorageError
from localizer.model import Decision, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.release import publish
from localizer.runs import Run
from localizer.workspace import Workspace

DAY = timedelta(days=1)


@pytest.fixture
def workspace(storage_uri: str) -> Workspace:
    return Workspace.open(f"{storage_uri}/workspace")


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def save(workspace: Workspace, key: str, size: int = 1000, engine: str = "typeset") -> JobResult:
    made = JobResult(
        key, f"a-{key}", "ja", Status.PASSED, image="candidate.png", delivered="delivered.jpg", engine=engine
    )
    data = key.encode() * size
    return workspace.save_result(made, {"candidate.png": data[:size], "delivered.jpg": data[: size // 2]})


def plan(workspace: Workspace, run_id: str, keys: list[str]) -> Run:
    run = workspace.run(run_id)
    jobs = tuple(Job(key, f"a-{key}", "ja", "en", "sources/s.png", "0" * 64, ()) for key in keys)
    run.save_plan(Plan("spring", jobs))
    return run


def merged(workspace: Workspace, run_id: str, results: list[JobResult]) -> Run:
    run = plan(workspace, run_id, [r.job for r in results])
    run.save_shard("0", results)
    run.merge()
    return run


def decide(run: Run, *results: JobResult, verdict: Verdict = Verdict.APPROVED) -> None:
    run.save_decisions(Decision(r.job, r.asset_id, r.locale, verdict, "ann", "t") for r in results)


def kept(workspace: Workspace, keys: list[str]) -> list[str]:
    return [key for key in keys if workspace.load_result(key) is not None]


def evict(workspace: Workspace, *, now: datetime | None = None, **choice: Any) -> int:
    with Cache(workspace, now=now) as cache:
        chosen = cache.choose(**(choice or {"budget": 0}))
        went = cache.evict()
        assert went.results <= chosen.results
        return went.results


def test_an_empty_workspace(workspace: Workspace) -> None:
    with Cache(workspace) as cache:
        assert cache.state().whole.results == 0
        assert cache.choose(budget=0).results == 0
        assert cache.evict().results == 0


def test_what_is_shown(workspace: Workspace) -> None:
    results = [save(workspace, f"k{n}", 1000 * (n + 1)) for n in range(3)]
    save(workspace, "other", 500)
    workspace.storage.write("jobs/half/candidate.png", b"x" * 10)
    merged(workspace, "r", results)
    workspace.put_source(b"x" * 70, "png")
    with Cache(workspace, now=later(2)) as cache:
        state = cache.state()
    assert (state.sources.results, state.sources.size) == (1, 70)
    sizes = {i.name: i.size for i in workspace.storage.infos("jobs/")}
    assert (state.whole.results, state.whole.size) == (5, sum(sizes.values()))
    assert (state.leftovers.results, state.leftovers.size) == (1, 10)
    assert {name: s.results for name, s in state.engines.items()} == {"typeset": 3, "": 1}
    assert {name: s.results for name, s in state.ages.items() if s.results} == {"a week": 5}
    assert {name: s.results for name, s in state.needed.items()} == {REVIEW: 3}


def test_without_a_budget_or_an_age_nothing_goes(workspace: Workspace) -> None:
    save(workspace, "k")
    with Cache(workspace, now=later(900)) as cache:
        assert cache.choose().results == 0
        assert cache.evict().results == 0
    assert kept(workspace, ["k"]) == ["k"]


def test_the_least_recently_used_go_until_the_budget_holds(workspace: Workspace) -> None:
    for key in ("a", "b", "c", "d"):
        save(workspace, key)
        time.sleep(0.02)
    # "a" is oldest, and the newest run used it: naming it counts, and nothing was written for that.
    used = workspace.load_result("a")
    assert used is not None
    decided = merged(workspace, "r", [used])
    decide(decided, used, verdict=Verdict.REJECTED)
    decided.mark_published("r-0", "x")
    with Cache(workspace) as cache:
        size = cache.state().whole.size // 4
        assert cache.choose(budget=2 * size + 100).results == 2
        assert cache.evict().results == 2
        assert cache.state().whole.results == 2
    assert kept(workspace, ["a", "b", "c", "d"]) == ["a", "d"]
    assert [i.name for i in workspace.storage.infos("jobs/b")] == []


def test_only_what_was_not_used_for_so_long(workspace: Workspace) -> None:
    save(workspace, "k")
    assert evict(workspace, now=later(29), older_than=30 * DAY) == 0
    assert evict(workspace, now=later(29), older_than=30 * DAY, budget=0) == 0
    assert evict(workspace, now=later(31), older_than=30 * DAY, budget=10**9) == 0
    assert evict(workspace, now=later(31), older_than=30 * DAY) == 1


def test_choosing_removes_nothing(workspace: Workspace) -> None:
    save(workspace, "k")
    with Cache(workspace, now=later(99)) as cache:
        assert cache.choose(budget=0).results == 1
    assert kept(workspace, ["k"]) == ["k"]


# --- what is needed ----------------------------------------------------------------------------------------


def test_what_an_unfinished_run_has_planned_stays(workspace: Workspace) -> None:
    save(workspace, "a")
    plan(workspace, "r", ["a", "not-done-yet"])
    with Cache(workspace) as cache:
        assert {name: s.results for name, s in cache.state().needed.items()} == {UNFINISHED: 1}
    assert evict(workspace) == 0
    assert evict(workspace, now=later(29), budget=0) == 0
    assert evict(workspace, now=later(31), budget=0) == 1  # nobody finished it


def test_a_run_that_goes_on_after_it_was_merged_is_unfinished(workspace: Workspace) -> None:
    result = save(workspace, "a")
    run = merged(workspace, "r", [result])
    decide(run, result, verdict=Verdict.REJECTED)
    time.sleep(0.02)
    run.save_shard("0", [result])
    assert evict(workspace) == 0


def test_what_waits_for_review_stays(workspace: Workspace) -> None:
    merged(workspace, "r", [save(workspace, "a")])
    assert evict(workspace) == 0
    assert evict(workspace, now=later(31), budget=0) == 1


def test_what_was_approved_stays_until_it_is_published(workspace: Workspace, storage_uri: str) -> None:
    yes, no = save(workspace, "yes"), save(workspace, "no")
    run = merged(workspace, "r", [yes, no])
    decide(run, yes)
    with Cache(workspace) as cache:
        assert {name: s.results for name, s in cache.state().needed.items()} == {UNPUBLISHED: 1}
    assert evict(workspace) == 1
    assert kept(workspace, ["yes", "no"]) == ["yes"]
    uri = f"{storage_uri}/published"
    publish(run, workspace=workspace, publish_uri=uri, campaign="spring")
    assert evict(workspace) == 1
    # What is published does not live in the cache.
    again = publish(run, workspace=workspace, publish_uri=uri, campaign="spring")
    assert again.already_current


def test_an_approval_after_the_publish_is_needed_again(workspace: Workspace, storage_uri: str) -> None:
    first, second = save(workspace, "a"), save(workspace, "b")
    run = merged(workspace, "r", [first, second])
    decide(run, first)
    publish(run, workspace=workspace, publish_uri=f"{storage_uri}/published", campaign="spring")
    time.sleep(0.02)
    decide(run, second)
    assert evict(workspace) == 0


def test_a_run_whose_records_cannot_be_read_stops_it(workspace: Workspace) -> None:
    merged(workspace, "r", [save(workspace, "a")])
    workspace.storage.write("runs/r/results.jsonl", b"{\n")
    with pytest.raises(StorageError, match=r"results\.jsonl, line 1"):
        Cache(workspace)


# --- beside others -----------------------------------------------------------------------------------------


def test_the_record_goes_first_so_half_evicted_is_no_result(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(workspace, "a")
    kind = type(workspace.storage)
    original, order = kind.delete, []

    def cut_off(self: Any, name: str, **options: Any) -> None:
        order.append(name)
        if len(order) > 1:
            raise StorageError("cut off")
        original(self, name, **options)

    monkeypatch.setattr(kind, "delete", cut_off)
    with pytest.raises(StorageError, match="cut off"):
        evict(workspace)
    assert order[0] == "jobs/a/result.json"
    assert workspace.load_result("a") is None
    monkeypatch.undo()
    assert evict(workspace) == 0  # for a day it may be a job in progress
    assert evict(workspace, now=later(2), budget=0) == 1
    assert list(workspace.storage.names("jobs/")) == []
    # And it can be done again.
    save(workspace, "a")
    assert kept(workspace, ["a"]) == ["a"]


def test_what_a_run_found_just_before_it_went_is_put_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run plans and finds the result after the look at the cache and before the record is removed."""
    save(workspace, "a")
    save(workspace, "b")
    kind = type(workspace.storage)
    original, found = kind.delete, []

    def run_comes_first(self: Any, name: str, **options: Any) -> None:
        if not found:
            plan(workspace, "new", ["a"])
            found.append(workspace.load_result("a"))
        original(self, name, **options)

    with Cache(workspace, now=later(40)) as cache:
        assert cache.choose(budget=0).results == 2
        monkeypatch.setattr(kind, "delete", run_comes_first)
        assert cache.evict().results == 1
    assert found[0] is not None
    assert kept(workspace, ["a", "b"]) == ["a"]


def test_when_runs_cannot_be_looked_at_the_records_are_put_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(workspace, "a")
    with Cache(workspace, now=later(40)) as cache:
        cache.choose(budget=0)
        workspace.storage.write("runs/new/plan.parquet", b"damaged")
        with pytest.raises(StorageError, match=r"plan\.parquet"):
            cache.evict()
    assert kept(workspace, ["a"]) == ["a"]


def test_what_was_made_anew_meanwhile_stays(workspace: Workspace) -> None:
    if workspace.uri.startswith("gs://"):
        pytest.skip("the emulator ignores conditions on removal")
    save(workspace, "a")
    with Cache(workspace, now=later(40)) as cache:
        cache.choose(budget=0)
        save(workspace, "a")
        assert cache.evict().results == 0
    assert kept(workspace, ["a"]) == ["a"]


def test_two_evictions_at_once(workspace: Workspace) -> None:
    for n in range(20):
        save(workspace, f"k{n}")
    with Cache(workspace, now=later(40)) as one, Cache(workspace, now=later(40)) as other:
        one.choose(budget=0)
        other.choose(budget=0)
        assert one.evict().results == 20
        assert other.evict().results == 0
    assert list(workspace.storage.names("jobs/")) == []


def test_a_run_that_works_while_results_are_evicted_loses_nothing(tmp_path: Path) -> None:
    """A process evicts everything again and again; this one saves, and finds either all or nothing."""
    workspace = Workspace.open(str(tmp_path))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            until = time.monotonic() + 5
            while time.monotonic() < until:
                evict(Workspace.open(str(tmp_path)), now=later(40), budget=0)
            status = 0
        finally:
            os._exit(status)
    found = missing = 0
    until = time.monotonic() + 4
    while time.monotonic() < until:
        for key in ("a", "b", "c"):
            result = workspace.load_result(key)
            if result is None:
                missing += 1
                result = save(workspace, key)
            else:
                found += 1
            assert result.job == key
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert missing > 3
    save(workspace, "a")
    assert kept(workspace, ["a"]) == ["a"]


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.1])
def test_an_eviction_that_is_killed_leaves_whole_results_or_none(tmp_path: Path, delay_s: float) -> None:
    workspace = Workspace.open(str(tmp_path))
    keys = [f"k{n}" for n in range(60)]
    for key in keys:
        save(workspace, key)
    begun, say = os.pipe()
    child = os.fork()
    if child == 0:
        with Cache(workspace, now=later(40)) as cache:
            cache.choose(budget=0)
            os.write(say, b"!")
            cache.evict()
        os._exit(0)
    os.read(begun, 1)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    for key in keys:
        result = workspace.load_result(key)
        if result is not None:
            assert workspace.storage.stat(f"jobs/{key}/candidate.png") is not None
        else:
            assert workspace.storage.stat(f"jobs/{key}/result.json") is None
        save(workspace, key)  # and it can be done again at once
    assert kept(workspace, keys) == keys
    assert evict(workspace, now=later(40), budget=0) == len(keys)
    assert list(workspace.storage.names("jobs/")) == []


def test_memory_stays_flat_for_many_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from localizer.storage import ObjectInfo
    from localizer.storage.local import LocalStorage

    class Large(LocalStorage):
        """Lists as many results as asked for; none of them is really there."""

        count = 0

        def infos(self, prefix: str = "") -> Iterator[ObjectInfo]:
            for n in range(self.count if prefix == "jobs/" else 0):
                for name in ("candidate.png", "delivered.jpg", "result.json"):
                    yield ObjectInfo(f"jobs/{n:064d}/{name}", 1000, 1, "", datetime.now(UTC))

    def peak(count: int) -> int:
        storage = Large(tmp_path)
        storage.count = count
        tracemalloc.start()
        try:
            with Cache(Workspace(storage), now=later(40)) as cache:
                assert cache.choose(budget=1000).results == count
                assert cache.state().whole.results == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(20_000) < peak(200) + (1 << 19)
