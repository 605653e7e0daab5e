"""The command line on real manifests with the real engine; as processes where that is what counts."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from localizer.cli import main
from localizer.text.fonts import stack

COLUMNS = ("asset_id", "image", "source_locale", "locale", "action", "text", "replacement")


def poster(path: Path, text: str) -> None:
    """A clean poster: dark type on a plain ground."""
    image = Image.new("RGB", (480, 240), (238, 232, 220))
    font = ImageFont.truetype(stack("en")[0].path, 64)
    ImageDraw.Draw(image).text((60, 80), text, font=font, fill=(30, 40, 80))
    image.save(path)


def write_manifest(path: Path, rows: list[tuple[str, ...]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return path


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A folder with two posters and a manifest of three good jobs and four wrong ones, mixed."""
    poster(tmp_path / "sale.png", "Summer sale")
    poster(tmp_path / "new.png", "New in")
    write_manifest(
        tmp_path / "campaign.csv",
        [
            ("sale", "sale.png", "en", "de", "replace_text", "Summer sale", "Sommerpreise"),
            ("lost", "nowhere.png", "en", "de", "replace_text", "Summer sale", "Sommerpreise"),
            ("sale", "sale.png", "en", "fr", "replace_text", "Summer sale", "Soldes"),
            ("odd", "sale.png", "en", "de", "paint_it_black", "Summer sale", "x"),
            ("out", "../secret.png", "en", "de", "replace_text", "Summer sale", "x"),
            ("new", "new.png", "en", "de", "replace_text", "New in", "Neu da"),
            ("new", "new.png", "en", "klingonisch!", "replace_text", "New in", "x"),
        ],
    )
    return tmp_path


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "localizer", *map(str, arguments)]


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), check=False, capture_output=True, text=True, timeout=300)


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_every_row_gets_a_result_row_and_what_passed_is_published_once(campaign: Path) -> None:
    workspace, results = campaign / "w", campaign / "deep" / "r.jsonl"
    arguments = (
        *("run", campaign / "campaign.csv", "--workspace", workspace, "--results", results, "--jobs", 2),
        *("--approve", "passed", "--publish", campaign / "public"),
    )
    first = process(*arguments)
    assert first.returncode == 0, first.stderr
    rows = rows_of(results)
    assert [(r["asset_id"], r["locale"]) for r in rows] == [
        ("sale", "de"),
        ("lost", "de"),
        ("sale", "fr"),
        ("odd", "de"),
        ("out", "de"),
        ("new", "de"),
        ("new", "klingonisch!"),
    ]
    wrong = {r["asset_id"]: r for r in rows if r["rows"][0] in {3, 5, 6, 8}}
    for asset, row, field in (
        ("lost", 3, "image"),
        ("odd", 5, "action"),
        ("out", 6, "image"),
        ("new", 8, "locale"),
    ):
        assert (wrong[asset]["status"], wrong[asset]["image"]) == ("failed", None)
        assert wrong[asset]["reason"].startswith(f"row {row}, {field}: ")
    for row in (r for r in rows if r["rows"][0] in {2, 4, 7}):
        assert row["status"] in {"passed", "needs_review"}, row["reason"]
        assert Path(row["image"]).is_absolute()
        assert Image.open(row["image"]).size == Image.open(row["delivered"]).size == (480, 240)
        assert row["edits"][0]["box"]
        assert {c["name"] for c in row["checks"]} >= {"text_correct", "untouched", "file"}
    passed = [r for r in rows if r["status"] == "passed"]
    assert passed
    current = json.loads((campaign / "public/campaign/current.json").read_text())
    release = campaign / "public/campaign/releases" / current["release_id"]
    for row in passed:
        published = release / row["locale"] / f"{row['asset_id']}.png"
        assert published.read_bytes() == Path(row["delivered"]).read_bytes()
    run_folder = next((workspace / "runs").iterdir())
    assert {"plan.parquet", "results.jsonl", "report.html", "decisions.jsonl"} <= {
        p.name for p in run_folder.iterdir()
    }
    assert str(run_folder / "report.html") in first.stdout
    assert f"7 images: {len(passed)} passed" in first.stdout

    second = process(*arguments)
    assert second.returncode == 0, second.stderr
    assert [r["cached"] for r in rows_of(results)] == [r["rows"][0] in {2, 4, 7} for r in rows]
    assert "3 reused" in second.stdout
    assert "current already; nothing was written" in second.stdout


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    names = [f"Item {n}" for n in "ABCD"]
    for name in names:
        poster(tmp_path / f"{name}.png", name)
    manifest = write_manifest(
        tmp_path / "m.csv",
        [(n.replace(" ", "-"), f"{n}.png", "en", "de", "replace_text", n, f"Ding {n[-1]}") for n in names],
    )
    results = tmp_path / "r.jsonl"
    arguments = ("run", manifest, "--workspace", tmp_path / "w", "--results", results, "--jobs", 1)
    running = subprocess.Popen(command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while not (results.exists() and results.read_bytes().count(b"\n") >= 1):
        assert time.monotonic() < end
        assert running.poll() is None
        time.sleep(0.02)
    running.kill()
    running.wait()
    before = rows_of(results)
    assert 1 <= len(before) < 4
    done = process(*arguments)
    assert done.returncode == 0, done.stderr
    after = {r["asset_id"]: r for r in rows_of(results)}
    assert list(after) == [n.replace(" ", "-") for n in names]
    for row in before:
        assert after[row["asset_id"]]["cached"]
        assert after[row["asset_id"]]["image_sha256"] == row["image_sha256"]
    assert sum(not r["cached"] for r in after.values()) >= 1


def test_a_dry_run_edits_nothing(campaign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", str(campaign / "campaign.csv"), "--workspace", str(campaign / "w"), "--dry-run"])
    out = capsys.readouterr().out
    assert code == 0
    assert "3 to edit, 0 done before" in out
    assert "sale · fr: 1 replace_text" in out
    assert "row 5, action:" in out
    assert not (campaign / "w/jobs").exists()
    assert not (campaign / "w/runs").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"", ""),
        (b"asset_id,image,locale\na,b.png,de\n", "action"),
        (b"PK\x03\x04\x00\x00\x00\xff\xfe", ""),
    ],
)
def test_a_manifest_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, words: str
) -> None:
    manifest = tmp_path / "bad.csv"
    if content is not None:
        manifest.write_bytes(content)
    code = main(["run", str(manifest), "--workspace", str(tmp_path / "w")])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err.startswith("localizer: ")
    assert "bad.csv" in err
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--engine", "magic"], "no engine 'magic'"),
        (["--locales", "de,ko"], "'ko' is not in"),
        (["--publish", "somewhere"], "--publish needs --approve passed"),
        (["--brand", "nowhere.yaml"], "nowhere.yaml"),
        (["--copy-deck", "nowhere.csv"], "nowhere.csv"),
        (["--campaign", "../up"], "--campaign"),
    ],
)
def test_arguments_that_cannot_be_used(
    campaign: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    code = main(["run", str(campaign / "campaign.csv"), "--workspace", str(campaign / "w"), *more])
    assert code == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [[], ["--workspace", "w", "--jobs", "0"], ["--workspace", "w", "--approve", "all"]]
)
def test_usage_errors(more: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["run", "m.csv", *more])
    assert caught.value.code == 2


