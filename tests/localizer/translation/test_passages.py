from __future__ import annotations

import pytest

from localizer.translation import TranslationRequest
from localizer.translation.passages import has_words, in_one_line, lost_in, passages_of


@pytest.mark.parametrize(
    ("text", "locale", "passages"),
    [
        ("Summer\nsale", "en", ["Summer sale"]),
        ("Summer sale!\nOnly today", "en", ["Summer sale!", "Only today"]),
        ("夏季\n大促", "zh-Hans", ["夏季大促"]),
        ("全场 5 折\nSALE now", "zh-Hans", ["全场 5 折SALE now"]),
        ("SALE\nnow 新品", "zh-Hans", ["SALE now 新品"]),
        ("夏の\nセール。\n今日まで", "ja", ["夏のセール。", "今日まで"]),
        ("• soft\n• clean\nand fresh", "en", ["• soft", "• clean and fresh"]),
        ("1. wash\n2. dry", "en", ["1. wash", "2. dry"]),
        ("New\n\nFree\nshipping", "en", ["New", "", "Free shipping"]),
        ("  New  ", "en", ["New"]),
    ],
)
def test_lines_that_belong_together(text: str, locale: str, passages: list[str]) -> None:
    assert passages_of(text, locale) == passages


def test_one_line_has_spaces_where_its_words_need_them() -> None:
    assert (
        in_one_line(["夏季", " 大促 ", "", "SUMMER", "SALE", "今天"], "zh-Hans") == "夏季大促SUMMER SALE今天"
    )
    assert in_one_line(["여름", "세일"], "ko") == "여름 세일"


def test_what_there_is_to_translate() -> None:
    request = TranslationRequest("", "en", "de", keep=("Lumea", "Lumea Care"))
    assert not has_words("Lumea Care 24/7", request)
    assert not has_words("¥199 — 50 %", request)
    assert has_words("Lumea soap", request)


@pytest.mark.parametrize(
    ("candidate", "lost"),
    [
        ("Lumea für 1.398,00 €", ""),
        ("Lumea für ١٣٩٨,00 €", "changes a number"),
        ("Lumea für 1.389,00 €", "changes a number"),
        ("Lumia für 1.398,00 €", "loses 'Lumea'"),
        ("Lumea 1.398,00 € 2", "changes a number"),
    ],
)
def test_what_a_translation_must_not_lose(candidate: str, lost: str) -> None:
    request = TranslationRequest("", "en", "de", keep=("Lumea",))
    assert lost_in(candidate, "Lumea for €1,398.00", request) == lost


def test_a_term_of_the_glossary_must_be_said() -> None:
    request = TranslationRequest("", "en", "de", glossary={"cream": "Balsam", "soap": "Seife"})
    assert lost_in("Sanfter balsam", "Gentle cream", request) == ""
    assert lost_in("Sanfte Creme", "Gentle cream", request) == "does not say 'Balsam' for 'cream'"
