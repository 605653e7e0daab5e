"""Gather an estimate while the jobs of a plan are looked up."""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from localizer.estimates.model import Estimate, Part, Way
from localizer.remote.access import REMOTE_ENGINES, find_access

if TYPE_CHECKING:
    from localizer.copy.prepared import PreparedCopy
    from localizer.model import Job, JobResult
    from localizer.pace import Measured
    from localizer.plan_files import PlanReader

SHOWN = 20
"""Most rows of each kind that are kept."""

_STRINGS = 500  # different missing strings that are counted one by one
_REASON = 500


class Estimator:
    """Counts the jobs of a plan, one after another; eight bytes for each that has to be edited.

    Args:
        measured: what an image took in earlier runs, if there were any.
    """

    def __init__(self, measured: Measured | None = None) -> None:
        self._measured = measured
        self._locales: dict[str, Part] = {}
        self._keys: dict[str, array[int]] = {}
        self._actions: Counter[str] = Counter()
        self._known_by: Counter[str] = Counter()
        self._missing: Counter[tuple[str, str]] = Counter()
        self._more_missing = 0
        self._to_edit: list[tuple[str, str]] = []
        self._no_copy: list[tuple[str, str]] = []

    def add(self, job: Job, known: JobResult | None) -> None:
        """Count a job and what is known of it (`localizer.pipeline.known_result`)."""
        part = self._locales.setdefault(job.locale, Part())
        if job.missing_copy:
            part.no_copy += 1
            _keep(self._no_copy, (job.label, "; ".join(job.missing_copy)[:_REASON]))
            for text in job.missing_copy:
                self._lack(job.locale, text)
        elif known is not None:
            part.known += 1
            self._known_by[known.engine] += 1
        else:
            part.to_edit += 1
            actions = Counter(str(edit.action) for edit in job.edits)
            self._actions.update(actions)
            self._keys.setdefault(job.locale, array("Q")).append(_short(job.key))
            _keep(self._to_edit, (job.label, ", ".join(f"{n} {action}" for action, n in actions.items())))

    def _lack(self, locale: str, text: str) -> None:
        slot = (locale, text[:_REASON])
        if slot in self._missing or len(self._missing) < _STRINGS:
            self._missing[slot] += 1
        else:
            self._more_missing += 1

    def finish(self, plan: PlanReader, way: Way, copy: PreparedCopy | None = None) -> Estimate:
        """The estimate of a plan all of whose jobs were added.

        Args:
            copy: that it was planned with.
        """
        for locale, keys in self._keys.items():
            self._locales[locale].repeated = len(keys) - _different(keys)
        missing = self._missing.most_common()
        out_of_scope = plan.out_of_scope
        return Estimate(
            campaign=plan.campaign,
            made_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            way=way,
            locales=dict(sorted(self._locales.items())),
            known_by=dict(self._known_by.most_common()),
            actions=dict(self._actions.most_common()),
            measured=self._measured,
            rejected=plan.rejected_count,
            first_rejected=tuple(
                (r.asset_id, r.locale, r.reason[:_REASON]) for r in islice(plan.rejected(), SHOWN)
            ),
            out_of_scope=len(out_of_scope),
            first_out_of_scope=out_of_scope[:SHOWN],
            missing_copy=tuple((locale, text, n) for (locale, text), n in missing[:SHOWN]),
            more_missing=sum(n for _, n in missing[SHOWN:]) + self._more_missing,
            first_to_edit=tuple(self._to_edit),
            first_no_copy=tuple(self._no_copy),
            warnings=plan.warnings[:SHOWN],
            copy=copy,
        )


def way_of(
    engine: str,
    *,
    fallbacks: tuple[str, ...] = (),
    tasks: int = 0,
    tasks_at_once: int | None = 1,
    images_a_task: int = 1,
) -> Way:
    """How edits by an engine will be done, with the price of the service that this process has access to.

    Args:
        fallbacks: the engines that the brand names.
        tasks: that the edits are cut into; 0 where they are not.
        tasks_at_once: that will be under way side by side, None where that is not known.
        images_a_task: that each of them does side by side.
    """
    at_once = None if tasks_at_once is None else tasks_at_once * images_a_task
    way = Way(engine, tuple(name for name in fallbacks if name != engine), tasks, at_once)
    if engine not in REMOTE_ENGINES:
        return way
    access = find_access(engine)
    if access is None:
        return replace(way, is_charged=True)
    return replace(
        way,
        is_charged=True,
        price=access.price,
        currency=access.currency,
        per_minute=access.per_minute * (tasks_at_once or 0),  # the connection's limit is one process's
    )


def _keep(rows: list[tuple[str, str]], row: tuple[str, str]) -> None:
    if len(rows) < SHOWN:
        rows.append(row)


def _short(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big")


def _different(keys: array[int]) -> int:
    import numpy as np

    return len(np.unique(np.frombuffer(keys, dtype=np.uint64)))
