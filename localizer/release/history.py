"""The audit trail of a campaign: a create-once record of each move of its pointer, and what they add up to.

``current.json`` stays the truth; a move happens when it is replaced. The record of the move is written right
after, and holds what the pointer said. Should the process die in between, the pointer still says it all: it
is not replaced again before its record stands (`record_move` comes first in `move_pointer`), and readers put
the move of a pointer without a record at the end. So no move is ever lost, and none is recorded that did not
happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from localizer.errors import InputError, ObjectNotFound, PreconditionFailed
from localizer.parallel import in_parallel
from localizer.release.records import Pointer, as_json, history_folder, parse, pointer_name, record_name
from localizer.storage import Storage

_MOVE = re.compile(r"\d{6,}-[0-9A-Za-z]*-(?!prune-)[a-z]+-r-[0-9a-f]{16}\.json")
_JSON = "application/json"


def read_pointer(storage: Storage, campaign: str) -> Pointer | None:
    """The pointer of a campaign with its generation, or None if nothing was published yet.

    Raises:
        ReleaseError: ``current.json`` is damaged.
    """
    name = pointer_name(campaign)
    try:
        data, info = storage.read_with_info(name)
    except ObjectNotFound:
        return None
    return replace(parse(data, Pointer.from_dict, storage.uri_of(name)), generation=info.generation)


def require_pointer(storage: Storage, campaign: str) -> Pointer:
    """The pointer of a campaign of which something is published.

    Raises:
        InputError: nothing is.
        ReleaseError: ``current.json`` is damaged.
    """
    pointer = read_pointer(storage, campaign)
    if pointer is None:
        raise InputError(f"nothing of {campaign!r} is published at {storage.uri}")
    return pointer


def record_move(storage: Storage, pointer: Pointer) -> None:
    """See to it that a move of the pointer has its record; one that has it is left as it is."""
    action = re.sub(r"[^a-z]", "", pointer.action) or "move"
    name = _name(pointer.campaign, pointer.number, pointer.moved_at, f"{action}-{pointer.release_id}")
    _create(storage, name, pointer.to_dict())


def record_removal(storage: Storage, pointer: Pointer) -> None:
    """The same for releases that retention removed; `pointer` says which."""
    retiring = pointer.retiring
    if retiring is None:
        return
    name = _name(pointer.campaign, pointer.number, retiring.at, f"prune-{retiring.token}")
    _create(
        storage,
        name,
        {
            "action": "prune",
            "campaign": pointer.campaign,
            "releases": list(retiring.releases),
            "removed_by": retiring.by,
            "removed_at": retiring.at,
        },
    )


def each_move(storage: Storage, campaign: str) -> Iterator[Pointer]:
    """The moves of a campaign's pointer, oldest first, as far back as they were recorded.

    Raises:
        ReleaseError: a record is damaged, or ``current.json`` is.
    """
    # Before the records: what was current then is in them, or is the very last.
    current = read_pointer(storage, campaign)

    def read(name: str) -> Pointer:
        return parse(storage.read(name), Pointer.from_dict, storage.uri_of(name))

    names = (
        n for n in storage.names(f"{history_folder(campaign)}/") if _MOVE.fullmatch(n.rpartition("/")[2])
    )
    recorded = False
    for move in in_parallel(read, names):
        recorded = recorded or move == current
        yield move
    if current is not None and not recorded:
        yield current


class Trail:
    """What the moves of a pointer add up to.

    Attributes:
        way_back: the releases that led to the current one, which is the last; what was rolled back is out.
        published: by release, the move by which a run made it current last.
        taken_back: by release that a person left by a rollback and nobody returned to, the move that did it.
        touched: by release, when it last became or ceased to be current; the last one comes last.
    """

    def __init__(self) -> None:
        self.way_back: list[str] = []
        self.published: dict[str, Pointer] = {}
        self.taken_back: dict[str, Pointer] = {}
        self.touched: dict[str, str] = {}

    @classmethod
    def of(cls, storage: Storage, campaign: str) -> Trail:
        """The trail of a campaign; raises like `each_move`."""
        trail = cls()
        for move in each_move(storage, campaign):
            trail.follow(move)
        return trail

    def follow(self, move: Pointer) -> None:
        """Take the next move into account."""
        if not self.way_back and move.previous and move.action == "publish":
            self.way_back.append(move.previous)  # from before moves were recorded
        left = [move.previous] if move.previous else []
        if move.action == "rollback":
            if move.release_id in self.way_back:
                at = len(self.way_back) - self.way_back[::-1].index(move.release_id)
                left += self.way_back[at:]
                del self.way_back[at:]
            for release_id in left:
                self.taken_back[release_id] = move
        self.taken_back.pop(move.release_id, None)
        if move.action == "publish":
            self.published[move.release_id] = move
        if self.way_back[-1:] != [move.release_id]:
            self.way_back.append(move.release_id)
        for each in (move.previous, move.release_id):
            if each:
                self.touched.pop(each, None)
                self.touched[each] = move.moved_at

    def before(self, storage: Storage, pointer: Pointer) -> str | None:
        """The release that "the one before" means: the nearest on the way back that still exists."""
        for release_id in self.way_back[-2::-1]:
            is_other = release_id != pointer.release_id and not pointer.is_retiring(release_id)
            if is_other and storage.stat(record_name(pointer.campaign, release_id)) is not None:
                return release_id
        return None


def _name(campaign: str, number: int, at: str, what: str) -> str:
    # The time and the release tell records apart should somebody put an older current.json back by hand.
    time = re.sub(r"[^0-9A-Za-z]", "", at[:19])
    return f"{history_folder(campaign)}/{number:06d}-{time}-{what}.json"


def _create(storage: Storage, name: str, record: Mapping[str, Any]) -> None:
    if storage.stat(name) is not None:
        return
    with suppress(PreconditionFailed):  # another process saw to it just now
        storage.create(name, as_json(record), content_type=_JSON)
