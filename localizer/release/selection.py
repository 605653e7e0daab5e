"""What of a run may be published: what a recorded decision approves, and nothing that contradicts it."""

from __future__ import annotations

import posixpath

from localizer.errors import ReleaseError
from localizer.model import Decision, JobResult, Status, Verdict, slot_of
from localizer.release.records import ReleaseObject, object_path
from localizer.release.staging import Stage
from localizer.runs import Run
from localizer.storage.content_types import content_type_of
from localizer.workspace import Workspace

_SHOWN = 20


def stage_approved(run: Run, workspace: Workspace, stage: Stage) -> list[str]:
    """Put the approved images of a run on the stage; warnings.

    Raises:
        ReleaseError: a decision approves what must never be published, or two results claim one place.
        ObjectNotFound: the run's results were not merged yet.
    """
    with run.latest_decisions() as latest:
        for result in run.each_result():
            decision = latest.get(slot_of(result))
            if decision is not None and decision.verdict is Verdict.APPROVED:
                stage.add(*_entry(result, decision, workspace))
        warnings, count = [], 0
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
    return warnings


def _entry(result: JobResult, decision: Decision, workspace: Workspace) -> tuple[ReleaseObject, str]:
    """What ``release.json`` will say of an image, size and CRC32C apart, and its name in the workspace."""
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
    )
    return entry, name
