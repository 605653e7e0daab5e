"""Several processes that have images of one run done again at once, and some that are killed at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from localizer.errors import InputError
from localizer.redo.wish import Wish
from tests.localizer.redo.conftest import ASSETS, Campaign

PROJECT = Path(__file__).resolve().parents[3]

# Wishes come as JSON lines, so that all processes are ready before any begins.
ASK = """
import json, sys
from localizer.errors import LocalizerError
from tests.localizer.redo.conftest import Campaign

campaign = Campaign(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    id, asset, seen, copy = json.loads(line)
    try:
        campaign.redo(campaign.wish(asset, *copy, id=id, seen=seen, by=id))
        print(json.dumps([id, "done"]), flush=True)
    except LocalizerError as error:
        print(json.dumps([id, str(error)]), flush=True)
"""


def start(root: str, **environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", ASK, root],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def ask(process: subprocess.Popen[str], *wish: object) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(wish) + "\n")
    process.stdin.flush()


def answers(process: subprocess.Popen[str]) -> dict[str, str]:
    output, _ = process.communicate(timeout=120)
    return dict(json.loads(line) for line in output.splitlines())


def test_of_many_at_once_one_gets_each_image_and_nothing_is_lost(storage_uri: str, tmp_path: Path) -> None:
    campaign = Campaign(storage_uri).plan(tmp_path).edit()
    before = campaign.results()
    edits = tmp_path / "edits"
    edits.touch()
    processes = [start(storage_uri, EDITS=str(edits), SECONDS_AN_EDIT="0.5") for _ in range(4)]
    for number, process in enumerate(processes):
        first = number % len(ASSETS)
        for asset in (*ASSETS[first:], *ASSETS[:first]):  # all want all images, beginning with another one
            copy = [f"{asset}{number}", *(["Preis"] if asset == "a" else [])]
            ask(process, f"p{number}-{asset}", asset, before[asset].job, copy)
    said = {id: words for process in processes for id, words in answers(process).items()}
    assert len(said) == len(processes) * len(ASSETS)
    won = {id[-1]: id for id, words in said.items() if words == "done"}
    assert sorted(won) == list(ASSETS)
    assert Counter(said.values())["done"] == len(ASSETS)
    for words in said.values():
        assert words == "done" or "is being done again right now" in words or "was done again by" in words

    expected = {asset: f"{asset}{id[1]}" + (" Preis" if asset == "a" else "") for asset, id in won.items()}
    assert campaign.copy() == expected
    # Merged, not only told: what was gathered last has all of them.
    merged = [
        json.loads(line) for line in campaign.workspace.storage.read("runs/r/results.jsonl").splitlines()
    ]
    assert {r["asset_id"]: r["job"] for r in merged} == {n: r.job for n, r in campaign.results().items()}
    counted = [each for each in campaign.run.amendments() if each.counts]
    assert {each.id for each in counted} == set(won.values())
    assert len(edits.read_text("utf-8").splitlines()) == len(ASSETS)  # who lost has paid for nothing
    assert not list(campaign.workspace.storage.names("leases/"))


def test_one_after_the_other_on_the_word_of_what_is_there(storage_uri: str, tmp_path: Path) -> None:
    """Everybody asks for what is there, without having looked: each in turn, or told to wait."""
    campaign = Campaign(storage_uri).plan(tmp_path).edit()
    processes = [start(storage_uri) for _ in range(3)]
    for number, process in enumerate(processes):
        for turn in range(4):
            ask(process, f"p{number}-{turn}", "b", "", [f"copy {number} {turn}"])
    said = {id: words for process in processes for id, words in answers(process).items()}
    trail = campaign.run.amendments()
    assert {each.id for each in trail if each.counts} == {id for id, words in said.items() if words == "done"}
    there = campaign.results()["b"].job
    assert trail[-1].job.key == there
    with campaign.run.plan() as plan:
        chain = [slot[0] for slot in plan.slots() if slot[1] == "b"]
    for each in trail:  # each replaced what the one before had made: none was lost between
        assert each.replaces == chain[-1]
        chain.append(each.job.key)


@pytest.mark.parametrize("at", ["edit", "shard", "commit"])
def test_a_redo_that_is_killed_goes_on_and_is_paid_once(tmp_path: Path, at: str) -> None:
    campaign = Campaign(tmp_path).plan(tmp_path).edit()
    before = campaign.results()
    edits = tmp_path / "edits"
    edits.touch()
    process = start(str(tmp_path), EDITS=str(edits), SECONDS_AN_EDIT="1.0")
    ask(process, "x", "b", before["b"].job, ["Frisch"])
    folder = tmp_path / "workspace/runs/r"
    trail = folder / "amendments.jsonl"
    signs = {
        "edit": lambda: bool(edits.read_text()),
        "shard": (folder / "results/redo-x.jsonl").exists,
        "commit": lambda: trail.exists() and "ended" in trail.read_text(),
    }
    until = time.monotonic() + 60
    while not signs[at]():
        assert process.poll() is None, "it ended before"
        assert time.monotonic() < until
        time.sleep(0.001)
    process.kill()
    process.communicate()

    # Whatever is read in between is whole: the old image or the new one.
    now = campaign.results()
    assert now["b"].job in {before["b"].job, campaign.run.amendments()[0].job.key}
    assert {name: now[name] for name in ("a", "c")} == {name: before[name] for name in ("a", "c")}
    assert campaign.redoing() == []

    redone = campaign.redo(campaign.wish("b", "Frisch", id="x", seen=before["b"].job))
    assert campaign.copy()["b"] == "Frisch"
    assert campaign.results()["b"].job == redone.job.key
    paid = len(edits.read_text("utf-8").splitlines())
    assert paid == 1 if at != "edit" else paid <= 2
    assert [each.counts for each in campaign.run.amendments()] == [True]


def test_a_dead_redo_gives_way_to_another_and_comes_too_late_itself(tmp_path: Path) -> None:
    campaign = Campaign(tmp_path).plan(tmp_path).edit()
    edits = tmp_path / "edits"
    edits.touch()
    seen = campaign.results()["b"].job
    process = start(str(tmp_path), EDITS=str(edits), SECONDS_AN_EDIT="30")
    ask(process, "dead", "b", seen, ["Frisch"])
    until = time.monotonic() + 60
    while not edits.read_text():
        assert time.monotonic() < until
        time.sleep(0.01)
    [going_on] = campaign.redoing()
    assert (going_on.id, going_on.place) == ("dead", ("b", "de"))
    with pytest.raises(InputError, match="is being done again right now, by dead since"):
        campaign.redo(campaign.wish("b", "Jung", seen=seen))
    process.kill()
    process.communicate()
    assert campaign.redoing() == []
    campaign.redo(campaign.wish("b", "Jung", seen=seen, by="otto"))
    with pytest.raises(InputError, match="was done again by otto"):
        campaign.redo(Wish("dead", "b", "de", "mei", seen=seen, replacements=("Frisch",)))
    assert campaign.copy()["b"] == "Jung"
