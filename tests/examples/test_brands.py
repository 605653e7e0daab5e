"""The same copy under another kit: its own type is set, and what it rules out stops."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from examples.generate import generate
from localizer.cli import main

CAMPAIGN = Path(__file__).resolve().parents[2] / "examples" / "campaign"
JOBS = {("618-banner", "en"), ("mid-autumn", "en"), ("new-arrivals", "de"), ("summer-sale", "de")}


@pytest.mark.system
def test_a_stricter_kit_on_the_sample_campaign(tmp_path: Path) -> None:
    generate(tmp_path / "images", [asset for asset, _ in JOBS])
    with (CAMPAIGN / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if (row["asset_id"], row["locale"]) in JOBS]
    with (tmp_path / "some.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    def run(kit: str) -> dict[str, dict[str, str]]:
        words = ["run", str(tmp_path / "some.csv"), "--workspace", str(tmp_path / "workspace"), "--jobs", "2"]
        words += ["--brand", str(CAMPAIGN / "brands" / kit), "--results", str(tmp_path / f"{kit}.jsonl")]
        assert main([*words, "--copy-deck", str(CAMPAIGN / "copy_deck.csv")]) == 0
        lines = (tmp_path / f"{kit}.jsonl").read_text("utf-8").splitlines()
        return {result["asset_id"]: result for result in map(json.loads, lines)}

    usual, strict = run("lumea"), run("lumea-derma")
    assert {result["status"] for result in usual.values()} == {"passed"}
    assert {asset: result["status"] for asset, result in strict.items()} == {
        "618-banner": "needs_review",
        "mid-autumn": "passed",
        "new-arrivals": "passed",
        "summer-sale": "needs_review",
    }
    assert "'sale' is forbidden" in strict["618-banner"]["reason"]
    assert "'Rabatt' is forbidden" in strict["summer-sale"]["reason"]
    made, other = (Path(results["new-arrivals"]["image"]) for results in (usual, strict))
    assert made.read_bytes() != other.read_bytes()  # other letters
