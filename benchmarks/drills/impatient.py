"""The command line with narrow limits: nobody need take eight gigabytes to show what becomes of who does."""

from __future__ import annotations

import os
import sys
from functools import partial

from localizer.workers import running

if __name__ == "__main__":
    from benchmarks.drills import engine
    from localizer.cli import main

    os.environ[engine.IMPATIENT] = "yes"  # for the workers
    engine.gcs._TIMEOUT_S = (2.0, 4.0)
    running.Limits = partial(running.Limits, memory_bytes=1 << 30)  # type: ignore[misc,assignment]
    sys.exit(main())
