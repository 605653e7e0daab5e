"""Several decks as one, and where decks lie."""

import pytest

from localizer.copydeck import DeckRow, load_copy_deck, merge_decks, read_copy_deck, write_deck
from localizer.errors import CopyDeckError, ManifestError
from localizer.manifest.loading import load_manifest

MANIFEST = "asset_id,image,source_locale,locale,action,text\na,a.png,en,ja,translate_text,Sale\n"


def deck(content: str, name: str):
    return read_copy_deck(content.encode(), name=name)


def test_decks_that_contradict_each_other_approve_neither():
    merged = merge_decks(
        [
            deck("source,ja,de\nSale,セール,Angebot\nNew,新,\n", "one.csv"),
            deck("source,ja,de\nSale,特売,Angebot\nFree,無料,\n", "two.csv"),
            deck("source,ja\nSale,セール\n", "three.csv"),
        ]
    )
    assert merged.lookup("Sale", "en", "ja") is None
    assert merged.draft("Sale", "en", "ja").target == "セール"
    assert merged.lookup("Sale", "en", "de") == "Angebot"
    assert (merged.lookup("New", "en", "ja"), merged.lookup("Free", "en", "ja")) == ("新", "無料")
    assert merged.warnings == (
        "the copy contradicts itself: 'Sale' in ja is 'セール' at one.csv: row 2, ja and '特売' at two.csv: "
        "row 2, ja; it is not approved until one of them is gone",
    )
    assert merged.name == "one.csv, two.csv, three.csv"


def test_approved_copy_of_a_later_deck_goes_before_a_draft_of_an_earlier_one():
    merged = merge_decks(
        [
            deck("source,locale,target,state\nSale,ja,x,draft\n", "one.csv"),
            deck("source,ja\nSale,セール\n", "two.csv"),
        ]
    )
    assert merged.lookup("Sale", "en", "ja") == "セール"
    assert merged.warnings == ()


def test_a_folder_a_list_and_a_name_with_a_comma(tmp_path):
    (tmp_path / "decks").mkdir()
    for name, target in (("a.csv", "セール"), ("b.json", ""), ("~$a.csv", "lock"), (".b.csv", "hidden")):
        text = f"source,ja\nSale,{target}\n" if name.endswith("csv") else '{"de": {"Sale": "Angebot"}}'
        (tmp_path / "decks" / name).write_text(text, encoding="utf-8")
    (tmp_path / "decks" / "notes.txt").write_text("not a deck")
    for place in (tmp_path / "decks", f"{tmp_path}/decks/a.csv, {tmp_path}/decks/b.json"):
        read = load_copy_deck(place)
        assert (read.lookup("Sale", "en", "ja"), read.lookup("Sale", "en", "de")) == ("セール", "Angebot")
    (tmp_path / "sale, 2026.csv").write_text("source,ja\nSale,特売\n", encoding="utf-8")
    assert load_copy_deck(tmp_path / "sale, 2026.csv").lookup("Sale", "en", "ja") == "特売"
    (tmp_path / "empty").mkdir()
    with pytest.raises(CopyDeckError, match="the folder holds no deck"):
        load_copy_deck(tmp_path / "empty")


def test_every_deck_beside_a_manifest_is_used(tmp_path):
    (tmp_path / "m.csv").write_text(MANIFEST, encoding="utf-8")
    write_deck([DeckRow("Sale", "en", "ja", "セール")], tmp_path / "copy_deck.ja.xlf")
    write_deck([DeckRow("Sale", "en", "de", "Angebot")], tmp_path / "copy_deck" / "de.tmx")
    (tmp_path / "copy_deck.yaml").write_text("ko: {Sale: 세일}", encoding="utf-8")
    (tmp_path / "copy_deck.before-summer.csv").write_text("source,ja\nSale,昔\n", encoding="utf-8")
    (tmp_path / "copy_deck.csv.bak").write_text("source,ja\nSale,昔\n", encoding="utf-8")
    manifest = load_manifest(tmp_path / "m.csv")
    assert [manifest.deck.lookup("Sale", "en", locale) for locale in ("ja", "de", "ko")] == [
        "セール",
        "Angebot",
        "세일",
    ]
    assert manifest.warnings[0] == (
        "the copy decks copy_deck.ja.xlf, copy_deck.yaml, copy_deck/de.tmx beside the manifest are used"
    )


def test_a_manifest_is_given_several_decks(tmp_path, gcs_uri):
    from localizer.storage import open_storage

    (tmp_path / "m.csv").write_text(MANIFEST, encoding="utf-8")
    (tmp_path / "mine.csv").write_text("source,ja\nSale,セール\n", encoding="utf-8")
    storage = open_storage(gcs_uri)
    storage.write("decks/de.csv", b"source,de\nSale,Angebot\n")
    storage.write("decks/ko.json", '{"ko": {"Sale": "세일"}}'.encode())
    storage.write("decks/old/ko.json", b'{"ko": {"Sale": "x"}}')
    places = f"{tmp_path}/mine.csv,{gcs_uri}/decks"
    deck = load_manifest(tmp_path / "m.csv", copy_deck=places).deck
    assert [deck.lookup("Sale", "en", locale) for locale in ("ja", "de", "ko")] == [
        "セール",
        "Angebot",
        "세일",
    ]
    with pytest.raises(ManifestError, match="is no deck and no folder of decks"):
        load_manifest(tmp_path / "m.csv", copy_deck=f"{gcs_uri}/none")


def test_a_deck_of_a_list_that_is_not_the_tenants_is_not_read(tmp_path):
    from localizer.storage.prefixes import only_from

    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "deck.csv").write_text("source,ja\nSale,セール\n", encoding="utf-8")
    (tmp_path / "mine" / "m.csv").write_text(MANIFEST, encoding="utf-8")
    places = f"{tmp_path}/mine/deck.csv,{tmp_path}/theirs/deck.csv"
    with (
        only_from([str(tmp_path / "mine")]),
        pytest.raises(ManifestError, match="outside what this campaign's"),
    ):
        load_manifest(tmp_path / "mine" / "m.csv", copy_deck=places)
