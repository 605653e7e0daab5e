"""A brand's chat translator by the real command line, against a stand-in server: what breaks a guarantee is
asked for once more and then refused, and nothing is paid for twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localizer.cli import main
from localizer.copydeck import read_deck_rows
from tests.localizer.translation.chat_contract_server import ChatServer, questions

MANIFEST = """\
asset_id,image,source_locale,locale,action,text
a,a.png,en,de,translate_text,Save 50 % with LUMEA
b,b.png,en,de,translate_text,Only with LUMEA
c,c.png,en,de,translate_text,New serum
d,d.png,en,ja,translate_text,New serum
"""
BRAND = """\
name: lumea
do_not_translate: [LUMEA]
glossary:
  de: {serum: Serum}
translation:
  brief: Summer sale
  style: {de: Duzen}
  translators:
    de: [{name: chat, parameters: {model: qwen3-8b, strings: 8}}]
    ja: []
"""
FIRST = {
    "Save 50 % with LUMEA": "Mit LUMEA 40 % sparen",
    "Only with LUMEA": "Nur mit LUMIA",
    "New serum": "Neues Serum",
}
AGAIN = {"Save 50 % with LUMEA": "Mit LUMEA 50 % sparen", "Only with LUMEA": "Nur mit LUMIA"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    def say(asked: list[dict[str, Any]]) -> list[Any]:
        words = [(AGAIN if "wrong" in each else FIRST)[each["text"]] for each in asked]
        return [{"id": each["id"], "text": word} for each, word in zip(asked, words, strict=True)]

    with ChatServer().running() as running:
        assert isinstance(running, ChatServer)
        running.say = say
        monkeypatch.setenv("LOCALIZER_TRANSLATOR_URL", f"{running.url}/v1")
        monkeypatch.setenv("LOCALIZER_TRANSLATOR_KEY", running.key)
        monkeypatch.setenv("LOCALIZER_TRANSLATOR_PRICE", "0.5 1.5 USD")
        yield running


def copy(folder: Path, what: str, *more: str) -> None:
    given = ["--workspace", str(folder / "w"), "--brand", str(folder / "brand.yaml"), "--jobs", "1"]
    assert main(["copy", what, str(folder / "m.csv"), *given, *more]) == 0


def test_drafts_by_a_chat_server(
    server: ChatServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.csv").write_text(MANIFEST, "utf-8")
    (tmp_path / "brand.yaml").write_text(BRAND, "utf-8")
    copy(tmp_path, "status", "--json")
    expected = json.loads(capsys.readouterr().out)
    assert server.paid == 0  # a look costs nothing
    assert expected["cost"]["USD"] > 0

    copy(tmp_path, "translate", "--out", str(tmp_path / "drafts.csv"))
    rows = {(r.source, r.locale): r for r in read_deck_rows(tmp_path / "drafts.csv")}
    assert rows["Save 50 % with LUMEA", "de"].target == "Mit LUMEA 50 % sparen"  # put right when told
    assert rows["New serum", "de"].target == "Neues Serum"
    assert not rows["New serum", "ja"].target  # the brand has nobody for it
    wrong = rows["Only with LUMEA", "de"]  # wrong twice: no draft
    assert (wrong.target, wrong.state) == ("", "missing")
    assert "“Nur mit LUMIA” was proposed" in wrong.note
    assert "'LUMEA' must stay as it is" in wrong.note
    assert not any(row.state == "approved" for row in rows.values())
    first, second = server.bodies
    assert [q.get("glossary") for q in questions(first) if q["text"] == "New serum"] == [{"serum": "Serum"}]
    assert {q["text"] for q in questions(second)} == {"Save 50 % with LUMEA", "Only with LUMEA"}
    assert all(q["wrong"] for q in questions(second))
    told = first["messages"][0]["content"]
    assert "Summer sale" in told
    assert "Duzen" in told
    assert server.key not in "".join(p.read_text("utf-8") for p in tmp_path.rglob("*.*") if p.is_file())

    paid = server.paid
    copy(tmp_path, "translate")
    assert server.paid == paid  # what was answered is remembered, what was wrong too
