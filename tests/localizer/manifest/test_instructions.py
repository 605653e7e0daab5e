"""The column `instruction` in every form of manifest, and the right to take out a mark."""

import json
import re
from dataclasses import replace

import pytest

from localizer.manifest import load_manifest
from localizer.model import Action, Edit
from localizer.planning import job_key

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box,object,attribute,rights,instruction"


def load(folder, *rows: str, header: str = HEADER):
    path = folder / "m.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return load_manifest(path)


def row(instruction: str, *, locale="en", action="", text="", box="", attribute="", rights="") -> str:
    return f'p,a.png,zh-CN,{locale},{action},{text},,{box},,{attribute},{rights},"{instruction}"'


def test_a_sentence_becomes_edits_beside_ordinary_rows(tmp_path):
    manifest = load(
        tmp_path,
        row("将「新品」改为「热销」，金色；删除「旧」"),
        row("", action="remove_text", text="清仓"),
    )
    assert manifest.errors == ()
    assert manifest.jobs[0].edits == (
        Edit(Action.REPLACE_TEXT, "新品", "热销", attribute={"colour": "gold"}, row=2),
        Edit(Action.REMOVE_TEXT, "旧", row=2),
        Edit(Action.REMOVE_TEXT, "清仓", row=3),
    )


def test_a_table_needs_no_column_action_where_it_has_instructions(tmp_path):
    header = "asset_id,image,locale,instruction"
    manifest = load(tmp_path, "p,a.png,en,删除「A」", "q,a.png,en,", header=header)
    assert manifest.jobs[0].edits == (Edit(Action.REMOVE_TEXT, "A", row=2),)
    assert [(e.row, e.field) for e in manifest.errors] == [(3, "action")]


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        (row("删除「A」", action="remove_text"), "action", "an action or an instruction, not both"),
        (row("删除「A」", text="A"), "text", "not both"),
        (row("删除「A」", attribute="colour=red"), "attribute", "not both"),
        (row("弄得好看一点"), "instruction", "“弄得好看一点” was not understood"),
        (row("将「A」翻译为英文", locale="ja"), "instruction", "the row's locale is ja"),
        (row("翻译「A」", locale="und"), "locale", "no language"),
        (row("删除「A」和「B」", box="1 2 3 4"), "instruction", "one box for 2 edits"),
        (row("删除品牌Logo", box="1 2 3"), "box", "four numbers"),
        (row("删除「\\n」"), "instruction", "nothing but a line break"),
        (row("将「A」改为「B」；将「A」改为「C」"), "instruction", "contradicts itself"),
        (row("删除「A」", rights="stolen"), "rights", "own, licensed"),
    ],
)
def test_a_wrong_instruction_is_named_by_row_and_field(tmp_path, given, field, message):
    manifest = load(tmp_path, "o,a.png,en,en,remove_text,A,,,,,,", given)
    error = next(e for e in manifest.errors if e.field == field)
    assert error.row == 3
    assert re.search(message, error.message), error.message
    assert not manifest.jobs[0].errors


def test_two_rows_that_contradict_each_other_are_told_by_their_instructions(tmp_path):
    manifest = load(tmp_path, row("将「A」改为「B」"), row("", action="remove_text", text="A"))
    assert {(e.row, e.field) for e in manifest.errors} == {(2, "instruction"), (3, "action")}


def test_texts_are_added_at_several_places_but_not_twice_at_one(tmp_path):
    assert load(tmp_path, row("在左上角添加「A」；在右上角添加「B」")).errors == ()
    assert load(tmp_path, row("在左上角添加「A」；在左上角添加「B」")).errors


def test_an_object_without_a_box_needs_a_place(tmp_path):
    header = "asset_id,image,locale,action,object,attribute"
    manifest = load(tmp_path, "p,a.png,und,remove_object,logo,place=top left", header=header)
    assert manifest.errors == ()
    (error,) = load(tmp_path, "p,a.png,und,remove_object,logo,", header=header).errors
    assert "place=top left" in error.message


def test_a_line_break_in_a_sentence_is_one_in_the_copy(tmp_path):
    (edit,) = load(tmp_path, row("添加「A\\nB」")).jobs[0].edits
    assert edit.replacement == "A\nB"


def test_rights_reach_the_edit_and_leave_other_keys_alone(tmp_path):
    (edit,) = load(tmp_path, row("删除左上角的Logo", rights="Own")).jobs[0].edits
    assert edit.rights == "own"
    assert Edit.from_dict(edit.to_dict()) == edit
    plain = replace(edit, rights="")
    assert "rights" not in plain.to_dict()

    def key(one: Edit) -> str:
        return job_key(
            source_sha256="s", source_locale="zh", locale="ja", edits=[one], engine={}, brand_digest="b"
        )

    assert key(edit) != key(plain)


def document(folder, *edits, **asset):
    content = {
        "campaign": "c",
        "source_locale": "zh-CN",
        "locales": ["en", "de"],
        "assets": [{"asset_id": "p", "image": "a.png", "edits": list(edits), **asset}],
    }
    path = folder / "m.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return load_manifest(path)


def test_a_document_takes_instructions_and_rights(tmp_path):
    manifest = document(
        tmp_path,
        {"instruction": "删除左上角的Logo", "rights": "licensed"},
        {"instruction": "将「A」翻译为英文", "locales": ["en"]},
        {"action": "remove_object", "object": "watermark", "box": [1, 2, 3, 4]},
        rights="own",
    )
    assert manifest.errors == ()
    english, german = manifest.jobs
    assert [e.action for e in english.edits] == ["remove_object", "translate_text", "remove_object"]
    assert [e.rights for e in german.edits] == ["licensed", "own"]


@pytest.mark.parametrize(
    ("edit", "field", "message"),
    [
        ({}, "/assets/0/edits/0", "'action' is a required property"),
        ({"instruction": "删除「A」", "action": "remove_text"}, "/assets/0/edits/0/action", "not both"),
        ({"instruction": "变魔术"}, "/assets/0/edits/0/instruction", "变魔术"),
        ({"instruction": "删除「A」", "rights": "mine"}, "/assets/0/edits/0/rights", "own"),
    ],
)
def test_a_wrong_document_is_named_by_its_pointer(tmp_path, edit, field, message):
    found = {e.field: e.message for e in document(tmp_path, edit).errors}
    assert message in found[field], found
