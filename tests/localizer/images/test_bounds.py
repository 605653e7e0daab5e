"""Files made to cost a decoder far more than their size: each is refused by its structure, quickly."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from localizer.errors import ImageError
from localizer.images import Limits, decode
from localizer.images.jpeg import Segment
from localizer.images.metadata import without_xmp_thumbnails
from localizer.images.png import SIGNATURE, Chunk

MIB = 1 << 20


@contextmanager
def within(*, megabytes: int, seconds: float) -> Iterator[None]:
    """What is done inside takes no more, in Python's and NumPy's memory and of this process's time."""
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
        assert time.process_time() - began < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * MIB
    finally:
        tracemalloc.stop()


def chunked(*chunks: tuple[bytes, bytes]) -> bytes:
    return SIGNATURE + b"".join(Chunk(kind, body).encode() for kind, body in chunks)


def ihdr(width: int, height: int, depth: int = 8, colour: int = 2) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def png_bomb(width: int, height: int) -> bytes:
    """A gigabyte of zeros in a megabyte."""
    deflate = zlib.compressobj(9)
    body = b"".join(deflate.compress(bytes(MIB)) for _ in range(64)) + deflate.flush()
    return chunked(ihdr(width, height), (b"IDAT", body), (b"IEND", b""))


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Further chunks behind the header."""
    at = len(SIGNATURE) + 25
    return png[:at] + b"".join(Chunk(kind, body).encode() for kind, body in chunks) + png[at:]


def with_segments(jpeg: bytes, *segments: Segment) -> bytes:
    return jpeg[:2] + b"".join(s.encode() for s in segments) + jpeg[2:]


def webp(width: int, height: int) -> bytes:
    """A canvas that large around a picture that is not."""
    out = io.BytesIO()
    Image.new("RGB", (20, 20)).save(out, "WEBP", lossless=True)
    inner = out.getvalue()[12:]
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + size + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14
    chunk = b"\x2f" + struct.pack("<I", bits) + bytes(11)
    body = b"WEBPVP8L" + struct.pack("<I", len(chunk)) + chunk
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(entries: list[tuple[int, int, int, int]], following: int = 0, *, tail: bytes = b"") -> bytes:
    """One directory at byte 8: tag, type, count, value or offset."""
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    return struct.pack("<2sHI", b"II", 42, 8) + body + struct.pack("<I", following) + tail


SIZE = [(256, 4, 1, 64), (257, 4, 1, 64)]


def bmp(width: int, height: int) -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(head), 0, 0, 54) + head


def gif(width: int, height: int, frames: int = 1) -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    colours = b"\x00\x00\x00\xff\xff\xff"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + colours + frame * frames + b"\x3b"


def jpeg_claiming(make: Callable[[str], bytes], width: int, height: int) -> bytes:
    data = bytearray(make("photo.jpg"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    "bomb",
    [
        lambda make: png_bomb(60_000, 60_000),
        lambda make: webp(16_383, 16_383),
        lambda make: webp_lossless(16_384, 16_384),
        lambda make: tiff([(256, 4, 1, 60_000), (257, 4, 1, 60_000), (262, 3, 1, 1), (273, 4, 1, 8)]),
        lambda make: bmp(40_000, -40_000),
        lambda make: gif(65_535, 65_535),
        lambda make: jpeg_claiming(make, 65_500, 65_500),
    ],
    ids=["png", "webp", "webp-lossless", "tiff", "bmp", "gif", "jpeg"],
)
def test_decompression_bombs_cost_nothing(bomb, make):
    data = bomb(make)
    with within(megabytes=20, seconds=1), pytest.raises(ImageError, match=r"64,000,000.*export it smaller"):
        decode(data, name="bomb")


@pytest.mark.parametrize("size", [(1_000_000, 16), (16, 40_000)])
def test_too_long(size):
    with pytest.raises(ImageError, match="no side may have more"):
        decode(png_bomb(*size), name="long")


def test_longest_side(make):
    with pytest.raises(ImageError, match="no side may have more than 119 pixels"):
        decode(make("photo.jpg"), name="a.jpg", limits=Limits(max_side=119))
    assert decode(make("photo.jpg"), name="a.jpg", limits=Limits(max_side=120)).width == 120


def test_an_avif_is_named_not_decoded():
    with pytest.raises(ImageError, match="AVIF"):
        decode(b"\x00\x00\x00\x20ftypavif" + bytes(100), name="a.avif")


def test_progressive_jpeg_with_a_thousand_scans(make):
    data = make("progressive.jpeg")
    at, end = data.rindex(b"\xff\xda"), data.rindex(b"\xff\xd9")
    with pytest.raises(ImageError, match="scans, the limit is 64"):
        decode(data[:end] + data[at:end] * 1000 + data[end:], name="a.jpg")


def test_jpeg_of_nothing_but_segments(make):
    data = with_segments(make("photo.jpg"), *[Segment(0xFE, b"")] * 100_000)
    with pytest.raises(ImageError, match="more than 20000 segments"):
        decode(data, name="a.jpg")


def test_jpeg_with_too_much_metadata(make):
    comments = [Segment(0xFE, b"x" * 65_000)] * 260
    with pytest.raises(ImageError, match=r"metadata of 16,9\d\d,\d+ bytes, the limit is 16,777,216"):
        decode(with_segments(make("photo.jpg"), *comments), name="a.jpg")


def test_jpeg_with_a_huge_colour_profile(make):
    parts = [Segment(0xE2, b"ICC_PROFILE\x00" + bytes([n, 80]) + b"x" * 65_000) for n in range(1, 81)]
    with pytest.raises(ImageError, match="colour profile"):
        decode(with_segments(make("full.jpg"), *parts), name="a.jpg")


def test_png_of_nothing_but_chunks(make):
    with pytest.raises(ImageError, match="more than 65536 chunks"):
        decode(with_chunks(make("plain.png"), *[(b"teSt", b"")] * 70_000), name="a.png")
    with pytest.raises(ImageError, match="more than 4096 chunks"):
        decode(with_chunks(make("plain.png"), *[(b"tEXt", b"a\x00b")] * 5_000), name="a.png")


@pytest.mark.parametrize(
    "chunk",
    [
        (b"zTXt", b"Comment\x00\x00" + zlib.compress(bytes(100 * MIB), 9)),
        (b"iTXt", b"Comment\x00\x01\x00\x00\x00" + zlib.compress(bytes(100 * MIB), 9)),
        (b"iCCP", b"sRGB\x00\x00" + zlib.compress(bytes(100 * MIB), 9)),
    ],
    ids=["zTXt", "iTXt", "iCCP"],
)
def test_compressed_chunks_do_not_unpack_without_end(make, chunk):
    data = with_chunks(make("alpha.png"), chunk)
    with within(megabytes=20, seconds=1), pytest.raises(ImageError, match=r"too large"):
        decode(data, name="a.png")


def test_png_with_a_large_profile_or_metadata(make):
    noise = np.random.default_rng(1).bytes(5 * MIB)
    with pytest.raises(ImageError, match="colour profile"):
        decode(with_chunks(make("alpha.png"), (b"iCCP", b"x\x00\x00" + noise)), name="a.png")
    with pytest.raises(ImageError, match="metadata"):
        decode(with_chunks(make("alpha.png"), (b"eXIf", noise * 4)), name="a.png")


def test_webp_with_metadata(make):
    data = make("lossless.webp")
    extra = b"XMP " + struct.pack("<I", 17 * MIB) + bytes(17 * MIB)
    data = b"RIFF" + struct.pack("<I", len(data) - 8 + len(extra)) + data[8:] + extra
    with pytest.raises(ImageError, match="metadata"):
        decode(data, name="a.webp")


def test_tiff_whose_pages_follow_each_other_in_a_circle():
    began = time.process_time()
    with pytest.raises(ImageError, match="4096 pages or more"):
        decode(tiff(SIZE, following=8), name="a.tif")
    assert time.process_time() - began < 1


def test_tiff_of_a_million_pages():
    pages = b"".join(struct.pack("<HI", 0, 38 + 6 * (n + 1)) for n in range(1_000_000))
    began = time.process_time()
    with pytest.raises(ImageError, match="4096 pages or more"):
        decode(tiff(SIZE, following=38, tail=pages), name="a.tif")
    assert time.process_time() - began < 1


def test_tiff_with_tags_that_lie_over_each_other():
    """Each of a few thousand tags is the whole file: read one by one, that is gigabytes."""
    entries = SIZE + [(40_000 + n, 1, 2 * MIB, 100) for n in range(3000)]
    began = time.process_time()
    with pytest.raises(ImageError, match="damaged"):
        decode(tiff(entries, tail=bytes(2 * MIB)), name="a.tif")
    assert time.process_time() - began < 1


def test_tiff_with_too_many_tags_or_metadata():
    with pytest.raises(ImageError, match="more than 4096 tags"):
        decode(tiff(SIZE + [(40_000, 1, 1, 0)] * 5000), name="a.tif")
    with pytest.raises(ImageError, match="metadata"):
        decode(tiff([*SIZE, (700, 1, 17 * MIB, 100)], tail=bytes(18 * MIB)), name="a.tif")
    with pytest.raises(ImageError, match="colour profile"):
        decode(tiff([*SIZE, (34675, 7, 5 * MIB, 100)], tail=bytes(6 * MIB)), name="a.tif")


def test_big_tiff_is_bounded_too():
    page = struct.pack("<Q", 1) + struct.pack("<HHQQ", 256, 4, 1, 64) + struct.pack("<Q", 16)
    with pytest.raises(ImageError, match="pages or more"):
        decode(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + page, name="a.tif")


def test_gif_with_very_many_frames():
    began = time.process_time()
    with pytest.raises(ImageError, match="animated"):
        decode(gif(16, 16, frames=200_000), name="a.gif")
    assert time.process_time() - began < 5


def test_thumbnails_that_open_and_never_end():
    xmp = b"<xmp:Thumbnails>" * 1_000_000
    began = time.process_time()
    assert without_xmp_thumbnails(xmp) == xmp
    assert without_xmp_thumbnails(b"a<xmp:Thumbnails>b</xmp:Thumbnails>c") == b"ac"
    assert time.process_time() - began < 1
