"""Retention: which releases of a campaign may go, and how they go without ever taking one that is needed.

Stays: what is current, the last releases on the way back from it, the newest ones, what was current or made
not long ago, and what is pinned. A release holds all of its images itself, also those that were carried over
from another one, so none needs its parent to be whole. A folder below ``releases/`` that is not a release's,
and everything beside it, is never looked into.

In this order, so that it may be cut off anywhere, run again by anybody, and go on beside publishers and
people who roll back:

1. ``current.json`` is read, and what may go is chosen by it;
2. it is replaced by itself with `retiring`, the releases that go, only if it still has the generation read.
   Who had read it before can now not move it: their compare-and-swap fails. Who reads it from now on sees
   what is retiring, and points at none of it;
3. the objects of a retiring release are listed, with their generations;
4. ``current.json`` is read again: only if this very removal still stands in it, so that nobody finished it
   and made the release anew meanwhile, does any of them go;
5. ``release.json`` goes first, for it says "all of this is there"; then the images. Each goes only in the
   generation that was listed, so what somebody makes anew stays, however late this process wakes up;
6. the removal gets its record in the history;
7. ``current.json`` is replaced once more, without `retiring`.

A removal that was cut off is finished by the next one, or by a publisher that wants to make the same release
again (`finish_removal`), which then makes it from nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from localizer.errors import InputError, PreconditionFailed, ReleaseError
from localizer.parallel import in_parallel
from localizer.release.history import Trail, read_pointer, record_move, record_removal
from localizer.release.listing import Listed, each_release
from localizer.release.pointer import write_pointer
from localizer.release.records import Pointer, Retiring, pointer_name, record_name, release_folder
from localizer.scratch import Scratch
from localizer.storage import ObjectInfo, Storage
from localizer.times import iso_utc

log = logging.getLogger(__name__)

_AT_ONCE = 20  # their names stand in current.json meanwhile
_TRIES = 100


@dataclass(frozen=True, slots=True)
class Policy:
    """What stays, besides the current release.

    Attributes:
        keep: so many of the newest releases, and so many on the way back from the current one.
        keep_for: what was current, or made, so recently.
        pinned: these, by id.
    """

    keep: int = 10
    keep_for: timedelta = timedelta(days=90)
    pinned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise InputError(f"keep must be at least 1, not {self.keep}: what is current needs a way back")
        if self.keep_for < timedelta():
            raise InputError("releases cannot be kept for less than no time")


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of one release.

    Attributes:
        why: it stays; empty if it goes.
    """

    release: Listed
    why: str

    @property
    def goes(self) -> bool:
        return not self.why


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed.

    Attributes:
        releases: by id, oldest first; in a dry run what would go.
        objects, size: of them, with the bytes they took; counted as they were listed.
        kept: releases that stay.
        finished: releases whose removal was begun and cut off earlier.
    """

    campaign: str
    releases: tuple[str, ...] = ()
    objects: int = 0
    size: int = 0
    kept: int = 0
    finished: tuple[str, ...] = ()
    dry_run: bool = False


def choose(storage: Storage, pointer: Pointer, policy: Policy, *, now: datetime) -> list[Choice]:
    """What becomes of each release of a campaign, oldest first.

    Raises:
        ReleaseError: the history or a release's record is damaged, so what is needed is not known.
    """
    campaign = pointer.campaign
    trail = Trail.of(storage, campaign)
    turn = {release_id: n for n, release_id in enumerate(trail.touched)}  # where the clock says the same
    found = sorted(
        each_release(storage, campaign, trail.touched),
        key=lambda each: (each.used, turn.get(each.release_id, -1)),
    )
    whole = [each.release_id for each in found if each.has_record]
    newest = set(whole[-policy.keep :])
    way_back = set(trail.way_back[-1 - policy.keep :])
    too_young = iso_utc(now - policy.keep_for)

    def why(each: Listed) -> str:
        if each.release_id == pointer.release_id:
            return "is current"
        if each.release_id in policy.pinned:
            return "is pinned"
        if each.release_id in way_back:
            return f"is one of the {policy.keep} before the current one"
        if each.release_id in newest:
            return f"is one of the {policy.keep} newest"
        if each.used > too_young:
            return "is too young"
        return ""

    return [Choice(each, why(each)) for each in found]


def prune(storage: Storage, campaign: str, policy: Policy, *, by: str, dry_run: bool = True) -> Pruned:
    """Remove the releases that a policy lets go; see this module on the order.

    Args:
        by: who removes them; recorded.
        dry_run: only say what would go.

    Raises:
        ReleaseError: what is needed is not known, see `choose`; nothing was removed.
        TransientError: storage did not answer; running again goes on from there.
    """
    finished: tuple[str, ...] = ()
    if not dry_run:
        finished = finish_removal(storage, campaign)
    gone: list[str] = []
    objects = size = kept = 0
    for _ in range(_TRIES):
        pointer = read_pointer(storage, campaign)
        if pointer is None:
            return Pruned(campaign, dry_run=dry_run)  # nothing is current: nobody knows what may go
        if pointer.retiring is not None and not dry_run:
            # Another began just now. To claim over it would leave half a release that nobody finishes, and
            # that a publisher could make current while the other still removes it.
            finished += finish_removal(storage, campaign)
            continue
        choices = choose(storage, pointer, policy, now=datetime.now(UTC))
        kept = sum(not each.goes for each in choices)
        going = [
            each.release.release_id for each in choices if each.goes and each.release.release_id not in gone
        ]
        batch = going if dry_run else going[:_AT_ONCE]
        counts = [_weight(storage, campaign, release_id) for release_id in batch]
        if not dry_run and batch and not _claim(storage, pointer, batch, by=by):
            continue  # somebody moved it just now, so all is chosen anew
        gone += batch
        objects, size = objects + sum(n for n, _ in counts), size + sum(s for _, s in counts)
        if dry_run or not batch:
            break
        finish_removal(storage, campaign)
    return Pruned(campaign, tuple(gone), objects, size, kept, finished, dry_run)


def finish_removal(storage: Storage, campaign: str) -> tuple[str, ...]:
    """Remove what ``current.json`` says is retiring, whoever began it; what that was.

    Raises:
        ReleaseError: what is retiring is current, which only a change by hand can bring about.
    """
    done: tuple[str, ...] = ()
    while (pointer := read_pointer(storage, campaign)) is not None and pointer.retiring is not None:
        if pointer.is_retiring(pointer.release_id):
            where = storage.uri_of(pointer_name(campaign))
            raise ReleaseError(
                f"{where} names {pointer.release_id} as current and as being removed; nothing was removed: "
                "take it out of `retiring` by hand"
            )
        retiring = pointer.retiring
        if not all(_remove(storage, campaign, each, retiring.token) for each in retiring.releases):
            continue  # somebody else finished it
        record_removal(storage, pointer)
        try:
            record_move(storage, pointer)
            write_pointer(storage, replace(pointer, retiring=None), generation=pointer.generation)
        except PreconditionFailed:
            continue  # a move took place, and carried on what is retiring
        done += retiring.releases
    return done


def _claim(storage: Storage, pointer: Pointer, releases: list[str], *, by: str) -> bool:
    """Announce what is going to be removed; whether nobody wrote the pointer since it was read."""
    at = iso_utc()
    retiring = Retiring(secrets.token_hex(8), tuple(releases), by, at)
    try:
        write_pointer(storage, replace(pointer, retiring=retiring), generation=pointer.generation)
    except PreconditionFailed:
        return False
    return True


def _remove(storage: Storage, campaign: str, release_id: str, token: str) -> bool:
    """Remove the objects of a retiring release; whether its removal still was under way."""
    folder, record = release_folder(campaign, release_id), record_name(campaign, release_id)
    with Scratch("CREATE TABLE doomed (name TEXT PRIMARY KEY, generation INTEGER) WITHOUT ROWID") as listed:
        rows = ((info.name, info.generation) for info in storage.infos(f"{folder}/"))
        listed.put("INSERT INTO doomed VALUES (?, ?)", rows)
        # Only now: had somebody made the release anew before the listing, this removal would be over.
        pointer = read_pointer(storage, campaign)
        if pointer is None or pointer.retiring is None or pointer.retiring.token != token:
            return False
        if pointer.release_id == release_id:
            return False  # changed by hand; `finish_removal` says so

        def remove(row: tuple[str, int]) -> None:
            name, generation = row
            try:
                storage.delete(name, generation=generation)
            except PreconditionFailed:
                log.info("%s was made anew meanwhile and stays", storage.uri_of(name))

        for row in listed.rows("SELECT name, generation FROM doomed WHERE name = ?", record):
            remove(row)
        for _ in in_parallel(
            remove, listed.rows("SELECT name, generation FROM doomed WHERE name <> ?", record)
        ):
            pass
    return True


def _weight(storage: Storage, campaign: str, release_id: str) -> tuple[int, int]:
    """Objects of a release's folder, and their bytes."""
    infos: Iterator[ObjectInfo] = storage.infos(f"{release_folder(campaign, release_id)}/")
    count = size = 0
    for info in infos:
        count, size = count + 1, size + info.size
    return count, size
