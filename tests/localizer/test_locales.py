"""Locales: what a tag becomes, and what follows from it."""

from __future__ import annotations

import pytest

from localizer.locales import is_rtl, language_of, normalise_locale, same_language, script_of


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh_cn", "zh-Hans"),
        ("ZH-hans-cn", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-HK", "zh-Hant"),
        ("zh-MO", "zh-Hant"),
        ("zh-Hant-TW", "zh-Hant"),
        ("zh-Hant-HK", "zh-Hant-HK"),
        ("pt_BR", "pt-BR"),
        ("en-us", "en-US"),
        ("en-Latn-US", "en-US"),
        ("iw", "he"),
        ("in", "id"),
        ("sr-Latn", "sr-Latn"),
        (" ja ", "ja"),
        ("ja-JP", "ja-JP"),
        ("und", "und"),
        ("", "und"),
        ("mul", "mul"),
    ],
)
def test_a_tag_has_one_canonical_form(tag: str, canonical: str) -> None:
    assert normalise_locale(tag) == canonical
    assert normalise_locale(canonical) == canonical


@pytest.mark.parametrize(
    "tag", ["xx", "e", "12", "en us", "日本語", "english", "en--US", "-", "en-", "../en"]
)
def test_a_bad_tag_is_refused_by_name(tag: str) -> None:
    with pytest.raises(ValueError, match="not a valid BCP 47 locale") as caught:
        normalise_locale(tag)
    assert repr(tag) in str(caught.value)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("zh-Hans", "zh-CN", True),
        ("zh-Hant", "zh-Hant-HK", True),
        ("zh-Hans", "zh-Hant", False),
        ("zh-TW", "zh-CN", False),
        ("pt", "pt-BR", True),
        ("en-GB", "en-US", True),
        ("en", "de", False),
        ("ja", "ko", False),
    ],
)
def test_same_language(a: str, b: str, same: bool) -> None:
    assert same_language(a, b) is same
    assert same_language(b, a) is same


@pytest.mark.parametrize(
    ("tag", "script"),
    [
        ("zh-Hans", "Hans"),
        ("zh-Hant-HK", "Hant"),
        ("zh-TW", "Hant"),
        ("ja", "Jpan"),
        ("ko", "Kore"),
        ("ar", "Arab"),
        ("fa", "Arab"),
        ("he", "Hebr"),
        ("hi", "Deva"),
        ("th", "Thai"),
        ("ru", "Cyrl"),
        ("el", "Grek"),
        ("sr", "Cyrl"),
        ("sr-Latn", "Latn"),
        ("vi", "Latn"),
        ("pt-BR", "Latn"),
        ("und", "Zyyy"),
        ("mul", "Zyyy"),
    ],
)
def test_script_of(tag: str, script: str) -> None:
    assert script_of(tag) == script


def test_direction() -> None:
    assert [tag for tag in ("ar", "he", "fa", "ur", "ar-EG") if not is_rtl(tag)] == []
    assert [tag for tag in ("en", "ja", "hi", "th", "zh-Hans", "und", "sr-Latn") if is_rtl(tag)] == []


def test_language_of() -> None:
    assert [language_of(tag) for tag in ("pt-BR", "zh-Hant", "EN")] == ["pt", "zh", "en"]
