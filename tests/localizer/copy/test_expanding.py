"""All text of an image: what becomes of each text that was found in it."""

from __future__ import annotations

from localizer.brand import BrandKit
from localizer.copy.approving import approve_drafts
from localizer.copy.run_copy import open_copy
from localizer.copy.units import CopyState
from localizer.extraction import Origin, TextBlock
from localizer.manifest import open_manifest
from localizer.model import Action, Edit, Job
from localizer.planning import Plan, job_key, plan_manifest
from tests.localizer.copy.campaigns import Campaign, StandIn

ALL = "p1,a.png,en,ja,translate_text,*,,"
SALE = TextBlock("SALE", (2, 2, 20, 10))
NEW = TextBlock("NEW IN", (2, 12, 20, 20))
LOGO = TextBlock("Lumea Serum", (30, 2, 50, 10), Origin.PRODUCT, "on the bottle")
DOUBT = TextBlock("since 1998", (30, 20, 50, 30), Origin.UNSURE, "small, at an angle")
AT = "2026-11-23T10:00:00Z"


class Engine:
    name, version = "plain", "1"

    def parameters(self) -> dict[str, object]:
        return {}


def plan(campaign: Campaign) -> Plan:
    with open_manifest(campaign.folder / "m.csv") as manifest, open_copy(campaign.run) as copy:
        return plan_manifest(
            manifest,
            workspace=campaign.workspace,
            engine=Engine(),  # type: ignore[arg-type]
            brand=BrandKit(),
            copy=copy,
        )


def only_job(campaign: Campaign) -> Job:
    (job,) = plan(campaign).jobs
    return job


def deck(*rows: str) -> str:
    return "\n".join(["source,locale,target", *rows]) + "\n"


def test_each_text_of_the_campaign_becomes_an_edit_with_its_box(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, NEW)
    campaign.rows(ALL, deck=deck("SALE,ja,セール"))
    campaign.prepare(StandIn({"NEW IN": "新着"}))
    job = only_job(campaign)
    assert job.edits == (
        Edit(Action.TRANSLATE_TEXT, "SALE", "セール", SALE.box, row=2),
        Edit(Action.TRANSLATE_TEXT, "NEW IN", "新着", NEW.box, row=2, draft="stand-in 1"),
    )
    assert (job.missing_copy, job.left_text) == ((), ())


def test_a_line_that_could_not_be_read_is_told(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, unread=((2, 25, 40, 35), (50, 2, 58, 10)))
    campaign.rows(ALL, "p1,a.png,en,ja,remove_text,,,49 1 60 12", deck=deck("SALE,ja,セール"))
    campaign.prepare()
    assert only_job(campaign).left_text == ("(a line that could not be read, at 2 25 40 35)",)


def test_what_has_no_copy_keeps_the_image_waiting(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, NEW)
    campaign.rows(ALL, deck=deck("SALE,ja,セール"))
    campaign.prepare()
    assert only_job(campaign).missing_copy == ("NEW IN",)


def test_what_stands_on_the_product_is_left_and_told(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, LOGO, DOUBT)
    campaign.rows(ALL, deck=deck("SALE,ja,セール"))
    prepared = campaign.prepare(StandIn({"Lumea Serum": "ルメア", "since 1998": "1998年から"}))
    assert prepared.asked == {}  # nobody translates what may be left
    job = only_job(campaign)
    assert [edit.text for edit in job.edits] == ["SALE"]
    assert job.left_text == ("Lumea Serum", "since 1998")


def test_a_person_says_that_it_stays(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, LOGO, DOUBT)
    campaign.rows(ALL, deck=deck("SALE,ja,セール", "Lumea Serum,ja,Lumea Serum", "since 1998,ja,since 1998"))
    campaign.prepare()
    job = only_job(campaign)
    assert [edit.text for edit in job.edits] == ["SALE"]
    assert job.left_text == ()


def test_copy_for_a_product_s_words_never_changes_the_product(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, LOGO)
    campaign.rows(ALL, deck=deck("SALE,ja,セール", "Lumea Serum,ja,ルメア美容液"))
    campaign.prepare()
    job = only_job(campaign)
    assert [edit.text for edit in job.edits] == ["SALE"]
    assert job.left_text == ("Lumea Serum",)


def test_copy_for_an_unsure_text_is_set_where_a_person_gave_it(campaign: Campaign) -> None:
    campaign.found("a.png", DOUBT)
    campaign.rows(ALL, deck=deck("since 1998,ja,1998年創業"))
    campaign.prepare()
    assert [edit.replacement for edit in only_job(campaign).edits] == ["1998年創業"]


def test_an_approved_draft_is_a_draft_no_more_and_another_job(campaign: Campaign) -> None:
    campaign.found("a.png", SALE)
    campaign.rows(ALL)
    campaign.prepare(StandIn({"SALE": "セール"}))
    before = only_job(campaign)
    approve_drafts(campaign.run, campaign.workspace, by="mia", at=AT)
    after = only_job(campaign)
    assert (before.edits[0].draft, after.edits[0].draft) == ("stand-in 1", "")
    assert before.key != after.key
    # What a model drew for the draft is asked for by the same seeds, and so found again.
    assert (before.seed, after.seed) == (after.key, "")


