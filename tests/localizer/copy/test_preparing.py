"""Preparing the copy of a run: where each string's copy comes from, and what is asked and paid for once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localizer.brand import BrandKit
from localizer.copy import preparing
from localizer.copy.approving import approve_drafts
from localizer.copy.units import CopyState
from localizer.errors import InputError, TransientError
from tests.localizer.copy.campaigns import Campaign, StandIn

AT = "2026-11-23T10:00:00Z"
SALE = "p1,a.png,en,ja,translate_text,SALE,,"
NEW = "p1,a.png,en,ja,translate_text,NEW IN,,"


def test_the_deck_comes_first_and_translators_are_asked_for_the_rest(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW, deck="source,locale,target\nSALE,ja,セール\n")
    translator = StandIn({"NEW IN": "新着"})
    prepared = campaign.prepare(translator)
    units = campaign.units()
    assert units["SALE", "ja"].state is CopyState.APPROVED
    assert units["SALE", "ja"].origin == "deck"
    draft = units["NEW IN", "ja"]
    assert (draft.state, draft.target, draft.origin) == (CopyState.DRAFT, "新着", "stand-in 1")
    assert [request.text for request in translator.asked] == ["NEW IN"]
    assert prepared.counts == {"ja": {"approved": 1, "draft": 1}}
    assert prepared.asked == {"ja": 1}


def test_nothing_is_made_up_without_a_translator(campaign: Campaign) -> None:
    campaign.rows(SALE)
    prepared = campaign.prepare()
    assert prepared.counts == {"ja": {"missing": 1}}
    assert campaign.units()["SALE", "ja"].target == ""


def test_a_string_of_many_images_is_asked_for_once(campaign: Campaign) -> None:
    campaign.rows(*(f"p{n},a.png,en,ja,translate_text,SALE,," for n in range(9)))
    translator = StandIn({"SALE": "セール"})
    campaign.prepare(translator)
    assert len(translator.asked) == 1
    assert campaign.units()["SALE", "ja"].assets == ("p0", "p1", "p2", "p3", "p4")


def test_a_draft_that_breaks_a_guarantee_is_asked_for_once_more_and_then_refused(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,50% OFF,,", NEW)
    translator = StandIn({"50% OFF": ["40%オフ", "60%オフ"], "NEW IN": "新着"})
    campaign.prepare(translator)
    unit = campaign.units()["50% OFF", "ja"]
    assert unit.state is CopyState.MISSING
    assert unit.target == "40%オフ"
    assert unit.findings
    again = translator.asked[-1]
    assert (again.text, again.wrong) == ("50% OFF", unit.findings)
    assert campaign.units()["NEW IN", "ja"].state is CopyState.DRAFT


def test_a_better_second_answer_is_taken(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,50% OFF,,")
    campaign.prepare(StandIn({"50% OFF": ["40%オフ", "50%オフ"]}))
    unit = campaign.units()["50% OFF", "ja"]
    assert (unit.state, unit.target) == (CopyState.DRAFT, "50%オフ")


def test_what_a_person_approved_is_not_asked_again_in_any_run(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW)
    prepared = campaign.prepare(StandIn({"SALE": "セール", "NEW IN": "新着"}))
    refused = campaign.units()["NEW IN", "ja"].id
    told = approve_drafts(
        campaign.run,
        campaign.workspace,
        by="mia",
        at=AT,
        refuse=[refused],
        comment="too dull",
        shown=prepared.digest,
    )
    assert told == (1, 1)
    sale, new = campaign.units()["SALE", "ja"], campaign.units()["NEW IN", "ja"]
    assert (sale.state, sale.approved_by) == (CopyState.APPROVED, "mia")
    assert (new.state, new.findings) == (CopyState.MISSING, ("mia refused it: too dull",))

    other = StandIn({"SALE": "SALE!", "NEW IN": "新着"})
    later = campaign.workspace.run("r2")
    campaign.prepare(other, run=later)
    assert [request.text for request in other.asked if not request.wrong] == ["NEW IN"] * len(
        [r for r in other.asked if not r.wrong]
    )
    assert campaign.units(later)["SALE", "ja"].target == "セール"
    assert campaign.units(later)["SALE", "ja"].approved_by == "mia"
    assert campaign.units(later)["NEW IN", "ja"].state is CopyState.MISSING


def test_an_approval_is_given_again_by_a_retry_and_refused_for_other_copy(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW)
    prepared = campaign.prepare(StandIn({"SALE": "セール", "NEW IN": "新着"}))
    word = {"by": "mia", "at": AT, "refuse": [campaign.units()["NEW IN", "ja"].id]}
    for _ in range(2):
        approve_drafts(campaign.run, campaign.workspace, shown=prepared.digest, **word)
    assert campaign.units()["NEW IN", "ja"].findings == ("mia refused it",)
    with pytest.raises(InputError, match="prepared anew"):
        approve_drafts(campaign.run, campaign.workspace, shown="0" * 64, **word)
    with pytest.raises(InputError, match="no draft of this run has the id 123"):
        approve_drafts(campaign.run, campaign.workspace, by="mia", at=AT, refuse=["123"])


def test_what_one_brand_approved_is_a_draft_for_another(campaign: Campaign) -> None:
    campaign.rows("a,a.png,en,ja,translate_text,Big Sale,,")
    one, other = BrandKit(name="lumea"), BrandKit(name="terra")
    campaign.prepare(StandIn({"Big Sale": "大セール"}), brand=one)
    approve_drafts(campaign.run, campaign.workspace, by="mia", at=AT)
    campaign.prepare(brand=one)
    assert campaign.units()["Big Sale", "ja"].state is CopyState.APPROVED
    campaign.prepare(StandIn({"Big Sale": "大セール"}), brand=other)
    assert campaign.units()["Big Sale", "ja"].state is CopyState.DRAFT


def test_units_that_were_not_shown_are_not_approved(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.rows("a,a.png,en,ja,translate_text,Big Sale,,")
    shown = campaign.prepare(StandIn({"Big Sale": "大セール"})).digest
    real = preparing.save_units

    def save_and_die(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "save_units", save_and_die)
    with pytest.raises(KeyboardInterrupt):
        campaign.prepare(
            StandIn({"Big Sale": "閉店セール"}), brand=BrandKit(glossary={"ja": {"Sale": "閉店セール"}})
        )
    assert campaign.units()["Big Sale", "ja"].target == "閉店セール"
    with pytest.raises(InputError, match="prepared anew"):
        approve_drafts(campaign.run, campaign.workspace, by="mia", at=AT, shown=shown)


def test_a_dry_run_asks_nobody_and_says_what_it_would_ask(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW)
    translator = StandIn({"SALE": "セール", "NEW IN": "新着"})
    prepared = campaign.prepare(translator, dry_run=True)
    assert translator.asked == []
    assert (prepared.asked, prepared.characters) == ({"ja": 2}, {"ja": 10})


def test_locales_out_of_scope_are_not_prepared(campaign: Campaign) -> None:
    campaign.rows(SALE, SALE.replace(",ja,", ",ko,"))
    assert set(campaign.prepare(locales=["ko"]).counts) == {"ko"}


def test_a_service_that_is_down_costs_nothing_that_was_answered(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW, NEW.replace(",ja,", ",ko,"))

    class Down(StandIn):
        def translate(self, requests):  # type: ignore[no-untyped-def]
            if requests[0].locale == "ko":
                raise TransientError("503")
            return super().translate(requests)

    down = Down({"SALE": "セール", "NEW IN": "新着"}, locales=("ja", "ko"))
    with pytest.raises(TransientError):
        campaign.prepare(down)
    up = StandIn({"NEW IN": "신상품"}, locales=("ja", "ko"))
    campaign.prepare(up)
    assert [(r.text, r.locale) for r in up.asked] == [("NEW IN", "ko")]


def test_on_the_last_try_a_service_that_is_down_stops_none_of_the_others(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW, NEW.replace(",ja,", ",ko,"), SALE.replace(",ja,", ",ko,"))

    class Down(StandIn):
        tries = 0

        def translate(self, requests):  # type: ignore[no-untyped-def]
            if requests[0].locale == "ko":
                self.tries += 1
                raise TransientError("503")
            return super().translate(requests)

    down = Down({"SALE": "セール", "NEW IN": "新着"}, locales=("ja", "ko"))
    prepared = campaign.prepare(down, last_try=True)
    assert prepared.counts == {"ja": {"draft": 2}, "ko": {"missing": 2}}
    assert down.tries == 1  # a service that is down is not asked for each string
    [problem] = prepared.problems
    assert "503" in problem
    assert campaign.units()["NEW IN", "ko"].findings == (problem,)
    assert prepared.asked == {"ja": 2}


def test_a_brand_name_that_is_lost_is_no_draft(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,Try Lumea,,")
    translator = StandIn({"Try Lumea": "ルメアを試そう"})
    campaign.prepare(translator, brand=BrandKit(do_not_translate=("Lumea",)))
    assert campaign.units()["Try Lumea", "ja"].state is CopyState.MISSING
    assert translator.asked[0].keep == ("Lumea",)


def test_two_processes_that_prepare_the_same_ask_once(campaign: Campaign) -> None:
    """One waits for the other, and finds in the memory what that was answered."""
    campaign.rows(SALE, NEW)

    class Slow(StandIn):
        def translate(self, requests):  # type: ignore[no-untyped-def]
            time.sleep(0.5)
            return super().translate(requests)

    translators = [Slow({"SALE": "セール", "NEW IN": "新着"}) for _ in range(2)]
    runs = [campaign.workspace.run(name) for name in ("r1", "r2")]
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda t, run: campaign.prepare(t, run=run), translators, runs))
    assert [each.counts for each in made] == [{"ja": {"draft": 2}}] * 2
    assert sum(len(translator.asked) for translator in translators) == 2


def test_an_answer_that_is_no_text_costs_no_other_string_its_own(campaign: Campaign) -> None:
    campaign.rows(SALE, NEW)
    campaign.prepare(StandIn({"SALE": "セ\ud800ル", "NEW IN": "新着"}))
    units = campaign.units()
    assert units["SALE", "ja"].findings == ("stand-in: the answer holds what is no character",)
    assert units["NEW IN", "ja"].target == "新着"
