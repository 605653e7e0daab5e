"""An edit goes in, and a file like the source comes out, for every kind of file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from localizer.checks.file import check_file
from localizer.checks.untouched import check_untouched
from localizer.images import candidate_png, decode, deliver
from localizer.images.orientation import to_upright
from localizer.model import CheckStatus


def edited(source, colour=(200, 40, 40)):
    """A flat panel in the lower part: away from the transparent rows of the fixtures."""
    mask = np.zeros((source.height, source.width), bool)
    mask[source.height // 2 : source.height // 2 + 20, 20:60] = True
    if source.mode in ("1", "L", "LA"):
        colour = (255, 255, 255)
    rgb = source.rgb.copy()
    rgb[mask] = colour
    return rgb, mask


def test_every_kind_comes_back_as_its_like(kind):
    name, data = kind
    source = decode(data, name=name)
    rgb, mask = edited(source)
    delivered = deliver(source, rgb, mask)
    assert delivered.data != data
    assert delivered.extension == name.rsplit(".", 1)[1]

    file = check_file(source, delivered)
    doubtful = source.mode == "CMYK" or (source.alpha is not None and (source.alpha[mask] < 255).any())
    expected = {CheckStatus.PASSED, CheckStatus.UNDECIDED} if doubtful else {CheckStatus.PASSED}
    assert file.status in expected, file.detail
    untouched = check_untouched(source, rgb, mask, delivered)
    assert untouched.status is CheckStatus.PASSED, untouched.detail

    got = decode(delivered.data, name=f"x.{delivered.extension}")
    if source.palette is None and source.lossless:
        native_mask = to_upright(got.native != source.native, source.orientation)
        differs = native_mask if native_mask.ndim == 2 else native_mask.any(axis=2)
        assert not differs[~mask].any()
    inside = np.abs(got.rgb[mask].astype(int) - rgb[mask]).mean()
    assert inside < (40 if source.mode == "CMYK" else 12), "the edit itself must be in the file"


def test_candidate_is_the_edit_without_loss(kind):
    name, data = kind
    source = decode(data, name=name)
    rgb, mask = edited(source)
    png = Image.open(io.BytesIO(candidate_png(source, rgb, mask)))
    assert png.format == "PNG"
    assert png.size == (source.width, source.height)
    assert png.mode == ("RGB" if source.alpha is None else "RGBA")
    assert np.array_equal(np.asarray(png)[..., :3], rgb)
    if source.alpha is not None:
        assert np.array_equal(np.asarray(png)[..., 3][~mask], source.alpha[~mask])
    if source.icc:
        assert png.info["icc_profile"] == source.icc


def test_nothing_changed_returns_the_same_bytes(kind):
    name, data = kind
    source = decode(data, name=name)
    everywhere = np.ones((source.height, source.width), bool)
    assert deliver(source, source.rgb, everywhere).data == data
    rgb, mask = edited(source)
    assert deliver(source, rgb, np.zeros_like(mask)).data == data


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_orientation_is_kept_and_the_edit_lands_upright(orientation, fmt, picture):
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    options = {"tiffinfo": {274: orientation}} if fmt == "TIFF" else {"exif": exif.tobytes(), "quality": 92}
    Image.fromarray(picture).save(out, fmt, **options)
    source = decode(out.getvalue(), name="x")
    assert (source.width, source.height) == ((80, 120) if orientation >= 5 else (120, 80))
    rgb = source.rgb.copy()
    mask = np.zeros(rgb.shape[:2], bool)
    mask[4:28, 8:40] = True
    rgb[mask] = (250, 10, 10)
    delivered = deliver(source, rgb, mask)
    assert check_file(source, delivered).status is CheckStatus.PASSED
    assert check_untouched(source, rgb, mask, delivered).status is CheckStatus.PASSED
    got = decode(delivered.data, name="x")
    assert got.orientation == orientation
    assert got.native.shape == source.native.shape
    assert np.abs(got.rgb[8:24, 12:36].astype(int) - (250, 10, 10)).max() < 16


def test_jpeg_keeps_tables_sampling_and_scan_order(make):
    for name in ("photo.jpg", "full.jpg", "half.jpg", "progressive.jpeg"):
        source = decode(make(name), name=name)
        before = Image.open(io.BytesIO(source.data))
        after = Image.open(io.BytesIO(deliver(source, *edited(source)).data))
        assert list(after.quantization[0]) == list(before.quantization[0])
        assert [c[1:3] for c in after.layer] == [c[1:3] for c in before.layer]
        assert after.info.get("progressive") == before.info.get("progressive")
        assert after.info.get("comment") == before.info.get("comment")


def test_jpeg_keeps_exif_but_not_its_thumbnail(picture):
    thumbnail = io.BytesIO()
    Image.fromarray(picture).resize((32, 24)).save(thumbnail, "JPEG")
    tiff = _exif_with_thumbnail(thumbnail.getvalue())
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=90, exif=b"Exif\x00\x00" + tiff)
    assert thumbnail.getvalue() in out.getvalue()
    source = decode(out.getvalue(), name="a.jpg")
    delivered = deliver(source, *edited(source)).data
    assert thumbnail.getvalue()[20:200] not in delivered
    exif = Image.open(io.BytesIO(delivered)).getexif()
    assert exif[0x010F] == "Maker"
    assert not exif.get_ifd(1)


def _exif_with_thumbnail(jpeg: bytes) -> bytes:
    import struct

    second = 8 + 2 + 12 + 4 + 8
    ifd0 = struct.pack("<HHHII", 1, 0x010F, 2, 6, 26) + struct.pack("<I", second) + b"Maker\0\0\0"
    start = second + 2 + 24 + 4
    ifd1 = struct.pack("<H", 2) + struct.pack("<HHII", 0x0201, 4, 1, start)
    ifd1 += struct.pack("<HHII", 0x0202, 4, 1, len(jpeg)) + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", 8) + ifd0 + ifd1 + jpeg


def test_full_palette_that_cannot_show_the_edit_is_doubted(picture):
    grey = np.arange(256, dtype=np.uint8)
    image = Image.fromarray(np.resize(grey, (80, 120)), "P")
    image.putpalette(np.repeat(grey[:, None], 3, axis=1).tobytes())
    out = io.BytesIO()
    image.save(out, "PNG")
    source = decode(out.getvalue(), name="a.png")
    rgb, mask = source.rgb.copy(), np.zeros((80, 120), bool)
    mask[70:75, 0:20] = True  # each grey occurs elsewhere too, so no entry is free
    rgb[mask] = (255, 0, 0)
    delivered = deliver(source, rgb, mask)
    assert check_untouched(source, rgb, mask, delivered).status is CheckStatus.PASSED
    result = check_file(source, delivered)
    assert result.status is CheckStatus.UNDECIDED
    assert "palette" in result.detail


def test_small_palette_grows_by_the_new_colour(make):
    source = decode(make("palette.png"), name="a.png")
    rgb, mask = edited(source, (1, 254, 3))
    got = decode(deliver(source, rgb, mask).data, name="a.png")
    assert got.mode == "P"
    assert (got.rgb[mask] == (1, 254, 3)).all()


def test_colour_in_a_grey_file_is_doubted(make):
    source = decode(make("grey.png"), name="a.png")
    mask = np.zeros((source.height, source.width), bool)
    mask[40:60, 20:60] = True
    rgb = source.rgb.copy()
    rgb[mask] = (255, 0, 0)
    result = check_file(source, deliver(source, rgb, mask))
    assert result.status is CheckStatus.UNDECIDED
    assert "grey" in result.detail


def test_type_over_transparency_becomes_opaque_and_is_doubted(make):
    source = decode(make("alpha.png"), name="a.png")
    mask = np.zeros((source.height, source.width), bool)
    mask[2:8, 20:60] = True
    rgb = source.rgb.copy()
    rgb[mask] = (1, 2, 3)
    delivered = deliver(source, rgb, mask)
    got = decode(delivered.data, name="a.png")
    assert (got.alpha[mask] == 255).all()
    assert np.array_equal(got.alpha[~mask], source.alpha[~mask])
    result = check_file(source, delivered)
    assert result.status is CheckStatus.UNDECIDED
    assert "transparent" in result.detail


def test_letters_drawn_in_the_alpha_plane_leave_no_ghost(picture):
    """White letters, opaque, on a plate of alpha 210: the edit paints the plate's colour over them."""
    plate = np.full((80, 120, 4), (40, 120, 90, 210), np.uint8)
    plate[30:50, 40:44] = plate[30:34, 30:60] = (255, 255, 255, 255)
    out = io.BytesIO()
    Image.fromarray(plate).save(out, "PNG")
    source = decode(out.getvalue(), name="a.png")
    mask = np.zeros((80, 120), bool)
    mask[26:54, 26:64] = True
    rgb = source.rgb.copy()
    rgb[mask] = (40, 120, 90)
    rgb[36:40, 32:58] = (255, 255, 255)  # the new type
    delivered = deliver(source, rgb, mask)
    got = decode(delivered.data, name="a.png")
    assert np.abs(got.alpha.astype(int) - 210).max() <= 3
    assert np.array_equal(got.rgb, rgb)
    assert check_file(source, delivered).status is CheckStatus.PASSED
    candidate = np.asarray(Image.open(io.BytesIO(candidate_png(source, rgb, mask))))
    assert np.array_equal(candidate[..., 3], got.alpha)


def test_new_colour_equal_to_the_transparent_one_stays_visible(make):
    source = decode(make("keyed.png"), name="a.png")
    rgb, mask = edited(source, (120, 130, 60))
    got = decode(deliver(source, rgb, mask).data, name="a.png")
    assert got.alpha is not None
    assert (got.alpha[mask & (source.alpha == 255)] == 255).all()


def test_an_edit_of_another_size_is_refused(make):
    source = decode(make("photo.jpg"), name="a.jpg")
    with pytest.raises(ValueError, match="does not fit"):
        deliver(source, source.rgb[:-1], np.zeros((source.height - 1, source.width), bool))
