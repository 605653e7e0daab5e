"""The real app over a workspace that the real command line made, and a real Chromium that looks at it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, BrowserContext, Page, expect

from localizer.cli import main
from localizer.review.app import review_app
from localizer.workspace import Workspace
from tests.localizer.review.demo_host import DAG, DemoHost

RUN = "autumn"
SANDBOX = "allow-scripts allow-same-origin allow-forms allow-downloads"  # of the frames of Airflow's UI

# name on the picture, words on the picture → the copy that is asked for, by locale; what needs review does so
# because a number in the copy is not the source's (check copy_policy)
POSTERS = {
    "lantern": ("MOON SALE", {"de": "MOND-SALE", "ar": "تخفيضات"}),
    "mooncake": ("GIFT BOX", {"de": "GESCHENKBOX", "ar": "صندوق هدايا"}),
    "rabbit": ("SAVE 20%", {"de": "SPARE 25%", "ar": "وفر 25%"}),
    "teapot": ("ONLY $30", {"de": "NUR $35"}),
}


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one run: passed, in need of review, failed; left to right and right to left."""
    folder = tmp_path_factory.mktemp("campaign")
    rows = ["asset_id,image,source_locale,locale,action,text,replacement"]
    for name, (text, copies) in POSTERS.items():
        image = Image.new("RGB", (640, 800), "white")
        draw = ImageDraw.Draw(image)
        draw.ellipse((170, 380, 470, 680), "#d9a441")
        draw.text((320, 200), text, "#20242c", ImageFont.load_default(72), "mm")
        image.save(folder / f"{name}.png")
        rows += [f"{name},{name}.png,en,{tag},replace_text,{text},{copy}" for tag, copy in copies.items()]
    rows.append("lost,missing.png,en,de,replace_text,OLD,ALT")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    workspace = folder / "workspace"
    arguments = ["run", str(folder / "manifest.csv"), "--workspace", str(workspace), "--run-id", RUN]
    assert main([*arguments, "--approve", "none"]) == 0
    return workspace


@dataclass
class Site:
    """The app on a port of its own.

    Attributes:
        url: of its root.
        host: what it asks; a test may change what it answers.
    """

    url: str
    host: DemoHost

    def review(self, run: str = RUN, **query: str) -> str:
        """The address of a run's page."""
        given = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.url}?dag_id={DAG}&run_id={run}{given}"


@contextmanager
def serving(host: DemoHost) -> Iterator[Site]:
    """Serve the app below a path, as Airflow does, until the end of the block."""
    from fastapi import FastAPI
    from fastapi.responses import HTMLResponse

    root = FastAPI()

    @root.get("/framed")
    def framed(of: str) -> HTMLResponse:
        return HTMLResponse(
            f'<iframe sandbox="{SANDBOX}" src="{escape(of)}" width="1200" height="800"></iframe>'
        )

    @root.get("/dags/{rest:path}")
    def elsewhere(rest: str) -> HTMLResponse:
        return HTMLResponse(f"<h1>Airflow: {escape(rest)}</h1>")

    root.mount("/localizer", review_app(host))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(root, log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield Site(f"http://127.0.0.1:{port}/localizer/", host)
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def site(drawn: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of the run, to be reviewed."""
    shutil.copytree(drawn, tmp_path / "workspace", copy_function=shutil.copy2)
    with serving(DemoHost(Workspace.open(str(tmp_path / "workspace")))) as served:
        yield served


@dataclass
class Desk:
    """Opens pages for people, and remembers what their browsers complained of."""

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str, *, viewer: str = "mei", **options: Any) -> Page:
        """A page in a browser profile of its own.

        Args:
            viewer: who is signed in.
            options: of Playwright's `new_context`.
        """
        options.setdefault("viewport", {"width": 1280, "height": 860})
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        context.add_cookies([{"name": "viewer", "value": viewer, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.goto(address)
        return page

    def _heard(self, kind: str, text: str) -> None:
        # Chromium logs every answer of 400 and above; which of them are right is for the tests to say.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {text}")


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Desk]:
    """Pages; none may have had an error of its own, or tried what the content security policy forbids."""
    expect.set_options(timeout=10_000)
    opened = Desk(chromium)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.complaints == []
