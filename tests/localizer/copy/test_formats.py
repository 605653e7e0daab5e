"""What needs no translator, and what a translator must not see."""

import pytest

from localizer.brand import BrandKit
from localizer.copy.formats import reformatted, stays_as_is
from localizer.copy.protection import kept, protect, restore

KIT = BrandKit(do_not_translate=("LUMÉA",), forbidden={"de": ("666",)})


@pytest.mark.parametrize(
    ("text", "source_locale", "locale", "written"),
    [
        ("618", "zh-Hans", "en", "618"),
        ("666", "zh-Hans", "de", None),  # forbidden there
        ("1000+", "zh-Hans", "de", "1000+"),
        ("LUMÉA®", "zh-Hans", "ja", "LUMÉA®"),
        ("LUMÉA", "zh-Hans", "ar", "LUMÉA"),
        ("L U M É A", "zh-Hans", "de", "L U M É A"),
        ("www.lumea.com", "zh-Hans", "ar", "www.lumea.com"),
        ("400-820-8820", "zh-Hans", "en", "400-820-8820"),
        ("@lumea", "en", "ja", "@lumea"),
        ("i7-10870H", "zh-Hans", "ru", "i7-10870H"),
        ("★", "zh-Hans", "en", "★"),
        ("¥199", "zh-Hans", "en", "¥199"),
        ("￥1398", "zh-Hans", "en", "¥1398"),
        ("¥199", "zh-Hans", "de", "199\u00a0¥"),
        ("¥199", "zh-Hans", "ja", None),  # yen there
        ("199元", "zh-Hans", "en", None),  # a word
        ("$50", "en", "es-MX", None),  # pesos there
        ("$1,398.00", "en", "de", "1.398,00\u00a0$"),
        ("$1,398.00", "en", "zh-Hans", "$1,398.00"),
        ("1,299", "en", "fr", "1\u00a0299"),
        ("1,299", "und", "fr", None),
        ("1,299", "en", "tlh", None),  # CLDR does not say how Klingons write it
        ("10:00", "en", "tlh", None),
        ("2.4", "en", "de", "2,4"),
        ("50%", "en", "de", "50%"),
        ("50%", "en", "tr", "%50"),
        ("٥٠٪", "ar", "en", "50%"),
        ("500ml", "zh-Hans", "de", "500ml"),
        ("500ml", "zh-Hans", "ru", None),
        ("12/31", "en", "de", "31.12."),
        ("12/11", "en", "de", None),
        ("12月31日", "zh-Hans", "de", "31. Dezember"),
        ("11.11", "zh-Hans", "de", "11.11"),
        ("6.18", "zh-Hans", "en", None),  # the 18th of June, to those who know
        ("10:00-22:00", "zh-Hans", "de", "10:00-22:00"),
        ("99,-", "de", "en", None),
        ("24/7", "en", "zh-Hans", None),
        ("1+1", "ko", "en", None),
        ("TOP10", "zh-Hans", "en", None),
        ("SALE", "en", "de", None),
        ("#sale", "en", "de", None),
        ("新品", "zh-Hans", "ja", None),
        ("", "en", "de", None),
    ],
)
def test_text_without_words(text, source_locale, locale, written) -> None:
    assert reformatted(text, source_locale, locale, KIT) == written
    assert stays_as_is(text, source_locale, locale, KIT) is (written == text)


def test_what_is_kept_is_hidden_and_comes_back() -> None:
    text = "LUMÉA: $50 off with SAVE20 at lumea.com, {name}! LUMÉA"
    keep = kept(text, KIT, "en", "ja")
    assert keep == ("LUMÉA", "$50", "SAVE20", "lumea.com", "{name}")
    hidden = protect(text, keep)
    assert hidden.text == "[[1]]: [[2]] off with [[3]] at [[4]], [[5]]! [[6]]"
    assert (
        hidden.restore("[[1]]：[ [3] ]で[[2]]オフ、［［5］］ 【4】 [[6]]")
        == "LUMÉA：SAVE20で$50オフ、{name} lumea.com LUMÉA"
    )
    assert protect(text, KIT).tokens[0] == "LUMÉA"


@pytest.mark.parametrize("answer", ["nothing", "[[1]]", "[[1]] [[2]] [[2]]", "[[1]] [[2]] [[3]]"])
def test_a_lost_doubled_or_invented_token_is_no_translation(answer: str) -> None:
    assert restore(answer, ("a", "b")) is None


def test_a_price_is_kept_only_where_both_locales_write_it_alike() -> None:
    assert kept("Only $1,299 now", KIT, "en", "ja") == ("$1,299",)
    assert kept("Only $1,299 now", KIT, "en", "de") == ()
    assert kept("Only $1,299 now", KIT) == ()
