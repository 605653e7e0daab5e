"""Rows pasted into a form, and rush jobs without any: what they become, read by the real reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localizer.errors import ManifestError
from localizer.manifest import load_manifest
from localizer.manifest.pasted import MOST_CHARACTERS, Pasted, pasted_rows, rows_for

HEADER = "asset_id,image,locale,action,text,replacement"
ROW = 'a,a.png,de,replace_text,"SALE, now","RABATT\njetzt"'
DOCUMENT = {
    "campaign": "x",
    "source_locale": "en",
    "locales": ["de"],
    "assets": [
        {
            "asset_id": "a",
            "image": "a.png",
            "edits": [{"action": "replace_text", "text": "SALE", "replacement": "RABATT"}],
        }
    ],
}


def read(folder: Path, pasted: Pasted) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    path = folder / pasted.name
    path.write_bytes(pasted.data)
    jobs = load_manifest(path).jobs
    return [
        (j.asset_id, j.locale, tuple(e.replacement for e in j.edits), tuple(map(str, j.errors))) for j in jobs
    ]


@pytest.mark.parametrize(
    ("text", "name", "copy"),
    [
        (f"{HEADER}\n{ROW}\n", "rows.csv", "RABATT\njetzt"),
        (f"\n{HEADER}\r\n{ROW}\r\n\n", "rows.csv", "RABATT\njetzt"),
        (f"{HEADER}\n{ROW}".replace(",", "\t").replace("SALE\t", "SALE,"), "rows.tsv", "RABATT\njetzt"),
        (
            '{"asset_id": "a", "image": "a.png", "locale": "de", "action": "replace_text", "text": "S", '
            '"replacement": "R"}',
            "rows.jsonl",
            "R",
        ),
        (
            '[\n {"asset_id": "a", "image": "a.png", "locale": "de",\n  "action": "replace_text", '
            '"text": "S", "replacement": "R"}]',
            "rows.jsonl",
            "R",
        ),
        (json.dumps(DOCUMENT, indent=1), "rows.json", "RABATT"),
        (json.dumps(DOCUMENT), "rows.json", "RABATT"),
    ],
)
def test_rows_are_read_however_they_come(tmp_path: Path, text: str, name: str, copy: str) -> None:
    pasted = pasted_rows(text)
    assert pasted.name == name
    assert read(tmp_path, pasted) == [("a", "de", (copy,), ())]


def test_several_lines_of_json_are_rows_and_a_wrong_one_costs_itself_only(tmp_path: Path) -> None:
    good = '{"asset_id": "a", "image": "a.png", "locale": "de", "action": "remove_text", "text": "S"}'
    jobs = read(tmp_path, pasted_rows(f"{good}\n{good.replace('de', 'fr').replace('remove', 'remove_all_')}"))
    assert [(locale, bool(errors)) for _, locale, _, errors in jobs] == [("de", False), ("fr", True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n ", "is empty"),
        ("[1, 2]", "not of rows"),
        ("[]", "not of rows"),
        ("[{]", "not valid JSON"),
        ("x" * (MOST_CHARACTERS + 1), "belong into a file"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_what_is_no_table_is_refused(text: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        pasted_rows(text)


def test_each_image_gets_each_sentence_in_each_language(tmp_path: Path) -> None:
    pasted = rows_for(
        [str(tmp_path / "x" / "Sommer Sale.png"), f"file://{tmp_path}/y/poster%20one.png"],
        ['Replace "SALE" with "RABATT"', ' Remove "only today" ', ""],
        locales=["de", "fr"],
        source_locale="en",
    )
    assert pasted.image_root == str(tmp_path)
    assert pasted.first == "Sommer-Sale"
    rows = [json.loads(line) for line in pasted.data.splitlines()]
    assert len(rows) == 8
    assert {row["image"] for row in rows} == {"x/Sommer Sale.png", "y/poster one.png"}
    jobs = read(tmp_path, pasted)
    assert [(a, tag, copy) for a, tag, copy, _ in jobs] == [
        (name, tag, ("RABATT", "")) for name in ("Sommer-Sale", "poster-one") for tag in ("de", "fr")
    ]
    assert not any(errors for *_, errors in jobs)


def test_images_of_one_name_stay_apart_and_buckets_and_hosts_stay_as_they_are() -> None:
    images = [
        "gs://bucket/a/poster.png",
        "gs://bucket/b/poster.png",
        "https://cdn.example.com/poster.png?v=2",
    ]
    pasted = rows_for(images, ['Remove "x"'], locales=["und"])
    rows = [json.loads(line) for line in pasted.data.splitlines()]
    assert [row["asset_id"] for row in rows] == ["poster", "poster-2", "poster-3"]
    assert [row["image"] for row in rows] == images
    assert pasted.image_root == "gs://bucket"


@pytest.mark.parametrize(
    ("images", "instructions", "locales", "words"),
    [
        ([], [], [], "images and instructions and locales: empty"),
        (["/a.png"], ["  "], ["de"], "instructions: empty"),
        (["a.png"], ["x"], ["de"], "'a.png' is no absolute path"),
        (["/a.png", "/a.png"], ["x"], ["de"], "/a.png is there twice"),
        ([f"/{n}.png" for n in range(51)], ["x"], ["de"], "belong into a manifest"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    images: list[str], instructions: list[str], locales: list[str], words: str
) -> None:
    with pytest.raises(ManifestError, match=words):
        rows_for(images, instructions, locales=locales)
