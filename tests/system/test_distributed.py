"""Campaigns and catalogs through a distributed Airflow: Postgres, Redis, Celery workers on two queues."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.catalog import pictures, write_catalog
from benchmarks.engines.paced import events
from localizer.release import read_current, verify_release
from tests.system.cluster import Cluster, what_is_missing
from tests.system.rest import RunRef

pytestmark = [pytest.mark.system, pytest.mark.skipif(bool(what_is_missing()), reason=what_is_missing())]

INSTANT, PACED = "benchmarks.engines:Instant", "benchmarks.engines:Paced"
SLOTS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    defaults = {
        "engine": PACED,
        "engine_parameters": {"seconds": 1.2, "log": str(folder / "catalog.jsonl")},
        "approval": "never",
    }
    environment = {
        "LOCALIZER_WORKSPACE": str(folder / "workspace"),
        "LOCALIZER_PUBLISH": str(folder / "published"),
        "LOCALIZER_ENGINES": f"{INSTANT},{PACED}",
        "LOCALIZER_EDIT_QUEUE": "cpu",
        "LOCALIZER_GPU_QUEUE": "gpu",
        "LOCALIZER_GPU_ENGINES": INSTANT,  # stands in for a model in the process, which this machine has not
        "LOCALIZER_CATALOG_MANIFEST": f"{folder}/days/{{{{ data_interval_start | ds }}}}/manifest.csv",
        "LOCALIZER_CATALOG_DEFAULTS": json.dumps(defaults),
        "LOCALIZER_CATALOG_CRON": "0 0 * * *",
    }
    with Cluster(folder, environment=environment, slots=SLOTS) as running:
        running.api.wait_for_dag("localize_catalog")
        # The run of yesterday's interval, which scheduling begins with.
        for run in running.api.runs("localize_catalog"):
            running.api.wait(RunRef("localize_catalog", run))
        yield running


def images(folder: Path, campaign: str) -> dict[str, int]:
    """Path → generation of each object of the current release, all of it verified."""
    target = str(folder / "published")
    pointer = read_current(target, campaign)
    assert pointer is not None, campaign
    release = verify_release(target, campaign, pointer.release_id, read_all=True)
    root = folder / "published" / campaign / "releases" / pointer.release_id
    return {o.path: (root / o.path).stat().st_mtime_ns for o in release.objects}


def start_backfill(cluster: Cluster, first: str, last: str, *more: str) -> None:
    until = time.monotonic() + 180
    # A DAG has one backfill at a time, and the scheduler looks only now and then whether one is over.
    while any(b["completed_at"] is None for b in backfills(cluster)):
        assert time.monotonic() < until, backfills(cluster)
        time.sleep(1)
    dates = ("--from-date", first, "--to-date", last)
    cluster.airflow("backfill", "create", "--dag-id", "localize_catalog", *dates, *more)


def backfills(cluster: Cluster) -> list[dict[str, Any]]:
    found = cluster.api.get("/api/v2/backfills", dag_id="localize_catalog")["backfills"]
    return list(found)


def backfilled(cluster: Cluster, days: list[str]) -> dict[str, RunRef]:
    """The run of each day, once all of them are made."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        runs = cluster.api.runs("localize_catalog")
        found = {str(run["logical_date"])[:10]: run_id for run_id, run in runs.items()}
        if set(days) <= set(found):
            return {day: RunRef("localize_catalog", found[day]) for day in days}
        time.sleep(1)
    raise AssertionError(f"no runs for {days}")


def by_task(cluster: Cluster, run: RunRef) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for task in cluster.api.tasks(run):
        found.setdefault(task["task_id"], []).append(task)
    return found


def test_a_campaign_is_edited_on_the_queue_of_its_engine(cluster: Cluster, folder: Path) -> None:
    manifest = write_catalog(folder / "campaign", pictures(6, kind="tiny"))
    conf = {"manifest": str(manifest), "brand": None, "engine": INSTANT, "approval": "never"}
    run = cluster.api.trigger("localize_campaign", conf | {"campaign": "on-gpu"})
    assert cluster.api.wait(run) == "success"
    tasks = by_task(cluster, run)
    assert {t["queue"] for t in tasks["edit_images"]} == {"gpu"}
    assert {t["queue"] for name, found in tasks.items() for t in found if name != "edit_images"} == {
        "default"
    }
    assert len(images(folder, "on-gpu")) == 6
    assert " received" in cluster.components["worker-gpu"].log.read_text()

    again = cluster.api.trigger("localize_campaign", conf | {"campaign": "on-cpu", "engine": PACED})
    assert cluster.api.wait(again) == "success"
    assert {t["queue"] for t in by_task(cluster, again)["edit_images"]} == {"cpu"}


