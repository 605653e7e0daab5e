"""The ``redo`` command: one image of a run again, without Airflow."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.display import lines, one_line
from localizer.errors import InputError
from localizer.redo.means import Means
from localizer.redo.redoing import redo, report_again
from localizer.redo.wish import SETS_TEXT, Wish, find_planned, parse_item
from localizer.remote.access import access_for, use_access
from localizer.workspace import Workspace

if TYPE_CHECKING:
    from localizer.model import Job
    from localizer.runs import Run


@dataclass(frozen=True, slots=True)
class RedoOptions:
    """What the command line asks for; see ``python -m localizer redo --help``."""

    workspace: str
    run: str
    item: str
    replacements: tuple[str, ...] = ()
    engine: str | None = None
    brand: str | None = None
    engine_parameters: Mapping[str, Any] = field(default_factory=dict)
    engine_url: str = ""
    requested_by: str = ""
    comment: str = ""


def redo_item(options: RedoOptions) -> None:
    """Do what the options say, and say on stdout what came of it.

    Raises:
        InputError: there is nothing to do again, see `localizer.redo.redo`.
        ConfigurationError: there is no such engine, or something is not installed.
        StorageError, TransientError: workspace or engine do not answer.
    """
    workspace = Workspace.open(options.workspace)
    run = workspace.run(options.run)
    asset_id, locale = parse_item(options.item)
    with run.plan() as plan:
        means = Means.chosen(
            plan.made_with,
            engine=options.engine,
            engine_parameters=options.engine_parameters,
            brand=options.brand and str(Path(options.brand).absolute()),
        )
        planned = find_planned(plan, asset_id, locale)
    wish = Wish(
        id=f"cli-{secrets.token_hex(8)}",
        asset_id=asset_id,
        locale=locale,
        by=options.requested_by,
        replacements=by_edit(_there(run, planned), options.replacements),
        why=options.comment,
    )
    with use_access(means.engine, access_for(means.engine, options.engine_url)):
        redone = redo(wish, workspace=workspace, run=run, means=means, on_wait=_tell_wait)
    _say(redone.message)
    for line in redone.to_keep:
        _say(line)
    if run.is_merged():
        _say(f"report   {report_again(workspace, run)}")


def by_edit(job: Job, texts: Sequence[str]) -> tuple[str | None, ...]:
    """Texts for the edits that set any, in their order, as one replacement for each edit of a job.

    Args:
        texts: an empty one leaves its edit as it is.

    Raises:
        InputError: more or fewer than there are such edits.
    """
    if not texts:
        return ()
    setting = [edit for edit in job.edits if edit.action in SETS_TEXT]
    if len(texts) != len(setting):
        now = ", ".join(f"“{edit.replacement}”" for edit in setting) or "none"
        raise InputError(
            f"--replacement: {len(texts)} given, {job.label} sets {len(setting)} texts ({now}); give one for "
            'each, in this order, and "" where it stays'
        )
    left = iter(texts)
    return tuple((next(left) or None) if edit.action in SETS_TEXT else None for edit in job.edits)


def _there(run: Run, planned: Job) -> Job:
    """What stands in the place of a planned job now."""
    found = [each.job for each in run.amendments() if each.counts and each.planned == planned.slot]
    return found[-1] if found else planned


def _tell_wait(holder: str) -> None:
    sys.stderr.write(one_line(f"{holder} is doing the same right now; waiting for it") + "\n")


def _say(text: str) -> None:
    sys.stdout.write(lines(text) + "\n")
