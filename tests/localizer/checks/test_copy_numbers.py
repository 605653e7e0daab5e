"""Prices, measures, dates and times between languages: equal, converted by rule, or for a person."""

import pytest
from babel import Locale
from babel.numbers import format_currency

from localizer.checks.copy_comparison import compare_numbers
from localizer.checks.copy_dates import moments, order_of
from localizer.checks.copy_money import CODES, currency_of
from localizer.checks.copy_numbers import fold_digits, number_tokens
from localizer.checks.copy_units import units_after
from localizer.model import CheckStatus

PASSED, FAILED, UNDECIDED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.UNDECIDED
LOCALES = (
    "en en-AU de de-CH fr fr-CA es es-MX it pt-BR nl sv pl cs hu ro ru uk tr he ar hi th vi id ko ja"
    " zh-Hans zh-Hant"
)


@pytest.mark.parametrize(
    ("source", "source_locale", "target", "locale", "status"),
    [
        # What counts the same is paired: a price never swaps with a measure.
        ("¥199 50ml", "zh-Hans", "¥50, 199 ml", "en", FAILED),
        ("¥199 50ml", "zh-Hans", "50 ml for ¥199", "en", PASSED),
        ("$1,398.00", "en", "1.398,00 $", "de", PASSED),
        ("$1,299", "en", "1,299 $", "de", FAILED),
        ("On orders over $50", "en", "Ab 50 €", "de", FAILED),
        # A sign that means another money there.
        ("¥199", "zh-Hans", "199円", "ja", FAILED),
        ("¥199", "zh-Hans", "¥199", "ja", UNDECIDED),
        ("199元", "zh-Hans", "199元", "ja", PASSED),
        ("199元", "zh-Hans", "199元", "zh-Hant", UNDECIDED),
        ("199元", "zh-Hans", "人民幣199元", "zh-Hant", PASSED),
        ("$50", "en", "$50", "es-MX", UNDECIDED),
        ("$50", "en", "US$50", "zh-Hant", PASSED),
        ("HK$50", "en", "$50", "de", FAILED),
        ("满199减50", "zh-Hans", "Spend £199, save £50", "en", UNDECIDED),
        # Parts of an offer.
        ("满300减50", "zh-Hans", "¥50 off ¥300", "en", PASSED),
        ("满199减50", "zh-Hans", "Save ¥199, spend ¥50", "en", UNDECIDED),
        ("满199减50", "zh-Hans", "199 off orders over 50", "en", UNDECIDED),
        ("原价299 现价199", "zh-Hans", "Now ¥199, was ¥299", "en", PASSED),
        ("原价299 现价199", "zh-Hans", "Was ¥199, now ¥299", "en", UNDECIDED),
        ("From $5", "en", "Hasta 5 $", "es", UNDECIDED),
        ("Buy 2 get 1", "en", "1 kaufen, 2 gratis", "de", UNDECIDED),
        ("70% off, then 10%", "en", "Erst 10 %, dann 70 %", "de", UNDECIDED),
        # Units are never converted.
        ("承重200KG", "zh-Hans", "Trägt 200 kg", "de", PASSED),
        ("承重200KG", "zh-Hans", "Выдерживает 200 кг", "ru", PASSED),
        ("承重200KG", "zh-Hans", "Trägt 200 g", "de", FAILED),
        ("承重200KG", "zh-Hans", "Trägt 200", "de", UNDECIDED),
        ("10 kg", "en", "22 lb", "de", FAILED),
        ("500ml", "en", "0,5 l", "de", FAILED),
        ("1斤", "zh-Hans", "500 g", "en", FAILED),
        ("7天无理由退货", "zh-Hans", "7-Tage-Rückgabe", "de", PASSED),
        ("7天无理由退货", "zh-Hans", "7 hours to return", "en", FAILED),
        ("160-180CM", "zh-Hans", "160–180 cm", "en", PASSED),
        ("160-180CM", "zh-Hans", "180–160 cm", "en", UNDECIDED),
        ("5G手机", "zh-Hans", "5G-Handy", "de", PASSED),
        # Numbers written out.
        ("Buy two, get one free", "en", "Kaufe zwei, erhalte eins gratis", "de", PASSED),
        ("Buy two, get one free", "en", "Kaufe drei, erhalte eins gratis", "de", UNDECIDED),
        ("买两件送一件", "zh-Hans", "Buy two, get one free", "en", PASSED),
        ("买两件送一件", "zh-Hans", "Buy three, get one free", "en", UNDECIDED),
        ("十二星座", "zh-Hans", "Twelve signs", "en", PASSED),
        ("十二星座", "zh-Hans", "Eleven signs", "en", UNDECIDED),
        ("三星手机", "zh-Hans", "Samsung phones", "en", PASSED),
        # Multiplied by a word or a letter.
        ("$5M", "en", "5 Mio. $", "de", PASSED),
        ("$5M", "en", "5 $", "de", UNDECIDED),
        ("$1 million", "en", "1 Mrd. $", "de", UNDECIDED),
        ("2 billion", "en", "2 Milliarden", "de", PASSED),
        ("2 billion", "en", "2 Billionen", "de", UNDECIDED),
        ("$5 million", "en", "5 millions de dollars", "fr", PASSED),
        ("1亿", "zh-Hans", "100 million", "en", PASSED),
        ("10K", "en", "10 mil", "es", PASSED),
        # Small figures behind a price, and none before it.
        ("$9⁹⁹", "en", "9,99 $", "de", PASSED),
        ("$9⁹⁹", "en", "999 $", "de", FAILED),
        ("$.99", "en", "0,99 $", "de", PASSED),
        ("$.99", "en", "99 $", "de", FAILED),
        ("1½ kg", "en", "1½ kg", "de", PASSED),
        # Signs in front.
        ("-5°C", "en", "minus 5 °C", "de", PASSED),
        ("-5°C", "en", "5 °C", "de", UNDECIDED),
        ("零下5℃", "zh-Hans", "5°C", "en", UNDECIDED),
        ("-20°C - +60°C", "en", "von -20 °C bis +60 °C", "de", PASSED),
        ("-30%", "en", "30 % Rabatt", "de", PASSED),
        ("-30%", "en", "+30 %", "de", UNDECIDED),
        (">50%", "en", "<50 %", "de", UNDECIDED),
        ("10-20%", "en", "10–20 %", "de", PASSED),
        # What a price is for.
        ("$5/kg", "en", "5 $ pro kg", "de", PASSED),
        ("¥5/kg", "zh-Hans", "¥5/g", "en", FAILED),
        ("$5/kg", "en", "5 $/Stück", "de", UNDECIDED),
        # A month explains a date, not any number.
        ("5月大促", "zh-Hans", "May sale", "en", PASSED),
        ("5公斤", "zh-Hans", "May weigh a lot", "en", UNDECIDED),
        ("9件", "zh-Hans", "Set regalo", "it", UNDECIDED),
        # Digits of addresses and codes are no numbers.
        ("+49 30 1234567", "en", "+49 30 123 4567", "de", PASSED),
        ("i7-10870H", "zh-Hans", "i7-10870H", "en", PASSED),
        # Dates and times by the rules of the locale, where they are not in doubt.
        ("12/31", "en", "31.12.", "de", PASSED),
        ("12/11", "en", "12.11.", "de", UNDECIDED),
        ("12/11", "en", "12/11", "de", UNDECIDED),
        ("12/11", "en-US", "11.12.", "de", PASSED),
        ("12月31日", "zh-Hans", "31 ธันวาคม", "th", PASSED),
        ("2026年12月31日", "zh-Hans", "31 ธันวาคม 2569", "th", PASSED),
        ("3月4日", "zh-Hans", "April 3", "en", FAILED),
        ("12月10日-12日", "zh-Hans", "10–12 December", "en", PASSED),
        ("12月10日-12日", "zh-Hans", "10–13 December", "en", UNDECIDED),
        ("6.18", "zh-Hans", "18.06.", "de", PASSED),
        ("6.18", "zh-Hans", "6,18", "de", UNDECIDED),
        ("8 PM", "en", "20 Uhr", "de", PASSED),
        ("晚8点", "zh-Hans", "8 p.m.", "en", PASSED),
        ("晚8点", "zh-Hans", "8 a.m.", "en", FAILED),
        ("10:00-22:00", "zh-Hans", "10:00–22:00", "en", PASSED),
        ("10:30", "en", "10:03", "de", FAILED),
    ],
)
def test_between_languages(source, source_locale, target, locale, status) -> None:
    said = compare_numbers(source, source_locale, target, locale)
    assert said[0] is status, said
    assert bool(said[1]) == (status is not PASSED)