def test_what_is_left_without_a_word_is_part_of_the_key(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, LOGO)
    campaign.rows(ALL, deck=deck("SALE,ja,セール"))
    campaign.prepare()
    before = only_job(campaign)
    campaign.rows(ALL, deck=deck("SALE,ja,セール", "Lumea Serum,ja,Lumea Serum"))
    campaign.prepare()
    after = only_job(campaign)
    assert before.edits == after.edits
    assert before.key != after.key
    assert before.seed == after.key


def test_an_image_without_any_text_cannot_pass_by_itself(campaign: Campaign) -> None:
    campaign.found("a.png")
    campaign.rows(ALL)
    campaign.prepare()
    job = only_job(campaign)
    assert job.edits == ()
    assert job.left_text == ("(no text was found)",)


def test_a_text_that_was_hardly_read_is_set_and_doubted(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, TextBlock("¥39", (30, 2, 50, 10), score=0.72))
    campaign.rows(ALL, deck=deck("SALE,ja,セール", "¥39,ja,39元"))
    campaign.prepare()
    job = only_job(campaign)
    assert [edit.replacement for edit in job.edits] == ["セール", "39元"]
    assert (job.left_text, job.doubted_text) == ((), ("¥39",))


def test_rows_of_their_own_come_before_all_text(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, NEW, TextBlock("OLD", (30, 30, 50, 38)))
    campaign.rows(
        ALL,
        "p1,a.png,en,ja,replace_text,SALE,特価,",
        "p1,a.png,en,ja,remove_text,,,28 28 60 40",
        deck=deck("NEW IN,ja,新着", "OLD,ja,旧"),
    )
    prepared = campaign.prepare()
    assert prepared.counts == {"ja": {"approved": 1}}
    texts = {(edit.action, edit.text): edit.replacement for edit in only_job(campaign).edits}
    assert texts == {
        (Action.TRANSLATE_TEXT, "NEW IN"): "新着",
        (Action.REPLACE_TEXT, "SALE"): "特価",
        (Action.REMOVE_TEXT, ""): "",
    }


def test_no_text_falls_between_two_edits(campaign: Campaign) -> None:
    """Boxes that overlap share a text out; a text that only lies in the box of another one is not lost."""
    campaign.found("a.png", SALE, NEW, TextBlock("SUMMER", (30, 2, 50, 10)))
    campaign.rows(
        "p1,a.png,en,ja,translate_text,*,,0 0 25 25",
        "p1,a.png,en,ja,translate_text,*,,0 0 30 22",
        ALL,
        "p1,a.png,en,ja,replace_text,SUMMER TIME,夏,0 0 60 40",
        deck=deck("SALE,ja,セール", "NEW IN,ja,新着"),
    )
    campaign.prepare()
    job = only_job(campaign)
    assert sorted(edit.text for edit in job.edits) == ["NEW IN", "SALE", "SUMMER TIME"]
    assert job.missing_copy == ()


def test_a_box_without_any_text_is_told(campaign: Campaign) -> None:
    campaign.found("a.png", SALE)
    campaign.rows("p1,a.png,en,ja,translate_text,*,,30 20 60 40", deck=deck("SALE,ja,セール"))
    campaign.prepare()
    assert only_job(campaign).left_text == ("(no text was found)",)


def test_a_box_limits_all_text(campaign: Campaign) -> None:
    campaign.found("a.png", SALE, NEW)
    campaign.rows("p1,a.png,en,ja,translate_text,*,,0 0 25 11", deck=deck("SALE,ja,セール"))
    campaign.prepare()
    assert [edit.text for edit in only_job(campaign).edits] == ["SALE"]


def test_a_deck_that_repeats_the_source_leaves_a_named_text_too(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,LUMEA,,", deck=deck("LUMEA,ja,LUMEA"))
    campaign.prepare()
    job = only_job(campaign)
    assert (job.edits, job.missing_copy, job.left_text) == ((), (), ())


def test_a_draft_that_repeats_the_source_decides_nothing(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,LUMEA,,")
    campaign.prepare(StandIn({"LUMEA": "LUMEA"}))
    job = only_job(campaign)
    assert job.edits == ()
    assert job.left_text == ("LUMEA",)


def test_an_image_that_cannot_be_read_waits_for_a_person(campaign: Campaign) -> None:
    campaign.rows(ALL)
    prepared = campaign.prepare(dry_run=True)
    assert prepared.images == 1
    left = only_job(campaign).left_text[0]
    assert "could not be read" in left or "no text was found" in left


def test_manifests_without_all_text_keep_their_keys(campaign: Campaign) -> None:
    campaign.rows("p1,a.png,en,ja,translate_text,SALE,,", deck=deck("SALE,ja,セール"))
    campaign.prepare()
    job = only_job(campaign)
    assert job.key == job_key(
        source_sha256=job.source_sha256,
        source_locale="en",
        locale="ja",
        edits=[Edit(Action.TRANSLATE_TEXT, "SALE", "セール")],
        engine={"name": "plain", "version": "1", "parameters": {}},
        brand_digest=BrandKit().digest,
    )
    assert campaign.units()["SALE", "ja"].state is CopyState.APPROVED
