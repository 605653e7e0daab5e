"""A proxy between Google's client and the emulator that misbehaves on demand."""

from __future__ import annotations

import contextlib
import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

Verdict = str
"""``pass``, ``lose`` (forward, then hang up), ``damage`` (flip a bit of the body), ``cut`` (half of it), or a
status code."""


class Proxy:
    """Forwards requests; `decide` says what happens to each, `seen` counts the uploads that came in."""

    def __init__(self, upstream: str) -> None:
        self.decide: Callable[[str, str], Verdict] = lambda method, path: "pass"
        self.seen: list[tuple[str, str]] = []
        proxy, target = self, urlsplit(upstream)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                proxy.seen.append((self.command, self.path))
                verdict = proxy.decide(self.command, self.path)
                if verdict.isdigit():
                    return self.answer(int(verdict), [], b'{"error": {"message": "made up"}}')
                connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
                connection.request(self.command, self.path, body, dict(self.headers))
                response = connection.getresponse()
                data = response.read()
                connection.close()
                if verdict == "lose":
                    self.close_connection = True
                    return None
                if verdict == "damage":
                    data = bytes([data[0] ^ 1]) + data[1:]
                return self.answer(response.status, response.getheaders(), data, cut=verdict == "cut")

            def answer(
                self, status: int, headers: list[tuple[str, str]], data: bytes, *, cut: bool = False
            ) -> None:
                self.send_response(status)
                for name, value in headers:
                    if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                with contextlib.suppress(ConnectionError):  # a client that gave up is part of the play
                    self.end_headers()
                    self.wfile.write(data[: len(data) // 2] if cut else data)
                self.close_connection |= cut

            do_GET = do_POST = do_PUT = do_DELETE = forward

            def log_message(self, *_: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A client that hangs up is part of the play."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def once(self, method: str, verdict: Verdict) -> None:
        """Misbehave on the first request of that method for objects from now on."""
        left = [verdict]
        self.decide = lambda m, path: left.pop() if m == method and "/o" in path and left else "pass"

    def always(self, method: str, verdict: Verdict) -> None:
        self.decide = lambda m, path: verdict if m == method else "pass"


@pytest.fixture
def proxy(gcs_server: str, gcs_uri: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Storage opened from now on goes through this proxy."""
    made = Proxy(gcs_server)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()
