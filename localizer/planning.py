"""From a manifest to jobs: images read and validated once, copy resolved, keys worked out.

The key of a job is the SHA-256 of everything that decides its pixels, see `job_key`. Two assets with the
same bytes and the same edits share a key, and so the work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.copy.expanding import Resolved, takes_copy, with_run_copy
from localizer.documents import canonical_digest
from localizer.errors import ManifestError, RowError
from localizer.locales import normalise_locale
from localizer.manifest import JobRows, Manifest, ManifestStream
from localizer.manifest.rows import ALL_TEXT
from localizer.model import Edit, Job, JobResult, Status
from localizer.plan_files import Plan, PlanWriter
from localizer.scratch import Scratch
from localizer.sources import SourceReader
from localizer.sources.index import SCHEMA, Entry, SourceIndex, Unusable
from localizer.sources.planned import PlannedSources

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.run_copy import RunCopy
    from localizer.copydeck import CopyDeck
    from localizer.engines.base import Engine
    from localizer.workspace import Workspace

__all__ = ["Plan", "Planned", "job_key", "plan_manifest", "plan_to_file", "shards"]

_SHOWN = 20
_MOST_TOLD = 50  # wrong values of one job
_SCOPE = "CREATE TABLE left_out (asset_id TEXT, locale TEXT);"


class _OutOfScope(NamedTuple):
    asset_id: str
    locale: str


@dataclass(slots=True)
class Planned:
    """What a plan holds, in short.

    Attributes:
        jobs, rejected, out_of_scope: how many.
        locales: jobs by target locale.
        first_rejected: the first few of the rejected results.
        warnings: of the manifest.
    """

    campaign: str
    jobs: int = 0
    rejected: int = 0
    out_of_scope: int = 0
    locales: Counter[str] = field(default_factory=Counter)
    first_rejected: list[JobResult] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


def plan_to_file(
    manifest: Manifest | ManifestStream,
    path: str | Path,
    *,
    workspace: Workspace,
    engine: Engine,
    brand: BrandKit,
    image_root: str | None = None,
    locales: Sequence[str] = (),
    campaign: str | None = None,
    made_with: Mapping[str, Any] | None = None,
    copy: RunCopy | None = None,
) -> Planned:
    """Turn a manifest into a plan file, for `Run.save_plan_file`. Nothing that grows with it is held.

    Images are read, decoded once to validate them, and kept in the workspace; those that are known to be the
    same still (`localizer.sources.index`) are not read. A job with any wrong row, an unusable image or a box
    outside its image becomes a rejected result.

    Args:
        path: of the new local file.
        image_root: folder or ``gs://`` URI for relative images, in place of the manifest's own.
        locales: plan only these target locales; the others are listed as out of scope. Empty: all.
        campaign: in place of the manifest's own.
        made_with: kept with the plan, see `PlanReader.made_with`.
        copy: that was prepared for this run (`localizer.copy.preparing`). None: what the deck has approved,
            and where all text is to be translated nothing is.

    Raises:
        ManifestError: a locale was asked for that the manifest does not have.
        StorageUnavailable: the bucket of the images or of the workspace did not answer.
        StorageError: the file cannot be written.
    """
    made = Planned(campaign or manifest.campaign, warnings=manifest.warnings)
    with Scratch(_SCOPE) as left_out, PlanWriter(path, campaign=made.campaign) as writer:
        for item in _planned(manifest, workspace, engine, brand, image_root, locales, copy):
            if isinstance(item, Job):
                writer.add(item)
                made.jobs += 1
                made.locales[item.locale] += 1
            elif isinstance(item, JobResult):
                writer.reject(item)
                made.rejected += 1
                if len(made.first_rejected) < _SHOWN:
                    made.first_rejected.append(item)
            else:
                left_out.do("INSERT INTO left_out VALUES (?, ?)", *item)
                made.out_of_scope += 1
        writer.finish(out_of_scope=_pairs(left_out), warnings=made.warnings, made_with=made_with)
    return made


def _pairs(left_out: Scratch) -> Iterator[tuple[str, str]]:
    return ((asset_id, locale) for asset_id, locale in left_out.rows("SELECT * FROM left_out"))


def plan_manifest(
    manifest: Manifest | ManifestStream,
    *,
    workspace: Workspace,
    engine: Engine,
    brand: BrandKit,
    image_root: str | None = None,
    locales: Sequence[str] = (),
    copy: RunCopy | None = None,
) -> Plan:
    """A small plan, whole; see `plan_to_file`."""
    items = list(_planned(manifest, workspace, engine, brand, image_root, locales, copy))
    return Plan(
        manifest.campaign,
        tuple(item for item in items if isinstance(item, Job)),
        tuple(item for item in items if isinstance(item, JobResult)),
        tuple((item.asset_id, item.locale) for item in items if isinstance(item, _OutOfScope)),
        manifest.warnings,
    )


def _planned(
    manifest: Manifest | ManifestStream,
    workspace: Workspace,
    engine: Engine,
    brand: BrandKit,
    image_root: str | None,
    locales: Sequence[str],
    copy: RunCopy | None,
) -> Iterator[Job | JobResult | _OutOfScope]:
    """What becomes of each job of the manifest, in order."""
    wanted = wanted_locales(manifest, locales)
    part = engine_part(engine)

    def resolved(job: JobRows, source: Entry) -> Resolved:
        if copy is None:
            return _with_deck(job, manifest.deck)
        return with_run_copy(
            job.edits, sha256=source.sha256, source_locale=job.source_locale, locale=job.locale, copy=copy
        )

    def in_scope(job: JobRows) -> bool:
        return not wanted or not job.locale_is_valid or job.locale in wanted

    with open_sources(manifest, workspace, image_root) as sources:
        for job, source in sources.attach(manifest.jobs, in_scope):
            if in_scope(job):
                yield _outcome(job, source, resolved, part, brand.digest)
            else:
                yield _OutOfScope(job.asset_id, job.locale)
        sources.save()


@contextmanager
def open_sources(
    manifest: Manifest | ManifestStream, workspace: Workspace, image_root: str | None
) -> Iterator[PlannedSources]:
    """The images of a manifest, with what is known of them from earlier."""
    reader = SourceReader(image_root or manifest.image_root, manifest=manifest.uri)
    with Scratch(SCHEMA) as scratch:
        index = SourceIndex(scratch, workspace.storage, [manifest.uri, reader.root])
        index.load(reader)
        yield PlannedSources(reader, workspace, index)


def wanted_locales(manifest: Manifest | ManifestStream, locales: Sequence[str]) -> frozenset[str]:
    """The target locales that were asked for; empty: all.

    Raises:
        ManifestError: one of them is not in the manifest.
    """
    available = manifest.locales if locales else ()
    wanted = set()
    for tag in locales:
        try:
            locale = normalise_locale(tag)
        except ValueError as error:
            raise ManifestError(str(error)) from None
        if locale not in available:
            raise ManifestError(
                f"locale {tag!r} is not in {manifest.uri}; available: {', '.join(available) or 'none'}"
            )
        wanted.add(locale)
    return frozenset(wanted)


def _outcome(
    job: JobRows,
    source: Entry | Unusable | None,
    resolved: Callable[[JobRows, Entry], Resolved],
    engine: Mapping[str, Any],
    brand_digest: str,
) -> Job | JobResult:
    if source is None:
        return _rejected(job, job.errors)
    if isinstance(source, Unusable):
        return _rejected(job, [job.error("image", source.reason)], source.retryable)
    if errors := _boxes_outside(job, source):
        return _rejected(job, errors)
    return _job(job, source, resolved(job, source), engine, brand_digest)


def _boxes_outside(job: JobRows, source: Entry) -> list[RowError]:
    errors = []
    for edit in job.edits:
        if edit.box and (edit.box[2] > source.width or edit.box[3] > source.height):
            shown = " ".join(map(str, edit.box))
            message = f"{shown} reaches outside the image, which is {source.width} x {source.height} pixels"
            errors.append(job.error("box", message, row=edit.row))
    return errors


def _with_deck(rows: JobRows, deck: CopyDeck) -> Resolved:
    edits = []
    for edit in rows.edits:
        copy = deck.lookup(edit.text, rows.source_locale, rows.locale) if _lacks_copy(edit) else None
        edits.append(edit if copy is None else replace(edit, replacement=copy))
    return Resolved(tuple(edits))


def _job(rows: JobRows, source: Entry, copy: Resolved, engine: Mapping[str, Any], brand_digest: str) -> Job:
    unsettled = (*copy.left_text, *copy.doubted_text)

    def key_of(edits: Iterable[Edit], unsettled: Sequence[str]) -> str:
        return job_key(
            source_sha256=source.sha256,
            source_locale=rows.source_locale,
            locale=rows.locale,
            edits=edits,
            engine=engine,
            brand_digest=brand_digest,
            unsettled=unsettled,
        )

    key = key_of(copy.edits, unsettled)
    is_settled = not unsettled and not any(edit.draft for edit in copy.edits)
    return Job(
        key=key,
        asset_id=rows.asset_id,
        locale=rows.locale,
        source_locale=rows.source_locale,
        source=source.name,
        source_sha256=source.sha256,
        edits=copy.edits,
        missing_copy=missing_copy(copy.edits),
        left_text=copy.left_text,
        doubted_text=copy.doubted_text,
        seed="" if is_settled else key_of((replace(edit, draft="") for edit in copy.edits), ()),
    )


def missing_copy(edits: Iterable[Edit]) -> tuple[str, ...]:
    """Source strings that nobody gave approved copy for."""
    return tuple(dict.fromkeys(edit.text for edit in edits if _lacks_copy(edit)))


def _lacks_copy(edit: Edit) -> bool:
    return takes_copy(edit) and edit.text != ALL_TEXT


def engine_part(engine: Engine) -> dict[str, Any]:
    """What an engine adds to a job's key."""
    return {"name": engine.name, "version": engine.version, "parameters": dict(engine.parameters())}


