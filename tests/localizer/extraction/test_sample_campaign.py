"""The sample campaign's images: all that its manifest names is found, nothing of its products is taken."""

from __future__ import annotations

import csv
import io
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from examples.generate import POSTERS, generate
from localizer.brand import BrandKit
from localizer.extraction import Origin, TextBlock, extract, most_characters
from localizer.text.normalise import fold
from localizer.text.reading import read_lines
from localizer.text.search import Search

CAMPAIGN = Path(__file__).resolve().parents[3] / "examples" / "campaign"
BRAND = BrandKit(name="LUMÉA", do_not_translate=("LUMÉA",))
LATIN = {"summer-sale", "new-arrivals", "free-shipping"}
ASSETS = [poster.asset_id for poster in POSTERS]


@cache
def named(asset: str) -> frozenset[str]:
    """The texts that the manifest names in an image, line breaks included."""
    rows = csv.DictReader(io.StringIO((CAMPAIGN / "manifest.csv").read_text("utf-8")))
    return frozenset(
        r["text"] for r in rows if r["asset_id"] == asset and fold(r["text"] or "") not in {"", "全场包邮"}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sample")


def picture(folder: Path, asset: str) -> np.ndarray:
    path = generate(folder, [asset])[0]
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@cache
def blocks_of(folder: Path, asset: str) -> tuple[TextBlock, ...]:
    locale = "en" if asset in LATIN else "zh-Hans"
    return extract(picture(folder, asset), source_locale=locale, brand=BRAND)


@pytest.mark.parametrize("asset", ASSETS)
def test_what_the_manifest_names_is_found_as_it_names_it(folder: Path, asset: str) -> None:
    marketing = {fold(b.text) for b in blocks_of(folder, asset) if b.origin is Origin.MARKETING}
    assert {fold(text) for text in named(asset)} <= marketing


@pytest.mark.parametrize("asset", ASSETS)
def test_nothing_else_is_taken_for_the_campaigns(folder: Path, asset: str) -> None:
    wanted = {fold(text) for text in named(asset)}
    others = [b.text for b in blocks_of(folder, asset) if b.origin is Origin.MARKETING]
    assert [text for text in others if fold(text) not in wanted] == []


def test_headlines_of_two_lines_are_one_string_with_its_break(folder: Path) -> None:
    assert "NEW\nARRIVALS" in [b.text for b in blocks_of(folder, "new-arrivals")]


def test_blocks_come_in_reading_order(folder: Path) -> None:
    marketing = [b.text for b in blocks_of(folder, "espresso-launch") if b.origin is Origin.MARKETING]
    assert marketing == ["新品上市", "每日现烘咖啡豆", "立即抢购", "图片仅供参考"]


@pytest.mark.parametrize("asset", ["618-banner", "serum-card", "summer-sale"])
def test_each_block_is_found_again_where_it_stands(folder: Path, asset: str) -> None:
    rgb = picture(folder, asset)
    search = Search(rgb, read_lines(rgb), locale="en" if asset in LATIN else "zh-Hans")
    for block in blocks_of(folder, asset):
        if block.origin is Origin.MARKETING:
            assert search.find(block.text, box=block.box), block


def test_what_is_left_says_why(folder: Path) -> None:
    left = [b for b in blocks_of(folder, "618-banner") if b.origin is not Origin.MARKETING]
    assert "a name of the brand" in {b.why for b in left}
    assert all(b.why for b in left)


@pytest.mark.parametrize("asset", ["espresso-launch", "618-banner", "new-arrivals", "summer-sale"])
def test_all_approved_copy_of_the_sample_fits_its_place(folder: Path, asset: str) -> None:
    rows = list(csv.DictReader(io.StringIO((CAMPAIGN / "copy_deck.csv").read_text("utf-8"))))
    for block in blocks_of(folder, asset):
        row = next((r for r in rows if fold(r["source"]) == fold(block.text)), None)
        for locale, target in (row or {}).items():
            if target and locale in {"en", "ja", "ar", "de", "th", "ko", "zh-Hans"}:
                most = most_characters(block, None, locale)
                assert most is not None
                assert len(target) <= most, (block.text, locale, target, most)
