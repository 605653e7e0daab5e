"""Localize campaign images: manifest, edit, check, approve, release.

The core of the pipeline. It imports no Airflow and loads nothing heavy at import time.
"""

__version__ = "0.1.0"