def job_key(
    *,
    source_sha256: str,
    source_locale: str,
    locale: str,
    edits: Iterable[Edit],
    engine: Mapping[str, Any],
    brand_digest: str,
    variant: int = 0,
    unsettled: Sequence[str] = (),
) -> str:
    """SHA-256 (hex) over the canonical JSON of everything that decides the pixels of a job.

    Args:
        edits: copy resolved. Their row numbers do not count, their order does.
        engine: see `engine_part`.
        unsettled: `Job.left_text` and `Job.doubted_text`: no pixels depend on them, but whether they pass.
        variant: another number gives another key for the same wish, and so other seeds where a model draws.
    """
    parts = []
    for edit in edits:
        part = edit.to_dict()
        del part["row"]
        parts.append(part)
    decisive: dict[str, Any] = {
        "source_sha256": source_sha256,
        "source_locale": source_locale,
        "locale": locale,
        "edits": parts,
        "engine": engine,
        "brand": brand_digest,
    }
    if variant:
        decisive["variant"] = variant
    if unsettled:
        decisive["unsettled"] = list(unsettled)
    return canonical_digest(decisive)


def _rejected(job: JobRows, errors: Sequence[RowError], retryable: bool = False) -> JobResult:
    more = [f"and {len(errors) - _MOST_TOLD} more"] if len(errors) > _MOST_TOLD else []
    return JobResult(
        job=canonical_digest([job.asset_id, job.locale, *map(dict, job.raw)]),
        asset_id=job.asset_id,
        locale=job.locale,
        status=Status.FAILED,
        reason="; ".join([*map(str, errors[:_MOST_TOLD]), *more]),
        rows=job.rows,
        retryable=retryable,
    )


def shards(jobs: Sequence[Job], *, size: int) -> list[list[Job]]:
    """Jobs in runs of at most `size`, in order.

    Raises:
        ValueError: `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"a shard needs a size of at least 1, not {size}")
    return [list(jobs[start : start + size]) for start in range(0, len(jobs), size)]
