"""``release.json`` as a stream: written to a file and read back without holding its objects."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from localizer.documents import DAMAGED
from localizer.errors import ObjectNotFound, ReleaseError
from localizer.release.records import (
    ReleaseObject,
    checked_release_id,
    object_path,
    record_name,
)
from localizer.storage import Storage


class IdHash:
    """Works out the id of a set of images: the same images under the same names are the same release."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._last = ""

    def add(self, path: str, sha256: str) -> None:
        """Take the next image into account.

        Raises:
            ReleaseError: it does not come after the one before, by its path.
        """
        if path <= self._last:
            raise ReleaseError(f"{path!r} after {self._last!r}: a release lists its images by their paths")
        self._hash.update(f"{path}\t{sha256}\n".encode())
        self._last = path

    @property
    def release_id(self) -> str:
        return f"r-{self._hash.hexdigest()[:16]}"


def write_record(
    file: IO[str], head: Mapping[str, Any], objects: Iterable[Mapping[str, Any]], tail: Mapping[str, Any]
) -> None:
    """Write a record as `Release.to_bytes` gives it, one object after another.

    Args:
        head: what comes before the objects.
        tail: what comes after them.
    """
    file.write("{\n")
    for name, value in head.items():
        file.write(f" {json.dumps(name)}: {_json(value, 1)},\n")
    file.write(' "objects": [')
    separator = "\n"
    for each in objects:
        file.write(f"{separator}  {_json(each, 2)}")
        separator = ",\n"
    file.write("]" if separator == "\n" else "\n ]")
    for name, value in tail.items():
        file.write(f",\n {json.dumps(name)}: {_json(value, 1)}")
    file.write("\n}\n")


def each_object(storage: Storage, campaign: str, release_id: str) -> Iterator[ReleaseObject]:
    """The objects of a release's record, in order; the images themselves are not looked at.

    Whether the record is the release's own is known at the end only, so do nothing final before that.

    Raises:
        ReleaseError: there is no such release, or its record is damaged or another release's.
    """
    import ijson

    name = record_name(campaign, release_id)
    where = storage.uri_of(name)
    identity = IdHash()
    try:
        with storage.open(name) as file:
            head = _head(file, where)
            file.seek(0)
            with _undamaged(where):
                for record in ijson.items(file, "objects.item", use_float=True):
                    each = ReleaseObject.from_dict(record)
                    if each.path != object_path(each.locale, each.asset_id, each.path.rpartition(".")[2]):
                        raise ReleaseError(f"{where}: {each.path!r} does not match its asset and locale")
                    identity.add(each.path, each.sha256)
                    yield each
    except ObjectNotFound as error:
        raise ReleaseError(f"there is no release {release_id}: {error}") from error
    says = (head.get("release_id"), head.get("campaign"), identity.release_id)
    if says != (checked_release_id(release_id), campaign, release_id):
        raise ReleaseError(f"{where} does not belong to release {release_id} of {campaign}")


def read_head(storage: Storage, campaign: str, release_id: str) -> dict[str, str]:
    """What a release's record says before its objects: ``created_at``, ``run``, ``parent`` and so on.

    Raises:
        ObjectNotFound: there is no record.
        ReleaseError: it is damaged, or another release's.
    """
    name = record_name(campaign, release_id)
    where = storage.uri_of(name)
    with storage.open(name) as file:
        head = _head(file, where)
    if (head.get("release_id"), head.get("campaign")) != (release_id, campaign):
        raise ReleaseError(f"{where} does not belong to release {release_id} of {campaign}")
    return head


def _head(file: IO[bytes], where: str) -> dict[str, str]:
    """The texts that a record begins with, up to its objects."""
    import ijson

    found: dict[str, str] = {}
    with _undamaged(where):
        for prefix, event, value in ijson.parse(file):
            if event == "string" and "." not in prefix:
                found[prefix] = value
            if (prefix, event) == ("objects", "start_array") and {"release_id", "campaign"} <= set(found):
                break
    return found


@contextmanager
def _undamaged(where: str) -> Iterator[None]:
    import ijson

    try:
        yield
    except (ijson.JSONError, *DAMAGED) as error:
        raise ReleaseError(f"{where} is damaged: {error!r}") from error


def _json(value: Any, depth: int) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1).replace("\n", "\n" + " " * depth)
