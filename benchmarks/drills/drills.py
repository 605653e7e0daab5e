"""The drills by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.drills.campaign import Campaign
from benchmarks.drills.clocks import clock_skew
from benchmarks.drills.disk_full import disk_full
from benchmarks.drills.faulty_bucket import bucket_faults
from benchmarks.drills.judge import Verdict
from benchmarks.drills.killing import kill_cli, kill_in_storm
from benchmarks.drills.poison import poisoned_images
from benchmarks.drills.publishing import publish_kill
from benchmarks.drills.races import double_trigger, publish_race
from benchmarks.drills.serving import kill_server

Drill = Callable[[Campaign, int, random.Random], Verdict]
"""Takes the campaign, the number of the try (for folders of its own) and its own randomness."""

DRILLS: dict[str, Drill] = {
    "kill-cli": kill_cli,
    "kill-server": kill_server,
    "bucket-faults": bucket_faults,
    "kill-in-storm": kill_in_storm,
    "publish-kill": publish_kill,
    "publish-race": publish_race,
    "double-trigger": double_trigger,
    "disk-full": disk_full,
    "poison": poisoned_images,
    "clock-skew": clock_skew,
}
