"""Airflow operators and hooks of the campaign localizer: thin shells around `localizer`.

Installed as a package (``pip install -e .``), because Airflow puts the DAG folder on the path and not the
project root.
"""
