"""Draw the sample campaign's images.

    python -m examples.generate [--out examples/campaign/images] [--only ASSET ...]

The posters are drawn from code, packaged fonts and photos that scikit-image ships in its wheel (credits in
README.md); nothing is downloaded. The same package versions give the same bytes each time.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):  # run as a script: make the package importable from the project root
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageCms

from examples import posters_latin, posters_zh
from examples.drawing import Pixels

IMAGES = Path(__file__).resolve().parent / "campaign" / "images"
EXIF_ORIENTATION = 0x0112


def srgb_profile() -> bytes:
    """An sRGB ICC profile without the time of its making, which would change the bytes on each run."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = (2020).to_bytes(2, "big") + bytes([0, 1, 0, 1]) + bytes(6)  # header: date and time
    profile[84:100] = bytes(16)  # header: profile ID, an MD5 over the rest; zero means not computed
    return bytes(profile)


def jpeg(
    image: Image.Image, *, quality: int = 94, icc: bool = False, orientation: int = 1, dpi: int = 72
) -> bytes:
    """A baseline JPEG without chroma subsampling; ``orientation`` 6 stores it turned, as phones do."""
    stored = image.convert("RGB")
    exif = Image.Exif()
    if orientation == 6:
        stored = stored.transpose(Image.Transpose.ROTATE_90)
        exif[EXIF_ORIENTATION] = 6
    out = io.BytesIO()
    stored.save(
        out,
        "JPEG",
        quality=quality,
        subsampling=0,
        optimize=True,
        dpi=(dpi, dpi),
        exif=exif,
        icc_profile=srgb_profile() if icc else None,
    )
    return out.getvalue()


def progressive(image: Image.Image) -> bytes:
    """A progressive JPEG with 4:2:0 chroma, as image services on the web write it."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=92, subsampling=2, progressive=True, optimize=True)
    return out.getvalue()


def with_profile(image: Image.Image) -> bytes:
    """A print-minded JPEG: ICC profile, 300 dpi."""
    return jpeg(image, quality=95, icc=True, dpi=300)


def turned(image: Image.Image) -> bytes:
    """A JPEG that is upright only once its EXIF orientation is applied."""
    return jpeg(image, quality=93, icc=True, orientation=6)


def png(image: Image.Image) -> bytes:
    """A PNG with its alpha channel."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def webp(image: Image.Image) -> bytes:
    """A lossy WebP."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "WEBP", quality=92, method=4)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Poster:
    """One image of the campaign: how it is drawn and how it is stored."""

    file: str
    draw: Callable[[], Pixels]
    encode: Callable[[Image.Image], bytes] = jpeg

    @property
    def asset_id(self) -> str:
        return self.file.rsplit(".", 1)[0]


POSTERS = (
    Poster("espresso-launch.jpg", posters_zh.espresso),
    Poster("618-banner.jpg", posters_zh.six18),
    Poster("double-11.jpg", posters_zh.double11),
    Poster("mid-autumn.jpg", posters_zh.mid_autumn, with_profile),
    Poster("pet-shipping.jpg", posters_zh.pet, turned),
    Poster("mid-year-rocket.jpg", posters_zh.rocket, progressive),
    Poster("gift-ribbon.jpg", posters_zh.gift),
    Poster("camera-deal.jpg", posters_zh.camera),
    Poster("serum-card.png", posters_zh.serum_card, png),
    Poster("summer-sale.webp", posters_latin.summer, webp),
    Poster("new-arrivals.jpg", posters_latin.arrivals),
    Poster("free-shipping.jpg", posters_latin.shipping),
)


def generate(out: Path, only: Sequence[str] = ()) -> list[Path]:
    """Draw the posters into a folder and return their paths; files that are already right stay untouched.

    Args:
        only: asset ids; empty means all.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for poster in POSTERS:
        if only and poster.asset_id not in only:
            continue
        path = out / poster.file
        data = poster.encode(Image.fromarray(poster.draw()))
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
        written.append(path)
    return written


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="examples.generate", description="Draw the sample campaign's images."
    )
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder to write to (default: %(default)s)")
    choices = [p.asset_id for p in POSTERS]
    parser.add_argument(
        "--only", nargs="+", default=[], choices=choices, metavar="ASSET", help="draw only these"
    )
    args = parser.parse_args(argv)
    for path in generate(args.out, args.only):
        with Image.open(path) as image:
            print(f"{path}  {image.width}x{image.height}  {path.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
