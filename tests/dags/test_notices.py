"""Whole runs by Airflow that tell people how they went, and the deadlines that its database keeps of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest

from tests.receivers import Receiver, http_receiver

PROJECT = Path(__file__).resolve().parents[2]
EVENTS = ["review_waiting", "deadline_close", "deadline_missed", "published", "nothing_published", "failed"]
Start = Callable[..., Any]


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with http_receiver() as server:
        connection = {"conn_type": "localizer_webhook", "host": server.url, "password": "s"}
        monkeypatch.setenv("AIRFLOW_CONN_LOCALIZER_WEBHOOK", json.dumps(connection))
        monkeypatch.setenv("LOCALIZER_NOTIFY", json.dumps([{"on": EVENTS, "by": "webhook"}]))
        yield server


@pytest.fixture
def start(small_campaign: Path, airflow_db: None, web: Receiver) -> Start:
    """Run `localize_campaign` or another DAG on the small campaign; keyword arguments are parameters."""
    from airflow.dag_processing.dagbag import DagBag

    def run(dag_id: str = "localize_campaign", **params: Any) -> str:
        dag = DagBag(dag_folder=str(PROJECT / "dags")).dags[dag_id]
        for task in dag.tasks:
            task.retry_delay = timedelta(0)
            task.retry_exponential_backoff = 0
        conf = {
            "manifest": str(small_campaign / "small.csv"),
            "brand": None,
            "approval": "never",
            "workspace": str(small_campaign / "workspace"),
            "publish_uri": str(small_campaign / "published"),
        }
        return str(dag.test(run_conf=conf | params).state)

    return run


def told(web: Receiver) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in web.requests]


def test_a_release_is_told_once_and_the_same_again_is_no_news(
    start: Start, web: Receiver, small_campaign: Path
) -> None:
    assert start() == "success"
    [news] = told(web)
    assert (news["event"], news["dag_id"], news["campaign"]) == ("published", "localize_campaign", "small")
    assert news["release"]["images"] == 2
    assert news["counts"] == {"total": 3, "passed": 2, "needs_review": 0, "failed": 1, "cached": 0}
    assert start() == "success"
    assert len(told(web)) == 1
    assert start("localize_catalog", publish_uri=str(small_campaign / "elsewhere")) == "success"
    assert told(web)[-1]["dag_id"] == "localize_catalog"
    assert len(told(web)) == 2


def test_a_run_that_publishes_nothing_says_so(start: Start, web: Receiver, small_campaign: Path) -> None:
    (small_campaign / "brand.yaml").write_text("name: x\nforbidden: {de: [RABATT, NEU]}\n")
    assert start(brand=str(small_campaign / "brand.yaml")) == "success"
    assert [news["event"] for news in told(web)] == ["nothing_published"]


def test_a_failed_run_is_told_with_the_task_that_failed(
    start: Start, web: Receiver, small_campaign: Path
) -> None:
    (small_campaign / "a.png").unlink()
    (small_campaign / "b.png").write_bytes(b"not an image")
    assert start() == "failed"
    [news] = told(web)
    assert (news["event"], news["failed_task"]) == ("failed", "quality_gate")
    assert news["counts"]["failed"] == 3
    assert str(small_campaign) not in json.dumps(news)
    [record] = (small_campaign / "workspace" / "runs").glob("*/notices/failed-*.json")
    assert json.loads(record.read_bytes())["by"] == "webhook"


def created(bag: Any, dag_id: str, start: datetime | None, **options: Any) -> dict[str, datetime]:
    """Deadlines that Airflow keeps for a new run, by alert."""
    from airflow.models.deadline import Deadline
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.timetables.base import DataInterval
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType
    from sqlalchemy import select

    after = start or datetime.now(UTC)
    with create_session() as session:
        dag = SerializedDagModel.get_dag(dag_id, session=session)
        assert dag is not None
        interval = None
        if start is not None:
            interval = dag.timetable.infer_manual_data_interval(run_after=pendulum.instance(start))
            assert isinstance(interval, DataInterval)
        run = dag.create_dagrun(
            run_id=f"manual__{after.isoformat()}__{len(options)}",
            logical_date=start,
            data_interval=interval,
            run_after=after,
            run_type=options.pop("run_type", DagRunType.MANUAL),
            triggered_by=DagRunTriggeredByType.TEST,
            state=DagRunState.QUEUED,
            session=session,
            **options,
        )
        session.flush()
        found = session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)).all()
        times = {str(d.deadline_alert.name): d.deadline_time for d in found if d.deadline_alert}
        session.rollback()
        return times


@pytest.fixture
def stored(tmp_path: Path, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Campaign files in Airflow's database, as the DAG processor would put them there."""
    import shutil

    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    folder = tmp_path / "dags"
    (folder / "campaigns").mkdir(parents=True)
    shutil.copy(PROJECT / "dags" / "campaigns.py", folder)

    def write(name: str, text: str) -> Any:
        path = folder / "campaigns" / f"{name}.yaml"
        path.write_text("manifest: m.csv\nowners: [jo@example.com]\n" + text, "utf-8")
        bag = DagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="notices-test")
        assert bag.import_errors == {}
        with create_session() as session:
            session.merge(DagBundleModel(name="notices-test"))
        sync_bag_to_db(bag, "notices-test", None)
        return bag

    return write


