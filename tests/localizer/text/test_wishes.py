"""Attributes: every key does what it says, and what means nothing is refused by name."""

from __future__ import annotations

import pytest

from localizer.errors import EngineError
from localizer.text.effects import PLAIN, Gradient
from localizer.text.wishes import KEYS, check_wish, wished_effects, wishes

GOOD = {
    "colour": "gold", "color": "#112233", "weight": "semibold", "align": "centre", "size": "80%",
    "font": "Noto Sans", "case": "upper", "italic": "yes", "style": "italic", "outline": "black 2px",
    "shadow": "yes", "tracking": "0.05em", "line_spacing": "120%", "place": "top left",
}  # fmt: skip


def test_every_key_has_a_value_that_it_takes() -> None:
    assert set(GOOD) == set(KEYS)
    for key, value in GOOD.items():
        check_wish(key, value)


def test_values_are_understood() -> None:
    wish = wishes({k: v for k, v in GOOD.items() if k not in {"color", "style"}})
    assert (wish.colour, wish.weight, wish.side, wish.case) == ((255, 215, 0), 600, "center", "upper")
    assert wish.size is not None
    assert wish.size.of(50.0) == 40.0
    assert wish.slant
    assert (wish.tracking, wish.line_spacing, wish.place) == (0.05, 1.2, ("top", "left"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colour", "goldish"), ("weight", "fat"), ("weight", "0"), ("align", "middle"), ("size", "big"),
        ("size", "2px"), ("size", "5000"), ("size", "3%"), ("case", "camel"), ("italic", "very"),
        ("outline", "thick dotted red"), ("outline", "red 60%"), ("shadow", "long"), ("tracking", "3"),
        ("tracking", "wide"), ("line_spacing", "0.2"), ("line_spacing", "12px"), ("place", "middle of it"),
        ("place", "top bottom"), ("font", ""), ("colur", "red"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_by_name(key: str, value: str) -> None:
    with pytest.raises(EngineError, match=f"attribute {key}"):
        wishes({key: value})


@pytest.mark.parametrize(
    ("case", "text", "wanted"),
    [
        ("upper", "Straße ab 5 €", "STRASSE AB 5 €"),
        ("lower", "SALE Now", "sale now"),
        ("title", "don't miss the élan of ÉTÉ", "Don't Miss The Élan Of Été"),
        ("none", "As It Is", "As It Is"),
        ("title", "夏のSALE", "夏のsale"),
    ],
)
def test_letter_case(case: str, text: str, wanted: str) -> None:
    assert wishes({"case": case}).cased(text) == wanted


def test_chinese_names_of_colours() -> None:
    assert wishes({"colour": "红色"}).colour == wishes({"colour": "red"}).colour
    assert wishes({"colour": "金"}).colour == (255, 215, 0)


def test_a_brand_font_is_named_by_its_file() -> None:
    brand = ("/f/Acme Sans[wght].ttf", "/f/Acme-Serif.ttf")
    assert wishes({"font": "acme serif"}).fonts(brand) == (("/f/Acme-Serif.ttf",), "")
    assert wishes({"font": "Lora"}).fonts(brand) == ((), "Lora")
    assert wishes({}).fonts(brand) == (brand, "")


def test_effects_are_put_in_place_of_the_sources_own() -> None:
    source = wished_effects(PLAIN, wishes({"outline": "red 4px", "shadow": "black"}), 40.0)
    assert source.outline is not None
    assert (source.outline.colour, source.outline.width) == ((255, 0, 0), 0.1)
    assert source.shadow is not None
    none = wished_effects(source, wishes({"outline": "none", "shadow": "no"}), 40.0)
    assert none == PLAIN
    graded = wished_effects(PLAIN, wishes({}), 40.0)
    assert graded is PLAIN
    graded = type(PLAIN)(gradient=Gradient(((0.0, (0, 0, 0)), (1.0, (9, 9, 9)))))
    assert wished_effects(graded, wishes({"colour": "red"}), 40.0).gradient is None
    assert wished_effects(graded, wishes({"weight": "bold"}), 40.0).gradient is not None
