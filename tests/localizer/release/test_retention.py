"""What retention removes, and that it never removes what is needed, whatever else goes on or dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localizer.errors import InputError, ReleaseError, TransientError
from localizer.release import publish, read_current, retention, rollback, verify_release
from localizer.release.history import each_move, read_pointer
from localizer.release.pointer import Mover, roll_back, write_pointer
from localizer.release.records import Retiring
from localizer.release.retention import Policy, Pruned, choose, finish_removal, prune

if TYPE_CHECKING:
    from conftest import Campaign

NOW = Policy(keep=1, keep_for=timedelta())
LOCALES = ("ja", "ko", "th")


def put(campaign: Campaign, number: int) -> str:
    """Publish release `number`, of three images; its id."""
    images = {("poster", locale): f"{number} {locale}".encode() for locale in LOCALES}
    run = campaign.run(f"r{number}", images)
    done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
    assert done.release_id
    return done.release_id


def go(campaign: Campaign, policy: Policy = NOW, *, dry_run: bool = False) -> Pruned:
    return prune(campaign.published, "spring", policy, by="retention", dry_run=dry_run)


def there(campaign: Campaign) -> set[str]:
    """Releases of which anything is there."""
    return {name.split("/")[2] for name in campaign.published.names("spring/releases/")}


def age(campaign: Campaign, days: int) -> None:
    """Make everything look older: as if all of it had happened some days earlier."""
    storage = campaign.published
    names = [n for n in storage.names("spring/") if n.endswith(".json")]
    for name in names:
        record = json.loads(storage.read(name))
        for field in ("created_at", "moved_at"):
            if field in record:
                then = datetime.fromisoformat(record[field]) - timedelta(days=days)
                record[field] = then.isoformat(timespec="seconds")
        storage.write(name, json.dumps(record).encode())


def test_what_is_current_and_the_way_back_stay(campaign: Campaign) -> None:
    ids = [put(campaign, n) for n in range(6)]
    before = campaign.generations()
    dry = go(campaign, dry_run=True)
    assert campaign.generations() == before
    assert (set(dry.releases), dry.objects, dry.kept) == (set(ids[:4]), 16, 2)
    done = go(campaign)
    assert (set(done.releases), done.objects, done.size) == (set(ids[:4]), 16, dry.size)
    assert there(campaign) == set(ids[4:])
    for release_id in ids[4:]:
        verify_release(campaign.publish_uri, "spring", release_id, read_all=True)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert (pointer.release_id, pointer.retiring) == (ids[5], None)
    assert go(campaign).releases == ()
    [removal] = [n for n in campaign.published.names("spring/history/") if "-prune-" in n]
    record = json.loads(campaign.published.read(removal))
    assert (set(record["releases"]), record["removed_by"]) == (set(ids[:4]), "retention")
    assert len(list(each_move(campaign.published, "spring"))) == 6


def test_the_way_back_is_kept_where_it_is_old(campaign: Campaign) -> None:
    """Newest is not the same as needed: after a rollback, what one could go back to is older."""
    ids = [put(campaign, n) for n in range(6)]
    rollback(campaign.publish_uri, "spring", ids[1], by="ann")
    go(campaign)
    assert {ids[0], ids[1]} <= there(campaign)
    pointer = rollback(campaign.publish_uri, "spring", ids[0], by="ann")
    assert pointer.release_id == ids[0]


def test_the_policy_keeps_the_young_and_the_pinned(campaign: Campaign) -> None:
    storage = campaign.published
    old = [put(campaign, n) for n in range(3)]
    age(campaign, 100)
    new = [put(campaign, n) for n in range(3, 6)]
    pointer = read_pointer(storage, "spring")
    assert pointer is not None
    policy = Policy(keep=1, keep_for=timedelta(days=30), pinned=frozenset({old[0]}))
    why = {c.release.release_id: c.why for c in choose(storage, pointer, policy, now=datetime.now(UTC))}
    assert why == {
        old[0]: "is pinned",
        old[1]: "",
        old[2]: "is too young",  # it ceased to be current a moment ago
        new[0]: "is too young",
        new[1]: "is one of the 1 before the current one",
        new[2]: "is current",
    }
    go(campaign, policy)
    assert there(campaign) == {old[0], old[2], *new}


def test_nothing_else_is_touched(campaign: Campaign) -> None:
    storage = campaign.published
    ids = [put(campaign, n) for n in range(3)]
    others = [
        "spring/releases/notes.txt",
        "spring/releases/r-mine/x.jpg",
        "spring/releases/r-0123456789abcdef0/x.jpg",
        "spring/other/x.jpg",
        "springtime/releases/r-0123456789abcdef/x.jpg",
        "elsewhere.txt",
    ]
    for name in others:
        storage.write(name, b"mine")
    go(campaign)
    assert ids[0] not in there(campaign)
    assert [name for name in others if storage.stat(name) is None] == []


def test_a_publish_that_died_is_cleared_away_when_it_is_old_enough(campaign: Campaign) -> None:
    storage = campaign.published
    put(campaign, 1)
    storage.write("spring/releases/r-0123456789abcdef/ja/poster.jpg", b"half")
    assert go(campaign, Policy(keep=1, keep_for=timedelta(days=1))).releases == ()
    assert go(campaign).releases == ("r-0123456789abcdef",)
    assert "r-0123456789abcdef" not in there(campaign)


def test_where_nothing_is_current_nothing_goes(campaign: Campaign) -> None:
    campaign.published.write("spring/releases/r-0123456789abcdef/release.json", b"{}")
    assert go(campaign).releases == ()
    assert there(campaign) == {"r-0123456789abcdef"}


def test_what_is_not_understood_stops_it(campaign: Campaign) -> None:
    ids = [put(campaign, n) for n in range(4)]
    campaign.published.write(f"spring/releases/{ids[0]}/release.json", b"{")
    with pytest.raises(ReleaseError, match="damaged"):
        go(campaign)
    assert there(campaign) == set(ids)
    with pytest.raises(InputError, match="at least 1"):
        Policy(keep=0)


def test_a_folder_is_left_as_clean_as_it_was(local_campaign: Campaign, tmp_path: Any) -> None:
    ids = [put(local_campaign, n) for n in range(4)]
    go(local_campaign)
    found = {path.name for path in (tmp_path / "published/spring/releases").iterdir()}
    assert found == {ids[2], ids[3]}


# --- killed, and run again ---------------------------------------------------------------------------------

# Removes old releases in a process of its own and kills itself as the n-th call of a kind begins.
CHILD = """
import os, signal, sys, threading
from datetime import timedelta
from localizer.release.retention import Policy, prune
from localizer.storage import open_storage

