"""No manifest, or one that cannot be read: a schedule skips the first and stops at the other."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from localizer.errors import LocalizerError, ManifestError, ManifestNotFound, StorageUnavailable
from localizer.manifest import open_manifest
from localizer.sandbox.calling import bounded_stream
from localizer.storage import open_storage

CONTENT = b"asset_id,image,locale,action,text\np,a.png,ja,remove_text,A\n"


def outcome(uri) -> type[LocalizerError] | None:
    try:
        with open_manifest(uri):
            return None
    except LocalizerError as error:
        return type(error)


def test_a_local_file_that_is_not_there_and_what_is_not_that(tmp_path):
    (tmp_path / "m.csv").write_bytes(CONTENT)
    (tmp_path / "dangling.csv").symlink_to("nowhere.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert outcome(tmp_path / "m.csv") is None
    assert outcome(tmp_path / "none.csv") is ManifestNotFound
    assert outcome(tmp_path / "2026-11-23" / "m.csv") is ManifestNotFound  # a day without a folder
    assert outcome((tmp_path / "none.csv").as_uri()) is ManifestNotFound
    for name in ("dangling.csv", "loop.csv", "folder.csv", "pipe.csv", "m.csv/m.csv", "x" * 300 + ".csv"):
        assert outcome(tmp_path / name) is ManifestError, name


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder that everybody may enter, while this process may read no more than anybody."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o711)  # noqa: S103
        (Path(folder) / "m.csv").write_bytes(CONTENT)
        (Path(folder) / "m.csv").chmod(0)
        (Path(folder) / "closed").mkdir(0)
        if os.geteuid():
            yield Path(folder)
            return
        os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_what_may_not_be_looked_at_is_not_missing(nobody):
    assert outcome(nobody / "m.csv") is ManifestError
    assert outcome(nobody / "closed" / "m.csv") is ManifestError
    assert outcome(nobody / "none.csv") is ManifestNotFound


def test_an_object_that_is_not_there_and_a_bucket_that_is_not(gcs_uri):
    open_storage(gcs_uri).write("m.csv", CONTENT)
    assert outcome(f"{gcs_uri}/m.csv") is None
    assert outcome(f"{gcs_uri}/none.csv") is ManifestNotFound
    assert outcome("gs://test-there-is-no-such-bucket/m.csv") is ManifestError


def test_a_bucket_that_does_not_answer_is_not_empty(monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.setattr("localizer.storage.gcs._RETRY_FOR_S", 0.1)
    assert outcome("gs://test-bucket/m.csv") is StorageUnavailable


def test_a_manifest_without_its_copy_deck_is_there(tmp_path, gcs_uri):
    (tmp_path / "m.csv").write_bytes(CONTENT)
    for deck in (tmp_path / "none.csv", f"{gcs_uri}/none.csv"):
        with pytest.raises(LocalizerError) as error, open_manifest(tmp_path / "m.csv", copy_deck=deck):
            pass
        assert not isinstance(error.value, ManifestNotFound)


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path, monkeypatch):
    path = tmp_path / "m.csv"
    path.write_bytes(CONTENT)
    reading = "localizer.manifest.loading.bounded_stream"

    def slowly(*args):
        yield from bounded_stream(*args)
        path.write_bytes(CONTENT * 2)

    with monkeypatch.context() as patch:
        patch.setattr(reading, slowly)
        with pytest.raises(ManifestError, match="changed while it was read"), open_manifest(path):
            pass

    def vanishing(*args):
        yield from bounded_stream(*args)
        path.unlink()

    monkeypatch.setattr(reading, vanishing)
    assert outcome(path) is ManifestError
