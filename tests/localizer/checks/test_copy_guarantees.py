"""What else a translation must keep: addresses, marks, script, language, length. Drafts are for a person."""

import pytest

from localizer.brand import BrandKit
from localizer.checks.copy_policy import TOO_LONG, check_copy, check_copy_policy
from localizer.checks.copy_words import length_of
from localizer.model import Action, CheckStatus, Edit, Job

PASSED, FAILED, UNDECIDED = CheckStatus.PASSED, CheckStatus.FAILED, CheckStatus.UNDECIDED
NO_KIT = BrandKit()


def status(source: str, target: str, locale: str, *, source_locale: str = "en", brand: BrandKit = NO_KIT):
    findings = check_copy(source, source_locale, target, locale, brand)
    return findings[0].status if findings else PASSED


@pytest.mark.parametrize(
    ("source", "target", "locale", "wanted"),
    [
        ("Visit lumea.com", "Besuche Lumea.com", "de", PASSED),
        ("Visit lumea.com/Sale", "Besuche lumea.com/sale", "de", FAILED),
        ("Visit us", "Besuche lumea.de", "de", FAILED),
        ("Ask hello@lumea.com", "Frag hallo@lumea.com", "de", FAILED),
        ("Follow @lumea", "Folge @lumea", "de", PASSED),
        ("Follow @lumea", "Folge uns", "de", FAILED),
        ("Call 400-820-8820", "Ruf 400 820-8821 an", "de", FAILED),
        ("Call +49 30 1234567", "Ruf +49 30 123 4567 an", "de", PASSED),
        ("Code SAVE20", "Code SPARE20", "de", UNDECIDED),
        ("Model i7-10870H", "Modell i7-10870H", "de", PASSED),
        ("#NewIn", "#Neu", "de", UNDECIDED),
        ("50% off.It is on", "50 % Rabatt. Los!", "de", PASSED),  # no address: a space is missing
        ("Lumea® cream", "Lumea® Creme", "de", PASSED),
        ("Lumea® serum", "Lumea Serum", "de", FAILED),
        ("Lumea serum", "Lumea™ Serum", "de", FAILED),
        ("Free gift*", "Gratisgeschenk", "de", UNDECIDED),
        ("🎁 Free gift", "Gratisgeschenk", "de", UNDECIDED),
        ("★ Free gift", "Gratisgeschenk", "de", PASSED),
        ("Hi {name}", "Hallo {name}", "de", PASSED),
        ("Hi {name}", "Hallo {Name}", "de", FAILED),
        ("Hi {name}", "你好｛name｝", "zh-Hans", FAILED),
        ("Hi {name}", "Hallo", "de", FAILED),
        ("Hi {name}", "Hallo {name} {name}", "de", FAILED),
        ("Hi {first name}", "Hallo {Vor name}", "de", FAILED),
        ("Hi $first_name", "Hallo $vor_name", "de", FAILED),
        ("Hi __NAME__", "Hallo", "de", FAILED),
        ("Hi %name%", "Hallo %nom%", "de", FAILED),
        ("Hi <<name>>", "Hallo", "de", FAILED),
        ("All on sale", "Nur99 €", "de", UNDECIDED),  # a number that is written like a code
        ("All on sale", "#nur99", "de", UNDECIDED),
        ("Best 10", "TOP10", "de", PASSED),
        ("It's here", "L&#39;offre", "fr", FAILED),
        ("New", "<b>Neu</b>", "de", FAILED),
        ("Free gift", "**Gratisgeschenk**", "de", FAILED),
        ("Free gift", "Translation: Gratisgeschenk", "de", FAILED),
        ("Free gift", "Gratis \ufffd", "de", FAILED),
        ("Free gift", "GrÃ¤tis", "de", FAILED),
        ("Free gift", "Gratis Gratis Gratis Gratis Gratis Gratis", "de", FAILED),
        ("Free gift", "   ", "de", FAILED),
        ("Free gift", "Free gift", "de", UNDECIDED),
        ("Free gift", "¡Regalo gratis!", "de", UNDECIDED),
        ("Free gift", "Gratis-Geschеnk", "de", UNDECIDED),  # a Cyrillic letter
        ("Last day", "最后一天", "zh-Hant", UNDECIDED),
        ("Last day", "最後一天", "zh-Hant", PASSED),
        ("Empress", "皇后", "zh-Hant", PASSED),
        ("Made in Taiwan", "台灣製造", "zh-Hant", PASSED),
        ("Made in Taiwan", "臺灣製造", "zh-Hant", PASSED),
        ("Limited offer", "限时特價", "zh-Hant", FAILED),
        ("Limited offer", "限時特价", "zh-Hans", FAILED),
        ("Limited offer", "限时の特价", "zh-Hans", UNDECIDED),
        ("Special price", "特價セール", "ja", UNDECIDED),
    ],
)
def test_what_a_translation_keeps(source, target, locale, wanted) -> None:
    assert status(source, target, locale) is wanted, check_copy(source, "en", target, locale, NO_KIT)


