"""The sample campaign from images alone: its text is found, handed out as a deck, filled in and applied.

All of it by the real command line, on the drawn posters, with the real reader.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from examples.generate import generate
from localizer.copydeck import DeckRow, fold_source, load_copy_deck, read_deck_rows, write_deck
from localizer.manifest import load_manifest
from localizer.model import Action

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = ROOT / "examples" / "campaign"
APPROVED = load_copy_deck(CAMPAIGN / "copy_deck.csv")
Job = tuple[str, str]
QUICK = {("pet-shipping", "de"), ("serum-card", "ja"), ("new-arrivals", "zh-Hans")}
"""A turned image; one with transparency, a price and a product; one whose product and button look alike."""


class Folder:
    """A campaign's folder: images, and a table that asks for all their text; no deck, no kit."""

    def __init__(self, path: Path, jobs: set[Job]) -> None:
        self.path, self.deck, self.filled = path, path / "deck.csv", path / "filled.csv"
        with (CAMPAIGN / "images_only.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        kept = [row for row in rows if (row["asset_id"], row["locale"]) in jobs]
        assert len(kept) == len(jobs)
        generate(path / "images", [asset for asset, _ in jobs])
        with (path / "campaign.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(kept)

    def localizer(self, *arguments: str | Path, deck: Path | None = None) -> str:
        """Run a command on the campaign; what it printed."""
        words = [*map(str, arguments), str(self.path / "campaign.csv")]
        words += ["--workspace", str(self.path / "workspace")]
        words += ["--brand", str(CAMPAIGN / "brands" / "lumea"), "--jobs", "2"]
        words += ["--copy-deck", str(deck)] if deck else []
        command = [sys.executable, "-m", "localizer", *words]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def extract(self) -> list[DeckRow]:
        self.localizer("copy", "extract", "--out", self.deck)
        return list(read_deck_rows(self.deck))

    def fill(self, rows: Iterable[DeckRow]) -> None:
        write_deck(rows, self.filled)

    def run(self, deck: Path | None = None) -> dict[Job, dict[str, Any]]:
        self.localizer("run", "--results", self.path / "results.jsonl", "--approve", "passed", deck=deck)
        lines = (self.path / "results.jsonl").read_text("utf-8").splitlines()
        return {(r["asset_id"], r["locale"]): r for r in map(json.loads, lines)}


def told(row: DeckRow) -> DeckRow:
    """What a translator makes of a row: the copy approved for it, or the word that it stays."""
    target = APPROVED.lookup(row.source, row.source_locale, row.locale) or row.source
    return replace(row, target=target, state="approved")


def asked_for(jobs: set[Job]) -> dict[Job, set[str]]:
    """The texts that the sample's own manifest names, for these jobs."""
    return {
        (job.asset_id, job.locale): {
            fold_source(edit.text) for edit in job.edits if edit.action is not Action.ADD_TEXT
        }
        for job in load_manifest(CAMPAIGN / "manifest.csv").jobs
        if (job.asset_id, job.locale) in jobs
    }


def set_texts(result: dict[str, Any]) -> dict[str, str]:
    return {fold_source(edit["text"]): edit["replacement"] for edit in result["edits"]}


def test_images_only_asks_for_what_the_manifest_asks_for_but_its_mistakes() -> None:
    def jobs(name: str) -> set[tuple[str, str, str]]:
        return {(job.image, job.asset_id, job.locale) for job in load_manifest(CAMPAIGN / name).jobs}

    assert jobs("manifest.csv") - jobs("images_only.csv") == {
        ("images/serum-card.png", "serum-card", "und"),  # removes texts
        ("images/sumer-sale.webp", "summer-sale-story", "ja"),
    }
    assert jobs("images_only.csv") < jobs("manifest.csv")


def of(row: DeckRow) -> set[str]:
    """The assets of a row; a deck names their images."""
    return {Path(image).stem for image in row.assets}


def test_from_images_to_the_approved_copy(tmp_path: Path) -> None:
    folder = Folder(tmp_path, QUICK)
    rows = folder.extract()
    wanted = asked_for(QUICK)
    open_for = {
        (asset, row.locale): {fold_source(r.source) for r in rows if asset in of(r)}
        for row in rows
        for asset in of(row)
    }
    assert all(wanted[job] <= open_for[job] for job in QUICK)
    # What a product says is in the deck for a person's word, and proposes nothing but to leave it.
    assert {row.target for row in rows if row.target} <= {row.source for row in rows}

    # Nothing is invented: every image waits and lists what it lacks.
    waiting = folder.run()
    assert {result["status"] for result in waiting.values()} == {"needs_review"}
    for job, result in waiting.items():
        assert not any(set_texts(result).values())
        certain = {fold_source(row.source) for row in rows if not row.note}  # a note asks whose a text is
        assert all(text in fold_source(result["reason"]) for text in wanted[job] & certain)

    # Filled in for one image, that one is done; for all, only the others are.
    folder.fill(told(row) if "serum-card" in of(row) else row for row in rows)
    first = folder.run(folder.filled)
    assert {job for job, r in first.items() if r["status"] == "passed"} == {("serum-card", "ja")}
    folder.fill(map(told, rows))
    done = folder.run(folder.filled)
    assert {job: result["status"] for job, result in done.items()} == dict.fromkeys(QUICK, "passed")
    assert {job for job, result in done.items() if result["cached"]} == {("serum-card", "ja")}
    for job, result in done.items():
        approved = {
            fold_source(row.source): copy
            for row in rows
            if job[0] in of(row)
            if row.locale == job[1]
            if (copy := APPROVED.lookup(row.source, row.source_locale, row.locale))
        }
        assert wanted[job] <= set(approved)
        assert set_texts(result) == approved
    status = json.loads(folder.localizer("copy", "status", "--json", deck=folder.filled))
    assert {state for count in status["counts"].values() for state, number in count.items() if number} == {
        "approved"
    }


@pytest.mark.system
def test_every_image_from_images_alone(tmp_path: Path) -> None:
    """One locale an image: what a translator approved is set, and nothing else is touched."""
    with (CAMPAIGN / "images_only.csv").open(newline="", encoding="utf-8") as file:
        jobs = {row["asset_id"]: row["locale"] for row in csv.DictReader(file)}
    jobs |= {"mid-autumn": "ja", "camera-deal": "ko"}  # the deck has all of it
    folder = Folder(tmp_path, set(jobs.items()))
    rows = folder.extract()
    folder.fill(map(told, rows))
    results = folder.run(folder.filled)
    for job, wanted in asked_for(set(jobs.items())).items():
        assert wanted <= set(set_texts(results[job])), job
        assert results[job]["status"] in {"passed", "needs_review"}, results[job]["reason"]
    passed = [job for job, result in results.items() if result["status"] == "passed"]
    assert len(passed) >= len(jobs) - 3
