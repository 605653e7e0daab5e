"""The command line with short timeouts for the bucket, so that a drill need not wait two minutes for each
answer that never comes. Worker processes import it too, as their main module."""

from __future__ import annotations

import sys

from localizer.storage import gcs

gcs._TIMEOUT_S = (2.0, 4.0)

if __name__ == "__main__":
    from localizer.cli import main

    sys.exit(main())
