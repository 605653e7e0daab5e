"""XLIFF as translators' tools write it: states, inline markup, segments, versions."""

import sys

import pytest

from localizer.copydeck import (
    DeckRow,
    check_deck_path,
    fill_deck,
    load_copy_deck,
    read_copy_deck,
    read_deck_rows,
    write_deck,
)
from localizer.copydeck.reading import read_items
from localizer.errors import ConfigurationError, CopyDeckError

NAMESPACES = (
    'xmlns:res="urn:oasis:names:tc:xliff:resourcedata:2.0" '
    'xmlns:slr="urn:oasis:names:tc:xliff:sizerestriction:2.0" '
    'xmlns:mda="urn:oasis:names:tc:xliff:metadata:2.0"'
)


def new(units: str, *, version: str = "2.1", core: str = "2.0", languages: str = 'srcLang="en" trgLang="ja"'):
    return (
        f'<?xml version="1.0"?><xliff xmlns="urn:oasis:names:tc:xliff:document:{core}" {NAMESPACES} '
        f'version="{version}" {languages}><file id="f">{units}</file></xliff>'
    ).encode()


def old(units: str, *, namespace: str = ' xmlns="urn:oasis:names:tc:xliff:document:1.2"'):
    return (
        f'<xliff version="1.2"{namespace}><file original="a" datatype="plaintext" source-language="en" '
        f'target-language="ja"><body>{units}</body></file></xliff>'
    ).encode()


def segment(target: str = "<target>B</target>", state: str = ' state="final"', source: str = "A") -> str:
    return f'<unit id="u"><segment{state}><source>{source}</source>{target}</segment></unit>'


def rows(tmp_path, data: bytes) -> list[DeckRow]:
    (tmp_path / "deck.xlf").write_bytes(data)
    return list(read_deck_rows(tmp_path / "deck.xlf"))


@pytest.mark.parametrize(
    ("version", "core"), [("2.0", "2.0"), ("2.1", "2.0"), ("2.1", "2.1"), ("2.2", "2.2")]
)
def test_every_second_version(version, core):
    deck = read_copy_deck(new(segment(), version=version, core=core), name="d.xlf")
    assert deck.lookup("A", "en", "ja") == "B"


@pytest.mark.parametrize(
    ("attributes", "is_approved"),
    [
        (' state="translated"', True),
        (' state="reviewed"', True),
        (' state="final"', True),
        (' state="initial"', False),
        (' state="vendor-thing"', False),
        ("", False),
    ],
)
def test_the_state_of_a_segment_says_whether_it_is_approved(attributes, is_approved):
    deck = read_copy_deck(new(segment(state=attributes)), name="d.xlf")
    assert (deck.lookup("A", "en", "ja") == "B") is is_approved
    assert (deck.draft("A", "en", "ja") is not None) is not is_approved
    assert any("1 targets without a state" in warning for warning in deck.warnings) is (attributes == "")


@pytest.mark.parametrize(
    ("unit", "target", "is_approved"),
    [
        (' approved="yes"', "", True),
        (' approved="yes"', ' state="final"', True),
        (' approved="yes"', ' state="needs-review-translation"', False),
        (' approved="no"', ' state="translated"', False),
        ("", ' state="translated"', True),
        ("", ' state="signed-off"', True),
        ("", ' state="translated" state-qualifier="mt-suggestion"', False),
        ("", ' state="translated" state-qualifier="exact-match"', True),
        ("", ' state="final" state-qualifier="leveraged-mt"', True),
        ("", ' state="needs-translation"', False),
        ("", ' state="new"', False),
        ("", "", False),
    ],
)
def test_the_state_of_an_old_unit(unit, target, is_approved):
    data = old(f'<trans-unit id="1"{unit}><source>A</source><target{target}>B</target></trans-unit>')
    deck = read_copy_deck(data, name="d.xliff")
    assert (deck.lookup("A", "en", "ja") == "B") is is_approved


