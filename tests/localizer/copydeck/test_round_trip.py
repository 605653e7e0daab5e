"""What is written is what is read, in every format, and nothing of it becomes approved on the way."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.copydeck import DeckRow, load_copy_deck, read_deck_rows, write_deck
from localizer.copydeck.reading import read_items
from localizer.copydeck.rows import Told, joined, split
from localizer.copydeck.writing import written_deck
from localizer.errors import CopyDeckError

ROWS = (
    DeckRow(
        "限时特惠",
        "zh-Hans",
        "ja",
        "期間限定セール",
        "approved",
        12,
        ("满199减20", "立即\n抢购"),
        ("p1.jpg",),
    ),
    DeckRow(
        "满199减20",
        "zh-Hans",
        "ja",
        "199元以上で20元引き",
        "draft",
        None,
        (),
        ("p1.jpg", "b/p2.png"),
        "价格不变",
    ),
    DeckRow("上新\n第一波", "zh-Hans", "ja", "", "missing", 8, ("限时特惠",)),
    DeckRow("<b>5 & 6</b> \"x\", 'y'; =1+1", "zh-Hans", "ja", "<i>7 & 8</i>\n二行目", "approved"),
)
FULL = (".csv", ".tsv", ".json", ".yaml", ".xlf", ".xliff")


@pytest.mark.parametrize("extension", FULL)
def test_every_format_keeps_everything(tmp_path, extension):
    (path,) = write_deck(ROWS, tmp_path / f"deck{extension}")
    assert tuple(read_deck_rows(path)) == ROWS
    (again,) = write_deck(read_deck_rows(path), tmp_path / f"again{extension}")
    assert again.read_bytes() == path.read_bytes()


def test_a_memory_keeps_what_has_a_target(tmp_path):
    (path,) = write_deck(ROWS, tmp_path / "deck.tmx")
    assert tuple(read_deck_rows(path)) == tuple(row for row in ROWS if row.target)


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.permutations((".csv", ".json", ".yaml", ".xlf"), 2))
)
def test_from_one_format_into_another(tmp_path, first, second):
    (one,) = write_deck(ROWS, tmp_path / f"one{first}")
    (two,) = write_deck(read_deck_rows(one), tmp_path / f"two{second}")
    assert tuple(read_deck_rows(two)) == ROWS


@pytest.mark.parametrize("extension", [*FULL, ".tmx"])
def test_a_draft_never_comes_back_approved_nor_a_refused_proposal_as_copy(tmp_path, extension):
    refused = DeckRow("免运费", "zh-Hans", "ja", "refused by a guarantee", "missing")
    (path,) = write_deck([*ROWS, refused], tmp_path / f"deck{extension}")
    deck = load_copy_deck(path)
    assert deck.lookup("限时特惠", "zh-Hans", "ja") == "期間限定セール"
    assert deck.lookup("满199减20", "zh-Hans", "ja") is None
    assert deck.draft("满199减20", "zh-Hans", "ja").target == "199元以上で20元引き"
    assert deck.draft("限时特惠", "zh-Hans", "ja") is None
    assert deck.lookup("免运费", "zh-Hans", "ja") is None is deck.draft("免运费", "zh-Hans", "ja")


@pytest.mark.parametrize("extension", [".csv", ".json", ".yaml", ".tmx"])
def test_several_locales_and_source_locales_in_one_file(tmp_path, extension):
    rows = [
        DeckRow("Sale", origin, locale, f"{origin} {locale}")
        for origin in ("en", "fr", "und")
        for locale in ("ja", "zh-Hant", "pt-BR")
    ]
    (path,) = write_deck(rows, tmp_path / f"deck{extension}")
    assert sorted(read_deck_rows(path), key=str) == sorted(rows, key=str)


def test_xliff_has_one_pair_of_languages_a_file(tmp_path):
    rows = [
        DeckRow("Sale", "en", "ja", "セール"),
        DeckRow("Sale", "en", "de", ""),
        DeckRow("新", "zh-Hans", "de"),
    ]
    with pytest.raises(
        CopyDeckError, match=r"deck\.xlf: an XLIFF file has one source and one target language"
    ):
        write_deck(rows, tmp_path / "deck.xlf")
    with pytest.raises(CopyDeckError, match=r"one source and one target language \(en → de, zh-Hans → de\)"):
        write_deck(rows, tmp_path / "deck.{locale}.xlf")
    written = write_deck(rows, tmp_path / "out")
    assert written == write_deck(rows, f"{tmp_path}/out/")
    assert [path.name for path in written] == ["en_ja.xlf", "en_de.xlf", "zh-Hans_de.xlf"]
    assert {row.key for row in read_deck_rows(tmp_path / "out")} == {row.key for row in rows}
    assert load_copy_deck(tmp_path / "out").lookup("Sale", "en", "ja") == "セール"
    csvs = write_deck(rows, tmp_path / "deck.{locale}.csv")
    assert [path.name for path in csvs] == ["deck.ja.csv", "deck.de.csv"]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    (path,) = write_deck(ROWS, tmp_path / "deck.csv")
    before = path.read_bytes()

    def broken():
        yield ROWS[0]
        raise CopyDeckError("the other deck is torn")

    with pytest.raises(CopyDeckError, match="torn"):
        write_deck(broken(), path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["deck.csv"]
    (tmp_path / "file").write_text("")
    with pytest.raises(CopyDeckError, match=r"deck\.csv: cannot be written"):
        write_deck(ROWS, tmp_path / "file" / "deck.csv")
    with pytest.raises(CopyDeckError, match=r"is written as \.csv"):
        write_deck(ROWS, tmp_path / "deck.xlsx")


# Without what XML cannot hold, and without the ends that every format trims.
_text = (
    st.text(
        st.characters(
            codec="utf-8",
            exclude_categories=("Cc", "Cs", "Cn", "Co", "Zs", "Zl", "Zp"),
            include_characters=" \n",
        ),
        min_size=1,
        max_size=25,
    )
    .map(lambda text: text.replace("\\", "/").strip())
    .filter(bool)
)
_rows = st.lists(
    st.builds(
        DeckRow,
        source=_text,
        source_locale=st.just("zh-Hans"),
        locale=st.just("ja"),
        target=_text,
        state=st.sampled_from(["approved", "draft"]),
        most_characters=st.none() | st.integers(1, 999),
        context=st.lists(_text, max_size=2, unique=True).map(tuple),
        assets=st.lists(st.sampled_from(["a.jpg", "b/c.png", "商品 1.webp"]), max_size=2, unique=True).map(
            tuple
        ),
        note=st.just("") | _text,
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda row: row.key,
)


@pytest.mark.parametrize("extension", [*FULL, ".tmx"])
@settings(max_examples=60, deadline=None)
@given(rows=_rows)
def test_whatever_the_text(extension, rows):
    name = f"deck{extension}"
    data = b"".join(written_deck(rows, name))
    read = [item for item in read_items(data, name) if not isinstance(item, Told)]
    assert read == rows


@given(items=st.lists(_text, max_size=3))
def test_several_texts_in_a_cell(items):
    assert split(joined(items)) == tuple(items)
