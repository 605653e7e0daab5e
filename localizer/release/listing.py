"""The campaigns that are published somewhere, and the releases that a campaign has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localizer.errors import ObjectNotFound, ReleaseError
from localizer.parallel import in_parallel
from localizer.release.record_files import read_head
from localizer.release.records import (
    is_release_id,
    pointer_name,
    record_name,
    release_folder,
    releases_folder,
)
from localizer.storage import Storage
from localizer.times import iso_utc


@dataclass(frozen=True, slots=True)
class Listed:
    """A release as a listing shows it.

    Attributes:
        used: ISO 8601 UTC time at which it was made, or last became or ceased to be current, whichever was
            later. Of one without a record, when its newest image was written.
        has_record: one without was never finished: a publish is at it, or died.
        created_at, run, parent: as in its record; empty without.
    """

    release_id: str
    used: str
    has_record: bool = True
    created_at: str = ""
    run: str = ""
    parent: str | None = None


def each_campaign(storage: Storage) -> Iterator[str]:
    """Names of the campaigns of which something is current."""
    for name in storage.folders():
        if storage.stat(pointer_name(name)) is not None:
            yield name


def each_release(storage: Storage, campaign: str, touched: Mapping[str, str]) -> Iterator[Listed]:
    """The releases of a campaign, by their ids.

    Args:
        touched: when a release became or ceased to be current (`Trail.touched`).

    Raises:
        ReleaseError: a record is damaged.
    """

    def look(release_id: str) -> Listed | None:
        last = touched.get(release_id, "")
        try:
            head = read_head(storage, campaign, release_id)
        except ObjectNotFound:
            return _unfinished(storage, campaign, release_id, last)
        made = _utc(head.get("created_at"))
        if not made:
            where = storage.uri_of(record_name(campaign, release_id))
            raise ReleaseError(f"{where} is damaged: it does not say when it was made")
        parent = head.get("parent")
        return Listed(
            release_id,
            max(made, _utc(last)),
            created_at=made,
            run=str(head.get("run") or ""),
            parent=str(parent) if parent else None,
        )

    names = (name for name in storage.folders(f"{releases_folder(campaign)}/") if is_release_id(name))
    for found in in_parallel(look, names):
        if found:
            yield found


def _unfinished(storage: Storage, campaign: str, release_id: str, last: str) -> Listed | None:
    newest: datetime | None = None
    there = False
    for info in storage.infos(f"{release_folder(campaign, release_id)}/"):
        there = True
        if info.updated and (newest is None or info.updated > newest):
            newest = info.updated
    if not there:
        return None  # an empty folder
    # Storage that does not tell when: then it is as young as can be.
    made = iso_utc(newest)
    return Listed(release_id, max(made, _utc(last)), has_record=False)


def _utc(text: Any) -> str:
    """A time in the one form in which times sort as text; "" if it is none."""
    try:
        return iso_utc(datetime.fromisoformat(str(text)))
    except ValueError:
        return ""