def test_a_workspace_that_cannot_be_one(campaign: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (campaign / "file").touch()
    code = main(["run", str(campaign / "campaign.csv"), "--workspace", str(campaign / "file")])
    assert code == 1
    assert "file is not a folder" in capsys.readouterr().err


def test_results_that_cannot_be_written_are_told_before_the_work(
    campaign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["run", str(campaign / "campaign.csv"), "--workspace", str(campaign / "w")]
    assert main([*arguments, "--results", str(campaign)]) == 1
    assert "--results" in capsys.readouterr().err
    assert not (campaign / "w/jobs").exists()


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = process("run", tmp_path / "none.csv", "--workspace", tmp_path, "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert "ManifestNotFound" in done.stderr


def test_engines_and_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines"]) == 0
    assert "typeset" in capsys.readouterr().out.split()
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "ok       OCR models of rapidocr" in out
    assert "Tesseract reader for Arabic" in out


def test_doctor_says_what_a_missing_reader_means(tmp_path: Path) -> None:
    done = subprocess.run(
        command("doctor"),
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "TESSDATA_PREFIX": str(tmp_path)},
    )
    assert done.returncode == 0
    assert "missing  Tesseract reader for Thai" in done.stdout
    assert "install: apt-get install tesseract-ocr-tha" in done.stdout
