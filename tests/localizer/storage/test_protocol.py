"""What every kind of storage promises, checked on a folder and on a bucket."""

from __future__ import annotations

import base64
import threading
import zlib

import pytest

from localizer.errors import ObjectNotFound, PreconditionFailed, StorageError
from localizer.storage import Storage, open_storage


@pytest.fixture
def storage(storage_uri: str) -> Storage:
    return open_storage(storage_uri)


def test_reads_back_what_was_written(storage: Storage) -> None:
    data = bytes(range(256)) * 40
    info = storage.write("a/b/c.bin", data)
    assert storage.read("a/b/c.bin") == data
    assert storage.read_with_info("a/b/c.bin") == (data, info)
    assert storage.stat("a/b/c.bin") == info
    assert info.size == len(data)


def test_crc32c_is_castagnoli_big_endian_base64(storage: Storage) -> None:
    # The check value that the CRC catalogue gives for CRC-32C.
    info = storage.write("check", b"123456789")
    assert base64.b64decode(info.crc32c) == bytes.fromhex("e3069283")
    assert base64.b64decode(info.crc32c) != zlib.crc32(b"123456789").to_bytes(4, "big")


def test_empty_and_unicode_names_and_contents(storage: Storage) -> None:
    storage.write("漢字/ä b.txt", b"")
    assert storage.read("漢字/ä b.txt") == b""
    assert list(storage.names()) == ["漢字/ä b.txt"]


def test_missing_object(storage: Storage) -> None:
    assert storage.stat("nothing") is None
    with pytest.raises(ObjectNotFound, match="nothing"):
        storage.read("nothing")
    with pytest.raises(ObjectNotFound, match="nothing"):
        storage.read_with_info("nothing")
    assert list(storage.names()) == []
    assert list(storage.names("no/such/")) == []


def test_create_is_once(storage: Storage) -> None:
    first = storage.create("x", b"one")
    with pytest.raises(PreconditionFailed, match="x"):
        storage.create("x", b"two")
    # Equal content is no excuse: somebody else's object is somebody else's.
    with pytest.raises(PreconditionFailed):
        storage.create("x", b"one")
    assert storage.read_with_info("x") == (b"one", first)


def test_swap_needs_the_current_generation(storage: Storage) -> None:
    first = storage.swap("p", b"1", generation=0)
    with pytest.raises(PreconditionFailed):
        storage.swap("p", b"1b", generation=0)
    second = storage.swap("p", b"2", generation=first.generation)
    assert second.generation != first.generation
    with pytest.raises(PreconditionFailed):
        storage.swap("p", b"3", generation=first.generation)
    with pytest.raises(PreconditionFailed):
        storage.swap("gone", b"3", generation=first.generation)
    assert storage.read("p") == b"2"
    assert storage.stat("gone") is None


def test_every_write_changes_the_generation(storage: Storage) -> None:
    generations = [storage.write("g", b"same").generation for _ in range(20)]
    assert generations == sorted(set(generations))


def test_names_are_sorted_and_filtered(storage: Storage) -> None:
    for name in ["b/2", "a", "b/10", "bc/1", "b/sub/x"]:
        storage.write(name, b"-")
    storage.write("a", b"again")  # an overwrite leaves nothing else behind
    assert list(storage.names()) == ["a", "b/10", "b/2", "b/sub/x", "bc/1"]
    assert list(storage.names("b/")) == ["b/10", "b/2", "b/sub/x"]
    assert list(storage.names("b")) == ["b/10", "b/2", "b/sub/x", "bc/1"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../b",
        "a/./b",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\nb",
        ".localizer-lock",
        "x" * 1025,
    ],
)
def test_names_never_escape_the_root(storage: Storage, name: str) -> None:
    for use in (storage.read, storage.stat, storage.uri_of, lambda n: storage.write(n, b"")):
        with pytest.raises(StorageError):
            use(name)
    assert list(storage.names()) == []


def test_prefix_never_escapes_the_root(storage: Storage) -> None:
    with pytest.raises(StorageError):
        list(storage.names("../"))


def test_uri_of(storage: Storage, storage_uri: str) -> None:
    assert storage.uri == storage_uri
    assert storage.uri_of("a/b.png") == f"{storage_uri}/a/b.png"
    assert list(open_storage(f"{storage_uri}/").names()) == []


def test_roots_nest(storage: Storage, storage_uri: str) -> None:
    open_storage(f"{storage_uri}/inner").write("x", b"1")
    assert storage.read("inner/x") == b"1"


@pytest.mark.parametrize("method", ["create", "swap"])
def test_one_of_eight_racing_threads_wins(storage_uri: str, method: str) -> None:
    storages = [open_storage(storage_uri) for _ in range(8)]
    generation = storages[0].write("s", b"-").generation if method == "swap" else 0
    barrier, won, lost = threading.Barrier(8), [], []

    def race(index: int) -> None:
        barrier.wait()
        try:
            storages[index].swap("s", str(index).encode(), generation=generation)
            won.append(index)
        except PreconditionFailed:
            lost.append(index)

    threads = [threading.Thread(target=race, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 7)
    assert storages[0].read("s") == str(won[0]).encode()
