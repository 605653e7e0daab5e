"""Which families are installed, and which one stands for another in another script."""

from __future__ import annotations

import pytest

from localizer.text import families
from localizer.text.families import Kind, candidates, counterpart, family


def test_packages_and_system_fonts_are_found_and_described() -> None:
    names = {f.name: f.kind for f in families.families()}
    assert names["Lexend"] is Kind.SANS
    assert names["Playfair Display"] is Kind.SERIF
    assert names["Lobster"] is Kind.DISPLAY
    assert names["Dancing Script"] is Kind.SCRIPT
    assert names["LXGW WenKai"] is Kind.KAI
    assert names["Noto Serif CJK"] is Kind.SERIF
    assert len(names) == len(families.families())


def test_names_may_be_written_as_people_do() -> None:
    for name in ("Playfair Display", "playfair display", "PlayfairDisplay", "playfair-display"):
        found = family(name)
        assert found is not None
        assert found.name == "Playfair Display"
    assert family("Comic Sans MS") is None


def test_the_nearest_weight_is_taken_and_named() -> None:
    lato = family("Lato")
    assert lato is not None
    face = lato.face("Latn", 680)
    assert face is not None
    assert (face.name, face.weight) == ("Lato-Bold", 700)
    assert [f.weight for f in lato.faces("Latn")] == sorted(f.weight for f in lato.faces("Latn"))


@pytest.mark.parametrize(
    ("name", "text", "locale", "stands_in"),
    [
        ("Lexend", "Das Kartenetui", "de", "Lexend"),
        ("Lexend", "кошелёк", "ru", None),  # it has no Cyrillic, the script's usual face will do
        ("Playfair Display", "新品上市", "zh-Hans", "Noto Serif CJK"),
        ("Noto Serif CJK", "New arrival", "en", "Noto Serif CJK"),
        ("Noto Serif CJK", "Скидка ѣ", "ru", "Noto Serif"),
        ("LXGW WenKai", "Data Structures", "en", "LXGW WenKai"),
        ("LXGW WenKai", "資料結構", "zh-Hant", "LXGW WenKai"),
        ("LXGW WenKai", "データ構造", "ja", "LXGW WenKai"),
        ("LXGW WenKai", "데이터 구조", "ko", None),
        ("Noto Sans CJK", "データ構造", "ja", "Noto Sans CJK"),
        ("Lobster", "手工", "zh-Hans", None),
        ("no such family", "text", "en", None),
    ],
)
def test_what_stands_in_for_a_family(name: str, text: str, locale: str, stands_in: str | None) -> None:
    found = counterpart(name, text, locale)
    assert (found.name if found else None) == stands_in


def test_chinese_and_japanese_have_faces_of_their_own() -> None:
    for name, hans, jpan in (
        ("LXGW WenKai", "LXGWWenKai-Regular", "KleeOne-Regular"),
        ("Noto Sans CJK", "NotoSansSC", "NotoSansJP"),
    ):
        found = family(name)
        assert found is not None
        assert [found.face(s).name for s in ("Hans", "Jpan")] == [hans, jpan]  # type: ignore[union-attr]
    serif = family("Noto Serif CJK")
    assert serif is not None
    assert [serif.face(s).index for s in ("Jpan", "Kore", "Hans", "Hant")] == [0, 1, 2, 3]  # type: ignore[union-attr]


def test_candidates_have_letters_of_the_script() -> None:
    assert {"Lexend", "Lobster", "LXGW WenKai"} <= {f.name for f in candidates("Latn")}
    assert "Lexend" not in {f.name for f in candidates("Cyrl")}
    assert {f.name for f in candidates("Hans")} == {"LXGW WenKai", "Noto Sans CJK", "Noto Serif CJK"}
    assert candidates("Thai") == ()


def test_the_digest_names_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = families.digest()
    fewer = tuple(f for f in families.families() if f.name != "Lobster")
    monkeypatch.setattr(families, "families", lambda: fewer)
    families.digest.cache_clear()
    try:
        assert families.digest() != before
    finally:
        monkeypatch.undo()
        families.digest.cache_clear()
    assert families.digest() == before