publish_uri, method, part, count = sys.argv[1:]
storage = open_storage(publish_uri)
kind, lock, left = type(storage), threading.Lock(), [int(count)]
original = getattr(kind, method)

def deadly(self, name, *arguments, **options):
    if part in name:
        with lock:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
    return original(self, name, *arguments, **options)

setattr(kind, method, deadly)
prune(storage, "spring", Policy(keep=1, keep_for=timedelta()), by="retention", dry_run=False)
"""


@pytest.mark.parametrize(
    ("method", "part", "count", "begun"),
    [
        pytest.param("swap", "current.json", 1, False, id="before the claim"),
        pytest.param("delete", "release.json", 1, True, id="after the claim"),
        pytest.param("delete", ".jpg", 1, True, id="after the first record"),
        pytest.param("delete", ".jpg", 4, True, id="between images"),
        pytest.param("create", "history/", 1, True, id="before its record"),
        pytest.param("swap", "current.json", 2, True, id="before the end"),
    ],
)
def test_killed_and_run_again(campaign: Campaign, method: str, part: str, count: int, begun: bool) -> None:
    ids = [put(campaign, n) for n in range(4)]
    command = [sys.executable, "-c", CHILD, campaign.publish_uri, method, part, str(count)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL

    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == ids[3]
    assert (pointer.retiring is not None) == begun
    for release_id in ids[2:]:
        verify_release(campaign.publish_uri, "spring", release_id, read_all=True)
    if begun:  # what is half removed can never become current
        with pytest.raises(ReleaseError, match="is being removed"):
            rollback(campaign.publish_uri, "spring", ids[0], by="ann")

    again = go(campaign)
    assert set(again.finished if begun else again.releases) == set(ids[:2])
    assert there(campaign) == set(ids[2:])
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.retiring is None
    assert len([n for n in campaign.published.names("spring/history/") if "-prune-" in n]) == 1


def test_publishing_goes_on_beside_a_removal_that_died(campaign: Campaign) -> None:
    ids = [put(campaign, n) for n in range(3)]
    command = [sys.executable, "-c", CHILD, campaign.publish_uri, "delete", ".jpg", "2"]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL
    new = put(campaign, 3)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert (pointer.release_id, pointer.is_retiring(ids[0])) == (new, True)
    # The very release that is half removed: its publisher finishes the removal, then makes it anew.
    with pytest.raises(TransientError, match="run again"):
        put(campaign, 0)
    assert ids[0] not in there(campaign)
    assert put(campaign, 0) == ids[0]
    verify_release(campaign.publish_uri, "spring", ids[0], read_all=True)
    assert there(campaign) == {*ids, new}


# --- races -------------------------------------------------------------------------------------------------


def test_a_mover_that_looked_before_the_claim_cannot_move_after_it(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pruner comes just between a rollback's verification and its move."""
    ids = [put(campaign, n) for n in range(4)]
    kind = type(campaign.published)
    swap = kind.swap

    def overtaken(self, name, data, **options):
        monkeypatch.setattr(kind, "swap", swap)
        assert set(go(campaign).releases) == set(ids[:2])
        return swap(self, name, data, **options)

    monkeypatch.setattr(kind, "swap", overtaken)
    with pytest.raises(TransientError, match="written by retention meanwhile"):
        rollback(campaign.publish_uri, "spring", ids[0], by="ann")
    with pytest.raises(ReleaseError, match="no release"):
        rollback(campaign.publish_uri, "spring", ids[0], by="ann")
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == ids[3]


