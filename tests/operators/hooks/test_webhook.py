"""Webhooks, sent to a real web server."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest

from localizer.errors import ConfigurationError, InputError, TransientError
from operators.hooks.webhook import WebhookHook
from operators.provider import get_provider_info
from tests.receivers import Receiver, http_receiver

KEY = b"a key of twenty-four byt"
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"
NEWS: dict[str, Any] = {"event": "failed", "campaign": "中秋"}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(WebhookHook, "pause_s", 0.0)
    with http_receiver() as server:
        yield server


def hook(monkeypatch: pytest.MonkeyPatch, url: str, secret: str = SECRET, **extra: Any) -> WebhookHook:
    connection = {"conn_type": "localizer_webhook", "host": url, "password": secret, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_LOCALIZER_WEBHOOK", json.dumps(connection))
    return WebhookHook()


def post(of: WebhookHook) -> None:
    of.post(NEWS, title="Moon: failed", text="Run: r", delivery="msg_1")


def test_the_body_is_signed_as_standard_webhooks_say(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(hook(monkeypatch, f"{receiver.url}/news"))
    [request] = receiver.requests
    assert request.path == "/news"
    assert json.loads(request.body) == NEWS
    stamp = request.headers["webhook-timestamp"]
    assert abs(int(stamp) - time.time()) < 60
    signed = b".".join([b"msg_1", stamp.encode(), request.body])
    expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["webhook-id"] == "msg_1"
    assert SECRET not in str(request.headers)


def test_the_test_button_sends_one_that_says_so(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = hook(monkeypatch, receiver.url, body="slack")
    assert sender.test_connection() == (True, "A test notice was taken; look whether it is there")
    [request] = receiver.requests
    assert "This is a test" in json.loads(request.body)["text"]
    receiver.answers = [(403, b"")]
    good, why = sender.test_connection()
    assert (good, "403" in why, SECRET in why) == (False, True, False)


def test_a_server_that_comes_back_is_told(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver.answers = [(503, b""), (429, b"")]
    post(hook(monkeypatch, receiver.url))
    assert [r.headers["webhook-id"] for r in receiver.requests] == ["msg_1"] * 3


def test_one_that_stays_away_or_refuses_is_an_error_without_the_url(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = receiver.url + "/send?key={secret}"
    receiver.answers = [(500, b"")] * 3
    with pytest.raises(TransientError) as caught:
        post(hook(monkeypatch, url, "s3cret/+"))
    assert receiver.requests[0].path == "/send?key=s3cret%2F%2B"
    assert "webhook-signature" not in receiver.requests[0].headers
    receiver.answers = [(404, b"")]
    with pytest.raises(InputError) as refused:
        post(hook(monkeypatch, url, "s3cret/+"))
    assert len(receiver.requests) == 4
    for told in (str(caught.value), str(refused.value)):
        assert told.startswith("127.0.0.1 ")
        assert "key" not in told
    with pytest.raises(TransientError, match="does not answer"):
        post(hook(monkeypatch, "http://127.0.0.1:9/"))


@pytest.mark.parametrize(
    ("style", "body"),
    [
        ("slack", {"text": "Moon: failed\nRun: r"}),
        ("wecom", {"msgtype": "text", "text": {"content": "Moon: failed\nRun: r"}}),
        ("dingtalk", {"msgtype": "text", "text": {"content": "Moon: failed\nRun: r"}}),
        ("feishu", {"msg_type": "text", "content": {"text": "Moon: failed\nRun: r"}}),
    ],
)
def test_bots_of_group_chats_get_their_own_body(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, style: str, body: dict[str, Any]
) -> None:
    receiver.usual = b'{"errcode": 0, "errmsg": "ok"}'
    post(hook(monkeypatch, receiver.url, body=style))
    assert json.loads(receiver.requests[0].body) == body


@pytest.mark.parametrize("style", ["slack", "wecom", "dingtalk", "feishu"])
def test_a_name_calls_nobody_and_is_no_link(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    """Of a manifest row that is wrong, a notice names the asset as it was written."""
    receiver.usual = b'{"errcode": 0}'
    names = (
        '<!channel> <https://evil.example|Review> <at user_id="all"></at> @all [Review](https://evil.example)'
    )
    link = "https://airflow.example/localizer/?dag_id=d&run_id=manual__1"
    hook(monkeypatch, receiver.url, body=style).post(
        NEWS, title=names, text=f"Look at: {names}\nReview page: {link}", delivery="msg_1"
    )
    said = json.dumps(json.loads(receiver.requests[0].body), ensure_ascii=False)
    assert link in said
    assert not [markup for markup in ("<!", "<h", "<at", "@all", "](") if markup in said]


@pytest.mark.parametrize(
    ("style", "said"),
    [("wecom", b'{"errcode": 93000}'), ("feishu", b'{"code": 19024}'), ("dingtalk", b"<html>")],
)
def test_a_bot_that_refuses_with_200_is_an_error(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, style: str, said: bytes
) -> None:
    receiver.usual = said
    with pytest.raises(InputError):
        post(hook(monkeypatch, receiver.url, body=style))


@pytest.mark.parametrize(
    ("url", "secret", "extra", "told"),
    [
        ("ftp://host/", "s", {}, "must start with https://"),
        ("hooks.example", "s", {}, "must start with https://"),
        ("https://host/?key={secret}", "", {}, "there is no password"),
        ("https://host/", "s", {"body": "teams"}, "is not one of json, slack"),
        ("https://host/", "s", {"timeout_s": "soon"}, "timeout_s is not a number"),
        ("http://127.0.0.1:9/", "whsec_!", {}, "must go on in base64"),
    ],
)
def test_a_connection_that_cannot_be_used(
    monkeypatch: pytest.MonkeyPatch, url: str, secret: str, extra: dict[str, Any], told: str
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        post(hook(monkeypatch, url, secret, **extra))


def test_the_form_offers_what_the_hook_takes() -> None:
    [form] = [
        entry
        for entry in get_provider_info()["connection-types"]
        if entry["connection-type"] == WebhookHook.conn_type
    ]
    assert form["hook-class-name"] == f"{WebhookHook.__module__}.{WebhookHook.__name__}"
    from operators.hooks.webhook import BODIES

    assert form["conn-fields"]["body"]["schema"]["enum"] == ["json", *BODIES]
