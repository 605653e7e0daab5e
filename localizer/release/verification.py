"""Is a release whole: every object there, with the recorded size and checksum."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from localizer.errors import ObjectNotFound, ReleaseError
from localizer.parallel import in_parallel
from localizer.release.record_files import each_object
from localizer.release.records import Release, parse, record_name, release_folder
from localizer.storage import ObjectInfo, Storage, open_storage

log = logging.getLogger(__name__)

MISSING, ALTERED, EXTRA = "missing", "altered", "extra"

_SHOWN = 5

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Expected:
    """What has to stand at a path in a release's folder.

    Attributes:
        generation: of the object whose bytes were looked at; None if they were not.
        sha256: to be compared by reading; empty if size and CRC32C will do.
    """

    path: str
    size: int
    crc32c: str
    generation: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one path of a release's folder.

    Attributes:
        kind: `MISSING`, `ALTERED` or `EXTRA`.
    """

    kind: str
    path: str
    detail: str


def verify_release(
    publish_uri: str, campaign: str, release_id: str, *, client: Any = None, read_all: bool = False
) -> Release:
    """The record of a release whose objects are all there and unchanged; holds all of it in memory.

    Args:
        read_all: read every image and compare its SHA-256, not only the stored size and CRC32C.

    Raises:
        ReleaseError: it does not exist, its record is damaged, or objects are missing or differ; names them.
    """
    storage = open_storage(publish_uri, client=client)
    verify(storage, campaign, release_id, read_all=read_all)
    name = record_name(campaign, release_id)
    return parse(storage.read(name), Release.from_dict, storage.uri_of(name))


def verify(storage: Storage, campaign: str, release_id: str, *, read_all: bool = False) -> None:
    """Like `verify_release`, on an open storage, and flat in memory."""
    objects = each_object(storage, campaign, release_id)
    expected = (Expected(o.path, o.size, o.crc32c, None, o.sha256 if read_all else "") for o in objects)
    compare(storage, campaign, release_id, expected)


def compare(
    storage: Storage,
    campaign: str,
    release_id: str,
    expected: Iterable[Expected],
    *,
    trust_sizes: bool = False,
) -> None:
    """Compare a release's folder, by one listing, with what has to be there.

    A local folder keeps no checksums, so its files are read for them, except the very generation of a file
    whose bytes were looked at before.

    Args:
        expected: by path.
        trust_sizes: where a listing has no checksum, be content with the size.

    Raises:
        ReleaseError: objects are missing or differ; names them.
    """
    few, count = [], 0
    for fault in faults(storage, campaign, release_id, expected, trust_sizes=trust_sizes):
        if fault.kind == EXTRA:
            where = storage.uri_of(f"{release_folder(campaign, release_id)}/{fault.path}")
            log.warning("%s does not belong to the release", where)
            continue
        count += 1
        if count <= _SHOWN:
            few.append(f"{fault.path} {fault.detail}")
    if count:
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        raise ReleaseError(f"release {release_id} is not whole: {'; '.join(few)}{more}")


def faults(
    storage: Storage,
    campaign: str,
    release_id: str,
    expected: Iterable[Expected],
    *,
    trust_sizes: bool = False,
) -> Iterator[Fault]:
    """What is wrong with a release's folder, see `compare`; one after another."""
    folder = release_folder(campaign, release_id)

    def fault(pair: tuple[Expected | None, ObjectInfo | None]) -> Fault | None:
        wanted, info = pair
        if wanted is None:
            path = info.name.removeprefix(f"{folder}/") if info else ""
            return Fault(EXTRA, path, "does not belong to the release")
        try:
            wrong = info and _wrong(storage, wanted, info, trust_size=trust_sizes)
        except ObjectNotFound:
            info = None  # removed since it was listed
        if info is None:
            return Fault(MISSING, wanted.path, "is missing")
        return Fault(ALTERED, wanted.path, wrong) if wrong else None

    pairs = beside(storage, folder, expected, path=lambda each: each.path)
    for found in in_parallel(fault, pairs):
        if found:
            yield found


def _wrong(storage: Storage, wanted: Expected, info: ObjectInfo, *, trust_size: bool) -> str:
    """What is wrong with a listed object, after "this image"; empty if nothing is."""
    other = "is not the image recorded"
    if info.size != wanted.size or info.crc32c not in {"", wanted.crc32c}:
        return other
    if wanted.sha256:
        data, info = storage.read_with_info(info.name)
        if (info.size, info.crc32c) != (wanted.size, wanted.crc32c):
            return other
        return "" if hashlib.sha256(data).hexdigest() == wanted.sha256 else "has another SHA-256"
    if info.crc32c or trust_size or info.generation == wanted.generation:
        return ""
    found = storage.stat(info.name)
    if found is None:
        raise ObjectNotFound(f"{storage.uri_of(info.name)} was removed just now")
    return "" if (found.size, found.crc32c) == (wanted.size, wanted.crc32c) else other


def beside(
    storage: Storage, folder: str, items: Iterable[_Item], *, path: Callable[[_Item], str]
) -> Iterator[tuple[_Item | None, ObjectInfo | None]]:
    """Each item with what a listing of a release's folder says of it; without an item where there is none.

    Args:
        items: in the order of their paths, which is that of the listing.
        path: of an item, below `folder`.
    """
    record = f"{folder}/release.json"
    listing = (info for info in storage.infos(f"{folder}/") if info.name != record)
    info = next(listing, None)
    for item in items:
        name = f"{folder}/{path(item)}"
        while info is not None and info.name < name:
            yield None, info
            info = next(listing, None)
        if info is not None and info.name == name:
            yield item, info
            info = next(listing, None)
        else:
            yield item, None
    while info is not None:
        yield None, info
        info = next(listing, None)
