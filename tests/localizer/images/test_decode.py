"""What decode accepts, what it makes of it, and that everything else ends in an ImageError."""

from __future__ import annotations

import io
import struct
import zlib

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from localizer.errors import ImageError
from localizer.images import Limits, decode


def test_every_kind_decodes_whole(kind):
    name, data = kind
    source = decode(data, name=name)
    assert source.rgb.shape == (source.height, source.width, 3)
    assert {source.width, source.height} == {120, 80}
    assert source.rgb.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        source.rgb[0, 0] = 0
    assert source.alpha is None or source.alpha.shape == source.rgb.shape[:2]
    assert (source.alpha is not None) == any(w in name for w in ("alpha", "transparent", "keyed"))
    assert (source.bit_depth == 16) == name.startswith("deep")
    assert source.lossless == (
        not name.endswith((".jpg", ".jpeg")) and not name.startswith(("lossy", "turned.webp"))
    )


def test_rgb_agrees_with_an_independent_decoder(kind, make):
    """OpenCV decodes the same files with other code paths (no CMYK, and GIF palettes differ in nothing)."""
    name, data = kind
    if name.startswith(("cmyk", "bilevel.tif", "keyed", "transparent")) or "alpha" in name:
        pytest.skip("OpenCV treats CMYK and transparency differently")
    theirs = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    ours = decode(data, name=name).rgb
    if theirs.shape != ours.shape:  # OpenCV does not know EXIF in every format
        pytest.skip("OpenCV does not turn this format upright")
    assert np.abs(theirs[..., ::-1].astype(int) - ours).max() <= 2


def test_alpha_is_the_plane_of_the_file(make):
    for name in ("alpha.png", "lossless-alpha.webp", "alpha.tif", "deep-alpha.png", "deep-grey-alpha.png"):
        source = decode(make(name), name=name)
        assert abs(int(source.alpha[0, 0])) <= 1, name
        assert source.alpha[-1, -1] >= 254, name
        assert (source.preview((9, 9, 9))[0, 0] == 9).all() or name.startswith("deep"), name


def test_sixteen_bits_are_kept(make):
    source = decode(make("deep.png"), name="deep.png")
    assert source.native.dtype == np.uint16
    assert len(np.unique(source.native)) > 5000
    assert np.abs(source.native / 257 - source.rgb).max() <= 0.5 + 1e-9


def test_metadata_is_read(make):
    photo = decode(make("photo.jpg"), name="photo.jpg")
    assert photo.dpi == (300, 300)
    assert ImageCms.ImageCmsProfile(io.BytesIO(photo.icc)).profile.xcolor_space.strip() == "RGB"
    assert decode(make("turned.tif"), name="t.tif").orientation == 6
    assert decode(make("turned.png"), name="t.png").orientation == 8


def test_cmyk_without_profile_says_that_its_colours_are_approximate(make):
    source = decode(make("cmyk.jpg"), name="cmyk.jpg")
    assert source.mode == "CMYK"
    assert any("no ICC profile" in note for note in source.notes)


def test_cmyk_profile_that_cannot_be_used_is_kept_and_noted(picture):
    out = io.BytesIO()
    inks = Image.fromarray(np.dstack([picture, picture[..., 0]]), "CMYK")
    inks.save(out, "TIFF", icc_profile=b"not a profile at all")
    source = decode(out.getvalue(), name="a.tif")
    assert source.icc == b"not a profile at all"
    assert any("cannot be used" in note for note in source.notes)


