"""A rollback as it is proposed to a person, and done only from what that person was shown."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localizer.errors import InputError, ReleaseError, TransientError
from localizer.release import publish, read_current, rollback
from localizer.release.changes import changes, propose, shown_pointer
from localizer.release.history import each_move
from localizer.release.pointer import Mover, roll_back, write_pointer
from localizer.release.records import Retiring

if TYPE_CHECKING:
    from conftest import Campaign, Slot

FIRST = {("poster", "ja"): b"one", ("poster", "ko"): b"two", ("banner", "ja"): b"three", ("old", "th"): b"x"}
SECOND = {("poster", "ja"): b"ONE", ("poster", "ko"): b"two", ("banner", "ja"): b"three", ("new", "ja"): b"y"}


def put(campaign: Campaign, run_id: str, images: dict[Slot, bytes]) -> str:
    run = campaign.run(run_id, images)
    done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
    assert done.release_id
    return done.release_id


def test_the_proposal_says_what_a_reader_will_see(campaign: Campaign) -> None:
    one, two = put(campaign, "r1", FIRST), put(campaign, "r2", SECOND)
    before = campaign.generations()
    proposal = propose(campaign.published, "spring")
    assert campaign.generations() == before
    assert (proposal.shown.release_id, proposal.release_id, proposal.made_by) == (two, one, "r1")
    assert proposal.changes.by_locale == {
        "ja": Counter(same=1, changed=1, goes=1),
        "ko": Counter(same=1),
        "th": Counter(comes=1),
    }
    assert proposal.headline == (
        f"Take spring back from {two} to {one}: 1 images change, 1 go, 1 come, 2 stay"
    )
    body = proposal.body()
    assert "| ja | 1 | 1 | 1 | 0 |" in body
    assert "| th | 0 | 0 | 0 | 1 |" in body
    assert "`changed ja/poster.jpg`" in body
    assert "by r2 (publish)" in body
    told = json.loads(json.dumps(proposal.to_dict()))
    assert shown_pointer(told) == proposal.shown


def test_a_proposal_needs_somewhere_to_go(campaign: Campaign) -> None:
    storage = campaign.published
    with pytest.raises(InputError, match="nothing of 'spring' is published"):
        propose(storage, "spring")
    one = put(campaign, "r1", FIRST)
    with pytest.raises(InputError, match="none before it"):
        propose(storage, "spring")
    with pytest.raises(InputError, match="is current already"):
        propose(storage, "spring", one)
    with pytest.raises(InputError, match="r-0123456789abcdef is not current"):
        propose(storage, "spring", leaving="r-0123456789abcdef")
    with pytest.raises(ReleaseError, match="there is no release r-0123456789abcdef"):
        propose(storage, "spring", "r-0123456789abcdef")
    with pytest.raises(ReleaseError, match="not a release id"):
        propose(storage, "spring", "../x")


def test_a_damaged_release_can_be_taken_back_and_none_be_gone_back_to(campaign: Campaign) -> None:
    one, two = put(campaign, "r1", FIRST), put(campaign, "r2", SECOND)
    campaign.published.write(f"spring/releases/{two}/release.json", b'{"release_id"')
    proposal = propose(campaign.published, "spring")
    assert "damaged" in proposal.headline
    assert "not known" in proposal.body()
    assert rollback(campaign.publish_uri, "spring", one, by="ann").release_id == one
    with pytest.raises(ReleaseError, match="damaged"):
        propose(campaign.published, "spring", two)


def test_it_moves_only_from_what_the_person_was_shown(campaign: Campaign) -> None:
    storage = campaign.published
    one = put(campaign, "r1", FIRST)
    put(campaign, "r2", SECOND)
    shown = propose(storage, "spring").shown
    three = put(campaign, "r3", {("poster", "ja"): b"meanwhile"})
    with pytest.raises(ReleaseError, match=f"was moved to {three} by r3 .* after you were shown"):
        roll_back(storage, "spring", one, Mover("ann", "rollback"), shown=shown)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == three
    mover = Mover("ann", "rollback", "wrong price", "bob", "rollback_release/manual")
    moved, did = roll_back(storage, "spring", one, mover, shown=pointer)
    assert did
    last = list(each_move(storage, "spring"))[-1]
    assert last == moved
    assert (last.moved_by, last.reason, last.requested_by, last.previous) == (
        "ann",
        "wrong price",
        "bob",
        three,
    )


def test_a_try_that_died_after_the_move_is_known_again(campaign: Campaign) -> None:
    storage = campaign.published
    one = put(campaign, "r1", FIRST)
    put(campaign, "r2", SECOND)
    shown = propose(storage, "spring").shown
    mover = Mover("ann", "rollback", via="rollback_release/manual__1")
    first = roll_back(storage, "spring", one, mover, shown=shown)
    assert roll_back(storage, "spring", one, mover, shown=shown) == first
    assert first[1]
    other = roll_back(storage, "spring", one, Mover("bob", "rollback", via="another"), shown=shown)
    assert other == (first[0], False)  # it is there, and bob did not bring it there
    assert len(list(each_move(storage, "spring"))) == 3


def test_retention_at_work_does_not_undo_a_confirmation_but_forbids_its_victims(campaign: Campaign) -> None:
    storage = campaign.published
    one, two = put(campaign, "r1", FIRST), put(campaign, "r2", SECOND)
    put(campaign, "r3", {("poster", "ja"): b"third"})
    shown = propose(storage, "spring", two).shown
    retiring = Retiring("0123456789abcdef", (one,), "retention", "2026-11-23T00:00:00+00:00")
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    write_pointer(storage, replace(pointer, retiring=retiring), generation=pointer.generation)
    with pytest.raises(ReleaseError, match="is being removed"):
        propose(storage, "spring", one)
    with pytest.raises(ReleaseError, match="is being removed"):
        roll_back(storage, "spring", one, Mover("ann", "rollback"), shown=shown)
    moved, did = roll_back(storage, "spring", two, Mover("ann", "rollback"), shown=shown)
    assert did
    assert moved.retiring == retiring  # so that whoever began it can go on


def test_whoever_is_overtaken_at_the_last_moment_moves_nothing(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = campaign.published
    one = put(campaign, "r1", FIRST)
    put(campaign, "r2", SECOND)
    kind = type(storage)
    swap = kind.swap
    overtaken = campaign.run("r3", {("poster", "ja"): b"third"})

    def slow(self, name, data, **options):
        monkeypatch.setattr(kind, "swap", swap)
        publish(overtaken, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
        return swap(self, name, data, **options)

    monkeypatch.setattr(kind, "swap", slow)
    with pytest.raises(TransientError, match=r"moved to r-.* by somebody else meanwhile"):
        rollback(campaign.publish_uri, "spring", one, by="ann")
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.moved_by == "r3"


def test_comparing_large_releases_stays_flat_in_memory(local_campaign: Campaign) -> None:
    def peak(count: int) -> int:
        images = {(f"a{n:05d}", "ja"): b"%d" % n for n in range(count)}
        one = put(local_campaign, f"r{count}", images)
        two = put(local_campaign, f"s{count}", images | {("a00000", "ja"): b"other"})
        tracemalloc.start()
        try:
            found = changes(local_campaign.published, "spring", two, one)
            assert found.total == Counter(same=count - 1, changed=1)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(600) < peak(100) + (1 << 20)
