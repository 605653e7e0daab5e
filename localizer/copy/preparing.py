"""Prepare the copy of a run, once and for all of its images, before any of them is touched.

First the strings are gathered: those that the manifest names, and where all text is to be translated those
that stand in the image. Each gets its copy where there is any (`localizer.copy.resolving`), else a draft
(`localizer.copy.drafting`), else it is missing. What was found, drafted and approved is kept in the workspace
as it comes, so that preparing again, in this run or another, reads, asks and pays for nothing twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.copy.approvals import CopyDecisions
from localizer.copy.choosing import translators_of
from localizer.copy.drafting import Asked, TranslatorsOf, draft_open
from localizer.copy.expanding import blocks_of, takes_all_text, takes_copy
from localizer.copy.finding import Finding, Image, find_texts
from localizer.copy.gathering import Strings
from localizer.copy.prepared import PreparedCopy
from localizer.copy.resolving import Resolver
from localizer.copy.run_copy import TEXTS, Found
from localizer.copy.saving import put_record, save_prepared, save_units
from localizer.copy.units import CopyUnit
from localizer.documents import canonical_digest
from localizer.extraction import most_characters
from localizer.leases import alone
from localizer.model import Edit
from localizer.planning import open_sources, wanted_locales
from localizer.runs.merging import local_disk, temporary_folder
from localizer.scratch import Scratch
from localizer.sources.index import Entry
from localizer.translation.memory import DraftMemory

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.manifest import JobRows, Manifest, ManifestStream
    from localizer.runs import Run
    from localizer.workspace import Workspace

log = logging.getLogger(__name__)

__all__ = ["DRY_RUN_READS", "PreparedCopy", "prepare_copy"]

DRY_RUN_READS = 100
"""Most images that a dry run reads: what it finds is kept, but it should take minutes."""

_SCHEMA = """
CREATE TABLE image (sha256 TEXT, source TEXT, source_locale TEXT, asset TEXT,
    PRIMARY KEY (sha256, source_locale)) WITHOUT ROWID;
CREATE TABLE job (seq INTEGER PRIMARY KEY, asset TEXT, image TEXT, locale TEXT, source_locale TEXT,
    sha256 TEXT, edits TEXT);
CREATE TABLE texts (sha256 TEXT, source_locale TEXT, body TEXT, PRIMARY KEY (sha256, source_locale))
    WITHOUT ROWID;
"""


def prepare_copy(
    manifest: Manifest | ManifestStream,
    *,
    workspace: Workspace,
    run: Run | Path,
    brand: BrandKit,
    image_root: str | None = None,
    locales: Sequence[str] = (),
    translators: TranslatorsOf | None = None,
    workers: int = 1,
    dry_run: bool = False,
    last_try: bool = False,
) -> PreparedCopy:
    """Find out what a run has to say in each target locale, and who says so.

    Args:
        run: where the records go; a local folder in place of a run.
        image_root, locales: as for planning, see `localizer.planning.plan_to_file`.
        translators: who is asked for drafts into a locale; default: those of the brand's policy.
        workers: processes that read images.
        dry_run: ask no translator, and read at most `DRY_RUN_READS` images that were not read before.
        last_try: nobody will try again: a translator that does not answer leaves its strings missing, and the
            images that need none of them go on.

    Raises:
        ManifestError: a locale was asked for that the manifest does not have.
        ConfigurationError: a translator cannot work at all.
        TransientError: a translator (but see `last_try`), the bucket of the images or the workspace did not
            answer.
        StorageError: a record is damaged or cannot be written.
    """
    with ExitStack() as stack:
        strings = stack.enter_context(Strings())
        table = stack.enter_context(Scratch(_SCHEMA))
        _gather(manifest, table, strings, workspace, image_root, wanted_locales(manifest, locales))
        finding = _find(table, workspace, brand, workers, DRY_RUN_READS if dry_run else None)
        _take_apart(table, strings)
        decisions = stack.enter_context(CopyDecisions(workspace.storage, strings.pairs, brand=brand.name))
        resolver = Resolver(manifest.deck, decisions, brand)
        _settle_known(strings, resolver)
        if not dry_run and strings.open_locales():
            # One process at a time: the second finds in the memory what the first was answered.
            stack.enter_context(alone(workspace.storage, _work(manifest), on_wait=_tell_wait))
        asked = draft_open(
            strings,
            resolver,
            translators or translators_of(brand),
            brand=brand,
            memory=stack.enter_context(DraftMemory(workspace.storage)),
            dry_run=dry_run,
            last_try=last_try,
        )
        return _save(run, strings, table, finding, asked, dry_run, brand.name)


def _work(manifest: Manifest | ManifestStream) -> str:
    """Name of the lease that is held while a manifest's strings are drafted."""
    return f"copy-{canonical_digest([manifest.uri])[:32]}"


def _tell_wait(holder: str) -> None:
    log.warning("%s has drafts made for the same manifest right now; waiting for it", holder)


