"""From text to glyphs: visual order, a face for every cluster, nothing dropped silently."""

from __future__ import annotations

import pytest
from PIL import ImageFont, features

from localizer.locales import is_rtl
from localizer.text.fonts import Face, scripts, stack
from localizer.text.shaping import ShapedLine, clusters, shape_line

MIXED = {
    "en": "SAVE 50% with NIKE Air™ — from $79.90",
    "fr": "50\u202f% de réduction dès 9,90\u00a0€",
    "vi": "Giảm đến 50% — NIKE ưu đãi ₫",
    "ru": "Скидка 50% NIKE № 1 ₽",
    "el": "Έκπτωση 50% NIKE €",
    "zh-Hans": "新品上市 50% NIKE ①★",
    "zh-Hant": "嘅新品上市 50% NIKE",
    "ja": "春の新作コレクション 50% NIKE ㎏♪",
    "ko": "신상품 출시 50% NIKE ₩",
    "ar": "خصم 50% من NIKE ٥٠٪",
    "fa": "می\u200cخواهم NIKE ۵۰٪",
    "th": "ลดสูงสุด 50% NIKE ฿ ๕๐",
    "he": "עד 50% הנחה NIKE",
    "hi": "५०% की छूट NIKE ₹ 50%",
}


def shaped(text: str, locale: str) -> ShapedLine:
    return shape_line(text, stack(locale), locale)


def drawn_order(line: ShapedLine) -> list[tuple[Face, int]]:
    """Glyphs from left to right as the eye meets them."""
    return [(g.face, g.id) for g in sorted(line.glyphs, key=lambda g: g.x)]


def spells(line: ShapedLine, word: str) -> bool:
    """Whether a word of a script without joining appears letter by letter, left to right."""
    letters = [c for c in word if c != " "]
    order = drawn_order(line)
    for start in range(len(order) - len(letters) + 1):
        window = order[start : start + len(letters)]
        if all(
            glyph == face.font.get_nominal_glyph(ord(c))
            for (face, glyph), c in zip(window, letters, strict=True)
        ):
            return True
    return False


def where(line: ShapedLine, word: str) -> float:
    """Left end of a word's first letter."""
    return min(g.x for g in line.glyphs if g.id == g.face.font.get_nominal_glyph(ord(word[0])))


def test_every_script_has_a_sample() -> None:
    from localizer.locales import script_of

    assert {script_of(locale) for locale in MIXED} >= set(scripts())


@pytest.mark.parametrize("locale", MIXED)
def test_mixed_copy_has_a_glyph_for_everything(locale: str) -> None:
    line = shaped(MIXED[locale], locale)
    assert line.missing == ""
    assert [g for g in line.glyphs if g.id == 0] == []
    assert line.advance > 0
    assert line.ink[0] < line.ink[2]
    assert line.ink[1] < line.ink[3]


@pytest.mark.parametrize("locale", MIXED)
def test_a_cluster_is_set_in_one_face(locale: str) -> None:
    """Splitting one between two fonts tears marks off their letters."""
    for cluster in clusters(MIXED[locale]):
        assert len({g.face for g in shaped(cluster, locale).glyphs}) <= 1


@pytest.mark.parametrize(
    ("locale", "text", "lacking"),
    [("en", "NEW \U00012000!", "\U00012000"), ("ja", "新\ue000品", "\ue000"), ("ar", "خصم ა", "ა")],
)
def test_what_no_face_can_draw_is_reported(locale: str, text: str, lacking: str) -> None:
    line = shaped(text, locale)
    assert line.missing == lacking
    assert any(g.id == 0 for g in line.glyphs)


def test_signs_that_a_font_lacks_come_from_another() -> None:
    line = shaped("ลด ★ Ж", "th")
    names = {g.face.name for g in line.glyphs}
    assert "NotoSansThai" in names
    assert len(names) > 1


def test_latin_names_and_digits_read_left_to_right_in_arabic() -> None:
    line = shaped("خصم 50% من NIKE", "ar")
    assert spells(line, "NIKE")
    assert spells(line, "50")
    # The first word stands right of everything, the name at the far left.
    assert where(line, "N") < where(line, "5")
    assert max(line.glyphs, key=lambda g: g.x).face.name == "NotoSansArabic"
    percent, five = where(line, "%"), where(line, "5")
    assert percent < five  # UAX #9: after Arabic letters the sign follows the number to its left


