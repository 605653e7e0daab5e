"""Delivered files of every format say how they were made, and keep the XMP that their source had."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from localizer.checks.file import check_file
from localizer.checks.untouched import check_untouched
from localizer.images import Delivered, decode, deliver
from localizer.images.packet import has_credentials, into_gif, packet_of
from localizer.model import CheckStatus
from localizer.provenance.statements import GENERATIVE, HUMAN_EDITS
from localizer.provenance.xmp import Statement, history_of, lost, source_type_of

SAYS = Statement(HUMAN_EDITS, "campaign-localizer typeset/3", "replace_text 1; locale ja", GENERATIVE)
XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:rights="Acme 月饼"><dc:title>Tea</dc:title>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>" + " " * 50 + '<?xpacket end="w"?>'
).encode()


def with_xmp(fmt: str, picture: np.ndarray, xmp: bytes, **options: object) -> bytes:
    image, out = Image.fromarray(picture), io.BytesIO()
    if fmt == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode(), zip=bool(options.pop("zip", False)))
        info.add_text("Author", "Acme")
        image.save(out, "PNG", pnginfo=info, dpi=(144, 144), **options)
    elif fmt == "TIFF":
        image.save(out, "TIFF", tiffinfo={700: xmp, 315: "Acme"}, dpi=(144, 144), **options)
    elif fmt == "GIF":
        image.quantize(60).save(out, "GIF", comment=b"hello")
        return into_gif(out.getvalue(), xmp)
    else:
        image.save(out, fmt, xmp=xmp, quality=90, **options)
    return out.getvalue()


def edited(source):
    mask = np.zeros((source.height, source.width), bool)
    mask[source.height // 2 : source.height // 2 + 20, 20:60] = True
    rgb = source.rgb.copy()
    rgb[mask] = (255, 255, 255) if source.mode in ("1", "L", "LA") else (200, 40, 40)
    return rgb, mask


def stated(delivered: Delivered, name: str) -> bytes:
    packet = packet_of(decode(delivered.data, name=name))
    assert packet is not None
    return packet


def test_every_kind_of_file_says_it(kind):
    name, data = kind
    source = decode(data, name=name)
    rgb, mask = edited(source)
    plain = deliver(source, rgb, mask)
    told = deliver(source, rgb, mask, statement=SAYS)
    assert deliver(source, rgb, mask, statement=SAYS).data == told.data, "the same edit, the same bytes"
    if source.format == "BMP":
        assert (told.data, told.source_type) == (plain.data, "")
        assert "cannot say" in told.notes[-1]
        return
    assert told.source_type == HUMAN_EDITS
    assert source_type_of(stated(told, name)) == HUMAN_EDITS
    was, now = decode(plain.data, name=name), decode(told.data, name=name)
    assert np.array_equal(was.native, now.native)
    assert (was.icc, was.dpi, was.orientation, was.bit_depth) == (
        now.icc,
        now.dpi,
        now.orientation,
        now.bit_depth,
    )
    assert check_file(source, told).status is check_file(source, plain).status
    assert check_untouched(source, rgb, mask, told).status is CheckStatus.PASSED


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_the_sources_own_packet_is_kept(fmt, picture):
    source = decode(with_xmp(fmt, picture, XMP), name="a")
    assert packet_of(source) == XMP
    rgb, mask = edited(source)
    told = deliver(source, rgb, mask, statement=SAYS)
    packet = stated(told, "a")
    assert lost(XMP, packet) == []
    head, tail = XMP.split(b"</rdf:RDF>")
    assert packet.startswith(head)
    assert packet.endswith(tail)
    assert source_type_of(packet) == HUMAN_EDITS
    assert history_of(packet)[0]["softwareAgent"] == SAYS.agent
    assert check_file(source, told).status is CheckStatus.PASSED
    assert packet_of(decode(told.data, name="a")) == packet
    if fmt in ("PNG", "TIFF"):
        assert b"Acme" in told.data
        assert decode(told.data, name="a").dpi == source.dpi


@pytest.mark.parametrize("fmt", ["JPEG", "PNG"])
def test_nothing_but_the_packet_differs(fmt, picture):
    """Byte for byte: what stands around the segment or chunk of the packet."""
    source = decode(with_xmp(fmt, picture, XMP), name="a")
    rgb, mask = edited(source)
    plain, told = deliver(source, rgb, mask).data, deliver(source, rgb, mask, statement=SAYS)
    packet = stated(told, "a")
    head, tail = {"JPEG": (2 + 29, 0), "PNG": (8 + 22, 4)}[fmt]  # length, kind and keyword; checksum
    was, now = plain.index(XMP), told.data.index(packet)
    assert plain[: was - head] == told.data[: now - head]
    assert plain[was + len(XMP) + tail :] == told.data[now + len(packet) + tail :]


def test_a_compressed_packet_of_a_png_is_read(picture):
    source = decode(with_xmp("PNG", picture, XMP, zip=True), name="a.png")
    assert packet_of(source) == XMP
    packet = stated(deliver(source, *edited(source), statement=SAYS), "a.png")
    assert lost(XMP, packet) == []


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_a_broken_packet_is_left_alone_and_told(fmt, picture):
    broken = XMP[:300] + b"</oops>" + XMP[300:]
    source = decode(with_xmp(fmt, picture, broken), name="a")
    rgb, mask = edited(source)
    told = deliver(source, rgb, mask, statement=SAYS)
    assert told.source_type == ""
    assert "kept as it is" in " ".join(told.notes)
    if fmt != "GIF":
        assert stated(told, "a") == broken
    result = check_file(source, told)
    assert result.status is CheckStatus.PASSED
    assert "does not say how this was made" in result.detail


def test_a_packet_that_fills_its_segment_is_left_alone(picture):
    full = XMP.replace(b" " * 50, b" " * (65_502 - len(XMP) + 50))
    source = decode(with_xmp("JPEG", picture, full), name="a.jpg")
    told = deliver(source, *edited(source), statement=SAYS)
    assert stated(told, "a.jpg") == full
    assert "leaves no room" in " ".join(told.notes)
    room = XMP.replace(b" " * 50, b" " * (64_000 - len(XMP)))
    source = decode(with_xmp("JPEG", picture, room), name="a.jpg")
    assert deliver(source, *edited(source), statement=SAYS).source_type == HUMAN_EDITS


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_thumbnails_of_the_old_picture_go_and_make_room(fmt, picture):
    body = b"<xmp:Thumbnails>" + b"A" * 64_500 + b"</xmp:Thumbnails></rdf:Description>"
    full = XMP.replace(b"</rdf:Description>", body).replace(
        b"<rdf:RDF ", b'<rdf:RDF xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
    )
    source = decode(with_xmp(fmt, picture, full), name="a")
    told = deliver(source, *edited(source), statement=SAYS)
    assert told.source_type == HUMAN_EDITS
    assert b"AAAA" not in stated(told, "a")
    assert check_file(source, told).status is CheckStatus.PASSED


def test_extended_xmp_stays(picture):
    """A packet too large for one segment goes on in others, which the first names by a checksum."""
    more = b"http://ns.adobe.com/xmp/extension/\x00" + b"A" * 32 + struct.pack(">II", 9, 0) + b"<x>12</x>"
    data = with_xmp("JPEG", picture, XMP)
    data = data[:2] + b"\xff\xe1" + struct.pack(">H", len(more) + 2) + more + data[2:]
    told = deliver(source := decode(data, name="a.jpg"), *edited(source), statement=SAYS)
    assert more in told.data
    assert source_type_of(stated(told, "a.jpg")) == HUMAN_EDITS


def test_a_file_that_lacks_what_it_should_say_fails(picture):
    source = decode(with_xmp("PNG", picture, XMP), name="a.png")
    rgb, mask = edited(source)
    told = deliver(source, rgb, mask, statement=SAYS)
    silent = deliver(source, rgb, mask)
    result = check_file(source, Delivered(silent.data, "png", source_type=HUMAN_EDITS))
    assert result.status is CheckStatus.FAILED
    assert "no digital source type" in result.detail
    other = decode(with_xmp("PNG", picture, XMP.replace(b"Tea", b"Cup")), name="a.png")
    result = check_file(other, told)
    assert result.status is CheckStatus.FAILED
    assert "lacks title" in result.detail


def test_nothing_changed_says_nothing(kind):
    name, data = kind
    source = decode(data, name=name)
    told = deliver(source, source.rgb, np.ones((source.height, source.width), bool), statement=SAYS)
    assert (told.data, told.source_type) == (data, "")


C2PA_BOX = bytes.fromhex("6332706100110010800000AA00389B71")


def test_credentials_of_the_old_picture_are_left_out(picture):
    box = struct.pack(">I4sI4s", 60, b"jumb", 52, b"jumd") + C2PA_BOX + b"\x03c2pa\x00" + bytes(15)
    first = b"JP\x00\x01" + struct.pack(">I", 1) + box
    second = b"JP\x00\x01" + struct.pack(">I", 2) + box[:8] + b"more"
    other = b"JP\x00\x02" + struct.pack(">I", 1) + b"\x00\x00\x00\x10jumb12345678"
    data = with_xmp("JPEG", picture, XMP)
    segments = b"".join(b"\xff\xeb" + struct.pack(">H", len(s) + 2) + s for s in (first, second, other))
    source = decode(data[:2] + segments + data[2:], name="a.jpg")
    assert has_credentials(source)
    for statement in (SAYS, None):
        told = deliver(source, *edited(source), statement=statement)
        assert not has_credentials(decode(told.data, name="a.jpg"))
        assert C2PA_BOX not in told.data
        assert b"more" not in told.data
        assert other in told.data
        assert any("content credentials" in note for note in told.notes)
