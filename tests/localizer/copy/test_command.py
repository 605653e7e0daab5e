"""The commands ``copy`` and ``run`` on manifests that say "all text", with real reading and editing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from localizer.cli import main
from localizer.copydeck import read_deck_rows
from localizer.model import Status
from tests.localizer.copy.campaigns import StandIn

ALL = "asset_id,image,source_locale,locale,action,text\na,a.png,en,de,translate_text,*\n"
ALL += "b,b.png,en,de,translate_text,*\n"
TRANSLATOR = f"{__name__}:Dictionary"


class Dictionary(StandIn):
    """Stands in for a translator that is named by its import path."""

    def __init__(self) -> None:
        super().__init__({"SALE": "RABATT", "NEW": "NEU"}, locales=("de",))


@pytest.fixture
def folder(small_campaign: Path) -> Path:
    (small_campaign / "all.csv").write_text(ALL)
    return small_campaign


def copy(folder: Path, what: str, *more: str, code: int = 0) -> None:
    command = ["copy", what, str(folder / "all.csv"), "--workspace", str(folder / "w"), "--jobs", "1", *more]
    assert main(command) == code


def run(folder: Path, *more: str) -> dict[str, Any]:
    """The results of a run by asset."""
    command = ["run", str(folder / "all.csv"), "--workspace", str(folder / "w"), "--jobs", "1"]
    assert main([*command, "--results", str(folder / "r.jsonl"), *more]) == 0
    results = map(json.loads, (folder / "r.jsonl").read_text("utf-8").splitlines())
    return {result["asset_id"]: result for result in results}


def told(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    capsys.readouterr()
    copy(folder, "status", "--json", *more)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_from_images_alone_to_localized_ones(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy(folder, "extract", "--out", str(folder / "deck.csv"))
    assert "0 approved, 0 drafts, 2 missing" in capsys.readouterr().out
    rows = list(read_deck_rows(folder / "deck.csv"))
    assert [(row.source, row.locale, row.target, row.assets) for row in rows] == [
        ("SALE", "de", "", ("a.png",)),
        ("NEW", "de", "", ("b.png",)),
    ]
    waiting = run(folder, "--run-id", "r1")
    assert {r["status"] for r in waiting.values()} == {Status.NEEDS_REVIEW}
    assert "“SALE”" in waiting["a"]["reason"]
    assert not (folder / "w" / "jobs").exists()
    out = capsys.readouterr().out
    to_fill = folder / "w" / "runs" / "r1" / "copy" / "to_fill.csv"
    assert str(to_fill) in out

    text = to_fill.read_text("utf-8-sig").replace("SALE,de,", "SALE,de,RABATT")
    (folder / "filled.csv").write_text(text, "utf-8")
    done = run(folder, "--run-id", "r2", "--copy-deck", str(folder / "filled.csv"))
    assert (done["a"]["status"], done["b"]["status"]) == (Status.PASSED, Status.NEEDS_REVIEW)
    assert done["a"]["edits"][0]["replacement"] == "RABATT"

    (folder / "filled.csv").write_text(text.replace("NEW,de,", "NEW,de,NEU"), "utf-8")
    last = run(folder, "--run-id", "r3", "--copy-deck", str(folder / "filled.csv"))
    assert {r["status"] for r in last.values()} == {Status.PASSED}
    assert (last["a"]["cached"], last["b"]["cached"]) == (True, False)


def test_a_translator_s_deck_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deck = folder / "deck.csv"
    deck.write_text("a translator's work")
    copy(folder, "extract", "--out", str(deck), code=2)
    assert "may hold a translator's work" in capsys.readouterr().err
    assert deck.read_text() == "a translator's work"
    copy(folder, "extract", "--out", str(deck), "--replace")
    assert "SALE" in deck.read_text("utf-8-sig")


def test_drafts_are_made_into_images_that_need_review_until_somebody_approves_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(folder, capsys)["missing"] == 2
    copy(folder, "translate", "--translator", TRANSLATOR)
    assert "2 drafts by stand-in 1" in capsys.readouterr().out
    (folder / "brand.yaml").write_text("name: b\n")

    deck = folder / "drafts.csv"
    copy(folder, "translate", "--translator", TRANSLATOR, "--out", str(deck))
    assert [(row.source, row.target, row.state) for row in read_deck_rows(deck)] == [
        ("SALE", "RABATT", "draft"),
        ("NEW", "NEU", "draft"),
    ]
    made = run(folder, "--run-id", "r1", "--copy-deck", str(deck))
    assert {r["status"] for r in made.values()} == {Status.NEEDS_REVIEW}
    assert "nobody has approved" in made["a"]["reason"]
    assert (made["a"]["edits"][0]["draft"], made["a"]["attempts"]) == ("deck, not approved", 1)

    found = told(folder, capsys, "--copy-deck", str(deck))
    refused = next(unit["id"] for unit in found["strings"] if unit["source"] == "NEW")
    command = ["copy", "approve", "--workspace", str(folder / "w"), "r1", "--requested-by", "mia"]
    assert main([*command, "--refuse", refused, "--comment", "too short"]) == 0
    assert "1 drafts approved, 1 refused, by mia" in capsys.readouterr().out
    now = run(folder, "--run-id", "r1", "--copy-deck", str(deck))
    assert now["a"]["status"] == Status.PASSED
    assert "“NEW”" in now["b"]["reason"]
    (left,) = told(folder, capsys, "--copy-deck", str(deck))["strings"]
    assert (left["target"], left["findings"]) == ("NEU", ["mia refused it: too short"])


def test_texts_are_read_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(folder, capsys)["read"] == 2
    again = told(folder, capsys)
    assert (again["images"], again["read"]) == (2, 0)
    Image.open(folder / "a.png").rotate(180).save(folder / "b.png")
    assert told(folder, capsys)["read"] == 1


def test_worker_processes_find_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = told(folder, capsys)
    assert (
        main(["copy", "status", str(folder / "all.csv"), "--workspace", str(folder / "w2"), "--jobs", "2"])
        == 0
    )
    assert "2 read now" in capsys.readouterr().out
    two = told(folder, capsys, "--workspace", str(folder / "w2"))
    assert (two["read"], two["strings"]) == (0, one["strings"])


def test_an_image_that_cannot_be_read_costs_no_other(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from localizer import extraction

    real = extraction.extract_all

    def broken(rgb: Any, **more: Any) -> Any:
        found = real(rgb, **more)
        if found.blocks[0].text == "SALE":
            raise ZeroDivisionError
        return found

    monkeypatch.setattr(extraction, "extract_all", broken)
    done = run(folder, "--copy-deck", str(_deck(folder)))
    assert done["b"]["status"] == Status.PASSED
    assert done["a"]["status"] == Status.NEEDS_REVIEW
    assert "could not be read: internal error: ZeroDivisionError" in done["a"]["reason"]
    monkeypatch.undo()
    assert run(folder, "--copy-deck", str(_deck(folder)))["a"]["status"] == Status.PASSED


def _deck(folder: Path) -> Path:
    deck = folder / "deck.csv"
    deck.write_text("source,locale,target\nSALE,de,RABATT\nNEW,de,NEU\n")
    return deck


def test_decks_are_converted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deck = _deck(folder)
    for name in ("deck.tsv", "deck.json", "deck.yaml"):
        assert main(["copy", "convert", str(deck), str(folder / name)]) == 0
        assert [(r.source, r.locale, r.target) for r in read_deck_rows(folder / name)] == [
            ("SALE", "de", "RABATT"),
            ("NEW", "de", "NEU"),
        ]
    assert main(["copy", "convert", str(deck), str(folder / "deck.json")]) == 2
    assert main(["copy", "convert", str(deck), str(folder / "deck.docx")]) == 2
    assert ".docx" in capsys.readouterr().err


def test_a_file_of_somebody_else_s_is_filled_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    deck, theirs = _deck(folder), folder / "theirs.csv"
    whole = "id,source,locale,target,who\r\n7,SALE,de,,kim\r\n8,NEW,de,NEUES,lee\r\n9,OLD,de,,kim\r\n"
    theirs.write_text(whole, newline="")
    assert main(["copy", "fill", str(deck), str(theirs), "--out", str(folder / "done.csv")]) == 0
    assert "1 targets written" in capsys.readouterr().out
    assert (folder / "done.csv").read_bytes().decode("utf-8-sig") == whole.replace(
        "de,,kim", "de,RABATT,kim", 1
    )
    assert theirs.read_bytes().decode() == whole
    assert main(["copy", "fill", str(deck), str(theirs), "--out", str(folder / "done.csv")]) == 2
    assert main(["copy", "fill", str(deck), str(folder / "deck.tmx")]) == 2


def test_a_plan_shows_what_would_be_translated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["plan", str(folder / "all.csv"), "--workspace", str(folder / "w"), "--json"]
    assert main(command) == 0
    estimate = json.loads(capsys.readouterr().out)
    assert estimate["copy"]["counts"] == {"de": {"missing": 2}}
    assert estimate["total"]["no_copy"] == 2
    assert not (folder / "w" / "runs").exists()
    assert main(command[:-1]) == 0
    assert "Copy:    0 approved, 0 drafts, 2 missing; 2 images all of whose text" in capsys.readouterr().out


def test_an_interrupted_reading_goes_on_where_it_was(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from localizer import extraction

    real, calls = extraction.extract_all, 0

    def cut_off(rgb: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return real(rgb, **more)

    monkeypatch.setattr(extraction, "extract_all", cut_off)
    copy(folder, "extract", "--out", str(folder / "deck.csv"), code=130)
    assert not (folder / "deck.csv").exists()
    copy(folder, "extract", "--out", str(folder / "deck.csv"))
    assert "1 read now, 1 read before" in capsys.readouterr().out
