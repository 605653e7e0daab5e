from __future__ import annotations

import pytest

from localizer.storage import Storage, open_storage
from localizer.translation import DraftMemory, TranslationRequest
from tests.localizer.translation.test_drafts import Capitals

CAPITALS = Capitals()


def ask(text: str, locale: str = "de") -> TranslationRequest:
    return TranslationRequest(text, "en", locale)


@pytest.fixture
def storage(storage_uri: str) -> Storage:
    return open_storage(storage_uri)


def test_line_breaks_and_every_script_come_back_as_they_were(storage: Storage) -> None:
    texts = ["zwei\nZeilen", "ใหม่", "\u2028", "a\r\nb", "👩‍👩‍👧", '"{}"']
    with DraftMemory(storage) as memory:
        memory.keep(CAPITALS, ((ask(text), text) for text in texts))
    with DraftMemory(storage) as memory:
        assert [memory.recall(CAPITALS, ask(text)) for text in texts] == texts


def test_many_small_files_become_one_and_lose_nothing(storage: Storage) -> None:
    with DraftMemory(storage) as memory:
        for number in range(70):
            memory.keep(CAPITALS, [(ask(f"text {number}"), f"Text {number}")])
        memory.keep(CAPITALS, [(ask("other", "ja"), "別")])
    assert len(list(storage.names("copy/drafts/"))) == 71
    for _ in range(2):
        with DraftMemory(storage) as memory:
            kept = [memory.recall(CAPITALS, ask(f"text {number}")) for number in range(70)]
            assert kept == [f"Text {number}" for number in range(70)]
            assert memory.recall(CAPITALS, ask("other", "ja")) == "別"
            assert memory.recall(CAPITALS, ask("text 1", "ja")) is None
        assert len(list(storage.names("copy/drafts/"))) == 2


def test_keeping_the_same_again_writes_nothing(storage: Storage) -> None:
    for _ in range(3):
        with DraftMemory(storage) as memory:
            memory.keep(CAPITALS, [(ask("a"), "A")])
    assert len(list(storage.names("copy/drafts/"))) == 1


def test_a_damaged_line_costs_its_string_only(storage: Storage, caplog: pytest.LogCaptureFixture) -> None:
    with DraftMemory(storage) as memory:
        memory.keep(CAPITALS, [(ask("a"), "A"), (ask("b"), "B")])
    name = next(iter(storage.names("copy/drafts/")))
    first, second = storage.read(name).splitlines()
    storage.write(name, first + b"\n" + second[:20] + b"\n")
    with DraftMemory(storage) as memory:
        kept = [memory.recall(CAPITALS, ask(text)) for text in "ab"]
    assert sorted(kept, key=str) in (["A", None], ["B", None])
    assert "damaged line" in caplog.text
