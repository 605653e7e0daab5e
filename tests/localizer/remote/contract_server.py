"""A real HTTP server on loopback that answers as a service's published source and documents say it does.

Each service has its own ``*_contract_server.py``; nothing here is the service itself. Every server counts
what would have been charged, and can be told to break in the ways that the services are known to break.
"""

from __future__ import annotations

import email.parser
import email.policy
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    port: int
    """Of the client, which tells one connection from another."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, bytes]:
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
            for part in message.iter_parts()
        }


@dataclass
class Answer:
    status: int = 200
    body: bytes | dict[str, Any] | list[Any] = b""
    headers: dict[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None
    """Parts sent as they come; the connection is cut where it raises `Cut`."""


class Cut(Exception):
    """Cut the connection without a further byte."""


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the tests."""


class ContractServer:
    """Counts and faults that all services share.

    Attributes:
        requests: everything that came in.
        paid: what would have been charged.
        faults: what the next requests get in place of an answer, oldest first.
    """

    key = "secret-key-5f1c0a9e7b"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.paid = 0
        self.latency_s = 0.0
        self.in_flight = self.most_in_flight = 0
        self.faults: list[Callable[[], Answer]] = []
        self.lock = threading.Lock()
        self._http = _Http(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def to(self, path: str) -> list[Request]:
        return [r for r in self.requests if r.path.endswith(path)]

    @contextmanager
    def running(self) -> Iterator[ContractServer]:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()

    @contextmanager
    def working(self) -> Iterator[None]:
        """What takes the service its time."""
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            time.sleep(self.latency_s)
            yield
        finally:
            with self.lock:
                self.in_flight -= 1

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def _do(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("content-length") or 0)
                request = Request(
                    self.command,
                    parts.path,
                    {name: values[0] for name, values in parse_qs(parts.query).items()},
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                    self.client_address[1],
                )
                with server.lock:
                    server.requests.append(request)
                try:
                    self._send(server.answer(request))
                except Cut:
                    self.close_connection = True
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client is gone; the work was done

            do_GET = do_POST = _do

            def _send(self, answer: Answer) -> None:
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                if answer.stream is None:
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                    return
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for part in answer.stream:
                    self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")

        return Handler


def inverted(png: bytes, size: tuple[int, int] | None = None) -> bytes:
    """What these servers make of a picture: its negative, so that a test can tell answer from question."""
    picture = Image.open(io.BytesIO(png)).convert("RGB").point(lambda v: 255 - v)
    out = io.BytesIO()
    (picture.resize(size) if size else picture).save(out, "PNG")
    return out.getvalue()
