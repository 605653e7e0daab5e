"""States and other columns of tables, keyed locale tables, and tables that are filled in."""

import csv
import re

import pytest

from localizer.copydeck import DeckRow, fill_deck, load_copy_deck, read_copy_deck, read_deck_rows, write_deck
from localizer.errors import CopyDeckError

LONG = "source_locale,source,locale,target,state\n"


@pytest.mark.parametrize(
    ("state", "is_approved"),
    [
        ("", True),
        ("Approved", True),
        ("translated", True),
        ("Signed-off", True),
        ("draft", False),
        ("needs_review", False),
        ("Needs review", False),
        ("missing", False),
        ("untranslated", False),
        ("in Bearbeitung", False),
    ],
)
def test_a_row_is_approved_unless_its_state_says_otherwise(state, is_approved):
    deck = read_copy_deck(f"{LONG}en,Sale,ja,セール,{state}\n".encode(), name="d.csv")
    assert (deck.lookup("Sale", "en", "ja") == "セール") is is_approved
    assert any("is not known" in warning for warning in deck.warnings) is (state == "in Bearbeitung")


@pytest.mark.parametrize(
    ("column", "cell", "is_approved"),
    [
        ("Status", "draft", False),
        ("Status", "final", True),
        ("Translation status", "in Bearbeitung", False),
        ("Approved", "no", False),
        ("Approved", "", False),
        ("approved", "Yes", True),
        ("reviewed", "not yet", False),
    ],
)
def test_the_state_by_another_name(column, cell, is_approved):
    deck = read_copy_deck(f"source,locale,target,{column}\nSale,ja,セール,{cell}\n".encode(), name="d.csv")
    assert (deck.lookup("Sale", "en", "ja") == "セール") is is_approved
    wide = read_copy_deck(f"source,ja,{column}\nSale,セール,{cell}\n".encode(), name="d.csv")
    assert (wide.lookup("Sale", "en", "ja") == "セール") is is_approved


def test_a_state_holds_for_all_columns_of_a_row():
    deck = read_copy_deck(b"source,ja,de,state,note\nA,B,C,draft,why\nD,E,,,\n", name="d.csv")
    assert deck.draft("A", "en", "de") == ("C", "row 2, de", False, "why", "A")
    assert deck.lookup("A", "en", "ja") is None
    assert deck.lookup("D", "en", "ja") == "E"


def test_approved_copy_goes_before_a_draft_of_the_same_string():
    for order in (1, -1):
        lines = ["en,Sale,ja,セール,\n", "en,Sale,ja,ドラフト,draft\n"][::order]
        deck = read_copy_deck((LONG + "".join(lines)).encode(), name="d.csv")
        assert deck.lookup("Sale", "en", "ja") == "セール"
        assert deck.draft("Sale", "en", "ja") is None


def test_a_number_of_characters_is_a_number():
    with pytest.raises(CopyDeckError, match=r"d\.csv: row 2, most_characters: '-1' is not a number"):
        read_copy_deck(b"source,ja,most_characters\nA,B,-1\n", name="d.csv")
    assert read_copy_deck(b"source,ja,most_characters\nA,B,12.0\n", name="d.csv")


KEYED = """
source_texts: zh-CN
zh-CN: {hero: 限时特惠, date: 2026-11-11, cta: "立即\\n抢购"}
no: {hero: Tidsbegrenset, extra: x, cta: }
ja: {hero: {target: 期間限定, state: draft, note: kurz}, date: 2026-11-11}
"""


def test_tables_whose_keys_are_names():
    deck = read_copy_deck(KEYED.encode(), name="d.yaml")
    assert deck.lookup("限时特惠", "zh-Hans", "no") == "Tidsbegrenset"  # Norwegian, not false
    assert deck.lookup("2026-11-11", "zh-Hans", "ja") == "2026-11-11"  # text, not a date
    assert deck.draft("限时特惠", "zh-Hans", "ja").note == "kurz"
    assert len(deck) == 3
    assert any("/no/extra: has no text in 'zh-CN'" in warning for warning in deck.warnings)


def test_one_source_locale_for_all():
    deck = read_copy_deck('{"source_locale": "zh-TW", "ja": {"特惠": "セール"}}'.encode(), name="d.json")
    assert deck.lookup("特惠", "zh-Hant", "ja") == "セール"
    assert deck.lookup("特惠", "zh-Hans", "ja") is None


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("{ja: {a: {targte: b}}}", "d.yaml", "/ja/a/targte: is not a field.*target"),
        ("{ja: {a: {target: [b]}}}", "d.yaml", "/ja/a/target: must be text, not list"),
        ("{ja: {a: {target: b, most_characters: many}}}", "d.yaml", "/ja/a/most_characters"),
        ("{source_texts: en, ja: {a: b}}", "d.yml", "/source_texts: there is no table 'en'"),
        ("{source_locale: en_, ja: {a: b}}", "d.yml", "/source_locale"),
        ("a: &x {b: c}\nja: *x", "d.yaml", "is not valid YAML: the alias"),
        ("{ja: {a: b, a: c}}", "d.yaml", "'a' is there twice"),
        ("{", "d.yaml", "is not valid YAML"),
        ("- a", "d.yaml", "must be an object of locales"),
        ('{"ja": {"a": true}}', "d.json", "/ja/a: must be text, not bool"),
    ],
)
def test_a_wrong_locale_table_is_named_by_file_and_place(content, name, message):
    with pytest.raises(CopyDeckError, match=message) as caught:
        read_copy_deck(content.encode(), name=name)
    assert str(caught.value).startswith(name)


