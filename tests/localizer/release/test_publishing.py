from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from localizer.errors import ObjectNotFound, ReleaseError, TransientError
from localizer.model import Decision, Status, Verdict
from localizer.plan_files import Plan
from localizer.release import Published, publish, read_current, rollback, verify_release

if TYPE_CHECKING:
    from conftest import Campaign

    from localizer.runs import Run

IMAGES = {("poster", "ja"): b"one", ("poster", "ko"): b"two", ("banner", "ja"): b"three"}


def go(campaign: Campaign, run: Run, **options: Any) -> Published:
    return publish(
        run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign=campaign.name, **options
    )


def current_images(campaign: Campaign) -> dict[str, bytes]:
    """What a reader of the published folder sees: follow the pointer, read what the record lists."""
    storage = campaign.published
    pointer = json.loads(storage.read("spring/current.json"))
    folder = f"spring/releases/{pointer['release_id']}"
    record = json.loads(storage.read(f"{folder}/release.json"))
    images = {o["path"]: storage.read(f"{folder}/{o['path']}") for o in record["objects"]}
    for each in record["objects"]:
        assert hashlib.sha256(images[each["path"]]).hexdigest() == each["sha256"]
    return images


def nothing_is_released(campaign: Campaign) -> None:
    """Images may stand there, as after a publish that was cut off; no record or pointer speaks of them."""
    assert not [name for name in campaign.generations() if name.endswith(".json")]


def test_a_release_holds_what_was_approved_and_says_why(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES, approve=[("poster", "ja"), ("banner", "ja")], warnings=["odd column"])
    done = go(campaign, run)
    assert (done.objects, done.objects_new, done.objects_existing, done.carried) == (2, 2, 0, 0)
    assert done.pointer_moved
    assert not done.already_current
    assert current_images(campaign) == {"ja/poster.jpg": b"one", "ja/banner.jpg": b"three"}
    folder = f"spring/releases/{done.release_id}"
    assert done.uri == f"{campaign.publish_uri}/{folder}"
    [history] = campaign.published.names("spring/history/")
    assert list(campaign.published.names()) == [
        "spring/current.json",
        history,
        f"{folder}/ja/banner.jpg",
        f"{folder}/ja/poster.jpg",
        f"{folder}/release.json",
    ]
    record = json.loads(campaign.published.read(f"{folder}/release.json"))
    assert (record["parent"], record["run"], record["warnings"]) == (None, "r1", ["odd column"])
    assert record["counts"] == {"objects": 2, "carried": 0, "by_status": {"passed": 2}}
    poster = next(o for o in record["objects"] if o["asset_id"] == "poster")
    info = campaign.published.stat(f"{folder}/ja/poster.jpg")
    assert info is not None
    assert poster == {
        "path": "ja/poster.jpg",
        "asset_id": "poster",
        "locale": "ja",
        "sha256": hashlib.sha256(b"one").hexdigest(),
        "crc32c": info.crc32c,
        "size": 3,
        "content_type": "image/jpeg",
        "job": "r1-0",
        "engine": "typeset",
        "status": "passed",
        "checks": [{"name": "legible", "status": "passed", "value": 4.5}],
        "approver": "ann",
        "decided_at": "2026-01-01T00:00:00Z",
        "carried_from": None,
        "source_sha256": "",
        "engine_version": "",
        "models": [],
        "candidate_sha256": hashlib.sha256(b"pngone").hexdigest(),
        "reviewed_sha256": hashlib.sha256(b"one").hexdigest(),
        "source_type": "",
        "reason": "",
        "redone": None,
        "credential": None,
    }


