"""The copy of a run, by the DAG itself: from the deck, from people, from a translator, or from nobody."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests.dags.test_localize_campaign import Start, campaign, start
from tests.localizer.translation.chat_contract_server import ChatServer

__all__ = ["campaign", "start"]  # fixtures


def translate(campaign: Path, deck: str) -> None:
    """Both posters are to be translated, with that copy deck."""
    rows = "a,a.png,en,de,translate_text,SALE\nb,b.png,en,de,translate_text,NEW\n"
    (campaign / "small.csv").write_text(f"asset_id,image,source_locale,locale,action,text\n{rows}")
    (campaign / "copy_deck.csv").write_text(f"source,source_locale,locale,target,state\n{deck}")


def fill(deck: Path, target: Path, **copy: str) -> None:
    """What a translator does with the deck: a target for each string, approved."""
    with deck.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {"target": copy[row["source"]], "state": "approved"})


def test_copy_that_is_missing_waits_in_a_deck_and_filling_it_in_does_only_those(
    start: Start, campaign: Path
) -> None:
    translate(campaign, "SALE,en,de,RABATT,approved\n")
    first = start()
    assert first.status() == {"a · de": "passed", "b · de": "needs_review"}
    [waiting] = [r for r in first.results if r["asset_id"] == "b"]
    assert (waiting["image"], waiting["attempts"]) == (None, 0)
    assert "NEW" in waiting["reason"]
    deck = (first.folder / "copy" / "to_fill.csv").read_text("utf-8-sig")
    assert "NEW" in deck
    assert "SALE" not in deck
    assert 'href="copy/to_fill.csv"' in (first.folder / "report.html").read_text("utf-8")

    fill(first.folder / "copy" / "to_fill.csv", campaign / "filled.csv", NEW="NEU")
    second = start(copy_deck=f"{campaign / 'copy_deck.csv'},{campaign / 'filled.csv'}")
    assert second.status() == {"a · de": "passed", "b · de": "passed"}
    assert {r["asset_id"]: r["cached"] for r in second.results} == {"a": True, "b": False}
    assert 'href="copy/to_fill.csv"' not in (second.folder / "report.html").read_text("utf-8")


def test_drafts_make_images_that_need_review_until_a_person_approves_them(
    start: Start, campaign: Path
) -> None:
    from localizer.copy.approving import approve_drafts
    from localizer.copy.run_copy import each_unit
    from localizer.workspace import Workspace

    translate(campaign, "SALE,en,de,RABATT,draft\nNEW,en,de,NEU,draft\n")
    # Where nobody is asked about images, nobody is asked about their copy: this would wait for ever.
    first = start(approval="never")
    assert first.tasks["approve_copy", -1] == "success"
    assert first.status() == {"a · de": "needs_review", "b · de": "needs_review"}
    assert all(r["image"] and r["edits"][0]["draft"] for r in first.results)
    assert not (campaign / "published").exists()

    workspace = Workspace.open(str(campaign / "workspace"))
    approve_drafts(workspace.run(first.name), workspace, by="mei", at="2026-06-18T08:00:00+00:00")
    second = start(copy_approval="drafts")  # there are none any more
    assert second.status() == {"a · de": "passed", "b · de": "passed"}
    units = each_unit(workspace.run(second.name))
    assert {(unit.target, str(unit.state), unit.approved_by) for unit in units} == {
        ("RABATT", "approved", "mei"),
        ("NEU", "approved", "mei"),
    }
    assert (campaign / "published").exists()


def test_a_dry_run_asks_nobody_and_says_what_is_missing(start: Start, campaign: Path) -> None:
    translate(campaign, "SALE,en,de,RABATT,draft\n")
    outcome = start(dry_run=True, copy_approval="always")
    assert outcome.tasks["approve_copy", -1] == "success"
    page = (outcome.folder / "plan.html").read_text("utf-8")
    assert "1 draft, 1 missing" in page
    assert "RABATT" in page


def test_from_images_alone_their_text_is_found_handed_out_and_set(start: Start, campaign: Path) -> None:
    rows = "a,a.png,en,de,translate_text,*\nb,b.png,en,de,translate_text,*\n"
    (campaign / "small.csv").write_text(f"asset_id,image,source_locale,locale,action,text\n{rows}")
    first = start()
    assert (first.state, first.tasks["publish", -1]) == ("success", "success")  # with nothing to publish
    assert first.status() == {"a · de": "needs_review", "b · de": "needs_review"}
    assert not list((campaign / "workspace" / "jobs").glob("*/candidate.png"))
    fill(first.folder / "copy" / "to_fill.csv", campaign / "copy_deck.csv", SALE="RABATT", NEW="NEU")
    second = start()
    assert second.status() == {"a · de": "passed", "b · de": "passed"}
    assert {e["replacement"] for r in second.results for e in r["edits"]} == {"RABATT", "NEU"}


def test_a_connected_translator_drafts_once_and_a_dry_run_pays_for_nothing(
    start: Start, campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"SALE": "RABATT", "NEW": "NEU"}

    def say(asked: list[dict[str, Any]]) -> list[Any]:
        return [{"id": each["id"], "text": words[each["text"]]} for each in asked]

    translate(campaign, "")
    with ChatServer().running() as server:
        assert isinstance(server, ChatServer)
        server.say = say
        extra = {"model": server.served, "price": 0.5, "currency": "USD"}
        connection = {"conn_type": "localizer_chat", "host": f"{server.url}/v1", "password": server.key}
        monkeypatch.setenv("AIRFLOW_CONN_DRAFTS", json.dumps({**connection, "extra": extra}))
        dry = start(dry_run=True, translator_conn_id="drafts")
        assert server.paid == 0
        assert "would be asked for" in (dry.folder / "plan.html").read_text("utf-8")
        first = start(translator_conn_id="drafts")
        paid = server.paid
        assert paid > 0
        again = start(translator_conn_id="drafts")
        assert server.paid == paid
        for outcome in (first, again):
            assert outcome.status() == {"a · de": "needs_review", "b · de": "needs_review"}
            assert all("chat" in result["edits"][0]["draft"] for result in outcome.results)
        assert not (campaign / "published").exists()
        for path in (campaign / "workspace").rglob("*"):
            assert path.is_dir() or server.key.encode() not in path.read_bytes(), path


def test_a_connection_that_is_no_translators_is_told_with_the_other_faults(
    start: Start, campaign: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DRAFTS", json.dumps({"conn_type": "localizer_dify"}))
    outcome = start(translator_conn_id="drafts", locales=["ja"])
    assert outcome.tasks["prepare_copy", -1] == "failed"
    assert outcome.tries["prepare_copy", -1] == 1
    said = capfd.readouterr().out
    assert "Translator connection (translator_conn_id)" in said
    assert "ja: the manifest has no such row" in said
    assert not (campaign / "workspace").exists()
