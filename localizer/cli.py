"""The command line: ``python -m localizer COMMAND``; ``--help`` lists the commands.

Exit codes of ``run``: 0 every row of the manifest got a result row, whatever its status; 2 the manifest (or
its copy deck, brand kit or an argument) cannot be used at all; 1 storage or another service refused;
130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from localizer import __version__
from localizer.brand.command import add_brand
from localizer.cache.command import add_cache
from localizer.copy.arguments import add_copy
from localizer.display import one_line
from localizer.errors import ConfigurationError, InputError, LocalizerError, TransientError
from localizer.provenance.command import add_provenance
from localizer.redo.arguments import add_redo
from localizer.release.command import add_release
from localizer.run_arguments import add_plan, add_requested_by, add_run, add_run_name, positive
from localizer.tenants.command import add_tenants

OK, INFRASTRUCTURE, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the process's exit code."""
    arguments = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.DEBUG if arguments.debug else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        return int(arguments.command(arguments))
    except KeyboardInterrupt:
        _complain("interrupted; what is done is kept, the same command goes on from there")
        return INTERRUPTED
    except (LocalizerError, OSError) as exc:
        if arguments.debug:
            traceback.print_exc()
        _complain(str(exc))
        if isinstance(exc, TransientError):
            _complain("this may pass; the same command goes on from there")
        return USAGE if isinstance(exc, InputError | ConfigurationError) else INFRASTRUCTURE


def _complain(message: str) -> None:
    sys.stderr.write(f"localizer: {one_line(message)}\n")


def _calls(arguments: argparse.Namespace) -> int:
    from localizer.calls import ask_again, open_calls
    from localizer.storage import open_storage

    storage = open_storage(arguments.workspace)
    if arguments.ask_again:
        ask_again(storage, arguments.ask_again, requested_by=arguments.requested_by)
        sys.stdout.write(f"{arguments.ask_again} is asked anew by the next run that needs it\n")
        return OK
    for call in open_calls(storage):
        sys.stdout.write(
            f"{call.key}  {call.state:9s}  {call.at[:19]}Z  {call.requested_by}  {call.job}"
            f"  {call.remote_id or '-'}  {call.outcome}\n"
        )
    return OK


def _report(arguments: argparse.Namespace) -> int:
    from localizer.report import save_report
    from localizer.workspace import Workspace

    workspace = Workspace.open(arguments.workspace)
    run = workspace.run(arguments.run)
    sys.stdout.write(f"{save_report(workspace, run, results=run.so_far())}\n")
    return OK


def _serve(arguments: argparse.Namespace) -> int:
    from localizer.server.settings import ServerSettings
    from localizer.server.starting import ServeOptions, serve

    settings = ServerSettings(
        model=arguments.model,
        revision=arguments.revision,
        compiled=arguments.compile,
        served_name=arguments.served_name,
        max_queued=arguments.max_queued,
        max_seconds=arguments.max_seconds,
    )
    serve(
        ServeOptions(
            settings,
            host=arguments.host,
            port=arguments.port,
            replicas=arguments.replicas,
            anonymous=arguments.anonymous,
        )
    )
    return OK


def _festivals(arguments: argparse.Namespace) -> int:
    from localizer.festivals.listing import listing

    text, notes = listing(arguments.year, arguments.next, arguments.region, json=arguments.json)
    if notes:
        _complain("; ".join(notes))
    sys.stdout.write(text)
    return OK


def _doctor(arguments: argparse.Namespace) -> int:
    from localizer.doctor import examine, report

    findings = examine()
    sys.stdout.write(report(findings))
    return OK if all(f.is_present or not f.is_needed for f in findings) else INFRASTRUCTURE