COPY = [
    DeckRow("Sale", "en", "ja", "セール"),
    DeckRow("Sale", "en", "de", "Angebot", "draft"),
    DeckRow("New", "en", "de", "Neu"),
]


def test_a_table_is_filled_and_keeps_its_other_columns(tmp_path):
    path = tmp_path / "deck.csv"
    path.write_text(
        "ID;Source Locale;Source;Locale;Target;State;Reviewer\r\n7;en;Sale;ja;;;mia\r\n8;en;Sale;de;;;mia\r\n"
        '9;en;New;de;draft;draft;"a;b"\r\n',
        encoding="utf-16",
    )
    assert fill_deck(COPY, path) == 3
    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        "ID;Source Locale;Source;Locale;Target;State;Reviewer",
        "7;en;Sale;ja;セール;approved;mia",
        "8;en;Sale;de;Angebot;draft;mia",
        '9;en;New;de;Neu;approved;"a;b"',
    ]
    assert fill_deck(COPY, path) == 0


def test_a_draft_is_not_filled_in_where_it_would_be_taken_for_approved(tmp_path):
    path = tmp_path / "deck.csv"
    path.write_text("source_locale,source,ja,de\nen,Sale,,\nen,New,,keep\n", encoding="utf-8")
    assert fill_deck(COPY, path, out=tmp_path / "out.csv") == 1
    deck = load_copy_deck(tmp_path / "out.csv")
    assert deck.lookup("Sale", "en", "ja") == "セール"
    assert deck.lookup("New", "en", "de") == "keep"
    assert len(deck) == 2
    assert not load_copy_deck(path).lookup("Sale", "en", "ja")


def test_other_forms_are_not_filled(tmp_path):
    with pytest.raises(CopyDeckError, match=r"only CSV, TSV and XLIFF are filled in"):
        fill_deck(COPY, tmp_path / "deck.tmx")


def test_a_read_row_knows_its_place(tmp_path):
    (tmp_path / "d.csv").write_text("source,ja,de\nA,B,\n", encoding="utf-8")
    assert [(row.where, row.state) for row in read_deck_rows(tmp_path / "d.csv")] == [
        ("row 2, ja", "approved"),
        ("row 2, de", "missing"),
    ]


def test_nobody_is_asked_for_a_string_in_its_own_language(tmp_path):
    (tmp_path / "d.csv").write_text(
        "source_locale,source,en,ja\nen,Sale,,\nen,100%,100%,\n", encoding="utf-8"
    )
    assert [(row.source, row.locale, row.target) for row in read_deck_rows(tmp_path / "d.csv")] == [
        ("Sale", "ja", ""),
        ("100%", "en", "100%"),
        ("100%", "ja", ""),
    ]


FORMULAS = [
    "=1+1",
    "-20%",
    "+1 gratis",
    "@lumea",
    "—heute",
    "Sale; -20%",
    "a\n=b",
    "'-5",
    "''=x",
    "'s morgens",
    "x=1",
]


def test_no_text_becomes_a_formula_in_a_spreadsheet(tmp_path):
    rows = [DeckRow(text, "en", "de", text, note=text, context=(text,)) for text in FORMULAS]
    (path,) = write_deck(rows, tmp_path / "d.csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        for cells in csv.DictReader(file):
            for cell in cells.values():
                assert not re.search(r"(\A|(?<=[;\n]))\s*[=+@—-]", cell), cell
    assert list(read_deck_rows(path)) == rows
    odd = [
        DeckRow(text, "en", "af", target) for text in FORMULAS for target in ("'n Aanbod", "'-5", "''x", "''")
    ]
    for index, row in enumerate(odd):
        (path,) = write_deck([row], tmp_path / f"odd{index}.csv")
        assert list(read_deck_rows(path)) == [row]
    empty = [DeckRow(text, "en", "de") for text in FORMULAS]
    (path,) = write_deck(empty, tmp_path / "e.csv")
    assert fill_deck(rows, path) == len(rows)
    assert [row.target for row in read_deck_rows(path)] == FORMULAS


def test_an_apostrophe_that_a_translator_kept_is_not_copy():
    deck = read_copy_deck(b"source,de\n'-20% today,'Heute -20 %\nnow,'s geht los\n", name="d.csv")
    assert deck.lookup("-20% today", "en", "de") == "Heute -20 %"
    assert deck.lookup("now", "en", "de") == "'s geht los"
