"""A run of three small images, planned and done by the real pipeline."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from localizer.brand import load_brand
from localizer.engines.registry import get_engine
from localizer.leases import is_taken
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.pipeline import localize_many
from localizer.plan_files import PlanWriter
from localizer.planning import engine_part, job_key
from localizer.redo.means import Means
from localizer.redo.redoing import Redone, redo
from localizer.redo.wish import Wish
from localizer.runs import Run
from localizer.runs.amendments import Amendment
from localizer.workspace import Workspace
from tests.localizer.redo.painting import NAME

ASSETS = ("a", "b", "c")


class Campaign:
    """One run in one workspace: an added line for each asset, and a line to translate on the first."""

    def __init__(self, root: Path | str, run_id: str = "r", engine: str = NAME) -> None:
        self.workspace = Workspace.open(f"{root}/workspace")
        self.run: Run = self.workspace.run(run_id)
        self.engine = engine
        self.publish_uri = f"{root}/published"
        self._wishes = 0

    def plan(self, folder: Path, copy: str = "Neu") -> Campaign:
        engine = engine_part(get_engine(self.engine))
        with PlanWriter(folder / "plan.parquet", campaign="spring") as writer:
            for row, asset in enumerate(ASSETS, start=2):
                picture = io.BytesIO()
                Image.new("RGB", (64, 48), (200, 30, row)).save(picture, "PNG")
                source, sha256 = self.workspace.put_source(picture.getvalue(), "png")
                edits = [Edit(Action.ADD_TEXT, replacement=copy, box=(4, 4, 40, 20), row=row)]
                if asset == "a":
                    edits.append(Edit(Action.TRANSLATE_TEXT, "SALE", "Rabatt", box=(4, 24, 40, 40), row=9))
                key = job_key(
                    source_sha256=sha256,
                    source_locale="en",
                    locale="de",
                    edits=edits,
                    engine=engine,
                    brand_digest=load_brand(None).digest,
                )
                writer.add(Job(key, asset, "de", "en", source, sha256, tuple(edits)))
            writer.reject(JobResult("x", "bad", "de", Status.FAILED, reason="row 7, image: is missing"))
            writer.finish(made_with={"engine": self.engine, "engine_parameters": {}, "brand": None})
        self.run.save_plan_file(folder / "plan.parquet")
        return self

    def edit(self) -> Campaign:
        with self.run.plan() as plan:
            results: list[JobResult] = []
            localize_many(
                plan.jobs(), workspace_uri=self.workspace.uri, engine=self.engine, on_result=results.append
            )
        self.run.save_shard("0", results)
        self.run.merge()
        return self

    def wish(
        self, asset: str, *replacements: str | None, id: str = "", seen: str = "", by: str = "mei"
    ) -> Wish:
        self._wishes += 1
        return Wish(
            id or f"wish-{self._wishes}", asset, "de", by, seen=seen, replacements=replacements, why="a typo"
        )

    def redo(self, wish: Wish, engine: str | None = None, **parameters: object) -> Redone:
        with self.run.plan() as plan:
            means = Means.chosen(plan.made_with, engine=engine, engine_parameters=parameters)
        return redo(wish, workspace=self.workspace, run=self.run, means=means)

    def redoing(self) -> list[Amendment]:
        """What a process is at right now."""
        storage, run = self.workspace.storage, self.run
        asked = (each for each in run.amendments() if each.is_open)
        return [each for each in asked if is_taken(storage, run.redo_lease(*each.place))]

    def results(self) -> dict[str, JobResult]:
        return {each.asset_id: each for each in self.run.each_result()}

    def copy(self) -> dict[str, str]:
        """What stands in each image, as the run's results say."""
        return {asset: texts(each.edits) for asset, each in self.results().items() if each.edits}


def texts(edits: Sequence[dict]) -> str:  # type: ignore[type-arg]
    return " ".join(str(edit["replacement"]) for edit in edits)


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    """Done and merged, in a folder."""
    return Campaign(tmp_path).plan(tmp_path).edit()


@pytest.fixture
def stored_campaign(storage_uri: str, tmp_path: Path) -> Campaign:
    """Done and merged, in storage of either kind."""
    return Campaign(storage_uri).plan(tmp_path).edit()


Make = Callable[..., Campaign]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Another run of the same workspace, or by another engine; planned only."""

    def campaign(run_id: str = "r", engine: str = NAME, copy: str = "Neu") -> Campaign:
        return Campaign(tmp_path, run_id, engine).plan(tmp_path, copy)

    return campaign
