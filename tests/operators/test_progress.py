"""What is shown of a shard while it runs. Airflow's comms are stand-ins; `tests/dags` has the real ones."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from airflow.sdk.execution_time import task_runner

from localizer.model import JobResult, Status
from operators.progress import STATE_KEY, ShardProgress


class Comms:
    def __init__(self) -> None:
        self.labels: list[str] = []

    def send(self, msg: Any) -> None:
        self.labels.append(msg.rendered_map_index)


class Store(dict[str, Any]):
    def set(self, key: str, value: Any) -> None:
        self[key] = value


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> Comms:
    made = Comms()
    monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", made, raising=False)
    monkeypatch.setattr("operators.progress._EVERY_S", 0.0)
    monkeypatch.setattr("operators.progress._SHARE", 0)
    return made


def context(**more: Any) -> Any:
    dag = SimpleNamespace(get_template_env=jinja2.Environment)
    ti = SimpleNamespace(task=SimpleNamespace(dag=dag))
    return {"ti": ti, "map_index_template": "{{ asset }}", "task_state_store": Store()} | more


def result(name: str, status: Status = Status.PASSED) -> JobResult:
    return JobResult("k", name, "ja", status)


def test_label_and_state_follow_the_images(comms: Comms, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    here = context()
    progress = ShardProgress(here, label="a · ja … d · ja (4)", of=4)
    for name, status in zip("abcd", [*Status, Status.PASSED], strict=True):
        progress.add(result(name, status))
    assert comms.labels == [
        "a · ja … d · ja (4)",
        "a · ja … d · ja (4): 1/4",
        "a · ja … d · ja (4): 2/4, 1 needs review",
        "a · ja … d · ja (4): 3/4, 1 needs review, 1 failed",
        "a · ja … d · ja (4): 2 passed, 1 needs review, 1 failed",
    ]
    assert here["asset"] == comms.labels[-1]  # what Airflow renders at the end
    assert here["task_state_store"][STATE_KEY] == {
        "done": 4,
        "of": 4,
        "passed": 2,
        "needs_review": 1,
        "failed": 1,
        "last": "d · ja",
    }
    assert [r.message.split(" in ")[0] for r in caplog.records] == [
        "a · ja: passed",
        "b · ja: needs_review",
        "c · ja: failed",
        "d · ja: passed",
    ]


def test_one_image_is_named_with_its_verdict(comms: Comms) -> None:
    progress = ShardProgress(context(), label="a · ja", of=1)
    progress.add(result("a", Status.NEEDS_REVIEW))
    assert comms.labels == ["a · ja", "a · ja: needs review"]


def test_it_is_shown_now_and_then_only(comms: Comms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operators.progress._EVERY_S", 3600.0)
    progress = ShardProgress(context(), label="l", of=100)
    for number in range(100):
        progress.add(result(str(number)))
    assert comms.labels == ["l", "l: 100 passed"]


def test_what_cannot_be_shown_costs_no_image(comms: Comms, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Store):
        def set(self, key: str, value: Any) -> None:
            raise RuntimeError("the API server is down")

    here = context(task_state_store=Broken())
    progress = ShardProgress(here, label="a · ja", of=1)
    progress.add(result("a"))
    assert "progress cannot be shown (RuntimeError: the API server is down)" in caplog.text
    assert here["asset"] == "a · ja: passed"
