"""A real Airflow asks a person for the copy before any image is made, and never twice for the same."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.receivers import Receiver, http_receiver, until
from tests.system.one_machine import OneMachine
from tests.system.rest import Api, RunRef
from tests.system.test_review import browser

pytestmark = pytest.mark.system

DAG = "localize_campaign"


@pytest.fixture(scope="module")
def web() -> Iterator[Receiver]:
    """Who is told that copy waits."""
    with http_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, web: Receiver) -> Iterator[OneMachine]:
    webhook = {"conn_type": "localizer_webhook", "host": web.url, "password": "s3cret"}
    environment = {
        "AIRFLOW_CONN_LOCALIZER_WEBHOOK": json.dumps(webhook),
        "LOCALIZER_NOTIFY": json.dumps([{"on": ["copy_waiting"], "by": "webhook"}]),
    }
    people = ("mei:user", "vera:viewer")
    with OneMachine(tmp_path_factory.mktemp("machine"), environment, people) as machine:
        yield machine


@pytest.fixture
def conf(small_campaign: Path) -> dict[str, Any]:
    """Two posters, with an agency's drafts of their copy."""
    (small_campaign / "small.csv").write_text(
        "asset_id,image,source_locale,locale,action,text\n"
        "a,a.png,en,de,translate_text,SALE\n"
        "b,b.png,en,de,translate_text,NEW\n"
    )
    (small_campaign / "copy_deck.csv").write_text(
        "source,source_locale,locale,target,state\nSALE,en,de,RABATT,draft\nNEW,en,de,NEUES,draft\n"
    )
    return {
        "manifest": str(small_campaign / "small.csv"),
        "brand": None,
        "approval": "exceptions_only",
        "workspace": str(small_campaign / "workspace"),
        "publish_uri": str(small_campaign / "published"),
    }


def results(conf: dict[str, Any], run: RunRef) -> dict[str, str]:
    [path] = Path(conf["workspace"]).glob("runs/*/results.jsonl")
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {line["asset_id"]: line["status"] for line in lines}


def shown(client: httpx.Client, run: RunRef) -> dict[str, Any]:
    where = {"dag_id": run.dag_id, "run_id": run.run_id}
    return dict(client.get("api/run", params=where).raise_for_status().json())


def test_drafts_wait_for_a_person_and_what_she_approved_is_never_asked_again(
    machine: OneMachine, conf: dict[str, Any], web: Receiver
) -> None:
    mei: Api = machine.api("mei")
    first = mei.trigger(DAG, conf)
    question = mei.wait_for_question(first, "approve_copy")
    assert question["options"] == ["Approve", "Leave as drafts", "Stop"]
    assert "| de | 0 | 2 | 0 |" in question["body"]
    offered = question["params"]["refuse"]["schema"]["examples"]
    assert [text.split(" · ", 1)[1] for text in offered] == ["de · SALE → RABATT", "de · NEW → NEUES"]
    assert not list(Path(conf["workspace"]).glob("jobs/*"))

    until(lambda: bool(web.requests), 30)
    told = json.loads(web.requests[0].body)
    assert (told["event"], told["run_id"]) == ("copy_waiting", first.run_id)

    page = browser(machine, "mei")
    run = shown(page, first)
    assert (run["state"], run["links"]["copy_to_fill"]) == ("copy", "api/copy/to_fill.csv")
    where = {"dag_id": first.dag_id, "run_id": first.run_id}
    deck = page.get(run["links"]["copy_to_fill"], params=where).raise_for_status()
    assert "attachment" in deck.headers["content-disposition"]
    assert "RABATT" in deck.text
    with pytest.raises(RuntimeError, match="403"):
        machine.api("vera").answer(first, "Approve", task_id="approve_copy")

    time.sleep(2)  # an answer within the first half second can be lost; no person is that fast
    mei.answer(first, "Approve", task_id="approve_copy", refuse=[offered[1]], comment="NEU, not NEUES")
    # The other image has no copy and so no candidate: there is nothing that anybody could decide on.
    assert mei.wait(first) == "success"
    assert results(conf, first) == {"a": "passed", "b": "needs_review"}
    [published] = Path(conf["publish_uri"]).rglob("*.png")
    assert published.name == "a.png"
    [report] = Path(conf["workspace"]).glob("runs/*/report.html")
    assert "approved by mei" in report.read_text("utf-8")

    deck_file = Path(conf["manifest"]).parent / "copy_deck.csv"
    deck_file.write_text(deck_file.read_text().replace("NEUES,draft", "NEU,approved"))
    second = mei.trigger(DAG, conf)
    assert mei.wait(second) == "success"
    states = mei.states(second)
    assert (states["approve_copy", -1], states["publish", -1]) == ("success", "success")
    assert len(web.requests) == 1  # there was nothing to ask
    assert sorted(path.name for path in Path(conf["publish_uri"]).rglob("*.png")) == [
        "a.png",
        "a.png",
        "b.png",
    ]
