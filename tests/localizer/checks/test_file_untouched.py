"""The checks of the delivered file must notice every single thing that is wrong with it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from localizer.checks.file import check_file
from localizer.checks.untouched import check_untouched
from localizer.images import Delivered, decode, deliver
from localizer.model import CheckStatus

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(60, 190, (12, 16, 3), np.uint8)).resize(
        (96, 72), Image.Resampling.BICUBIC
    )


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda im: saved(im.resize((95, 72)), "PNG", dpi=(144, 144), icc_profile=SRGB), "size"),
        (lambda im: saved(im.convert("L"), "PNG", dpi=(144, 144), icc_profile=SRGB), "mode"),
        (lambda im: saved(im.convert("RGBA"), "PNG", dpi=(144, 144), icc_profile=SRGB), "transparency"),
        (lambda im: saved(im, "PNG", dpi=(144, 144)), "ICC"),
        (lambda im: saved(im, "PNG", dpi=(144, 144), icc_profile=SRGB[:-4] + b"abcd"), "ICC"),
        (lambda im: saved(im, "PNG", icc_profile=SRGB), "DPI"),
        (lambda im: saved(im, "PNG", dpi=(72, 72), icc_profile=SRGB), "DPI"),
        (lambda im: saved(im, "JPEG", dpi=(144, 144), icc_profile=SRGB), "cannot be read"),
        (lambda im: saved(im, "PNG", dpi=(144, 144), icc_profile=SRGB)[:-20], "cannot be read"),
    ],
)
def test_each_difference_fails_and_is_named(image, change, word):
    source = decode(saved(image, "PNG", dpi=(144, 144), icc_profile=SRGB), name="a.png")
    assert check_file(source, Delivered(source.data, "png")).status is CheckStatus.PASSED
    result = check_file(source, Delivered(change(image), "png"))
    assert result.status is CheckStatus.FAILED
    assert word in result.detail


def test_one_pixel_outside_the_mask_fails(image):
    source = decode(saved(image, "PNG"), name="a.png")
    rgb, mask = source.rgb.copy(), np.zeros((72, 96), bool)
    mask[30:40, 30:60] = True
    rgb[mask] = 0
    delivered = deliver(source, rgb, mask)
    assert check_untouched(source, rgb, mask, delivered).status is CheckStatus.PASSED
    rgb[0, 0, 0] ^= 1
    result = check_untouched(source, rgb, mask, delivered)
    assert result.status is CheckStatus.FAILED
    assert result.detail.startswith("1 pixels outside")


def test_one_pixel_of_a_lossless_delivery_fails(image):
    source = decode(saved(image, "PNG"), name="a.png")
    wrong = source.rgb.copy()
    wrong[5, 5, 1] ^= 1
    delivered = Delivered(saved(Image.fromarray(wrong), "PNG"), "png")
    result = check_untouched(source, source.rgb, np.zeros((72, 96), bool), delivered)
    assert result.status is CheckStatus.FAILED


def test_coarse_jpeg_fails_and_its_like_passes(image):
    source = decode(saved(image, "JPEG", quality=92), name="a.jpg")
    rgb, mask = source.rgb.copy(), np.zeros((72, 96), bool)
    mask[30:40, 30:60] = True
    rgb[mask] = 0
    good = check_untouched(source, rgb, mask, deliver(source, rgb, mask))
    assert good.status is CheckStatus.PASSED
    assert good.value is not None
    assert 45 <= good.value <= 99
    coarse = Delivered(saved(Image.fromarray(rgb), "JPEG", quality=20), "jpg")
    bad = check_untouched(source, rgb, mask, coarse)
    assert bad.status is CheckStatus.FAILED
    assert bad.value is not None
    assert bad.value < 45


def test_transparency_outside_the_mask_counts(image):
    rgba = np.dstack([np.asarray(image), np.full((72, 96), 255, np.uint8)])
    rgba[:5, :, 3] = 0
    source = decode(saved(Image.fromarray(rgba), "PNG"), name="a.png")
    rgba[0, 0, 3] = 255
    delivered = Delivered(saved(Image.fromarray(rgba), "PNG"), "png")
    result = check_untouched(source, source.rgb, np.zeros((72, 96), bool), delivered)
    assert result.status is CheckStatus.FAILED
    assert "transparency" in result.detail


def test_edit_of_the_whole_image_has_nothing_to_compare(image):
    source = decode(saved(image, "JPEG"), name="a.jpg")
    mask = np.ones((72, 96), bool)
    rgb = np.full_like(source.rgb, 30)
    result = check_untouched(source, rgb, mask, deliver(source, rgb, mask))
    assert (result.status, result.value) == (CheckStatus.PASSED, None)
