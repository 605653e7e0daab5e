"""Answers of chat servers that are no drafts: cut, malformed, about other strings, or simply anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.localizer.remote.contract_server import Answer
from tests.localizer.translation.chat_contract_server import ChatServer, ask, at


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer().running() as running:
        assert isinstance(running, ChatServer)
        yield running


_GOOD = '{"translations": [{"id": 1, "text": "Rabatt"}]}'


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (_GOOD, "Rabatt"),
        (f"```json\n{_GOOD}\n```", "Rabatt"),
        (f"<think>Sale, so {{}} ...</think>\n\n{_GOOD}", "Rabatt"),
        (f"Here you are: {_GOOD}", ""),
        (f"{_GOOD} I hope this helps!", ""),
        (_GOOD[:-1], ""),
        ("", ""),
        ("Rabatt", ""),
        ("null", ""),
        ('{"translations": []}', ""),
        ('{"translations": [{"id": 2, "text": "Rabatt"}]}', ""),
        ('{"translations": [{"id": 1, "text": "Rabatt"}, {"id": 1, "text": "Ausverkauf"}]}', ""),
        ('{"translations": [{"id": 1, "text": 50}]}', ""),
        ('{"translations": [{"id": 1, "text": "Rabatt", "note": "or Ausverkauf"}]}', ""),
        ('{"translations": [{"id": 1, "text": "  "}]}', ""),
        ('{"translations": [{"id": 1, "text": "Ra\\u0000batt"}]}', ""),
        ('{"translations": [{"id": 1, "text": "Rabatt", "text": "Ausverkauf"}]}', ""),
    ],
)
def test_only_what_was_asked_for_is_a_draft(server: ChatServer, content: str, text: str) -> None:
    server.say = lambda _: content
    (answer,) = at(server).translate(ask("Sale"))
    assert answer.text == text
    assert bool(answer.problem) is not bool(text)


@pytest.mark.parametrize(
    ("finish", "message", "problem"),
    [
        ("length", {}, "cut at its limit"),
        ("content_filter", {}, "declines"),
        ("stop", {"content": None, "refusal": "I can't"}, "declines"),
        ("stop", {"content": None}, "no text"),
        ("stop", {"content": [{"type": "text", "text": _GOOD}]}, "no text"),
    ],
)
def test_an_answer_that_is_cut_or_declined_is_no_draft(
    server: ChatServer, finish: str, message: dict[str, Any], problem: str
) -> None:
    server.finish, server.message = finish, message
    (answer,) = at(server).translate(ask("Sale"))
    assert (answer.text, problem in answer.problem) == ("", True)


@pytest.mark.parametrize("how", ["spoils", "leaves out"])
def test_one_string_that_fails_never_costs_the_others_theirs(server: ChatServer, how: str) -> None:
    def say(asked: list[dict[str, Any]]) -> list[Any] | str:
        bad = [each for each in asked if each["text"] == "bad"]
        if bad and how == "spoils":
            return "I will not."
        # A model that leaves one out and goes on counting: the texts after it have the wrong numbers.
        kept = [each["text"] for each in asked if each not in bad]
        return [{"id": number, "text": f"⟦{text}⟧"} for number, text in enumerate(kept, 1)]

    server.say = say
    asked = [f"word {i}" for i in range(7)]
    found = at(server).translate(ask(*asked[:3], "bad", *asked[3:]))
    assert [a.text for a in found] == [*(f"⟦{t}⟧" for t in asked[:3]), "", *(f"⟦{t}⟧" for t in asked[3:])]
    assert found[3].problem


def test_a_model_that_is_of_no_use_is_not_asked_for_ever(server: ChatServer) -> None:
    server.say = lambda _: "garbage"
    found = at(server, strings=4).translate(ask(*(f"word {i}" for i in range(100))))
    assert not any(answer.text for answer in found)
    assert server.paid == 12
    assert "not asked" in found[-1].problem


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "message",
                    "content",
                    "translations",
                    "id",
                    "text",
                    "usage",
                    "prompt_tokens",
                    "error",
                ]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=_ANYTHING, content=_ANYTHING | st.text())
def test_whatever_a_server_answers_nothing_is_made_up(server: ChatServer, body: Any, content: Any) -> None:
    inside = content if isinstance(content, str) else json.dumps(content)
    usual = {"choices": [{"message": {"content": inside}, "finish_reason": "stop"}], "usage": body}
    for answer in (body, {"choices": body}, {"choices": [body]}, {"choices": [{"message": body}]}, usual):
        sent = json.dumps(answer).encode()
        server.faults = [lambda sent=sent: Answer(200, sent)]  # type: ignore[misc]
        (found,) = at(server).translate(ask("Sale"))
        assert bool(found.problem) is not bool(found.text)
        assert not found.text or '\\"id\\": 1' in sent.decode()  # it was what had been asked for, by chance
