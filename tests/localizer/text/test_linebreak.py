"""Line breaks: nothing is lost, words stay whole."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.text.linebreak import glue, hangs, pieces

LOCALES = ["en", "zh-Hans", "zh-Hant", "ja", "ko", "ar", "th", "hi", "ru", "vi", "und"]
ALPHABETS = st.sampled_from(
    [
        "abcXYZ ,.!-",
        "新品上市限时优惠，。",
        "春の新作コレクション、。ー",
        "지금 만나보세요!",
        "خصم على كل شيء ",
        "ลดราคาสูงสุดที่",
        "छूट पाएं ",
        "Скидка ",
        "giảm giá đến ",
        "0123456789%¥.,",
    ]
)
TEXT = st.lists(ALPHABETS, min_size=1, max_size=3).flatmap(
    lambda alphabets: st.text("".join(alphabets), max_size=40)
)


@given(text=TEXT, locale=st.sampled_from(LOCALES), phrases=st.booleans())
@settings(max_examples=150, deadline=None)
def test_joined_pieces_are_the_text(text: str, locale: str, phrases: bool) -> None:
    cut = pieces(text, locale, phrases=phrases)
    assert "".join(cut) == text
    assert all(cut)


@given(text=st.text(max_size=30), locale=st.sampled_from(LOCALES))
@settings(max_examples=100, deadline=None)
def test_any_text_at_all(text: str, locale: str) -> None:
    assert "".join(pieces(text, locale)) == text


KOREAN_WORD = st.from_regex(r"\A[가나다신상품할인5][가나다신상품할인50%!]{0,5}\Z")


@given(words=st.lists(KOREAN_WORD, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_korean_breaks_between_words_only(words: list[str]) -> None:
    text = " ".join(words)
    assert [piece.rstrip() for piece in pieces(text, "ko")] == words


def test_japanese_breaks_at_phrases() -> None:
    assert pieces("今日は天気です。", "ja") == ("今日は", "天気です。")
    # BudouX keeps words whole where UAX #14 would break after any character.
    text = "春の新作コレクションが登場"
    assert len(pieces(text, "ja")) < len(pieces(text, "ja", phrases=False))
    assert any("コレクション" in piece for piece in pieces(text, "ja"))


def test_no_line_of_japanese_starts_with_a_full_stop_or_small_kana() -> None:
    for phrases in (True, False):
        for piece in pieces("ちょっと、待って。ゲット！", "ja", phrases=phrases):
            assert piece[0] not in "、。！ょっ"


@pytest.mark.parametrize("locale", ["zh-Hans", "zh-Hant"])
def test_chinese_words_stay_whole(locale: str) -> None:
    text = "限时优惠" if locale == "zh-Hans" else "限時優惠"
    cut = pieces(f"{text}，全场五折", locale)
    assert all(not piece.startswith("，") for piece in cut)
    assert len(cut) < len(pieces(f"{text}，全场五折", locale, phrases=False))


def test_thai_breaks_between_words_without_spaces() -> None:
    text = "ลดราคาสูงสุดวันนี้"
    for phrases in (True, False):
        cut = pieces(text, "th", phrases=phrases)
        assert len(cut) >= 2
        # A vowel or tone mark never starts a piece.
        assert all(not "\u0e31" <= piece[0] <= "\u0e4e" or piece[0] in "เแโใไ" for piece in cut)


def test_latin_keeps_words_numbers_and_signs_together() -> None:
    assert pieces("Save 50% on it", "en") == ("Save ", "50% ", "on ", "it")
    assert pieces("Only ¥1,299.00 now", "en") == ("Only ", "¥1,299.00 ", "now")
    assert pieces("", "en") == ()


@pytest.mark.parametrize(
    ("text", "locale", "whole"),
    [
        ("Save 50 % today", "fr", "50 % "),
        ("Only ¥ 79 now", "en", "¥ 79 "),
        ("noch 12,50 € sparen", "de", "12,50 € "),
        ("New 500 ml bottle", "en", "500 ml "),
        ("지금 50 % 할인", "ko", "50 % "),
        ("The No. 5 perfume", "en", "No. 5 "),
        ("Скидка 20 % сегодня", "ru", "20 % "),
    ],
)
def test_numbers_stay_with_their_units(text: str, locale: str, whole: str) -> None:
    assert whole in pieces(text, locale)


def test_a_year_is_no_unit() -> None:
    assert pieces("New in 2024 collection", "en") == ("New ", "in ", "2024 ", "collection")


@pytest.mark.parametrize("line", ["Discover the", "Suscríbete a", "Jetzt für", "Скидки на"])
def test_articles_and_short_prepositions_hang(line: str) -> None:
    assert hangs(line)


@pytest.mark.parametrize("line", ["The", "Buy it now", "Size M", "Look at it!", "Best of 5", "GO"])
def test_other_line_ends_do_not_hang(line: str) -> None:
    assert not hangs(line)


def test_names_are_held_together() -> None:
    glued = glue("Open it in Google Maps today", ["Google Maps", "Apple"])
    assert [p.strip() for p in pieces(glued, "en")] == ["Open", "it", "in", "Google\u00a0Maps", "today"]
