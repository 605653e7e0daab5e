"""Rows against each other: repeats, contradictions, and no half-edited posters."""

from pathlib import Path

from localizer.manifest import load_manifest

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box,attribute"


def load(folder: Path, *rows: str):
    path = folder / "m.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return load_manifest(path)


def fields(manifest) -> set[tuple[int, str]]:
    return {(e.row, e.field) for e in manifest.errors}


def test_an_exact_repeat_is_dropped_and_told(tmp_path):
    row = "p,a.png,zh,ja,replace_text,A,B,,"
    manifest = load(tmp_path, row, "q,a.png,zh,ja,replace_text,A,B,,", row)
    assert [len(job.edits) for job in manifest.jobs] == [1, 1]
    assert manifest.jobs[0].rows == (2,)
    assert "row 4 repeats row 2 and was dropped" in manifest.warnings


def test_the_same_edit_under_two_spellings_of_a_locale_is_done_once(tmp_path):
    manifest = load(tmp_path, "p,a.png,en,zh-CN,replace_text,A,B,,", "p,a.png,en,zh-Hans,replace_text,A,B,,")
    (job,) = manifest.jobs
    assert (job.errors, len(job.edits), job.rows) == ((), 1, (2, 3))


def test_two_replacements_of_one_text_are_both_wrong_and_name_each_other(tmp_path):
    manifest = load(tmp_path, "p,a.png,zh,ja,replace_text,A,B,,", "p,a.png,zh,ja,replace_text,A,C,,")
    first, second = manifest.errors
    assert (first.row, first.field, "row 3" in first.message) == (2, "replacement", True)
    assert (second.row, second.field, "row 2" in second.message) == (3, "replacement", True)


def test_the_same_text_twice_is_fine_where_boxes_tell_them_apart(tmp_path):
    manifest = load(
        tmp_path, "p,a.png,zh,ja,replace_text,A,B,0 0 9 9,", "p,a.png,zh,ja,replace_text,A,C,9 9 20 20,"
    )
    assert manifest.errors == ()


def test_replacing_and_removing_one_text_contradict(tmp_path):
    manifest = load(tmp_path, "p,a.png,zh,ja,replace_text,A,B,,", "p,a.png,zh,ja,remove_text,A,,,")
    assert fields(manifest) == {(2, "action"), (3, "action")}


def test_different_styles_of_one_text_contradict(tmp_path):
    manifest = load(
        tmp_path, "p,a.png,zh,ja,replace_text,A,B,,colour=red", "p,a.png,zh,ja,replace_text,A,B,,colour=blue"
    )
    assert fields(manifest) == {(2, "attribute"), (3, "attribute")}


def test_other_locales_may_say_something_else(tmp_path):
    assert load(tmp_path, "p,a.png,zh,ja,replace_text,A,B,,", "p,a.png,zh,ko,replace_text,A,C,,").errors == ()


def test_an_asset_with_two_images_is_wrong_in_the_later_rows(tmp_path):
    manifest = load(
        tmp_path,
        "p,a.png,zh,ja,replace_text,A,B,,",
        "p,b.png,zh,ko,replace_text,A,B,,",
        "p,./a.png,zh,de,replace_text,A,B,,",
    )
    assert fields(manifest) == {(3, "image")}
    assert "row 2" in manifest.errors[0].message
    assert [bool(job.errors) for job in manifest.jobs] == [False, True, False]


def test_two_source_locales_in_one_job_are_wrong(tmp_path):
    manifest = load(tmp_path, "p,a.png,zh,ja,replace_text,A,B,,", "p,a.png,en,ja,replace_text,C,D,,")
    assert fields(manifest) == {(3, "source_locale")}


def test_one_wrong_row_stops_its_whole_job_and_no_other(tmp_path):
    manifest = load(
        tmp_path,
        "p,a.png,zh,ja,replace_text,A,B,,",
        "p,a.png,zh,ja,replace_text,,B,,",
        "p,a.png,zh,ko,replace_text,A,B,,",
    )
    ja, ko = manifest.jobs
    assert (ja.rows, [e.row for e in ja.errors]) == ((2, 3), [3])
    assert ko.errors == ()


def test_a_row_without_asset_id_spoils_the_job_it_was_meant_for(tmp_path):
    manifest = load(
        tmp_path,
        "p,a.png,zh,ja,replace_text,A,B,,",
        ",a.png,zh,ja,replace_text,C,D,,",
        "p,a.png,zh,ko,replace_text,A,B,,",
        ",zzz.png,zh,ko,replace_text,A,B,,",
    )
    assert [(j.asset_id, j.locale, bool(j.errors)) for j in manifest.jobs] == [
        ("p", "ja", True),
        ("p", "ko", False),
        ("", "ko", True),
    ]


def test_a_row_without_asset_id_spoils_nothing_where_several_assets_share_its_image(tmp_path):
    manifest = load(
        tmp_path,
        "p,a.png,zh,ja,replace_text,A,B,,",
        "q,a.png,zh,ja,replace_text,A,B,,",
        ",a.png,zh,ja,replace_text,C,D,,",
    )
    assert [(j.asset_id, bool(j.errors)) for j in manifest.jobs] == [("p", False), ("q", False), ("", True)]


def test_the_campaign_is_named_after_the_file_and_safe(tmp_path):
    path = tmp_path / ".Summer sale  夏.csv"
    path.write_text(f"{HEADER}\np,a.png,zh,ja,replace_text,A,B,,\n", encoding="utf-8")
    assert load_manifest(path).campaign == "Summer-sale-夏"
