"""The arguments of the ``copy`` command."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.run_arguments import (
    add_manifest_options,
    add_requested_by,
    add_run_name,
    json_object,
    listed,
)

if TYPE_CHECKING:
    from localizer.copy.command import CopyOptions


def add_copy(commands: Any, common: argparse.ArgumentParser) -> None:
    """Make the command known."""
    copy = commands.add_parser(
        "copy",
        help="find the text of images, see what copy is missing, and hand it to translators",
        description="The words of a campaign, before any image is touched.",
    )
    kinds = copy.add_subparsers(required=True, metavar="WHAT")
    extract = kinds.add_parser(
        "extract",
        parents=[common],
        help="write what has no approved copy as a deck to hand to translators",
        description="Find all marketing text in the images of a manifest and write what has no approved copy "
        "as a deck. What is printed on a product is listed as a draft that leaves it as it is, for a person "
        "to approve. Fill the deck in and give it with --copy-deck.",
    )
    add_manifest_options(extract)
    _add_out(extract, "(default: to_fill.csv)")
    extract.set_defaults(command=_extract)

    status = kinds.add_parser(
        "status",
        parents=[common],
        help="say what is approved, drafted and missing, by locale",
        description="Asks no translator, and reads a few images at most.",
    )
    add_manifest_options(status)
    status.add_argument("--json", action="store_true", help="one JSON object")
    _add_all(status)
    status.set_defaults(command=_status)

    translate = kinds.add_parser(
        "translate",
        parents=[common],
        help="have drafts made for what has no copy",
        description="Ask the translators that the brand kit names, or one by name. Drafts are kept in the "
        "workspace, where runs find them; none counts as approved before a person says so.",
    )
    add_manifest_options(translate)
    _add_out(translate, "as drafts, for people to look at")
    translate.add_argument(
        "--translator", default="", metavar="NAME", help="in place of those that the brand kit names"
    )
    translate.add_argument(
        "--translator-parameters",
        default="{}",
        metavar="JSON",
        help='its keyword arguments, such as \'{"model": "/models/nllb"}\'',
    )
    translate.set_defaults(command=_translate)

    convert = kinds.add_parser(
        "convert",
        parents=[common],
        help="write a deck in another format: .csv, .tsv, .json, .yaml, .xlf, .tmx",
        description="The extensions say which. XLIFF has one target language a file: write {locale} into its "
        "name, or give a folder.",
    )
    convert.add_argument("source", metavar="DECK")
    convert.add_argument("target", metavar="DECK")
    convert.add_argument("--replace", action="store_true", help="replace a file that is there")
    convert.set_defaults(command=_convert)

    fill = kinds.add_parser(
        "fill",
        parents=[common],
        help="put the copy of a deck into a file of somebody else's: .csv, .tsv, .xlf",
        description="All else in the file stays: ids, notes, states, other columns. Written are targets that "
        "are missing, and drafts where the deck has approved copy; never what is approved there.",
    )
    fill.add_argument("deck", metavar="DECK", help="where the copy is")
    fill.add_argument("file", metavar="FILE", help="to be filled in")
    fill.add_argument("--out", type=Path, metavar="FILE", help="write it there (default: FILE itself)")
    fill.add_argument("--replace", action="store_true", help="replace a file that is there")
    fill.set_defaults(command=_fill)

    approve = kinds.add_parser(
        "approve",
        parents=[common],
        help="approve the drafts of a run, all or all but some",
        description="Holds for this run and all later ones of the workspace: the very same strings are not "
        "asked about again. What is refused is not proposed again.",
    )
    add_run_name(approve)
    approve.add_argument("--refuse", default="", metavar="ID,ID", help="drafts, as `copy status` lists them")
    approve.add_argument("--comment", default="", metavar="TEXT", help="why, for the record")
    add_requested_by(approve, "who approves")
    approve.set_defaults(command=_approve)


def _add_out(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--out", type=Path, metavar="DECK", help=f"write a deck of what is open {default}")
    parser.add_argument("--replace", action="store_true", help="replace a file that is there")
    _add_all(parser)


def _add_all(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", dest="every", help="what is approved too")


def _options(arguments: argparse.Namespace, **further: Any) -> CopyOptions:
    from localizer.copy.command import CopyOptions

    return CopyOptions(
        manifest=arguments.manifest,
        workspace=arguments.workspace,
        image_root=arguments.image_root,
        brand=arguments.brand,
        copy_deck=arguments.copy_deck,
        locales=listed(arguments.locales),
        workers=arguments.jobs,
        every=arguments.every,
        **further,
    )


def _extract(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import extract

    extract(_options(arguments, out=arguments.out, replace=arguments.replace))
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import status

    status(_options(arguments), as_json=arguments.json)
    return 0


def _translate(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import translate

    translate(
        _options(
            arguments,
            out=arguments.out,
            replace=arguments.replace,
            translator=arguments.translator,
            translator_parameters=json_object(arguments.translator_parameters, "--translator-parameters"),
        )
    )
    return 0


def _convert(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import convert

    convert(arguments.source, arguments.target, replace=arguments.replace)
    return 0


def _fill(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import fill

    fill(arguments.deck, arguments.file, out=arguments.out, replace=arguments.replace)
    return 0


def _approve(arguments: argparse.Namespace) -> int:
    from localizer.copy.command import approve

    approve(
        arguments.workspace,
        arguments.run,
        by=arguments.requested_by,
        refuse=listed(arguments.refuse),
        comment=arguments.comment,
    )
    return 0
