"""Results of a shard as they come: what is kept when, and what an earlier try had."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from localizer.errors import StorageUnavailable
from localizer.model import JobResult, Status
from localizer.runs import Run
from localizer.runs.shard_files import ShardSeries, ShardWriter
from localizer.workspace import Workspace


def result(name: str, **changes: object) -> JobResult:
    return JobResult(name, name, "ja", Status.PASSED).with_changes(**changes)


def names(run: Run, shard: str) -> list[str]:
    return [r.asset_id for r in run.load_shard(shard)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Workspace.open(str(tmp_path)).run("r")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds to add to the clock."""
    ahead, real = [0.0], time.monotonic
    monkeypatch.setattr("localizer.runs.shard_files.time.monotonic", lambda: real() + ahead[0])
    return ahead


def test_a_checkpoint_of_a_retry_keeps_what_the_earlier_try_had(run: Run, clock: list[float]) -> None:
    run.save_shard("0000", [result("a"), result("of another cut"), result("b")])
    jobs = {(name, name, "ja") for name in "abcd"}
    with ShardWriter(run, "0000", jobs=jobs) as writer:
        writer.add(result("a", cached=True))
        assert names(run, "0000") == ["a", "of another cut", "b"]
        clock[0] += 60
        writer.add(result("c"))
        assert names(run, "0000") == ["a", "b", "a", "c"]
        writer.add(result("d"))
        assert len(names(run, "0000")) == 4  # the next checkpoint is not due yet
    assert names(run, "0000") == ["a", "c", "d"]


def test_checkpoints_take_a_small_part_of_the_time(
    run: Run, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, save = [], run.save_shard

    def slow_save(shard: str, results: Path) -> str:
        clock[0] += 30
        saved.append(clock[0])
        return save(shard, results)

    monkeypatch.setattr(run, "save_shard", slow_save)
    with ShardWriter(run, "0000") as writer:
        for number in range(1000):
            clock[0] += 1
            writer.add(result(str(number)))
    assert len(saved) == 3  # two checkpoints and the end
    assert len(names(run, "0000")) == 1000


def test_an_error_keeps_what_is_done(run: Run) -> None:
    with pytest.raises(ZeroDivisionError), ShardWriter(run, "0000") as writer:  # noqa: PT012
        writer.add(result("a"))
        raise ZeroDivisionError
    assert names(run, "0000") == ["a"]


def test_a_checkpoint_that_fails_costs_nothing_but_the_end_must_not(
    run: Run, clock: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(shard: str, results: Path) -> str:
        raise StorageUnavailable("503")

    monkeypatch.setattr(run, "save_shard", refuse)
    writer = ShardWriter(run, "0000")
    writer.__enter__()
    clock[0] += 60
    writer.add(result("a"))
    assert "a checkpoint could not be saved: 503" in caplog.text
    with pytest.raises(StorageUnavailable):
        writer.__exit__(None, None, None)


def test_a_series_begins_a_new_shard_every_500_results(run: Run) -> None:
    with ShardSeries(run, "run") as series:
        for number in range(1001):
            series.add(result(str(number)))
        assert len(names(run, "run-0000")) == 500
    assert [len(names(run, f"run-000{n}")) for n in range(4)] == [500, 500, 1, 0]
