"""The catalog DAG, run for real by Airflow on SQLite, a partition a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks.catalog import pictures, write_catalog

PROJECT = Path(__file__).resolve().parents[2]
ENGINE = "benchmarks.engines:Instant"
DAYS = "/days/{{ data_interval_start | ds }}/manifest.csv"
DAY = datetime(2026, 11, 11, tzinfo=UTC)

LoadDag = Callable[..., Any]


@pytest.fixture
def load_dag(airflow_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LoadDag:
    """The DAG as it is parsed with these settings in the environment."""

    def load(**environment: str) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        settings = {
            "LOCALIZER_CATALOG_MANIFEST": f"{tmp_path}{DAYS}",
            "LOCALIZER_ENGINES": ENGINE,
            "LOCALIZER_CATALOG_DEFAULTS": json.dumps(
                {
                    "engine": ENGINE,
                    "approval": "never",
                    "workspace": f"{tmp_path}/workspace",
                    "publish_uri": f"{tmp_path}/published",
                }
            ),
        }
        for name, value in (settings | environment).items():
            monkeypatch.setenv(name, value)
        bag = DagBag(dag_folder=str(PROJECT / "dags" / "localize_catalog.py"))
        assert bag.import_errors == {}
        return bag.dags["localize_catalog"]

    return load


def day(folder: Path, name: str, images: int = 2, seed: int = 0) -> Path:
    return write_catalog(folder / "days" / name, pictures(images, kind="tiny", seed=seed))


def states(run: Any) -> dict[str, str]:
    return {t.task_id: str(t.state) for t in run.get_task_instances()}


def published(folder: Path) -> dict[str, int]:
    """How many images each campaign's current release has."""
    found = {}
    for pointer in (folder / "published").glob("*/current.json"):
        release = pointer.parent / "releases" / json.loads(pointer.read_bytes())["release_id"]
        found[pointer.parent.name] = len(json.loads((release / "release.json").read_bytes())["objects"])
    return found


def test_a_run_takes_the_partition_of_its_interval_and_publishes_it_for_itself(
    load_dag: LoadDag, tmp_path: Path
) -> None:
    day(tmp_path, "2026-11-10", images=3)
    day(tmp_path, "2026-11-11", images=2, seed=7)
    dag = load_dag()
    # Triggered for the 11th, a run takes the interval that ended then: the 10th.
    assert str(dag.test(logical_date=DAY).state) == "success"
    assert published(tmp_path) == {"catalog-2026-11-10": 3}


def test_a_partition_without_a_manifest_is_skipped_as_a_whole(load_dag: LoadDag, tmp_path: Path) -> None:
    run = load_dag().test(logical_date=DAY)
    assert str(run.state) == "success"
    assert set(states(run).values()) == {"skipped"}
    assert not (tmp_path / "published").exists()


def test_a_manifest_that_is_named_is_no_template_and_needs_no_interval(
    load_dag: LoadDag, tmp_path: Path
) -> None:
    odd = tmp_path / "days" / "{{ 1 + 1 }}"
    shutil.move(day(tmp_path, "x").parent, odd)
    conf = {"manifest": str(odd / "manifest.csv"), "campaign": "by-hand"}
    assert str(load_dag().test(run_conf=conf).state) == "success"
    assert published(tmp_path) == {"by-hand": 2}


def test_a_run_without_an_interval_says_what_it_needs() -> None:
    from jinja2 import Undefined

    from localizer.errors import InputError
    from operators.partitions import partition_campaign, require_interval

    with pytest.raises(InputError, match="logical date"):
        require_interval(Undefined(name="data_interval_start"))
    assert partition_campaign(Undefined(name="data_interval_start")) is None
    assert require_interval(DAY) == ""


def test_partitions_of_one_day_are_campaigns_of_their_own() -> None:
    from operators.partitions import partition_campaign

    assert partition_campaign(DAY) == "catalog-2026-11-11"
    assert partition_campaign(DAY.replace(hour=13)) == "catalog-2026-11-11T1300"


def test_intervals_are_real_and_can_be_backfilled(load_dag: LoadDag) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    dag = DagSerialization.from_dict(DagSerialization.to_dict(load_dag()))
    infos = list(dag.iter_dagrun_infos_between(DAY, DAY.replace(day=12)))
    starts = [(i.data_interval.start.day, i.data_interval.end.day) for i in infos]
    assert starts == [(11, 12), (12, 13)]
    assert dag.timetable.periodic
    assert not dag.catchup


def test_a_catalog_yields_to_campaigns(load_dag: LoadDag) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags" / "localize_campaign.py"))
    campaign, catalog = bag.dags["localize_campaign"], load_dag(LOCALIZER_CATALOG_SHARDS="3")
    lowest = min(t.priority_weight for t in campaign.tasks)
    assert lowest > max(t.priority_weight for t in catalog.tasks)
    assert {str(t.weight_rule) for t in [*campaign.tasks, *catalog.tasks]} == {"absolute"}
    assert catalog.get_task("edit_images").max_active_tis_per_dag == 3
    assert load_dag(LOCALIZER_CATALOG_SHARDS="").get_task("edit_images").max_active_tis_per_dag is None


def test_it_waits_for_its_settings(load_dag: LoadDag) -> None:
    assert load_dag().is_paused_upon_creation is False
    assert load_dag(LOCALIZER_CATALOG_MANIFEST="").is_paused_upon_creation is True