def test_a_correction_in_the_same_language_may_change_them() -> None:
    for source, target in (("a.com", "b.shop"), ("5 kg", "5 g"), ("Lumea", "Lumea®"), ("12/31", "12/30")):
        assert check_copy(source, "en", target, "en-GB", NO_KIT, correction=True) == []
        assert check_copy(source, "en", target, "en-GB", NO_KIT)
        assert check_copy(source, "en", target, "de", NO_KIT, correction=True)
    assert check_copy("Free gift", "en", "Free gift", "en-GB", NO_KIT) == []


def test_names_stay_as_the_source_or_the_kit_writes_them() -> None:
    kit = BrandKit(name="LUMÉA", do_not_translate=("Acme",))
    assert status("ACME SALE", "ACME-AKTION", "de", brand=kit) is PASSED
    assert status("ACME SALE", "Acme-Aktion", "de", brand=kit) is PASSED
    assert status("Acme sale", "ACME-Aktion", "de", brand=kit) is FAILED
    assert status("Acme sale", "Acmes Aktion", "de", brand=kit) is UNDECIDED
    assert status("Acme or Acme", "Acme", "de", brand=kit) is UNDECIDED
    assert status("LUMÉA serum", "Serum", "de", brand=kit) is UNDECIDED


def test_a_language_without_inflection_uses_the_glossarys_very_term() -> None:
    kit = BrandKit(glossary={"ja": {"Free shipping": "送料無料"}, "de": {"Free shipping": "Gratisversand"}})
    assert status("Free shipping", "配送料なし", "ja", brand=kit) is FAILED
    assert status("Free shipping", "Versand gratis", "de", brand=kit) is UNDECIDED


def test_forbidden_words_are_seen_through_endings_and_hidden_characters() -> None:
    kit = BrandKit(forbidden={"de": ("billig",)})
    assert status("Low price", "Ein billiges Angebot", "de", brand=kit) is UNDECIDED
    assert status("Low price", "bil\u200blig", "de", brand=kit) is FAILED
    assert status("Low price", "Billigung", "de", brand=kit) is UNDECIDED
    assert status("Low price", "Gebilligt", "de", brand=kit) is PASSED


def test_too_long_is_told_apart_from_what_is_wrong() -> None:
    (finding,) = check_copy("Sale", "en", "Sonderangebote", "de", NO_KIT, most_characters=10)
    assert (finding.status, finding.guarantee) == (UNDECIDED, TOO_LONG)
    assert "14 characters" in finding.message
    assert check_copy("Sale", "en", "Angebote", "de", NO_KIT, most_characters=8) == []
    assert length_of("ช้อปเลย\nนะ") == 9  # marks belong to their letters
    assert length_of("e\u0301te\u0301") == 3


def test_the_worst_comes_first() -> None:
    found = check_copy("Sale ¥199", "en", "Sale ¥299 and {x}", "de", NO_KIT, most_characters=3)
    assert [f.status for f in found] == sorted((f.status for f in found), key=[FAILED, UNDECIDED].index)
    assert {"numbers", "placeholders", TOO_LONG} <= {f.guarantee for f in found}


def test_a_draft_is_for_a_person_however_right_it_is() -> None:
    def result(draft: str):
        edit = Edit(Action.TRANSLATE_TEXT, "Free gift", "Gratisgeschenk", draft=draft)
        return check_copy_policy(Job("k", "p", "de", "en", "s", "s", (edit,)), NO_KIT)

    assert result("").status is PASSED
    assert result("nllb 1").status is UNDECIDED
    assert "nllb 1" in result("nllb 1").detail
