"""A person's word on the drafts of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from localizer.copy.approvals import CopyDecision, keep_decisions, refusal
from localizer.copy.run_copy import each_unit
from localizer.copy.saving import load_prepared, save_prepared, save_units
from localizer.copy.units import CopyState, CopyUnit
from localizer.errors import InputError

if TYPE_CHECKING:
    from localizer.runs import Run
    from localizer.workspace import Workspace


_TOGETHER = 5000  # decisions that are recorded at once


class Approved(NamedTuple):
    """How many drafts were approved, and how many refused."""

    approved: int
    refused: int


def approve_drafts(
    run: Run,
    workspace: Workspace,
    *,
    by: str,
    at: str,
    refuse: Collection[str] = (),
    comment: str = "",
    shown: str = "",
) -> Approved:
    """Approve the drafts of a run but for those that are refused, for this run and later ones of the brand.

    A refused draft is missing from then on: it is not proposed again, and its images wait for other copy.

    Args:
        by: the person.
        at: ISO 8601 UTC time.
        refuse: ids of drafts (`CopyUnit.id`).
        comment: of that person, kept with each of them.
        shown: `PreparedCopy.digest` of what the person saw; empty: whatever is there.

    Raises:
        InputError: there is another copy by now, or an id is none of a draft.
        ObjectNotFound: the run's copy was not prepared.
        StorageError, TransientError: it cannot be recorded.
    """
    prepared = load_prepared(run)
    if shown and shown != prepared.digest:
        raise InputError("the copy was prepared anew since it was shown; look at it again")
    refused = _known(run, refuse)
    word = _Word(by, at, comment, refused, prepared.brand)
    counts: Counter[CopyState] = Counter()
    drafts = _drafts(run)
    while batch := list(islice(drafts, _TOGETHER)):
        for unit in batch:
            counts[word.on(unit).state] += 1
        keep_decisions(workspace.storage, map(word.decision, batch))
    # The workspace first: cut off here, the same call finds the same drafts.
    saved = save_units(run, map(word.on, each_unit(run)))
    now = replace(prepared, counts=saved.counts, units=saved.units, to_fill=saved.to_fill)
    save_prepared(run, now)
    return Approved(counts[CopyState.APPROVED], counts[CopyState.MISSING])


def _drafts(run: Run) -> Iterator[CopyUnit]:
    return (unit for unit in each_unit(run) if unit.state is CopyState.DRAFT)


def _known(run: Run, refuse: Collection[str]) -> frozenset[str]:
    """The ids, if all of them are of drafts; or of what was refused before, so that a retry may say it again.

    Raises:
        InputError: names those that are not.
    """
    wanted = frozenset(refuse)
    if wanted:
        open_ids = {u.id for u in each_unit(run) if u.id in wanted and u.state is not CopyState.APPROVED}
        if unknown := sorted(wanted - open_ids):
            raise InputError(
                f"no draft of this run has the id {', '.join(unknown[:20])}; `copy status` lists them"
            )
    return wanted


class _Word(NamedTuple):
    """What a person says."""

    by: str
    at: str
    comment: str
    refused: frozenset[str]
    brand: str

    def on(self, unit: CopyUnit) -> CopyUnit:
        """A unit with that word; one that is no draft stays as it is."""
        if unit.state is not CopyState.DRAFT:
            return unit
        if unit.id not in self.refused:
            return replace(unit, state=CopyState.APPROVED, approved_by=self.by)
        return replace(
            unit, state=CopyState.MISSING, findings=(refusal(self.by, self.comment), *unit.findings)
        )

    def decision(self, unit: CopyUnit) -> CopyDecision:
        return CopyDecision(
            source=unit.source,
            source_locale=unit.source_locale,
            locale=unit.locale,
            target=unit.target,
            approved=unit.id not in self.refused,
            origin=unit.origin,
            by=self.by,
            at=self.at,
            comment=self.comment,
            brand=self.brand,
        )
