"""Command-line arguments that several commands share."""

from __future__ import annotations

import argparse
import getpass
import json
from typing import Any

from localizer.errors import InputError


def add_run(parser: argparse.ArgumentParser) -> None:
    """``--workspace DIR RUN``."""
    parser.add_argument("--workspace", required=True, metavar="DIR", help="folder or gs://bucket/prefix")
    parser.add_argument(
        "run", metavar="RUN", help="as given by --run-id; of a DAG, its ID, two underscores, the run's ID"
    )


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """``--engine-parameters`` and ``--engine-url``."""
    parser.add_argument(
        "--engine-parameters",
        default="{}",
        metavar="JSON",
        help='keyword arguments of the engine, such as \'{"model": "/models/qwen"}\'',
    )
    parser.add_argument(
        "--engine-url",
        default="",
        metavar="URL",
        help="where the engine's service is (default: LOCALIZER_ENGINE_URL); its key is read from "
        "LOCALIZER_ENGINE_KEY, never from the command line",
    )


def add_requested_by(parser: argparse.ArgumentParser, what: str) -> None:
    """``--requested-by``: models are called in somebody's name."""
    parser.add_argument(
        "--requested-by", default=_user(), metavar="NAME", help=f"{what} (default: the user who runs this)"
    )


def engine_parameters(text: str) -> dict[str, Any]:
    """What ``--engine-parameters`` says.

    Raises:
        InputError: it is no JSON object.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"--engine-parameters is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError('--engine-parameters must be a JSON object such as \'{"model": "/models/qwen"}\'')
    return value


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container without a user database