def test_arabic_digits_read_left_to_right() -> None:
    line = shaped("خصم ٢٥", "ar")
    assert spells(line, "٢٥")


def test_a_name_in_latin_brackets_keeps_both_brackets_around_it() -> None:
    line = shaped("هاتف Galaxy (5G) الجديد", "ar")
    assert spells(line, "(5G)")


def test_arabic_brackets_are_mirrored() -> None:
    line = shaped("(جديد)", "ar")
    face, _ = drawn_order(line)[0]
    ids = [g for _, g in drawn_order(line)]
    assert ids[0] == face.font.get_nominal_glyph(ord("("))
    assert ids[-1] == face.font.get_nominal_glyph(ord(")"))


def test_a_persian_joiner_does_not_turn_a_name_around() -> None:
    assert spells(shaped("می\u200cخواهم NIKE", "fa"), "NIKE")


def test_arabic_in_a_latin_line() -> None:
    line = shaped("NIKE خصم 50%", "en")
    assert spells(line, "NIKE")
    assert min(line.glyphs, key=lambda g: g.x).id == stack("en")[0].font.get_nominal_glyph(ord("N"))


def test_letters_join() -> None:
    """Initial, medial and final forms are not the letters on their own."""
    face = stack("ar")[0]
    joined = {g.id for g in shaped("خصم", "ar").glyphs}
    assert joined.isdisjoint({face.font.get_nominal_glyph(ord(c)) for c in "خصم"})


def test_devanagari_forms_conjuncts_and_reorders() -> None:
    conjunct = shaped("क्ष", "hi")
    assert len(conjunct.glyphs) == 1
    # The short i is written after its consonant and drawn before it.
    line = shaped("कि", "hi")
    first = min(line.glyphs, key=lambda g: g.x)
    assert first.id != first.face.font.get_nominal_glyph(ord("क"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ก่ำ", 1),
        ("น้ำ", 1),
        ("ที่", 1),
        ("ลดราคา", 6),
        ("त्रि", 1),
        ("कि", 1),
        ("छूट", 2),
        ("👨‍👩‍👧", 1),
        ("e\u0301x", 2),
    ],
)
def test_clusters_hold_marks_with_their_letters(text: str, parts: int) -> None:
    cut = clusters(text)
    assert "".join(cut) == text
    assert len(cut) == parts


def test_a_tone_mark_adds_no_width() -> None:
    assert shaped("ที่", "th").advance == pytest.approx(shaped("ท", "th").advance)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("ar", "خصم كبير"),
        ("hi", "क्षत्रिय छूट"),
        ("th", "ลดราคาน้ำ"),
        ("ko", "신상품"),
        ("ja", "新作コレクション"),
        ("en", "AVATAR To"),
        ("ru", "Скидка"),
    ],
)
def test_widths_are_those_of_an_independent_shaper(locale: str, text: str) -> None:
    assert features.check("raqm")
    font = ImageFont.truetype(stack(locale)[0].path, 1000, layout_engine=ImageFont.Layout.RAQM)
    font.set_variation_by_axes(
        [a["default"] if a["name"] != b"Weight" else 400 for a in font.get_variation_axes()]
    )
    expected = font.getlength(text, direction="rtl" if is_rtl(locale) else "ltr", language=locale) / 1000
    assert shaped(text, locale).advance == pytest.approx(expected, rel=0.005)


def test_weight_makes_letters_wider() -> None:
    widths = [shape_line("NEW ARRIVAL", stack("en", weight=w), "en").advance for w in (300, 400, 700, 900)]
    assert widths == sorted(widths)
    assert widths[-1] > 1.1 * widths[0]


def test_tracking_spreads_letters_and_leaves_no_space_at_the_end() -> None:
    faces = stack("en")
    plain, tracked = shape_line("SALE", faces, "en"), shape_line("SALE", faces, "en", 0.1)
    assert tracked.advance == pytest.approx(plain.advance + 3 * 0.1, abs=0.02)
    assert tracked.ink[2] == pytest.approx(plain.ink[2] + 3 * 0.1, abs=0.02)


def test_no_text_is_an_empty_line() -> None:
    line = shaped("", "en")
    assert (line.glyphs, line.advance, line.missing) == ((), 0.0, "")
