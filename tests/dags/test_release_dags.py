"""The release DAGs as Airflow runs them; taking a release back needs a server, see tests/system."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.operators.test_releases import Published
from tests.receivers import Receiver, http_receiver

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with http_receiver() as server:
        connection = {"conn_type": "localizer_webhook", "host": server.url, "password": "s"}
        monkeypatch.setenv("AIRFLOW_CONN_LOCALIZER_WEBHOOK", json.dumps(connection))
        monkeypatch.setenv("LOCALIZER_NOTIFY", json.dumps([{"on": ["failed"], "by": "webhook"}]))
        yield server


def dag_of(name: str) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags" / f"{name}.py")).dags[name]


def run(name: str, published: Published, **conf: Any) -> str:
    return str(dag_of(name).test(run_conf={"publish_uri": published.uri, **conf}).state)


def test_a_damaged_image_fails_the_weekly_look_and_somebody_is_told(
    airflow_db: None, web: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    published = Published(tmp_path)
    before = set(tmp_path.rglob("*"))
    assert run("verify_release", published) == "success"
    assert run("verify_release", published, campaign="spring", release="all") == "success"
    assert web.requests == []
    [image] = (Path(published.uri) / "spring/releases" / published.ids[2]).rglob("*.jpg")
    image.write_bytes(b"9")
    assert run("verify_release", published) == "failed"
    [news] = [json.loads(request.body) for request in web.requests]
    assert (news["event"], news["dag_id"], news["failed_task"]) == (
        "failed",
        "verify_release",
        "verify_release",
    )
    assert set(tmp_path.rglob("*")) == before  # nothing is written, nowhere


def test_old_releases_go_only_when_told(airflow_db: None, tmp_path: Path) -> None:
    published = Published(tmp_path)
    folder = Path(published.uri) / "spring/releases"
    policy = {"keep": 1, "keep_for": "0d"}
    assert run("prune_releases", published, **policy) == "success"
    assert {path.name for path in folder.iterdir()} == set(published.ids)
    pinned = {"pinned": [published.ids[0]], "dry_run": False}
    assert run("prune_releases", published, **policy, **pinned) == "success"
    assert {path.name for path in folder.iterdir()} == set(published.ids)
    assert run("prune_releases", published, **policy, dry_run=False) == "success"
    assert {path.name for path in folder.iterdir()} == set(published.ids[1:])
    [record] = (Path(published.uri) / "spring/history").glob("*-prune-*.json")
    assert json.loads(record.read_bytes())["removed_by"].startswith("prune_releases/")


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("rollback_release", "campaign", ""),
        ("rollback_release", "campaign", "../x"),
        ("rollback_release", "release_id", "the one before"),
        ("rollback_release", "reason", "x"),
        ("rollback_release", "publish_uri", "published"),
        ("verify_release", "release", "newest"),
        ("prune_releases", "keep", 0),
        ("prune_releases", "keep_for", "a while"),
        ("prune_releases", "pinned", ["r-1"]),
    ],
)
def test_a_wrong_field_is_refused_before_anything_runs(
    airflow_db: None, name: str, field: str, value: Any
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError, match=field):
        dag_of(name).params[field] = value
