"""The DAG itself, run for real by Airflow on SQLite, with real images and the real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from localizer.engines import registry
from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.errors import EngineUnavailable
from localizer.release import read_current, verify_release
from operators.base import run_name_of
from tests.authority import Authority

PROJECT = Path(__file__).resolve().parents[2]

Start = Callable[..., "Outcome"]
TASKS = (
    "prepare_copy",
    "approve_copy",
    "load_manifest",
    "edit_images",
    "quality_gate",
    "review",
    "publish",
    "report",
)


class Outcome:
    """A finished DAG run and what it left in the workspace."""

    def __init__(self, run: Any, workspace: Path) -> None:
        self.state = str(run.state)
        self.name = run_name_of(run.dag_id, run.run_id)
        tasks = run.get_task_instances()
        self.tasks = {(t.task_id, t.map_index): str(t.state) for t in tasks}
        self.tries = {(t.task_id, t.map_index): t.try_number for t in tasks}
        self.labels = {t.rendered_map_index for t in tasks if t.task_id == "edit_images"}
        self.folder = workspace
        self.results: list[dict[str, Any]] = []
        self.decisions: list[dict[str, Any]] = []
        if not workspace.exists():
            return
        folders = [f for f in (workspace / "runs").glob("*") if run.run_id[:19].replace(":", "-") in f.name]
        self.folder = max(folders, key=lambda f: f.stat().st_mtime)
        self.results = self._lines("results.jsonl")
        self.decisions = self._lines("decisions.jsonl")

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def status(self) -> dict[str, str]:
        return {f"{r['asset_id']} · {r['locale']}": r["status"] for r in self.results}


@pytest.fixture
def campaign(small_campaign: Path) -> Path:
    return small_campaign


@pytest.fixture
def start(campaign: Path, airflow_db: None) -> Start:
    """Run the DAG on that campaign; keyword arguments are parameters."""
    from airflow.dag_processing.dagbag import DagBag

    def run(workers: int = 2, **params: Any) -> Outcome:
        dag = DagBag(dag_folder=str(PROJECT / "dags")).dags["localize_campaign"]
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
            task.retry_exponential_backoff = 0
        dag.get_task("edit_images").partial_kwargs["workers"] = workers
        conf = {
            "manifest": str(campaign / "small.csv"),
            "brand": None,
            "approval": "never",
            "workspace": str(campaign / "workspace"),
            "publish_uri": str(campaign / "published"),
        }
        return Outcome(dag.test(run_conf=conf | params), campaign / "workspace")

    return run


def current(campaign: Path) -> str:
    pointer = json.loads((campaign / "published" / "small" / "current.json").read_bytes())
    return str(pointer["release_id"])


def release_events(campaign: Path) -> list[dict[str, Any]]:
    """Extras of the asset events that published releases became."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        events = session.scalars(select(AssetEvent)).all()
        ours = [e.extra for e in events if e.asset.uri == "localizer://campaigns/small"]
        return [e for e in ours if str(e["release_uri"]).startswith(str(campaign))]  # others do too


def progress_of(task_id: str, map_index: int) -> Any:
    """What a task of the last run says of itself in the UI."""
    from airflow.models.task_state_store import TaskStateStoreModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(TaskStateStoreModel.value).where(
        TaskStateStoreModel.task_id == task_id, TaskStateStoreModel.map_index == map_index
    )
    with create_session() as session:
        value = session.scalars(query.order_by(TaskStateStoreModel.updated_at.desc())).first()
        return json.loads(value or "null")


def test_good_rows_are_published_the_bad_one_is_told_and_a_second_run_does_nothing(
    start: Start, campaign: Path
) -> None:
    first = start()
    assert first.state == "success"
    assert first.status() == {"a · de": "passed", "b · de": "passed", "c · de": "failed"}
    [bad] = [r for r in first.results if r["asset_id"] == "c"]
    assert bad["reason"].startswith("row 4, image:")
    assert first.labels == {"a · de: passed", "b · de: passed"}
    assert {d["by"] for d in first.decisions} == {"policy:never"}
    release = verify_release(str(campaign / "published"), "small", current(campaign))
    assert sorted(o.path for o in release.objects) == ["de/a.png", "de/b.png"]
    assert current(campaign) in (first.folder / "report.html").read_text("utf-8")
    assert [e["release_id"] for e in release_events(campaign)] == [current(campaign)]

    files = {p: p.stat().st_mtime_ns for p in (campaign / "published").rglob("*") if p.is_file()}
    second = start()
    assert second.state == "success"
    assert [r["cached"] for r in second.results if r["image"]] == [True, True]
    # Nothing is mapped where everything is known, and the rest of the DAG goes on.
    assert second.tasks == {**{(t, -1): "success" for t in TASKS}, ("edit_images", -1): "skipped"}
    assert {p: p.stat().st_mtime_ns for p in (campaign / "published").rglob("*") if p.is_file()} == files
    assert len(release_events(campaign)) == 1


def test_a_dry_run_plans_and_does_nothing_else(start: Start, campaign: Path) -> None:
    outcome = start(dry_run=True)
    assert outcome.state == "success"
    assert outcome.tasks == {
        **{(t, -1): "success" for t in TASKS[:3]},
        **{(t, -1): "skipped" for t in TASKS[3:]},
    }
    assert not (campaign / "published").exists()
    assert not (campaign / "workspace" / "jobs").exists()


