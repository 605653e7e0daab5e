"""What the commands ``run`` and ``plan`` take on the command line, and others with them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.errors import InputError

if TYPE_CHECKING:
    from localizer.run_command import RunOptions


def add_run(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command ``run``."""
    run = commands.add_parser(
        "run",
        parents=[common],
        help="localize the images of a manifest",
        description="Localize the images of a manifest. What a workspace holds already is not done again, "
        "so an interrupted run goes on where it was.",
    )
    _add_planning(run)
    run.add_argument(
        "--results", type=Path, metavar="FILE", help="write one JSON object per job, a line each"
    )
    run.add_argument(
        "--approve",
        choices=["passed", "none"],
        default="none",
        help="approve what passed all checks, or nothing (default)",
    )
    run.add_argument(
        "--publish",
        metavar="URI",
        help="publish what is approved; needs --approve passed. Signed where LOCALIZER_C2PA_CERTIFICATES and "
        "LOCALIZER_C2PA_KEY name PEM files",
    )
    run.add_argument(
        "--job-timeout",
        type=positive,
        default=600,
        metavar="S",
        help="seconds for one image in a worker process; one that takes longer is failed (default: 600)",
    )
    run.add_argument("--run-id", metavar="ID", help="name of the run (default: time and manifest name)")
    add_requested_by(run, "in whose name models are called")
    run.add_argument("--dry-run", action="store_true", help="show what would be done, as `plan` does")
    run.set_defaults(command=_run)


def add_plan(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command ``plan``."""
    plan = commands.add_parser(
        "plan",
        parents=[common],
        help="show what a run would do, how long it would take and what it would cost",
        description="Read and check a manifest and show what a run would do. Times come from earlier runs in "
        "the workspace, prices from LOCALIZER_ENGINE_PRICE (such as '0.20 CNY' a call). Edits nothing.",
    )
    _add_planning(plan)
    plan.add_argument("--json", action="store_true", help="one JSON object")
    plan.add_argument("--html", type=Path, metavar="FILE", help="write it as one HTML page, too")
    plan.set_defaults(command=_plan)


def add_manifest_options(parser: argparse.ArgumentParser) -> None:
    """The manifest, what belongs to it, and where it is worked on."""
    parser.add_argument(
        "manifest", metavar="MANIFEST", help=".csv, .tsv, .jsonl, .parquet or .json; path or gs://"
    )
    parser.add_argument(
        "--workspace", required=True, metavar="DIR", help="folder or gs://bucket/prefix to work in"
    )
    parser.add_argument(
        "--image-root",
        metavar="DIR",
        help="where relative image paths start (default: the manifest's folder)",
    )
    parser.add_argument(
        "--brand", metavar="FILE", help="brand kit, or its folder (default: the one that the manifest names)"
    )
    parser.add_argument(
        "--copy-deck",
        metavar="FILE",
        help="copy deck, a folder of decks, or several with commas between (default: as the manifest says)",
    )
    parser.add_argument(
        "--jobs", type=positive, metavar="N", help="worker processes (default: one per CPU, at most 4)"
    )
    parser.add_argument(
        "--locales", default="", metavar="A,B", help="only these target locales (default: all)"
    )


def _add_planning(parser: argparse.ArgumentParser) -> None:
    """What decides on the plan."""
    add_manifest_options(parser)
    parser.add_argument(
        "--engine",
        metavar="NAME",
        help="a name that `engines` lists, or package.module:Factory (default: the brand's, else typeset)",
    )
    parser.add_argument("--campaign", metavar="NAME", help="name to publish under (default: the manifest's)")
    add_engine_options(parser)


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """How an engine is set up, and where its service is."""
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


def _run(arguments: argparse.Namespace) -> int:
    from localizer.plan_command import plan
    from localizer.run_command import run

    if arguments.publish and arguments.approve != "passed":
        raise InputError("--publish needs --approve passed: nothing is published that nobody approved")
    options = _options(
        arguments,
        results=arguments.results,
        approve=arguments.approve,
        publish=arguments.publish,
        run_id=arguments.run_id,
        requested_by=arguments.requested_by,
        job_timeout=float(arguments.job_timeout),
    )
    if arguments.dry_run:
        plan(options)
    else:
        run(options)
    return 0


def _plan(arguments: argparse.Namespace) -> int:
    from localizer.plan_command import plan

    plan(_options(arguments), as_json=arguments.json, page=arguments.html)
    return 0


def _options(arguments: argparse.Namespace, **further: Any) -> RunOptions:
    from localizer.run_command import RunOptions

    return RunOptions(
        manifest=arguments.manifest,
        workspace=arguments.workspace,
        image_root=arguments.image_root,
        engine=arguments.engine,
        brand=arguments.brand,
        copy_deck=arguments.copy_deck,
        workers=arguments.jobs,
        locales=listed(arguments.locales),
        campaign=arguments.campaign,
        engine_parameters=engine_parameters(arguments.engine_parameters),
        engine_url=arguments.engine_url,
        **further,
    )


def listed(text: str) -> tuple[str, ...]:
    """What an option lists, with commas between."""
    return tuple(filter(None, map(str.strip, text.split(","))))


def engine_parameters(text: str) -> dict[str, Any]:
    """What ``--engine-parameters`` says; raises like `json_object`."""
    return json_object(text, "--engine-parameters")


def json_object(text: str, option: str) -> dict[str, Any]:
    """What an option says in JSON.

    Raises:
        InputError: it is no JSON object.
    """
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InputError(f"{option} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise InputError(f'{option} must be a JSON object such as \'{{"model": "/models/qwen"}}\'')
    return value


def add_run_name(parser: argparse.ArgumentParser) -> None:
    """Which run of which workspace."""
    parser.add_argument("--workspace", required=True, metavar="DIR", help="folder or gs://bucket/prefix")
    parser.add_argument(
        "run", metavar="RUN", help="as given by --run-id; of a DAG, its ID, two underscores, the run's ID"
    )


def add_requested_by(parser: argparse.ArgumentParser, what: str) -> None:
    """In whose name something is done or decided."""
    parser.add_argument(
        "--requested-by", default=_user(), metavar="NAME", help=f"{what} (default: the user who runs this)"
    )


def _user() -> str:
    """Who runs this: models are called in somebody's name."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container without a user database


def positive(text: str) -> int:
    """A whole number of at least 1, as an argument."""
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value
