"""From a plan to what the edit task is mapped over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow.sdk import conf

if TYPE_CHECKING:
    from localizer.engines.base import Engine
    from localizer.runs import Run
    from localizer.workspace import Workspace

log = logging.getLogger(__name__)

PROCESSES = 2
"""That edit a shard, unless an operator is told otherwise."""


def mapped_shards(
    run: Run, workspace: Workspace, engine: Engine, *, brand: str | None
) -> list[dict[str, Any]]:
    """A small descriptor for each shard of a planned run, never more than Airflow maps.

    Results that are known are saved here and now; where all are, there is no shard. See `localizer.sharding`.

    Returns:
        ``{"shard", "label", "start", "stop", "brand", "plan", "pace"}`` each: a range of the plan's jobs, the
        brand kit that their keys were made with, the digest of the plan, and where its pace is recorded.
    """
    from localizer.engines.base import concurrency_of
    from localizer.pace import pace_name, seconds_an_image
    from localizer.sharding import cut, save_known

    pace = pace_name(engine)
    seconds = seconds_an_image(workspace.storage, pace)
    with run.plan() as plan:
        known = save_known(run, plan, workspace)
        shards = cut(
            plan,
            known,
            most=conf.getint("core", "max_map_length"),
            seconds=seconds,
            together=concurrency_of(engine),
            processes=PROCESSES,
        )
        log.info(
            "%d of %d images need no edit; the others in %d shards%s",
            sum(known),
            plan.count,
            len(shards),
            f", at {seconds:.2f} s an image" if seconds else "",
        )
        return [
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
