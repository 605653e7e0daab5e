"""The arguments of the ``redo`` command."""

from __future__ import annotations

import argparse
from typing import Any

from localizer.run_arguments import add_engine_options, add_requested_by, add_run_name, engine_parameters


def add_redo(commands: Any, common: argparse.ArgumentParser) -> None:
    """Make the command known."""
    redo = commands.add_parser(
        "redo",
        parents=[common],
        help="do one image of a run again, with other copy or by another engine",
        description="The new image takes the place of the old one in the run. Nobody has approved it then, "
        "whatever was decided on the old one.",
    )
    add_run_name(redo)
    redo.add_argument("--item", required=True, metavar="ITEM", help="the image: 'asset · locale'")
    redo.add_argument(
        "--replacement",
        action="append",
        default=[],
        metavar="TEXT",
        help='the copy to set; once for each text that is set, in their order, "" where it stays',
    )
    redo.add_argument("--engine", metavar="NAME", help="another engine (default: the run's)")
    redo.add_argument("--brand", metavar="FILE", help="another brand kit, or its folder (default: the run's)")
    redo.add_argument("--comment", default="", metavar="TEXT", help="why, for the record")
    add_engine_options(redo)
    add_requested_by(redo, "who asks, and in whose name models are called")
    redo.set_defaults(command=_redo)


def _redo(arguments: argparse.Namespace) -> int:
    from localizer.redo.command import RedoOptions, redo_item

    redo_item(
        RedoOptions(
            workspace=arguments.workspace,
            run=arguments.run,
            item=arguments.item,
            replacements=tuple(arguments.replacement),
            engine=arguments.engine,
            brand=arguments.brand,
            engine_parameters=engine_parameters(arguments.engine_parameters),
            engine_url=arguments.engine_url,
            requested_by=arguments.requested_by,
            comment=arguments.comment,
        )
    )
    return 0
