"""Images over HTTPS, from allowed hosts at allowed addresses only.

`LOCALIZER_ALLOWED_HOSTS` names the hosts, separated by commas: ``cdn.example.com``, or with its port where
that is not 443: ``cdn.example.com:8443``. Such a host must have public addresses and nothing else: a name is
resolved once for each connection, every address of the answer is checked, and the connection goes to one of
them, while TLS verifies the name. So a name whose answer changes between the check and the connection gains
nothing.

`LOCALIZER_ALLOWED_PRIVATE_HOSTS` names in the same form hosts of the operator's own network; their addresses
may be private or loopback, but never link-local nor those of a cloud's metadata service.

Redirects are not followed, as the next host would not be the one that was allowed. Proxies that the
environment names are not used, as they would look names up themselves. Bodies are taken as they are:
compressed ones (Content-Encoding) are refused.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cached_property
from typing import Any, NamedTuple

import httpcore
import httpx

from localizer.errors import ConfigurationError, ImageError
from localizer.sources.addresses import is_private_service, is_public

ALLOWED_HOSTS = "LOCALIZER_ALLOWED_HOSTS"
ALLOWED_PRIVATE_HOSTS = "LOCALIZER_ALLOWED_PRIVATE_HOSTS"
SILENCE_SECONDS = 30.0
TOTAL_SECONDS = 120.0
_OPEN_CONNECTIONS = 8

resolve = socket.getaddrinfo
"""Looks names up; the seam for tests, which cannot make DNS lie."""

_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class Answer(NamedTuple):
    """What a host answered. Headers by lower-case name; the body of 200 only."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswer(Exception):
    """The host could not be reached, or said nothing whole in time; the message says why."""


class HostReader:
    """Fetches from allowed hosts. May be used by several threads.

    Args:
        max_bytes: of a body.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._public = _named(ALLOWED_HOSTS)
        self._private = _named(ALLOWED_PRIVATE_HOSTS)

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """One GET.

        Args:
            headers: further ones, for a request that wants a body only if it has changed.

        Raises:
            ImageError: the host is not allowed, or has an address that is not; or the body is too large, or
                compressed.
            NoAnswer: worth another try.
        """
        url = self._checked(address)
        address = without_query(address)
        sent: dict[bytes | str, bytes | str] = {
            "Host": url.netloc.decode("ascii"),
            "Accept": "image/*",
            "Accept-Encoding": "identity",
        }
        sent.update(headers or {})
        target = httpcore.URL(scheme="https", host=url.raw_host, port=url.port, target=url.raw_path)
        waits = dict.fromkeys(("connect", "read", "write", "pool"), SILENCE_SECONDS)
        token = _deadline.set(time.monotonic() + TOTAL_SECONDS)
        try:
            with self._pool.stream("GET", target, headers=sent, extensions={"timeout": waits}) as response:
                found = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}
                body = self._body(address, response, found) if response.status == 200 else b""
                return Answer(response.status, found, body)
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        finally:
            _deadline.reset(token)

    def _checked(self, address: str) -> httpx.URL:
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise ImageError(f"{without_query(address)}: is not a valid URL ({error})") from None
        address = without_query(address)
        if url.scheme != "https" or url.userinfo:
            raise ImageError(f"{address}: only https:// without user name and password can be fetched")
        if _place(url) not in self._public | self._private:
            raise ImageError(
                f"{address}: host {_shown(url)} is not allowed; name it in {ALLOWED_HOSTS} (comma-separated)"
            )
        return url

    def _body(self, address: str, response: httpcore.Response, headers: Mapping[str, str]) -> bytes:
        if headers.get("content-encoding", "identity").strip().lower() not in {"identity", ""}:
            raise ImageError(
                f"{address}: comes compressed ({headers['content-encoding']}) although that was not asked for"
            )
        too_large = f"{address} is larger than {self._max_bytes >> 20} MiB; export it smaller"
        length = headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length[:20]) > self._max_bytes:
            raise ImageError(too_large)
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > self._max_bytes:
                raise ImageError(too_large)
        return bytes(body)

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        return httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=_OPEN_CONNECTIONS,
            network_backend=_Backend(self._private),
        )


def without_query(address: str) -> str:
    """An address for messages: what signs it must not stand in results and logs."""
    bare, mark, _ = address.partition("?")
    return f"{bare}?…" if mark else bare


def _named(variable: str) -> frozenset[tuple[bytes, int]]:
    places = []
    for entry in os.environ.get(variable, "").split(","):
        if not entry.strip():
            continue
        try:
            url = httpx.URL(f"https://{entry.strip()}")
        except httpx.InvalidURL as error:
            raise ConfigurationError(f"{variable}: {entry.strip()!r} is not a host ({error})") from None
        if url.userinfo or url.raw_path != b"/" or not url.raw_host or b"%" in url.raw_host:
            raise ConfigurationError(f"{variable}: {entry.strip()!r} is not a host or host:port")
        places.append(_place(url))
    return frozenset(places)


def _place(url: httpx.URL) -> tuple[bytes, int]:
    return url.raw_host.lower(), url.port or 443


def _shown(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that were checked. TLS comes after, and verifies the host's name."""

    def __init__(self, private: frozenset[tuple[bytes, int]]) -> None:
        self._private = private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        may_be_private = (host.encode("ascii"), port) in self._private
        last: Exception | None = None
        for address in _addresses(host, port, may_be_private=may_be_private):
            try:
                stream = self._plain.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _Stream(stream)
        raise last or httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    """A connection on which a whole request has a time limit: one on each read bounds no sum of them."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, error: type[Exception] = httpcore.ConnectTimeout) -> float:
    """Seconds that a step may take: its own limit, or what the whole request has left."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise error(f"took longer than {TOTAL_SECONDS:g} s")
    return min(left, SILENCE_SECONDS if timeout is None else timeout)


def _addresses(host: str, port: int, *, may_be_private: bool) -> list[str]:
    """Every address of a host.

    Raises:
        ImageError: one of them must not be connected to.
        httpcore.ConnectError: the name cannot be looked up now.
    """
    try:
        answers = resolve(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be looked up ({error})") from error
    found = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
    fits = is_private_service if may_be_private else is_public
    unfit = [address for address in found if not fits(address)]
    if unfit:
        hint = "" if may_be_private else f"; if it is yours, name it in {ALLOWED_PRIVATE_HOSTS}"
        raise ImageError(f"host {host} has an address that is not allowed ({unfit[0]}){hint}")
    return found
