"""The ``plan`` command: what a run would do, how long it would take and what it would cost; edits nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.errors import InputError
from localizer.run_command import default_workers, prepared

if TYPE_CHECKING:
    from localizer.estimates import Estimate
    from localizer.run_command import RunOptions


def plan(options: RunOptions, *, as_json: bool = False, page: Path | None = None) -> Estimate:
    """Show the plan of a run with what it would take.

    Args:
        options: of the run; what concerns its results and its release counts for nothing.
        as_json: one JSON object, in place of a table.
        page: write it as one HTML file, too.

    Raises:
        InputError: manifest, copy deck, brand kit or an option cannot be used at all.
        ConfigurationError: there is no such engine, or something is not installed.
        StorageError, TransientError: the workspace cannot be used.
    """
    from localizer.engines.base import concurrency_of
    from localizer.estimates.estimating import Estimator, way_of
    from localizer.estimates.text import as_lines
    from localizer.pace import measured, pace_name
    from localizer.report.plan_page import render_plan
    from localizer.sharding import look_up

    with prepared(options) as ready:
        estimator = Estimator(measured(ready.workspace.storage, pace_name(ready.engine)))
        look_up(ready.plan, ready.workspace, estimator.add)
        at_once = concurrency_of(ready.engine) or options.workers or default_workers(ready.plan.count)
        way = way_of(ready.engine_name, fallbacks=ready.brand.engines, images_a_task=at_once)
        estimate = estimator.finish(ready.plan, way, ready.copy)
    if as_json:
        sys.stdout.write(json.dumps(estimate.to_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write("\n".join([*as_lines(estimate), "dry run: nothing was edited"]) + "\n")
    if page is not None:
        try:
            page.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"--html: {page.parent} cannot be made ({error.strerror or error})") from None
        render_plan(page, estimate, run_id=options.run_id or "not begun", dry_run=True)
    return estimate
