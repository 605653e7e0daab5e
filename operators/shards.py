"""From a plan to what the edit task is mapped over, and to what it will take."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import conf

from operators.queues import edit_slots

if TYPE_CHECKING:
    from localizer.copy.prepared import PreparedCopy
    from localizer.engines.base import Engine
    from localizer.estimates import Estimate
    from localizer.runs import Run
    from localizer.workspace import Workspace

log = logging.getLogger(__name__)

PROCESSES = 2
"""That edit a shard, unless an operator is told otherwise."""


def mapped_shards(
    run: Run,
    workspace: Workspace,
    engine: Engine,
    *,
    brand: str | None,
    fallbacks: tuple[str, ...] = (),
    copy: PreparedCopy | None = None,
    dry_run: bool = False,
) -> tuple[list[dict[str, Any]], Estimate]:
    """A small descriptor for each shard of a planned run, never more than Airflow maps, and the estimate.

    Results that are known are saved here and now; where all are, there is no shard. See `localizer.sharding`.

    Args:
        fallbacks: engines that the brand names.
        copy: that the run was planned with.
        dry_run: save nothing.

    Returns:
        ``{"shard", "label", "start", "stop", "brand", "plan", "pace"}`` each: a range of the plan's jobs, the
        brand kit that their keys were made with, the digest of the plan, and where its pace is recorded.
    """
    from localizer.engines.base import concurrency_of
    from localizer.estimates.estimating import Estimator, way_of
    from localizer.pace import measured, pace_name
    from localizer.sharding import cut, look_up, save_known

    pace = pace_name(engine)
    known_pace = measured(workspace.storage, pace)
    estimator, together = Estimator(known_pace), concurrency_of(engine)
    with run.plan() as plan:
        if dry_run:
            known = look_up(plan, workspace, estimator.add)
        else:
            known = save_known(run, plan, workspace, estimator.add)
        shards = cut(
            plan,
            known,
            most=conf.getint("core", "max_map_length"),
            seconds=known_pace.seconds if known_pace else None,
            together=together,
            processes=PROCESSES,
        )
        slots = edit_slots(engine.name)
        largest = max((shard.stop - shard.start for shard in shards), default=1)
        way = way_of(
            engine.name,
            fallbacks=fallbacks,
            tasks=len(shards),
            tasks_at_once=None if slots is None else min(slots, max(1, len(shards))),
            images_a_task=min(largest, together or PROCESSES),
        )
        estimate = estimator.finish(plan, way, copy)
        descriptors = [
            {
                "shard": shard.name,
                "label": shard.label,
                "start": shard.start,
                "stop": shard.stop,
                "brand": brand,
                "plan": plan.digest,
                "pace": pace,
            }
            for shard in shards
        ]
    log.info("%d of %d images need no edit; the others in %d shards", sum(known), len(known), len(shards))
    return descriptors, estimate
