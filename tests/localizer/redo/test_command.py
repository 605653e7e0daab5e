"""``python -m localizer redo`` on a campaign that ``run`` made, with the real engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localizer.cli import main


@pytest.fixture
def done(small_campaign: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    manifest, workspace = str(small_campaign / "small.csv"), str(small_campaign / "workspace")
    assert main(["run", manifest, "--workspace", workspace, "--run-id", "r", "--jobs", "1"]) == 0
    capsys.readouterr()
    return small_campaign


def redo(folder: Path, *arguments: str) -> int:
    return main(["redo", "--workspace", str(folder / "workspace"), "r", "--requested-by", "mei", *arguments])


def results(folder: Path) -> dict[str, Any]:
    lines = (folder / "workspace/runs/r/results.jsonl").read_text("utf-8").splitlines()
    return {result["asset_id"]: result for result in map(json.loads, lines)}


def test_one_image_gets_other_copy(done: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = results(done)
    assert redo(done, "--item", "a · de", "--replacement", "ANGEBOT", "--comment", "nobody says that") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "a · de was done again by typeset: passed"
    assert said[1] == "for row 2 of the manifest: the replacement ANGEBOT"
    after = results(done)
    assert after["a"]["status"] == "passed"
    assert after["a"]["edits"][0]["replacement"] == "ANGEBOT"
    assert after["a"]["image_sha256"] != before["a"]["image_sha256"]
    assert {n: after[n] for n in "bc"} == {n: before[n] for n in "bc"}
    page = (done / "workspace/runs/r/report.html").read_text("utf-8")
    assert "nobody says that" in page
    assert said[-1] == f"report   {done / 'workspace/runs/r/report.html'}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--item", "a · de"], "nothing would change: a · de was made by typeset with this copy"),
        (["--item", "a"], "names no image; write it as 'asset · locale'"),
        (["--item", "a · deutsch!"], "'a · deutsch!'"),
        (["--item", "a · ja"], "there is no item 'a · ja' in this run"),
        (["--item", "c · de", "--replacement", "x"], "is wrong in the manifest (row 4, image:"),
        (["--item", "a · de", "--replacement", "x", "--replacement", "y"], "2 given, a · de sets 1 texts"),
        (["--item", "a · de", "--engine", "photoshop"], "no engine 'photoshop'"),
        (["--item", "a · de", "--brand", "nothing.yaml"], "nothing.yaml"),
        (["--item", "a · de", "--engine", "openai"], "does not know where its service is"),
    ],
)
def test_what_cannot_be_done_again_is_told(
    done: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    before = results(done)
    assert redo(done, *arguments) == 2
    assert words in capsys.readouterr().err
    assert results(done) == before
    assert not (done / "workspace/runs/r/amendments.jsonl").exists()


def test_the_same_command_given_again_does_not_lose_it(done: Path) -> None:
    assert redo(done, "--item", "a·de", "--replacement", "ANGEBOT") == 0
    manifest, workspace = str(done / "small.csv"), str(done / "workspace")
    again = ["run", manifest, "--workspace", workspace, "--run-id", "r", "--approve", "passed", "--publish"]
    assert main([*again, str(done / "published")]) == 0
    assert results(done)["a"]["edits"][0]["replacement"] == "ANGEBOT"
