"""The `chat` translator against a stand-in server: forms of answer, strictness, retries, money, secrets."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import ConfigurationError, EngineUnavailable, FateUnknown, InputError, LocalizerError
from localizer.storage.local import LocalStorage
from localizer.translation import TranslationRequest
from localizer.translation.access import TranslatorAccess, find_translator, given_translators, use_translators
from localizer.translation.chat import ChatTranslator
from localizer.translation.drafts import draft
from localizer.translation.memory import DraftMemory
from tests.localizer.remote.contract_server import Answer, Cut
from tests.localizer.translation.chat_contract_server import (
    ChatServer,
    access,
    ask,
    at,
    locale_asked,
    overloaded,
    questions,
    texts,
)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer().running() as running:
        assert isinstance(running, ChatServer)
        yield running


def test_many_strings_go_into_one_request_with_all_that_is_known_of_them(server: ChatServer) -> None:
    request = TranslationRequest(
        "Save with LUMEA",
        "en",
        "zh-Hans",
        context=("Only today",),
        glossary={"Save": "省"},
        keep=("LUMEA",),
        most_characters=12,
        shorter_than="LUMEA让您省下更多",
        wrong=("a brand name is gone",),
    )
    translator = at(server, style="Duze", brief="Summer sale", fields={"seed": 7})
    answers = translator.translate([request, TranslationRequest("Only today", "en", "zh-Hans")])
    assert [answer.text for answer in answers] == ["⟦Save with LUMEA⟧", "⟦Only today⟧"]
    (body,) = server.bodies
    first, second = questions(body)
    assert first == {
        "id": first["id"],
        "text": "Save with LUMEA",
        "context": ["Only today"],
        "glossary": {"Save": "省"},
        "keep": ["LUMEA"],
        "most_characters": 12,
        "too_long": "LUMEA让您省下更多",
        "wrong": ["a brand name is gone"],
    }
    assert set(second) == {"id", "text"}
    told = body["messages"][0]["content"]
    assert "Simplified" in told
    assert "Duze" in told
    assert "Summer sale" in told
    assert (body["temperature"], body["seed"], body["stream"]) == (0.0, 7, False)
    assert body["response_format"]["json_schema"]["strict"] is True


def test_a_request_is_of_one_pair_of_locales_and_of_no_more_strings_than_asked(server: ChatServer) -> None:
    mixed = [TranslationRequest(f"word {i}", "en", "de" if i % 2 else "ja") for i in range(10)]
    assert texts(at(server, strings=3), mixed) == [f"⟦word {i}⟧" for i in range(10)]
    assert sorted((locale_asked(b), len(questions(b))) for b in server.bodies) == [
        ("de", 2),
        ("de", 3),
        ("ja", 2),
        ("ja", 3),
    ]


@pytest.mark.parametrize(
    ("takes", "refusal", "paths"),
    [
        ({"json_schema"}, "lmstudio", ["json_schema"]),
        ({"json_object"}, "deepseek", ["json_object"]),
        ({"json_object"}, "llamacpp", ["json_object"]),
        ({"json_object"}, "groq", ["json_object"]),
        (set(), "xai", [None]),
        (set(), "strict", [None]),
    ],
)
def test_a_server_that_refuses_a_form_is_asked_by_the_next_and_says_so(
    server: ChatServer, caplog: pytest.LogCaptureFixture, takes: set[str], refusal: str, paths: list[Any]
) -> None:
    server.takes, server.refusal = takes, refusal
    translator = at(server)
    assert texts(translator, ask("Sale")) == ["⟦Sale⟧"]
    assert [b.get("response_format", {}).get("type") for b in server.bodies] == paths
    assert ("asked by" in caplog.text) is (paths != ["json_schema"])
    before = len(server.requests)
    assert texts(translator, ask("New")) == ["⟦New⟧"]
    assert len(server.requests) == before + 1  # what it learned, it knows


def test_a_form_that_is_fixed_is_not_given_up(server: ChatServer) -> None:
    server.takes = {"json_object"}
    with pytest.raises(ConfigurationError, match="by 'schema'"):
        at(server, form="schema").translate(ask("Sale"))
    assert server.paid == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_asks_for_patience_gets_it(server: ChatServer, status: int) -> None:
    server.faults = [lambda: overloaded(status)] * 2
    assert texts(at(server), ask("Sale")) == ["⟦Sale⟧"]
    server.faults = [lambda: overloaded(status)] * 3
    with pytest.raises(EngineUnavailable, match=str(status)):
        at(server).translate(ask("Sale"))
    server.faults = [lambda: overloaded(status, after="3600")]
    with pytest.raises(EngineUnavailable, match=str(status)):  # an hour is the scheduler's to wait
        at(server).translate(ask("Sale"))


def test_a_lost_answer_is_not_ordered_again_behind_the_callers_back(server: ChatServer) -> None:
    def lost() -> Answer:
        server.paid += 1
        raise Cut

    server.faults = [lost]
    translator = at(server)
    with pytest.raises(FateUnknown):
        translator.translate(ask("Sale"))
    assert server.paid == 1
    assert texts(translator, ask("Sale")) == ["⟦Sale⟧"]
    keys = {r.headers["idempotency-key"] for r in server.to("completions")}
    assert len(keys) == 1  # a server that knows such keys charges once


def test_a_refused_string_is_a_problem_and_a_refused_account_an_error(server: ChatServer) -> None:
    server.faults = [lambda: Answer(400, {"error": {"message": "maximum context length is 8 tokens"}})]
    found = at(server).translate(ask("long", "short"))
    assert [a.text for a in found] == ["⟦long⟧", "⟦short⟧"]  # in halves it fits
    server.faults = [lambda: Answer(400, {"error": {"message": "no such thing as text"}})]
    (answer,) = at(server).translate(ask("Sale"))
    assert "no such thing as text" in answer.problem
    for status in (401, 402, 403):
        server.faults = [lambda status=status: Answer(status, {"error": {"message": "no"}})]  # type: ignore[misc]
        with pytest.raises(ConfigurationError, match=str(status)):
            at(server).translate(ask("Sale"))
    with pytest.raises(ConfigurationError, match="does not exist"):
        at(server, model="gpt-none").translate(ask("Sale"))


def test_a_model_that_takes_no_temperature_is_told_of(server: ChatServer) -> None:
    said = "Unsupported value: 'temperature' does not support 0.0 with this model."
    server.faults = [lambda: Answer(400, {"error": {"message": said, "code": "unsupported_value"}})]
    with pytest.raises(ConfigurationError, match="temperature to none"):
        at(server).translate(ask("Sale"))
    assert texts(at(server, temperature="none"), ask("Sale")) == ["⟦Sale⟧"]
    assert "temperature" not in server.bodies[-1]


def test_tokens_and_money_are_counted_over_threads(server: ChatServer) -> None:
    server.latency_s = 0.02
    translator = at(
        server, strings=2, access={"price": 2.0, "price_out": 8.0, "currency": "USD", "concurrency": 3}
    )
    parts = [ask(f"a {i}", f"b {i}") for i in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(translator.translate, parts))
    assert translator.concurrency == 3
    assert server.most_in_flight <= 3
    usage = translator.usage
    assert (usage.requests, usage.strings) == (6, 12)
    assert usage.cost["USD"] == pytest.approx((usage.tokens_in * 2.0 + usage.tokens_out * 8.0) / 1e6)
    expected = translator.estimate([request for part in parts for request in part])
    assert expected.is_estimate
    assert (expected.requests, expected.strings) == (6, 12)
    assert expected.cost["USD"] == pytest.approx(usage.cost["USD"], rel=0.6)
    assert server.paid == 6


def test_what_decides_drafts_is_told_and_what_does_not_is_not(server: ChatServer) -> None:
    told = at(server, style="Duze", temperature="none", strings="4").parameters()
    assert told == {"model": server.served, "style": "Duze", "brief": "", "temperature": None, "fields": {}}
    assert server.url not in json.dumps(told)
    other = ChatTranslator.at(access(server, parameters={"model": "m", "temperature": "0.5"}), temperature=1)
    assert (other.parameters()["model"], other.parameters()["temperature"]) == ("m", 1.0)
    assert not other.serves("en", "und")
    assert not other.serves("en", "en")
    assert other.serves("zh-Hans", "zh-Hant")
    assert other.serves("und", "de")


@pytest.mark.parametrize(
    "parameters",
    [
        {"form": "xml"},
        {"temperature": "warm"},
        {"temperature": 9},
        {"strings": 0},
        {"fields": {"api_key": "x"}},
        {"fields": {"model": "x"}},
        {"fields": ["seed"]},
        {"fields": "{"},
        {"fields": '{"token": "x"}'},
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="'chat'"):
        ChatTranslator(**parameters)


def test_the_command_line_gives_access_by_the_environment(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given_translators() == ()
    with pytest.raises(ConfigurationError, match="LOCALIZER_TRANSLATOR_URL"):
        ChatTranslator("qwen3-8b").translate(ask("Sale"))
    with pytest.raises(ConfigurationError, match="no model is named"):
        ChatTranslator().parameters()
    monkeypatch.setenv("LOCALIZER_TRANSLATOR_URL", f"{server.url}/v1/")
    monkeypatch.setenv("LOCALIZER_TRANSLATOR_KEY", server.key)
    monkeypatch.setenv("LOCALIZER_TRANSLATOR_MODEL", server.served)
    monkeypatch.setenv("LOCALIZER_TRANSLATOR_PRICE", "0.5 1.5 USD")
    assert given_translators() == ("chat",)
    translator = ChatTranslator()
    assert texts(translator, ask("Sale")) == ["⟦Sale⟧"]
    assert translator.usage.cost["USD"] > 0
    with use_translators({"chat": TranslatorAccess("https://lent.example/v1", key="k")}):
        lent = find_translator("chat")
        assert lent is not None
        assert lent.url == "https://lent.example/v1"  # a connection wins
    for wrong in ("cheap", "-1 USD", "1 2 3 USD", "nan USD"):
        monkeypatch.setenv("LOCALIZER_TRANSLATOR_PRICE", wrong)
        with pytest.raises(InputError, match="LOCALIZER_TRANSLATOR_PRICE"):
            find_translator("chat")


def test_nothing_tells_the_key(server: ChatServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    said: list[str] = []

    def echoes() -> Answer:
        return Answer(400, f"bad request:\nAuthorization: Bearer {server.key}".encode())

    def fails() -> Answer:
        return Answer(500, {"message": f"no provider takes {server.key}"})

    def dies() -> Answer:
        raise Cut

    for faults in ([], [echoes], [fails] * 3, [dies]):
        server.faults = list(faults)
        translator = at(server)
        try:
            said += [repr(answer) for answer in translator.translate(ask("Sale"))]
        except LocalizerError as error:
            said.append("".join(traceback.format_exception(error)))
        said.append(repr(translator) + repr(access(server)) + json.dumps(dict(translator.parameters())))
    assert sum("Error" in text or "FateUnknown" in text or "Unavailable" in text for text in said) >= 2
    assert server.key not in "\n".join([*said, caplog.text])


def test_what_was_answered_before_a_failure_is_not_paid_for_again(server: ChatServer, tmp_path: Path) -> None:
    asked = ask(*(f"word {i}" for i in range(12)))
    options = {"strings": 2, "access": {"concurrency": 1}}

    with DraftMemory(LocalStorage(tmp_path)) as memory:
        server.quits_after = 2
        with pytest.raises(EngineUnavailable):
            list(draft(asked, [at(server, **options)], memory))
    assert server.paid == 2
    server.quits_after = None
    with DraftMemory(LocalStorage(tmp_path)) as memory:
        drafts = list(draft(asked, [at(server, **options)], memory))
    assert [d.text for d in drafts] == [f"⟦word {i}⟧" for i in range(12)]
    assert server.paid == 6  # six requests, none of them twice
    assert all(d.origin == f"chat {ChatTranslator.version}" for d in drafts)
