"""What the fuzzing of XLIFF, TMX and TBX begins with, and pieces that break such files."""

from __future__ import annotations

from localizer.copydeck import DeckRow
from localizer.copydeck.writing import written_deck

XML = (
    b"<segment>",
    b"</unit>",
    b"<ph id='1'/>",
    b' state="final"',
    b' xml:space="preserve"',
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
    b"&b;",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"\xff\xfe",
)


def xliff_seeds() -> list[bytes]:
    rows = [
        DeckRow("Sale", "en", "ja", "セール", "approved", 12, ("New",), ("a.jpg",), "short"),
        DeckRow("New", "en", "ja", "新", "draft"),
    ]
    old = (
        b'<xliff version="1.2"><file original="a" source-language="en" target-language="ja"><body>'
        b'<trans-unit id="1" approved="yes"><source>Sale<x id="1" ctype="lb"/>now</source>'
        b'<target state="final">x</target><note>n</note></trans-unit></body></file></xliff>'
    )
    return [b"".join(written_deck(rows, "d.xlf")), old]


def tmx_seeds() -> list[bytes]:
    return [b"".join(written_deck([DeckRow("Sale", "en", "ja", "セール", "draft")], "d.tmx"))]


def tbx_seeds() -> list[bytes]:
    return [b"".join(written_deck([DeckRow("Sale", "en", "ja", "セール")], "g.tbx"))]
