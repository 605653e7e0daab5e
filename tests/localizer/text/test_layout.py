"""Fitting: nothing leaves its place unseen, and text shrinks no more than it must."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from localizer.locales import script_of
from localizer.text.fonts import stack
from localizer.text.layout import MIN_SCALE, Setting, default_pitch, fit, natural_alignment

COPY = {
    "en": ["NEW ARRIVAL", "Up to 50% off", "SALE", "The big summer clearance starts today", "¥79"],
    "ja": ["新作登場", "春の新作コレクションが登場", "50%オフ"],
    "ko": ["신상품 출시", "지금 바로 만나보세요", "최대 50% 할인"],
    "zh-Hans": ["新品上市", "限时优惠，全场五折起"],
    "th": ["สินค้าใหม่", "ลดราคาสูงสุด 50% วันนี้เท่านั้น"],
    "ar": ["وصل حديثا", "خصم يصل إلى 50% لفترة محدودة"],
    "hi": ["नया आगमन", "आज ही 50% तक की छूट पाएं"],
    "ru": ["Новинка", "Скидки до 50% только сегодня"],
}
SAMPLES = st.sampled_from([(locale, text) for locale, texts in COPY.items() for text in texts])


def ink_size(setting: Setting, stretch: float = 1.0) -> tuple[float, float]:
    """Width and height of the whole block's ink, line by line, in pixels."""
    tops = [i * setting.pitch - line.ink[3] * setting.size for i, line in enumerate(setting.lines)]
    bottoms = [i * setting.pitch - line.ink[1] * setting.size for i, line in enumerate(setting.lines)]
    wide = max(line.ink[2] - line.ink[0] for line in setting.lines) * setting.size * stretch
    return wide, max(bottoms) - min(tops)


def letters(text: str) -> str:
    return "".join(text.split())


@given(
    sample=SAMPLES,
    size=st.floats(8, 120),
    width=st.floats(20, 900),
    height=st.floats(8, 500),
    source_lines=st.integers(1, 3),
    stretch=st.floats(0.6, 1.6),
    pitch=st.none() | st.floats(0.9, 2.5),
)
@settings(max_examples=250, deadline=None)
def test_ink_stays_in_its_place(sample, size, width, height, source_lines, stretch, pitch) -> None:
    locale, text = sample
    made = fit(
        text,
        stack(locale),
        locale,
        size=size,
        width=width,
        height=height,
        source_lines=source_lines,
        stretch=stretch,
        pitch=pitch,
    )
    wide, tall = ink_size(made, stretch)
    assert wide <= width * 1.0001
    assert tall <= height * 1.0001
    assert 0 < made.scale <= 1
    assert made.size == pytest.approx(size * made.scale)
    assert made.fits is (made.scale >= MIN_SCALE)
    assert letters("".join(line.text for line in made.lines)) == letters(text)


@given(text=st.text(max_size=40), width=st.floats(20, 600), height=st.floats(10, 300))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all(text: str, width: float, height: float) -> None:
    """Whatever a manifest holds: no error, no letter lost, never out of its place."""
    assume(len(letters(text)) > 0)
    made = fit(text, stack("en"), "en", size=40, width=width, height=height)
    wide, tall = ink_size(made)
    assert wide <= width * 1.0001
    assert tall <= height * 1.0001
    assert letters("".join(line.text for line in made.lines)) == letters(text)


@given(sample=SAMPLES, size=st.floats(20, 80), width=st.floats(40, 700), height=st.floats(20, 400))
@settings(max_examples=100, deadline=None)
def test_a_setting_that_fits_is_found_if_there_is_one(sample, size, width, height) -> None:
    """Preferring as many lines as the source had must not push text out of its place."""
    locale, text = sample
    options = {"size": size, "width": width, "height": height}
    settings_ = [fit(text, stack(locale), locale, source_lines=n, **options) for n in range(1, 7)]
    assert len({made.fits for made in settings_}) == 1


