"""Which release is current, and how that changes: by compare-and-swap, after the release was verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from localizer.errors import ObjectNotFound, PreconditionFailed, TransientError
from localizer.release.records import Pointer, parse, pointer_name
from localizer.release.verification import verify
from localizer.storage import Storage, open_storage

_JSON = "application/json"


def read_current(publish_uri: str, campaign: str, *, client: Any = None) -> Pointer | None:
    """The pointer of a campaign, or None if nothing was published yet.

    Raises:
        ReleaseError: ``current.json`` is damaged.
    """
    return read_pointer(open_storage(publish_uri, client=client), campaign)


def rollback(publish_uri: str, campaign: str, release_id: str, by: str, *, client: Any = None) -> Pointer:
    """Make an earlier release current again. Nothing but the pointer is written.

    Args:
        by: the person who does it; recorded.

    Returns:
        The pointer as it is now; unmoved if it was there already.

    Raises:
        ReleaseError: the release does not exist or is not whole.
        TransientError: somebody else moved the pointer meanwhile.
    """
    storage = open_storage(publish_uri, client=client)
    pointer = read_pointer(storage, campaign)
    verify(storage, campaign, release_id)
    return move_pointer(storage, campaign, release_id, since=pointer, by=by, action="rollback")[0]


def read_pointer(storage: Storage, campaign: str) -> Pointer | None:
    """Like `read_current`, on an open storage."""
    name = pointer_name(campaign)
    try:
        data, info = storage.read_with_info(name)
    except ObjectNotFound:
        return None
    return replace(parse(data, Pointer.from_dict, storage.uri_of(name)), generation=info.generation)


def move_pointer(
    storage: Storage, campaign: str, release_id: str, *, since: Pointer | None, by: str, action: str
) -> tuple[Pointer, bool]:
    """Point at a release, unless somebody moved the pointer since it was read.

    Args:
        since: the pointer as read before the work began.

    Returns:
        The pointer as it is now, and whether this call moved it.

    Raises:
        TransientError: somebody else moved it to another release; what follows from that (the parent, what
            is carried forward) has to be worked out again, which a retry does.
    """
    if since is not None and since.release_id == release_id:
        return since, False
    moved = Pointer(
        release_id=release_id,
        campaign=campaign,
        moved_at=datetime.now(UTC).isoformat(timespec="seconds"),
        moved_by=by,
        action=action,
        previous=since.release_id if since else None,
    )
    name = pointer_name(campaign)
    try:
        info = storage.swap(
            name, moved.to_bytes(), generation=since.generation if since else 0, content_type=_JSON
        )
    except PreconditionFailed as error:
        now = read_pointer(storage, campaign)
        if now is not None and now.release_id == release_id:
            return now, False
        at = now.release_id if now else "nothing"
        raise TransientError(
            f"{storage.uri_of(name)} was moved to {at} by somebody else meanwhile; {release_id} is "
            "complete but not current; run again to decide on what is current now"
        ) from error
    return replace(moved, generation=info.generation), True
