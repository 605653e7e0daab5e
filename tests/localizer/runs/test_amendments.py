"""The record of what was done again: nothing is lost, and of two who replace one image one is told."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.errors import InputError, StorageError
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.plan_files import Plan
from localizer.runs import Run
from localizer.runs.amendments import Amendment, in_effect
from localizer.workspace import Workspace


def job(asset: str, key: str = "k") -> Job:
    edit = Edit(Action.REMOVE_TEXT, text="SALE", row=7)
    return Job(key * 64, asset, "ja", "en", "sources/s.png", "0" * 64, (edit,))


def done(asset: str, key: str = "k", **changes: Any) -> JobResult:
    return JobResult(key * 64, asset, "ja", Status.PASSED).with_changes(**changes)


def wish(id: str, asset: str, key: str, replaces: str = "k") -> Amendment:
    return Amendment(id, job(asset).slot, replaces * 64, job(asset, key), "typeset", "ann", "t0", "why")


@pytest.fixture
def run(storage_uri: str) -> Run:
    run = Workspace.open(storage_uri).run("r")
    run.save_plan(Plan("c", (job("a"), job("twin"), job("b", "b"))))
    run.save_shard("0", [done("a"), done("twin"), done("b", "b")])
    run.merge()
    return run


def keys(run: Run) -> dict[str, str]:
    return {each.asset_id: each.job[0] for each in run.each_result()}


def test_what_was_asked_for_counts_once_it_is_settled(run: Run) -> None:
    asked = run.amend(wish("x", "a", "n"))
    assert run.amendments() == [asked]
    assert asked.is_open
    run.save_shard(asked.shard, [done("a", "n")])
    run.merge()
    assert keys(run) == {"a": "k", "twin": "k", "b": "b"}
    settled = run.settle(asked, at="t1")
    assert run.amendments() == [settled]
    assert settled.counts
    assert keys(run) == {"a": "n", "twin": "k", "b": "b"}  # its twin, with the same key, is another image
    run.merge()
    assert keys(run) == {"a": "n", "twin": "k", "b": "b"}
    assert run.settle(asked, at="t2", problem="too late") == settled
    assert run.amend(wish("x", "a", "n")) == settled


def test_what_came_to_nothing_changes_nothing_and_may_be_tried_again(run: Run) -> None:
    asked = run.amend(wish("x", "a", "n"))
    run.settle(asked, at="t1", problem="the engine is down")
    [failed] = run.amendments()
    assert (failed.problem, failed.counts, failed.is_open) == ("the engine is down", False, False)
    again = run.amend(failed)
    assert again == asked
    run.save_shard(again.shard, [done("a", "n")])
    run.settle(again, at="t2")
    assert keys(run)["a"] == "n"


def test_of_two_that_replace_one_image_the_second_is_told(run: Run) -> None:
    one, two = run.amend(wish("x", "a", "n")), run.amend(wish("y", "a", "m"))
    for each in (one, two):
        run.save_shard(each.shard, [done("a", each.job.key[0])])
    run.settle(two, at="t1")
    with pytest.raises(InputError, match="a · ja was done again by ann at t1; look at"):
        run.settle(one, at="t2")
    with pytest.raises(InputError, match="was done again by ann"):
        run.amend(wish("z", "a", "o"))
    assert keys(run)["a"] == "m"
    third = run.amend(wish("z", "a", "o", replaces="m"))
    run.save_shard(third.shard, [done("a", "o")])
    run.settle(third, at="t3")
    assert keys(run)["a"] == "o"


def test_a_result_that_is_gone_is_told(run: Run) -> None:
    run.settle(run.amend(wish("x", "a", "n")), at="t1")
    with pytest.raises(StorageError, match=r"redo-x.jsonl: the result of a · ja is gone"):
        keys(run)


def test_a_damaged_record_names_file_and_line(run: Run, storage_uri: str) -> None:
    run.amend(wish("x", "a", "n"))
    storage = Workspace.open(storage_uri).storage
    storage.write("runs/r/amendments.jsonl", storage.read("runs/r/amendments.jsonl") + b'{"asked": 1}\n')
    with pytest.raises(StorageError, match=r"amendments\.jsonl, line 2"):
        run.amendments()


def test_a_line_that_was_cut_off_before_its_end_does_not_swallow_the_next(run: Run, storage_uri: str) -> None:
    asked = run.amend(wish("x", "a", "n"))
    storage = Workspace.open(storage_uri).storage
    storage.write("runs/r/amendments.jsonl", storage.read("runs/r/amendments.jsonl").rstrip())
    run.settle(asked, at="t1", problem="p")
    assert [each.problem for each in run.amendments()] == ["p"]


def test_nothing_is_lost_when_many_ask_at_once(storage_uri: str, run: Run) -> None:
    barrier = threading.Barrier(4)

    def go(number: int) -> None:
        mine = Workspace.open(storage_uri).run("r")
        barrier.wait()
        for turn in range(3):
            asked = mine.amend(
                wish(f"{number}-{turn}", f"asset {number}", "n", replaces="k" if not turn else "n")
            )
            mine.settle(asked, at=f"t{turn}")

    threads = [threading.Thread(target=go, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.id for each in run.amendments() if each.counts) == [
        f"{number}-{turn}" for number in range(4) for turn in range(3)
    ]


says = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from("knm"), st.sampled_from(["make", "fail", "die"]))
)


@settings(deadline=None, max_examples=40)
@given(says)
def test_each_image_that_counts_replaced_the_one_before(says: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Workspace.open(folder).run("r")
        there = "k"
        for number, (id, key, end) in enumerate(says):
            known = next((each for each in run.amendments() if each.id == id), None)
            if known is not None and known.counts:
                continue
            asked = run.amend(wish(id, "a", key, replaces=there))
            if end == "make":
                run.settle(asked, at=f"t{number}")
                there = key
            elif end == "fail":
                run.settle(asked, at=f"t{number}", problem="p")
            trail = run.amendments()
            last = in_effect(trail).get(job("a").slot)
            assert (last.job.key[0] if last else "k") == there
            assert {each.id: each.is_open for each in trail}[id] == (end == "die")


def test_a_plan_that_does_not_have_the_job_is_left_alone(tmp_path: Path) -> None:
    run = Workspace.open(str(tmp_path)).run("r")
    run.save_plan(Plan("c", (job("a"),)))
    asked = run.amend(wish("x", "a", "n"))
    run.save_shard(asked.shard, [done("a", "n")])
    run.settle(asked, at="t1")
    run.save_plan(Plan("c", (job("a", "q"),)))
    run.save_shard("0", [done("a", "q")])
    run.merge()
    assert keys(run) == {"a": "q"}
    assert [each.job[0] for each in run.so_far() if isinstance(each, JobResult)] == ["q"]
