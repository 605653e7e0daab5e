"""Looking at what is published: is every object there, and the very one that was recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from localizer.display import one_line
from localizer.errors import InputError, ReleaseError
from localizer.release.history import Trail, read_pointer
from localizer.release.listing import each_campaign, each_release
from localizer.release.record_files import each_object
from localizer.release.records import checked_release_id, pointer_name, record_name
from localizer.release.verification import ALTERED, EXTRA, MISSING, Expected, Fault, faults
from localizer.storage import Storage

CURRENT, ALL = "current", "all"

_SHOWN = 20


@dataclass(slots=True)
class Inspection:
    """What a look at one release found.

    Attributes:
        release_id: "" where the campaign's pointer itself is damaged.
        current: whether it was current.
        objects, size: images that its record names, and their bytes.
        counts: faults by kind (`MISSING`, `ALTERED`, `EXTRA`).
        shown: the first of them.
        broken: why nothing more can be said: the record or the pointer is missing or damaged.
    """

    campaign: str
    release_id: str
    current: bool = False
    objects: int = 0
    size: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    shown: list[Fault] = field(default_factory=list)
    broken: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.broken and not self.counts.total()

    def to_dict(self) -> dict[str, Any]:
        return {
            "campaign": self.campaign,
            "release_id": self.release_id,
            "current": self.current,
            "whole": self.is_whole,
            "objects": self.objects,
            "bytes": self.size,
            **{kind: self.counts[kind] for kind in (MISSING, ALTERED, EXTRA)},
            "faults": [{"kind": each.kind, "path": each.path, "detail": each.detail} for each in self.shown],
            "broken": self.broken,
        }


def inspect_release(storage: Storage, campaign: str, release_id: str) -> Inspection:
    """Read every image of a release, one at a time, and compare its size, CRC32C and SHA-256 with the record.

    Raises:
        TransientError: storage did not answer; what it answers is in what is returned.
    """
    found = Inspection(campaign, release_id)

    def expected() -> Iterator[Expected]:
        for each in each_object(storage, campaign, release_id):
            found.objects, found.size = found.objects + 1, found.size + each.size
            yield Expected(each.path, each.size, each.crc32c, None, each.sha256)

    try:
        for fault in faults(storage, campaign, release_id, expected()):
            found.counts[fault.kind] += 1
            if len(found.shown) < _SHOWN:
                found.shown.append(fault)
    except ReleaseError as error:
        found.broken = str(error)
    return found


def inspect(storage: Storage, campaign: str = "", which: str = CURRENT) -> Iterator[Inspection]:
    """Look at releases, one after another.

    Args:
        campaign: "" for all that are published there.
        which: `CURRENT`, `ALL`, or the id of a release.

    Raises:
        InputError: nothing is published there, so there is nothing to look at.
        TransientError: storage did not answer.
    """
    if which not in {CURRENT, ALL}:
        checked_release_id(which)
        if not campaign:
            raise InputError(f"of which campaign is {which}?")
    seen = False
    for name in [campaign] if campaign else each_campaign(storage):
        for found in _inspect_campaign(storage, name, which):
            seen = True
            yield found
    if not seen:
        raise InputError(f"nothing of {campaign or 'any campaign'} is published at {storage.uri}")


def _inspect_campaign(storage: Storage, campaign: str, which: str) -> Iterator[Inspection]:
    try:
        pointer = read_pointer(storage, campaign)
        if which == ALL:
            touched = Trail.of(storage, campaign).touched
            chosen = [r.release_id for r in each_release(storage, campaign, touched) if r.has_record]
        else:
            chosen = [which] if which != CURRENT else [pointer.release_id] if pointer else []
    except ReleaseError as error:
        yield Inspection(campaign, "", current=True, broken=str(error))
        return
    current = pointer.release_id if pointer else None
    if which == ALL and current and current not in chosen:
        chosen.append(current)  # it has no record, which is to be told
    for release_id in chosen:
        found = inspect_release(storage, campaign, release_id)
        found.current = release_id == current
        removed = not found.is_whole and which == ALL and not found.current
        if removed and storage.stat(record_name(campaign, release_id)) is None:
            continue  # retention took it while it was looked at
        yield found


def table(found: Iterable[Inspection]) -> str:
    """What was found, for a person: a row a release, then the first faults of each."""
    rows: list[tuple[str, ...]] = [("campaign", "release", "images", MISSING, ALTERED, EXTRA, "")]
    details: list[str] = []
    for each in found:
        state = "whole" if each.is_whole else "BROKEN" if each.broken else "DIFFERS"
        rows.append(
            (
                each.campaign,
                (each.release_id or pointer_name(each.campaign)) + (" *" if each.current else ""),
                str(each.objects),
                *(str(each.counts[kind]) for kind in (MISSING, ALTERED, EXTRA)),
                state,
            )
        )
        details += [f"{each.release_id}  {one_line(each.broken)}"] if each.broken else []
        details += [f"{each.release_id}  {f.kind:8s}{one_line(f.path)}" for f in each.shown]
        more = each.counts.total() - len(each.shown)
        details += [f"{each.release_id}  … and {more} more"] if more else []
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in [*lines, *details])
