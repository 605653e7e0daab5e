"""What counts as the same words, and as the same number."""

from __future__ import annotations

import pytest

from localizer.text.normalise import digits_of, fold, is_wordless, look_alike, same_writing, similarity


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("New Arrival", "NEW  ARRIVAL!"),
        ("５０％ＯＦＦ", "50%off"),
        ("￥８９", "¥89"),
        ("新品・上市", "新品上市"),
        ("é", "e\u0301"),
        ("خصم ٪", "خصم %"),
        ("خصم %50", "خصم 50%"),
        ("%12,5 indirim", "12,5% indirim"),
    ],
)
def test_ways_to_write_the_same(a: str, b: str) -> None:
    assert fold(a) == fold(b)
    assert similarity(a, b) == 1.0


@pytest.mark.parametrize(
    ("a", "b"),
    [("新品上市", "新品上巿"), ("50%", "50"), ("¥89", "$89"), ("กา", "ก่า"), ("resume", "résumé"), ("สี", "สิ")],
)
def test_marks_and_signs_make_a_difference(a: str, b: str) -> None:
    assert fold(a) != fold(b)
    assert similarity(a, b) < 1.0


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("満減 ¥278!", "¥278"),
        ("خصم ٥٠٪", "50%"),
        ("१५ % छूट", "15%"),
        ("๒๐ บาท", "20"),
        ("NEW", ""),
        ("¥79.9", "¥79.9"),
        ("¥1,299", "¥1.299"),
        ("¥1,299,000.50", "¥1.299.000.50"),
        ("9,90 €", "9.90€"),
        ("٩٫٩٠", "9.90"),
        ("1–3", "1-3"),
        ("１．５", "1.5"),
        ("12 : 30", "12:30"),
        ("A, 5. B", "5"),
        ("5 6", "56"),
        ("1299,5", "1299.5"),
    ],
)
def test_digits_of_any_script(text: str, digits: str) -> None:
    assert digits_of(text) == digits


@pytest.mark.parametrize("text", ["50% 20", "50%20", "10% 20%", "%", "% a"])
def test_a_sign_stays_with_the_number_before_it(text: str) -> None:
    assert digits_of(text) == text.replace(" ", "").replace("a", "")


def test_similarity_is_a_share() -> None:
    assert similarity("abcd", "abcx") == pytest.approx(0.75)
    assert similarity("", "") == 1.0
    assert similarity("", "abc") == 0.0


def test_wordless() -> None:
    assert is_wordless(" —•· ")
    assert not is_wordless("5")


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("50% 0FF", "50% OFF"),
        ("\\19,900 특가", "₩19,900 특가"),
        ("เริ่มต้น 81,290", "เริ่มต้น ฿1,290"),
        ("Цена от 12 990 Р", "Цена от 12 990 ₽"),
        ("Всего за 1990 2.", "Всего за 1990 ₽"),
        ("Chỉ 199.000 đ", "Chỉ 199.000 ₫"),
    ],
)
def test_readers_take_a_rare_sign_for_the_letter_in_it(read: str, wanted: str) -> None:
    assert look_alike(read, wanted)


@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        ("19,900", "₩19,900"),
        ("1,290", "฿1,290"),
        ("12 890 Р", "12 990 ₽"),
        ("1990", "1990 ₽"),
        ("V10", "V1O5"),
        ("500FF", "50OFF"),
        ("¥19", "₩19.5"),
    ],
)
def test_a_number_that_differs_never_looks_alike(read: str, wanted: str) -> None:
    assert not look_alike(read, wanted)


@pytest.mark.parametrize(
    ("read", "wanted", "same"),
    [
        ("SUMMER SALE", "SUMMER SALE", True),
        ("Summer Sale", "SUMMER SALE", False),
        ("vOcO", "VOCO", True),  # which differ in size alone
        ("SALE?", "SALE!", False),
        ("SALE", "SALE!", False),
        ("新品上市！", "新品上市!", True),
        ("STRASSE", "Straße", True),  # not for this to say
    ],
)
def test_capitals_and_marks_of_what_a_model_wrote(read: str, wanted: str, same: bool) -> None:
    assert same_writing(read, wanted) is same