START = datetime(2030, 9, 1, 12, tzinfo=UTC)


def test_a_deadline_counts_from_the_runs_date(stored: Callable[..., Any]) -> None:
    bag = stored("offers", "deadline: 4h\nnotify: [{on: [deadline_close], by: email}]\n")
    hour = timedelta(hours=1)
    due = {"deadline_close": START + 3 * hour, "deadline_missed": START + 4 * hour}
    assert created(bag, "campaign_offers", START) == due
    assert created(bag, "campaign_offers", START, conf={"deadline": "8h"}) == {
        "deadline_close": START + 6 * hour,
        "deadline_missed": START + 8 * hour,
    }
    assert created(bag, "campaign_offers", START, conf={"deadline": None}) == {}
    undated = created(bag, "campaign_offers", None)
    assert undated["deadline_missed"] - undated["deadline_close"] == hour


def test_before_the_festival_however_the_run_was_started(stored: Callable[..., Any]) -> None:
    bag = stored(
        "moon",
        "deadline: {before_festival: 2d}\nschedule: {festival: mid-autumn, lead: 14d, region: CN}\n",
    )
    # Mid-Autumn of 2030 is on 12 September; it begins on the 11th at 16:00 UTC.
    missed = datetime(2030, 9, 9, 16, tzinfo=UTC)
    assert created(bag, "campaign_moon", START) == {
        "deadline_close": START + 0.75 * (missed - START),
        "deadline_missed": missed,
    }
    late = datetime(2030, 9, 10, tzinfo=UTC)
    assert created(bag, "campaign_moon", late) == {"deadline_missed": missed}
    undated = created(bag, "campaign_moon", None)["deadline_missed"]
    assert (undated.hour, undated.minute) == (16, 0)


def test_without_one_and_in_a_backfill_nothing_is_ever_due(stored: Callable[..., Any]) -> None:
    from airflow.utils.types import DagRunType

    bag = stored("plain", "")
    assert created(bag, "campaign_plain", START) == {}
    bag = stored("offers", "deadline: 4h\n")
    assert created(bag, "campaign_offers", START, run_type=DagRunType.BACKFILL_JOB) == {}


def test_the_installation_may_set_one(stored: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALIZER_DEADLINE", "1d")
    bag = stored("usual_deadline", "")
    due = created(bag, "campaign_usual_deadline", START)
    assert due["deadline_missed"] == START + timedelta(days=1)


def test_a_file_decides_who_is_told(stored: Callable[..., Any], web: Receiver) -> None:
    bag = stored("loud", "title: Loud\nnotify: [{on: [failed, review_waiting], by: email}]\n")
    bag = stored("quiet", "notify: []\n")
    bag = stored("usual", "")
    loud, quiet, usual = (bag.dags[f"campaign_{name}"] for name in ("loud", "quiet", "usual"))
    assert len(loud.on_failure_callback) == 1
    assert not loud.get_task("publish").on_success_callback
    [notifier] = loud.get_task("review").notifiers
    assert notifier.notices.title == "Loud"
    assert notifier.notices.channels[0].to == ("jo@example.com",)
    assert not quiet.on_failure_callback
    assert not quiet.get_task("review").notifiers
    assert usual.get_task("publish").on_success_callback
