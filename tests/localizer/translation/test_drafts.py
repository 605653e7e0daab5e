from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from localizer.errors import ConfigurationError, TransientError
from localizer.storage import Storage, open_storage
from localizer.translation import (
    Draft,
    DraftMemory,
    Translation,
    TranslationRequest,
    draft,
    get_translator,
    register,
    translator_names,
)


class Capitals:
    """A stand-in for a translator: capitals, and none for strings that begin with ``?``."""

    def __init__(self, name: str = "capitals", locales: tuple[str, ...] = ("de",), at_once: int = 2) -> None:
        self.name, self.version, self.locales, self.at_once = name, "1", locales, at_once
        self.asked: list[list[str]] = []
        self.fails_at: str = ""

    def parameters(self) -> Mapping[str, Any]:
        return {"beams": 4}

    def serves(self, source_locale: str, locale: str) -> bool:
        return locale in self.locales

    def translate(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
        if self.fails_at in [request.text for request in requests]:
            raise TransientError("the service does not answer")
        self.asked.append([request.text for request in requests])
        return [
            Translation(problem="not a text") if r.text[0] == "?" else Translation(r.text.upper())
            for r in requests
        ]


def strings(*texts: str, locale: str = "de") -> list[TranslationRequest]:
    return [TranslationRequest(text, "en", locale) for text in texts]


@pytest.fixture
def storage(storage_uri: str) -> Storage:
    return open_storage(storage_uri)


@pytest.fixture
def memory(storage: Storage) -> Iterator[DraftMemory]:
    with DraftMemory(storage) as memory:
        yield memory


def test_drafts_come_in_order_and_in_batches(memory: DraftMemory) -> None:
    capitals = Capitals()
    texts = ["a", "b", "c", "d", "e"]
    got = list(draft(strings(*texts), [capitals], memory))
    assert got == [Draft(text.upper(), "capitals 1") for text in texts]
    assert capitals.asked == [["a", "b"], ["c", "d"], ["e"]]


def test_the_same_question_is_asked_once_within_and_across_runs(storage: Storage) -> None:
    capitals = Capitals(at_once=8)
    with DraftMemory(storage) as first:
        got = list(draft(strings("a", "b", "a"), [capitals], first))
        assert [each.text for each in got] == ["A", "B", "A"]
        assert capitals.asked == [["a", "b"]]
        assert next(draft(strings("b"), [capitals], first)).remembered
    with DraftMemory(storage) as later:
        got = list(draft(strings("c", "b"), [capitals], later))
    assert capitals.asked == [["a", "b"], ["c"]]
    assert got == [Draft("C", "capitals 1"), Draft("B", "capitals 1", remembered=True)]


@pytest.mark.parametrize(
    "change",
    [
        {"source_locale": "fr"},
        {"context": ("SALE",)},
        {"glossary": {"a": "b"}},
        {"keep": ("a",)},
        {"most_characters": 9},
        {"shorter_than": "A"},
        {"wrong": ("too plain",)},
    ],
)
def test_whatever_decides_a_draft_makes_another_question(memory: DraftMemory, change: dict[str, Any]) -> None:
    capitals = Capitals()
    request = strings("a")[0]
    other = replace(request, **change)
    list(draft([request], [capitals], memory))
    assert not next(draft([other], [capitals], memory)).remembered
    assert capitals.asked == [["a"], ["a"]]


def test_another_version_or_parameter_drafts_anew(memory: DraftMemory) -> None:
    list(draft(strings("a"), [Capitals()], memory))
    newer = Capitals()
    newer.version = "2"
    assert list(draft(strings("a"), [newer], memory)) == [Draft("A", "capitals 2")]


def test_what_a_translator_ignores_makes_no_other_question(memory: DraftMemory) -> None:
    capitals = Capitals()
    capitals.ignores = ("context", "most_characters")  # type: ignore[attr-defined]
    request = strings("a")[0]
    list(draft([request], [capitals], memory))
    seen = next(draft([replace(request, context=("SALE",), most_characters=9)], [capitals], memory))
    assert seen.remembered
    assert not next(draft([replace(request, keep=("a",))], [capitals], memory)).remembered


def test_the_next_translator_gets_what_the_first_has_none_for(memory: DraftMemory) -> None:
    first, second = Capitals("first", ("de",)), Capitals("second", ("de", "ja"))
    second.translate = lambda rs: [Translation(f"<{r.text}>") for r in rs]  # type: ignore[method-assign]
    asked = [*strings("a", "?b"), *strings("c", locale="ja"), *strings("d", locale="ko")]
    got = list(draft(asked, [first, second], memory))
    assert [(each.text, each.origin) for each in got] == [
        ("A", "first 1"),
        ("<?b>", "second 1"),
        ("<c>", "second 1"),
        ("", ""),
    ]
    assert got[3].problem == "no translator serves en → ko"


def test_without_a_draft_every_translator_says_why(memory: DraftMemory) -> None:
    silent = Capitals("silent")
    silent.translate = lambda rs: [Translation("  ") for _ in rs]  # type: ignore[method-assign]
    got = list(draft(strings("?b"), [Capitals(), silent], memory))
    assert got == [Draft(problem="capitals: not a text; silent: no translation")]
    assert list(draft(strings("x"), [], memory)) == [Draft(problem="no translator serves en → de")]


def test_a_string_without_a_draft_is_asked_again_by_the_next_run(memory: DraftMemory) -> None:
    capitals = Capitals()
    for _ in range(2):
        list(draft(strings("?b"), [capitals], memory))
    assert capitals.asked == [["?b"], ["?b"]]


def test_after_an_error_a_retry_pays_for_nothing_again(storage: Storage) -> None:
    capitals = Capitals()
    capitals.fails_at = "c"
    got = []
    with DraftMemory(storage) as memory, pytest.raises(TransientError):
        got.extend(draft(strings("a", "b", "c", "d"), [capitals], memory))
    capitals.fails_at = ""
    with DraftMemory(storage) as memory:
        got = list(draft(strings("a", "b", "c", "d"), [capitals], memory))
    assert [each.remembered for each in got] == [True, True, False, False]
    assert capitals.asked == [["a", "b"], ["c", "d"]]


def test_batches_under_way_beside_one_that_fails_are_kept(storage: Storage) -> None:
    both = threading.Barrier(2, timeout=20)

    class Service(Capitals):
        concurrency = 2

        def translate(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
            both.wait()
            return super().translate(requests)

    service = Service(at_once=1)
    service.fails_at = "a"
    with DraftMemory(storage) as memory, pytest.raises(TransientError):
        list(draft(strings("a", "b"), [service], memory))
    with DraftMemory(storage) as memory:
        assert memory.recall(service, strings("b")[0]) == "B"
        assert memory.recall(service, strings("a")[0]) is None


def test_a_down_service_is_not_replaced_by_another(memory: DraftMemory) -> None:
    down, other = Capitals("down"), Capitals("other")
    down.fails_at = "a"
    with pytest.raises(TransientError):
        list(draft(strings("a"), [down, other], memory))
    assert not other.asked


def test_requests_are_taken_as_they_are_needed(memory: DraftMemory) -> None:
    taken: list[str] = []

    def stream() -> Iterator[TranslationRequest]:
        for number in range(1000):
            taken.append(str(number))
            yield strings(f"text {number}")[0]

    drafts = draft(stream(), [Capitals(at_once=4)], memory)
    assert next(drafts).text == "TEXT 0"
    assert len(taken) == 4


def test_an_answer_too_few_is_never_guessed_about(memory: DraftMemory) -> None:
    capitals = Capitals()
    capitals.translate = lambda rs: [Translation("A")]  # type: ignore[method-assign]
    with pytest.raises(ConfigurationError, match="1 answers to 2 strings"):
        list(draft(strings("a", "b"), [capitals], memory))


def test_a_registered_translator_is_found_by_name_and_others_by_path() -> None:
    register("capitals", Capitals)
    assert "capitals" in translator_names()
    assert get_translator("capitals", at_once=3).at_once == 3  # type: ignore[attr-defined]
    with pytest.raises(ConfigurationError, match="did you mean 'locales'"):
        get_translator("capitals", locale="de")
    with pytest.raises(ConfigurationError, match="no translator 'capitols'"):
        get_translator("capitols")
    with pytest.raises(ConfigurationError, match="gave no translator: it lacks name"):
        get_translator("fractions:Fraction")
    with pytest.raises(ConfigurationError, match="is not a factory"):
        get_translator("collections:OrderedDict")
    with pytest.raises(ConfigurationError, match="there is no module 'no_such'"):
        get_translator("no_such.module:Translator")
