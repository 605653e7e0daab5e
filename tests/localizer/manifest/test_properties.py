"""Whatever bytes come in: a manifest, or an error of our own tree; and no wrong row is lost."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localizer.errors import InputError, RowError
from localizer.manifest import COLUMNS, load_manifest
from localizer.model import Action

SETTINGS = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

cells = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "p", "a.png", "ja", "zh-CN", "und", *Action, "*", "1 2 3 4", "colour=red", "\\n", "NA", "\ufeff"]
    ),
)
rows = st.lists(st.lists(cells, min_size=0, max_size=12), max_size=6)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["ja", "a.png", "p"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.sampled_from(COLUMNS), inner)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("manifests")


def load(folder, name: str, data: bytes):
    path = folder / name
    path.write_bytes(data)
    try:
        return load_manifest(path)
    except InputError:
        return None


@SETTINGS
@given(
    data=st.binary(max_size=300), name=st.sampled_from(["m.csv", "m.tsv", "m.jsonl", "m.json", "m.parquet"])
)
def test_any_bytes(folder, data, name):
    load(folder, name, data)


@SETTINGS
@given(data=st.binary(max_size=120))
def test_any_bytes_below_a_good_header(folder, data):
    load(folder, "m.csv", ",".join(COLUMNS).encode() + b"\n" + data)


@SETTINGS
@given(rows=rows)
def test_every_written_row_is_in_a_job_or_dropped_as_a_repeat(folder, rows):
    sink = io.StringIO()
    csv.writer(sink).writerows([COLUMNS, *rows])
    manifest = load(folder, "m.csv", sink.getvalue().encode("utf-8", "replace"))
    if manifest is None:
        return
    filled = {n for n, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)}
    dropped = {int(w.split()[1]) for w in manifest.warnings if "repeats row" in w}
    kept = {row for job in manifest.jobs for row in job.rows}
    assert kept | dropped == filled
    for job in manifest.jobs:
        assert job.errors or {edit.row for edit in job.edits} <= set(job.rows)
        assert job.errors or len(job.edits) >= 1
    assert all(isinstance(error, RowError) and error.row in kept for error in manifest.errors)
    json.dumps([job.raw for job in manifest.jobs], ensure_ascii=False).encode("utf-8")


@SETTINGS
@given(objects=st.lists(json_values, max_size=4))
def test_any_json_lines(folder, objects):
    load(folder, "m.jsonl", "\n".join(json.dumps(o) for o in objects).encode())


@SETTINGS
@given(
    value=json_values,
    place=st.sampled_from(["", "campaign", "locales", "assets", "asset", "edits", "edit", "box", "text"]),
)
def test_any_value_anywhere_in_a_document(folder, value, place):
    edit = {"action": "remove_text", "text": "A", "box": [0, 0, 1, 1]}
    asset = {"asset_id": "p", "image": "a.png", "edits": [edit]}
    document = {"campaign": "c", "source_locale": "en", "locales": ["ja"], "assets": [asset]}
    holder = {
        "campaign": document,
        "locales": document,
        "assets": document,
        "edits": asset,
        "box": edit,
        "text": edit,
    }
    if place in holder:
        holder[place][place] = value
    elif place == "asset":
        document["assets"] = [asset, value]
    elif place == "edit":
        asset["edits"] = [edit, value]
    load(folder, "m.json", json.dumps(document if place else value).encode())


plain = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=8
)


@SETTINGS
@given(
    texts=st.lists(
        plain.filter(lambda t: "\\" not in t and t != "*" and t.strip()), min_size=1, max_size=5, unique=True
    ),
    box=st.tuples(*[st.integers(0, 500)] * 2, *[st.integers(501, 900)] * 2),
)
def test_good_rows_come_back_as_written(folder, texts, box):
    sink = io.StringIO()
    writer = csv.DictWriter(sink, COLUMNS)
    writer.writeheader()
    for text in texts:
        writer.writerow(
            {"asset_id": "p", "image": "a.png", "locale": "ja", "action": "replace_text", "text": text,
             "replacement": text, "box": " ".join(map(str, box))}
        )  # fmt: skip
    manifest = load(folder, "m.csv", sink.getvalue().encode())
    assert manifest is not None
    assert [str(e) for e in manifest.errors] == []
    assert [(e.text, e.replacement, e.box) for e in manifest.jobs[0].edits] == [(t, t, box) for t in texts]
