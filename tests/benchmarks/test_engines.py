"""Engines for benchmarks and drills: on the real pipeline, with real worker processes that really die."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchmarks.catalog import pictures, write_catalog
from benchmarks.engines import Paced
from benchmarks.engines.paced import events
from localizer.cli import main
from localizer.errors import ConfigurationError
from localizer.model import Status

INSTANT, PACED = "benchmarks.engines:Instant", "benchmarks.engines:Paced"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    return write_catalog(tmp_path / "catalog", pictures(4, kind="tiny"))


def localized(manifest: Path, engine: str, *options: str, **parameters: Any) -> list[dict[str, Any]]:
    """Results of the command line, with what passed published."""
    results = manifest.parents[1] / "results.jsonl"
    arguments = [
        *("run", str(manifest), "--workspace", str(manifest.parents[1] / "workspace")),
        *("--results", str(results), "--engine", engine, "--engine-parameters", json.dumps(parameters)),
        *("--approve", "passed", "--publish", str(manifest.parents[1] / "published"), *options),
    ]
    assert main(arguments) == 0
    return [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]


def test_an_instant_edit_passes_every_check_and_is_published(catalog: Path) -> None:
    results = localized(catalog, INSTANT)
    assert [r["status"] for r in results] == [Status.PASSED] * 4
    assert all(check["status"] == "passed" for r in results for check in r["checks"])
    assert {"faces", "untouched", "file", "text_found"} <= {c["name"] for c in results[0]["checks"]}
    assert len([*(catalog.parents[1] / "published").rglob("p00-*.png")]) == 4


@pytest.mark.parametrize("concurrency", [0, 3])
def test_every_edit_is_logged_once_and_a_rerun_edits_nothing(
    catalog: Path, tmp_path: Path, concurrency: int
) -> None:
    log = tmp_path / "calls.jsonl"
    for _ in range(2):
        results = localized(
            catalog, PACED, "--jobs", "1", seconds=0.01, log=str(log), concurrency=concurrency
        )
        assert [r["status"] for r in results] == [Status.PASSED] * 4
    assert all(r["cached"] for r in results)
    for event in ("begun", "made"):
        assert Counter(e["asset_id"] for e in events(log, event)) == {f"p00-00000{n}": 1 for n in range(4)}


def test_waiting_edits_wait_side_by_side(catalog: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    localized(catalog, PACED, seconds=0.5, log=str(log), concurrency=4)
    last_begun = max(e["at"] for e in events(log))
    assert last_begun < min(e["at"] for e in events(log, "made"))


@pytest.mark.skipif(sys.platform != "linux", reason="signals of Linux")
@pytest.mark.parametrize("fault", ["crash", "kill"])
def test_a_fault_kills_the_worker_process_on_every_try(catalog: Path, tmp_path: Path, fault: str) -> None:
    log = tmp_path / "calls.jsonl"
    results = localized(catalog, PACED, "--jobs", "2", log=str(log), misbehave={"p00-000002": fault})
    assert {r["asset_id"] for r in results if r["status"] != Status.PASSED} == {"p00-000002"}
    begun = Counter(e["asset_id"] for e in events(log))
    assert begun["p00-000002"] == 2
    assert "p00-000002" not in {e["asset_id"] for e in events(log, "made")}


def test_a_fault_may_happen_a_number_of_times_only(catalog: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    results = localized(
        catalog, PACED, "--jobs", "2", log=str(log), misbehave={"p00-000002": "kill"}, times=1
    )
    assert [r["status"] for r in results] == [Status.PASSED] * 4


def test_what_it_is_told_decides_no_pixels() -> None:
    assert Paced(seconds=3, misbehave={"a": "hang"}).parameters() == Paced().parameters()


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot 'explode'"):
        Paced(misbehave={"p00-000001": "explode"})
