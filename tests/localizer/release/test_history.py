"""The audit trail: every move is recorded, whatever died on the way, and what follows from the moves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from localizer.errors import ReleaseError
from localizer.release import publish, read_current, rollback
from localizer.release.history import Trail, each_move, record_move
from localizer.release.records import Pointer

if TYPE_CHECKING:
    from conftest import Campaign


def put(campaign: Campaign, run_id: str, data: bytes) -> str:
    """Publish one image; the release's id."""
    run = campaign.run(run_id, {("poster", "ja"): data})
    done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
    assert done.release_id
    return done.release_id


def moves(campaign: Campaign) -> list[tuple[int, str, str, str]]:
    found = each_move(campaign.published, "spring")
    return [(move.number, move.action, move.release_id, move.moved_by) for move in found]


def records(campaign: Campaign) -> list[str]:
    return list(campaign.published.names("spring/history/"))


def test_every_move_leaves_a_record_that_nobody_overwrites(campaign: Campaign) -> None:
    one = put(campaign, "r1", b"one")
    kept = {name: campaign.published.read_with_info(name) for name in records(campaign)}
    two = put(campaign, "r2", b"two")
    rollback(campaign.publish_uri, "spring", one, by="ann")
    put(campaign, "r1", b"one")  # current already: no move
    assert moves(campaign) == [
        (1, "publish", one, "r1"),
        (2, "publish", two, "r2"),
        (3, "rollback", one, "ann"),
    ]
    assert len(records(campaign)) == 3
    assert {name: campaign.published.read_with_info(name) for name in kept} == kept
    newest = json.loads(campaign.published.read(records(campaign)[-1]))
    assert newest == json.loads(campaign.published.read("spring/current.json"))
    assert (newest["previous"], newest["action"]) == (two, "rollback")


# Takes a release back in a process of its own, which dies as it begins to write the record of its move.
DIES_BEFORE_THE_RECORD = """
import os, signal, sys
from localizer.release import rollback
from localizer.storage import open_storage

publish_uri, release_id = sys.argv[1:]
kind = type(open_storage(publish_uri))
create = kind.create

def deadly(self, name, data, **options):
    if "/history/" in name:
        os.kill(os.getpid(), signal.SIGKILL)
    return create(self, name, data, **options)

kind.create = deadly
rollback(publish_uri, "spring", release_id, by="ann")
"""


def test_a_move_that_died_before_its_record_is_recorded_by_the_next_one(campaign: Campaign) -> None:
    one, two = put(campaign, "r1", b"one"), put(campaign, "r2", b"two")
    command = [sys.executable, "-c", DIES_BEFORE_THE_RECORD, campaign.publish_uri, one]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert (pointer.release_id, pointer.moved_by) == (one, "ann")  # it did happen
    assert len(records(campaign)) == 2
    expected = [(1, "publish", one, "r1"), (2, "publish", two, "r2"), (3, "rollback", one, "ann")]
    assert moves(campaign) == expected  # and readers know of it
    three = put(campaign, "r3", b"three")
    assert moves(campaign) == [*expected, (4, "publish", three, "r3")]
    assert len(records(campaign)) == 4


def test_publishing_what_is_current_records_a_move_that_lacks_its_record(campaign: Campaign) -> None:
    put(campaign, "r1", b"one")
    [name] = records(campaign)
    before = campaign.published.read(name)
    campaign.published.delete(name)
    put(campaign, "r1", b"one")
    assert records(campaign) == [name]
    assert campaign.published.read(name) == before


def test_a_pointer_from_before_moves_were_recorded_is_where_the_history_begins(campaign: Campaign) -> None:
    one, two = put(campaign, "r1", b"one"), put(campaign, "r2", b"two")
    for name in records(campaign):
        campaign.published.delete(name)
    old = json.loads(campaign.published.read("spring/current.json"))
    for name in ("number", "reason", "requested_by", "via"):
        del old[name]
    campaign.published.write("spring/current.json", json.dumps(old).encode())
    three = put(campaign, "r3", b"three")
    assert [(n, r) for n, _, r, _ in moves(campaign)] == [(0, two), (1, three)]
    trail = Trail.of(campaign.published, "spring")
    assert trail.way_back == [one, two, three]


def test_what_somebody_did_by_hand_is_recorded_beside_what_was_there(campaign: Campaign) -> None:
    one = put(campaign, "r1", b"one")
    then = campaign.published.read("spring/current.json")
    two = put(campaign, "r2", b"two")
    campaign.published.write("spring/current.json", then)  # an old copy put back: its number comes again
    three = put(campaign, "r3", b"three")
    assert {release for _, _, release, _ in moves(campaign)} == {one, two, three}
    assert len(records(campaign)) == 3


