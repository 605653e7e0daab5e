"""A workspace with two runs that the real command line made, and a client of the app over it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from starlette.testclient import TestClient

from localizer.cli import main
from localizer.review.app import review_app
from localizer.workspace import Workspace
from tests.localizer.review.demo_host import DAG, DemoHost

RUN, OTHER_RUN = "first", "second"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace; tests copy it."""
    folder = tmp_path_factory.mktemp("review")
    for name, text in (("a.png", "SALE"), ("b.png", "NEW")):
        image = Image.new("RGB", (480, 320), "white")
        ImageDraw.Draw(image).text((240, 160), text, "black", ImageFont.load_default(64), "mm")
        image.save(folder / name)
    (folder / "small.csv").write_text(
        "asset_id,image,source_locale,locale,action,text,replacement\n"
        "a,a.png,en,de,replace_text,SALE,RABATT\n"
        "b,b.png,en,de,replace_text,NEW,NEU\n"
        "b,b.png,en,ar,replace_text,NEW,جديد\n"
        "c,missing.png,en,de,replace_text,OLD,ALT\n"
    )
    workspace = folder / "workspace"
    for run in (RUN, OTHER_RUN):
        code = main(
            [
                "run",
                str(folder / "small.csv"),
                "--workspace",
                str(workspace),
                "--run-id",
                run,
                "--approve",
                "none",
            ]
        )
        assert code == 0
    return workspace


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Workspace:
    """A copy of it, to be written to."""
    shutil.copytree(made, tmp_path / "workspace", copy_function=shutil.copy2)
    return Workspace.open(str(tmp_path / "workspace"))


@pytest.fixture
def host(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> DemoHost:
    monkeypatch.setattr("localizer.review.opened._LOOK_S", 0.0)  # what others write is seen at once
    return DemoHost(workspace)


@pytest.fixture
def client(host: DemoHost) -> Iterator[TestClient]:
    """Signed in as a reviewer; asks as a page of the app does."""
    with TestClient(review_app(host), headers={"Sec-Fetch-Site": "same-origin"}) as client:
        yield client


@pytest.fixture
def where() -> dict[str, str]:
    return {"dag_id": DAG, "run_id": RUN}
