"""What the triggerer does when a deadline comes, and how long a review stays open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operators.deadlines import RunDeadline, tell, time_to_answer
from tests.receivers import Receiver, http_receiver

START = datetime(2026, 9, 1, tzinfo=UTC)
USUAL = timedelta(days=7)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with http_receiver() as server:
        connection = {"conn_type": "localizer_webhook", "host": server.url}
        monkeypatch.setenv("AIRFLOW_CONN_LOCALIZER_WEBHOOK", json.dumps(connection))
        yield server


def call(folder: Path, event: str, state: str = "running", **conf: Any) -> None:
    """As Airflow's trigger calls it: the run as JSON, the moment as it was kept."""
    run = {
        "dag_id": "campaign_moon",
        "dag_run_id": "manual__1",
        "state": state,
        "conf": conf,
        "logical_date": START.isoformat(),
        "run_after": START.isoformat(),
        "data_interval_end": None,
    }
    due = START + timedelta(hours=3 if event == "deadline_close" else 4)
    asyncio.run(
        tell(
            event=event,
            title="Moon",
            channels=[{"on": [event], "by": "webhook", "connection": "localizer_webhook", "to": []}],
            defaults={"workspace": str(folder), "gcp_conn_id": None, "campaign": None},
            tags=[],
            context={"dag_run": run, "deadline": {"id": "1", "deadline_time": due}},
        )
    )


@pytest.mark.parametrize("event", ["deadline_close", "deadline_missed"])
def test_people_are_told_of_the_end_once(tmp_path: Path, web: Receiver, event: str) -> None:
    call(tmp_path, event)
    call(tmp_path, event)  # a triggerer that took over from one that died
    [request] = web.requests
    news = json.loads(request.body)
    assert (news["event"], news["campaign"]) == (event, "Moon")
    assert news["deadline"] == (START + timedelta(hours=4)).isoformat()


def test_a_run_that_has_ended_is_late_for_nothing(tmp_path: Path, web: Receiver) -> None:
    for state in ("success", "failed"):
        call(tmp_path, "deadline_missed", state)
    assert web.requests == []


def test_a_reference_is_what_was_written_of_it() -> None:
    reference = RunDeadline("3d", close=True)
    written = reference.serialize_reference()
    assert json.loads(json.dumps(written)) == written
    assert RunDeadline.deserialize_reference(written) == reference != RunDeadline("3d")


@pytest.mark.parametrize(
    ("deadline", "left"),
    [("3d", timedelta(days=3)), (None, USUAL), ("2d before the festival", USUAL)],
)
def test_a_review_stays_open_until_the_deadline(deadline: str | None, left: timedelta) -> None:
    found = time_to_answer(context(datetime.now(UTC), deadline), USUAL)
    assert found is not None
    assert left - timedelta(minutes=1) < found <= left


def test_a_review_after_the_deadline_stays_open_for_the_usual_time() -> None:
    assert time_to_answer(context(START, "1h"), USUAL) == USUAL


def context(start: datetime, deadline: str | None) -> Any:
    """A stand-in for Airflow's."""
    return {
        "dag": SimpleNamespace(dag_id="d", timetable=None, tags=set()),
        "run_id": "r",
        "params": {"deadline": deadline},
        "dag_run": SimpleNamespace(logical_date=start, data_interval_end=None, clear_number=0),
    }
