"""A Dify workflow app's service API, from its published source and documents: ``/files/upload``,
``/workflows/run`` (streaming), ``/workflows/run/{id}``, ``/workflows/logs`` and signed file addresses.

From ``api/controllers/service_api/app/workflow.py``, ``core/app/apps/workflow/generate_task_pipeline.py`` and
``openapi_workflow.json``: a run goes on when its stream is cut, an error of the run comes with HTTP 200, both
kinds of 429 come before a run exists, and file addresses live 300 s.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from tests.localizer.remote.contract_server import Answer, ContractServer, Cut, Request, inverted


class DifyServer(ContractServer):
    """One published app with the inputs ``image`` and ``prompt`` and the output ``image``.

    Attributes:
        run_s: how long a run takes, whether anybody listens or not.
        cut: where streams break off: after the headers (``start``), after ``workflow_started`` (``run``), or
            nowhere.
        ends: how runs end: ``succeeded``, ``failed``, ``stopped``, ``partial-succeeded``, ``paused``, or
            ``error``, an ``error`` event in the stream.
        logs_at_start: newer versions write a run's log entry when it starts, older ones when it ends.
        filters: newer versions know ``created_by_end_user_session_id``.
        expired: file addresses that are refused as if 300 s had passed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.run_s, self.cut, self.ends = 0.05, "", "succeeded"
        self.logs_at_start = self.filters = True
        self.expired = 0
        self.outputs_name = "image"
        self.files: dict[str, tuple[str, bytes]] = {}
        self.runs: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/files/"):
            return self._file(request)
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, "unauthorized", "Access token is invalid")
        if request.path == "/v1/files/upload":
            form = request.form
            name = str(uuid.uuid4())
            self.files[name] = (form["user"].decode(), form["file"])
            return Answer(
                201, {"id": name, "name": "image.png", "size": len(form["file"]), "mime_type": "image/png"}
            )
        if request.path == "/v1/info":
            return Answer(200, {"name": "Edit", "description": "", "mode": "workflow", "tags": []})
        if request.path == "/v1/workflows/run":
            return self.faults.pop(0)() if self.faults else self._run(request.json)
        if request.path == "/v1/workflows/logs":
            return self._logs(request)
        if request.path.startswith("/v1/workflows/run/"):
            run = self.runs.get(request.path.rsplit("/", 1)[1])
            if run is None:
                return self._error(404, "not_found", "Workflow run not found.")
            return Answer(200, {"id": run["id"], **self._state(run)})
        return self._error(404, "not_found", request.path)

    def _run(self, body: dict[str, Any]) -> Answer:
        assert body["response_mode"] == "streaming"  # blocking is cut at 60 to 100 s while the run goes on
        picture = body["inputs"]["image"]
        assert (picture["type"], picture["transfer_method"]) == ("image", "local_file")
        owner, png = self.files[picture["upload_file_id"]]
        if owner != body["user"]:
            return self._error(400, "invalid_param", "Invalid upload file")
        run = {
            "id": str(uuid.uuid4()),
            "user": body["user"],
            "png": inverted(png),
            "started": time.monotonic(),
        }
        with self.lock:
            self.paid += 1
            self.runs[run["id"]] = run
        return Answer(200, headers={"Content-Type": "text/event-stream"}, stream=self._events(run))

    def _events(self, run: dict[str, Any]) -> Iterator[bytes]:
        base = {"task_id": str(uuid.uuid4()), "workflow_run_id": run["id"]}
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield b"event: ping\n\n"
            if self.cut == "start":
                raise Cut
            yield _sse({"event": "workflow_started", **base, "data": {"id": run["id"], "inputs": {}}})
            if self.cut == "run":
                raise Cut
            yield _sse({"event": "node_started", **base, "data": {"title": "edit"}})
            while time.monotonic() - run["started"] < self.run_s:
                time.sleep(0.02)
                yield b"event: ping\n\n"
            if self.ends == "error":
                error = {"status": 400, "code": "invalid_param", "message": "size not allowed"}
                yield _sse({"event": "error", "task_id": base["task_id"], **error})
                return
            if self.ends == "paused":
                yield _sse({"event": "workflow_paused", **base, "data": {"status": "paused"}})
                return
            yield _sse({"event": "workflow_finished", **base, "data": {"id": run["id"], **self._state(run)}})
        finally:
            with self.lock:
                self.in_flight -= 1

    def _state(self, run: dict[str, Any]) -> dict[str, Any]:
        if time.monotonic() - run["started"] < self.run_s:
            return {"status": "running", "outputs": None, "error": None, "elapsed_time": 0}
        good = self.ends in {"succeeded", "partial-succeeded"}
        file = {
            "dify_model_identity": "__dify__file__",
            "type": "image",
            "transfer_method": "tool_file",
            "filename": "out.png",
            "mime_type": "image/png",
            "url": f"/files/tools/{run['id']}.png?timestamp=1&nonce=n&sign=signature-{uuid.uuid4().hex}",
        }
        return {
            "status": self.ends,
            "outputs": {self.outputs_name: [file]} if good else {},
            "error": None if good else "the plugin qwen_image ran out of memory",
            "elapsed_time": self.run_s,
            "total_tokens": 0,
        }

    def _file(self, request: Request) -> Answer:
        if self.expired:
            self.expired -= 1
            return self._error(403, "forbidden", "Invalid request.")
        return Answer(200, self.runs[request.path.split("/")[3].removesuffix(".png")]["png"])

    def _logs(self, request: Request) -> Answer:
        ended = [r for r in self.runs.values() if time.monotonic() - r["started"] >= self.run_s]
        listed = list(self.runs.values()) if self.logs_at_start else ended
        if self.filters:
            listed = [r for r in listed if r["user"] == request.query["created_by_end_user_session_id"]]
        data = [
            {
                "id": str(uuid.uuid4()),
                "workflow_run": {"id": r["id"], "status": self._state(r)["status"]},
                "created_by_end_user": {"id": "u", "type": "service_api", "session_id": r["user"]},
            }
            for r in listed
        ]
        return Answer(200, {"page": 1, "limit": 100, "total": len(data), "has_more": False, "data": data})

    @staticmethod
    def _error(status: int, code: str, message: str) -> Answer:
        return Answer(status, {"status": status, "code": code, "message": message})


def _sse(event: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


def too_many_requests() -> Answer:
    """The app's own limit of runs under way."""
    message = (
        "Too many requests. Please try again later. The current maximum concurrent requests allowed is 2."
    )
    return Answer(429, {"status": 429, "code": "too_many_requests", "message": message})


def rate_limit_error() -> Answer:
    """The limit of the model's provider."""
    return Answer(429, {"status": 429, "code": "rate_limit_error", "message": "Rate Limit Error"})


def quota_exceeded() -> Answer:
    message = "Your quota for Dify Hosted OpenAI has been exhausted."
    return Answer(400, {"status": 400, "code": "provider_quota_exceeded", "message": message})
