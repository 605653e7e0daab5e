"""What of a run may be published: what a recorded decision approves, and nothing that contradicts it."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from localizer.errors import ReleaseError
from localizer.model import Decision, JobResult, Status, Verdict
from localizer.release.records import Release, ReleaseObject, object_path, release_folder
from localizer.runs import Run
from localizer.storage import Storage
from localizer.storage.content_types import content_type_of
from localizer.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Item:
    """One image to publish, and where its bytes are now.

    Attributes:
        entry: what ``release.json`` will say; `size` and `crc32c` are filled in once the bytes were read.
    """

    entry: ReleaseObject
    storage: Storage
    name: str


def approved_items(run: Run, workspace: Workspace) -> tuple[list[Item], list[str]]:
    """The approved images of a run, and warnings.

    Raises:
        ReleaseError: a decision approves what must never be published, or two results claim one place.
        ObjectNotFound: the run's results were not merged yet.
    """
    latest = run.latest_decisions()
    items: dict[tuple[str, str], Item] = {}
    used = set()
    for result in run.results():
        slot = (result.job, result.asset_id, result.locale)
        decision = latest.get(slot)
        if decision is None or decision.verdict is not Verdict.APPROVED:
            continue
        used.add(slot)
        if (result.asset_id, result.locale) in items:
            raise ReleaseError(f"{result.asset_id} · {result.locale}: two approved results for one place")
        items[result.asset_id, result.locale] = _item(result, decision, workspace)
    warnings = [
        f"{decision.asset_id} · {decision.locale} was approved, but this run has no such result (any more)"
        for slot, decision in sorted(latest.items())
        if decision.verdict is Verdict.APPROVED and slot not in used
    ]
    return list(items.values()), warnings


def carried_items(
    current: Release,
    pairs: frozenset[tuple[str, str]],
    *,
    storage: Storage,
    taken: frozenset[tuple[str, str]],
) -> list[Item]:
    """Images of the current release to take over unchanged: of those pairs that the run did not work on.

    Args:
        pairs: asset id and locale of what was filtered out of the run.
        taken: pairs that the run publishes itself.
    """
    folder = release_folder(current.campaign, current.release_id)
    return [
        Item(_carried(each, current.release_id), storage, f"{folder}/{each.path}")
        for each in current.objects
        if (each.asset_id, each.locale) in pairs - taken
    ]


def _carried(entry: ReleaseObject, release_id: str) -> ReleaseObject:
    facts = {name: getattr(entry, name) for name in ReleaseObject.__dataclass_fields__}
    return ReleaseObject(**(facts | {"carried_from": release_id}))


def _item(result: JobResult, decision: Decision, workspace: Workspace) -> Item:
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
    return Item(entry, workspace.storage, name)
