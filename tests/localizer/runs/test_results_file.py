from __future__ import annotations

import json
from pathlib import Path

import pytest

from localizer.errors import StorageError
from localizer.model import JobResult, Status
from localizer.runs.results_file import ResultsFile


def result(name: str, *rows: int) -> JobResult:
    return JobResult("k", name, "ja", Status.PASSED, reason="大促\u2028", rows=rows)


def names(path: Path) -> list[str]:
    return [json.loads(line)["asset_id"] for line in path.read_bytes().split(b"\n") if line]


@pytest.mark.parametrize("order", ["abcd", "dcba", "badc"])
def test_lines_come_as_they_come_and_stand_in_the_manifests_order(tmp_path: Path, order: str) -> None:
    rows = {"a": (2,), "b": (3, 9), "c": (5,), "d": ()}
    path = tmp_path / "deep" / "r.jsonl"
    with ResultsFile(path) as file:
        file.add(result("x", 7))
        assert names(path) == ["x"]
        file.finish(iter([result(name, *rows[name]) for name in order]))
    assert names(path) == ["a", "b", "c", "d"]
    assert [p.name for p in path.parent.iterdir()] == ["r.jsonl"]


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="--results"), ResultsFile(tmp_path):
        pass


def test_no_file_is_no_work(tmp_path: Path) -> None:
    with ResultsFile(None) as file:
        file.add(result("a", 2))
        file.finish([])
    assert list(tmp_path.iterdir()) == []
