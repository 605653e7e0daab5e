"""Localize campaign images: manifest, edit, check, approve, release.

The core of the pipeline. It imports no Airflow and loads nothing heavy at import time.
"""

import os

# Arrow's own allocator keeps what it once had: 20 MB more in every process that reads or writes a plan, and
# the more the larger the plan.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

__version__ = "0.1.0"
