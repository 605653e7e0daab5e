"""DashScope's HTTP API from its published reference: ``qwen-image-edit-plus`` (answers at once),
``qwen-mt-image`` (a task), temporary uploads, errors of the form ``{"code", "message", "request_id"}``."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from tests.localizer.remote.contract_server import Answer, ContractServer, Cut, Request, inverted


class DashScopeServer(ContractServer):
    """Attributes:
    polls: how often a task is still running when asked.
    ends: how tasks end.
    lose: answers to submissions that are worked for and then never sent.
    """

    def __init__(self) -> None:
        super().__init__()
        self.polls, self.ends, self.lose = 2, "SUCCEEDED", 0
        self.message = ""
        self.tasks: dict[str, dict[str, Any]] = {}
        self.objects: dict[str, bytes] = {}
        self.results: dict[str, bytes] = {}

    def answer(self, request: Request) -> Answer:
        if request.path == "/oss":
            form = request.form
            if "authorization" in request.headers:
                return Answer(400, b"<Error>two ways to authorise</Error>")
            self.objects[form["key"].decode()] = form["file"]
            return Answer(200)
        if request.path.startswith("/results/"):
            assert "authorization" not in request.headers or request.headers["host"] in self.url
            return Answer(200, self.results[request.path])
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return self._error(401, "InvalidApiKey", "Invalid API-key provided.")
        path = request.path.removeprefix("/api/v1/")
        if path == "uploads":
            assert request.query["action"] == "getPolicy"
            policy = {
                "policy": "p",
                "signature": "s",
                "upload_dir": "dashscope-instant/abc",
                "upload_host": f"{self.url}/oss",
                "expire_in_seconds": 300,
                "oss_access_key_id": "ak",
                "x_oss_object_acl": "private",
                "x_oss_forbid_overwrite": "true",
            }
            return Answer(200, {"request_id": "r", "data": policy})
        if path.startswith("tasks/"):
            return self._task(path.split("/")[1])
        if self.faults:
            return self.faults.pop(0)()
        if path == "services/aigc/multimodal-generation/generation":
            answer = self._edit(request.json)
        elif path == "services/aigc/image2image/image-synthesis":
            answer = self._translate(request)
        else:
            return self._error(404, "ModelNotFound", path)
        if self.lose:
            self.lose -= 1
            raise Cut
        return answer

    def _edit(self, body: dict[str, Any]) -> Answer:
        content = body["input"]["messages"][0]["content"]
        assert [list(part) for part in content] == [["image"], ["text"]]
        if content[1]["text"] == "forbidden":
            return self._error(400, "DataInspectionFailed", "Input data may contain inappropriate content.")
        png = base64.b64decode(content[0]["image"].removeprefix("data:image/png;base64,"))
        self.paid += 1
        with self.working():
            message = {"role": "assistant", "content": [{"image": self._result(inverted(png))}]}
        width, height = body["parameters"]["size"].split("*")
        usage = {"width": int(width), "height": int(height), "image_count": 1}
        output = {"choices": [{"finish_reason": "stop", "message": message}]}
        return Answer(200, {"output": output, "usage": usage, "request_id": "r-1"})

    def _translate(self, request: Request) -> Answer:
        if request.headers.get("x-dashscope-async") != "enable":
            return self._error(403, "AccessDenied", "current user api does not support synchronous calls")
        body = request.json
        where = body["input"]["image_url"].removeprefix("oss://")
        if request.headers.get("x-dashscope-ossresourceresolve") != "enable" or where not in self.objects:
            return self._error(400, "InvalidURL", "Invalid URL provided in your request.")
        task = str(uuid.uuid4())
        self.paid += 1
        self.tasks[task] = {"left": self.polls, "png": inverted(self.objects[where]), "input": body["input"]}
        return Answer(200, {"request_id": "r", "output": {"task_id": task, "task_status": "PENDING"}})

    def _task(self, name: str) -> Answer:
        task = self.tasks.get(name)
        if task is None:
            return Answer(200, {"request_id": "r", "output": {"task_id": name, "task_status": "UNKNOWN"}})
        task["left"] -= 1
        output: dict[str, Any] = {
            "task_id": name,
            "task_status": "RUNNING" if task["left"] > 0 else self.ends,
        }
        if output["task_status"] == "SUCCEEDED":
            output |= {"message": self.message} if self.message else {"image_url": self._result(task["png"])}
        elif output["task_status"] == "FAILED":
            output |= {"code": "InvalidParameter", "message": "the image has no text of that language"}
        return Answer(200, {"request_id": "r", "output": output})

    def _result(self, png: bytes) -> str:
        path = f"/results/{uuid.uuid4().hex}.png"
        self.results[path] = png
        return f"{self.url}{path}?Expires=1&Signature=signature-of-the-result"

    @staticmethod
    def _error(status: int, code: str, message: str) -> Answer:
        return Answer(status, {"code": code, "message": message, "request_id": "r-0"})


def rate_quota() -> Answer:
    return DashScopeServer._error(
        429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again."
    )


def allocation_quota() -> Answer:
    return DashScopeServer._error(429, "Throttling.AllocationQuota", "Allocated quota exceeded.")


def arrears() -> Answer:
    return DashScopeServer._error(
        400, "Arrearage", "Access denied, please make sure your account is in good standing."
    )


def internal_error() -> Answer:
    return DashScopeServer._error(
        500, "InternalError.Algo", "An internal error has occured during execution."
    )
