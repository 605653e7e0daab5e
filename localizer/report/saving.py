"""Write the report of a run, and its table, into the workspace."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from localizer.model import Job, JobResult, slot_of
from localizer.report.copy_section import copy_of
from localizer.report.page import render_report
from localizer.report.table import ResultTable
from localizer.runs.merging import local_disk, temporary_folder
from localizer.runs.run import TABLE, Run
from localizer.workspace import Workspace


def take_back(release_uri: str) -> str:
    """The command that takes a release back; empty where none was published."""
    place, found, _ = release_uri.rstrip("/").rpartition("/releases/")
    target, _, campaign = place.rpartition("/")
    if not (found and target):
        return ""
    return (
        f'python -m localizer release rollback {shlex.quote(target)} {shlex.quote(campaign)} --reason "..."'
    )


def save_report(
    workspace: Workspace,
    run: Run,
    *,
    results: Iterable[JobResult | Job] | None = None,
    release_id: str = "",
    release_uri: str = "",
    seconds: float | None = None,
) -> str:
    """Render ``report.html`` and ``results.csv`` of a planned run and keep them; the report's path or URI.

    Args:
        results: default the merged ones; of a run that still goes on, those there are, and the jobs that
            have none.
        release_id: empty if nothing was published.
        seconds: wall-clock time of the run.

    Raises:
        ObjectNotFound: the run was not planned, or not merged.
    """
    with temporary_folder() as folder, run.plan() as plan, run.latest_decisions() as decisions:
        page, table = folder / "report.html", folder / TABLE
        with local_disk():
            file = table.open("w", encoding="utf-8-sig", newline="")
        with file:
            rows = ResultTable(file)

            def through() -> Iterator[JobResult | Job]:
                for result in run.each_result() if results is None else results:
                    if isinstance(result, Job):
                        rows.add(result)
                    else:
                        rows.add(result, decisions.get(slot_of(result)))
                    yield result

            render_report(
                page,
                campaign=plan.campaign,
                run_id=run.run_id,
                results=through(),
                generated_at=datetime.now(UTC),
                read=workspace.storage.read,
                warnings=plan.warnings,
                out_of_scope=plan.out_of_scope,
                decisions=decisions,
                redone={each.job.slot: each for each in run.amendments() if each.counts},
                release_id=release_id,
                release_uri=release_uri,
                seconds=seconds,
                estimate=run.estimate(),
                take_back=take_back(release_uri),
                copy=copy_of(run),
            )
        return run.save_report(page, table)
