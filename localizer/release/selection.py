"""What of a run may be published: what a recorded decision approves, and nothing that contradicts it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from localizer.errors import ReleaseError
from localizer.model import Decision, JobResult, Status, Verdict, slot_of
from localizer.parallel import in_parallel
from localizer.provenance.signing import Reviewed, Signer
from localizer.provenance.statements import what_was_done
from localizer.release.records import ReleaseObject, object_path
from localizer.release.staging import Stage
from localizer.runs import Run
from localizer.runs.amendments import Amendment
from localizer.runs.decisions import LatestDecisions
from localizer.storage.content_types import content_type_of
from localizer.workspace import Workspace

_SHOWN = 20


def stage_approved(
    run: Run, workspace: Workspace, stage: Stage, *, signer: Signer | None = None, dry_run: bool = False
) -> list[str]:
    """Put the approved images of a run on the stage; warnings.

    Args:
        signer: signs each of them that is not signed yet.
        dry_run: sign nothing.

    Raises:
        ReleaseError: a decision approves what must never be published, two results claim one place, or an
            image cannot be signed.
        ObjectNotFound: the run's results were not merged yet.
    """
    unsigned = 0

    def sign(approved: tuple[ReleaseObject, Reviewed]) -> tuple[ReleaseObject, str]:
        return _signed(*approved, signer, dry_run=dry_run)

    with run.latest_decisions() as latest:
        approved = _approved(run, workspace, latest)
        for entry, name in in_parallel(sign, approved) if signer else map(sign, approved):
            stage.add(entry, name)
            unsigned += signer is not None and entry.credential is None
        warnings, count = list[str](), 0
        for decision in latest.approved():
            job, asset_id, locale = slot_of(decision)
            if not stage.has(asset_id, locale, job=job):
                count += 1
                if count <= _SHOWN:
                    warnings.append(
                        f"{asset_id} · {locale} was approved, but this run has no such result (any more)"
                    )
    if count > _SHOWN:
        warnings.append(f"… and {count - _SHOWN} more were approved without a result")
    if unsigned:
        warnings.append(f"{unsigned} images are not signed yet, so the release will have another id")
    return warnings


def _approved(
    run: Run, workspace: Workspace, latest: LatestDecisions
) -> Iterator[tuple[ReleaseObject, Reviewed]]:
    redone = {each.job.slot: each for each in run.amendments() if each.counts}
    for result in run.each_result():
        decision = latest.get(slot_of(result))
        if decision is not None and decision.verdict is Verdict.APPROVED:
            yield _entry(result, decision, redone.get(slot_of(result)), workspace)


def _signed(
    entry: ReleaseObject, reviewed: Reviewed, signer: Signer | None, *, dry_run: bool
) -> tuple[ReleaseObject, str]:
    """An entry as it is published, and the name of its file in the workspace."""
    if signer is None:
        return entry, reviewed.name
    signed = signer.known(reviewed) if dry_run else signer.signed(reviewed)
    if signed is None:
        return entry, reviewed.name
    return replace(entry, sha256=signed.sha256, credential=signed.credential), signed.name


def _entry(
    result: JobResult, decision: Decision, redone: Amendment | None, workspace: Workspace
) -> tuple[ReleaseObject, Reviewed]:
    """What ``release.json`` will say of an image, size and CRC32C apart, and what there is to sign."""
    label = f"{result.asset_id} · {result.locale}"
    if result.status is Status.FAILED:
        raise ReleaseError(
            f"{label} failed ({result.reason}), yet {decision.by} approved it; nothing published"
        )
    if result.status is not Status.PASSED and decision.by.startswith("policy:"):
        raise ReleaseError(
            f"{label} needs a person's review, yet {decision.by} approved it; nothing published"
        )
    name = workspace.delivered_name(result)
    if name is None or result.delivered_sha256 is None:
        raise ReleaseError(f"{label} was approved but has no delivered file; nothing published")
    if decision.delivered_sha256 and decision.delivered_sha256 != result.delivered_sha256:
        raise ReleaseError(f"{label} was made anew after {decision.by} approved it; review it again")
    extension = posixpath.splitext(name)[1].removeprefix(".").lower()
    path = object_path(result.locale, result.asset_id, extension)
    entry = ReleaseObject(
        path=path,
        asset_id=result.asset_id,
        locale=result.locale,
        sha256=result.delivered_sha256,
        crc32c="",
        size=0,
        content_type=content_type_of(path),
        job=result.job,
        engine=result.engine,
        status=str(result.status),
        checks=tuple({"name": c.name, "status": str(c.status), "value": c.value} for c in result.checks),
        approver=decision.by,
        decided_at=decision.at,
        source_sha256=result.source_sha256 or "",
        engine_version=result.engine_version,
        models=result.models,
        candidate_sha256=result.image_sha256 or "",
        reviewed_sha256=result.delivered_sha256,
        source_type=result.source_type,
        reason=decision.comment,
        redone={"by": redone.by, "at": redone.at, "why": redone.why} if redone else None,
    )
    reviewed = Reviewed(
        label=label,
        name=name,
        sha256=result.delivered_sha256,
        source=workspace.source_name(result),
        source_sha256=result.source_sha256 or "",
        job=result.job,
        engine=result.engine,
        engine_version=result.engine_version,
        models=result.models,
        did=what_was_done((str(e["action"]) for e in result.edits), result.locale, result.models),
        is_stated=bool(result.statement),
    )
    return entry, reviewed
