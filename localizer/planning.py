"""From a manifest to jobs: images read and validated once, copy resolved, keys worked out.

The key of a job is the SHA-256 of everything that decides its pixels, see `job_key`. Two assets with the
same bytes and the same edits share a key, and so the work.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from localizer.documents import canonical_digest
from localizer.errors import ImageError, ManifestError, RowError, StorageUnavailable
from localizer.locales import normalise_locale
from localizer.manifest import JobRows, Manifest
from localizer.manifest.rows import ALL_TEXT
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.plan_files import Plan
from localizer.sources import SourceReader

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copydeck import CopyDeck
    from localizer.engines.base import Engine
    from localizer.workspace import Workspace

__all__ = ["Plan", "job_key", "plan_manifest", "shards"]

_EXTENSIONS = {"JPEG": "jpg", "TIFF": "tif"}
_MAX_READERS = 4  # each holds one decoded image


class _Source(NamedTuple):
    """A validated image in the workspace; sizes in pixels, upright."""

    name: str
    sha256: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class _Unusable:
    reason: str
    retryable: bool = False


def plan_manifest(
    manifest: Manifest,
    *,
    workspace: Workspace,
    engine: Engine,
    brand: BrandKit,
    image_root: str | None = None,
    locales: Sequence[str] = (),
) -> Plan:
    """Turn a manifest into jobs. Images are read, decoded once to validate them, and kept in the workspace.

    A job with any wrong row, an unusable image or a box outside its image becomes a rejected result.

    Args:
        image_root: folder or ``gs://`` URI for relative images, in place of the manifest's own.
        locales: plan only these target locales; the others are listed as out of scope. Empty: all.

    Raises:
        ManifestError: a locale was asked for that the manifest does not have.
        StorageUnavailable: the bucket of the images or of the workspace did not answer.
    """
    wanted = _wanted(manifest, locales)
    in_scope = [j for j in manifest.jobs if not wanted or not j.locale_is_valid or j.locale in wanted]
    out_of_scope = [j for j in manifest.jobs if wanted and j.locale_is_valid and j.locale not in wanted]
    reader = SourceReader(image_root or manifest.image_root)
    sources = _read_sources(reader, workspace, (job.image for job in in_scope if not job.errors))
    engine_part = {"name": engine.name, "version": engine.version, "parameters": dict(engine.parameters())}
    jobs, rejected = [], []
    for job in in_scope:
        source = None if job.errors else sources[job.image]
        if source is None:
            rejected.append(_rejected(job, job.errors))
        elif isinstance(source, _Unusable):
            rejected.append(_rejected(job, [job.error("image", source.reason)], source.retryable))
        elif errors := _boxes_outside(job, source):
            rejected.append(_rejected(job, errors))
        else:
            jobs.append(_job(job, source, manifest.deck, engine_part, brand.digest))
    return Plan(
        manifest.campaign,
        tuple(jobs),
        tuple(rejected),
        tuple((job.asset_id, job.locale) for job in out_of_scope),
        manifest.warnings,
    )


def _wanted(manifest: Manifest, locales: Sequence[str]) -> frozenset[str]:
    wanted = set()
    for tag in locales:
        try:
            locale = normalise_locale(tag)
        except ValueError as error:
            raise ManifestError(str(error)) from None
        if locale not in manifest.locales:
            available = ", ".join(manifest.locales) or "none"
            raise ManifestError(f"locale {tag!r} is not in {manifest.uri}; available: {available}")
        wanted.add(locale)
    return frozenset(wanted)


def _read_sources(
    reader: SourceReader, workspace: Workspace, references: Iterable[str]
) -> dict[str, _Source | _Unusable]:
    """Every image once, a few at a time: decoding releases the interpreter, and buckets have latency."""
    unique = list(dict.fromkeys(references))
    stored: dict[str, str] = {}

    def one(reference: str) -> _Source | _Unusable:
        return _read_source(reader, workspace, reference, stored)

    with ThreadPoolExecutor(min(_MAX_READERS, os.cpu_count() or 1)) as pool:
        return dict(zip(unique, pool.map(one, unique), strict=True))


def _read_source(
    reader: SourceReader, workspace: Workspace, reference: str, stored: dict[str, str]
) -> _Source | _Unusable:
    from localizer.images.decode import decode

    try:
        data = reader.read(reference)
        image = decode(data, name=reference)
    except ImageError as error:
        return _Unusable(str(error))
    except StorageUnavailable as error:
        if not reference.startswith("https://"):
            raise  # our own bucket is down: nothing can be planned now
        return _Unusable(str(error), retryable=True)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 not in stored:
        extension = _EXTENSIONS.get(image.format, image.format.lower())
        stored[sha256] = workspace.put_source(data, extension)[0]
    return _Source(stored[sha256], sha256, image.width, image.height)


def _boxes_outside(job: JobRows, source: _Source) -> list[RowError]:
    errors = []
    for edit in job.edits:
        if edit.box and (edit.box[2] > source.width or edit.box[3] > source.height):
            shown = " ".join(map(str, edit.box))
            message = f"{shown} reaches outside the image, which is {source.width} x {source.height} pixels"
            errors.append(job.error("box", message, row=edit.row))
    return errors


def _job(rows: JobRows, source: _Source, deck: CopyDeck, engine: Mapping[str, Any], brand_digest: str) -> Job:
    edits, missing = [], []
    for edit in rows.edits:
        resolved = edit
        if edit.action is Action.TRANSLATE_TEXT and not edit.replacement and edit.text != ALL_TEXT:
            copy = deck.lookup(edit.text, rows.source_locale, rows.locale)
            if copy is None:
                missing.append(edit.text)
            else:
                resolved = replace(edit, replacement=copy)
        edits.append(resolved)
    key = job_key(
        source_sha256=source.sha256,
        source_locale=rows.source_locale,
        locale=rows.locale,
        edits=edits,
        engine=engine,
        brand_digest=brand_digest,
    )
    return Job(
        key=key,
        asset_id=rows.asset_id,
        locale=rows.locale,
        source_locale=rows.source_locale,
        source=source.name,
        source_sha256=source.sha256,
        edits=tuple(edits),
        missing_copy=tuple(dict.fromkeys(missing)),
    )


def job_key(
    *,
    source_sha256: str,
    source_locale: str,
    locale: str,
    edits: Iterable[Edit],
    engine: Mapping[str, Any],
    brand_digest: str,
) -> str:
    """SHA-256 (hex) over the canonical JSON of everything that decides the pixels of a job.

    Args:
        edits: copy resolved. Their row numbers do not count, their order does.
        engine: ``name``, ``version`` and ``parameters``.
    """
    parts = []
    for edit in edits:
        part = edit.to_dict()
        del part["row"]
        parts.append(part)
    return canonical_digest(
        {
            "source_sha256": source_sha256,
            "source_locale": source_locale,
            "locale": locale,
            "edits": parts,
            "engine": engine,
            "brand": brand_digest,
        }
    )


def _rejected(job: JobRows, errors: Sequence[RowError], retryable: bool = False) -> JobResult:
    return JobResult(
        job=canonical_digest([job.asset_id, job.locale, *map(dict, job.raw)]),
        asset_id=job.asset_id,
        locale=job.locale,
        status=Status.FAILED,
        reason="; ".join(map(str, errors)),
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
