"""Webhooks: a signed JSON body for programs, or the body that a group chat's bot takes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from airflow.sdk import BaseHook
from airflow.sdk.log import mask_secret

from localizer.errors import ConfigurationError, InputError, TransientError

if TYPE_CHECKING:
    import httpx
    from airflow.sdk import Connection

_SECRET = "{secret}"  # noqa: S105 (where the secret goes)

BODIES: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "slack": lambda text: {"text": text},  # Mattermost and Rocket.Chat take it too
    "wecom": lambda text: {"msgtype": "text", "text": {"content": text}},
    "feishu": lambda text: {"msg_type": "text", "content": {"text": text}},
    "dingtalk": lambda text: {"msgtype": "text", "text": {"content": text}},
}
"""Bodies of bots, by the field `body` of the connection; a bot that wants signed requests needs Apprise."""

# A name in a manifest may read `<!channel>`, `<at user_id="all">`, `@all` or `[Review page](https://...)`.
# The joiner takes no room; what we write ourselves has none of these signs.
_NO_MARKUP = str.maketrans({"<": "‹", ">": "›", "@": "@\u2060", "]": "]\u2060"})


class WebhookHook(BaseHook):
    """Posts to the URL of a connection, whose secret is its password.

    A URL with ``{secret}`` gets the secret there, as bots of group chats want it. Otherwise the body is
    signed by it as `Standard Webhooks <https://www.standardwebhooks.com>`_ say: headers ``webhook-id``, the
    same for a notice that is sent again, ``webhook-timestamp`` and ``webhook-signature``.

    Args:
        webhook_conn_id: connection ID.
    """

    conn_name_attr = "webhook_conn_id"
    default_conn_name = "localizer_webhook"
    conn_type = "localizer_webhook"
    hook_name = "Webhook for notices (localizer)"

    tries = 3
    pause_s = 1.0

    def __init__(self, webhook_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.webhook_conn_id = webhook_conn_id

    @cached_property
    def _connection(self) -> Connection:
        return self.get_connection(self.webhook_conn_id)

    @cached_property
    def _extras(self) -> dict[str, Any]:
        return {key: value for key, value in self._connection.extra_dejson.items() if value not in (None, "")}

    @property
    def _secret(self) -> str:
        return self._connection.password or ""

    @cached_property
    def url(self) -> str:
        """Where to; may hold the secret, so it goes into no message."""
        pattern = (self._connection.host or "").strip()
        parts = urlsplit(pattern)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ConfigurationError(
                f"connection {self.webhook_conn_id!r}: the URL must start with https:// or http://"
            )
        if _SECRET in pattern and not self._secret:
            raise ConfigurationError(
                f"connection {self.webhook_conn_id!r}: the URL says {_SECRET}, but there is no password"
            )
        secret = quote(self._secret, safe="")
        if _SECRET in pattern:
            mask_secret(secret)  # httpx logs addresses; Airflow knows the secret only as it was before
        return pattern.replace(_SECRET, secret)

    def post(self, payload: Mapping[str, Any], *, title: str, text: str, delivery: str) -> None:
        """Send one notice; what may be cured by waiting a second is tried again.

        Args:
            payload: the body for programs.
            title, text: the body for a bot.
            delivery: ID of the notice.

        Raises:
            ConfigurationError: the connection cannot be used.
            InputError: the receiver refuses it.
            TransientError: the receiver does not answer.
        """
        import httpx

        style = str(self._extras.get("body", "json"))
        if style != "json" and style not in BODIES:
            raise ConfigurationError(
                f"connection {self.webhook_conn_id!r}: body {style!r} is not one of json, {', '.join(BODIES)}"
            )
        content: Mapping[str, Any] = (
            payload if style == "json" else BODIES[style](f"{title}\n{text}".translate(_NO_MARKUP))
        )
        body = json.dumps(content, ensure_ascii=False).encode()
        host = urlsplit(self.url).hostname
        with httpx.Client(timeout=self._timeout) as client:
            for left in reversed(range(self.tries)):
                try:
                    answer = client.post(self.url, content=body, headers=self._headers(delivery, body))
                except httpx.TransportError as error:
                    problem = TransientError(f"{host} does not answer ({type(error).__name__})")
                else:
                    if answer.is_success:
                        _check_bot(answer, style, host)
                        return
                    if answer.status_code < 500 and answer.status_code != 429:
                        raise InputError(f"{host} refuses the notice: HTTP {answer.status_code}")
                    problem = TransientError(f"{host} answers HTTP {answer.status_code}")
                if not left:
                    raise problem
                time.sleep(self.pause_s)

    def test_connection(self) -> tuple[bool, str]:
        """For the connection form: sends one notice that says that it is a test."""
        text = "This is a test of the connection; nothing happened."
        payload = {"type": "localizer.test", "text": text}
        try:
            self.post(payload, title="Campaign Localizer", text=text, delivery=f"test-{uuid.uuid4()}")
        except (ConfigurationError, InputError, TransientError) as error:
            return False, str(error)
        return True, "A test notice was taken; look whether it is there"

    @property
    def _timeout(self) -> float:
        try:
            return float(self._extras.get("timeout_s", 10))
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"connection {self.webhook_conn_id!r}: timeout_s is not a number"
            ) from None

    def _headers(self, delivery: str, body: bytes) -> dict[str, str]:
        now = str(int(time.time()))
        headers = {"Content-Type": "application/json", "webhook-id": delivery, "webhook-timestamp": now}
        if self._secret and _SECRET not in (self._connection.host or ""):
            headers["webhook-signature"] = sign(self._secret, delivery, now, body)
        return headers


def sign(secret: str, delivery: str, timestamp: str, body: bytes) -> str:
    """The signature of Standard Webhooks.

    Args:
        secret: ``whsec_`` and base64, or any text.
        timestamp: seconds since 1970.

    Raises:
        ConfigurationError: what follows ``whsec_`` is not base64.
    """
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            raise ConfigurationError(
                "the secret of a webhook that starts with whsec_ must go on in base64"
            ) from None
    else:
        key = secret.encode()
    digest = hmac.new(key, f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _check_bot(answer: httpx.Response, style: str, host: str | None) -> None:
    """Bots of group chats answer 200 to what they refuse, and say so inside."""
    if style not in {"wecom", "feishu", "dingtalk"}:
        return
    try:
        said = answer.json()
        code = said.get("errcode", said.get("code", said.get("StatusCode", 0)))
    except (ValueError, AttributeError):
        raise InputError(f"{host} answers something that is not of a {style} bot") from None
    if code:
        raise InputError(f"{host} refuses the notice: code {code}")
