"""A statement goes into a packet, and everything that stood there stands there still."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localizer.provenance.statements import GENERATIVE, HUMAN_EDITS, VOCABULARY
from localizer.provenance.xmp import (
    Statement,
    history_of,
    lost,
    source_type_of,
    term_of,
    with_statement,
)

SAYS = Statement(HUMAN_EDITS, "campaign-localizer typeset/3", "replace_text 1 & <more>", GENERATIVE)
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
EXT = 'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
MM = (
    'xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" '
    'xmlns:stEvt="http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"'
)
HEAD, TAIL = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n',
    "\n" + " " * 200 + '\n<?xpacket end="w"?>',
)


def packet(body: str, description: str = "", about: str = "") -> bytes:
    return (
        f'{HEAD}<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 9.0"><!-- made by hand -->'
        f"<rdf:RDF {RDF}>\n <rdf:Description rdf:about={about!r} {description}>{body}</rdf:Description>\n"
        f"</rdf:RDF></x:xmpmeta>{TAIL}"
    ).encode()


RICH = packet(
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Mooncakes &amp; tea 月饼</rdf:li></rdf:Alt></dc:title>'
    "<dc:subject><rdf:Bag><rdf:li>tea</rdf:li><rdf:li>tea</rdf:li></rdf:Bag></dc:subject>"
    "<my:thing rdf:parseType='Resource'><my:inner><![CDATA[<raw>]]></my:inner></my:thing>"
    f'<xmpMM:History {MM}><rdf:Seq><rdf:li stEvt:action="created" stEvt:when="2026-01-01"/></rdf:Seq>'
    "</xmpMM:History>",
    description='xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:my="http://example.org/my/" '
    'xmlns:unused="http://example.org/unused/" my:note="a > b"',
    about="uuid:1234",
)


def without(out: bytes, source: bytes) -> bool:
    """Whether `source` is `out` with pieces taken out: nothing of it was written anew."""
    at = 0
    for byte in source:
        at = out.find(bytes([byte]), at) + 1
        if not at:
            return False
    return True


def test_a_new_packet_says_it() -> None:
    out = with_statement(None, SAYS)
    assert source_type_of(out) == HUMAN_EDITS
    assert history_of(out) == [
        {"action": "edited", "softwareAgent": SAYS.agent, "parameters": "replace_text 1 & <more>"}
    ]
    assert out.startswith(HEAD.encode())
    assert with_statement(None, SAYS) == out


def test_a_rich_packet_keeps_every_byte() -> None:
    out = with_statement(RICH, SAYS)
    assert source_type_of(out) == HUMAN_EDITS
    assert [event["action"] for event in history_of(out)] == ["created", "edited"]
    assert without(out, RICH)
    head, tail = RICH.split(b"</rdf:Seq></xmpMM:History>")
    assert out.startswith(head)
    assert out.endswith(tail.split(b"</rdf:RDF>")[1])
    for kept in (
        b"<!-- made by hand -->",
        b"<![CDATA[<raw>]]>",
        b"xmlns:unused",
        b"\xe6\x9c\x88",
        b" " * 200,
    ):
        assert kept in out
    assert out.count(b'rdf:about="uuid:1234"') + out.count(b"rdf:about='uuid:1234'") == 2
    assert lost(RICH, out) == []
    assert with_statement(RICH, SAYS) == out


CAMERA, GENERATED = VOCABULARY + "digitalCapture", VOCABULARY + "trainedAlgorithmicMedia"


def stating(value: str, form: str) -> bytes:
    name = "Iptc4xmpExt:DigitalSourceType"
    if form == "attribute":
        return packet(
            "", description=f'{EXT} dc:x="{name}=&quot;no&quot;" xmlns:dc="d:" {name} = \'{value}\''
        )
    if form == "resource":
        return packet(f'<{name} rdf:resource="{value}"/>', description=EXT)
    if form == "prefix":
        return packet(f"<i:DigitalSourceType xmlns:i={EXT[18:]}> {value} </i:DigitalSourceType>")
    return packet(f"<{name}>{value}</{name}>", description=EXT)


@pytest.mark.parametrize("form", ["attribute", "element", "resource", "prefix"])
def test_another_source_type_is_replaced_and_remembered(form: str) -> None:
    source = stating(CAMERA, form)
    assert source_type_of(source) == CAMERA
    out = with_statement(source, SAYS)
    assert source_type_of(out) == HUMAN_EDITS
    assert out.count(b"DigitalSourceType=&quot;no&quot;") == (form == "attribute")
    assert history_of(out)[-1]["parameters"].endswith(f"digital source type before: {CAMERA}")
    assert out.count(CAMERA.encode()) == 1, "only the history speaks of it"
    assert out.count(HUMAN_EDITS.encode()) == 1


@pytest.mark.parametrize("form", ["attribute", "element", "resource", "prefix"])
@pytest.mark.parametrize(
    "value",
    [
        GENERATED,
        GENERATED.replace("http:", "https:"),
        "digsrctype:compositeSynthetic",
        "trainedAlgorithmicMedia",
    ],
)
def test_generative_ai_of_the_source_is_never_taken_back(form: str, value: str) -> None:
    out = with_statement(stating(value, form), SAYS)
    assert source_type_of(out) == value
    assert "before" not in history_of(out)[-1]["parameters"]
    assert HUMAN_EDITS.encode() not in out


@pytest.mark.parametrize(
    "body",
    [
        f"<xmpMM:History {MM}><rdf:Seq/></xmpMM:History>",
        f"<xmpMM:History {MM}><rdf:Seq ></rdf:Seq ></xmpMM:History>",
    ],
)
def test_an_empty_history_is_filled(body: str) -> None:
    assert [event["action"] for event in history_of(with_statement(packet(body), SAYS))] == ["edited"]


def test_an_empty_rdf_is_filled() -> None:
    for text in (f"<rdf:RDF {RDF}/>", f"<rdf:RDF {RDF}></rdf:RDF>", f"<r:RDF xmlns:r={RDF[10:]} />"):
        assert source_type_of(with_statement(text.encode(), SAYS)) == HUMAN_EDITS


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"", "damaged"),
        (b"<x", "damaged"),
        (b"no xml", "damaged"),
        (b"<a></b>", "damaged"),
        (b"<a/>", "holds no RDF"),
        (f"<rdf:RDF {RDF}><y:z/></rdf:RDF>".encode(), "nothing says what 'y' means"),
        (RICH.decode().encode("utf-16"), "not UTF-8"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "document type"),
        (b"<a>" * 200 + b"</a>" * 200, "too many parts"),
        (b"<a>" + b"<b/>" * 60_000 + b"</a>", "too many parts"),
        (b"<a " + b" ".join(b'x%d="1"' % i for i in range(60_000)) + b"/>", "too many parts"),
        (b"<a>" + b" " * 5_000_000 + b"</a>", "5,000,007 bytes"),
        (packet(f"<xmpMM:History {MM}>once</xmpMM:History>"), "no list"),
    ],
)
def test_what_is_no_packet_is_told_and_not_touched(bad: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        with_statement(bad, SAYS)


@pytest.mark.parametrize(
    "source",
    [
        packet("", description='xmlns:t="http://purl.org/dc/terms/" t:provenance="https://x/m.c2pa" t:x="y"'),
        packet(
            "<t:provenance>https://x/m.c2pa</t:provenance>", description='xmlns:t="http://purl.org/dc/terms/"'
        ),
    ],
)
def test_credentials_that_lie_elsewhere_are_not_claimed_for_the_new_picture(source: bytes) -> None:
    out = with_statement(source, SAYS)
    assert history_of(out)[-1]["parameters"].endswith("content credentials of the source: https://x/m.c2pa")
    assert out.count(b"https://x/m.c2pa") == 1
    assert b"t:provenance" not in out
    assert lost(source, out) == []


def test_padding_of_zeros_is_kept() -> None:
    out = with_statement(RICH + b"\0" * 10, SAYS)
    assert out.endswith(b"\0" * 10)
    assert source_type_of(out) == HUMAN_EDITS


def test_what_got_lost_is_named() -> None:
    assert lost(RICH, RICH.replace(b"<rdf:li>tea</rdf:li>", b"", 1)) == ["li"]
    assert lost(RICH, with_statement(None, SAYS))


def test_terms() -> None:
    for form in (HUMAN_EDITS, HUMAN_EDITS + "/", "digsrctype:humanEdits", " humanEdits"):
        assert term_of(form) == "humanEdits"


@given(st.binary(max_size=40), st.integers(0, len(RICH)))
def test_damage_never_ends_in_anything_but_a_reason(noise: bytes, at: int) -> None:
    broken = RICH[:at] + noise + RICH[at + len(noise) :]
    try:
        out = with_statement(broken, SAYS)
    except ValueError:
        return
    assert not lost(broken, out)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=60))
def test_any_title_survives(title: str) -> None:
    from xml.sax.saxutils import escape, quoteattr

    body = f"<dc:title>{escape(title)}</dc:title>"
    source = packet(
        body, description=f'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:note={quoteattr(title)}'
    )
    out = with_statement(source, SAYS)
    assert body.encode() in out
    assert source_type_of(out) == HUMAN_EDITS
