"""Bidirectional order, held against FriBidi, an independent implementation of UAX #9."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.text.levels import bidi_levels

_FRIBIDI_LTR, _FRIBIDI_RTL = 0x110, 0x111


def fribidi_levels(text: str, *, rtl: bool) -> list[int]:
    library = ctypes.CDLL("libfribidi.so.0")  # installed by make setup
    count = len(text)
    codes = ctypes.c_uint32 * count
    characters, types, brackets = codes(*map(ord, text)), codes(), codes()
    levels, base = (ctypes.c_int8 * count)(), ctypes.c_uint32(_FRIBIDI_RTL if rtl else _FRIBIDI_LTR)
    library.fribidi_get_bidi_types(characters, count, types)
    library.fribidi_get_bracket_types(characters, count, types, brackets)
    assert library.fribidi_get_par_embedding_levels_ex(types, brackets, count, ctypes.byref(base), levels)
    return list(levels)


# At the very end a zero-width character may have any level: it is not drawn.
TEXT = st.text("خصمשל Abم12.,%-()[]!٥٠:/¥$€+\u200c&'\"«»", min_size=1, max_size=16).filter(
    lambda text: text == text.rstrip(" \u200c")
)


@given(text=TEXT, rtl=st.booleans())
@settings(max_examples=400, deadline=None)
def test_levels_are_those_of_fribidi(text: str, rtl: bool) -> None:
    assert bidi_levels(text, rtl=rtl) == fribidi_levels(text, rtl=rtl)


@pytest.mark.parametrize(
    "text",
    ["خصم 50% من NIKE", "هاتف Galaxy S24 (5G) الجديد", "می‌خواهم NIKE 50%", "اشتر (1+1) مجانا", "79.90 $ فقط"],
)
def test_copy_as_it_is_written(text: str) -> None:
    assert bidi_levels(text, rtl=True) == fribidi_levels(text, rtl=True)


def test_a_latin_name_after_a_zero_width_non_joiner_reads_left_to_right() -> None:
    text = "می\u200cخواهم NIKE"
    assert bidi_levels(text, rtl=True)[-4:] == [2, 2, 2, 2]


def test_isolates_do_not_break_it() -> None:
    levels = bidi_levels("خصم \u2066NIKE 50%\u2069 اليوم", rtl=True)
    assert len(levels) == len("خصم \u2066NIKE 50%\u2069 اليوم")
    assert set(levels[5:13]) == {2}
    assert levels[0] == levels[-1] == 1


def test_no_text_no_levels() -> None:
    assert bidi_levels("", rtl=True) == []