def _gather(
    manifest: Manifest | ManifestStream,
    table: Scratch,
    strings: Strings,
    workspace: Workspace,
    image_root: str | None,
    wanted: frozenset[str],
) -> None:
    """The strings that the manifest names; and the jobs whose images have to be read, with their images."""
    any_image = False
    for job in _jobs(manifest, wanted):
        any_image = any_image or any(map(takes_all_text, job.edits))
        named = [edit for edit in job.edits if takes_copy(edit) and not takes_all_text(edit)]
        for edit in named:
            strings.add(
                edit.text,
                job.source_locale,
                job.locale,
                asset=job.asset_id,
                image=job.image,
                context=[other.text for other in named],
                most_characters=most_characters(edit.text, edit.box, job.locale),
            )
    if not any_image:
        return

    def is_wanted(job: JobRows) -> bool:
        return _in_scope(job, wanted) and any(map(takes_all_text, job.edits))

    with open_sources(manifest, workspace, image_root) as sources:
        for job, source in sources.attach(manifest.jobs, is_wanted):
            if isinstance(source, Entry):
                _note(table, job, source)
        sources.save()


def _note(table: Scratch, job: JobRows, source: Entry) -> None:
    table.do(
        "INSERT OR IGNORE INTO image VALUES (?, ?, ?, ?)",
        source.sha256,
        source.name,
        job.source_locale,
        job.asset_id,
    )
    edits = json.dumps([edit.to_dict() for edit in job.edits], ensure_ascii=False)
    table.do(
        "INSERT INTO job (asset, image, locale, source_locale, sha256, edits) VALUES (?, ?, ?, ?, ?, ?)",
        job.asset_id,
        job.image,
        job.locale,
        job.source_locale,
        source.sha256,
        edits,
    )


def _jobs(manifest: Manifest | ManifestStream, wanted: frozenset[str]) -> Iterator[JobRows]:
    return (job for job in manifest.jobs if not job.errors and _in_scope(job, wanted))


def _in_scope(job: JobRows, wanted: frozenset[str]) -> bool:
    return not wanted or job.locale in wanted


def _find(table: Scratch, workspace: Workspace, brand: BrandKit, workers: int, most: int | None) -> Finding:
    images = (Image(*row) for row in table.rows("SELECT * FROM image"))

    def keep(found: Found) -> None:
        body = json.dumps(found.to_dict(), ensure_ascii=False)
        table.do("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)", found.sha256, found.source_locale, body)

    return find_texts(images, workspace=workspace, brand=brand, workers=workers, most=most, on_found=keep)


def _take_apart(table: Scratch, strings: Strings) -> None:
    """Add the strings that stand in the images."""
    jobs = table.rows(
        "SELECT asset, image, locale, job.source_locale, edits, body FROM job JOIN texts"
        " ON texts.sha256 = job.sha256 AND texts.source_locale = job.source_locale ORDER BY seq"
    )
    for asset, image, locale, source_locale, edits, body in jobs:
        all_edits = [Edit.from_dict(each) for each in json.loads(edits)]
        found = Found.from_dict(json.loads(body))
        context = [block.text for block in found.blocks]
        for blocks in blocks_of(all_edits, found.blocks).values():
            for block in blocks:
                strings.add(
                    block.text,
                    source_locale,
                    locale,
                    asset=asset,
                    image=image,
                    context=context,
                    printed=block.origin,
                    why=block.why,
                    most_characters=most_characters(block, block.box, locale),
                )


def _settle_known(strings: Strings, resolver: Resolver) -> None:
    after = 0
    while batch := strings.each(after):
        after = batch[-1].seq
        units = [(wanted, resolver.settled(wanted)) for wanted in batch]
        strings.settle(
            (wanted.seq, str(unit.state), json.dumps(unit.to_dict(), ensure_ascii=False))
            for wanted, unit in units
            if unit is not None
        )


def _save(
    run: Run | Path,
    strings: Strings,
    table: Scratch,
    finding: Finding,
    asked: Asked,
    dry_run: bool,
    brand: str,
) -> PreparedCopy:
    with temporary_folder() as folder:
        with local_disk(), (folder / TEXTS).open("wb") as file:
            for (body,) in table.rows("SELECT body FROM texts ORDER BY sha256, source_locale"):
                file.write(body.encode("utf-8", "surrogatepass") + b"\n")
        put_record(run, TEXTS, folder / TEXTS)
    # Cut off between the units and what is told of them, nobody approves units that were not shown.
    save_prepared(run, PreparedCopy(counts={}, brand=brand))
    saved = save_units(run, (CopyUnit.from_dict(json.loads(text)) for text in strings.units()))
    prepared = PreparedCopy(
        counts=saved.counts,
        units=saved.units,
        to_fill=saved.to_fill,
        digest=saved.digest,
        images=finding.images,
        read=finding.read,
        unread=finding.unread,
        problems=(*finding.problems, *asked.problems),
        asked=dict(asked.strings),
        characters=dict(asked.characters),
        drafts=dict(asked.by),
        cost=asked.cost,
        dry_run=dry_run,
        brand=brand,
    )
    save_prepared(run, prepared)
    return prepared
