"""Copy decks: three forms, exact lookup, and contradictions."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.copydeck import CopyDeck, fold_source, load_copy_deck, read_copy_deck
from localizer.errors import CopyDeckError

WIDE = """source_locale,source,ja,zh-TW,pt-BR
zh-CN,限时特惠,期間限定,限時特惠,
en,Sale,セール,特賣,Promoção
,NA,該当なし,NA,N/A
"""


def deck(content: str, name: str = "deck.csv") -> CopyDeck:
    return read_copy_deck(content.encode("utf-8"), name=name)


def test_one_column_per_locale():
    read = deck(WIDE)
    assert read.lookup("限时特惠", "zh-Hans", "ja") == "期間限定"
    assert read.lookup("限时特惠", "zh-Hans", "zh-Hant") == "限時特惠"
    assert read.lookup("限时特惠", "zh-Hans", "pt-BR") is None  # an empty cell is no entry
    assert read.lookup("Sale", "zh-Hans", "ja") is None  # approved for English only
    assert read.lookup("NA", "de", "ja") == "該当なし"  # no source locale: serves every one
    assert read.lookup("Sale", "en", "pt") is None  # no fallback between locales
    assert read.locales == ("ja", "pt-BR", "zh-Hant")


def test_long_form_tsv_and_json_say_the_same():
    long = deck("locale\tsource\ttarget\nja\tSale\tセール\nko\tSale\t세일\n", "deck.tsv")
    other = deck('{"ja": {"Sale": "セール"}, "ko": {"Sale": "세일", "x": null}}', "deck.json")
    for read in (long, other):
        assert (read.lookup("Sale", "en", "ja"), read.lookup("Sale", "en", "ko"), len(read)) == (
            "セール",
            "세일",
            2,
        )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("限时\n特惠", True),
        ("限时 特惠", True),
        ("　限时特惠 ", True),
        ("限时特惠!", False),
        ("Big\n Sale", True),
        ("Ｂｉｇ　Sale", True),
        ("BigSale", False),
        ("big sale", False),
    ],
)
def test_the_match_is_exact_but_for_width_and_whitespace(asked, found):
    read = deck("source,ja\n限时特惠,A\nBig Sale,B\n")
    assert (read.lookup(asked, "und", "ja") is not None) is found


def test_an_unknown_source_locale_takes_what_all_agree_on():
    read = deck("source_locale,source,ja\nen,Sale,セール\nfr,Sale,汚い\nen,New,新\n")
    assert read.lookup("New", "und", "ja") == "新"
    assert read.lookup("Sale", "und", "ja") is None


def test_line_breaks_in_targets():
    assert deck('source,ja\nA,期間\\n限定\nB,"x\r\ny"\n').lookup("A", "en", "ja") == "期間\n限定"


def test_the_same_entry_twice_is_fine_a_different_one_is_not():
    assert len(deck("source,ja\nA,B\nA,B\n")) == 1
    with pytest.raises(CopyDeckError, match=r"d\.csv: row 4, ja: 'Ａ' is 'C' here but 'B' at row 2, ja"):
        deck("source,ja\nA,B\nX,Y\nＡ,C\n", "d.csv")


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("src,ja\nA,B\n", "d.csv", "no column 'source'"),
        ("source\nA\n", "d.csv", "no column with a target locale"),
        ("source,ja,notes\nA,B,see mail\n", "d.csv", "row 2, notes"),
        ("source,ja\n,B\n", "d.csv", "row 2, ja: there is a target but no source"),
        ("source,locale,target\nA,,B\n", "d.csv", "row 2, locale: is empty"),
        ("source,locale,target\nA,xx-,B\n", "d.csv", "row 2, locale"),
        ("source_locale,source,ja\n?,A,B\n", "d.csv", "row 2, source_locale"),
        ("source,ja\nA,B,C\n", "d.csv", "row 2, column 3"),
        ("source,ja\nA,B\x00\n", "d.csv", "row 2, ja: holds a control"),
        ("{", "d.json", "not valid JSON"),
        ("[]", "d.json", "object of locales"),
        ('{"ja": []}', "d.json", "/ja"),
        ('{"ja": {"a/b": 5}}', "d.json", "/ja/a~1b: must be text, not int"),
        ('{"ja": {"a": "b", "a": "c"}}', "d.json", "twice"),
        ("x", "d.xlsx", r"\.csv, \.tsv, \.json, .* or \.tmx, not"),
    ],
)
def test_a_wrong_deck_is_named_by_file_row_and_field(content, name, message):
    with pytest.raises(CopyDeckError, match=message) as caught:
        deck(content, name)
    assert name in str(caught.value)


def test_an_unused_extra_column_does_no_harm():
    assert deck("source,ja,notes\nA,B,\n").lookup("A", "en", "ja") == "B"


def test_reading_a_file(tmp_path):
    (tmp_path / "deck.csv").write_bytes(WIDE.encode("utf-16"))
    assert load_copy_deck(tmp_path / "deck.csv").lookup("Sale", "en", "ja") == "セール"
    with pytest.raises(CopyDeckError, match=r"none\.csv"):
        load_copy_deck(tmp_path / "none.csv")


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), name=st.sampled_from(["d.csv", "d.tsv", "d.json"]))
def test_any_bytes_are_a_deck_or_a_deck_error(data, name):
    with contextlib.suppress(CopyDeckError):
        read_copy_deck(data, name=name)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=20))
def test_folding_is_settled_after_one_pass(text):
    assert fold_source(fold_source(text)) == fold_source(text)


def test_a_deck_that_is_too_large_or_never_ends(tmp_path):
    with pytest.raises(CopyDeckError, match="larger than 64 MiB"):
        read_copy_deck(b"source,ja\n" + b"x" * (64 << 20), name="deck.csv")
    (tmp_path / "deck.csv").symlink_to("/dev/zero")
    with pytest.raises(CopyDeckError, match="not a file"):
        load_copy_deck(tmp_path / "deck.csv")


def test_a_deck_that_takes_too_much_is_refused_not_fatal(monkeypatch):
    from localizer.copydeck import deck as module
    from localizer.sandbox.calling import bounded

    monkeypatch.setattr(module, "bounded", lambda f, *args: bounded(f, *args, memory_bytes=1 << 24))
    rows = "".join(f"text {n},テキスト {n}\n" for n in range(200_000))
    with pytest.raises(CopyDeckError, match=r"^deck\.csv: reading it needed more than 16 MiB"):
        deck("source,ja\n" + rows)


@pytest.mark.parametrize(("one", "other"), [("$9⁹⁹", "$999"), ("30%¹", "30%1"), ("1½ kg", "11⁄2 kg")])
def test_small_figures_are_no_part_of_the_number_before_them(one: str, other: str) -> None:
    loaded = deck(f"source,locale,target\n{other},de,Text\n")
    assert loaded.lookup(other, "en", "de") == "Text"
    assert loaded.lookup(one, "en", "de") is None
