"""A stand-in for chat servers: ``POST /v1/chat/completions`` as OpenAI's reference, vLLM, LM Studio, DeepSeek
and others have it. It knows no language: a translation is its source between brackets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from localizer.translation import TranslationRequest
from localizer.translation.access import TranslatorAccess
from localizer.translation.chat import ChatTranslator
from tests.localizer.remote.contract_server import Answer, ContractServer, Request

REFUSALS = {
    # What servers say to a form that they do not know: LM Studio and xAI (an error that is no object),
    # DeepSeek, Groq, older llama.cpp servers (as their own fault), and those that check fields.
    "lmstudio": lambda: Answer(400, {"error": "'response_format.type' must be 'json_schema' or 'text'"}),
    "deepseek": lambda: _error(400, "This response_format type is unavailable now", "invalid_request_error"),
    "llamacpp": lambda: _error(500, 'response_format type must be "text" or "json_object"', "server_error"),
    "groq": lambda: _error(400, "This model does not support response format `json_schema`.", "invalid"),
    "xai": lambda: Answer(400, {"code": "invalid", "error": "The response_format parameter is unsupported."}),
    "strict": lambda: Answer(422, {"detail": "Unexpected fields in the request: {'response_format'}"}),
}


class ChatServer(ContractServer):
    """One served model.

    Attributes:
        takes: forms of answer that it takes.
        refusal: which of `REFUSALS` it gives to the others.
        say: makes texts of the questions: a list of entries, or the whole content as text.
        finish: the reason that it gives for having ended.
        bodies: requests that it worked on.
        quits_after: so many of them it has no time for another hour.
    """

    served = "qwen3-8b"

    def __init__(self) -> None:
        super().__init__()
        self.takes = {"json_schema", "json_object"}
        self.refusal = "deepseek"
        self.say: Callable[[list[dict[str, Any]]], list[Any] | str] = bracketed
        self.finish = "stop"
        self.message: dict[str, Any] = {}
        self.bodies: list[dict[str, Any]] = []
        self.quits_after: int | None = None

    def answer(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            said = f"Incorrect API key provided: {request.headers.get('authorization', '')[7:]}."
            return _error(401, said, "invalid_api_key")
        if request.path == "/v1/models":
            return Answer(200, {"object": "list", "data": [{"id": self.served, "object": "model"}]})
        if request.path != "/v1/chat/completions":
            return _error(404, "Not Found", None)
        if self.faults:
            return self.faults.pop(0)()
        if self.quits_after is not None and self.paid >= self.quits_after:
            return overloaded(503, after="3600")
        body = request.json
        if body["model"] != self.served:
            return _error(404, f"The model `{body['model']}` does not exist.", "model_not_found")
        asked = body.get("response_format", {}).get("type")
        if asked and asked not in self.takes:
            return REFUSALS[self.refusal]()
        if asked == "json_schema":
            check_strict(body["response_format"]["json_schema"]["schema"])
        with self.lock:
            self.bodies.append(body)
            self.paid += 1
        with self.working():
            said = self.say(questions(body))
        content = said if isinstance(said, str) else json.dumps({"translations": said}, ensure_ascii=False)
        message = {"role": "assistant", "content": content, **self.message}
        sent = sum(len(m["content"]) for m in body["messages"])
        return Answer(
            200,
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": self.served,
                "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
                "usage": {"prompt_tokens": sent // 4, "completion_tokens": len(content) // 4},
            },
        )


def questions(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The strings that a request asks for, as a model reads them."""
    found: list[dict[str, Any]] = json.loads(body["messages"][-1]["content"])["strings"]
    return found


def bracketed(asked: list[dict[str, Any]]) -> list[Any]:
    return [{"id": each["id"], "text": f"⟦{each['text']}⟧"} for each in asked]


def check_strict(schema: Any) -> None:
    """OpenAI's rule for strict schemas: every object closed, everything in it required."""
    if schema.get("type") == "object":
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) == set(schema["properties"])
        for part in schema["properties"].values():
            check_strict(part)
    if schema.get("type") == "array":
        check_strict(schema["items"])


def locale_asked(body: dict[str, Any]) -> str:
    """The target locale that the system message names."""
    return re.findall(r"\[([\w-]+)\]", body["messages"][0]["content"])[-1]


def overloaded(status: int = 429, after: str = "0.01") -> Answer:
    return Answer(status, {"error": {"message": "slow down", "code": "rate_limit"}}, {"Retry-After": after})


def _error(status: int, message: str, code: str | None) -> Answer:
    return Answer(status, {"error": {"message": message, "type": "invalid_request_error", "code": code}})


def access(server: ContractServer, **more: Any) -> TranslatorAccess:
    return TranslatorAccess(f"{server.url}/v1", key=server.key, **{"timeout_s": 5.0, **more})


def at(server: ChatServer, **parameters: Any) -> ChatTranslator:
    given = access(server, **parameters.pop("access", {}))
    translator = ChatTranslator.at(given, **{"model": server.served, **parameters})
    translator.pause_s = 0.01
    return translator


def ask(*texts: str, locale: str = "de") -> list[TranslationRequest]:
    return [TranslationRequest(text, "en", locale) for text in texts]


def texts(translator: ChatTranslator, requests: list[TranslationRequest]) -> list[str]:
    return [answer.text for answer in translator.translate(requests)]