def test_an_old_file_without_a_namespace_and_with_suggestions_beside():
    unit = (
        '<group id="g"><trans-unit id="1" approved="yes" maxwidth="9" size-unit="char"><source>A</source>'
        "<target>B</target><note from='context'>C</note><note>hint</note>"
        '<alt-trans match-quality="80%"><source>A2</source><target>Z</target><note>old</note></alt-trans>'
        "</trans-unit></group><trans-unit id='2' translate='no'>"
        "<source>X</source><target>Y</target></trans-unit>"
    )
    for namespace in ("", ' xmlns="urn:oasis:names:tc:xliff:document:1.2"'):
        deck = read_copy_deck(old(unit, namespace=namespace), name="d.xlf")
        assert deck.entries == {
            ("en", "ja", "A"): ("B", deck.entries["en", "ja", "A"].where, True, "hint", "A")
        }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Save <pc id='1'>now</pc>!", "Save now!"),
        ("Save <mrk id='m' type='term'>now</mrk>!<!-- c --><?p i?>", "Save now!"),
        ("<sc id='1'/>Save now!<ec startRef='1'/>", "Save now!"),
        ("Save<ph id='1' type='fmt' subType='xlf:lb'/>now!", "Save\nnow!"),
        ("Save <ph id='1' dataRef='d1'/>!", "Save {price}!"),
        ("Save <ph id='1' equiv='%s'/>!", "Save %s!"),
        ("Save <ph id='1' disp='{n}'/>!", "Save {n}!"),
        ("Save <ph id='1' dataRef='d2'/>now!", "Save\nnow!"),
        ("  Save\n   now!  ", "Save now!"),
        ("<![CDATA[Save <now>!]]>", "Save <now>!"),
        ("Save &amp; &#x2764;", "Save & ❤"),
    ],
)
def test_inline_markup_becomes_text(tmp_path, content, text):
    unit = (
        '<unit id="u"><originalData><data id="d1">{price}</data><data id="d2">&lt;br/></data></originalData>'
        f'<segment state="final"><source>{content}</source><target>{content}</target></segment></unit>'
    )
    (row,) = rows(tmp_path, new(unit))
    assert (row.source, row.target, row.state) == (text, text, "approved")


@pytest.mark.parametrize(
    "content", ["Save <ph id='1'/>!", "Save <ph id='1' dataRef='d1'/>!", "Save <cp hex='001A'/>"]
)
def test_a_text_that_cannot_be_told_is_left_out_and_named(content):
    unit = (
        '<unit id="lost"><originalData><data id="d1">&lt;img src="x"/></data></originalData>'
        f'<segment state="final"><source>{content}</source><target>B</target></segment></unit>'
    )
    deck = read_copy_deck(new(unit + segment()), name="d.xlf")
    assert list(deck.entries) == [("en", "ja", "A")]
    assert any("unit lost: holds" in warning for warning in deck.warnings)


def test_codes_of_old_files_are_no_text(tmp_path):
    content = (
        "<bpt id='1'>&lt;b&gt;</bpt>Save<ept id='1'>&lt;/b&gt;</ept><x id='2' ctype='lb'/><ph id='3'>%d</ph>"
    )
    data = old(
        f"<trans-unit id='1' approved='yes'><source>{content}</source><target>{content}</target></trans-unit>"
    )
    (row,) = rows(tmp_path, data)
    assert row.source == row.target == "Save\n%d"


def test_a_string_that_a_tool_has_split_is_one_string(tmp_path):
    unit = (
        '<unit id="u"><segment id="1" state="final"><source>Big sale.</source>'
        '<target order="3">大セール。</target></segment>'
        "<ignorable><source> </source></ignorable>"
        '<segment id="2" state="{}"><source>Buy now!</source>{}</segment></unit>'
    )
    (row,) = rows(tmp_path, new(unit.format("final", '<target order="1">今すぐ購入!</target>')))
    assert (row.source, row.target, row.state) == ("Big sale. Buy now!", "今すぐ購入! 大セール。", "approved")
    (row,) = rows(tmp_path, new(unit.format("initial", '<target order="1">今すぐ購入!</target>')))
    assert row.state == "draft"
    (row,) = rows(tmp_path, new(unit.format("initial", "")))
    assert (row.state, row.target) == ("missing", "")


def test_what_stands_beside_the_text(tmp_path):
    unit = (
        '<unit id="u" slr:sizeRestriction="2,12"><res:resourceData><res:resourceItemRef ref="r"/>'
        '<res:resourceItem id="r"><res:source href="img/a.jpg"/><res:target href="img/ja/a.jpg"/>'
        "</res:resourceItem></res:resourceData><notes><note category='context'>other line</note>"
        "<note>keep it short</note></notes>"
        "<segment><source>A</source></segment></unit>"
    )
    (row,) = rows(tmp_path, new(unit))
    assert row == DeckRow(
        "A", "en", "ja", "", "missing", 12, ("other line",), ("img/a.jpg",), "keep it short"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<xliff", "is not valid XML"),
        (b"<html/>", "is not XLIFF: its root is <html>"),
        (new(segment(), languages='srcLang="en"'), "names no languages"),
        (new(segment(), languages='srcLang="en" trgLang="x y"'), "the target language"),
        (b'<xliff version="1.2"/>', "is not XLIFF as its specification has it"),
        (
            b'<!DOCTYPE xliff [<!ENTITY a "AAAA"><!ENTITY b "&a;&a;">]>' + new(segment(source="&b;"))[21:],
            "declares entities",
        ),
        (
            b'<!DOCTYPE xliff [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + new(segment(source="&a;"))[21:],
            "declares entities",
        ),
    ],
)
def test_what_is_no_xliff_is_named(data, message):
    with pytest.raises(CopyDeckError, match=message) as caught:
        read_copy_deck(data, name="deck.xlf")
    assert "deck.xlf" in str(caught.value)


