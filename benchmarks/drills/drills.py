"""The drills by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.drills.campaign import Campaign
from benchmarks.drills.faulty_bucket import bucket_faults
from benchmarks.drills.judge import Verdict
from benchmarks.drills.killing import kill_cli
from benchmarks.drills.publishing import publish_kill

Drill = Callable[[Campaign, int, random.Random], Verdict]
"""Takes the campaign, the number of the try (for folders of its own) and its own randomness."""

DRILLS: dict[str, Drill] = {
    "kill-cli": kill_cli,
    "bucket-faults": bucket_faults,
    "publish-kill": publish_kill,
}
