"""Which release is current, and how that changes: by compare-and-swap, after the release was verified.

In this order, so that it may be cut off anywhere and run again:

1. the pointer is read, and with it its generation;
2. what is to become current is verified;
3. the move before gets its record, should it lack it (see `localizer.release.history`);
4. the pointer is replaced, only if it still has that generation;
5. this move gets its record.

Whoever wrote the pointer after 1, be it a publisher, a person or retention (`localizer.release.retention`),
makes 4 fail, and then nothing moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from localizer.errors import ObjectNotFound, PreconditionFailed, ReleaseError, TransientError
from localizer.release.history import read_pointer, record_move
from localizer.release.records import Pointer, pointer_name
from localizer.release.verification import verify
from localizer.storage import Storage, open_storage
from localizer.times import iso_utc

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Mover:
    """Who moves a pointer.

    Attributes:
        by: run id of a publish, or the person who rolls back.
        action: ``publish`` or ``rollback``.
        reason, requested_by, via: see `Pointer`.
    """

    by: str
    action: str
    reason: str = ""
    requested_by: str = ""
    via: str = ""


def read_current(publish_uri: str, campaign: str, *, client: Any = None) -> Pointer | None:
    """The pointer of a campaign, or None if nothing was published yet.

    Raises:
        ReleaseError: ``current.json`` is damaged.
    """
    return read_pointer(open_storage(publish_uri, client=client), campaign)


def rollback(publish_uri: str, campaign: str, release_id: str, by: str, *, client: Any = None) -> Pointer:
    """Make an earlier release current again. Nothing but the pointer is written, and the record of its move.

    Args:
        by: the person who does it; recorded.

    Returns:
        The pointer as it is now; unmoved if it was there already.

    Raises:
        ReleaseError: the release does not exist, is not whole, or is being removed.
        TransientError: somebody else moved the pointer meanwhile.
    """
    return roll_back(open_storage(publish_uri, client=client), campaign, release_id, Mover(by, "rollback"))[0]


def roll_back(
    storage: Storage, campaign: str, release_id: str, mover: Mover, *, shown: Pointer | None = None
) -> tuple[Pointer, bool]:
    """Like `rollback`, on an open storage, and only from what a person was shown.

    Args:
        shown: the pointer as it was when the person said yes; None: whatever it is.

    Returns:
        The pointer as it is now, and whether it was moved by this call, or by an earlier try of the same
        DAG run (`Mover.via`) that died after it.

    Raises:
        ReleaseError: also where the pointer moved since it was shown.
    """
    pointer = read_pointer(storage, campaign)
    if pointer is None:
        where = storage.uri_of(pointer_name(campaign))
        raise ReleaseError(f"nothing of {campaign} was published yet: there is no {where}")
    if pointer.release_id == release_id:
        record_move(storage, pointer)
        return pointer, bool(mover.via) and pointer.via == mover.via
    # Retention may have written it meanwhile, which moves nothing; so it is the move that is compared.
    if shown is not None and pointer != shown:
        raise ReleaseError(
            f"{campaign} was moved to {pointer.release_id} by {pointer.moved_by} at {pointer.moved_at}, "
            f"after you were shown {shown.release_id}; nothing was moved now: look again and decide anew"
        )
    if pointer.is_retiring(release_id):
        raise ReleaseError(f"{release_id} is being removed by retention; choose another release")
    verify(storage, campaign, release_id)
    return move_pointer(storage, campaign, release_id, since=pointer, mover=mover)


def move_pointer(
    storage: Storage, campaign: str, release_id: str, *, since: Pointer | None, mover: Mover
) -> tuple[Pointer, bool]:
    """Point at a release, unless somebody moved the pointer since it was read.

    Args:
        since: the pointer as read before the work began.

    Returns:
        The pointer as it is now, and whether this call moved it.

    Raises:
        TransientError: somebody else moved it to another release, or retention removes this one; what follows
            from that (the parent, what is carried forward) has to be worked out again, which a retry does.
    """
    if since is not None:
        record_move(storage, since)
        if since.release_id == release_id:
            return since, False
        if since.is_retiring(release_id):
            raise TransientError(f"{release_id} is being removed by retention; run again")
    moved = Pointer(
        release_id=release_id,
        campaign=campaign,
        moved_at=iso_utc(),
        moved_by=mover.by,
        action=mover.action,
        previous=since.release_id if since else None,
        reason=mover.reason,
        requested_by=mover.requested_by,
        via=mover.via,
        number=since.number + 1 if since else 1,
        retiring=since.retiring if since else None,
    )
    try:
        moved = write_pointer(storage, moved, generation=since.generation if since else 0)
    except PreconditionFailed as error:
        now = read_pointer(storage, campaign)
        if now is not None and now.release_id == release_id:
            record_move(storage, now)
            return now, False
        where = storage.uri_of(pointer_name(campaign))
        what = f"moved to {now.release_id} by somebody else" if now else "removed"
        if now is not None and now == since:
            what = "written by retention"
        raise TransientError(
            f"{where} was {what} meanwhile; {release_id} is complete but not current; run again to decide "
            "on what is current now"
        ) from error
    record_move(storage, moved)
    return moved, True


def write_pointer(storage: Storage, pointer: Pointer, *, generation: int) -> Pointer:
    """Replace ``current.json`` if it still has a generation; the pointer with its new one.

    Raises:
        PreconditionFailed: somebody else wrote it.
    """
    name = pointer_name(pointer.campaign)
    info = storage.swap(name, pointer.to_bytes(), generation=generation, content_type=_JSON)
    return replace(pointer, generation=info.generation)


@contextmanager
def unless_written_since(storage: Storage, campaign: str, since: Pointer | None) -> Iterator[None]:
    """Work on a release, which may fail for no other reason than that somebody else changed what is current.

    Raises:
        TransientError: in place of ReleaseError, or of an object that is gone, if ``current.json`` was
            written since it was read.
    """
    try:
        yield
    except (ObjectNotFound, ReleaseError) as error:
        now = read_pointer(storage, campaign)
        if (now.generation if now else 0) == (since.generation if since else 0):
            raise
        name = storage.uri_of(pointer_name(campaign))
        raise TransientError(f"{name} was written by somebody else meanwhile; run again: {error}") from error
