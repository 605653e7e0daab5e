"""Campaign documents: expansion to locales, and errors with JSON pointers."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import CopyDeckError, ManifestError
from localizer.manifest import load_manifest

DOCUMENT: dict[str, Any] = {
    "campaign": "mid-year",
    "source_locale": "zh-CN",
    "locales": ["ja", "ko", "pt-BR"],
    "assets": [
        {
            "asset_id": "p1",
            "image": "a.png",
            "edits": [
                {"action": "translate_text", "text": "限时特惠", "attribute": {"colour": "red", "size": 12}},
                {
                    "action": "replace_text",
                    "text": "新品",
                    "replacements": {"ja": "新発売", "ko": "신제품", "pt-br": "Novo"},
                    "box": [1.5, 2, 30, 40],
                },
                {"action": "remove_text", "text": "水印", "locales": ["ko"]},
            ],
        },
        {
            "asset_id": "p2",
            "image": "b.png",
            "edits": [{"action": "replace_text", "text": "A", "replacement": "B", "locales": ["ja"]}],
        },
    ],
}


def load(folder: Path, **changes: Any):
    return load_document(folder, copy.deepcopy(DOCUMENT) | changes)


def load_document(folder: Path, document: Any):
    path = folder / "campaign.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return load_manifest(path)


def edited(change) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    change(document)
    return document


def test_edits_are_expanded_to_their_locales(tmp_path):
    manifest = load(tmp_path)
    assert manifest.errors == ()
    assert manifest.campaign == "mid-year"
    assert [(j.asset_id, j.locale, j.rows) for j in manifest.jobs] == [
        ("p1", "ja", (1, 2)),
        ("p1", "ko", (1, 2, 3)),
        ("p1", "pt-BR", (1, 2)),
        ("p2", "ja", (4,)),
    ]
    ja = manifest.jobs[0]
    assert ja.source_locale == "zh-Hans"
    assert (ja.edits[0].text, ja.edits[0].replacement) == ("限时特惠", "")
    assert ja.edits[0].attribute == {"colour": "red", "size": "12"}
    assert (ja.edits[1].replacement, ja.edits[1].box) == ("新発売", (1, 2, 30, 40))
    assert manifest.jobs[2].edits[1].replacement == "Novo"
    assert manifest.jobs[3].edits[0].replacement == "B"


def set_at(path: list[Any], value: Any):
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


EDIT = ["assets", 0, "edits", 0]


@pytest.mark.parametrize(
    ("change", "field", "wrong"),
    [
        (set_at([*EDIT, "action"], "fly"), "/assets/0/edits/0/action", 3),
        (set_at([*EDIT, "box"], [1, 2, 3]), "/assets/0/edits/0/box", 3),
        (set_at([*EDIT, "box"], [9, 2, 3, 4]), "/assets/0/edits/0/box", 3),
        (set_at([*EDIT, "txet"], "x"), "/assets/0/edits/0/txet", 3),
        (set_at([*EDIT, "text"], ""), "/assets/0/edits/0/text", 3),
        (set_at([*EDIT, "text"], 5), "/assets/0/edits/0/text", 3),
        (set_at([*EDIT, "text"], "a\x00b"), "/assets/0/edits/0/text", 3),
        (set_at([*EDIT, "attribute"], {"colur": "red"}), "/assets/0/edits/0/attribute", 3),
        (set_at([*EDIT, "locales"], ["de"]), "/assets/0/edits/0/locales/0", 3),
        (set_at(EDIT, "nonsense"), "/assets/0/edits/0", 3),
        (set_at(["assets", 0, "edits", 1, "replacements"], {"ja": "x"}), "/assets/0/edits/1/replacements", 2),
        (
            set_at(["assets", 0, "edits", 1, "replacements", "de"], "x"),
            "/assets/0/edits/1/replacements/de",
            3,
        ),
        (set_at(["assets", 0, "edits", 1, "replacement"], "x"), "/assets/0/edits/1", 3),
        (set_at(["assets", 0, "image"], "../a.png"), "/assets/0/image", 3),
        (set_at(["assets", 0, "asset_id"], "a/b"), "/assets/0/asset_id", 3),
        (set_at(["assets", 0, "edits"], []), "/assets/0/edits", 3),
        (set_at(["assets", 0], 7), "/assets/0", None),
        (set_at(["locales"], ["ja", "ko", "pt-BR", "??"]), "/locales/3", 1),
        (set_at(["source_locale"], "??"), "/source_locale", 4),
    ],
)
def test_a_wrong_edit_is_named_by_its_pointer_and_the_rest_runs(tmp_path, change, field, wrong):
    manifest = load_document(tmp_path, edited(change))
    assert field in {e.field for e in manifest.errors}, [str(e) for e in manifest.errors]
    if wrong is not None:
        assert sum(bool(job.errors) for job in manifest.jobs) == wrong
    if wrong != 4:
        assert [j.asset_id for j in manifest.jobs if not j.errors][-1] == "p2"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "is a list"),
        ({}, "'campaign' is a required property"),
        (7, "the document"),
        (DOCUMENT | {"campaign": "a/b"}, "/campaign"),
        (DOCUMENT | {"locales": []}, "/locales"),
        (DOCUMENT | {"assets": []}, "/assets"),
        (DOCUMENT | {"asets": []}, "/asets: is not known; did you mean 'assets'"),
        (DOCUMENT | {"image_root": "../other"}, "/image_root"),
        (DOCUMENT | {"image_root": "/etc"}, "/image_root"),
        (DOCUMENT | {"copy_deck": "/etc/passwd"}, "/copy_deck"),
        (DOCUMENT | {"brand": "https://example.com/brand.yaml"}, "/brand"),
    ],
)
def test_what_is_wrong_outside_the_assets_ends_it(tmp_path, document, message):
    with pytest.raises(ManifestError, match=message):
        load_document(tmp_path, document)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ('{"campaign": "a", "campaign": "b"}', "'campaign' is there twice"),
        ('{"campaign": NaN}', "NaN"),
        ("[" * 100_000, "nested"),
        ('{"campaign": "\\ud800"}', "surrogate"),
        ('{"a":1}\n{"a":2}', r"\.jsonl"),
    ],
)
def test_bad_json_is_refused(tmp_path, text, message):
    path = tmp_path / "c.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestError, match=message):
        load_manifest(path)


def test_roots_decks_and_brands_lie_beside_the_document(tmp_path):
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/deck.csv").write_text("source,ja\n限时特惠,期間限定\n", encoding="utf-8")
    manifest = load(tmp_path, image_root="img", copy_deck="copy/deck.csv", brand="brand.yaml")
    assert manifest.image_root == f"{tmp_path}/img"
    assert manifest.brand == f"{tmp_path}/brand.yaml"
    assert manifest.deck.lookup("限时特惠", "zh-Hans", "ja") == "期間限定"
    with pytest.raises(CopyDeckError, match=r"none\.csv"):
        load(tmp_path, copy_deck="none.csv")


def test_a_deck_beside_the_manifest_is_found_and_told_and_an_argument_wins(tmp_path):
    (tmp_path / "copy_deck.json").write_text('{"ja": {"限时特惠": "beside"}}', encoding="utf-8")
    (tmp_path / "mine.json").write_text('{"ja": {"限时特惠": "mine"}}', encoding="utf-8")
    manifest = load(tmp_path)
    assert manifest.deck.lookup("限时特惠", "zh-Hans", "ja") == "beside"
    assert any("copy_deck.json" in warning for warning in manifest.warnings)
    other = load_manifest(tmp_path / "campaign.json", copy_deck=tmp_path / "mine.json")
    assert other.deck.lookup("限时特惠", "zh-Hans", "ja") == "mine"