def test_publishing_again_writes_nothing(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    first = go(campaign, run)
    before = campaign.generations()
    second = go(campaign, run)
    # Another run with the same outcome is the same release too.
    third = go(campaign, campaign.run("r2", IMAGES))
    for again in (second, third):
        assert (again.release_id, again.objects_new, again.objects_existing) == (first.release_id, 0, 3)
        assert again.already_current
        assert not again.pointer_moved
        assert "nothing was written" in again.message
    assert campaign.generations() == before


def test_releases_follow_one_another(campaign: Campaign) -> None:
    first = go(campaign, campaign.run("r1", IMAGES))
    second = go(campaign, campaign.run("r2", IMAGES | {("poster", "ja"): b"better"}))
    assert second.release_id != first.release_id
    assert second.previous == first.release_id
    release = verify_release(campaign.publish_uri, "spring", second.release_id or "", read_all=True)
    assert release.parent == first.release_id
    assert current_images(campaign)["ja/poster.jpg"] == b"better"
    verify_release(campaign.publish_uri, "spring", first.release_id or "", read_all=True)


def test_an_old_review_that_replaces_newer_work_says_so(campaign: Campaign) -> None:
    old = campaign.run("r1", IMAGES)
    time.sleep(1.1)  # moves are recorded to the second
    newer = go(campaign, campaign.run("r2", IMAGES | {("poster", "ja"): b"mended"}))
    assert not newer.warnings
    done = go(campaign, old)
    assert done.pointer_moved
    [told] = [warning for warning in done.warnings if "rollback_release" in warning]
    assert str(newer.release_id) in told
    # The other way round nothing was overtaken.
    assert not go(campaign, campaign.run("r3", IMAGES | {("poster", "ja"): b"better"})).warnings


def test_nothing_approved_changes_nothing(campaign: Campaign) -> None:
    empty = go(campaign, campaign.run("r0", IMAGES, approve=[]))
    assert (empty.release_id, empty.pointer_moved) == (None, False)
    assert "nothing was approved" in empty.message
    assert campaign.generations() == {}
    go(campaign, campaign.run("r1", IMAGES))
    before = campaign.generations()
    again = go(campaign, campaign.run("r2", IMAGES, approve=[], out_of_scope=[("poster", "th")]))
    assert again.release_id is None
    assert campaign.generations() == before


def test_a_later_rejection_takes_an_approval_back(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    run.save_decisions([Decision("r1-0", "poster", "ja", Verdict.REJECTED, "bob", "2026-01-02T00:00:00Z")])
    go(campaign, run)
    assert set(current_images(campaign)) == {"ko/poster.jpg", "ja/banner.jpg"}


def test_a_dry_run_says_what_would_be_and_writes_nothing(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    plan = go(campaign, run, dry_run=True)
    assert campaign.generations() == {}
    assert (plan.objects_new, plan.pointer_moved, plan.dry_run) == (3, False, True)
    done = go(campaign, run)
    assert (done.release_id, done.uri) == (plan.release_id, plan.uri)
    assert go(campaign, run, dry_run=True).objects_new == 0


@pytest.mark.parametrize(
    ("changes", "by", "says"),
    [
        ({"status": Status.FAILED, "reason": "text wrong"}, "ann", "failed"),
        ({"status": Status.NEEDS_REVIEW}, "policy:never", "person's review"),
        ({"delivered": None, "delivered_sha256": None}, "ann", "no delivered file"),
        ({"delivered_sha256": "0" * 64}, "ann", "not the image that was approved"),
        ({"delivered": "/x/evil.exe/.."}, "ann", "extension"),
    ],
)
def test_what_must_never_be_published_stops_everything(
    campaign: Campaign, changes: dict[str, Any], by: str, says: str
) -> None:
    def spoil(result: Any) -> Any:
        return result.with_changes(**changes) if result.asset_id == "banner" else result

    run = campaign.run("r1", IMAGES, change=spoil, by=by)
    with pytest.raises(ReleaseError, match=says):
        go(campaign, run)
    nothing_is_released(campaign)
    assert not [name for name in campaign.generations() if "banner" in name]


def test_a_person_may_approve_what_needs_review(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES, change=lambda r: r.with_changes(status=Status.NEEDS_REVIEW))
    done = go(campaign, run)
    release = verify_release(campaign.publish_uri, "spring", done.release_id or "")
    assert release.to_dict()["counts"]["by_status"] == {"needs_review": 3}


def test_an_image_changed_after_approval_is_not_published(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    campaign.workspace.storage.write("jobs/r1-2/delivered.jpg", b"THREE")
    with pytest.raises(ReleaseError, match=r"banner · ja.*not the image that was approved"):
        go(campaign, run, dry_run=True)
    assert campaign.generations() == {}
    with pytest.raises(ReleaseError, match=r"banner · ja.*not the image that was approved"):
        go(campaign, run)
    nothing_is_released(campaign)
    assert not [name for name in campaign.generations() if "banner" in name]


def test_an_approval_of_other_bytes_does_not_count(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    run.save_decisions(
        [
            Decision(
                "r1-0",
                "poster",
                "ja",
                Verdict.APPROVED,
                "bob",
                "2026-01-02T00:00:00Z",
                delivered_sha256="f" * 64,
            )
        ]
    )
    with pytest.raises(ReleaseError, match="review it again"):
        go(campaign, run)
    assert campaign.generations() == {}


def test_an_approval_without_a_result_is_a_warning(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    run.save_decisions([Decision("gone", "ghost", "ja", Verdict.APPROVED, "bob", "2026-01-02T00:00:00Z")])
    assert any("ghost · ja" in warning for warning in go(campaign, run).warnings)


@pytest.mark.parametrize(
    "slot", [("../up", "ja"), ("a/b", "ja"), (".x", "ja"), ("a", "../ja"), ("a", ""), ("a", "j a")]
)
def test_names_are_checked_again(local_campaign: Campaign, slot: tuple[str, str]) -> None:
    with pytest.raises(ReleaseError):
        go(local_campaign, local_campaign.run("r1", {slot: b"x"}))
    assert local_campaign.generations() == {}


def test_names_that_differ_in_case_only_are_not_published_together(campaign: Campaign) -> None:
    """On many file systems one of the two images would stand under both names."""
    run = campaign.run("one", {("Poster", "ja"): b"1", ("poster", "ja"): b"2"})
    with pytest.raises(ReleaseError, match=r"'ja/Poster\.jpg' and 'ja/poster\.jpg' differ in case"):
        go(campaign, run)
    assert campaign.generations() == {}
    go(campaign, campaign.run("two", {("Poster", "ja"): b"1", ("poster", "ko"): b"2"}))


@pytest.mark.parametrize("name", ["..", "", "a/b", "a b", ".hidden"])
def test_campaign_names_are_checked_again(local_campaign: Campaign, name: str) -> None:
    run = local_campaign.run("r1", IMAGES)
    with pytest.raises(ReleaseError, match="campaign"):
        publish(
            run, workspace=local_campaign.workspace, publish_uri=local_campaign.publish_uri, campaign=name
        )


def test_a_run_without_results_is_an_error(local_campaign: Campaign) -> None:
    run = local_campaign.workspace.run("r9")
    run.save_plan(Plan("spring", ()))
    with pytest.raises(ObjectNotFound):
        go(local_campaign, run)


# --- what the run did not work on --------------------------------------------------------------------------


def test_a_run_for_one_locale_keeps_the_others_online(campaign: Campaign) -> None:
    first = go(campaign, campaign.run("r1", IMAGES))
    rush = campaign.run("r2", {("poster", "ko"): b"rush"}, out_of_scope=[("poster", "ja"), ("banner", "ja")])
    second = go(campaign, rush)
    assert (second.objects, second.carried) == (3, 2)
    assert current_images(campaign) == {
        "ja/poster.jpg": b"one",
        "ko/poster.jpg": b"rush",
        "ja/banner.jpg": b"three",
    }
    release = verify_release(campaign.publish_uri, "spring", second.release_id or "", read_all=True)
    assert {o.path: o.carried_from for o in release.objects} == {
        "ja/poster.jpg": first.release_id,
        "ko/poster.jpg": None,
        "ja/banner.jpg": first.release_id,
    }
    # Once more: the release that is current now carries from itself, and is the same.
    again = go(campaign, rush)
    assert (again.already_current, again.objects_new) == (True, 0)


def test_what_was_worked_on_and_not_approved_goes_offline(campaign: Campaign) -> None:
    go(campaign, campaign.run("r1", IMAGES))
    run = campaign.run(
        "r2",
        {("poster", "ja"): b"new", ("banner", "ja"): b"bad"},
        approve=[("poster", "ja")],
        out_of_scope=[("poster", "ko")],
    )
    go(campaign, run)
    assert current_images(campaign) == {"ja/poster.jpg": b"new", "ko/poster.jpg": b"two"}


def test_a_damaged_image_is_not_carried(campaign: Campaign) -> None:
    first = go(campaign, campaign.run("r1", IMAGES))
    campaign.published.write(f"spring/releases/{first.release_id}/ja/banner.jpg", b"THREE")
    before = campaign.generations()
    with pytest.raises(ReleaseError, match="banner · ja"):
        go(campaign, campaign.run("r2", {("poster", "ko"): b"rush"}, out_of_scope=[("banner", "ja")]))
    after = campaign.generations()
    assert {name: after.get(name) for name in before} == before
    assert not [n for n in after if n not in before and ("banner" in n or n.endswith(".json"))]


# --- contradictions at the target --------------------------------------------------------------------------


def test_another_image_in_the_place_is_never_overwritten(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    release_id = go(campaign, run, dry_run=True).release_id
    squatter = f"spring/releases/{release_id}/ja/poster.jpg"
    campaign.published.create(squatter, b"ONE")
    with pytest.raises(ReleaseError, match="another image"):
        go(campaign, run)
    assert campaign.published.read(squatter) == b"ONE"
    assert read_current(campaign.publish_uri, "spring") is None


def test_a_record_of_other_images_is_never_overwritten(campaign: Campaign) -> None:
    first = go(campaign, campaign.run("r1", IMAGES))
    record = campaign.published.read(f"spring/releases/{first.release_id}/release.json")
    other = campaign.run("r2", IMAGES | {("poster", "ja"): b"better"})
    planned = go(campaign, other, dry_run=True).release_id
    campaign.published.create(f"spring/releases/{planned}/release.json", record)
    with pytest.raises(ReleaseError, match="does not belong to"):
        go(campaign, other)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == first.release_id


def test_a_missing_image_of_the_current_release_is_put_back(campaign: Campaign, tmp_path) -> None:
    if campaign.publish_uri.startswith("gs://"):
        pytest.skip("objects are removed by hand")
    run = campaign.run("r1", IMAGES)
    first = go(campaign, run)
    (tmp_path / "root" / "published" / f"spring/releases/{first.release_id}/ja/poster.jpg").unlink()
    again = go(campaign, run)
    assert (again.objects_new, again.pointer_moved, again.already_current) == (1, False, True)
    assert "1 written" in again.message
    assert current_images(campaign)["ja/poster.jpg"] == b"one"


def test_the_pointer_moves_only_after_all_objects_were_seen_whole(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something damages an image after it was written and before the pointer would move."""
    run = campaign.run("r1", IMAGES)
    storage_class = type(campaign.published)
    original = storage_class.create

    def create(self: Any, name: str, data: bytes, **options: Any) -> Any:
        if name.endswith("release.json"):
            self.write(name.replace("release.json", "ko/poster.jpg"), b"TWO")
        return original(self, name, data, **options)

    monkeypatch.setattr(storage_class, "create", create)
    with pytest.raises(ReleaseError, match=r"ko/poster\.jpg is not the image recorded"):
        go(campaign, run)
    assert read_current(campaign.publish_uri, "spring") is None


def test_the_loser_of_two_publishers_does_not_take_over(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other publishes between our reading and our moving of the pointer."""
    ours = campaign.run("ours", IMAGES)
    theirs = campaign.run("theirs", {("poster", "ja"): b"theirs"})
    storage_class = type(campaign.published)
    original, calls = storage_class.swap, []

    def swap(self: Any, name: str, data: bytes, **options: Any) -> Any:
        if name.endswith("current.json") and not calls:
            calls.append(name)
            assert go(campaign, theirs).pointer_moved
        return original(self, name, data, **options)

    monkeypatch.setattr(storage_class, "swap", swap)
    with pytest.raises(TransientError, match="meanwhile"):
        go(campaign, ours)
    assert current_images(campaign) == {"ja/poster.jpg": b"theirs"}
    retried = go(campaign, ours)
    assert retried.pointer_moved
    assert retried.objects_new == 0
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.previous == go(campaign, theirs, dry_run=True).release_id


def test_two_publishers_of_the_same_release_agree(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = campaign.run("ours", IMAGES), campaign.run("theirs", IMAGES)
    storage_class = type(campaign.published)
    original, calls = storage_class.create, []

    def create(self: Any, name: str, data: bytes, **options: Any) -> Any:
        if "releases/" in name and not calls:
            calls.append(name)
            assert go(campaign, theirs).pointer_moved
        return original(self, name, data, **options)

    monkeypatch.setattr(storage_class, "create", create)
    done = go(campaign, ours)
    assert not done.pointer_moved
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert (pointer.release_id, pointer.moved_by) == (done.release_id, "theirs")


# --- rollback and verification -----------------------------------------------------------------------------


def test_rollback_moves_the_pointer_and_nothing_else(campaign: Campaign) -> None:
    assert read_current(campaign.publish_uri, "spring") is None
    first = go(campaign, campaign.run("r1", IMAGES))
    second = go(campaign, campaign.run("r2", {("poster", "ja"): b"worse"}))
    before = campaign.generations()
    pointer = rollback(campaign.publish_uri, "spring", first.release_id or "", by="ann")
    assert (pointer.release_id, pointer.previous, pointer.moved_by, pointer.action) == (
        first.release_id,
        second.release_id,
        "ann",
        "rollback",
    )
    assert read_current(campaign.publish_uri, "spring") == pointer
    assert current_images(campaign)["ja/poster.jpg"] == b"one"
    after = campaign.generations()
    changed = {name for name in after if after[name] != before.get(name)}
    assert {name for name in changed if "/history/" not in name} == {"spring/current.json"}
    assert len(changed) == 2
    assert rollback(campaign.publish_uri, "spring", first.release_id or "", by="bob") == pointer
    assert campaign.generations() == after


def test_rollback_only_goes_to_a_whole_release(campaign: Campaign) -> None:
    first = go(campaign, campaign.run("r1", IMAGES))
    second = go(campaign, campaign.run("r2", {("poster", "ja"): b"better"}))
    campaign.published.write(f"spring/releases/{first.release_id}/ko/poster.jpg", b"TWO")
    for target, says in [
        (first.release_id, r"ko/poster\.jpg is not the image recorded"),
        ("r-0123456789abcdef", "no release"),
        ("../../x", "not a release id"),
    ]:
        with pytest.raises(ReleaseError, match=says):
            rollback(campaign.publish_uri, "spring", target or "", by="ann")
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == second.release_id


def test_verify_notices_what_is_missing_damaged_or_forged(local_campaign: Campaign, tmp_path) -> None:
    done = go(local_campaign, local_campaign.run("r1", IMAGES))
    release_id = done.release_id or ""
    folder = tmp_path / "published" / "spring" / "releases" / release_id

    def verify() -> None:
        verify_release(local_campaign.publish_uri, "spring", release_id, read_all=True)

    verify()
    record = (folder / "release.json").read_text()
    forged = record.replace(hashlib.sha256(b"one").hexdigest(), hashlib.sha256(b"won").hexdigest())
    (folder / "release.json").write_text(forged)
    with pytest.raises(ReleaseError, match="does not belong"):
        verify()
    (folder / "release.json").write_text(record[:-20])
    with pytest.raises(ReleaseError, match="damaged"):
        verify()
    (folder / "release.json").write_text(record)
    verify()
    (folder / "ja" / "poster.jpg").unlink()
    with pytest.raises(ReleaseError, match=r"ja/poster\.jpg is missing"):
        verify()


def test_a_damaged_pointer_is_not_guessed_at(campaign: Campaign) -> None:
    run = campaign.run("r1", IMAGES)
    campaign.published.write("spring/current.json", b"{")
    with pytest.raises(ReleaseError, match=r"current\.json is damaged"):
        go(campaign, run)
