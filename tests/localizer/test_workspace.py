from __future__ import annotations

import hashlib
import json
import logging
import threading

import pytest

from localizer.errors import ChecksumMismatch, ObjectNotFound, StorageError
from localizer.model import CheckResult, CheckStatus, Job, JobResult, Status
from localizer.workspace import Workspace

KEY = "ab" * 32


@pytest.fixture
def workspace(storage_uri: str) -> Workspace:
    return Workspace.open(storage_uri)


def job(source: str = "sources/x.png", sha256: str = "") -> Job:
    return Job(KEY, "poster", "ja", "en", source, sha256, ())


def result(**changes: object) -> JobResult:
    return JobResult(
        KEY,
        "poster",
        "ja",
        Status.PASSED,
        image="candidate.png",
        delivered="delivered.jpg",
        source="sources/x.png",
        checks=(CheckResult("legible", CheckStatus.PASSED, 4.5, 3.0),),
    ).with_changes(**changes)


FILES = {"candidate.png": b"candidate", "delivered.jpg": b"delivered"}


def test_a_source_is_kept_once_under_its_hash(workspace: Workspace) -> None:
    name, sha256 = workspace.put_source(b"bytes", ".PNG")
    assert (name, sha256) == (f"sources/{hashlib.sha256(b'bytes').hexdigest()}.png", name[8:-4])
    before = workspace.storage.stat(name)
    assert workspace.put_source(b"bytes", "png") == (name, sha256)
    assert workspace.storage.stat(name) == before
    assert workspace.read_source(job(name, sha256)) == b"bytes"


def test_a_damaged_source_is_noticed_and_healed(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    name, sha256 = workspace.put_source(b"bytes", "png")
    workspace.storage.write(name, b"bytez")
    with pytest.raises(ChecksumMismatch, match="not the image that was planned"):
        workspace.read_source(job(name, sha256))
    with caplog.at_level(logging.WARNING):
        workspace.put_source(b"bytes", "png")
    assert "damaged" in caplog.text
    assert workspace.read_source(job(name, sha256)) == b"bytes"


@pytest.mark.parametrize("extension", ["", "p/ng", "../x", "a" * 9])
def test_extensions_are_checked(workspace: Workspace, extension: str) -> None:
    with pytest.raises(StorageError, match="extension"):
        workspace.put_source(b"", extension)


def test_a_result_comes_back_with_uris_and_hashes(workspace: Workspace) -> None:
    assert workspace.load_result(KEY) is None
    saved = workspace.save_result(result(), FILES | {"mask.png": b"mask"})
    assert saved.image == f"{workspace.uri}/jobs/{KEY}/candidate.png"
    assert saved.delivered == f"{workspace.uri}/jobs/{KEY}/delivered.jpg"
    assert saved.source == f"{workspace.uri}/sources/x.png"
    assert saved.delivered_sha256 == hashlib.sha256(b"delivered").hexdigest()
    assert saved.image_sha256 == hashlib.sha256(b"candidate").hexdigest()
    assert workspace.load_result(KEY) == saved
    record = json.loads(workspace.storage.read(f"jobs/{KEY}/result.json"))
    assert (record["image"], record["delivered"], record["source"]) == (
        "candidate.png",
        "delivered.jpg",
        "sources/x.png",
    )
    # What was located once may be saved again.
    again = saved.with_changes(image="candidate.png", delivered="delivered.jpg")
    assert workspace.save_result(again, FILES) == saved


def test_a_result_without_an_image(workspace: Workspace) -> None:
    failed = result(image=None, delivered=None, status=Status.FAILED, reason="no text found")
    assert workspace.save_result(failed, {}).image is None
    loaded = workspace.load_result(KEY)
    assert loaded is not None
    assert (loaded.image, loaded.delivered, loaded.delivered_sha256, loaded.reason) == (
        None,
        None,
        None,
        "no text found",
    )


@pytest.mark.parametrize("name", ["candidate.png", "delivered.jpg"])
def test_a_result_whose_files_changed_is_none(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    workspace.save_result(result(), FILES)
    workspace.storage.write(f"jobs/{KEY}/{name}", b"something")
    with caplog.at_level(logging.WARNING):
        assert workspace.load_result(KEY) is None
    assert name in caplog.text


def test_a_result_whose_files_are_gone_is_none(tmp_path, caplog: pytest.LogCaptureFixture) -> None:
    workspace = Workspace.open(str(tmp_path))
    workspace.save_result(result(), FILES)
    (tmp_path / "jobs" / KEY / "delivered.jpg").unlink()
    with caplog.at_level(logging.WARNING):
        assert workspace.load_result(KEY) is None
    assert "missing" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}", b'{"job": 1}'])
def test_a_damaged_record_is_none(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, damage: bytes
) -> None:
    workspace.storage.write(f"jobs/{KEY}/result.json", damage)
    with caplog.at_level(logging.WARNING):
        assert workspace.load_result(KEY) is None
    assert "unreadable" in caplog.text


def test_save_refuses_what_it_could_not_load(workspace: Workspace) -> None:
    with pytest.raises(StorageError, match=r"delivered\.jpg"):
        workspace.save_result(result(), {"candidate.png": b""})
    for files in ({"../x": b""}, {"result.json": b""}):
        with pytest.raises(StorageError, match="bare"):
            workspace.save_result(result(), FILES | files)
    with pytest.raises(StorageError, match="job key"):
        workspace.load_result("../../etc")


def test_racing_writers_never_leave_a_record_of_other_bytes(storage_uri: str) -> None:
    """Two runs with an engine that is not deterministic: what loads is one writer's work, or nothing."""
    for number in range(5):
        key = f"{number:064x}"
        barrier = threading.Barrier(3)
        writers = [
            threading.Thread(target=_write, args=(storage_uri, key, bytes([65 + i]) * 5000, barrier))
            for i in range(3)
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        workspace = Workspace.open(storage_uri)
        loaded = workspace.load_result(key)
        if loaded is not None:
            delivered = workspace.storage.read(f"jobs/{key}/delivered.jpg")
            assert hashlib.sha256(delivered).hexdigest() == loaded.delivered_sha256
            assert workspace.storage.read(f"jobs/{key}/candidate.png") == delivered
        # In any case it can be done again.
        assert workspace.save_result(result(job=key), FILES) == workspace.load_result(key)


def _write(uri: str, key: str, data: bytes, barrier: threading.Barrier) -> None:
    workspace = Workspace.open(uri)
    barrier.wait()
    workspace.save_result(result(job=key), {"candidate.png": data, "delivered.jpg": data})


def test_a_moved_workspace_still_works(tmp_path) -> None:
    saved = Workspace.open(str(tmp_path / "old")).save_result(result(), FILES)
    (tmp_path / "old").rename(tmp_path / "new")
    moved = Workspace.open(str(tmp_path / "new"))
    name = moved.delivered_name(saved)
    assert name is not None
    assert moved.storage.read(name) == b"delivered"
    loaded = moved.load_result(KEY)
    assert loaded is not None
    assert loaded.image == str(tmp_path / "new" / "jobs" / KEY / "candidate.png")


def test_a_run_that_was_not_planned(workspace: Workspace) -> None:
    with pytest.raises(ObjectNotFound, match=r"plan\.parquet"):
        workspace.run("x").load_plan()
