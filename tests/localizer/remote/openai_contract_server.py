"""``POST /v1/images/edits`` as the published sources have it: our own server's contract, SGLang-Diffusion
(``entrypoints/openai/image_api.py``), vLLM-Omni (``docs/serving/image_edit_api.md``), OpenAI's reference."""

from __future__ import annotations

import base64
import threading
from typing import Any

from tests.localizer.remote.contract_server import Answer, ContractServer, Cut, Request, inverted

STANDARD = {"model", "prompt", "image", "n", "size", "output_format", "user", "background", "quality"}
OURS = {"model", "prompt", "image", "n", "size", "output_format", "response_format", "user", "seed", "tier"}


class OpenAIServer(ContractServer):
    """One served model.

    Attributes:
        kind: ``localizer`` refuses unknown fields and joins equal keys; ``openai`` refuses unknown fields;
            ``sglang`` and ``vllm-omni`` take any.
        give: how the picture is handed over: ``b64_json`` or ``url``.
        lose: answers that are worked for and then never sent.
    """

    served = "Qwen/Qwen-Image-Edit-2509"

    def __init__(self, kind: str = "localizer") -> None:
        super().__init__()
        self.kind, self.give, self.lose = kind, "b64_json", 0
        self.size: tuple[int, int] | None = None
        self.garbage = False
        self.made: dict[str, bytes] = {}
        self.edits: list[dict[str, Any]] = []
        self._joined = threading.Lock()

    def answer(self, request: Request) -> Answer:
        if request.path.startswith("/v1/images/") and request.method == "GET":
            return Answer(200, self.made[request.path.split("/")[3]])
        if request.headers.get("authorization") != f"Bearer {self.key}":
            # OpenAI's own message holds a part of the key; others echo all of it.
            said = f"Incorrect API key provided: {request.headers.get('authorization', '')[7:]}."
            return self._error(401, said, "invalid_api_key")
        if request.path == "/v1/models":
            return Answer(200, {"object": "list", "data": [{"id": self.served, "object": "model"}]})
        if self.faults:
            return self.faults.pop(0)()
        form = request.form
        fields = {name: value.decode() for name, value in form.items() if name != "image"}
        known = {"localizer": OURS | {"negative_prompt"}, "openai": STANDARD}.get(self.kind)
        if known and (unknown := set(form) - known):
            return self._error(400, f"Unknown parameter: '{sorted(unknown)[0]}'.", "unknown_parameter")
        if self.kind != "sglang" and fields["model"] != self.served:
            return self._error(404, f"The model `{fields['model']}` does not exist.", "model_not_found")
        try:
            picture = inverted(form["image"], self.size)
        except OSError:
            # SGLang gives 500 for a picture that it cannot read.
            return self._error(500, "cannot identify image file", None)
        idempotency = request.headers.get("idempotency-key", "")
        with self._joined:
            first = self.kind != "localizer" or idempotency not in self.made
            if first:
                self.paid += 1
                self.edits.append(fields)
                self.made[idempotency] = picture
        with self.working():
            pass
        if self.lose:
            self.lose -= 1
            raise Cut
        return self._picture(idempotency, b"no picture at all" if self.garbage else self.made[idempotency])

    def _picture(self, name: str, data: bytes) -> Answer:
        if self.give == "url":
            return Answer(
                200, {"created": 1, "data": [{"b64_json": None, "url": f"/v1/images/{name}/content"}]}
            )
        shown = {"b64_json": base64.b64encode(data).decode(), "url": None, "revised_prompt": None}
        return Answer(200, {"created": 1, "data": [shown], "inference_time_s": 1.5})

    @staticmethod
    def _error(status: int, message: str, code: str | None) -> Answer:
        return Answer(status, {"error": {"message": message, "type": "invalid_request_error", "code": code}})


def warming() -> Answer:
    return Answer(503, {"detail": "model is loading"}, {"Retry-After": "0"})


def overloaded() -> Answer:
    body = {"error": {"message": "the queue is full", "type": "rate_limit_error", "code": "queue_full"}}
    return Answer(429, body, {"Retry-After": "0.01"})


def gateway_timeout() -> Answer:
    return Answer(504, b"<html><h1>504 Gateway Time-out</h1></html>")


def dies() -> Answer:
    raise Cut