FROM_A_TOOL = new(
    '<unit id="u1" name="hero" slr:sizeRestriction="12"><mda:metadata><mda:metaGroup><mda:meta type="tool">x'
    "</mda:meta></mda:metaGroup></mda:metadata><notes><note id='n1' priority='2'>keep it short</note></notes>"
    '<segment id="s" state="initial" subState="x:mt"><source>Shop now</source></segment></unit>'
    '<unit id="u2"><segment state="final"><source>Sale</source><target>セール</target></segment></unit>'
    '<unit id="u3"><segment state="initial"><source>New</source><target>draft<pc id="1">!</pc></target>'
    "</segment></unit>"
    '<unit id="u4"><segment state="initial"><source>Free</source></segment></unit>'
)


def test_a_tools_file_is_filled_and_keeps_all_else(tmp_path):
    path = tmp_path / "deck.xlf"
    path.write_bytes(FROM_A_TOOL)
    copy = [
        DeckRow("Shop\nnow", "en", "ja", "今すぐ購入"),
        DeckRow("Sale", "en", "ja", "another"),
        DeckRow("New", "en", "ja", "新商品"),
        DeckRow("Free", "en", "ja", "無料", "draft"),
        DeckRow("Elsewhere", "en", "ja", "x"),
    ]
    assert fill_deck(copy, path) == 3
    deck = load_copy_deck(path)
    assert deck.lookup("Shop now", "en", "ja") == "今すぐ購入"
    assert deck.lookup("Sale", "en", "ja") == "セール"  # what is approved is never written over
    assert deck.lookup("New", "en", "ja") == "新商品"
    assert deck.draft("Free", "en", "ja").target == "無料"
    kept = path.read_text(encoding="utf-8")
    for part in (
        'name="hero"',
        'priority="2"',
        "mda:meta ",
        'id="s"',
        'sizeRestriction="12"',
        "keep it short",
    ):
        assert part in kept
    assert "x:mt" not in kept  # it spoke of the draft before
    assert fill_deck(copy, path) == 0
    assert path.read_text(encoding="utf-8") == kept


def test_an_old_file_is_filled(tmp_path):
    path = tmp_path / "deck.xlf"
    path.write_bytes(
        old(
            '<trans-unit id="1" resname="hero"><source>A</source><target state="needs-translation" '
            'state-qualifier="mt-suggestion">x</target><note>n</note></trans-unit>'
            '<trans-unit id="2"><source>B</source></trans-unit>'
        )
    )
    assert fill_deck([DeckRow("A", "en", "ja", "あ"), DeckRow("B", "en", "ja", "び", "draft")], path) == 2
    deck = load_copy_deck(path)
    assert deck.lookup("A", "en", "ja") == "あ"
    assert deck.lookup("B", "en", "ja") is None
    assert deck.draft("B", "en", "ja").target == "び"
    assert 'resname="hero"' in path.read_text(encoding="utf-8")


def test_the_same_string_has_the_same_unit_in_every_file(tmp_path):
    from lxml import etree

    ids = []
    for locale in ("ja", "de"):
        (path,) = write_deck(
            [DeckRow("Sale", "en", locale), DeckRow("New", "en", locale)], tmp_path / f"{locale}.xlf"
        )
        root = etree.parse(str(path)).getroot()
        assert root.get("version") == "2.1"
        assert root.nsmap[None] == "urn:oasis:names:tc:xliff:document:2.0"
        ids.append([unit.get("id") for unit in root.iter("{*}unit")])
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_the_same_source_twice_in_one_file(tmp_path):
    same = [DeckRow("Sale", "en", "ja"), DeckRow("Sale", "en", "ja", "セール")]
    (path,) = write_deck(same, tmp_path / "deck.xlf")
    assert [row.target for row in read_deck_rows(path)] == ["セール"]
    with pytest.raises(CopyDeckError, match="keep one"):
        write_deck([*same, DeckRow("Sale", "en", "ja", "特売")], tmp_path / "deck.xlf")


def test_a_string_that_a_tool_has_twice_with_other_copy_is_not_approved():
    units = segment() + segment("<target>C</target>").replace('id="u"', 'id="v"')
    deck = read_copy_deck(new(units), name="d.xlf")
    assert deck.lookup("A", "en", "ja") is None
    assert deck.draft("A", "en", "ja").target == "B"
    assert any("'B' at unit u and 'C' at unit v" in warning for warning in deck.warnings)


def test_without_translate_toolkit_the_extra_is_named(tmp_path, monkeypatch):
    """As in an installation without it: the import fails."""
    for module in ("translate", "translate.storage"):
        monkeypatch.setitem(sys.modules, module, None)
    for name in ("d.xlf", "d.tmx", "d.tbx"):
        for use in (
            lambda name: list(read_items(new(segment()), name)),
            lambda name: check_deck_path(tmp_path / name),
            lambda name: write_deck([DeckRow("A", "en", "ja", "B")], tmp_path / name),
        ):
            with pytest.raises(ConfigurationError, match=r"pip install 'campaign-localizer\[copy\]'"):
                use(name)
    assert not list(tmp_path.iterdir())
    check_deck_path(tmp_path / "d.csv")