def test_the_one_before_is_never_the_one_that_was_just_taken_back(campaign: Campaign) -> None:
    one, two, three = (put(campaign, f"r{n}", f"{n}".encode()) for n in (1, 2, 3))

    def before() -> str | None:
        pointer = read_current(campaign.publish_uri, "spring")
        assert pointer is not None
        return Trail.of(campaign.published, "spring").before(campaign.published, pointer)

    assert before() == two
    rollback(campaign.publish_uri, "spring", two, by="ann")
    assert before() == one  # again is one further back, not forth
    rollback(campaign.publish_uri, "spring", one, by="ann")
    assert before() is None
    rollback(campaign.publish_uri, "spring", three, by="ann")  # forth again, by name
    assert before() == one
    campaign.published.delete(f"spring/releases/{one}/release.json")
    assert before() is None


def test_no_run_brings_back_what_a_person_took_back(campaign: Campaign) -> None:
    one, two = put(campaign, "r1", b"one"), put(campaign, "r2", b"two")
    rollback(campaign.publish_uri, "spring", one, by="ann")
    before = campaign.generations()
    with pytest.raises(ReleaseError, match=rf"ann took {two} back .* rollback_release"):
        put(campaign, "r2", b"two")  # such as a retry of the very task that published it
    with pytest.raises(ReleaseError, match="ann took"):
        put(campaign, "r4", b"two")  # or tonight's run
    assert campaign.generations() == before
    assert put(campaign, "r5", b"better") not in {one, two}
    rollback(campaign.publish_uri, "spring", two, by="bob")  # a person may
    assert put(campaign, "r2", b"two") == two
    put(campaign, "r6", b"newest")
    assert put(campaign, "r7", b"two") == two  # left by a publish, not taken back: a run may return to it


def test_no_policy_brings_back_an_image_that_a_person_took_back(campaign: Campaign) -> None:
    """The next run of a schedule has one image more, so its release is another one."""
    always, sale, new = ("always", "ja"), ("sale", "ja"), ("new", "ja")

    def published(run_id: str, images: dict[tuple[str, str], bytes], by: str = "policy:never") -> str:
        run = campaign.run(run_id, images, by=by)
        if by == "ann":  # who looks after all that
            at = (datetime.now(UTC) + timedelta(seconds=2)).isoformat(timespec="seconds")
            run.save_decisions([replace(each, at=at) for each in run.decisions()])
        done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
        return str(done.release_id)

    first = published("r1", {always: b"good", sale: b"right price"})
    wrong = published("r2", {always: b"good", sale: b"wrong price"})
    rollback(campaign.publish_uri, "spring", first, by="ben")
    with pytest.raises(ReleaseError, match=f"ben took {wrong} back at .*again: sale · ja. Nothing"):
        published("r3", {always: b"good", sale: b"wrong price", new: b"new"})
    # What was not taken back goes on; what a person approves since is her word.
    published("r4", {always: b"good", sale: b"corrected", new: b"new"})
    published("r5", {always: b"good", sale: b"wrong price", new: b"newer"}, by="ann")
    published("r6", {always: b"good", sale: b"wrong price", new: b"newest"})  # it is on line already


def test_a_person_who_goes_back_by_two_takes_both_back(campaign: Campaign) -> None:
    one, two, three = (put(campaign, f"r{n}", f"{n}".encode()) for n in (1, 2, 3))
    rollback(campaign.publish_uri, "spring", one, by="ann")
    trail = Trail.of(campaign.published, "spring")
    assert set(trail.taken_back) == {two, three}
    assert trail.way_back == [one]


def test_a_damaged_record_is_told_and_not_skipped(campaign: Campaign) -> None:
    put(campaign, "r1", b"one")
    put(campaign, "r2", b"two")
    campaign.published.write(records(campaign)[0], b"{")
    with pytest.raises(ReleaseError, match=r"history/.* is damaged"):
        moves(campaign)


def test_the_record_of_a_strange_pointer_stays_in_its_folder(campaign: Campaign) -> None:
    """`current.json` is written by whoever may write there."""
    at, action = "../../../etc", "../x"
    record_move(campaign.published, Pointer("r-0123456789abcdef", "spring", at, "me", action, None))
    [name] = campaign.published.names()
    assert name == "spring/history/000000-etc-x-r-0123456789abcdef.json"
