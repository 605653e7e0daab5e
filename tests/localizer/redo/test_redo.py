"""One image is done again: what changes, what does not, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import EngineUnavailable, InputError
from localizer.model import Job, JobResult
from localizer.plan_files import Plan
from localizer.redo.redoing import report_again
from localizer.redo.wish import Wish
from tests.localizer.redo.conftest import Campaign, Make
from tests.localizer.redo.painting import MODEL, NAME


def edits_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    log = tmp_path / "edits"
    log.touch()
    monkeypatch.setenv("EDITS", str(log))
    return log


def test_one_image_changes_and_no_other(stored_campaign: Campaign) -> None:
    campaign = stored_campaign
    with campaign.run.plan() as plan:
        planned, digest = list(plan.jobs()), plan.digest
    before = campaign.results()
    redone = campaign.redo(campaign.wish("b", "Frisch", seen=before["b"].job))
    after = campaign.results()
    assert campaign.copy() == {"a": "Neu Rabatt", "b": "Frisch", "c": "Neu"}
    assert {name: after[name] for name in ("a", "c", "bad")} == {n: before[n] for n in ("a", "c", "bad")}
    assert list(after) == list(before)  # the plan's order
    assert after["b"].job == redone.job.key != before["b"].job
    assert after["b"].image_sha256 != before["b"].image_sha256
    assert after["b"].rows == before["b"].rows
    [kept] = campaign.run.amendments()
    assert (kept.by, kept.why, kept.counts, kept.replaces) == ("mei", "a typo", True, before["b"].job)
    assert kept.job == redone.job
    assert campaign.redoing() == []
    with campaign.run.plan() as plan:
        assert (list(plan.jobs()), plan.digest) == (planned, digest)
    assert list(campaign.run.so_far()) == list(campaign.run.each_result())
    assert not list(campaign.workspace.storage.names("leases/"))


def test_one_edit_of_several_gets_other_copy(campaign: Campaign) -> None:
    redone = campaign.redo(campaign.wish("a", None, "Nachlass, 50 %"))
    assert campaign.copy()["a"] == "Neu Nachlass, 50 %"
    assert redone.to_keep == (
        'row for the copy deck (source_locale, source, locale, target): en,SALE,de,"Nachlass, 50 %"',
    )
    redone = campaign.redo(campaign.wish("a", "Ganz neu", None))
    assert campaign.copy()["a"] == "Ganz neu Nachlass, 50 %"
    assert redone.to_keep == ("for row 2 of the manifest: the replacement Ganz neu",)


def test_what_was_made_before_is_not_made_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = edits_of(monkeypatch, tmp_path)
    first = campaign.results()["b"]
    campaign.redo(campaign.wish("b", "Frisch"))
    second = campaign.results()["b"]
    assert campaign.redo(campaign.wish("b", "Neu")).result.cached
    assert campaign.results()["b"].image_sha256 == first.image_sha256
    assert campaign.redo(campaign.wish("b", "Frisch")).result.cached
    assert campaign.results()["b"].image_sha256 == second.image_sha256
    assert log.read_text("utf-8").splitlines() == ["b · de\tFrisch"]
    assert [each.job.key for each in campaign.run.amendments()] == [second.job, first.job, second.job]


def test_the_same_again_is_refused_unless_the_engine_draws_by_a_seed(campaign: Campaign, make: Make) -> None:
    for same in (campaign.wish("b"), campaign.wish("b", "Neu"), campaign.wish("b", None)):
        with pytest.raises(InputError, match="nothing would change"):
            campaign.redo(same)
    assert campaign.run.amendments() == []
    first = campaign.results()["b"]
    assert campaign.redo(campaign.wish("b"), shade=3).result.image_sha256 != first.image_sha256
    with pytest.raises(InputError, match="nothing would change"):
        campaign.redo(campaign.wish("b"), shade=3)

    drawn = make("dreams", MODEL).edit()
    images = [drawn.results()["b"].image_sha256]
    for _ in range(3):
        images.append(drawn.redo(drawn.wish("b")).result.image_sha256)
    assert len(set(images)) == 4
    drawn.redo(drawn.wish("b", "Frisch"))
    back = drawn.redo(drawn.wish("b", "Neu"))
    assert (back.result.cached, back.result.image_sha256) == (True, images[-1])


def test_what_has_no_image_can_be_done_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_DOWN", "1")
    campaign = make().edit()
    assert campaign.results()["b"].image is None
    with pytest.raises(EngineUnavailable, match="warming up"):
        campaign.redo(campaign.wish("b", id="x"))
    [failed] = campaign.run.amendments()
    assert not failed.counts
    assert "warming up" in failed.problem
    assert campaign.results()["b"].job == failed.replaces
    monkeypatch.delenv("ENGINE_DOWN")
    redone = campaign.redo(campaign.wish("b", id="x"))  # a retry; the very same copy and engine
    assert redone.result.image
    assert campaign.results()["b"].image == redone.result.image
    assert [each.counts for each in campaign.run.amendments()] == [True]


def test_copy_that_was_missing_is_given(make: Make, tmp_path: Path) -> None:
    campaign = make()
    plan = campaign.run.load_plan()
    first = plan.jobs[0]
    wanting = [
        each if each.text == "" else type(each)(each.action, each.text, box=each.box) for each in first.edits
    ]
    job = Job("f" * 64, "a", "de", "en", first.source, first.source_sha256, tuple(wanting), ("SALE",))
    campaign.run.save_plan(Plan("spring", (job,)))
    with pytest.raises(InputError, match="does not say which engine"):
        campaign.redo(campaign.wish("a", None, "Rabatt"))
    with pytest.raises(InputError, match="no approved copy for “SALE”"):
        campaign.redo(campaign.wish("a"), engine=NAME)
    redone = campaign.redo(campaign.wish("a", None, "Rabatt"), engine=NAME)
    assert redone.result.image
    assert redone.job.missing_copy == ()


@pytest.mark.parametrize(
    ("replacements", "words"),
    [
        (("",), "edit 1 (add_text “Neu”), replacement: is empty"),
        (("a\x07b",), r"edit 1 .*replacement: holds a control character \(U\+0007\)"),
        (("x" * 200_000,), "is longer than 131072 characters"),
        (("x", "y"), "2 replacements for the 1 edits of b · de"),
        (("half a pair: \ud83d",), r"control character \(U\+D83D\)"),
    ],
)
def test_copy_that_no_manifest_row_could_have_is_refused(
    campaign: Campaign, replacements: tuple[str, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words.replace("(add_text “Neu”)", r"\(add_text “Neu”\)")):
        campaign.redo(campaign.wish("b", *replacements))
    assert campaign.run.amendments() == []


def test_copy_is_read_as_in_a_manifest(campaign: Campaign) -> None:
    campaign.redo(campaign.wish("b", "  Zwei \\n Zeilen "))
    assert campaign.results()["b"].edits[0]["replacement"] == "Zwei\nZeilen"


def test_an_item_that_cannot_be_done_again_is_told(campaign: Campaign) -> None:
    with pytest.raises(InputError, match="there is no item 'z · de' in this run"):
        campaign.redo(campaign.wish("z", "x"))
    with pytest.raises(InputError, match=r"wrong in the manifest .row 7, image: is missing"):
        campaign.redo(campaign.wish("bad", "x"))


def test_what_somebody_else_had_done_again_since_is_told(campaign: Campaign) -> None:
    seen = campaign.results()["b"].job
    campaign.redo(campaign.wish("b", "Frisch", by="otto"))
    with pytest.raises(InputError, match=r"b · de was done again by otto at .*; look at"):
        campaign.redo(campaign.wish("b", "Jung", seen=seen))
    assert campaign.copy()["b"] == "Frisch"
    campaign.redo(campaign.wish("b", "Jung", seen=campaign.results()["b"].job))
    assert campaign.copy()["b"] == "Jung"


def test_a_retry_after_the_end_changes_nothing_and_gathers_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = edits_of(monkeypatch, tmp_path)
    wish = campaign.wish("b", "Frisch", seen=campaign.results()["b"].job)
    stale = (tmp_path / "workspace/runs/r/results.jsonl").read_bytes()
    first = campaign.redo(wish)
    amendments = (tmp_path / "workspace/runs/r/amendments.jsonl").read_bytes()
    (tmp_path / "workspace/runs/r/results.jsonl").write_bytes(stale)  # as if killed before that
    assert campaign.copy()["b"] == "Frisch"  # it counts all the same
    again = campaign.redo(wish)
    assert again.result == first.result.with_changes(seconds=again.result.seconds)
    assert (again.before, again.job) == (first.before, first.job)
    assert (tmp_path / "workspace/runs/r/results.jsonl").read_bytes() != stale
    assert (tmp_path / "workspace/runs/r/amendments.jsonl").read_bytes() == amendments
    assert len(log.read_text("utf-8").splitlines()) == 1


def test_a_run_that_goes_on_is_not_gathered_before_its_end(make: Make) -> None:
    campaign = make()
    campaign.redo(campaign.wish("b", "Frisch"))
    assert not campaign.run.is_merged()
    assert [type(each) for each in campaign.run.so_far()] == [Job, JobResult, Job, JobResult]
    campaign.edit()
    assert campaign.copy() == {"a": "Neu Rabatt", "b": "Frisch", "c": "Neu"}


def test_the_same_plan_made_again_keeps_what_was_done_again_and_another_does_not(make: Make) -> None:
    campaign = make().edit()
    campaign.redo(campaign.wish("b", "Frisch"))
    make().edit()
    assert campaign.copy()["b"] == "Frisch"
    make(copy="Frisch").edit()  # the manifest has it now
    assert campaign.copy() == {"a": "Frisch Rabatt", "b": "Frisch", "c": "Frisch"}
    make(copy="Anders").edit()
    assert campaign.copy()["b"] == "Anders"
    campaign.redo(campaign.wish("b", "Frisch"))
    assert campaign.copy()["b"] == "Frisch"


def test_the_report_says_who_asked_and_why(campaign: Campaign) -> None:
    campaign.redo(campaign.wish("b", "Frisch"))
    page = Path(report_again(campaign.workspace, campaign.run)).read_text("utf-8")
    assert "for mei, " in page
    assert "a typo" in page
    assert page.count("Done again") == 2  # in the summary of the run, and beside the image


def test_a_reason_that_cannot_be_written_is_written_as_far_as_it_can(campaign: Campaign) -> None:
    wish = campaign.wish("b", "Frisch")
    campaign.redo(
        Wish(wish.id, "b", "de", "mei", replacements=("Frisch",), why="half \ud83d a pair\n\u2028 x")
    )
    [amendment] = campaign.run.amendments()
    assert amendment.why == "half ? a pair\n\u2028 x"
