"""A small campaign with results and decisions, in a workspace of either kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from localizer.model import CheckResult, CheckStatus, Decision, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.runs import Run
from localizer.storage import Storage, open_storage
from localizer.workspace import Workspace

Slot = tuple[str, str]


class Campaign:
    """Makes runs in one workspace; images are told apart by their bytes."""

    name = "spring"

    def __init__(self, root: str) -> None:
        self.workspace = Workspace.open(f"{root}/workspace")
        self.publish_uri = f"{root}/published"

    @property
    def published(self) -> Storage:
        return open_storage(self.publish_uri)

    def run(
        self,
        run_id: str,
        images: dict[Slot, bytes],
        *,
        approve: Sequence[Slot] | None = None,
        out_of_scope: Sequence[Slot] = (),
        warnings: Sequence[str] = (),
        change: Callable[[JobResult], JobResult] = lambda r: r,
        by: str = "ann",
    ) -> Run:
        """A merged run whose slots (asset, locale) got these delivered bytes; `approve` None approves all."""
        jobs, results = [], []
        for number, ((asset, locale), data) in enumerate(images.items()):
            key = f"{run_id}-{number}"
            jobs.append(Job(key, asset, locale, "en", "sources/s.png", "0" * 64, ()))
            made = JobResult(
                key,
                asset,
                locale,
                Status.PASSED,
                image="candidate.png",
                delivered="delivered.jpg",
                checks=(CheckResult("legible", CheckStatus.PASSED, 4.5, 3.0, "fine"),),
                engine="typeset",
            )
            saved = self.workspace.save_result(made, {"candidate.png": b"png" + data, "delivered.jpg": data})
            results.append(change(saved))
        run = self.workspace.run(run_id)
        run.save_plan(Plan(self.name, tuple(jobs), (), tuple(out_of_scope), tuple(warnings)))
        run.save_shard("all", results)
        run.merge()
        chosen = list(images) if approve is None else approve
        run.save_decisions(
            Decision(r.job, r.asset_id, r.locale, Verdict.APPROVED, by, "2026-01-01T00:00:00Z")
            for r in results
            if (r.asset_id, r.locale) in chosen
        )
        return run

    def generations(self) -> dict[str, int]:
        """Every published object and the generation that it has."""
        storage = self.published
        return {name: info.generation for name in storage.names() if (info := storage.stat(name))}


@pytest.fixture
def campaign(storage_uri: str) -> Campaign:
    return Campaign(storage_uri)


@pytest.fixture
def local_campaign(tmp_path) -> Campaign:
    return Campaign(str(tmp_path))
