"""What differs between two releases of a campaign, and a rollback as it is proposed to a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from localizer.display import markdown, markdown_code
from localizer.errors import InputError, ObjectNotFound, ReleaseError
from localizer.release.history import Trail, require_pointer
from localizer.release.record_files import each_object, read_head
from localizer.release.records import Pointer, ReleaseObject, checked_release_id
from localizer.storage import Storage

SAME, CHANGED, GOES, COMES = "same", "changed", "goes", "comes"
KINDS = (SAME, CHANGED, GOES, COMES)

_LOCALES = 40
_EXAMPLES = 10
_CELL = 200  # characters


@dataclass(slots=True)
class Changes:
    """What a reader of the published images will see.

    Attributes:
        by_locale: images of each locale by kind: `SAME`, `CHANGED` (another picture under the same name),
            `GOES` (only in the release that is left), `COMES` (only in the one that becomes current).
        examples: the first that are not the same, as ``kind path``.
        unknown: why nothing can be said; empty if it can.
    """

    by_locale: dict[str, Counter[str]] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    unknown: str = ""

    def add(self, kind: str, each: ReleaseObject) -> None:
        self.by_locale.setdefault(each.locale, Counter())[kind] += 1
        if kind != SAME and len(self.examples) < _EXAMPLES:
            self.examples.append(f"{kind} {each.path}")

    @property
    def total(self) -> Counter[str]:
        return sum(self.by_locale.values(), Counter())

    def rows(self) -> Iterator[tuple[str, list[int]]]:
        """The locales and their counts in the order of `KINDS`; of very many the rest as one."""
        names = sorted(self.by_locale)
        most = len(names) if len(names) <= _LOCALES else _LOCALES - 1
        for name in names[:most]:
            yield name, [self.by_locale[name][kind] for kind in KINDS]
        if rest := names[most:]:
            yield f"{len(rest)} more", [sum(self.by_locale[name][kind] for name in rest) for kind in KINDS]


def changes(storage: Storage, campaign: str, leaving: str, coming: str) -> Changes:
    """Compare two releases by their records, image by image; the images are not read.

    Raises:
        ReleaseError: one does not exist or its record is damaged.
    """
    found = Changes()
    old, new = each_object(storage, campaign, leaving), each_object(storage, campaign, coming)
    a, b = next(old, None), next(new, None)
    while a is not None or b is not None:
        if a is not None and (b is None or a.path < b.path):
            found.add(GOES, a)
            a = next(old, None)
        elif b is not None and (a is None or b.path < a.path):
            found.add(COMES, b)
            b = next(new, None)
        elif a is not None and b is not None:
            found.add(SAME if a.sha256 == b.sha256 else CHANGED, b)
            a, b = next(old, None), next(new, None)
    return found


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rollback as a person is asked about it.

    Attributes:
        shown: the pointer as it was; only from there may it be moved on the person's word.
        release_id: what would become current.
        made_at, made_by: of that release: when, and in which run.
    """

    shown: Pointer
    release_id: str
    made_at: str
    made_by: str
    changes: Changes

    @property
    def headline(self) -> str:
        total = self.changes.total
        what = f"{total[CHANGED]} images change, {total[GOES]} go, {total[COMES]} come, {total[SAME]} stay"
        if self.changes.unknown:
            what = "what changes is not known, because the current release is damaged"
        return f"Take {self.shown.campaign} back from {self.shown.release_id} to {self.release_id}: {what}"

    def body(self) -> str:
        """What the person reads, in Markdown."""
        shown = self.shown
        moved = f"made current at {shown.moved_at} by {shown.moved_by} ({shown.action})"
        made = f"made at {self.made_at} by run {self.made_by}"
        lines = [
            "| | release | |",
            "|---|---|---|",
            f"| from | `{shown.release_id}` | {markdown(moved, most=_CELL)} |",
            f"| to | `{self.release_id}` | {markdown(made, most=_CELL)} |",
            "",
        ]
        if self.changes.unknown:
            lines.append(f"What changes is not known: {markdown(self.changes.unknown, most=_CELL)}")
        else:
            lines += ["| locale | stay | change | go | come |", "|---|---|---|---|---|"]
        for locale, counts in self.changes.rows():
            lines.append(f"| {markdown(locale, most=_CELL)} | {' | '.join(map(str, counts))} |")
        if self.changes.examples:
            shown_paths = ", ".join(markdown_code(each, most=_CELL) for each in self.changes.examples)
            lines += ["", f"For example: {shown_paths}"]
        lines += ["", "Only the pointer moves; no image is written or removed, and this can be undone."]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe, and small whatever the size of the releases."""
        return {
            "campaign": self.shown.campaign,
            "release_id": self.release_id,
            "shown": self.shown.to_dict() | {"generation": self.shown.generation},
            "headline": self.headline,
            "body": self.body(),
            "counts": {kind: self.changes.total[kind] for kind in KINDS},
        }


def shown_pointer(proposal: Mapping[str, Any]) -> Pointer:
    """The pointer that a proposal, as `Proposal.to_dict` gives it, was made from.

    Raises:
        InputError: it is not a proposal.
    """
    try:
        return Pointer.from_dict(proposal["shown"])
    except (KeyError, TypeError, ValueError, ReleaseError) as error:
        raise InputError(f"not a proposal of a rollback: {error!r}") from error


def propose(storage: Storage, campaign: str, release_id: str = "", *, leaving: str = "") -> Proposal:
    """Work out what a rollback would do; nothing is written.

    Args:
        release_id: "" for the one before: the nearest release that led to the current one and still exists.
        leaving: the release that is to be taken back; "" for whichever is current.

    Raises:
        InputError: that is current already, `leaving` is not current, or there is nothing to go back to.
        ReleaseError: it does not exist, its record is damaged, or it is being removed.
    """
    pointer = require_pointer(storage, campaign)
    if leaving and pointer.release_id != leaving:
        raise InputError(f"{leaving} is not current, {pointer.release_id} is: there is nothing to take back")
    target = release_id or Trail.of(storage, campaign).before(storage, pointer)
    if not target:
        raise InputError(f"{pointer.release_id} is the first release of {campaign}: there is none before it")
    checked_release_id(target)
    if target == pointer.release_id:
        raise InputError(f"{target} is current already: nothing to take back")
    if pointer.is_retiring(target):
        raise ReleaseError(f"{target} is being removed by retention; choose another release")
    try:
        head = read_head(storage, campaign, target)
    except ObjectNotFound as error:
        raise ReleaseError(f"there is no release {target} of {campaign}: {error}") from error
    return Proposal(
        pointer,
        target,
        head.get("created_at", ""),
        head.get("run", ""),
        _changes_if_known(storage, campaign, pointer.release_id, target),
    )


def _changes_if_known(storage: Storage, campaign: str, leaving: str, coming: str) -> Changes:
    """A current release whose record is damaged is one more reason to take it back."""
    try:
        return changes(storage, campaign, leaving, coming)
    except ReleaseError as error:
        for _ in each_object(storage, campaign, coming):
            pass  # raises if it is this one that is damaged
        return Changes(unknown=str(error))