def fitted(text: str, locale: str, **options: object) -> Setting:
    defaults: dict[str, object] = {"size": 40.0, "width": 400.0, "height": 200.0}
    return fit(text, stack(locale), locale, **(defaults | options))  # type: ignore[arg-type]


def lines_of(setting: Setting) -> list[str]:
    return [line.text for line in setting.lines]


def test_text_that_fits_is_not_touched() -> None:
    made = fitted("SALE", "en")
    assert (lines_of(made), made.scale, made.fits) == (["SALE"], 1.0, True)


def test_long_text_is_broken_before_it_is_shrunk() -> None:
    made = fitted("Everything must go before Sunday", "en", width=300.0, height=120.0)
    assert len(made.lines) == 2
    assert made.scale > 0.9


def test_lines_are_about_equally_long() -> None:
    made = fitted("one two three four five six", "en", width=200.0, height=300.0, source_lines=2)
    widths = [line.advance for line in made.lines]
    assert len(widths) == 2
    assert min(widths) > 0.75 * max(widths)


def test_what_is_too_long_is_shrunk_to_the_edge_and_no_further() -> None:
    made = fitted("UNBREAKABLEWORD", "en", width=250.0, height=60.0)
    assert ink_size(made)[0] == pytest.approx(250.0, rel=0.001)


def test_what_needs_less_than_half_size_does_not_fit() -> None:
    made = fitted("UNBREAKABLEWORDUNBREAKABLEWORD", "en", width=200.0, height=30.0)
    assert made.scale < MIN_SCALE
    assert not made.fits


def test_breaks_of_the_copy_are_kept_if_they_fit() -> None:
    made = fitted("SUMMER\nSALE", "en")
    assert lines_of(made) == ["SUMMER", "SALE"]
    assert made.scale == 1.0


def test_breaks_of_the_copy_give_way_where_they_cost_too_much() -> None:
    made = fitted("A\nB\nC\nD", "en", width=600.0, height=42.0)
    assert len(made.lines) < 4


@pytest.mark.parametrize(
    ("locale", "joined"), [("en", "SUMMER SALE"), ("ja", "夏のセール"), ("th", "ลดราคา")]
)
def test_a_dropped_break_becomes_a_space_only_where_words_have_spaces(locale: str, joined: str) -> None:
    text = {"en": "SUMMER\nSALE", "ja": "夏の\nセール", "th": "ลด\nราคา"}[locale]
    made = fitted(text, locale, width=700.0, height=42.0)
    assert lines_of(made) == [joined]


def test_as_many_lines_as_the_source_had() -> None:
    assert len(fitted("Season finale starts now", "en", width=600.0, source_lines=2).lines) == 2


def test_fewer_lines_where_they_are_no_longer_than_the_source() -> None:
    made = fitted("New in", "en", source_lines=2, source_width=300.0)
    assert lines_of(made) == ["New in"]


def test_joining_scripts_are_never_tracked() -> None:
    wide = fitted("وصل حديثا", "ar", tracking=0.3)
    assert wide.lines[0].advance == fitted("وصل حديثا", "ar").lines[0].advance


@pytest.mark.parametrize("locale", ["th", "hi", "ar"])
def test_stacked_marks_of_neighbouring_lines_do_not_touch(locale: str) -> None:
    made = fitted(COPY[locale][1], locale, width=220.0, height=400.0, source_lines=2, pitch=1.0)
    assert script_of(locale) in {"Thai", "Deva", "Arab"}
    assert len(made.lines) >= 2
    for above, below in zip(made.lines, made.lines[1:], strict=False):
        assert -above.ink[1] + below.ink[3] <= made.pitch / made.size + 0.02
    assert made.pitch >= default_pitch(locale) * made.size * 0.999


def test_where_text_starts() -> None:
    assert [natural_alignment(locale) for locale in ("en", "ar", "he", "ja")] == [
        "left",
        "right",
        "right",
        "left",
    ]
