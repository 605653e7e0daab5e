"""Publish the approved images of a run as one immutable release, and make it current.

Everything can be cut off at any point and run again: the release's id follows from its content, its objects
are created once, and the pointer moves last, after all of them were found whole. Until then the campaign's
current release stays as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from localizer.errors import ObjectNotFound, PreconditionFailed, ReleaseError
from localizer.release.pointer import move_pointer, read_pointer
from localizer.release.records import (
    Pointer,
    Release,
    ReleaseObject,
    check_distinct,
    record_name,
    release_folder,
    release_id_of,
)
from localizer.release.selection import Item, approved_items, carried_items
from localizer.release.verification import in_parallel, load_release, verify
from localizer.runs import Run
from localizer.storage import Storage, open_storage
from localizer.storage.checksums import crc32c
from localizer.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did.

    Attributes:
        release_id: None if nothing was approved.
        uri: the release's folder.
        objects: images in the release, of which `objects_new` were written now, `objects_existing` stood
            there already, and `carried` were taken over from the release before.
        pointer_moved: whether this call made the release current.
        already_current: whether it was current before.
        previous: the release that was current before.
        dry_run: nothing was written; the counts say what would be.
    """

    campaign: str
    release_id: str | None = None
    uri: str | None = None
    objects: int = 0
    objects_new: int = 0
    objects_existing: int = 0
    carried: int = 0
    pointer_moved: bool = False
    already_current: bool = False
    previous: str | None = None
    dry_run: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """One sentence for a person."""
        stays = f"{self.previous} stays current" if self.previous else "nothing is current"
        if self.release_id is None:
            return f"nothing was approved, so nothing was published; {stays}"
        if self.already_current and not self.objects_new:
            return f"{self.release_id} is current already; nothing was written"
        would = "would be " if self.dry_run else ""
        carried = f" ({self.carried} carried over)" if self.carried else ""
        head = f"{self.release_id}: {self.objects} images{carried}, {self.objects_new} {would}written"
        if self.already_current:
            return f"{head}; it is current already"
        return f"{head}; {'would become' if self.dry_run else 'is now'} current"


def publish(
    run: Run,
    *,
    workspace: Workspace,
    publish_uri: str,
    campaign: str,
    client: Any = None,
    dry_run: bool = False,
) -> Published:
    """Publish what the run's decisions approve.

    Where the run was limited to some locales, the current release's images of what it left out are carried
    over, so that a run for one locale takes no other off line. What the run did work on and nobody approved
    is not in the new release.

    Args:
        publish_uri: where all campaigns are published, a path or ``gs://bucket/prefix``.
        campaign: folder below it.
        client: for ``gs://``, see `localizer.storage.open_storage`.
        dry_run: check everything, write nothing.

    Raises:
        ReleaseError: a decision approves what must not be published, an image is not the one reviewed, or
            what stands at the target contradicts the release. The pointer was not moved.
        TransientError: storage did not answer, or somebody else published meanwhile; a retry may help.
    """
    storage = open_storage(publish_uri, client=client)
    pointer = read_pointer(storage, campaign)
    previous = pointer.release_id if pointer else None
    plan = run.load_plan()
    items, warnings = approved_items(run, workspace)
    notes = (*plan.warnings, *warnings)
    if not items:
        return Published(campaign, previous=previous, dry_run=dry_run, warnings=notes)
    items += _carried(storage, campaign, pointer, frozenset(plan.out_of_scope), items)

    check_distinct(item.entry.path for item in items)
    objects = tuple(sorted(in_parallel(_checked, items), key=lambda o: o.path))
    release = Release(
        release_id=release_id_of((o.path, o.sha256) for o in objects),
        campaign=campaign,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        run=run.run_id,
        parent=previous,
        objects=objects,
        warnings=notes,
    )
    folder = release_folder(campaign, release.release_id)
    new = _upload(storage, folder, items, {o.path: o for o in objects}, dry_run=dry_run)
    moved = False
    if not dry_run:
        _create_record(storage, release)
        verify(storage, campaign, release.release_id)
        _, moved = move_pointer(
            storage, campaign, release.release_id, since=pointer, by=run.run_id, action="publish"
        )
    return Published(
        campaign=campaign,
        release_id=release.release_id,
        uri=storage.uri_of(folder),
        objects=len(objects),
        objects_new=new,
        objects_existing=len(objects) - new,
        carried=sum(o.carried_from is not None for o in objects),
        pointer_moved=moved,
        already_current=previous == release.release_id,
        previous=previous,
        dry_run=dry_run,
        warnings=notes,
    )


def _carried(
    storage: Storage,
    campaign: str,
    pointer: Pointer | None,
    left_out: frozenset[tuple[str, str]],
    items: Sequence[Item],
) -> list[Item]:
    if pointer is None or not left_out:
        return []
    current = load_release(storage, campaign, pointer.release_id)
    taken = frozenset((i.entry.asset_id, i.entry.locale) for i in items)
    return carried_items(current, left_out, storage=storage, taken=taken)


def _checked(item: Item) -> ReleaseObject:
    """The entry with size and CRC32C, after a look at the bytes."""
    data = _read(item)
    return replace(item.entry, size=len(data), crc32c=crc32c(data))


def _read(item: Item) -> bytes:
    """The bytes of an image, if they are still the approved ones."""
    label = f"{item.entry.asset_id} · {item.entry.locale}"
    where = item.storage.uri_of(item.name)
    try:
        data = item.storage.read(item.name)
    except ObjectNotFound as error:
        raise ReleaseError(f"{label}: the approved image {where} is gone") from error
    if hashlib.sha256(data).hexdigest() != item.entry.sha256:
        raise ReleaseError(f"{label}: {where} is not the image that was approved any more")
    return data


def _upload(
    storage: Storage,
    folder: str,
    items: Sequence[Item],
    entries: dict[str, ReleaseObject],
    *,
    dry_run: bool,
) -> int:
    """Create what is not there yet; how many were created (or would be)."""
    present = set(storage.names(f"{folder}/"))

    def create(item: Item) -> bool:
        # Bytes are read again rather than kept, so that memory does not grow with the release.
        entry = entries[item.entry.path]
        name = f"{folder}/{entry.path}"
        if name not in present:
            if dry_run:
                return True
            try:
                storage.create(name, _read(item), content_type=entry.content_type)
            except PreconditionFailed:
                pass  # another publisher of the same release was faster; its object is looked at below
            else:
                return True
        info = storage.stat(name)
        if info is None or (info.size, info.crc32c) != (entry.size, entry.crc32c):
            raise ReleaseError(
                f"{storage.uri_of(name)} exists and is another image; nothing was made current"
            )
        return False

    return sum(in_parallel(create, items))


def _create_record(storage: Storage, release: Release) -> None:
    """Write ``release.json`` unless it is there and speaks of the same images."""
    name = record_name(release.campaign, release.release_id)
    if storage.stat(name) is None:
        try:
            storage.create(name, release.to_bytes(), content_type="application/json")
        except PreconditionFailed:
            pass  # another publisher of the same release was faster; its record is looked at below
        else:
            return
    existing = load_release(storage, release.campaign, release.release_id)
    if _essence(existing) != _essence(release):
        raise ReleaseError(f"{storage.uri_of(name)} exists and speaks of other images")


def _essence(release: Release) -> list[tuple[str, str, str, int]]:
    return sorted((o.path, o.sha256, o.crc32c, o.size) for o in release.objects)
