"""``python -m localizer``."""

import sys

from localizer.cli import main

# The guard matters: worker processes import this module again.
if __name__ == "__main__":
    sys.exit(main())
