"""The ``copy`` command: what a manifest has to say in each locale, without touching any image."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.copy.approving import approve_drafts
from localizer.copy.choosing import nobody, the_one
from localizer.copy.preparing import prepare_copy
from localizer.copy.run_copy import each_unit
from localizer.copy.text import as_lines
from localizer.copy.to_fill import open_rows, row_of
from localizer.copy.units import CopyState, CopyUnit
from localizer.copydeck import check_deck_path, fill_deck, read_deck_rows, write_deck
from localizer.display import lines
from localizer.errors import InputError
from localizer.runs.merging import temporary_folder
from localizer.times import iso_utc
from localizer.workspace import Workspace

if TYPE_CHECKING:
    from localizer.copy.drafting import TranslatorsOf
    from localizer.copy.prepared import PreparedCopy

_LISTED = 1000  # strings of ``copy status --json``


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """What the command line asks for; see ``python -m localizer copy extract --help``.

    Attributes:
        translator: by name, in place of the brand's policy.
        every: the approved strings too.
    """

    manifest: str
    workspace: str
    image_root: str | None = None
    brand: str | None = None
    copy_deck: str | None = None
    locales: tuple[str, ...] = ()
    workers: int | None = None
    out: Path | None = None
    replace: bool = False
    every: bool = False
    translator: str = ""
    translator_parameters: Mapping[str, Any] = field(default_factory=dict)


def extract(options: CopyOptions) -> None:
    """Read the images, and write the deck to hand to translators.

    Raises:
        InputError: the manifest or what belongs to it cannot be used, or there is such a file.
        StorageError, TransientError: the workspace cannot be used.
    """
    out = options.out or Path("to_fill.csv")
    _check(out, options)
    with _prepared(options, nobody) as (prepared, folder):
        _tell(prepared, folder, options)
        _write(out, folder, options)


def translate(options: CopyOptions) -> None:
    """Have drafts made by the brand's translators, or by the one that is named; they are kept in the
    workspace, where runs find them. Raises like `extract`, and ConfigurationError if a translator is not to
    be had."""
    if options.out is not None:
        _check(options.out, options)
    with _prepared(options, None) as (prepared, folder):
        _tell(prepared, folder, options)
        if prepared.total(CopyState.MISSING) and not prepared.asked and not prepared.drafts:
            _say("nobody was asked: no translator is named for what is missing, or a person must say first")
        if options.out is not None:
            _write(options.out, folder, options)


def status(options: CopyOptions, *, as_json: bool = False) -> None:
    """Say what is approved, drafted and missing. Asks nobody; reads a few images at most."""
    with _prepared(options, None, dry_run=True) as (prepared, folder):
        if not as_json:
            _tell(prepared, folder, options)
            return
        wanted = (unit for unit in each_unit(folder) if options.every or _is_open(unit))
        strings = [unit.to_dict() | {"id": unit.id} for unit in islice(wanted, _LISTED)]
        told = prepared.to_dict() | {"strings": strings, "more": next(wanted, None) is not None}
        del told["units"], told["to_fill"]
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")


def convert(source: str, target: str, *, replace: bool = False) -> None:
    """Write a deck in another form; the extensions say which.

    Raises:
        CopyDeckError: a file is no deck, or the form cannot hold its rows.
        ConfigurationError: a form needs the extra ``copy``.
    """
    _refuse_existing(Path(target), replace)
    check_deck_path(target)
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for row in read_deck_rows(source):
            count += 1
            yield row

    for path in write_deck(counted(), target):
        _say(f"written  {path}")
    _say(f"{count} rows")


def fill(deck: str, file: str, *, out: Path | None = None, replace: bool = False) -> None:
    """Put the copy of a deck into a file of somebody else's; see `localizer.copydeck.fill_deck`.

    Raises:
        CopyDeckError: one of them is no deck, or the file is of a form that is not filled in.
        ConfigurationError: a form needs the extra ``copy``.
    """
    if out is not None:
        _refuse_existing(out, replace)
    count = fill_deck(read_deck_rows(deck), file, out=out)
    _say(f"{count} targets written into {out or file}")


def approve(workspace: str, run: str, *, by: str, refuse: Sequence[str] = (), comment: str = "") -> None:
    """Approve the drafts of a run, but for those that are refused; see `approve_drafts`."""
    opened = Workspace.open(workspace)
    record = opened.run(run)
    told = approve_drafts(record, opened, by=by, at=iso_utc(), refuse=refuse, comment=comment)
    _say(f"{told.approved} drafts approved, {told.refused} refused, by {by}; run the manifest again")


@contextmanager
def _prepared(
    options: CopyOptions, translators: TranslatorsOf | None, *, dry_run: bool = False
) -> Iterator[tuple[PreparedCopy, Path]]:
    """The copy, and the local folder that its records are in."""
    from localizer.brand import load_brand
    from localizer.manifest import open_manifest
    from localizer.run_command import default_workers

    with (
        open_manifest(options.manifest, copy_deck=options.copy_deck) as manifest,
        temporary_folder() as folder,
    ):
        brand = load_brand(options.brand or manifest.brand)
        if options.translator:
            translators = the_one(options.translator, options.translator_parameters, brand)
        prepared = prepare_copy(
            manifest,
            workspace=Workspace.open(options.workspace),
            run=folder,
            brand=brand,
            image_root=options.image_root,
            locales=options.locales,
            translators=translators,
            workers=options.workers or default_workers(),
            dry_run=dry_run,
        )
        for warning in manifest.warnings[:20]:
            sys.stderr.write(f"warning  {lines(warning)}\n")
        yield prepared, folder


def _tell(prepared: PreparedCopy, folder: Path, options: CopyOptions) -> None:
    units = (unit for unit in each_unit(folder) if options.every or _is_open(unit))
    for line in as_lines(prepared, units):
        _say(line)


def _is_open(unit: CopyUnit) -> bool:
    return unit.state is not CopyState.APPROVED


def _check(out: Path, options: CopyOptions) -> None:
    """Before any image is read."""
    _refuse_existing(out, options.replace)
    check_deck_path(out)


def _refuse_existing(path: Path, replace: bool) -> None:
    if path.is_file() and not replace:
        raise InputError(
            f"{path} is there already, and may hold a translator's work; name another file, or give --replace"
        )


def _write(out: Path, folder: Path, options: CopyOptions) -> None:
    units = each_unit(folder)
    make: Callable[..., Any] = open_rows if not options.every else lambda every: map(row_of, every)
    for path in write_deck(make(units), out):
        _say(f"deck     {path}")


def _say(text: str) -> None:
    sys.stdout.write(lines(text) + "\n")
