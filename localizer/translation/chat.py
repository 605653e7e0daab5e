"""Translators behind ``POST /v1/chat/completions``: OpenAI, vLLM, SGLang, llama.cpp, Ollama, DashScope ..."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from localizer.documents import canonical_digest
from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown, LocalizerError
from localizer.locales import UNDETERMINED
from localizer.remote.access import looks_like_credential
from localizer.remote.transport import Transport
from localizer.translation.access import MODEL_VARIABLE, TranslatorAccess, find_translator, require_translator
from localizer.translation.asking import ANSWER_SCHEMA, PROMPT_VERSION, messages_for, read_answer
from localizer.translation.batches import batches_of
from localizer.translation.model import Translation, TranslationRequest
from localizer.translation.parameters import whole_number
from localizer.translation.usage import Meter, Usage

log = logging.getLogger(__name__)

FORMS = ("schema", "json", "text")
"""How an answer's form is asked for, strictest first: by its JSON schema, as any JSON, by words only."""

_ACCOUNT_CODES = ("insufficient_quota", "billing_hard_limit_reached", "model_not_found", "Arrearage")
_OURS = frozenset(
    {"model", "messages", "stream", "stream_options", "n", "response_format", "temperature", "tools"}
)
_FORM_REFUSED = re.compile(
    r"response[ _-]?(format|schema)|json[ _-]?(schema|object|mode)|structured|guided|grammar|"
    r"additionalProperties",
    re.IGNORECASE,
)
_TEMPERATURE_REFUSED = re.compile(r"(?=.*\btemperature\b)(?=.*support)", re.IGNORECASE)
_EMPTY: tuple[Any, ...] = (None, "", {})
_HOTTEST = 2.0
_USELESS_IN_A_ROW = 12
_BYTES_A_TOKEN = 3.5  # of UTF-8; a little over four in English, three in Chinese


