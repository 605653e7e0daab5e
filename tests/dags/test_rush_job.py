"""A rush job from its form: images and sentences, or pasted rows; run by Airflow with the real engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(small_campaign: Path, airflow_db: None) -> Callable[..., Any]:
    from airflow.dag_processing.dagbag import DagBag

    def run(**params: Any) -> Any:
        dag = DagBag(dag_folder=str(PROJECT / "dags")).dags["rush_job"]
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
        conf = {
            "approval": "never",
            "workspace": str(small_campaign / "workspace"),
            "publish_uri": str(small_campaign / "published"),
        }
        return dag.test(run_conf=conf | params)

    return run


def states(run: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def test_one_poster_and_one_sentence_are_published_under_a_name_of_their_own(
    start: Callable[..., Any], small_campaign: Path
) -> None:
    run = start(
        images=[str(small_campaign / "a.png")],
        instructions=['Replace "SALE" with "RABATT"'],
        locales=["de"],
        source_locale="en",
    )
    assert str(run.state) == "success"
    (campaign,) = (small_campaign / "published").iterdir()
    assert re.fullmatch("rush-a-[0-9a-f]{6}", campaign.name)
    current = json.loads((campaign / "current.json").read_bytes())
    release = campaign / "releases" / current["release_id"]
    assert (release / "de" / "a.png").exists()


def test_all_text_of_a_poster_is_handed_out_and_then_set(
    start: Callable[..., Any], small_campaign: Path
) -> None:
    form: dict[str, Any] = {
        "images": [str(small_campaign / "a.png")],
        "instructions": ["Translate all text"],
        "locales": ["de"],
        "source_locale": "en",
    }
    assert str(start(**form).state) == "success"
    assert not (small_campaign / "published").exists()  # it waits for its copy
    (deck,) = (small_campaign / "workspace").glob("runs/*/copy/to_fill.csv")
    assert "SALE" in deck.read_text("utf-8-sig")
    filled = small_campaign / "filled.csv"
    filled.write_text("source,source_locale,locale,target\nSALE,en,de,RABATT\n")
    assert str(start(copy_deck=str(filled), **form).state) == "success"
    assert len(list((small_campaign / "published").rglob("a.png"))) == 1


def test_another_image_of_the_same_name_is_another_campaign(tmp_path: Path) -> None:
    """Else the release of one product's hero.png would take the place of another's."""
    from airflow.sdk import DAG

    from operators.rush import WriteManifestOperator

    def named(*images: str) -> str:
        with DAG("rush", schedule=None):
            write = WriteManifestOperator(
                task_id="write",
                workspace=str(tmp_path),
                run_name="r",
                images=images,
                instructions=['Remove "SALE"'],
                locales=["de"],
            )
        run: Any = SimpleNamespace(run_after=datetime(2026, 11, 23, tzinfo=UTC))
        return write.execute({"dag_run": run, "dag": write.dag})["campaign"]

    assert named("/shoes/hero.png") != named("/bags/hero.png")
    assert named("/shoes/hero.png") == named("/shoes/hero.png")
    assert len(named(f"/shoes/{'长' * 60}.png")) < 60


def test_rows_pasted_from_a_spreadsheet_are_planned(start: Callable[..., Any], small_campaign: Path) -> None:
    rows = (small_campaign / "small.csv").read_text().replace(",", "\t")
    run = start(rows=rows, image_root=str(small_campaign), dry_run=True)
    assert str(run.state) == "success"
    (folder,) = (small_campaign / "workspace" / "runs").iterdir()
    estimate = json.loads((folder / "estimate.json").read_bytes())
    assert (estimate["total"]["to_edit"], estimate["rejected"]) == (2, 1)
    assert estimate["campaign"].startswith("rush-20")
    assert not (small_campaign / "workspace" / "jobs").exists()


def test_a_form_that_says_too_little_fails_at_once(start: Callable[..., Any], small_campaign: Path) -> None:
    run = start(images=["poster.png"], instructions=[], locales=[])
    assert str(run.state) == "failed"
    assert states(run)["write_manifest"] == "failed"
    assert states(run)["publish"] == "upstream_failed"
    assert not (small_campaign / "workspace").exists()


def test_rows_of_json_stay_text_on_their_way_through_templates(airflow_db: None) -> None:
    from airflow.dag_processing.dagbag import DagBag

    task = DagBag(dag_folder=str(PROJECT / "dags")).dags["rush_job"].get_task("write_manifest")
    for rows in ('[{"asset_id": 1}]', "618", 'a,"b <c>",d\n{{ 7 * 7 }}', "", None):
        rendered = task.render_template(task.rows, {"params": {"rows": rows}}, task.dag.get_template_env())
        assert rendered == rows
