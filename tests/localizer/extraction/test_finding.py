"""Lines in scripts that the first reader does not know."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from localizer.errors import ConfigurationError
from localizer.extraction import Origin, extract, extract_all
from localizer.text import tesseract
from localizer.text.fonts import stack
from localizer.text.normalise import similarity

COPY = {"ko": "무료 배송", "th": "ส่งฟรีทุกชิ้น", "ru": "Бесплатная доставка", "hi": "मुफ़्त डिलीवरी"}


def poster(text: str, locale: str) -> np.ndarray:
    """White type on a plain ground."""
    image = Image.new("RGB", (900, 600), (30, 60, 110))
    font = ImageFont.truetype(stack(locale)[0].path, 84)
    ImageDraw.Draw(image).text((80, 80), text, font=font, fill=(255, 255, 255))
    return np.asarray(image)


@pytest.mark.parametrize("locale", sorted(COPY))
def test_each_script_is_read_by_the_reader_that_knows_it(locale: str) -> None:
    code = tesseract.LANGUAGES[locale]
    if not tesseract.is_installed(code):
        pytest.skip(f"{tesseract.package_of(code)} is not installed")
    marketing = [
        b for b in extract(poster(COPY[locale], locale), source_locale=locale) if b.origin is Origin.MARKETING
    ]
    assert max((similarity(b.text, COPY[locale]) for b in marketing), default=0.0) >= 0.8


def test_a_script_that_nothing_reads_is_said_so() -> None:
    with pytest.raises(ConfigurationError, match="text in am cannot be read"):
        extract(poster("x", "en"), source_locale="am")


def test_a_reader_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tesseract, "data_folder", lambda: None)
    with pytest.raises(ConfigurationError, match="install tesseract-ocr-kor"):
        extract(poster("x", "en"), source_locale="ko")


def test_an_image_without_text_has_no_blocks() -> None:
    assert extract(np.full((300, 400, 3), 200, np.uint8), source_locale="en") == ()


@pytest.mark.parametrize("locale", sorted(COPY))
def test_a_line_in_another_script_is_seen_or_told(locale: str) -> None:
    picture = Image.fromarray(poster("夏日特惠", "zh-Hans"))
    font = ImageFont.truetype(stack(locale)[0].path, 64)
    ImageDraw.Draw(picture).text((80, 400), COPY[locale], font=font, fill=(255, 255, 255))
    found = extract_all(np.asarray(picture), source_locale="zh-Hans")
    assert [b.text for b in found.blocks if b.origin is Origin.MARKETING] == ["夏日特惠"]
    others = [b.box for b in found.blocks if b.origin is not Origin.MARKETING]
    assert any(box[1] > 300 for box in [*found.unread, *others])
