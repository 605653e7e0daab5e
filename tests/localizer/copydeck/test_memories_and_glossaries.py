"""TMX and TBX of real tools' kinds."""

import pytest

from localizer.copydeck import (
    DeckRow,
    load_copy_deck,
    read_copy_deck,
    read_deck_rows,
    read_glossary,
    write_deck,
)
from localizer.errors import CopyDeckError


def memory(units: str, srclang: str = "en") -> bytes:
    return (
        '<?xml version="1.0"?><!DOCTYPE tmx SYSTEM "tmx14.dtd"><tmx version="1.4"><header creationtool="x" '
        f'srclang="{srclang}"/><body>{units}</body></tmx>'
    ).encode()


def unit(*texts: tuple[str, str], attributes: str = "") -> str:
    variants = "".join(f'<tuv xml:lang="{locale}"><seg>{text}</seg></tuv>' for locale, text in texts)
    return f"<tu{attributes}>{variants}</tu>"


def test_a_memory_is_approved_copy_from_its_source_language():
    deck = read_copy_deck(memory(unit(("en", "Sale"), ("ja", "セール"), ("de-DE", "Angebot"))), name="m.tmx")
    assert deck.lookup("Sale", "en", "ja") == "セール"
    assert deck.lookup("Sale", "en", "de-DE") == "Angebot"
    assert deck.lookup("Sale", "en", "de") is None
    assert deck.lookup("セール", "ja", "en") is None


def test_the_header_may_name_the_language_only_and_units_their_own():
    data = memory(
        unit(("en-US", "Sale"), ("ja", "セール"))
        + unit(("de", "Neu"), ("ja", "新"), attributes=' srclang="de"')
        + unit(("fr", "Solde"), ("ja", "x"), attributes=' tuid="t3"')
    )
    deck = read_copy_deck(data, name="m.tmx")
    assert deck.lookup("Sale", "en-US", "ja") == "セール"
    assert deck.lookup("Neu", "de", "ja") == "新"
    assert any("unit t3: has no text in its source language 'en'" in warning for warning in deck.warnings)


def test_any_language_may_be_the_source_where_the_memory_says_so():
    deck = read_copy_deck(memory(unit(("en", "Sale"), ("ja", "セール")), srclang="*all*"), name="m.tmx")
    assert (deck.lookup("Sale", "en", "ja"), deck.lookup("セール", "ja", "en")) == ("セール", "Sale")


def test_a_machines_translation_is_a_draft():
    data = memory(
        '<tu><tuv xml:lang="en"><seg>Sale</seg></tuv>'
        '<tuv xml:lang="ja" creationid="MT!"><seg>セール</seg></tuv></tu>'
        '<tu><tuv xml:lang="en"><seg>New</seg></tuv>'
        '<tuv xml:lang="ja" creationid="MT!" changeid="yuki"><seg>新</seg></tuv></tu>'
    )
    deck = read_copy_deck(data, name="m.tmx")
    assert deck.lookup("Sale", "en", "ja") is None
    assert deck.draft("Sale", "en", "ja").target == "セール"
    assert deck.lookup("New", "en", "ja") == "新"  # somebody has mended it


@pytest.mark.parametrize(
    ("unit_says", "is_approved"),
    [
        ('<tu creationid="MT!">', False),
        ('<tu creationid="MT!" changeid="yuki">', True),
        ('<tu><prop type="x-state">draft</prop>', False),
        ('<tu><prop type="x-ConfirmationLevel">Draft</prop>', False),
        ('<tu><prop type="x-ConfirmationLevel">RejectedTranslation</prop>', False),
        ('<tu><prop type="x-ConfirmationLevel">ApprovedTranslation</prop>', True),
        ('<tu><prop type="x-ConfirmationLevel">Translated</prop>', True),
    ],
)
def test_a_unit_speaks_for_its_texts(unit_says, is_approved):
    texts = '<tuv xml:lang="en"><seg>Sale</seg></tuv><tuv xml:lang="ja"><seg>セール</seg></tuv></tu>'
    deck = read_copy_deck(memory(unit_says + texts), name="m.tmx")
    assert (deck.lookup("Sale", "en", "ja") == "セール") is is_approved


def test_codes_in_segments():
    seg = "<bpt i='1'>&lt;b></bpt>Sale<ept i='1'>&lt;/b></ept> <hi>now</hi> <ph x='1'>{n}</ph>"
    deck = read_copy_deck(memory(unit(("en", seg), ("ja", seg))), name="m.tmx")
    assert deck.lookup("Sale now {n}", "en", "ja") == "Sale now {n}"


def test_a_memory_that_contradicts_itself_approves_neither():
    data = memory(
        unit(("en", "Sale"), ("ja", "セール"))
        + unit(("en", "Sale"), ("ja", "特売"))
        + unit(("en", "A"), ("ja", "あ"))
    )
    deck = read_copy_deck(data, name="m.tmx")
    assert deck.lookup("Sale", "en", "ja") is None
    assert deck.draft("Sale", "en", "ja").target == "セール"
    assert deck.lookup("A", "en", "ja") == "あ"
    assert any("'セール' at unit 1, ja and '特売' at unit 2, ja" in warning for warning in deck.warnings)


def test_copy_that_is_to_stay_as_it_is_survives_a_memory(tmp_path):
    row = DeckRow("100%", "en", "en", "100%")
    (path,) = write_deck([row], tmp_path / "m.tmx")
    assert list(read_deck_rows(path)) == [row]


