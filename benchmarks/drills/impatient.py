"""The command line with narrow limits: a drill need not wait two minutes for each answer that a bucket never
gives, nor take eight gigabytes to show what becomes of who does. Worker processes import it too, as their
main module."""

from __future__ import annotations

import sys
from functools import partial

from localizer import workers
from localizer.storage import gcs

gcs._TIMEOUT_S = (2.0, 4.0)
workers.Limits = partial(workers.Limits, memory_bytes=1 << 30)  # type: ignore[misc,assignment]

if __name__ == "__main__":
    from localizer.cli import main

    sys.exit(main())
