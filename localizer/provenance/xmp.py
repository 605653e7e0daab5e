"""An XMP packet: what it states of how an image was made, and how a statement is added to it.

A packet is changed as text, at the places that a parser found. Whatever is not ours stays byte for byte,
with its prefixes, comments, order and padding; writing a parsed tree again would keep none of them.

The parser is expat without a DTD: a document type, and with it every entity, is refused, and so is a packet
that is too large, too deep or of too many parts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_THUMBNAILS = ("http://ns.adobe.com/xap/1.0/", "Thumbnails")
_SOURCE_TYPE, _HISTORY = (_IPTC, "DigitalSourceType"), (_MEDIA, "History")
# Where content credentials lie, if not in the file.
_CREDENTIALS = ("http://purl.org/dc/terms/", "provenance")
_LEFT_OUT = (_SOURCE_TYPE, _CREDENTIALS, _THUMBNAILS)

_LARGEST = 4 * 1024 * 1024
_MOST_NODES = 50_000
_DEEPEST = 100
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")
_ATTRIBUTE = re.compile(rb"""([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")

_Name = tuple[str, str]  # namespace and local name
_Change = tuple[int, int, bytes]  # from, to, and what stands there instead


@dataclass(frozen=True, slots=True)
class Statement:
    """What an edited image says of itself.

    Attributes:
        source_type: URI of the IPTC digital source type that follows from the edit.
        keeps: terms (`term_of`) of the source that this edit does not change.
        agent: what made the edit, with its version.
        parameters: what it did, in words.
    """

    source_type: str
    agent: str
    parameters: str
    keeps: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Node:
    name: _Name
    qname: str
    start: int
    body: int
    is_empty: bool
    scope: Mapping[str, str]
    attributes: list[tuple[str, _Name, str]]
    children: list[_Node] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    closing: int = 0  # where its end tag begins; where the tag ends, if it is empty
    end: int = 0

    def attribute(self, *names: _Name) -> str | None:
        return next((value for _, name, value in self.attributes if name in names), None)

    def below(self) -> Iterator[_Node]:
        yield self
        for child in self.children:
            yield from child.below()

    @property
    def value(self) -> str:
        """Of a simple property."""
        return self.attribute((_RDF, "resource")) or "".join(self.text).strip()


def term_of(source_type: str) -> str:
    """``humanEdits`` of its URI, in either spelling, or of its short form ``digsrctype:humanEdits``."""
    return re.split("[/:]", source_type.strip().rstrip("/"))[-1]


def source_type_of(packet: bytes) -> str:
    """The URI of the digital source type that a packet states; empty if it states none.

    Raises:
        ValueError: it is no packet that can be read; says why.
    """
    return next((value for _, _, value in _properties(_rdf(_parse(packet)), _SOURCE_TYPE)), "")


def history_of(packet: bytes) -> list[dict[str, str]]:
    """The events of a packet's history, oldest first, each as its fields without namespace.

    Raises:
        ValueError: it is no packet that can be read; says why.
    """
    events = []
    for node in _rdf(_parse(packet)).below():
        if node.name == _HISTORY:
            for item in (each for each in node.below() if each.name == (_RDF, "li")):
                pairs = [(name, value) for part in item.below() for _, name, value in part.attributes]
                pairs += [(part.name, part.value) for part in item.below()]
                events.append({name[1]: value for name, value in pairs if name[0] == _EVENT})
    return events


def lost(before: bytes, after: bytes) -> list[str]:
    """What one packet states and another does not, but for what speaks of the old pixels: the digital source
    type, thumbnails, and the place of content credentials.

    Raises:
        ValueError: one of them is no packet that can be read; says why.
    """
    missing = _facts(_parse(before)) - _facts(_parse(after))
    return sorted({path.rpartition("}")[2] for path, _ in missing})


def with_statement(packet: bytes | None, statement: Statement) -> bytes:
    """A packet that states how an edited image was made, and no longer where credentials of the old one lie.

    Args:
        packet: the source's, of which nothing is lost; None: a new one is made.

    Raises:
        ValueError: the source's is none that can be added to; says why.
    """
    if packet is None:
        return _new_packet(statement)
    rdf = _rdf(_parse(packet))
    stated = list(_properties(rdf, _SOURCE_TYPE))
    before = stated[0][2] if stated else ""
    changes: list[_Change] = []
    stays = bool(before) and term_of(before) in {*statement.keeps, term_of(statement.source_type)}
    if not stays:
        changes = [_replaced(packet, node, qname, statement) for node, qname, _ in stated]
    linked = list(_properties(rdf, _CREDENTIALS))
    changes += [_removed(packet, node, qname) for node, qname, _ in linked]
    event = _event(statement, "" if stays else before, linked[0][2] if linked else "")
    history = next((node for node in rdf.below() if node.name == _HISTORY), None)
    properties = "" if stated else _source_type(statement)
    if history is None:
        properties += f'<xmpMM:History xmlns:xmpMM="{_MEDIA}"><rdf:Seq>{event}</rdf:Seq></xmpMM:History>'
    else:
        changes.append(_appended(packet, _list_of(history), event))
    if properties:
        changes.append(_appended(packet, rdf, _description(properties, _about(rdf))))
    out = packet
    for start, end, new in sorted(changes, reverse=True):
        out = out[:start] + new + out[end:]
    if source_type_of(out) != (before if stays else statement.source_type) or lost(packet, out):
        raise ValueError("cannot be added to without losing something")
    return out


def _new_packet(statement: Statement) -> bytes:
    event = _event(statement)
    history = f'<xmpMM:History xmlns:xmpMM="{_MEDIA}"><rdf:Seq>{event}</rdf:Seq></xmpMM:History>'
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f"{_description(_source_type(statement) + history, '')}</rdf:RDF></x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _source_type(statement: Statement) -> str:
    name = "Iptc4xmpExt:DigitalSourceType"
    return f'<{name} xmlns:Iptc4xmpExt="{_IPTC}">{escape(statement.source_type)}</{name}>'


def _event(statement: Statement, before: str = "", linked: str = "") -> str:
    """No time: the same edit of the same source gives the same bytes."""
    parameters = statement.parameters
    parameters += f"; digital source type before: {before}" if before else ""
    parameters += f"; content credentials of the source: {linked}" if linked else ""
    return (
        f'<rdf:li xmlns:rdf="{_RDF}" xmlns:stEvt="{_EVENT}" rdf:parseType="Resource">'
        f"<stEvt:action>edited</stEvt:action><stEvt:softwareAgent>{escape(statement.agent)}"
        f"</stEvt:softwareAgent><stEvt:parameters>{escape(parameters)}</stEvt:parameters></rdf:li>"
    )


def _description(properties: str, about: str) -> str:
    # Its prefix is declared anew: the packet may call the namespace otherwise.
    return f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about={quoteattr(about)}>{properties}</rdf:Description>'


def _about(rdf: _Node) -> str:
    """All descriptions of a packet are about the same thing."""
    found = (node.attribute((_RDF, "about"), ("", "about")) for node in rdf.children)
    return next((about for about in found if about), "")


def _properties(rdf: _Node, name: _Name) -> Iterator[tuple[_Node, str, str]]:
    """Where a packet states a property of the image, and its value: an element and an empty word, or the
    element that has it as an attribute, and the attribute's name."""
    for description in rdf.children:
        for qname, found, value in description.attributes:
            if found == name:
                yield description, qname, value
        for node in description.children:
            if node.name == name:
                yield node, "", node.value


def _replaced(packet: bytes, node: _Node, qname: str, statement: Statement) -> _Change:
    """The change that has an element, or an attribute of it, state the digital source type."""
    if not qname:
        return node.start, node.end, _source_type(statement).encode()
    found = _attribute(packet, node, qname)
    return found.start(2), found.end(2), quoteattr(statement.source_type).encode()


def _removed(packet: bytes, node: _Node, qname: str) -> _Change:
    """The change that takes an element, or an attribute of it, out."""
    if not qname:
        return node.start, node.end, b""
    return *_attribute(packet, node, qname).span(), b""


def _attribute(packet: bytes, node: _Node, qname: str) -> re.Match[bytes]:
    for found in _ATTRIBUTE.finditer(packet, node.start, node.body):
        if found[1] == qname.encode():
            return found
    raise ValueError("is not UTF-8")


def _list_of(history: _Node) -> _Node:
    found = [node for node in history.children if node.name == (_RDF, "Seq")]
    if len(found) != 1:
        raise ValueError("holds a history that is no list")
    return found[0]


def _appended(packet: bytes, node: _Node, inner: str) -> _Change:
    """The change that makes `inner` the last child of a node."""
    if not node.is_empty:
        return node.closing, node.closing, inner.encode()
    opened = packet[node.start : node.end].rstrip(b">").rstrip(b"/").rstrip()
    return node.start, node.end, opened + b">" + inner.encode() + f"</{node.qname}>".encode()


def _rdf(root: _Node) -> _Node:
    found = next((node for node in root.below() if node.name == (_RDF, "RDF")), None)
    if found is None:
        raise ValueError("holds no RDF")
    return found


def _facts(root: _Node) -> Counter[tuple[str, str]]:
    """Everything that a packet states, as paths with values."""
    found: Counter[tuple[str, str]] = Counter()

    def walk(node: _Node, path: str) -> None:
        if node.name in _LEFT_OUT:
            return
        here = f"{path}/{{{node.name[0]}}}{node.name[1]}"
        for _, name, value in node.attributes:
            if name not in _LEFT_OUT:
                found[f"{here}/@{{{name[0]}}}{name[1]}", value] += 1
        text = "".join(node.text).strip()
        if text:
            found[here, text] += 1
        for child in node.children:
            walk(child, here)

    walk(root, "")
    return found


def _parse(packet: bytes) -> _Node:
    """The packet as a tree that knows where in the text each part stands."""
    if len(packet) > _LARGEST:
        raise ValueError(f"has {len(packet):,} bytes")
    text = packet.rstrip(b"\0")
    if b"\0" in text:
        raise ValueError("is not UTF-8")
    builder = _Builder(text)
    try:
        return builder.tree()
    except expat.ExpatError as error:
        raise ValueError(f"is damaged ({error})") from None


class _Builder:
    """Handlers of expat that build the tree."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._stack: list[_Node] = []
        self._root: _Node | None = None
        self._count = 0
        self._parser = expat.ParserCreate()
        self._parser.ordered_attributes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse

    def tree(self) -> _Node:
        self._parser.Parse(self._text, True)
        if self._root is None:
            raise ValueError("is empty")
        return self._root

    def _refuse(self, *_: object) -> None:
        raise ValueError("declares a document type, which no XMP has")

    def _start(self, qname: str, attributes: list[str]) -> None:
        self._count += 1 + len(attributes) // 2
        if self._count > _MOST_NODES or len(self._stack) >= _DEEPEST:
            raise ValueError("has too many parts")
        start = self._parser.CurrentByteIndex
        tag = _TAG.match(self._text, start)
        if tag is None:
            raise ValueError("is not UTF-8")
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        scope = self._stack[-1].scope if self._stack else {"xml": "xml"}
        declared = {n[6:]: value for n, value in pairs if n == "xmlns" or n.startswith("xmlns:")}
        scope = {**scope, **declared} if declared else scope
        node = _Node(
            name=_resolved(qname, scope, scope.get("", "")),
            qname=qname,
            start=start,
            body=tag.end(),
            is_empty=tag.group().endswith(b"/>"),
            scope=scope,
            attributes=[
                (name, _resolved(name, scope, ""), value)
                for name, value in pairs
                if name != "xmlns" and not name.startswith("xmlns:")
            ],
        )
        if self._stack:
            self._stack[-1].children.append(node)
        else:
            self._root = node
        self._stack.append(node)

    def _close(self, _qname: str) -> None:
        node = self._stack.pop()
        if node.is_empty:
            node.closing = node.end = node.body
            return
        node.closing = self._parser.CurrentByteIndex
        node.end = self._text.index(b">", node.closing) + 1

    def _characters(self, text: str) -> None:
        if self._stack:
            self._stack[-1].text.append(text)


def _resolved(qname: str, scope: Mapping[str, str], default: str) -> _Name:
    prefix, colon, local = qname.partition(":")
    if not colon:
        return default, qname
    if prefix not in scope:
        raise ValueError(f"is damaged (nothing says what {prefix!r} means)")
    return scope[prefix], local
