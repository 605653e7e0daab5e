"""Is a release whole: every object there, with the recorded size and checksum."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from localizer.errors import ReleaseError
from localizer.parallel import in_parallel
from localizer.release.record_files import each_object
from localizer.release.records import Release, parse, record_name, release_folder
from localizer.storage import ObjectInfo, Storage, open_storage

log = logging.getLogger(__name__)

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
    folder = release_folder(campaign, release_id)

    def fault(pair: tuple[Expected, ObjectInfo | None]) -> str | None:
        wanted, info = pair
        if info is None:
            return f"{wanted.path} is missing"
        crc32c = info.crc32c
        if info.size == wanted.size and not crc32c:
            if trust_sizes or info.generation == wanted.generation:
                crc32c = wanted.crc32c
            else:
                found = storage.stat(info.name)
                crc32c = found.crc32c if found else ""
        if (info.size, crc32c) != (wanted.size, wanted.crc32c):
            return f"{wanted.path} is not the image recorded"
        if wanted.sha256 and hashlib.sha256(storage.read(info.name)).hexdigest() != wanted.sha256:
            return f"{wanted.path} has another SHA-256"
        return None

    faults: list[str] = []
    count = 0
    for found in in_parallel(fault, beside(storage, folder, expected, path=lambda each: each.path)):
        if found:
            count += 1
            if count <= _SHOWN:
                faults.append(found)
    if faults:
        more = f" and {count - _SHOWN} more" if count > _SHOWN else ""
        raise ReleaseError(f"release {release_id} is not whole: {'; '.join(faults)}{more}")


def beside(
    storage: Storage, folder: str, items: Iterable[_Item], *, path: Callable[[_Item], str]
) -> Iterator[tuple[_Item, ObjectInfo | None]]:
    """Each item with what a listing of a release's folder says of it; says which objects are strays.

    Args:
        items: in the order of their paths, which is that of the listing.
        path: of an item, below `folder`.
    """
    listing = storage.infos(f"{folder}/")
    info = next(listing, None)

    def pass_strays(until: str | None) -> None:
        nonlocal info
        while info is not None and (until is None or info.name < until):
            if info.name != f"{folder}/release.json":
                log.warning("%s does not belong to the release", storage.uri_of(info.name))
            info = next(listing, None)

    for item in items:
        name = f"{folder}/{path(item)}"
        pass_strays(name)
        if info is not None and info.name == name:
            yield item, info
            info = next(listing, None)
        else:
            yield item, None
    pass_strays(None)