@pytest.mark.parametrize("locale", LOCALES.split())
def test_every_currency_is_known_as_its_locale_writes_it(locale: str) -> None:
    for code in sorted(CODES):
        for style in ("standard", "name"):
            known = Locale.parse(locale, sep="-")
            written = format_currency(199, code, locale=known, format_type=style, currency_digits=False)
            (token,) = number_tokens(written, locale)
            assert (f"{token.value:f}", code in token.codes) == ("199", True), written


@pytest.mark.parametrize(
    ("locale", "currency"),
    [
        ("zh-Hans", "CNY"),
        ("zh-Hant", "TWD"),
        ("zh-Hant-HK", "HKD"),
        ("en-AU", "AUD"),
        ("ja", "JPY"),
        ("und", ""),
    ],
)
def test_the_money_of_a_locale(locale: str, currency: str) -> None:
    assert currency_of(locale) == currency


@pytest.mark.parametrize(
    ("after", "locale", "unit"),
    [
        ("KG", "zh-Hans", "mass-kilogram"),
        (" килограмма", "ru", "mass-kilogram"),
        (" กก.", "th", "mass-kilogram"),
        (" Go", "fr", "digital-gigabyte"),
        ("克拉", "zh-Hans", "mass-carat"),
        ("克", "zh-Hans", "mass-gram"),
        ("-hour", "en", "duration-hour"),
        ("寸建议", "zh-Hans", "length-inch"),
        ("Hz电竞", "zh-Hans", "frequency-hertz"),
        ("G手机", "zh-Hans", ""),
        (" items", "en", ""),
        (" in 1", "en", ""),
        (" Gute", "de", ""),
    ],
)
def test_units(after: str, locale: str, unit: str) -> None:
    assert units_after(after, locale) == (frozenset({unit}) if unit else frozenset())


