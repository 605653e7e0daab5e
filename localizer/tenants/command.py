"""``python -m localizer tenants``: check the tenants file, and write what Airflow needs of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from localizer.errors import ConfigurationError
from localizer.tenants.loading import FILE, load_tenants
from localizer.tenants.roles import fab_roles

_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"


def add_tenants(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    tenants = commands.add_parser(
        "tenants",
        parents=[common],
        help="check the tenants file; write roles or DAG bundles for Airflow",
        description="Without an option: whether the file can be used, and what is whose.",
    )
    tenants.add_argument("file", nargs="?", metavar="FILE", help=f"(default: {FILE})")
    which = tenants.add_mutually_exclusive_group()
    which.add_argument(
        "--fab-roles", action="store_true", help="JSON for `airflow roles import`, with Flask-AppBuilder"
    )
    which.add_argument(
        "--bundles",
        metavar="FOLDER",
        help="JSON for [dag_processor] dag_bundle_config_list, in multi-team mode: FOLDER has a link to the "
        "DAG folder for each tenant, of its name",
    )
    tenants.set_defaults(command=_tenants)


def _tenants(arguments: argparse.Namespace) -> int:
    name = arguments.file or os.environ.get(FILE)
    if not name:
        raise ConfigurationError(f"name a tenants file, or set {FILE}")
    tenants = load_tenants(Path(name))
    if arguments.fab_roles:
        sys.stdout.write(json.dumps(fab_roles(tenants.values()), indent=1) + "\n")
    elif arguments.bundles:
        folder = Path(arguments.bundles).absolute()
        bundles = [
            {
                "name": tenant.name,
                "classpath": _BUNDLE,
                "kwargs": {"path": str(folder / tenant.name)},
                "team_name": tenant.team or tenant.name,
            }
            for tenant in tenants.values()
        ]
        sys.stdout.write(json.dumps(bundles) + "\n")
    else:
        for tenant in tenants.values():
            sys.stdout.write(f"{tenant.name}\n")
            for field, place in tenant.places:
                sys.stdout.write(f"  {field:12s} {place}\n")
    return 0
