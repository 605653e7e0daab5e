from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localizer.errors import (
    ChecksumMismatch,
    ConfigurationError,
    ObjectNotFound,
    PreconditionFailed,
    StorageError,
    StorageUnavailable,
)
from localizer.storage import gcs, open_storage

if TYPE_CHECKING:
    from conftest import Proxy


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up soon."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    monkeypatch.setattr(
        gcs, "_retry", lambda: DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.02).with_timeout(0.1)
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry at once."""
    from google.cloud.storage.retry import DEFAULT_RETRY

    monkeypatch.setattr(
        gcs, "_retry", lambda: DEFAULT_RETRY.with_delay(initial=0.01, maximum=0.02).with_timeout(20)
    )


@pytest.mark.usefixtures("quick")
def test_create_succeeds_when_only_the_answer_was_lost(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    proxy.once("POST", "lose")
    info = storage.create("x", b"data")
    assert [m for m, _ in proxy.seen].count("POST") == 2  # it was sent again, and answered 412
    assert storage.read_with_info("x") == (b"data", info)


@pytest.mark.usefixtures("quick")
def test_swap_succeeds_when_only_the_answer_was_lost(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    first = storage.create("x", b"1")
    proxy.once("POST", "lose")
    second = storage.swap("x", b"2", generation=first.generation)
    assert second.generation != first.generation
    assert storage.read_with_info("x") == (b"2", second)


@pytest.mark.usefixtures("quick")
def test_retries_through_a_passing_outage(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    for method, use in [
        ("POST", lambda: storage.create("x", b"1")),
        ("GET", lambda: storage.read("x")),
        ("GET", lambda: storage.stat("x")),
        ("GET", lambda: list(storage.names())),
        ("POST", lambda: storage.write("x", b"2")),
    ]:
        proxy.once(method, "503")
        proxy.seen.clear()
        use()
        assert [m for m, path in proxy.seen if "/o" in path].count(method) == 2


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("verdict", ["503", "429", "lose"])
def test_a_lasting_outage_is_transient(proxy: Proxy, gcs_uri: str, verdict: str) -> None:
    storage = open_storage(gcs_uri)
    storage.write("x", b"1")
    proxy.always("POST", verdict)
    with pytest.raises(StorageUnavailable, match="gs://"):
        storage.write("y", b"2")
    proxy.always("GET", verdict)
    for use in (storage.read, storage.stat, lambda n: list(storage.names(n))):
        with pytest.raises(StorageUnavailable, match="gs://"):
            use("x")


@pytest.mark.usefixtures("impatient")
def test_nobody_listens(gcs_uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{unused.getsockname()[1]}")
        with pytest.raises(StorageUnavailable, match="did not answer"):
            open_storage(gcs_uri).write("x", b"")


def test_a_refusal_names_the_permission(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    proxy.always("POST", "403")
    with pytest.raises(StorageError, match=r"storage\.objects\.create") as caught:
        storage.create("x", b"1")
    assert not isinstance(caught.value, PreconditionFailed)
    proxy.always("GET", "403")
    with pytest.raises(StorageError, match=r"storage\.objects\.get"):
        storage.stat("x")
    with pytest.raises(StorageError, match=r"storage\.objects\.list"):
        list(storage.names())


@pytest.mark.usefixtures("quick")
def test_a_damaged_download_is_noticed(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    storage.write("x", b"whole and sound")
    proxy.always("GET", "damage")
    with pytest.raises(ChecksumMismatch, match="x"):
        storage.read("x")


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_is_cut_off_is_an_outage(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    storage.write("x", b"whole and sound")
    proxy.always("GET", "cut")
    for name in ("x", "missing"):  # Google's client gives up on an error of which it reads only a part
        with pytest.raises(StorageUnavailable, match=name):
            storage.read(name)
    for name, found in (("x", nullcontext()), ("missing", pytest.raises(ObjectNotFound))):
        proxy.once("GET", "cut")
        with found:
            assert storage.read(name) == b"whole and sound"


@pytest.mark.usefixtures("quick")
def test_a_damaged_stream_is_noticed_at_its_end(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    storage.write("x", b"whole and sound")
    with storage.open("x") as file:
        proxy.always("GET", "damage")
        with pytest.raises(ChecksumMismatch, match="x"):
            file.read()


@pytest.mark.usefixtures("quick")
def test_streams_removals_and_listings_retry_too(proxy: Proxy, gcs_uri: str, tmp_path: Path) -> None:
    storage = open_storage(gcs_uri)
    spool = tmp_path / "spool"
    spool.write_bytes(b"data")
    proxy.once("POST", "lose")
    info = storage.create("x", spool)
    with storage.open("x") as file:
        proxy.once("GET", "503")
        assert file.read() == b"data"
    proxy.once("GET", "503")
    assert list(storage.infos()) == [info]
    proxy.once("DELETE", "lose")
    storage.delete("x")
    assert storage.stat("x") is None


@pytest.mark.usefixtures("impatient")
def test_an_outage_while_reading_is_transient(proxy: Proxy, gcs_uri: str) -> None:
    storage = open_storage(gcs_uri)
    storage.write("x", b"1")
    with storage.open("x") as file:
        proxy.always("GET", "503")
        with pytest.raises(StorageUnavailable, match="x"):
            file.read()
        with pytest.raises(StorageUnavailable):
            list(storage.infos())
    proxy.always("DELETE", "503")
    with pytest.raises(StorageUnavailable):
        storage.delete("x")
    proxy.always("DELETE", "403")
    with pytest.raises(StorageError, match=r"storage\.objects\.delete"):
        storage.delete("x")


def test_a_missing_bucket(gcs_uri: str) -> None:
    storage = open_storage("gs://no-such-bucket-anywhere/p")
    with pytest.raises(StorageError, match="no bucket 'no-such-bucket-anywhere'"):
        storage.create("x", b"1")
    with pytest.raises(StorageError, match="no bucket"):
        list(storage.names())


def test_a_large_object_is_create_once_and_not_sent_in_vain(proxy: Proxy, gcs_uri: str) -> None:
    """Google's client uploads more than 8 MiB in a session. The emulator forgets a session's precondition,
    so a race of such uploads cannot be shown here."""
    storage = open_storage(gcs_uri)
    data = bytes(9 << 20)
    info = storage.create("big", data)
    assert info.size == len(data)
    proxy.seen.clear()
    with pytest.raises(PreconditionFailed):
        storage.create("big", data)
    with pytest.raises(PreconditionFailed):
        storage.swap("big", data, generation=info.generation + 1)
    assert {method for method, _ in proxy.seen} == {"GET"}
    assert storage.stat("big") == info
    assert storage.swap("big", data, generation=info.generation).generation != info.generation


def test_what_is_stored_beside_the_bytes(gcs_uri: str) -> None:
    from google.cloud import storage as google

    storage = open_storage(gcs_uri)
    storage.create("a.png", b"1", content_type="image/png")
    storage.swap("current.json", b"{}", generation=0, content_type="application/json")
    bucket = google.Client(project="test").bucket(gcs_uri.split("/")[2])
    assert bucket.get_blob("some/prefix/a.png").content_type == "image/png"
    # A pointer that a cache keeps for an hour would make rollback an empty promise.
    assert bucket.get_blob("some/prefix/current.json").cache_control == "no-cache"


def test_an_injected_client_is_used(gcs_uri: str, gcs_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from google.cloud import storage as google

    client = google.Client(project="test")
    monkeypatch.delenv("STORAGE_EMULATOR_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent.json")
    open_storage(gcs_uri, client=client).write("x", b"1")
    assert open_storage(gcs_uri, client=client).read("x") == b"1"


def test_no_credentials_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent.json")
    with pytest.raises(ConfigurationError, match="Application Default Credentials"):
        open_storage("gs://some-bucket/x")


def test_without_the_gcp_extra() -> None:
    """In a fresh interpreter where google.cloud.storage cannot be imported."""
    code = (
        "import sys; sys.modules['google.cloud.storage'] = None\n"
        "from localizer.storage import open_storage\n"
        "open_storage('/tmp').uri\n"
        "open_storage('gs://some-bucket/x')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ConfigurationError" in done.stderr
    assert "pip install 'campaign-localizer[gcp]'" in done.stderr


@pytest.mark.parametrize(
    "uri", ["gs://", "gs:///x", "gs://UPPER/x", "s3://bucket/x", "https://x/y", "", "file://host/x"]
)
def test_uris_that_name_no_storage(uri: str) -> None:
    with pytest.raises(ConfigurationError, match=r"gs://|file:///"):
        open_storage(uri)


def test_importing_storage_does_not_import_google_cloud() -> None:
    code = "import sys, localizer.workspace; sys.exit('google.cloud.storage' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
