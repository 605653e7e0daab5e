"""Every command in the README on copy is run, in its order, with a person's part between two of them."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from localizer.cli import main
from localizer.copydeck import load_copy_deck, read_deck_rows, write_deck

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "localizer" / "copy" / "README.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```bash\n(.*?)```", TEXT, flags=re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def words_of(command: str, out: Path) -> list[str]:
    return [word.replace("out/", f"{out}/") for word in shlex.split(command)]


def run(command: str, out: Path) -> str:
    words = words_of(command, out)
    words = [sys.executable, *words[1:]] if words[0] == "python" else words
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def the(part: str) -> str:
    [command] = [command for command in COMMANDS if part in command]
    return command


def test_no_command_is_left_out() -> None:
    run_here = ("examples.generate", "cp ", " copy ", " run ", " brand ")
    assert [c for c in COMMANDS if not any(part in c for part in run_here)] == []
    assert len(COMMANDS) == 10


@pytest.mark.parametrize("command", [c for c in COMMANDS if " brand " in c])
def test_the_brand_commands_run(command: str, tmp_path: Path) -> None:
    assert "LUMÉA Derma" in run(command, tmp_path)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXT):
        assert (DOCUMENT.parent / target).exists(), target


def test_a_translator_that_has_no_model_here_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as it stands; its folder of a model is nobody's."""
    monkeypatch.chdir(ROOT)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "images_only.csv").write_text(
        "asset_id,image,source_locale,locale,action,text\na,a.png,en,de,translate_text,Sale\n"
    )
    words = words_of(the(" copy translate "), tmp_path)
    assert main(words[3:]) == 2
    assert "/models/nllb-200" in capsys.readouterr().err


@pytest.mark.system
def test_the_commands_lead_from_images_to_the_approved_copy(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    for part in ("examples.generate", "cp ", " copy extract "):
        run(the(part), tmp_path)
    deck = tmp_path / "new" / "copy_deck.csv"
    approved = load_copy_deck(ROOT / "examples" / "campaign" / "copy_deck.csv")
    asked = list(read_deck_rows(deck))
    assert {row.locale for row in asked} == {"de", "ja"}
    run(the(" copy convert "), tmp_path)
    handed = sorted(path.name for path in (deck.parent / "for-translators").iterdir())
    assert handed == ["en_de.xlf", "en_ja.xlf", "zh-Hans_de.xlf", "zh-Hans_ja.xlf"]
    # A translator fills in what is approved, and leaves one string for later.
    write_deck(
        (
            replace(row, target=found, state="approved")
            if (found := approved.lookup(row.source, row.source_locale, row.locale))
            else replace(row, target=row.source, state="approved")
            for row in asked
            if (row.source, row.locale) != ("双十一", "ja")
        ),
        deck,
    )
    assert "双十一" in run(the(" copy status "), tmp_path)
    run(the(" run "), tmp_path)
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()]
    lacking = [r for r in results if "双十一" in r["reason"]]
    assert [(r["asset_id"], r["locale"], r["status"]) for r in lacking] == [
        ("double-11", "ja", "needs_review")
    ]
    assert sum(r["status"] == "passed" for r in results) >= len(results) - 4
    to_fill = list(read_deck_rows(tmp_path / "workspace" / "runs" / "first" / "copy" / "to_fill.csv"))
    assert [row.source for row in to_fill] == ["双十一"]
    assert "0 drafts approved" in run(the(" copy approve "), tmp_path)
