"""A real Airflow on loopback that tells a web server, a StatsD listener and a lineage file what goes on.

The scheduler, the triggerer, the DAG processor and task processes each have their part in it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import draw_small_campaign
from tests.receivers import Datagrams, Receiver, http_receiver, udp_receiver, until
from tests.system.cluster import free_port
from tests.system.rest import Api, RunRef

pytestmark = pytest.mark.system

PROJECT = Path(__file__).resolve().parents[2]
EVENTS = ["review_waiting", "deadline_close", "deadline_missed", "published", "nothing_published", "failed"]


@dataclass
class Scene:
    api: Api
    web: Receiver
    statsd: Datagrams
    lineage: Path

    def news(self, run: RunRef) -> dict[str, list[dict[str, Any]]]:
        """What was told of a run, by event."""
        found: dict[str, list[dict[str, Any]]] = {}
        for request in list(self.web.requests):
            news = json.loads(request.body)
            if news["run_id"] == run.run_id:
                found.setdefault(news["event"], []).append(news)
        return found

    def start(self, folder: Path, when: datetime | None = None, **params: Any) -> RunRef:
        self.api.wait_for_dag("localize_campaign")
        conf = {
            "manifest": str(folder / "small.csv"),
            "brand": None,
            "workspace": str(folder / "workspace"),
            "publish_uri": str(folder / "published"),
        }
        body = {"logical_date": when.isoformat() if when else None, "conf": conf | params}
        made = self.api.call("POST", "/api/v2/dags/localize_campaign/dagRuns", json=body)
        return RunRef("localize_campaign", made["dag_run_id"])


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that images are made once."""
    return draw_small_campaign(tmp_path_factory.mktemp("campaign"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home, port = tmp_path_factory.mktemp("airflow"), free_port()
    url, lineage = f"http://127.0.0.1:{port}", home / "lineage.jsonl"
    with ExitStack() as stack:
        web, statsd = stack.enter_context(http_receiver()), stack.enter_context(udp_receiver())
        webhook = {"conn_type": "localizer_webhook", "host": web.url, "password": "s3cret"}
        settings = {
            "CORE__DAGS_FOLDER": PROJECT / "dags",
            "CORE__PLUGINS_FOLDER": PROJECT / "plugins",
            "CORE__LOAD_EXAMPLES": False,
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": False,
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": 2,
            "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "API__HOST": "127.0.0.1",
            "API__PORT": port,
            "API__BASE_URL": url,
            "API__WORKERS": 1,
            "METRICS__STATSD_ON": True,
            "METRICS__STATSD_HOST": "127.0.0.1",
            "METRICS__STATSD_PORT": statsd.port,
            "METRICS__STATSD_INFLUXDB_ENABLED": True,
            "OPENLINEAGE__TRANSPORT": json.dumps(
                {"type": "file", "log_file_path": str(lineage), "append": True}
            ),
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "PYTHONDONTWRITE"))}
        environment = kept | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW_CONN_LOCALIZER_WEBHOOK": json.dumps(webhook),
            "LOCALIZER_NOTIFY": json.dumps([{"on": EVENTS, "by": "webhook"}]),
            "OMP_NUM_THREADS": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            **{f"AIRFLOW__{name}": str(value) for name, value in settings.items()},
        }

        def local(what: str) -> str:
            done = subprocess.run(
                ["bash", "docker/local.sh", what],
                cwd=PROJECT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        stack.callback(local, "down")
        login = re.search(r"Login:\s+(\S+) / (\S+)", local("up"))
        assert login
        api = Api.login(url, login[2], login[1])
        stack.callback(api.close)
        yield Scene(api, web, statsd, lineage)


def test_an_answer_a_release_its_numbers_and_its_lineage(scene: Scene, campaign: Path) -> None:
    run = scene.start(campaign, deadline="2d", approval="always")
    until(lambda: scene.api.states(run).get(("review", -1)) == "awaiting_input", 240)
    until(lambda: "review_waiting" in scene.news(run), 5)
    time.sleep(2)  # an answer within the first half second can be lost; no person is that fast
    scene.api.answer(run, "Approve")
    assert scene.api.wait(run, 240) == "success"
    until(lambda: "published" in scene.news(run), 20)
    assert {event: len(times) for event, times in scene.news(run).items()} == {
        "review_waiting": 1,
        "published": 1,
    }
    assert scene.news(run)["published"][0]["release"]["images"] == 2
    tags = "campaign=localize_campaign"
    wanted = [
        f"airflow.localizer.images.passed,{tags},engine=typeset,locale=de:2|c",
        f"airflow.localizer.images.failed,{tags},engine=none,locale=de:1|c",
        f"airflow.localizer.published.objects,{tags}:2|c",
    ]
    until(lambda: set(wanted) <= set(scene.statsd.lines), 10)
    assert any(line.startswith(f"airflow.localizer.edit.duration,{tags},") for line in scene.statsd.lines)
    assert any(line.startswith(f"airflow.localizer.review.wait,{tags}:") for line in scene.statsd.lines)

    pytest.importorskip("airflow.providers.openlineage")
    datasets = lineage_of(scene, run)
    folder = f"{campaign}/workspace/runs"
    assert datasets["load_manifest"][0] == [f"{campaign}/small.csv"]
    [results] = datasets["quality_gate"][1]
    assert results.startswith(folder)
    assert results.endswith("/results.jsonl")
    assert datasets["publish"][0] == [results]
    [release] = datasets["publish"][1]
    assert release.startswith(f"{campaign}/published/small/releases/")


def test_a_review_that_nobody_answers_closes_with_the_deadline(scene: Scene, campaign: Path) -> None:
    # A deadline of an hour of which two minutes are left: three quarters are over. The images are known.
    when = datetime.now(UTC) - timedelta(hours=1) + timedelta(seconds=120)
    run = scene.start(campaign, when, deadline="1h", approval="always")
    until(lambda: {"review_waiting", "deadline_close"} <= set(scene.news(run)), 115)
    [asked] = scene.news(run)["review_waiting"]
    assert asked["counts"]["passed"] == 2
    assert datetime.fromisoformat(asked["deadline"]) == when + timedelta(hours=1)
    [close] = scene.news(run)["deadline_close"]
    assert datetime.fromisoformat(close["deadline"]) == when + timedelta(hours=1)
    assert asked["links"]["run"].startswith(f"{scene.api.client.base_url}/dags/localize_campaign/runs/manual")

    assert scene.api.wait(run, 240) == "failed"
    until(lambda: {"deadline_missed", "failed"} <= set(scene.news(run)), 90)
    news = scene.news(run)
    assert {event: len(times) for event, times in news.items()} == dict.fromkeys(
        ("review_waiting", "deadline_close", "deadline_missed", "failed"), 1
    )
    assert news["failed"][0]["failed_task"] == "review"
    assert news["failed"][0]["counts"]["passed"] == 2


def lineage_of(scene: Scene, run: RunRef) -> dict[str, tuple[list[str], list[str]]]:
    """Names of what the tasks of a run read and wrote, by task."""
    found: dict[str, tuple[list[str], list[str]]] = {}

    def complete() -> bool:
        for line in scene.lineage.read_text("utf-8").splitlines() if scene.lineage.exists() else ():
            event = json.loads(line)
            about = event["run"]["facets"].get("airflow", {}).get("dagRun", {})
            if event["eventType"] == "COMPLETE" and about.get("run_id") == run.run_id:
                task = event["job"]["name"].partition(".")[2]
                found[task] = ([d["name"] for d in event["inputs"]], [d["name"] for d in event["outputs"]])
        return {"load_manifest", "quality_gate", "publish"} <= set(found)

    until(complete, 60)
    return found
