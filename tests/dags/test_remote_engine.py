"""The DAG with a remote engine: its connection chosen in the trigger form, and a server of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.localizer.remote.openai_contract_server import OpenAIServer

PROJECT = Path(__file__).resolve().parents[2]


def test_switching_engines_is_a_parameter_and_the_key_stays_in_the_connection(
    small_campaign: Path,
    airflow_db: None,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(dag_folder=str(PROJECT / "dags")).dags["localize_campaign"]
    brand = small_campaign / "brand.yaml"
    brand.write_text("name: acme\nmodel: {method: model, tiers: [fast]}\n")
    server = OpenAIServer("sglang")
    with server.running():
        connection = {
            "conn_type": "localizer_openai",
            "host": f"{server.url}/v1",
            "password": server.key,
            "extra": {"model": server.served, "concurrency": 4, "price": 0.2, "currency": "CNY"},
        }
        monkeypatch.setenv("AIRFLOW_CONN_EDITS", json.dumps(connection))
        conf = {
            "manifest": str(small_campaign / "small.csv"),
            "brand": str(brand),
            "approval": "never",
            "workspace": str(small_campaign / "workspace"),
            "publish_uri": str(small_campaign / "published"),
            "engine": "openai",
            "engine_conn_id": "edits",
            "engine_parameters": {"server": "sglang"},
        }
        run = dag.test(run_conf=conf)
    tasks = {(t.task_id, t.map_index): str(t.state) for t in run.get_task_instances()}
    # Two images, one task: both wait for the server side by side.
    assert {key: state for key, state in tasks.items() if key[0] == "edit_images"} == {
        ("edit_images", 0): "success"
    }
    workspace = small_campaign / "workspace"
    (results,) = workspace.glob("runs/*/results.jsonl")
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    made = [r for r in rows if r["attempts"]]
    assert {r["engine"] for r in made} == {"openai"}
    assert {r["asset_id"] for r in made} == {"a", "b"}
    records = [json.loads(p.read_text()) for p in workspace.glob("calls/*/*.json")]
    assert len(records) == server.paid > 0
    assert {(r["requested_by"], r["state"], r["answer"]["cost"]) for r in records} == {
        ("dag_test", "answered", 0.2)
    }
    said = capfd.readouterr()
    kept = b"".join(p.read_bytes() for p in small_campaign.rglob("*") if p.is_file() and p.suffix != ".png")
    assert server.key not in said.out + said.err
    assert server.key.encode() not in kept
    assert server.url.encode() not in kept  # where it ran decides no pixel and is in no record
