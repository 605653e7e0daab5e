"""What translators are asked about a string."""

from __future__ import annotations

from localizer.brand import BrandKit
from localizer.copy.drafting import request_of
from localizer.copy.gathering import Wanted
from localizer.origin import Origin


def test_a_translator_is_told_the_terms_that_the_check_will_look_for() -> None:
    terms = {"free shipping": "Gratisversand", "art": "Kunst", "cream": "Creme"}
    kit = BrandKit(glossary={"de": terms, "de-AT": {"cream": "Krem"}})
    wanted = Wanted(
        1, "FREE SHIPPING from the start: cream", "en", "de-AT", Origin.MARKETING, "", None, (), (), ()
    )
    assert request_of(wanted, kit).glossary == {"free shipping": "Gratisversand", "cream": "Krem"}