@pytest.mark.parametrize(
    ("text", "locale", "readings"),
    [
        ("24h", "fr", []),
        ("2点目半額", "ja", []),
        ("10시간", "ko", []),
        ("24/7", "en", []),
        ("1/2", "en", []),
        ("2.5米", "zh-Hans", []),
        ("1.299,00 €", "de", []),
        ("You may come 5", "en", []),
        ("Until 31st of December", "en", [(0, 12, 31)]),
        ("31 de dezembro de 2026", "pt-BR", [(2026, 12, 31)]),
        ("31 ديسمبر", "ar", [(0, 12, 31)]),
        ("٣١ ديسمبر", "ar", [(0, 12, 31)]),
        ("12월 31일", "ko", [(0, 12, 31)]),
        ("31 tháng 12", "vi", [(0, 12, 31)]),
        ("31. joulukuuta", "fi", [(0, 12, 31)]),
        ("2026-12-31", "de", [(2026, 12, 31)]),
        ("31.12.26", "de", [(2026, 12, 31)]),
        ("20h30", "fr", [(-1, 20, 30)]),
        ("오후 8시 30분", "ko", [(-1, 20, 30)]),
        ("12 am", "en", [(-1, 0, 0)]),
    ],
)
def test_moments(text: str, locale: str, readings: list[tuple[int, int, int]]) -> None:
    found = moments(fold_digits(text), locale)
    assert [set(moment.readings) for moment in found] == [{reading} for reading in readings]


def test_nobody_can_tell_the_order_of_plain_english() -> None:
    assert [order_of(tag) for tag in ("en-US", "en-GB", "en", "de", "zh-Hans", "und")] == [
        "md",
        "dm",
        "",
        "dm",
        "md",
        "",
    ]