def test_a_backfill_makes_each_day_for_itself_and_again_only_what_changed(
    cluster: Cluster, folder: Path
) -> None:
    days = ["2026-03-01", "2026-03-02", "2026-03-03"]
    for number, day in enumerate(days):
        if day != "2026-03-02":
            write_catalog(folder / "days" / day, pictures(4, kind="tiny", seed=10 + number))
    start_backfill(cluster, days[0], days[-1])
    runs = backfilled(cluster, days)
    assert {day: cluster.api.wait(run) for day, run in runs.items()} == dict.fromkeys(days, "success")
    assert set(cluster.api.states(runs["2026-03-02"]).values()) == {"skipped"}
    assert not (folder / "published" / "catalog-2026-03-02").exists()
    before = images(folder, "catalog-2026-03-01")
    assert len(before) == len(images(folder, "catalog-2026-03-03")) == 4

    # One picture of the first day is another one now.
    [old, *_] = sorted((folder / "days" / days[0]).rglob("*.png"))
    other = next(iter(pictures(1, kind="tiny", seed=99)))
    os.replace(_written(folder / "other.png", other.data), old)
    log = folder / "catalog.jsonl"
    edits = len(events(log))
    start_backfill(cluster, days[0], days[-1], "--reprocess-behavior", "completed")
    for run in backfilled(cluster, days).values():
        _until_reprocessed(cluster, run)
    assert len(events(log)) == edits + 1
    now = images(folder, "catalog-2026-03-01")
    assert len(now) == 4
    assert read_current(str(folder / "published"), "catalog-2026-03-03") is not None


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _until_reprocessed(cluster: Cluster, run: RunRef) -> None:
    until = time.monotonic() + 300
    while True:
        tasks = cluster.api.get(run.path)
        done = tasks["state"] == "success" and tasks["run_type"] == "backfill"
        loads = cluster.api.get(f"{run.path}/taskInstances/load_manifest/tries")["task_instances"]
        if done and len(loads) > 1:
            return
        assert time.monotonic() < until, tasks
        time.sleep(1)


def test_a_campaign_does_not_wait_for_a_backfill(cluster: Cluster, folder: Path) -> None:
    days = ["2026-04-01", "2026-04-02"]
    for number, day in enumerate(days):
        write_catalog(folder / "days" / day, pictures(24, kind="tiny", seed=20 + number))
    start_backfill(cluster, days[0], days[-1])
    runs = backfilled(cluster, days)
    until = time.monotonic() + 120
    while sum(s == "running" for run in runs.values() for s in cluster.api.states(run).values()) < SLOTS:
        assert time.monotonic() < until
        time.sleep(0.5)
    manifest = write_catalog(folder / "urgent", pictures(3, kind="tiny", seed=30))
    conf = {"manifest": str(manifest), "brand": None, "engine": PACED, "approval": "never"}
    campaign = cluster.api.trigger("localize_campaign", conf | {"campaign": "urgent"})
    assert cluster.api.wait(campaign) == "success"
    ended = max(t["end_date"] for t in by_task(cluster, campaign)["edit_images"])
    states = [
        s
        for run in runs.values()
        for (task, _), s in cluster.api.states(run).items()
        if task == "edit_images"
    ]
    waiting = [s for s in states if s in {"scheduled", "queued", "None"}]
    assert len(waiting) > 4, f"the backfill was all but done: {states}"
    assert {cluster.api.wait(run) for run in runs.values()} == {"success"}
    # No shard of the catalog was begun while one of the campaign stood in line for its slot.
    begun = [t["start_date"] for run in runs.values() for t in by_task(cluster, run)["edit_images"]]
    assert sum(b > ended for b in begun) > 4


def test_shards_have_worker_processes_under_celery_too(cluster: Cluster, folder: Path) -> None:
    manifest = write_catalog(folder / "many", pictures(66, kind="tiny", seed=40))
    conf = {"manifest": str(manifest), "brand": None, "engine": PACED, "approval": "never"}
    run = cluster.api.trigger("localize_campaign", conf | {"campaign": "many"})
    assert cluster.api.wait(run) == "success"
    assert len(by_task(cluster, run)["edit_images"]) < 66
    assert len(images(folder, "many")) == 66
