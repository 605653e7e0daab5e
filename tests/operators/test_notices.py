"""Notices of a real run in a workspace, to a real mail server, web server and Slack's own client."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import ConfigurationError
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job, JobResult, Status
from localizer.notices import Channel, Event
from localizer.plan_files import Plan
from localizer.tenants import FILE, TAG
from localizer.workspace import Workspace
from operators.hooks.webhook import WebhookHook
from operators.notices import NOTIFY, RunNotices, RunRef
from tests.receivers import Mailbox, Receiver, http_receiver, mail_receiver

EVERYTHING = tuple(Event)
WEBHOOK = Channel(EVERYTHING, "webhook", "localizer_webhook")
MAIL = Channel((Event.REVIEW_WAITING,), "email", "smtp_default", ("mei@example.com", "jo@example.com"))


@pytest.fixture
def ref(tmp_path: Path) -> RunRef:
    """A merged run with an image that passed, and one whose name and reason are ill-behaved."""
    edit = Edit(Action.REMOVE_TEXT, text="x")
    jobs = [Job(f"k{n}", a, "ja", "en", "sources/s.png", "0" * 64, (edit,)) for n, a in enumerate("pq")]
    run = Workspace.open(str(tmp_path)).run("campaign_moon__manual__1")
    run.save_plan(Plan("moon", tuple(jobs)))
    checks = (CheckResult("untouched", CheckStatus.FAILED),)
    run.save_shard(
        "0000",
        [
            JobResult("k0", "p", "ja", Status.PASSED, image="i.png"),
            JobResult(
                "k1", "q", "ja", Status.NEEDS_REVIEW, checks=checks, reason=f"{tmp_path} {{{{ 7*7 }}}}"
            ),
        ],
    )
    run.merge()
    return RunRef("campaign_moon", "manual__1", {"workspace": str(tmp_path), "gcp_conn_id": None})


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(WebhookHook, "pause_s", 0.0)
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/team/")
    with http_receiver() as server:
        connection = {"conn_type": "localizer_webhook", "host": server.url, "password": "s3cret"}
        monkeypatch.setenv("AIRFLOW_CONN_LOCALIZER_WEBHOOK", json.dumps(connection))
        yield server


@pytest.fixture
def mail(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with mail_receiver() as box:
        connection = {
            "conn_type": "smtp",
            "host": "127.0.0.1",
            "port": box.port,
            "extra": {"from_email": "airflow@example.com", "disable_ssl": True, "disable_tls": True},
        }
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))
        yield box


def test_mail_and_webhook_are_told_once_whoever_tries_again(
    ref: RunRef, web: Receiver, mail: Mailbox, tmp_path: Path
) -> None:
    notices = RunNotices((WEBHOOK, MAIL), "Mid-Autumn")
    for _ in range(2):
        notices.tell(Event.REVIEW_WAITING, ref)
    [request], [envelope] = web.requests, mail.envelopes
    told = json.loads(request.body)
    assert told["headline"] == "Mid-Autumn: images wait for your review"
    assert told["counts"] == {"total": 2, "passed": 1, "needs_review": 1, "failed": 0, "cached": 0}
    assert told["faults"] == {"untouched": 1}
    assert told["links"] == {
        "review": "https://airflow.example/team/localizer/?dag_id=campaign_moon&run_id=manual__1",
        "run": "https://airflow.example/team/dags/campaign_moon/runs/manual__1",
    }
    assert "webhook-signature" in request.headers
    assert envelope.rcpt_tos == ["mei@example.com", "jo@example.com"]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == told["headline"]
    body = message.get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert "Nothing changed outside the edit (1)" in html
    assert told["links"]["review"].replace("&", "&amp;") in html
    for text in (request.body.decode(), html):
        assert str(tmp_path) not in text
        assert "s3cret" not in text
    assert len(list((tmp_path / "runs" / "campaign_moon__manual__1" / "notices").iterdir())) == 2


def test_waiting_copy_is_told_once_for_the_same_drafts_and_says_where_to_answer(
    ref: RunRef, web: Receiver
) -> None:
    channel = Channel((Event.COPY_WAITING,), "webhook", "localizer_webhook")
    for drafts in ("one", "one", "another"):
        RunNotices((channel,), "Mid-Autumn").tell(Event.COPY_WAITING, ref, occurrence=drafts)
    assert len(web.requests) == 2
    told = json.loads(web.requests[0].body)
    assert told["headline"] == "Mid-Autumn: its copy waits for your approval"
    assert "/dags/campaign_moon/runs/manual__1/required_actions" in told["text"]


def test_other_results_are_other_news(ref: RunRef, web: Receiver, tmp_path: Path) -> None:
    notices = RunNotices((WEBHOOK,))
    notices.tell(Event.REVIEW_WAITING, ref)
    run = Workspace.open(str(tmp_path)).run("campaign_moon__manual__1")
    run.save_shard("0001", [JobResult("k1", "q", "ja", Status.PASSED, image="i.png")])
    run.merge()
    notices.tell(Event.REVIEW_WAITING, ref)
    assert [json.loads(r.body)["counts"]["passed"] for r in web.requests] == [1, 2]
    assert len({r.headers["webhook-id"] for r in web.requests}) == 2
    assert json.loads(web.requests[0].body)["campaign"] == "moon"  # of the plan, as there is no title


def test_a_channel_that_fails_is_loud_and_harms_nobody(
    ref: RunRef,
    web: Receiver,
    mail: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gone = Channel(EVERYTHING, "webhook", "no_such_connection")
    web.answers = [(404, b"")]
    RunNotices((gone, WEBHOOK, MAIL)).tell(Event.REVIEW_WAITING, ref)
    assert len(mail.envelopes) == 1
    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert [e.split(":")[0] for e in errors] == ["NOTICE NOT SENT"] * 2
    assert "no_such_connection" in errors[0]
    assert "127.0.0.1 refuses the notice: HTTP 404" in errors[1]
    RunNotices((WEBHOOK,)).tell(Event.REVIEW_WAITING, ref)  # what was not sent is tried again
    assert len(web.requests) == 2


def test_a_workspace_out_of_reach_costs_the_facts_and_not_the_notice(
    web: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    ref = RunRef("campaign_moon", "r", {"workspace": "ftp://nowhere", "campaign": "moon-2027"})
    RunNotices((WEBHOOK,)).tell(Event.FAILED, ref, task_id="publish")
    told = json.loads(web.requests[0].body)
    assert (told["campaign"], told["counts"], told["failed_task"]) == ("moon-2027", None, "publish")
    assert "the workspace cannot be opened" in caplog.text


def test_a_run_that_reached_for_another_tenants_workspace_is_not_told_of_there(
    ref: RunRef, web: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tenants.yaml").write_text(
        "tenants:\n  acme: {workspace: /srv/acme/work, publish: /srv/acme/published, inputs: [/srv/a]}\n"
        f"  globex: {{workspace: {tmp_path}, publish: /srv/globex/published, inputs: [/srv/g]}}\n"
    )
    monkeypatch.setenv(FILE, str(tmp_path / "tenants.yaml"))
    notices = RunNotices((WEBHOOK,))
    notices.tell(Event.FAILED, replace(ref, tags=(f"{TAG}acme",)))
    assert json.loads(web.requests[0].body)["counts"] is None
    assert not (tmp_path / "runs" / "campaign_moon__manual__1" / "notices").exists()
    notices.tell(Event.FAILED, replace(ref, tags=(f"{TAG}globex",)))
    assert json.loads(web.requests[1].body)["counts"]["total"] == 2


def test_nobody_is_told_of_what_nobody_wants_to_hear(ref: RunRef, web: Receiver) -> None:
    notices = RunNotices((Channel((Event.FAILED,), "webhook", "localizer_webhook"),))
    notices.tell(Event.PUBLISHED, ref)
    assert web.requests == []
    assert notices.notifiers(Event.PUBLISHED, Event.NOTHING_PUBLISHED) == []
    assert len(notices.notifiers(Event.FAILED)) == 1


def test_slack_is_told_by_its_provider(
    ref: RunRef, web: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("airflow.providers.slack")
    hook = {"conn_type": "slackwebhook", "host": f"{web.url}/services", "password": "T000/B000/xyz"}
    monkeypatch.setenv("AIRFLOW_CONN_TEAM", json.dumps(hook))
    web.usual = b"ok"
    RunNotices((Channel(EVERYTHING, "slack", "team"),), "A <b> & C").tell(Event.REVIEW_WAITING, ref)
    [request] = web.requests
    text = json.loads(request.body)["text"]
    assert text.startswith("*A &lt;b&gt; &amp; C: images wait for your review*\n")
    assert text.endswith("/runs/manual__1|Run in Airflow>")

    api = {"conn_type": "slack", "password": "xoxb-1", "extra": {"base_url": f"{web.url}/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_BOT", json.dumps(api))
    web.usual = b'{"ok": true}'
    RunNotices((Channel(EVERYTHING, "slack", "bot", ("#moon",)),)).tell(Event.FAILED, ref)
    assert web.requests[1].path == "/api/chat.postMessage"
    assert json.loads(web.requests[1].body)["channel"] == "#moon"


def test_apprise_is_told_by_its_provider_and_its_refusal_is_heard(
    ref: RunRef, web: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("airflow.providers.apprise")
    place = web.url.removeprefix("http://")
    config = [{"path": f"json://{place}/a", "tag": "a"}, {"path": f"json://{place}/b", "tag": "b"}]
    connection = {"conn_type": "apprise", "extra": {"config": config}}
    monkeypatch.setenv("AIRFLOW_CONN_APPRISE_DEFAULT", json.dumps(connection))
    notices = RunNotices((Channel(EVERYTHING, "apprise", "apprise_default", ("b",)),), "Moon")
    notices.tell(Event.FAILED, ref)
    [request] = web.requests
    assert request.path == "/b"
    assert json.loads(request.body)["title"] == "Moon: the run failed"
    web.answers = [(500, b"")] * 5
    notices.tell(Event.PUBLISHED, ref)
    assert "NOTICE NOT SENT: published by apprise" in caplog.text


def test_the_installation_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert RunNotices.of_installation().channels == ()
    setting: list[dict[str, Any]] = [{"on": ["failed"], "by": "email"}, {"on": ["failed"], "by": "webhook"}]
    monkeypatch.setenv(NOTIFY, json.dumps(setting))
    channels = RunNotices.of_installation("Moon", ["Mei", "jo@example.com"]).channels
    assert [channel.to for channel in channels] == [("jo@example.com",), ()]
    with pytest.raises(ConfigurationError, match="LOCALIZER_NOTIFY: mail needs `to`"):
        RunNotices.of_installation()