def test_a_pruner_that_is_overtaken_chooses_anew(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person goes back to an old release just as it is about to be claimed."""
    ids = [put(campaign, n) for n in range(4)]
    kind = type(campaign.published)
    swap = kind.swap

    def overtaken(self, name, data, **options):
        monkeypatch.setattr(kind, "swap", swap)
        rollback(campaign.publish_uri, "spring", ids[0], by="ann")
        return swap(self, name, data, **options)

    monkeypatch.setattr(kind, "swap", overtaken)
    done = go(campaign)
    assert ids[0] not in done.releases
    verify_release(campaign.publish_uri, "spring", ids[0], read_all=True)


def test_a_pruner_finishes_what_another_one_began_beside_it(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else nobody knew any more that the other's release is being removed."""
    ids = [put(campaign, n) for n in range(4)]
    storage = campaign.published
    theirs = Retiring("0123456789abcdef", (ids[0],), "another", "2026-01-01T00:00:00+00:00")

    def overtaken(*_: object) -> tuple[str, ...]:
        monkeypatch.setattr(retention, "finish_removal", finish_removal)
        pointer = read_pointer(storage, "spring")
        assert pointer is not None
        write_pointer(storage, replace(pointer, retiring=theirs), generation=pointer.generation)
        return ()

    monkeypatch.setattr(retention, "finish_removal", overtaken)
    done = go(campaign, replace(NOW, pinned=frozenset({ids[0]})))  # by its own policy it would stay
    assert done.finished == (ids[0],)
    assert ids[0] not in there(campaign)


def test_a_publisher_whose_release_is_removed_under_its_hands_tries_again(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [put(campaign, n) for n in range(4)]
    kind = type(campaign.published)
    infos = kind.infos
    listings = []

    def overtaken(self, prefix=""):
        if prefix.startswith(f"spring/releases/{ids[0]}"):
            listings.append(prefix)
            if len(listings) == 2:  # all images were found; the comparison that comes last is about to begin
                monkeypatch.setattr(kind, "infos", infos)
                assert ids[0] in go(campaign).releases
        return infos(self, prefix)

    monkeypatch.setattr(kind, "infos", overtaken)
    with pytest.raises(TransientError, match="meanwhile"):
        put(campaign, 0)
    monkeypatch.setattr(kind, "infos", infos)
    assert put(campaign, 0) == ids[0]
    verify_release(campaign.publish_uri, "spring", ids[0], read_all=True)


def test_a_pruner_that_was_asleep_removes_nothing_of_a_release_that_was_made_anew(
    local_campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a folder only: the emulator of the bucket ignores conditions on removal.

    The pruner has listed what goes, looked once more that it may, and falls asleep. Meanwhile another one
    finishes the job, and a publisher makes the very release anew and current.
    """
    campaign = local_campaign
    ids = [put(campaign, n) for n in range(4)]
    kind = type(campaign.published)
    delete = kind.delete

    def asleep(self, name, **options):
        monkeypatch.setattr(kind, "delete", delete)
        finish_removal(campaign.published, "spring")
        assert put(campaign, 0) == ids[0]
        return delete(self, name, **options)

    monkeypatch.setattr(kind, "delete", asleep)
    go(campaign)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == ids[0]
    verify_release(campaign.publish_uri, "spring", ids[0], read_all=True)


def test_a_pruner_that_was_asleep_before_it_listed_removes_nothing_either(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here no condition on removal is needed, so it holds in the emulator too."""
    ids = [put(campaign, n) for n in range(4)]
    kind = type(campaign.published)
    swap, infos = kind.swap, kind.infos

    def asleep(self, prefix=""):
        pointer = read_pointer(campaign.published, "spring")
        if pointer is not None and pointer.retiring:
            monkeypatch.setattr(kind, "infos", infos)
            finish_removal(campaign.published, "spring")
            assert put(campaign, 0) == ids[0]
        return infos(self, prefix)

    monkeypatch.setattr(kind, "infos", asleep)
    go(campaign)
    assert kind.swap is swap
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id == ids[0]
    verify_release(campaign.publish_uri, "spring", ids[0], read_all=True)


def test_a_pointer_changed_by_hand_is_not_obeyed(campaign: Campaign) -> None:
    ids = [put(campaign, n) for n in range(3)]
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    retiring = Retiring("0123456789abcdef", (ids[2],), "me", "2026-11-23T00:00:00+00:00")
    write_pointer(campaign.published, replace(pointer, retiring=retiring), generation=pointer.generation)
    with pytest.raises(ReleaseError, match="by hand"):
        go(campaign)
    verify_release(campaign.publish_uri, "spring", ids[2], read_all=True)


# Publishes, takes back or prunes again and again for some seconds; what is refused for a reason is fine.
RACER = """
import random, sys, time
from datetime import timedelta
from localizer.errors import ReleaseError, TransientError
from localizer.release import publish, read_current, rollback
from localizer.release.retention import Policy, prune
from localizer.storage import open_storage
from localizer.workspace import Workspace

workspace_uri, publish_uri, role, seconds, seed = sys.argv[1:]
rng = random.Random(int(seed))
workspace, storage = Workspace.open(workspace_uri), open_storage(publish_uri)
until, did, refused = time.monotonic() + float(seconds), 0, 0
while time.monotonic() < until:
    try:
        if role == "publish":
            run = workspace.run(f"r{rng.randrange(6)}")
            publish(run, workspace=workspace, publish_uri=publish_uri, campaign="spring")
        elif role == "rollback":
            folders = [name for name in storage.folders("spring/releases/")]
            rollback(publish_uri, "spring", rng.choice(folders), by="ann")
        else:
            prune(storage, "spring", Policy(keep=1, keep_for=timedelta()), by="retention", dry_run=False)
        did += 1
    except TransientError:
        refused += 1
    except ReleaseError as error:
        known = ("took", "being removed", "is not whole", "there is no release")
        assert any(words in str(error) for words in known), error
        if role == "publish":
            assert "took" in str(error), error
        refused += 1
print(did, refused)
"""

WATCHER = """
import hashlib, json, sys, time
from localizer.errors import ObjectNotFound, ReleaseError
from localizer.release import read_current, verify_release

publish_uri, seconds = sys.argv[1:]
until, looks = time.monotonic() + float(seconds), 0
while time.monotonic() < until:
    before = read_current(publish_uri, "spring")
    try:
        verify_release(publish_uri, "spring", before.release_id, read_all=True)
        looks += 1
    except (ReleaseError, ObjectNotFound) as error:
        # Only what stayed current while we looked has to be whole.
        after = read_current(publish_uri, "spring")
        if after.number == before.number:
            print("BROKEN", before.release_id, error)
            sys.exit(1)
print(looks)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_publishers_people_and_retention_at_once(local_campaign: Campaign, seed: int) -> None:
    """Real processes on one folder, removals conditioned on generations as in a real bucket.

    What is current is whole at every moment, moves are numbered without a gap, and nothing is left behind.
    """
    campaign, seconds = local_campaign, "6"
    for number in range(6):
        put(campaign, number)
    where = [campaign.workspace.uri, campaign.publish_uri]
    roles = ["publish", "publish", "rollback", "prune", "prune"]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, *where, role, seconds, str(seed * 100 + n)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n, role in enumerate(roles)
    ]
    watcher = subprocess.run(
        [sys.executable, "-c", WATCHER, campaign.publish_uri, seconds],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert watcher.returncode == 0, watcher.stdout + watcher.stderr
    assert int(watcher.stdout) > 0
    done = {}
    for n, (role, racer) in enumerate(zip(roles, racers, strict=True)):
        out, err = racer.communicate(timeout=120)
        assert racer.returncode == 0, err
        done[f"{role}{n}"] = int(out.split()[0])
    assert all(done.values()), done

    go(campaign)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.retiring is None
    verify_release(campaign.publish_uri, "spring", pointer.release_id, read_all=True)
    numbers = [move.number for move in each_move(campaign.published, "spring")]
    assert numbers == list(range(1, pointer.number + 1))
    moved, did = roll_back(campaign.published, "spring", pointer.release_id, Mover("ann", "rollback"))
    assert (moved, did) == (pointer, False)
