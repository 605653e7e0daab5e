"""Single rows: what each action needs, and how values are read."""

import re
from pathlib import Path

import pytest

from localizer.manifest import load_manifest

HEADER = "asset_id\timage\tsource_locale\tlocale\taction\ttext\treplacement\tbox\tobject\tattribute"
GOOD = {
    "asset_id": "p",
    "image": "a.png",
    "locale": "ja",
    "action": "replace_text",
    "text": "A",
    "replacement": "B",
}


def load(folder: Path, *rows: dict[str, str]):
    lines = ["\t".join(row.get(column, "") for column in HEADER.split("\t")) for row in rows]
    path = folder / "m.tsv"
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return load_manifest(path)


def test_the_good_row_is_good(tmp_path):
    assert load(tmp_path, GOOD).errors == ()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"action": "replace_txt"}, "action", "did you mean 'replace_text'"),
        ({"action": "fly"}, "action", "translate_text"),
        ({"action": ""}, "action", "is empty"),
        ({"locale": "klingonish"}, "locale", "not a valid BCP 47"),
        ({"locale": ""}, "locale", "und"),
        ({"source_locale": "??"}, "source_locale", "not a valid"),
        ({"text": ""}, "text", "needs the text"),
        ({"replacement": ""}, "replacement", "needs the text to set"),
        ({"text": "*"}, "text", "translate_text"),
        ({"action": "translate_text", "text": "*", "replacement": "B"}, "replacement", "copy deck"),
        ({"action": "translate_text", "locale": "und", "replacement": ""}, "locale", "no language"),
        ({"action": "remove_text", "text": "", "replacement": ""}, "text", "no box"),
        ({"action": "remove_text"}, "replacement", "sets no text"),
        ({"action": "remove_object", "replacement": ""}, "box", "needs the box"),
        ({"action": "add_text", "box": "0 0 9 9"}, "text", "replaces nothing"),
        ({"box": "1 2 3"}, "box", "four numbers"),
        ({"box": "1 2 3 4 5"}, "box", "four numbers"),
        ({"box": "1 2 3 x"}, "box", "four numbers"),
        ({"box": "5 2 3 4"}, "box", "x0 < x1"),
        ({"box": "1 4 3 4"}, "box", "y0 < y1"),
        ({"box": "-1 2 3 4"}, "box", "negative"),
        ({"box": "1 2 3 nan"}, "box", "four numbers"),
        ({"box": "1 2 3 " + "9" * 5000}, "box", "four numbers"),
        ({"box": "()"}, "box", "not a box"),
        ({"attribute": "colour"}, "attribute", "key=value"),
        ({"attribute": "colur=red"}, "attribute", "did you mean 'colour'"),
        ({"attribute": "colour="}, "attribute", "no value"),
        ({"attribute": "colour=red;color=blue"}, "attribute", "twice"),
        ({"attribute": "align=middle"}, "attribute", "left"),
        ({"attribute": "size=big"}, "attribute", "pixels or a percentage"),
        ({"attribute": "case=camel"}, "attribute", "upper"),
        ({"attribute": "place=top bottom"}, "attribute", "opposite"),
        ({"attribute": "tracking=wide"}, "attribute", "number of em"),
        ({"asset_id": "a/b"}, "asset_id", "file name"),
        ({"asset_id": "../b"}, "asset_id", "dot"),
        ({"asset_id": ".hidden"}, "asset_id", "dot"),
        ({"asset_id": "a b"}, "asset_id", "file name"),
        ({"asset_id": "a" * 129}, "asset_id", "128"),
        ({"asset_id": "海" * 100}, "asset_id", "bytes"),
        ({"asset_id": "", "image": "z.png"}, "asset_id", "is empty"),
        ({"asset_id": "a\u202eb"}, "asset_id", "U\\+202E"),
        ({"asset_id": "a\x07b"}, "asset_id", "control"),
        ({"replacement": "B\x00"}, "replacement", "control"),
        ({"image": ""}, "image", "is empty"),
        ({"image": "/etc/passwd"}, "image", "absolute"),
        ({"image": "~/a.png"}, "image", "absolute"),
        ({"image": "C:\\a.png"}, "image", "absolute"),
        ({"image": "img\\a.png"}, "image", "backslash"),
        ({"image": "../a.png"}, "image", "leaves"),
        ({"image": "x/../../a.png"}, "image", "leaves"),
        ({"image": "x/.."}, "image", "leaves"),
        ({"image": "img/"}, "image", "folder"),
        ({"image": "http://h/a.png"}, "image", "http: is not allowed"),
        ({"image": "file:///etc/passwd"}, "image", "not allowed"),
        ({"image": "FILE:/etc/passwd"}, "image", "not allowed"),
        ({"image": "data:image/png;base64,AA"}, "image", "not allowed"),
        ({"image": "s3://b/a.png"}, "image", "not allowed"),
        ({"image": "gs://bucket"}, "image", "name a file"),
        ({"image": "gs://bucket/../a.png"}, "image", "'..'"),
        ({"image": "https://user:pw@h/a.png"}, "image", "user name"),
        ({"image": "https://h:x/a.png"}, "image", "valid URL"),
        ({"image": "https://[::1/a.png"}, "image", "valid URL"),
    ],
)
def test_a_wrong_value_is_named_by_row_and_field(tmp_path, changes, field, message):
    manifest = load(tmp_path, GOOD | {"asset_id": "other"}, GOOD | changes)
    errors = [e for e in manifest.errors if e.field == field]
    assert errors, [str(e) for e in manifest.errors]
    assert errors[0].row == 3
    assert re.search(message, errors[0].message), errors[0].message
    assert [bool(job.errors) for job in manifest.jobs] == [False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {"action": "Replace Text"},
        {"asset_id": "海报_01.v2-final"},
        {"asset_id": "ポスター"},
        {"asset_id": "पोस्टर"},
        {"locale": "zh_TW"},
        {"locale": "und"},
        {"image": "gs://bucket/a/b.png"},
        {"image": "https://cdn.example.com/a.png"},
        {"image": "图片/海报 1.png"},
        {"image": "./a.png"},
        {"box": "[1, 2, 3, 4]"},
        {"box": "１，２，３，４"},
        {"attribute": "颜".replace("颜", "colour：红；weight：bold")},
        {"attribute": "size=80%; case=upper; place=top left; line-spacing=1.3; font=Lora; outline=black 2px"},
        {"action": "add_text", "text": ""},
        {"action": "translate_text", "replacement": ""},
        {"action": "translate_text", "text": "*", "replacement": ""},
        {"action": "remove_text", "replacement": "", "locale": "und"},
        {"action": "remove_text", "text": "", "replacement": "", "box": "0 0 1 1"},
        {"action": "remove_text", "text": "*", "replacement": ""},
        {"action": "remove_object", "text": "", "replacement": "", "box": "0 0 1 1"},
    ],
)
def test_what_is_allowed(tmp_path, changes):
    assert [str(e) for e in load(tmp_path, GOOD | changes).errors] == []


def test_fractions_widen_a_box(tmp_path):
    assert load(tmp_path, GOOD | {"box": "1.9 2.1 3.1 4.0"}).jobs[0].edits[0].box == (1, 2, 4, 4)


def test_asset_ids_are_one_whatever_their_unicode_form(tmp_path):
    manifest = load(
        tmp_path, GOOD | {"asset_id": "cafe\u0301"}, GOOD | {"asset_id": "caf\u00e9", "text": "C"}
    )
    assert [job.rows for job in manifest.jobs] == [(2, 3)]


def test_every_wrong_field_of_every_row_is_named_at_once(tmp_path):
    manifest = load(tmp_path, GOOD | {"box": "1 2", "action": "fly"}, GOOD | {"attribute": "x", "text": "C"})
    (job,) = manifest.jobs
    assert [(e.row, e.field) for e in job.errors] == [(2, "action"), (2, "box"), (3, "attribute")]
    assert job.rows == (2, 3)


def test_what_is_said_of_a_value_of_pages_is_short(tmp_path):
    (error,) = load(tmp_path, GOOD | {"image": "x" * 100_000 + "\\.png"}).errors
    assert error.message.startswith("'xxx")
    assert error.message.endswith("separate folders by '/'")
    assert len(error.message) < 700
