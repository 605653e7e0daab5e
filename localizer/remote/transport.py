"""One service over HTTP: limits, timeouts, retries that cannot pay twice, errors that give nothing away."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown

if TYPE_CHECKING:
    import httpx

    from localizer.remote.access import Access

SENT = "sent"
"""What is remembered of a request that went out and whose answer did not name anything yet."""

RETRIES = 2
LONGEST_PAUSE_S = 60.0
MAX_BYTES = 64 * 1024 * 1024

_CONNECT_S = 10.0
_REFUSED_BY_ACCOUNT = {401, 402, 403, 404, 407}  # the next call would fare no better, whatever its image
_GATEWAY = {502, 504}  # somebody in between lost the answer; the service may have done the work
_SHOWN = 300


class Transport:
    """Requests to one service. May be used by several threads; they share its limits.

    Args:
        service: its name in messages.
        account_codes: error codes, or how they begin, that no other image would fare better with.
        pause_s: the first pause before a retry, where the service does not say how long; it doubles.
    """

    def __init__(
        self, access: Access, *, service: str, account_codes: tuple[str, ...] = (), pause_s: float = 1.0
    ) -> None:
        self.access, self.service = access, service
        self._account_codes, self._pause_s = account_codes, pause_s
        self._slots = threading.BoundedSemaphore(access.concurrency)
        self._pace = _Pace(access.per_minute)

    def __repr__(self) -> str:
        return f"Transport({self.service!r}, {self.access.url!r})"

    @cached_property
    def _client(self) -> httpx.Client:
        import httpx

        # It logs every URL at INFO, and URLs of answers are signed.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        timeout = httpx.Timeout(self.access.timeout_s, connect=_CONNECT_S)
        # A connection for each request: one that the server closes just when it is used again looks like a
        # lost answer, and servers do so after an internal error.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        # No redirects: the key would go with them.
        return httpx.Client(timeout=timeout, limits=limits, follow_redirects=False)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """One of the places that the service's limits allow; for work that takes several requests."""
        with self._slots:
            yield

    def request(
        self, method: str, path: str, *, resend: bool | None = None, accept: int = 0, **content: Any
    ) -> httpx.Response:
        """Send a request, with at most two retries; returns a 2xx answer, or one of status `accept`.

        Args:
            path: below the service's URL.
            resend: whether a request whose answer was lost may be sent again; default: unless it is a POST.
            content: as for ``httpx.Client.request``.

        Raises:
            EngineError: the service refuses this request and would again.
            ConfigurationError: it refuses this key, account or model.
            EngineUnavailable: it is down, warming, overloaded or out of time.
            FateUnknown: the request was sent, its answer was lost, and `resend` forbids to send it again.
        """
        resend = method != "POST" if resend is None else resend
        return self._send(method, path, content, resend=resend, accept=accept, read=True)

    @contextmanager
    def stream(self, method: str, path: str, **content: Any) -> Iterator[httpx.Response]:
        """The same for an answer that is read as it comes; what breaks then is an ``httpx.HTTPError``."""
        response = self._send(method, path, content, resend=False, accept=0, read=False)
        try:
            yield response
        finally:
            response.close()

    def _send(
        self, method: str, path: str, content: dict[str, Any], *, resend: bool, accept: int, read: bool
    ) -> httpx.Response:
        import httpx

        headers = {**content.pop("headers", {}), **self._headers()}
        for attempt in range(RETRIES + 1):
            self._pace.wait()
            pause = None
            request = self._client.build_request(method, self._url(path), headers=headers, **content)
            try:
                response = self._client.send(request, stream=True)
                if read or not response.is_success:
                    response.read()
            except httpx.HTTPError as error:
                failure = self.lost(error, resend=resend)
            else:
                if response.is_success or response.status_code == accept:
                    return response
                failure, pause = self.refusal(response, resend=resend), _retry_after(response)
            if pause is None:
                pause = self._pause_s * 2**attempt * random.uniform(0.8, 1.2)  # noqa: S311  no secret
            if attempt == RETRIES or pause > LONGEST_PAUSE_S:
                raise failure
            time.sleep(pause)
        raise AssertionError("the loop returns or raises")

    def lost(self, error: httpx.HTTPError, *, resend: bool) -> EngineUnavailable:
        """What a failed exchange means. Raised at once, not returned, where a retry could pay twice."""
        import httpx

        host = urlsplit(self.access.url).netloc
        kind = type(error).__name__
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return EngineUnavailable(f"{self.service} at {host} cannot be reached ({kind})")
        message = f"{self.service} at {host} took the request and did not answer ({kind})"
        if resend:
            return EngineUnavailable(message)
        raise FateUnknown(message) from None

    def refusal(self, response: httpx.Response, *, resend: bool) -> EngineUnavailable:
        """What an answer that is no success means. Raised, not returned, where no retry would help."""
        status = response.status_code
        message = f"{self.service} answered {status}: {self.message_of(response)}"
        if 300 <= status < 400:
            where = urlsplit(response.headers.get("location", "")).netloc or "somewhere else"
            raise ConfigurationError(f"{self.service} redirects to {where}; give that address as its URL")
        code = _error(_parsed(response)).get("code")
        if status in _REFUSED_BY_ACCOUNT or str(code).startswith(self._account_codes or ("\0",)):
            raise ConfigurationError(message)
        if status in _GATEWAY and not resend:
            raise FateUnknown(message)
        if status == 429 or status >= 500 or status in {408, 425}:
            return EngineUnavailable(message)
        raise EngineError(message)

    def download(self, url: str) -> bytes:
        """An answer's picture. The key goes along only to the service itself, never to another host.

        Raises:
            EngineError: it is not there (any more), or larger than 64 MiB.
            EngineUnavailable: the host does not answer.
        """
        import httpx

        address = urljoin(self.access.url + "/", url)
        if urlsplit(address).scheme not in {"http", "https"}:
            raise EngineError(f"{self.service} named a picture that is not at an http(s) address")
        ours = _origin(address) == _origin(self.access.url)
        headers = self._headers() if ours else {}
        failure = EngineUnavailable(f"the picture at {urlsplit(address).netloc} cannot be fetched")
        for attempt in range(RETRIES + 1):
            try:
                with self._client.stream("GET", address, headers=headers) as response:
                    if response.is_success:
                        return self._body(response)
                    status = response.status_code
            except httpx.HTTPError as error:
                failure = EngineUnavailable(
                    f"the picture at {urlsplit(address).netloc} cannot be fetched ({type(error).__name__})"
                )
            else:
                if status < 500 and status != 429:
                    raise EngineError(f"the picture at {urlsplit(address).netloc} is gone (HTTP {status})")
                failure = EngineUnavailable(f"{urlsplit(address).netloc} answered {status} for the picture")
            if attempt < RETRIES:
                time.sleep(self._pause_s * 2**attempt)
        raise failure

    def upload(self, url: str, form: dict[str, str], data: bytes) -> None:
        """Post a file as a form to a storage host that the service named; its own signature is in the form.

        Raises:
            EngineUnavailable: the host does not take it.
        """
        import httpx

        host = urlsplit(url).netloc
        try:
            response = self._client.post(url, data=form, files={"file": ("image.png", data, "image/png")})
        except httpx.HTTPError as error:
            raise EngineUnavailable(f"{host} did not take the picture ({type(error).__name__})") from None
        if not response.is_success:
            raise EngineUnavailable(f"{host} did not take the picture (HTTP {response.status_code})")

    def _body(self, response: httpx.Response) -> bytes:
        data = bytearray()
        for part in response.iter_bytes():
            data += part
            if len(data) > MAX_BYTES:
                raise EngineError(f"{self.service} answered with more than {MAX_BYTES >> 20} MiB")
        return bytes(data)

    def json(self, response: httpx.Response) -> dict[str, Any]:
        """The object that an answer holds.

        Raises:
            EngineError: it holds none.
        """
        body = _parsed(response)
        if not isinstance(body, dict):
            raise EngineError(f"{self.service} answered with something that is not JSON; is its URL right?")
        return body

    def message_of(self, response: httpx.Response) -> str:
        """What the service says is wrong, in a line, without the key even if it echoes it."""
        body = _parsed(response)
        if body is None:
            return self.clean(response.text) or response.reason_phrase
        error = _error(body)
        code, message = error.get("code"), error.get("message") or error.get("detail")
        if isinstance(message, str):
            return self.clean(f"{message} ({code})" if code else message)
        return self.clean(json.dumps(body, ensure_ascii=False))

    def clean(self, text: str) -> str:
        """A line fit for messages and records."""
        key = self.access.key
        for shown in {key, quote(key, safe=""), quote(key), json.dumps(key)[1:-1]} - {""}:
            text = text.replace(shown, "***")
        line = " ".join(text.split())
        return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"

    def _url(self, path: str) -> str:
        return f"{self.access.url.rstrip('/')}/{path}"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access.key}"} if self.access.key else {}


class _Pace:
    """Spaces requests out evenly."""

    def __init__(self, per_minute: float) -> None:
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._lock, self._next = threading.Lock(), 0.0

    def wait(self) -> None:
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap
        time.sleep(at - now)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.casefold()


def _parsed(response: httpx.Response) -> Any:
    """What the body holds as JSON; None if it holds none."""
    try:
        return response.json()
    except (ValueError, UnicodeDecodeError):
        return None


def _error(body: Any) -> dict[str, Any]:
    """The error in a body: OpenAI's has it one level down, FastAPI's, Dify's and DashScope's do not."""
    found = body.get("error", body) if isinstance(body, dict) else {}
    return found if isinstance(found, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, from a number or a date."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
