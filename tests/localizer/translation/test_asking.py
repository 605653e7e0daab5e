from __future__ import annotations

import json

import pytest

from localizer.translation import Translation, TranslationRequest
from localizer.translation.asking import language_name, messages_for, read_answer

ASKED = [
    TranslationRequest("New", "en", "zh-Hant"),
    TranslationRequest(
        "20 % off",
        "en",
        "zh-Hant",
        context=("New",),
        glossary={"off": "折"},
        keep=("20 %",),
        most_characters=12,
        shorter_than="打八折優惠",
        wrong=("it is too long",),
    ),
]


def answer(*entries: object) -> str:
    return json.dumps({"translations": list(entries)}, ensure_ascii=False)


GOOD = answer({"id": 1, "text": "全新"}, {"id": 2, "text": "20 % 折"})


def test_everything_that_decides_is_in_the_question() -> None:
    system, user = messages_for(ASKED, brief="a summer sale", style="formal")
    assert "from English [en] into Chinese (Traditional) [zh-Hant]" in system["content"]
    assert "Traditional Chinese characters only" in system["content"]
    assert "About the campaign: a summer sale" in system["content"]
    assert "Style: formal" in system["content"]
    assert json.loads(user["content"])["strings"] == [
        {"id": 1, "text": "New"},
        {
            "id": 2,
            "text": "20 % off",
            "keep": ["20 %"],
            "glossary": {"off": "折"},
            "most_characters": 12,
            "too_long": "打八折優惠",
            "wrong": ["it is too long"],
            "context": ["New"],
        },
    ]


def test_a_language_that_nobody_names_is_left_out() -> None:
    system, _ = messages_for([TranslationRequest("New", "und", "de")])
    assert "advertising images into German [de]" in system["content"]
    assert language_name("qaa") == "[qaa]"


@pytest.mark.parametrize(
    "content",
    [GOOD, f"```json\n{GOOD}\n```", f"```\n{GOOD}\n```", f"<think>\nhm, {{}}\n</think>\n\n{GOOD}\n"],
)
def test_an_answer_as_it_was_asked_for(content: str) -> None:
    assert read_answer(content, ASKED) == [Translation("全新"), Translation("20 % 折")]


def test_the_order_of_the_entries_does_not_matter() -> None:
    content = answer({"id": 2, "text": "b"}, {"id": 1, "text": "a\r\n b "})
    assert [each.text for each in read_answer(content, ASKED)] == ["a\nb", "b"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "全新",
        f"Here you are: {GOOD}",
        f"{GOOD} I hope this helps",
        f"[{GOOD}]",
        '{"translations": {}}',
        '{"translations": ["a", "b"]}',
        '{"translations": [{"id": 1, "text": "a", "note": "b"}]}',
        '{"translations": [], "translations": []}',
        answer({"id": "1", "text": "a"}),
        answer({"id": True, "text": "a"}),
        answer({"id": 1.0, "text": "a"}),
        answer({"id": 3, "text": "a"}),
        answer({"id": 0, "text": "a"}),
        "[" * 100_000,
        "1" * 10_000,
    ],
)
def test_anything_else_is_no_translation_of_any_string(content: str) -> None:
    for got in read_answer(content, ASKED):
        assert not got.text
        assert got.problem.startswith("the model's answer cannot be used: ")


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ([{"id": 1, "text": "a"}], "left it out"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": "b"}, {"id": 2, "text": "c"}], "answered 2 times"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": None}], "no text"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": " \n "}], "is empty"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": "b\u0000"}], "characters that are no text"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": "\ud800"}], "characters that are no text"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": "no " * 200}], "far too long"),
        ([{"id": 1, "text": "a"}, {"id": 2, "text": "sale " * 9}], "over and over"),
    ],
)
def test_one_bad_entry_costs_the_others_nothing(entries: list[object], problem: str) -> None:
    good, bad = read_answer(json.dumps({"translations": entries}), ASKED)
    assert good == Translation("a")
    assert not bad.text
    assert problem in bad.problem
