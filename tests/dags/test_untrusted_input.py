"""What a manifest or a trigger says is a value to Airflow: never a template, never Python."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
HOSTILE = [
    "{{ 7 * 7 }}",
    "{{ ti.xcom_push('x', 1) }}",
    "{% for c in [].__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
    "__import__('os').system('touch MARKER')",
    "[1, 2]",
    "None",
    "2026_06",
    "1e3",
    "'quoted'",
]


@pytest.fixture
def dag(airflow_db: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    found = DagBag(dag_folder=str(PROJECT / "dags")).dags["localize_campaign"]
    for task in found.tasks:
        task.retry_delay = timedelta(0)
        task.retry_exponential_backoff = 0
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_a_campaign_s_name_stays_the_text_it_is(dag: Any, text: str) -> None:
    publish = dag.get_task("publish")
    environment = dag.get_template_env()
    assert environment.from_string(publish.campaign).render(params={"campaign": text}) == text
    assert environment.from_string(publish.campaign).render(params={"campaign": None}) is None


def test_hostile_rows_are_results_and_nothing_else(
    dag: Any, small_campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(small_campaign)
    rows = [f'"{text}","{text}",en,de,replace_text,"{text}","{text}"' for text in HOSTILE if '"' not in text]
    manifest = small_campaign / "small.csv"
    good = [line for line in manifest.read_text().splitlines() if "missing" not in line]
    evil = 'a,a.png,en,fr,replace_text,SALE,"{{ ti.task_id }}"'
    manifest.write_text("\n".join([*good, evil, *rows]) + "\n")
    run = dag.test(
        run_conf={
            "manifest": str(manifest),
            "brand": None,
            "approval": "never",
            "campaign": "2026_06",
            "workspace": str(small_campaign / "workspace"),
            "publish_uri": str(small_campaign / "published"),
        }
    )
    assert str(run.state) == "success"
    [folder] = (small_campaign / "workspace/runs").iterdir()
    results = [json.loads(line) for line in (folder / "results.jsonl").read_text("utf-8").splitlines()]
    by_asset = {r["asset_id"]: r for r in results}
    for text in HOSTILE:
        assert by_asset[text]["status"] == "failed"
    [translated] = [r for r in results if (r["asset_id"], r["locale"]) == ("a", "fr")]
    assert translated["edits"][0]["replacement"] == "{{ ti.task_id }}"
    assert not list(small_campaign.rglob("MARKER*"))
    assert [p.name for p in (small_campaign / "published").iterdir()] == ["2026_06"]
    labels = {t.rendered_map_index for t in run.get_task_instances() if t.task_id == "edit_images"}
    assert all(label.startswith(("a · ", "b · ")) for label in labels)