class ChatTranslator:
    """A chat model on a server that speaks OpenAI's API. May be used by several threads.

    Several strings go into one request, and an answer's form is asked for by its JSON schema. A server that
    refuses the schema is asked for JSON, then by words alone; each step is logged. Whatever it was asked by,
    an answer is read strictly: one that is cut, malformed or lacks a string is no draft, and its strings are
    asked for again in two halves, so that one of them never costs the others theirs.

    What is not given is the connection's, and else as said here.

    Args:
        model: the name that the server serves it under.
        style: how the brand speaks in the target locale.
        brief: what the campaign is about.
        temperature: 0; ``none``: not sent, for models that refuse it.
        strings: most strings in a request; 16.
        form: which of `FORMS` and no other; the strictest that the server takes.
        fields: further fields of the request, such as ``{"reasoning_effort": "low"}``, as JSON too; none.

    Raises:
        ConfigurationError: a parameter makes no sense.
    """

    name = "chat"
    version = f"1.{PROMPT_VERSION}"

    def __init__(
        self,
        model: str = "",
        style: str = "",
        brief: str = "",
        temperature: float | str | None = None,
        strings: int | str | None = None,
        form: str = "",
        fields: Mapping[str, Any] | str | None = None,
    ) -> None:
        given = {
            "model": model,
            "style": style,
            "brief": brief,
            "temperature": temperature,
            "strings": strings,
            "form": form,
            "fields": fields,
        }
        self._set_up(find_translator(self.name), given)

    @classmethod
    def at(cls, access: TranslatorAccess, **parameters: Any) -> ChatTranslator:
        """One at a service of the caller's, not at the one that this process was given."""
        translator = cls.__new__(cls)
        translator._set_up(access, parameters)
        return translator

    def _set_up(self, access: TranslatorAccess | None, given: Mapping[str, Any]) -> None:
        said = {
            **(access.parameters if access else {}),
            **{k: v for k, v in given.items() if v not in _EMPTY},
        }
        self._model, self._style = str(said.get("model", "")), str(said.get("style", ""))
        self._brief, self._fields = str(said.get("brief", "")), _fields(said.get("fields", {}))
        form = said.get("form", "")
        if form and form not in FORMS:
            raise ConfigurationError(f"translator 'chat': form is {form!r}; it can be {', '.join(FORMS)}")
        temperature = said.get("temperature", 0.0)
        self.at_once = whole_number(said.get("strings", 16), whose="translator 'chat': strings")
        try:
            self._temperature = None if temperature == "none" else float(temperature)
        except (TypeError, ValueError):
            raise ConfigurationError("translator 'chat': temperature is a number, or none") from None
        if not 0 <= (self._temperature or 0.0) <= _HOTTEST:
            raise ConfigurationError(f"translator 'chat': temperature is from 0 to {_HOTTEST:g}")
        self._form, self._is_fixed = form or FORMS[0], bool(form)
        self._access = access
        self._lock, self._meter, self._useless = threading.Lock(), Meter(), 0
        self.pause_s = 1.0

    def __repr__(self) -> str:
        return f"ChatTranslator({self._model!r})"

    @property
    def model(self) -> str:
        """The name of the model.

        Raises:
            ConfigurationError: neither the brand nor the connection names one.
        """
        if not self._model:
            raise ConfigurationError(
                f"translator 'chat': no model is named; name it in the brand kit or the connection, or set "
                f"{MODEL_VARIABLE}"
            )
        return self._model

    @property
    def concurrency(self) -> int:
        """Requests that may be under way at once."""
        return self._access.concurrency if self._access else 1

    @property
    def usage(self) -> Usage:
        """What this process asked and was charged for."""
        return self._meter.total

    def parameters(self) -> Mapping[str, Any]:
        return {
            "model": self.model,
            "style": self._style,
            "brief": self._brief,
            "temperature": self._temperature,
            "fields": self._fields,
        }

    def serves(self, source_locale: str, locale: str) -> bool:
        return locale not in {UNDETERMINED, source_locale}

    def estimate(self, requests: Sequence[TranslationRequest]) -> Usage:
        """About what `translate` would take of these; nothing is asked."""
        total = Usage(is_estimate=True)
        for batch in batches_of(requests, self.at_once):
            asked = [requests[index] for index in batch]
            sent = sum(len(message["content"].encode()) for message in self._messages(asked))
            # A translation is about as long as its source, in an entry of JSON of its own.
            written = sum(len(request.text.encode()) + 30 for request in asked)
            total += self._charged(asked, int(sent / _BYTES_A_TOKEN), int(written / _BYTES_A_TOKEN))
        return total

    def translate(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
        answers: list[Translation] = [Translation(problem="not asked")] * len(requests)
        for batch in batches_of(requests, self.at_once):
            for index, answer in zip(batch, self._ask([requests[i] for i in batch]), strict=True):
                answers[index] = answer
        return answers

    def _ask(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
        """Answers to one batch, in halves where one string has none: a model that leaves one out and goes on
        counting has given the others wrong numbers."""
        if self._useless >= _USELESS_IN_A_ROW:
            problem = f"not asked: the last {_USELESS_IN_A_ROW} answers of {self.model!r} were of no use"
            return [Translation(problem=problem)] * len(requests)
        try:
            answers = read_answer(self._say(requests), requests)
        except (_Nothing, EngineError) as error:
            answers = [Translation(problem=str(error))] * len(requests)
        problem = next((answer.problem for answer in answers if not answer.text), "")
        with self._lock:
            self._useless = self._useless + 1 if problem else 0
        if not problem or len(requests) == 1:
            return answers
        log.warning("%d strings are asked for again in two halves: %s", len(requests), problem)
        half = len(requests) // 2
        return [*self._ask(requests[:half]), *self._ask(requests[half:])]

    def _say(self, requests: Sequence[TranslationRequest]) -> str:
        """What the model says to a batch.

        Raises:
            _Nothing: nothing, or not to the end.
            EngineError: the server refuses this request.
        """
        body: dict[str, Any] = {
            **self._fields,
            "model": self.model,
            "messages": self._messages(requests),
            "stream": False,
        }
        if self._temperature is not None:
            body["temperature"] = self._temperature
        with self._service.slot():
            answer = self._post(body)
        told = answer.get("usage")
        tokens = told if isinstance(told, Mapping) else {}
        self._meter.count(
            self._charged(requests, _count(tokens, "prompt_tokens"), _count(tokens, "completion_tokens"))
        )
        return _content(answer)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        while True:
            form = self._form
            content = {**body, **_response_format(form)}
            try:
                response = self._service.request(
                    "POST",
                    "chat/completions",
                    json=content,
                    # Where a server knows it, whoever asks again after a lost answer does not pay again.
                    headers={"Idempotency-Key": canonical_digest(content)},
                )
            except FateUnknown:
                raise
            except (EngineError, EngineUnavailable) as error:
                if "temperature" in body and _TEMPERATURE_REFUSED.match(str(error)):
                    raise ConfigurationError(
                        f"translator 'chat': set the temperature to none for this model: {error}"
                    ) from None
                if form == FORMS[-1] or not _FORM_REFUSED.search(str(error)):
                    raise
                if self._is_fixed:
                    raise ConfigurationError(
                        f"translator 'chat' is to ask by {form!r}, and the server refuses: {error}"
                    ) from None
                self._step_down(form, error)
            else:
                return self._service.json(response)

    def _step_down(self, form: str, why: LocalizerError) -> None:
        weaker = FORMS[FORMS.index(form) + 1]
        with self._lock:
            if self._form != form:
                return  # another thread has
            self._form = weaker
        log.warning(
            "the chat server takes no request by %r; from now on it is asked by %r: %s", form, weaker, why
        )

    def _messages(self, requests: Sequence[TranslationRequest]) -> list[dict[str, str]]:
        return messages_for(requests, brief=self._brief, style=self._style)

    def _charged(self, requests: Sequence[TranslationRequest], tokens_in: int, tokens_out: int) -> Usage:
        """One request; with what it costs where prices are known and tokens are told."""
        access, cost = self._access, {}
        if access is not None and access.price is not None and tokens_in:
            out = access.price if access.price_out is None else access.price_out
            cost = {access.currency: (tokens_in * access.price + tokens_out * out) / 1e6}
        characters = sum(len(request.text) for request in requests)
        return Usage(1, len(requests), characters, tokens_in, tokens_out, cost)

    @cached_property
    def _service(self) -> Transport:
        access = self._access or require_translator(self.name)
        return Transport(
            access, service="the chat server", account_codes=_ACCOUNT_CODES, pause_s=self.pause_s
        )


class _Nothing(ValueError):
    """An answer without text; says why."""


def _fields(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            raise ConfigurationError("translator 'chat': fields is not JSON") from None
    if not isinstance(given, Mapping):
        raise ConfigurationError("translator 'chat': fields must be an object of names and values")
    for field in given:
        if field in _OURS or looks_like_credential(field):
            raise ConfigurationError(f"translator 'chat': {field!r} cannot be set among the fields")
    return dict(given)


def _response_format(form: str) -> dict[str, Any]:
    if form == "text":
        return {}
    if form == "json":
        return {"response_format": {"type": "json_object"}}
    schema = {"name": "translations", "strict": True, "schema": ANSWER_SCHEMA}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _content(answer: Mapping[str, Any]) -> str:
    """The text of the first choice.

    Raises:
        _Nothing: there is none, it was cut, or the model declines.
    """
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise _Nothing("the server's answer holds no message")
    ended = choice.get("finish_reason")
    if ended == "length":
        raise _Nothing("the model's answer was cut at its limit")
    if message.get("refusal") or ended == "content_filter":
        raise _Nothing("the model declines to translate this")
    if not isinstance(message.get("content"), str):
        raise _Nothing("the server's answer holds no text")
    return str(message["content"])


def _count(tokens: Mapping[str, Any], name: str) -> int:
    value = tokens.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
