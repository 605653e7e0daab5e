"""Real image files of every supported kind, made on the spot."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest
from PIL import Image, ImageCms

from localizer.images.png import encode_samples

WIDTH, HEIGHT = 120, 80
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def photo(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Smooth gradients with texture: compresses like a photograph."""
    y, x = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(7).normal(0, 4, (height, width))
    planes = [120 + 90 * np.sin(x / 23), 128 + 80 * np.cos(y / 17), 60 + x * 150 / width]
    return np.clip(np.stack([p + noise for p in planes], axis=2), 0, 255).astype(np.uint8)


def saved(image: Image.Image, fmt: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def cv_encoded(extension: str, samples: np.ndarray) -> bytes:
    done, data = cv2.imencode(extension, samples)
    assert done
    return data.tobytes()


def _alpha() -> np.ndarray:
    alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
    alpha[:10] = 0
    alpha[10:14] = 128
    return alpha


def _rgba() -> Image.Image:
    return Image.fromarray(np.dstack([photo(), _alpha()]))


def _rgb() -> Image.Image:
    return Image.fromarray(photo())


def _cmyk() -> Image.Image:
    return Image.fromarray(np.dstack([photo(), photo()[..., 0] // 4]), "CMYK")


def _deep(channels: int) -> np.ndarray:
    eight = np.dstack([photo(), _alpha()])[..., :channels].astype(np.uint16)
    low = np.random.default_rng(3).integers(0, 257, eight.shape, dtype=np.uint16)
    return np.minimum(eight * np.uint16(256) + low, 65535).astype(np.uint16)


def _palette(colours: int) -> Image.Image:
    return _rgb().quantize(colours, dither=Image.Dither.NONE)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera"
    return exif.tobytes()


KINDS: dict[str, Callable[[], bytes]] = {
    "photo.jpg": lambda: saved(
        _rgb(), "JPEG", quality=88, dpi=(300, 300), icc_profile=SRGB, comment=b"hello"
    ),
    "full.jpg": lambda: saved(_rgb(), "JPEG", quality=80, subsampling=0),
    "half.jpg": lambda: saved(_rgb(), "JPEG", quality=90, subsampling=1),
    "low.jpg": lambda: saved(_rgb(), "JPEG", quality=40),
    "progressive.jpeg": lambda: saved(_rgb(), "JPEG", quality=85, progressive=True),
    "grey.jpg": lambda: saved(_rgb().convert("L"), "JPEG", quality=85),
    "stored-rgb.jpg": lambda: saved(_rgb(), "JPEG", quality=92, keep_rgb=True),
    "cmyk.jpg": lambda: saved(_cmyk(), "JPEG", quality=92),
    "turned.jpg": lambda: saved(_rgb(), "JPEG", quality=90, exif=_exif(6)),
    "plain.png": lambda: saved(_rgb(), "PNG", dpi=(144, 144), icc_profile=SRGB, exif=_exif(1)),
    "alpha.png": lambda: saved(_rgba(), "PNG"),
    "grey.png": lambda: saved(_rgb().convert("L"), "PNG"),
    "grey-alpha.png": lambda: saved(_rgba().convert("LA"), "PNG"),
    "bilevel.png": lambda: saved(_rgb().convert("1"), "PNG"),
    "palette.png": lambda: saved(_palette(40), "PNG"),
    "palette-full.png": lambda: saved(_palette(256), "PNG"),
    "palette-alpha.png": lambda: saved(_palette(20), "PNG", transparency=bytes([0, 90])),
    "keyed.png": lambda: saved(_rgb(), "PNG", transparency=(120, 130, 60)),
    "deep.png": lambda: cv_encoded(".png", _deep(3)),
    "deep-alpha.png": lambda: cv_encoded(".png", _deep(4)),
    "deep-grey.png": lambda: saved(Image.fromarray(_deep(1)[..., 0]), "PNG"),
    "deep-grey-alpha.png": lambda: encode_samples(_deep(4)[..., [0, 3]], mode="LA", bit_depth=16),
    "four-bit-grey.png": lambda: encode_samples(photo()[..., 0] // 16, mode="L", bit_depth=4),
    "turned.png": lambda: saved(_rgb(), "PNG", exif=_exif(8)),
    "lossless.webp": lambda: saved(_rgb(), "WEBP", lossless=True, icc_profile=SRGB),
    "lossless-alpha.webp": lambda: saved(_rgba(), "WEBP", lossless=True, exact=True),
    "lossy.webp": lambda: saved(_rgb(), "WEBP", quality=80),
    "lossy-alpha.webp": lambda: saved(_rgba(), "WEBP", quality=80),
    "turned.webp": lambda: saved(_rgb(), "WEBP", quality=85, exif=_exif(3)),
    "raw.tif": lambda: saved(_rgb(), "TIFF", dpi=(300, 300), icc_profile=SRGB),
    "lzw.tif": lambda: saved(_rgb(), "TIFF", compression="tiff_lzw", dpi=(200, 200)),
    "alpha.tif": lambda: saved(_rgba(), "TIFF", compression="tiff_adobe_deflate"),
    "cmyk.tiff": lambda: saved(_cmyk(), "TIFF", compression="tiff_lzw", dpi=(300, 300)),
    "deep.tif": lambda: cv_encoded(".tif", _deep(3)),
    "deep-grey.tif": lambda: saved(Image.fromarray(_deep(1)[..., 0]), "TIFF"),
    "grey.tif": lambda: saved(_rgb().convert("L"), "TIFF"),
    "bilevel.tif": lambda: saved(_rgb().convert("1"), "TIFF", compression="group4"),
    "turned.tif": lambda: saved(_rgb(), "TIFF", tiffinfo={274: 6}),
    "plain.bmp": lambda: saved(_rgb(), "BMP", dpi=(96, 96)),
    "palette.bmp": lambda: saved(_palette(30), "BMP"),
    "still.gif": lambda: saved(_palette(60), "GIF"),
    "transparent.gif": lambda: saved(_palette(60), "GIF", transparency=3),
}


@pytest.fixture(scope="session", params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """Name and bytes of one file of each kind."""
    return request.param, KINDS[request.param]()


@pytest.fixture(scope="session")
def make() -> Callable[[str], bytes]:
    return lambda name: KINDS[name]()


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    return photo()
