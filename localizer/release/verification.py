"""Is a release whole: every object there, with the recorded size and checksum."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from localizer.errors import ObjectNotFound, ReleaseError
from localizer.release.records import (
    Release,
    ReleaseObject,
    checked_release_id,
    object_path,
    parse,
    record_name,
    release_folder,
    release_id_of,
)
from localizer.storage import Storage, open_storage

log = logging.getLogger(__name__)

_THREADS = 8  # Google's client keeps ten connections
_SHOWN = 5

_Item = TypeVar("_Item")
_Out = TypeVar("_Out")


def verify_release(
    publish_uri: str, campaign: str, release_id: str, *, client: Any = None, read_all: bool = False
) -> Release:
    """The record of a release whose objects are all there and unchanged.

    Args:
        read_all: read every image and compare its SHA-256, not only the stored size and CRC32C.

    Raises:
        ReleaseError: it does not exist, its record is damaged, or objects are missing or differ; names them.
    """
    return verify(open_storage(publish_uri, client=client), campaign, release_id, read_all=read_all)


def verify(storage: Storage, campaign: str, release_id: str, *, read_all: bool = False) -> Release:
    """Like `verify_release`, on an open storage."""
    release = load_release(storage, campaign, release_id)
    folder = release_folder(campaign, release_id)
    listed = set(storage.names(f"{folder}/"))

    def fault(each: ReleaseObject) -> str | None:
        name = f"{folder}/{each.path}"
        info = storage.stat(name) if name in listed else None
        if info is None:
            return f"{each.path} is missing"
        if (info.size, info.crc32c) != (each.size, each.crc32c):
            return f"{each.path} is not the image recorded"
        if read_all and hashlib.sha256(storage.read(name)).hexdigest() != each.sha256:
            return f"{each.path} has another SHA-256"
        return None

    faults = [found for found in in_parallel(fault, release.objects) if found]
    if faults:
        more = f" and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise ReleaseError(f"release {release_id} is not whole: {'; '.join(faults[:_SHOWN])}{more}")
    known = {f"{folder}/{each.path}" for each in release.objects} | {record_name(campaign, release_id)}
    for stray in sorted(listed - known):
        log.warning("%s does not belong to the release", storage.uri_of(stray))
    return release


def load_release(storage: Storage, campaign: str, release_id: str) -> Release:
    """The record of a release, consistent in itself; its images are not looked at.

    Raises:
        ReleaseError: there is none, or it is damaged.
    """
    name = record_name(campaign, release_id)
    try:
        release = parse(storage.read(name), Release.from_dict, storage.uri_of(name))
    except ObjectNotFound as error:
        raise ReleaseError(f"there is no release {release_id}: {error}") from error
    for each in release.objects:
        if each.path != object_path(each.locale, each.asset_id, each.path.rpartition(".")[2]):
            raise ReleaseError(f"{storage.uri_of(name)}: {each.path!r} does not match its asset and locale")
    says = (release.release_id, release.campaign, release_id_of((o.path, o.sha256) for o in release.objects))
    if says != (checked_release_id(release_id), campaign, release_id):
        raise ReleaseError(f"{storage.uri_of(name)} does not belong to release {release_id} of {campaign}")
    return release


def in_parallel(work: Callable[[_Item], _Out], items: Iterable[_Item]) -> Sequence[_Out]:
    """Results in order; the first error is raised and what has not begun is left undone."""
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="release") as pool:
        return list(pool.map(work, items))