def _engines(arguments: argparse.Namespace) -> int:
    from localizer.engines.registry import engine_names

    for name in engine_names():
        sys.stdout.write(f"{name}\n")
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="localizer", description="Localize campaign images: edit, check, approve, release."
    )
    parser.add_argument("--version", action="version", version=__version__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--debug", action="store_true", help="log much, and show tracebacks")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    add_run(commands, common)
    add_plan(commands, common)
    add_copy(commands, common)
    calls = commands.add_parser(
        "calls",
        parents=[common],
        help="list calls to models that have no answer, or have one asked anew",
        description="A call whose answer was lost may have been done and charged, so it is not sent again "
        "by itself. Look it up at the service, then decide.",
    )
    calls.add_argument("--workspace", required=True, metavar="DIR", help="folder or gs://bucket/prefix")
    calls.add_argument("--ask-again", default="", metavar="KEY", help="have this call sent again")
    add_requested_by(calls, "who decides")
    calls.set_defaults(command=_calls)

    _add_report(commands, common)
    add_redo(commands, common)
    add_release(commands, common)
    add_cache(commands, common)
    serve = commands.add_parser(
        "serve",
        parents=[common],
        help="serve an image-edit model to other machines",
        description="An OpenAI-compatible edit server (POST /v1/images/edits) on Ray Serve, one replica of "
        "the model a GPU. Who may call stands in LOCALIZER_SERVER_TOKENS or in the file that "
        "LOCALIZER_SERVER_TOKENS_FILE names, one `NAME TOKEN` a line.",
    )
    serve.add_argument(
        "--model", required=True, metavar="FOLDER", help="folder of a diffusers pipeline, or a hub id"
    )
    serve.add_argument("--revision", default="", metavar="COMMIT", help="of a hub id")
    serve.add_argument(
        "--compile", action="store_true", help="compile the model: a slower start, quicker edits"
    )
    serve.add_argument(
        "--served-name", default="", metavar="NAME", help="what callers call it (default: the folder's name)"
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    serve.add_argument("--port", type=positive, default=8000)
    serve.add_argument(
        "--replicas", type=positive, metavar="N", help="copies of the model (default: one per GPU)"
    )
    serve.add_argument(
        "--max-queued",
        type=positive,
        default=32,
        metavar="N",
        help="edits that may wait; more are refused (default: 32)",
    )
    serve.add_argument(
        "--max-seconds",
        type=positive,
        default=900,
        metavar="S",
        help="that a request may take, waiting included (default: 900)",
    )
    serve.add_argument(
        "--anonymous", action="store_true", help="take calls without a token; only on loopback, for a try"
    )
    serve.set_defaults(command=_serve)

    _add_festivals(commands, common)
    add_provenance(commands, common)
    commands.add_parser(
        "doctor", parents=[common], help="say what is installed and what is missing, and what that means"
    ).set_defaults(command=_doctor)
    add_tenants(commands, common)
    add_brand(commands, common)
    commands.add_parser("engines", parents=[common], help="list the engines").set_defaults(command=_engines)
    return parser


def _add_report(commands: Any, common: argparse.ArgumentParser) -> None:
    report = commands.add_parser(
        "report",
        parents=[common],
        help="write the report of a run as far as it is",
        description="Write report.html and results.csv of a run, finished or not; jobs without a result are "
        "shown as waiting.",
    )
    add_run_name(report)
    report.set_defaults(command=_report)


def _add_festivals(commands: Any, common: argparse.ArgumentParser) -> None:
    what = "list the festivals of a year or those that come next; campaign files take their ids"
    festivals = commands.add_parser("festivals", parents=[common], help=what)
    which = festivals.add_mutually_exclusive_group()
    which.add_argument("--year", type=positive, metavar="Y", help="(default: this year)")
    which.add_argument("--next", type=positive, metavar="N", help="the next N from today on")
    festivals.add_argument("--region", metavar="CC", help="ISO 3166 code such as CN (default: all)")
    festivals.add_argument("--json", action="store_true", help="one JSON list, an object per region")
    festivals.set_defaults(command=_festivals)
