"""How much copy fits a place."""

from __future__ import annotations

import pytest

from localizer.extraction import TextBlock, most_characters
from localizer.extraction.room import advance

LOCALES = ("en", "de", "vi", "ru", "el", "ar", "he", "hi", "th", "ko", "ja", "zh-Hans", "zh-Hant")


@pytest.mark.parametrize("locale", LOCALES)
def test_the_source_itself_always_fits(locale: str) -> None:
    assert (most_characters("限时特惠", (0, 0, 400, 100), "zh-Hans") or 0) >= 4
    assert (most_characters("Free shipping", (0, 0, 600, 90), locale) or 0) >= 13 * 0.5


def test_wide_letters_need_more_place_than_narrow_ones() -> None:
    box = (0, 0, 900, 90)
    han, latin = most_characters("x", box, "zh-Hans"), most_characters("x", box, "en")
    assert han is not None
    assert latin is not None
    assert 1.3 * han < latin < 2.5 * han


def test_a_second_line_is_more_place_in_the_same_width() -> None:
    one, two = (0, 0, 600, 60), (0, 0, 600, 135)
    assert (most_characters("Free\nshipping", two, "en") or 0) == pytest.approx(
        2 * (most_characters("Free", one, "en") or 0), rel=0.1
    )


def test_a_column_is_measured_along_its_length() -> None:
    assert most_characters("限时特惠", (0, 0, 50, 400), "ja") == most_characters(
        "限时特惠", (0, 0, 400, 50), "ja"
    )


def test_a_block_brings_its_box() -> None:
    block = TextBlock("限时特惠", (10, 10, 410, 110))
    assert most_characters(block, None, "en") == most_characters("限时特惠", (10, 10, 410, 110), "en")


def test_nobody_knows_without_a_place_or_a_script() -> None:
    assert most_characters("Sale", None, "de") is None
    assert most_characters("Sale", (0, 0, 100, 20), "und") is None
    assert advance("Mong") is None
