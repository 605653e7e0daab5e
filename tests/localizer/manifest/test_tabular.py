"""Tabular manifests: formats, encodings, columns, and what one wrong row costs."""

import io
import json
from pathlib import Path

import pytest

from localizer.errors import ManifestError
from localizer.manifest import COLUMNS, load_manifest
from localizer.model import Action
from localizer.tables import MAX_LINE

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box,object,attribute"


def write(folder: Path, content: str | bytes, name: str = "m.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def load(folder: Path, *rows: str, header: str = HEADER):
    return load_manifest(write(folder, "\n".join([header, *rows]) + "\n"))


def reasons(manifest) -> list[str]:
    return [str(error) for error in manifest.errors]


def test_rows_of_one_asset_and_locale_make_one_job(tmp_path):
    manifest = load(
        tmp_path,
        "p1,a.png,zh-CN,ja,replace_text,限时,期間限定,,,",
        "p1,a.png,zh-CN,ko,replace_text,限时,기간 한정,,,",
        'p1,a.png,zh-Hans,ja,remove_object,,,"10,20, 30 40",logo,',
        "p1,a.png,,ja,add_text,,新発売,0 0 50 20,,colour=gold; weight=bold; align=centre; size=48px",
    )
    ja, ko = manifest.jobs
    assert manifest.errors == ()
    assert (ja.asset_id, ja.locale, ja.source_locale, ja.rows) == ("p1", "ja", "zh-Hans", (2, 4, 5))
    assert [e.action for e in ja.edits] == [Action.REPLACE_TEXT, Action.REMOVE_OBJECT, Action.ADD_TEXT]
    assert ja.edits[1].box == (10, 20, 30, 40)
    assert ja.edits[1].object == "logo"
    assert ja.edits[2].attribute == {"colour": "gold", "weight": "bold", "align": "center", "size": "48"}
    assert [e.row for e in ja.edits] == [2, 4, 5]
    assert (ko.locale, ko.rows, ko.edits[0].replacement) == ("ko", (3,), "기간 한정")
    assert manifest.campaign == "m"
    assert manifest.image_root == str(tmp_path)


def test_values_that_data_frames_like_to_guess_stay_text(tmp_path):
    manifest = load(
        tmp_path,
        "NA,null,en,de,replace_text,NA,null,,,",
        "007,1.0,en,de,replace_text,1.0,NaN,,,",
        "1e5,TRUE,en,de,replace_text,None,007,,,",
    )
    assert manifest.errors == ()
    assert [(j.asset_id, j.image, j.edits[0].text, j.edits[0].replacement) for j in manifest.jobs] == [
        ("NA", "null", "NA", "null"),
        ("007", "1.0", "1.0", "NaN"),
        ("1e5", "TRUE", "None", "007"),
    ]


def test_line_breaks_quoted_or_literal_and_windows_line_ends(tmp_path):
    rows = [
        'p,a.png,zh,ja,replace_text,"限时\r\n特惠",期間\\n限定,,,',
        "q,b.png,zh,xx-bad-,replace_text,a,b,,,",
        "",
    ]
    content = "\r\n".join([HEADER, *rows])
    manifest = load_manifest(write(tmp_path, content))
    assert manifest.jobs[0].edits[0].text == "限时\n特惠"
    assert manifest.jobs[0].edits[0].replacement == "期間\n限定"
    # A record with a line break in it is one spreadsheet row.
    assert [(e.row, e.field) for e in manifest.errors] == [(3, "locale")]


@pytest.mark.parametrize(
    ("encoding", "bom"),
    [("utf-8", b""), ("utf-8-sig", b""), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")],
)
def test_unicode_encodings_need_no_warning(tmp_path, encoding, bom):
    content = f"{HEADER}\n海报-01,a.png,zh,ja,replace_text,限时,期間限定,,,\n"
    manifest = load_manifest(write(tmp_path, bom + content.encode(encoding)))
    assert manifest.warnings == ()
    assert (manifest.jobs[0].asset_id, manifest.jobs[0].edits[0].text) == ("海报-01", "限时")


def test_gb18030_is_read_with_a_clear_warning(tmp_path):
    content = f"{HEADER}\n海报,a.png,zh,en,replace_text,限时特惠，满300减50,Sale,,,\n"
    manifest = load_manifest(write(tmp_path, content.encode("gb18030")))
    assert manifest.jobs[0].edits[0].text == "限时特惠，满300减50"
    assert any("GB 18030" in warning for warning in manifest.warnings)


def test_windows_1252_is_not_taken_for_chinese(tmp_path):
    content = f"{HEADER}\np,a.png,en,fr,replace_text,Coffee,Prêt à porter déjà créé,,,\n"
    with pytest.raises(ManifestError, match="save it as UTF-8"):
        load_manifest(write(tmp_path, content.encode("cp1252")))


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_separators_are_recognised_and_told(tmp_path, delimiter):
    content = f"{HEADER}\np,a.png,en,de,replace_text,A,B,,,\n".replace(",", delimiter)
    manifest = load_manifest(write(tmp_path, content))
    assert manifest.jobs[0].edits[0].replacement == "B"
    assert any("separated by" in warning for warning in manifest.warnings)


def test_tsv_jsonl_and_parquet_read_as_csv_does(tmp_path):
    import pandas as pd

    rows = [
        dict(
            zip(
                COLUMNS,
                ["p1", "a.png", "en", "de", "replace_text", "NA", "1.0", "1 2 3 4", "", "size=4", "", ""],
                strict=True,
            )
        ),
        dict(
            zip(
                COLUMNS,
                ["p2", "b.png", "en", "de", "remove_text", 'a, b\n"c"', "", "", "", "", "own", ""],
                strict=True,
            )
        ),
    ]
    frame = pd.DataFrame(rows)
    frame.to_csv(tmp_path / "m.csv", index=False)
    frame.to_csv(tmp_path / "m.tsv", index=False, sep="\t")
    frame.to_parquet(tmp_path / "m.parquet")
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    want = load_manifest(tmp_path / "m.csv")
    assert [job.edits[0].text for job in want.jobs] == ["NA", 'a, b\n"c"']
    assert load_manifest(tmp_path / "m.tsv").jobs == want.jobs
    assert load_manifest(tmp_path / "m.parquet").jobs == want.jobs
    lines = load_manifest(tmp_path / "m.jsonl")
    assert [job.edits[0].text for job in lines.jobs] == ["NA", 'a, b\n"c"']
    assert [job.rows for job in lines.jobs] == [(1,), (2,)]  # line numbers


def test_parquet_with_numbers_lists_and_nulls(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "asset_id": pa.array([1001, 1002]),
            "image": ["a.png", "b.png"],
            "locale": ["ja", "ja"],
            "action": ["remove_object", "replace_text"],
            "box": pa.array([[1, 2, 3, 4], None], pa.list_(pa.int64())),
            "text": [None, "A"],
            "replacement": [None, "B"],
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    manifest = load_manifest(write(tmp_path, sink.getvalue(), "m.parquet"))
    assert reasons(manifest) == []
    assert [(j.asset_id, j.rows, j.edits[0].box) for j in manifest.jobs] == [
        ("1001", (2,), (1, 2, 3, 4)),
        ("1002", (3,), None),
    ]


def test_json_lines_take_lists_and_objects_and_name_the_line(tmp_path):
    lines = [
        '{"asset_id":"p","image":"a.png","locale":"ja","action":"add_text","replacement":"新","box":[0,0,9.2,9],"attribute":{"colour":"red","size":12}}',
        "",
        '{"asset_id":"q","image":"a.png","locale":"ja","action":"remove_text","text":"x"',
        '{"asset_id":"r","image":"a.png","locale":"ja","action":"remove_text","text":true}',
        "[1]",
        '{"asset_id":"s","image":"a.png","locale":"ja","action":"remove_text","text":"a","text":"b"}',
        '{"asset_id":"t","image":"a.png","locale":"ja","action":"remove_text","text":"\\ud800"}',
    ]
    manifest = load_manifest(write(tmp_path, "\n".join(lines), "m.jsonl"))
    good = manifest.jobs[0]
    assert (good.edits[0].box, good.edits[0].attribute) == ((0, 0, 10, 9), {"colour": "red", "size": "12"})
    assert {(e.row, e.field) for e in manifest.errors} == {
        (3, "row"),
        (4, "text"),
        (5, "row"),
        (6, "row"),
        (7, "row"),
    }
    # A broken line still spoils the job that it says it belongs to.
    assert [j.asset_id for j in manifest.jobs] == ["p", "q", "r", "", "s", "t"]


def test_a_broken_json_line_spoils_its_own_job_only(tmp_path):
    good = '{"asset_id":"p","image":"a.png","locale":"ja","action":"remove_text","text":"x"}'
    other = good.replace('"p"', '"q"')
    manifest = load_manifest(write(tmp_path, f"{good}\n{good[:-1]},,}}\n{other}\n", "m.jsonl"))
    p, q = manifest.jobs
    assert (p.asset_id, p.rows, [e.row for e in p.errors]) == ("p", (1, 2), [2])
    assert q.errors == ()


def test_an_unknown_column_costs_the_rows_that_use_it(tmp_path):
    manifest = load(
        tmp_path,
        "p,a.png,ja,remove_text,x,gold",
        "q,a.png,ja,remove_text,x,",
        header="asset_id,image,locale,action,text,atribute",
    )
    assert reasons(manifest)[0].startswith(
        "row 2, atribute: is not a column of a manifest; did you mean 'attribute'?"
    )
    assert [(j.asset_id, bool(j.errors)) for j in manifest.jobs] == [("p", True), ("q", False)]


def test_an_unknown_column_without_values_is_only_told(tmp_path):
    manifest = load(tmp_path, "p,a.png,ja,remove_text,x,", header="asset_id,image,locale,action,text,notes")
    assert manifest.errors == ()
    assert any("notes" in warning for warning in manifest.warnings)


def test_headers_may_be_written_for_people(tmp_path):
    manifest = load(tmp_path, "p,a.png,ja,remove_text,x", header="Asset ID, Image ,LOCALE,Action,Text")
    assert manifest.errors == ()


def test_a_value_beyond_the_header_is_an_error_of_that_row(tmp_path):
    manifest = load(
        tmp_path, "p,a.png,en,ja,replace_text,A,B,,,,, stray", "q,a.png,en,ja,replace_text,A,B,,,,,"
    )
    assert [(e.row, e.field) for e in manifest.errors] == [(2, "column 12")]


def test_blank_rows_are_skipped_but_counted(tmp_path):
    manifest = load(
        tmp_path, "p,a.png,en,ja,replace_text,A,B,,,", "", ",,,,,,,,,", "q,a.png,en,ja,fly,A,B,,,"
    )
    assert [(e.row, e.field) for e in manifest.errors] == [(5, "action")]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("", "m.csv", "header|no rows"),
        (HEADER + "\n", "m.csv", "no rows"),
        (HEADER + "\n,,,,\n", "m.csv", "no rows"),
        ("asset_id,image,locale\na,b,c\n", "m.csv", "'action'"),
        ("asset_id,picture,locale,action\na,b,c,d\n", "m.csv", "'image'"),
        ("asset_id,image,locale,action,image\na,b,c,d,e\n", "m.csv", "'image' is there twice"),
        (HEADER + '\np,a.png,en,ja,replace_text,"A,B,,,\nq,a.png\n', "m.csv", "row 2 opens a quote"),
        (b"PK\x03\x04rest", "m.csv", "Excel"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "m.csv", "m.csv"),
        (b"not parquet", "m.parquet", "Parquet"),
        ("x", "m.xlsx", r"\.csv"),
        ("\n\n", "m.jsonl", "no rows"),
    ],
)
def test_what_cannot_be_read_at_all_names_the_file(tmp_path, content, name, message):
    with pytest.raises(ManifestError, match=message):
        load_manifest(write(tmp_path, content, name))


def test_a_missing_file_a_folder_and_an_odd_scheme(tmp_path):
    with pytest.raises(ManifestError, match="no such file"):
        load_manifest(tmp_path / "none.csv")
    with pytest.raises(ManifestError, match="not a file"):
        load_manifest(tmp_path)
    with pytest.raises(ManifestError, match="gs://"):
        load_manifest("https://example.com/m.csv")


def test_a_manifest_and_its_deck_can_lie_in_a_bucket(gcs_uri):
    from localizer.storage import open_storage

    storage = open_storage(gcs_uri)
    storage.write("m.csv", f"{HEADER}\np,a.png,zh,ja,translate_text,限时,,,,\n".encode())
    storage.write("copy_deck.json", '{"ja": {"限时": "期間"}}'.encode())
    manifest = load_manifest(f"{gcs_uri}/m.csv")
    assert (manifest.image_root, manifest.campaign, len(manifest.jobs)) == (gcs_uri, "m", 1)
    assert manifest.deck.lookup("限时", "zh-Hans", "ja") == "期間"
    assert load_manifest(f"{gcs_uri}/m.csv", copy_deck=f"{gcs_uri}/copy_deck.json").deck.entries
    with pytest.raises(ManifestError, match="no such file"):
        load_manifest(f"{gcs_uri}/none.csv")


def test_ten_thousand_rows_load_in_seconds(tmp_path):
    import time

    rows = [f"p{n // 5},img/{n // 5}.png,zh-CN,{tag},replace_text,限时{n},Sale {n},1 2 30 40,,colour=red"
            for n in range(0, 10_000, 5) for tag in ("ja", "ko", "de", "pt-BR", "ar")]  # fmt: skip
    started = time.perf_counter()
    manifest = load(tmp_path, *rows)
    assert (len(manifest.jobs), manifest.errors) == (10_000, ())
    assert time.perf_counter() - started < 10  # about one second; ten on a machine that is busy


@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_a_line_without_end_is_refused_before_it_is_held(tmp_path, name):
    with pytest.raises(ManifestError, match="line 2 is longer"):
        load_manifest(write(tmp_path, HEADER + "\n" + "x" * (MAX_LINE + 1) + "\n", name))


def test_more_columns_than_anybody_needs_are_refused(tmp_path):
    header = ",".join([HEADER, *(f"c{n}" for n in range(1000))])
    with pytest.raises(ManifestError, match="1010 columns"):
        load_manifest(write(tmp_path, f"{header}\np,a.png\n"))


def test_bytes_that_break_the_encoding_far_down_are_found(tmp_path):
    rows = "".join(f"p{n},a.png,zh,en,replace_text,限时特惠，满{n}减五十,Sale,,,\n" for n in range(40_000))
    data = f"{HEADER}\n{rows}".encode()
    with pytest.raises(ManifestError, match="neither UTF-8 nor GB 18030"):
        load_manifest(write(tmp_path, data + b"\xff\xff\n"))
    with pytest.raises(ManifestError, match="begins like utf-8-sig"):
        load_manifest(write(tmp_path, b"\xef\xbb\xbf" + data + b"\xff\n"))
    manifest = load_manifest(write(tmp_path, f"{HEADER}\n{rows}".encode("gb18030")))
    assert manifest.jobs[-1].edits[0].text == "限时特惠，满39999减五十"