@pytest.mark.parametrize("data", [b"<tmx version='1.4'>", b"<html/>", memory(unit(("en", "A"), ("?", "B")))])
def test_what_is_no_memory_is_named(data):
    with pytest.raises(CopyDeckError, match=r"m\.tmx"):
        read_copy_deck(data, name="m.tmx")


OLD = """<?xml version="1.0"?>
<!DOCTYPE martif PUBLIC "ISO 12200:1999A//DTD MARTIF core (DXFcdV04)//EN" "TBXcdv04.dtd">
<martif type="TBX" xml:lang="en"><text><body>
<termEntry id="c1"><langSet xml:lang="en"><tig><term>free shipping</term></tig></langSet>
<langSet xml:lang="de"><ntig><termGrp><term>frachtfrei</term>
<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termGrp></ntig>
<ntig><termGrp><term>portofrei</term>
<termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></termGrp></ntig>
<ntig><termGrp><term>versandkostenfrei</term></termGrp></ntig></langSet>
<langSet xml:lang="zh-CN"><tig><term>包邮</term></tig><tig><term>免运费</term></tig></langSet></termEntry>
<termEntry id="c2"><langSet xml:lang="en"><tig><term>old</term></tig></langSet>
<langSet xml:lang="de"><tig><term>alt</term>
<termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></tig></langSet>
</termEntry>
</body></text></martif>"""
NEW = """<tbx type="TBX-Basic" style="dca" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"><text><body>
<conceptEntry id="c1"><langSec xml:lang="en"><termSec><term>free shipping</term></termSec></langSec>
<langSec xml:lang="de"><termSec><term>frachtfrei</term>
<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termSec>
<termSec><term>versandkostenfrei</term></termSec></langSec></conceptEntry></body></text></tbx>"""


def glossary(tmp_path, text: str, name: str = "terms.tbx", **options):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_glossary(tmp_path / name, **options)


def test_terms_by_locale(tmp_path):
    assert glossary(tmp_path, OLD) == {
        "de": {
            "free shipping": "versandkostenfrei",
            "包邮": "versandkostenfrei",
            "免运费": "versandkostenfrei",
        },
        "zh-Hans": {
            "free shipping": "包邮",
            "frachtfrei": "包邮",
            "portofrei": "包邮",
            "versandkostenfrei": "包邮",
        },
        "en": {
            "frachtfrei": "free shipping",
            "portofrei": "free shipping",
            "versandkostenfrei": "free shipping",
            "包邮": "free shipping",
            "免运费": "free shipping",
            "alt": "old",
        },
    }
    assert glossary(tmp_path, OLD, source_locale="en") == {
        "de": {"free shipping": "versandkostenfrei"},
        "zh-Hans": {"free shipping": "包邮"},
    }
    assert glossary(tmp_path, NEW, source_locale="en") == {"de": {"free shipping": "versandkostenfrei"}}


def test_a_glossary_may_be_a_table(tmp_path):
    table = "source_locale,source,de,ja\nen,free shipping,versandkostenfrei,送料無料\n"
    table += "zh,包邮,versandkostenfrei,\n"
    assert glossary(tmp_path, table, "terms.csv") == {
        "de": {"free shipping": "versandkostenfrei", "包邮": "versandkostenfrei"},
        "ja": {"free shipping": "送料無料"},
    }
    states = "source,locale,target,state\nA,de,B,draft\nC,de,D,\n"
    assert glossary(tmp_path, states, "terms.tsv") == {"de": {"C": "D"}}


def test_a_term_with_two_targets_is_refused(tmp_path):
    text = OLD.replace(
        '<termEntry id="c2">',
        OLD[OLD.index('<termEntry id="c1">') : OLD.index('<termEntry id="c2">')]
        .replace("c1", "c3")
        .replace("versandkostenfrei", "gratis")
        + '<termEntry id="c2">',
    )
    with pytest.raises(
        CopyDeckError, match=r"terms\.tbx: entry c3, de: 'free shipping' is 'gratis' here but"
    ):
        glossary(tmp_path, text, source_locale="en")


def test_a_glossary_is_written_and_read_again(tmp_path):
    rows = [
        DeckRow("free shipping", "en", "de", "versandkostenfrei"),
        DeckRow("free shipping", "en", "ja", "送料無料"),
        DeckRow("sale", "en", "de", "nobody has approved it", "draft"),
    ]
    (path,) = write_deck(rows, tmp_path / "terms.tbx")
    assert read_glossary(path, source_locale="en") == {
        "de": {"free shipping": "versandkostenfrei"},
        "ja": {"free shipping": "送料無料"},
    }


def test_a_glossary_is_no_copy_deck(tmp_path):
    (tmp_path / "terms.tbx").write_text(OLD, encoding="utf-8")
    with pytest.raises(CopyDeckError, match=r"terms\.tbx: is a glossary, not a copy deck"):
        load_copy_deck(tmp_path / "terms.tbx")


def test_what_is_no_glossary_is_named(tmp_path):
    with pytest.raises(CopyDeckError, match=r"terms\.tbx: is not TBX: its root is <html>"):
        glossary(tmp_path, "<html/>")
    with pytest.raises(CopyDeckError, match=r"entry c1, xml:lang"):
        glossary(tmp_path, OLD.replace('"zh-CN"', '"?"'))