def test_cut_anywhere_is_always_an_image_error(kind):
    name, data = kind
    step = max(1, len(data) // 150)
    for at in sorted({*range(0, len(data), step), *range(max(0, len(data) - 12), len(data))}):
        with pytest.raises(ImageError, match=name):
            decode(data[:at], name=name)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_survived(data):
    """Whatever is flipped: pixels or an ImageError, never another exception."""
    from_kind = data.draw(st.sampled_from(sorted(_SMALL)))
    damaged = bytearray(_SMALL[from_kind])
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        source = decode(bytes(damaged), name="damaged")
    except ImageError:
        return
    assert source.rgb.shape == (source.height, source.width, 3)


def _small(fmt, mode="RGB", **options):
    x = np.arange(24 * 20 * 3, dtype=np.uint8).reshape(20, 24, 3)
    out = io.BytesIO()
    Image.fromarray(x).convert(mode).save(out, fmt, **options)
    return out.getvalue()


_SMALL = {
    "jpeg": _small("JPEG"),
    "progressive": _small("JPEG", progressive=True),
    "cmyk": _small("JPEG", "CMYK"),
    "png": _small("PNG"),
    "palette": _small("PNG", "P"),
    "webp": _small("WEBP", lossless=True),
    "tiff": _small("TIFF", compression="tiff_lzw"),
    "bmp": _small("BMP"),
    "gif": _small("GIF", "P"),
}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"),
        (b"PK\x03\x04" + b"\0" * 60, "ZIP"),
        (b"%PDF-1.7\n", "PDF"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b'{"error": "not found"}', "JSON"),
        (b"just words", "plain text"),
        (b"version https://git-lfs.github.com/spec/v1\n", "LFS"),
        (bytes(range(128, 200)), "not an image"),
    ],
)
def test_a_file_that_is_no_image_is_named_for_what_it_is(content, words):
    with pytest.raises(ImageError, match=rf"hero\.jpg.*{words}"):
        decode(content, name="https://cdn.example.com/a/hero.jpg?v=2" if content else "hero.jpg")


def test_extension_that_contradicts_the_content(make):
    with pytest.raises(ImageError, match=r"banner\.jpg: the file is a PNG image but is named \.jpg"):
        decode(make("plain.png"), name="banner.jpg")
    assert decode(make("plain.png"), name="banner").format == "PNG"
    assert decode(make("plain.png"), name="BANNER.PNG").format == "PNG"
    assert decode(make("photo.jpg"), name="https://x/y.jpeg?name=a.png").format == "JPEG"


def _png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(60_000, 60_000), (9_000, 9_000), (2**31 - 1, 2**31 - 1)])
def test_bomb_is_refused_by_its_header(size):
    with pytest.raises(ImageError, match="limit"):
        decode(_png_header(*size), name="bomb.png")


def test_limits(make):
    data = make("plain.png")
    with pytest.raises(ImageError, match="bytes"):
        decode(data, name="a.png", limits=Limits(max_bytes=len(data) - 1))
    with pytest.raises(ImageError, match="pixels"):
        decode(data, name="a.png", limits=Limits(max_pixels=120 * 80 - 1))
    with pytest.raises(ImageError, match="too small"):
        decode(data, name="a.png", limits=Limits(min_side=81))


@pytest.mark.parametrize("fmt", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_frames_are_refused(fmt, picture):
    frames = [Image.fromarray(picture), Image.fromarray(255 - picture)]
    out = io.BytesIO()
    frames[0].save(out, fmt, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="pages" if fmt == "TIFF" else "animated"):
        decode(out.getvalue(), name="a")


def test_damaged_png_pixels_are_noticed(make):
    data = bytearray(make("plain.png"))
    data[data.index(b"IDAT") + 200] ^= 1
    with pytest.raises(ImageError, match="IDAT"):
        decode(bytes(data), name="a.png")


@pytest.mark.parametrize("name", ["photo.jpg", "full.jpg", "progressive.jpeg", "grey.jpg", "cmyk.jpg"])
@pytest.mark.parametrize("part", [0.5, 0.7, 0.9])
def test_jpeg_cut_in_its_scan_but_ended_properly(make, name, part):
    """A broken upload that something closed with an end marker: libjpeg only warns and fills with grey."""
    data = make(name)
    start = data.index(b"\xff\xda") + 14
    cut = data[: start + int((len(data) - start) * part)].rstrip(b"\xff")
    with pytest.raises(ImageError):
        decode(cut + b"\xff\xd9", name=name)


def test_grey_jpeg_that_looks_like_a_filled_one_is_whole():
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (128, 128, 128)).save(out, "JPEG")
    assert (decode(out.getvalue(), name="a.jpg").rgb == 128).all()
