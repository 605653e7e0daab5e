"""A light stand-in for the edit server: ``python -m benchmarks.drills.standin_server PORT LOG``.

No model is behind it: it answers ``POST /v1/images/edits`` with the picture painted over in the colour of its
border, and like ours joins requests of one ``Idempotency-Key`` for as long as it lives. What it begins and
makes it appends to the log, as a bill would.
"""

from __future__ import annotations

import base64
import email.parser
import email.policy
import io
import json
import os
import sys
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

SECONDS = 0.3


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, log: str) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.log = log
        self.made: dict[str, bytes] = {}
        self.joined: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def note(self, event: str, key: str) -> None:
        line = json.dumps({"event": event, "key": key, "at": time.time()}) + "\n"
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = self.headers.get("Idempotency-Key", "")
        with self.server.joined[key]:
            if key not in self.server.made:
                self.server.note("begun", key)
                time.sleep(SECONDS)
                self.server.made[key] = _painted(_image(self.headers["Content-Type"], body))
                self.server.note("made", key)
        shown = base64.b64encode(self.server.made[key]).decode()
        answer = json.dumps({"created": 1, "model": "stand-in", "data": [{"b64_json": shown}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def _image(content_type: str, body: bytes) -> bytes:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    for part in message.iter_parts():
        if part.get_param("name", header="content-disposition") == "image":
            return bytes(part.get_payload(decode=True))
    raise ValueError("the request holds no image")


def _painted(png: bytes) -> bytes:
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    out = io.BytesIO()
    Image.new("RGB", picture.size, picture.getpixel((0, 0))).save(out, "PNG")
    return out.getvalue()


if __name__ == "__main__":
    _Server(int(sys.argv[1]), sys.argv[2]).serve_forever()
