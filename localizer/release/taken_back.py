"""Images that a person took off line by a rollback, which no policy brings back by itself.

A release that was taken back is not published again, but the next run of a schedule makes another one, with
one image more and all the others that were in it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime

from localizer.errors import ObjectNotFound, ReleaseError
from localizer.release.record_files import each_object
from localizer.release.records import Pointer, ReleaseObject
from localizer.release.staging import Stage
from localizer.storage import Storage

log = logging.getLogger(__name__)

_SHOWN = 5

_Image = tuple[str, str]
"""Asset and locale."""


def refuse_taken_back(
    storage: Storage, stage: Stage, pointer: Pointer, taken_back: Mapping[str, Pointer]
) -> None:
    """Nothing, unless a run would publish an image that a person took back, on no person's word since.

    Such an image is in a release that was left by a rollback, neither in the one that was gone back to nor in
    the current one.

    Args:
        taken_back: see `localizer.release.history.Trail`.

    Raises:
        ReleaseError: it would; names images, and who took them back.
    """
    for release_id, move in taken_back.items():
        found: dict[_Image, str] = {}
        for each in _objects(storage, pointer.campaign, release_id):
            entry = stage.made_now(each.asset_id, each.locale)
            if entry is not None and _bytes(entry) == _bytes(each) and not _decided_since(entry, move):
                found[each.asset_id, each.locale] = _bytes(each)
        for kept in {move.release_id, pointer.release_id} if found else ():
            for each in _objects(storage, pointer.campaign, kept):
                if found.get((each.asset_id, each.locale)) == _bytes(each):
                    del found[each.asset_id, each.locale]
        if found:
            names = "; ".join(f"{asset} · {locale}" for asset, locale in list(found)[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            why = f" ({move.reason})" if move.reason else ""
            raise ReleaseError(
                f"{move.moved_by} took {release_id} back at {move.moved_at}{why}, and these images of it "
                f"would be published again: {names}{more}. Nothing was published. Correct them; or should "
                "they be right after all, run it with the approval `always`, so that a person says so"
            )


def _objects(storage: Storage, campaign: str, release_id: str) -> Iterator[ReleaseObject]:
    try:
        yield from each_object(storage, campaign, release_id)
    except ObjectNotFound:
        return  # retention has removed it
    except ReleaseError as error:  # which may be why it was taken back; it must not stop all to come
        log.warning("what was in %s is not known: %s", release_id, error)


def _bytes(entry: ReleaseObject) -> str:
    """As they were reviewed: a signature is made anew each time."""
    return entry.reviewed_sha256 or entry.sha256


def _decided_since(entry: ReleaseObject, move: Pointer) -> bool:
    by_person = not entry.approver.startswith("policy:")
    return by_person and datetime.fromisoformat(entry.decided_at) > datetime.fromisoformat(move.moved_at)
