"""Short headlines are the model's; what must be exact is typeset on a plate that it erased."""

from pathlib import Path

import pytest

from localizer.brand import BrandKit, ModelPolicy
from localizer.engines.method import Method, choose_method, length
from localizer.errors import EngineError
from localizer.model import Action, Edit

TALL = (0, 0, 300, 80)


def choose(
    text: str, locale: str, *, action=Action.REPLACE_TEXT, box=None, height=None, brand=None, **attribute
):
    edit = Edit(action, "原", text, box, attribute=attribute)
    return choose_method(edit, locale, brand or BrandKit(), height=height)


@pytest.mark.parametrize(
    ("text", "locale", "method"),
    [
        ("SUMMER SALE", "en", "model"),
        ("Été à prix doux", "fr", "model"),
        ("年度热销", "zh-Hans", "model"),
        ("618狂欢购", "zh-Hant", "model"),
        ("期間限定セール", "ja", "model"),
        ("한정 세일", "ko", "model"),
        ("تخفيضات", "ar", "hybrid"),
        ("ลดราคา", "th", "hybrid"),
        ("सेल", "hi", "hybrid"),
        ("מבצע", "he", "hybrid"),
        ("Скидка", "ru", "hybrid"),
        ("Giảm giá lớn nhất", "vi", "hybrid"),
        ("مبيعات SALE", "en", "hybrid"),
        ("Free shipping on every order over 50", "en", "hybrid"),
        ("本店所有商品全场包邮正品保证假一赔十", "zh-Hans", "hybrid"),
        ("A\nB\nC", "en", "hybrid"),
        ("A\nB", "en", "model"),
        ("100%", "und", "model"),
    ],
)
def test_by_script_and_length(text, locale, method):
    assert choose(text, locale) is Method(method)


def test_small_print_is_typeset():
    assert choose("SALE", "en", box=(0, 0, 99, 20)) is Method.HYBRID
    assert choose("SALE", "en", box=TALL) is Method.MODEL
    assert choose("SALE\nNOW", "en", box=(0, 0, 99, 50)) is Method.HYBRID
    assert choose("SALE", "en", box=TALL, height=20) is Method.HYBRID
    assert choose("SALE", "en", height=60, size="40%") is Method.HYBRID


@pytest.mark.parametrize(
    "attribute", [{"font": "Lora"}, {"size": "80"}, {"tracking": "0.1"}, {"line_spacing": "1.4"}]
)
def test_what_is_asked_for_exactly_is_typeset(attribute):
    assert choose("SALE", "en", **attribute) is Method.HYBRID
    assert choose("SALE", "en", colour="gold", weight="bold", size="120%") is Method.MODEL


def test_the_brand_decides():
    assert choose("SALE", "en", brand=BrandKit(model=ModelPolicy(method="hybrid"))) is Method.HYBRID
    assert choose("تخفيضات", "ar", brand=BrandKit(model=ModelPolicy(method="model"))) is Method.MODEL
    assert choose("SALE", "en", brand=BrandKit(model=ModelPolicy(longest_text=3))) is Method.HYBRID


def test_added_text_is_in_the_brands_font_if_it_has_one():
    import fontpkg_noto_sans

    path = next(Path(fontpkg_noto_sans.__path__[0]).rglob("*.ttf"))
    kit = BrandKit(fonts=(str(path),))
    assert choose("SALE", "en", action=Action.ADD_TEXT, brand=kit) is Method.HYBRID
    assert choose("SALE", "en", brand=kit) is Method.MODEL
    assert choose("SALE", "en", action=Action.ADD_TEXT) is Method.MODEL


def test_removals_are_the_models_and_nonsense_is_told():
    assert choose_method(Edit(Action.REMOVE_TEXT, "A" * 99), "ar", BrandKit()) is Method.MODEL
    with pytest.raises(EngineError, match="size"):
        choose("SALE", "en", size="huge")


def test_ideographs_count_twice_and_marks_not():
    assert [length(t) for t in ("abc", "热销", "é", "e\u0301", "a\nb", "ｆ")] == [3, 4, 1, 1, 2, 2]