def test_a_run_with_a_signing_connection_publishes_signed_images_once(
    start: Start, campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    signer = authority.issue()

    def connect(key: str) -> None:
        extra = {"certificates": signer.certificates, "trust": authority.root}
        connection = {"conn_type": "localizer_c2pa", "password": key, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_CREDENTIALS", json.dumps(connection))

    connect(signer.key[:-50])
    failed = start(c2pa_conn_id="credentials")
    assert failed.state == "failed"
    assert failed.tasks["prepare_copy", -1] == "failed"
    assert not (campaign / "workspace" / "jobs").exists()
    connect(signer.key)
    assert start(c2pa_conn_id="credentials").state == "success"
    release = verify_release(str(campaign / "published"), "small", current(campaign), read_all=True)
    assert [o.credential and o.credential["state"] for o in release.objects] == ["Trusted", "Trusted"]
    assert all(o.reviewed_sha256 != o.sha256 and o.source_sha256 for o in release.objects)
    before = current(campaign)
    assert start(c2pa_conn_id="credentials").state == "success"
    assert current(campaign) == before


def test_a_manifest_of_wrong_rows_only_fails_the_run_with_a_report(start: Start, campaign: Path) -> None:
    (campaign / "a.png").unlink()
    (campaign / "b.png").write_bytes(b"not an image")
    outcome = start()
    assert outcome.state == "failed"
    assert set(outcome.status().values()) == {"failed"}
    assert (outcome.folder / "report.html").exists()
    assert outcome.tasks["publish", -1] == "upstream_failed"


def test_a_manifest_that_cannot_be_read_fails_at_once(start: Start, campaign: Path) -> None:
    (campaign / "small.csv").write_text("asset_id;image\n")
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(dag_folder=str(PROJECT / "dags")).dags["localize_campaign"]
    conf = {"manifest": str(campaign / "small.csv"), "workspace": str(campaign / "workspace")}
    run = dag.test(run_conf=conf)
    states = {t.task_id: (str(t.state), t.try_number) for t in run.get_task_instances()}
    assert states["prepare_copy"] == ("failed", 1)
    assert states["publish"][0] == "upstream_failed"


class FlakyEngine:
    """A real little engine that is unavailable as often as it is told."""

    name, version = "flaky", "1"
    failures: int
    calls: list[str]

    def parameters(self) -> dict[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        FlakyEngine.calls.append(request.job.asset_id)
        if request.job.asset_id == "b" and FlakyEngine.failures > 0:
            FlakyEngine.failures -= 1
            raise EngineUnavailable("the edit server is warming up")
        rgb = request.rgb.copy()
        mask = np.zeros(rgb.shape[:2], bool)
        mask[:8, :8] = True
        rgb[mask] = 255
        placements = tuple(Placement(edit=edit, box=(0, 0, 8, 8)) for edit in request.job.edits)
        return Candidate(rgb=rgb, mask=mask, placements=placements)


@pytest.fixture
def flaky() -> Iterator[type[FlakyEngine]]:
    FlakyEngine.failures, FlakyEngine.calls = 0, []
    registry.register("flaky", FlakyEngine)
    yield FlakyEngine
    del registry._FACTORIES["flaky"]


def test_an_engine_that_does_not_answer_is_tried_again(start: Start, flaky: type[FlakyEngine]) -> None:
    flaky.failures = 1
    outcome = start(engine="flaky")
    assert outcome.tries["edit_images", 0] == 1
    assert outcome.tries["edit_images", 1] == 2
    assert outcome.status()["b · de"] != "failed"


def test_an_engine_that_never_answers_costs_its_image_and_no_other(
    start: Start, flaky: type[FlakyEngine]
) -> None:
    flaky.failures = 1000
    outcome = start(engine="flaky")
    assert outcome.tries["edit_images", 1] == 3
    assert outcome.tasks["edit_images", 1] == "success"
    [lost] = [r for r in outcome.results if r["asset_id"] == "b"]
    assert lost["status"] == "failed"
    assert "warming up" in lost["reason"]
    assert outcome.status()["a · de"] != "failed"


def test_in_a_shard_the_images_that_are_done_are_not_done_again(
    start: Start, flaky: type[FlakyEngine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localizer.sharding.ONE_TASK_AN_IMAGE_UP_TO", 1)
    flaky.failures = 1
    outcome = start(engine="flaky", workers=1)  # the engine is known to this process only
    assert [key for key in outcome.tasks if key[0] == "edit_images"] == [("edit_images", 0)]
    assert outcome.tries["edit_images", 0] == 2
    assert flaky.calls.count("a") < flaky.calls.count("b")
    assert outcome.labels == {"a · de … b · de (2): 2 needs review"}
    assert progress_of("edit_images", 0) == {
        **{"done": 2, "of": 2, "passed": 0, "needs_review": 2, "failed": 0},
        "last": "b · de",
    }


def test_everything_in_a_bucket_in_a_shard_with_worker_processes(
    start: Start, campaign: Path, gcs_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("localizer.sharding.ONE_TASK_AN_IMAGE_UP_TO", 1)
    extra = {"keyfile_dict": "{the emulator is asked, not this"}
    connection = {"conn_type": "google_cloud_platform", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_BUCKET", json.dumps(connection))
    outcome = start(
        workspace=f"{gcs_uri}/workspace",
        publish_uri=f"{gcs_uri}/published",
        gcp_conn_id="bucket",
        campaign="spring-2026",
    )
    assert outcome.state == "success"
    assert outcome.labels == {"a · de … b · de (2): 2 passed"}
    pointer = read_current(f"{gcs_uri}/published", "spring-2026")
    assert pointer is not None
    release = verify_release(f"{gcs_uri}/published", "spring-2026", pointer.release_id)
    assert sorted(o.path for o in release.objects) == ["de/a.png", "de/b.png"]
