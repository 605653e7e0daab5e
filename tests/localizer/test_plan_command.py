"""``python -m localizer plan``: the same numbers for people and programs, and nothing is edited."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localizer.cli import main


def plan(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> str:
    assert main(["plan", str(folder / "small.csv"), "--workspace", str(folder / "w"), *more]) == 0
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(plan(capsys, folder, "--json", *more))
    return told


def test_it_shows_what_a_run_would_do_and_edits_nothing(
    small_campaign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = plan(capsys, small_campaign, "--html", str(small_campaign / "out" / "plan.html"))
    assert "2 images: 2 to edit, 0 done before, 0 without approved copy; 1 wrong in the manifest" in out
    assert "no earlier run of this engine" in out
    assert "row 4, image:" in out
    assert out.rstrip().endswith("dry run: nothing was edited")
    assert "A dry run" in (small_campaign / "out" / "plan.html").read_text("utf-8")
    assert not (small_campaign / "w" / "jobs").exists()
    assert not (small_campaign / "w" / "runs").exists()


def test_after_a_run_it_knows_the_pace_and_what_is_done(
    small_campaign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = small_campaign / "small.csv"
    workspace = str(small_campaign / "w")
    more = "".join(f"a{n},a.png,en,de,replace_text,SALE,RABATT{n}\n" for n in range(2))
    manifest.write_text(manifest.read_text() + more)
    assert main(["run", str(manifest), "--workspace", workspace, "--jobs", "1"]) == 0
    capsys.readouterr()
    manifest.write_text(manifest.read_text() + "d,b.png,en,de,replace_text,NEW,FRISCH\n")
    told = as_json(capsys, small_campaign, "--jobs", "1")
    assert told["total"] == {"to_edit": 1, "known": 4, "no_copy": 0, "repeated": 0}
    assert told["measured"]["images"] == 4
    assert told["elapsed_s"] == told["measured"]["seconds"] > 0
    assert told["cost"] == {}


def test_the_price_of_a_service_comes_from_the_environment(
    small_campaign: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = ("--engine", "openai", "--engine-url", "http://127.0.0.1:9/v1")
    assert as_json(capsys, small_campaign, *service)["cost"] is None
    monkeypatch.setenv("LOCALIZER_ENGINE_PRICE", "0.25 CNY")
    assert as_json(capsys, small_campaign, *service)["cost"] == {"CNY": 0.5}
    monkeypatch.setenv("LOCALIZER_ENGINE_PRICE", "cheap")
    assert main(["plan", str(small_campaign / "small.csv"), "--workspace", "w", *service]) == 2
    assert "LOCALIZER_ENGINE_PRICE is 'cheap'" in capsys.readouterr().err
