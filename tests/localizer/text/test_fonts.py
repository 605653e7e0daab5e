"""Fonts: the brand's first, then the script's, then all others."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import BrandError
from localizer.text.fonts import Face, scripts, stack


def test_a_stack_starts_with_the_face_of_the_script() -> None:
    firsts = {
        locale: stack(locale)[0].name
        for locale in ("en", "zh-Hans", "zh-Hant", "ja", "ko", "ar", "he", "th", "hi")
    }
    assert firsts == {
        "en": "NotoSans",
        "zh-Hans": "NotoSansSC",
        "zh-Hant": "NotoSansTC",
        "ja": "NotoSansJP",
        "ko": "NotoSansKR",
        "ar": "NotoSansArabic",
        "he": "NotoSansHebrew",
        "th": "NotoSansThai",
        "hi": "NotoSansDevanagari",
    }


def test_all_files_are_there_and_none_twice() -> None:
    for locale in ("en", "ja", "ar", "und"):
        paths = [face.path for face in stack(locale)]
        assert len(paths) == len(set(paths))
        assert all(Path(path).is_file() for path in paths)
    assert len(scripts()) >= 10


def test_brand_fonts_come_first_and_fall_back_per_cluster() -> None:
    brand = stack("en", family="Noto Serif")[0].path
    faces = stack("zh-Hans", brand=(brand,))
    assert faces[0].path == brand
    assert not faces[0].has("新")
    assert faces[1].has("新")


def test_a_family_comes_before_the_usual_face() -> None:
    assert stack("en", family="Lobster", text="Handmade")[0].name == "Lobster-Regular"
    assert stack("en", family="Lobster", text="手工")[0].name == "NotoSans"


def test_a_weight_outside_the_axis_is_clamped() -> None:
    # The axis of Noto Sans ends at 900.
    path = stack("en")[0].path
    assert Face(path, 1000).font.get_glyph_h_advance(40) == Face(path, 900).font.get_glyph_h_advance(40)


def test_metrics_are_in_em() -> None:
    for locale in ("en", "ja", "ar", "hi", "th"):
        assert 0.5 < stack(locale)[0].cap_height < 1.0


def test_joiners_need_no_glyph() -> None:
    assert stack("en")[0].has("a\u200d\u200b\ufe0f")


def test_a_file_that_is_no_font_is_named(tmp_path: Path) -> None:
    bad = str(tmp_path / "missing.ttf")
    with pytest.raises(BrandError, match=r"missing\.ttf"):
        _ = Face(bad).font
