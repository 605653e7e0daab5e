"""What every kind of storage promises, checked on a folder and on a bucket."""

from __future__ import annotations

import base64
import io
import json
import threading
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localizer.errors import ObjectNotFound, ObjectReplaced, PreconditionFailed, StorageError
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


def test_folders_are_listed_without_looking_into_them(storage: Storage) -> None:
    for name in ["b/2", "a", "b/sub/x", "bc/1", "b/sub/y", "c/d/e/f"]:
        storage.write(name, b"-")
    assert list(storage.folders()) == ["b", "bc", "c"]
    assert list(storage.folders("b/")) == ["sub"]
    assert list(storage.folders("b/sub/")) == []
    assert list(storage.folders("none/")) == []
    with pytest.raises(StorageError):
        list(storage.folders("../"))


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


@pytest.mark.parametrize("size", [0, 1000, 20 << 20])
def test_a_local_file_is_streamed_up(storage: Storage, tmp_path: Path, size: int) -> None:
    data = (bytes(range(251)) * (size // 251 + 1))[:size]
    file = tmp_path / "spool"
    file.write_bytes(data)
    made = storage.create("made", file, content_type="application/x-ndjson")
    assert storage.read_with_info("made") == (data, made)
    with pytest.raises(PreconditionFailed):
        storage.create("made", file)
    swapped = storage.swap("made", file, generation=made.generation)
    written = storage.write("made", file)
    assert made.generation < swapped.generation < written.generation
    assert storage.stat("made") == written
    assert made.crc32c == written.crc32c
    assert file.read_bytes() == data


def test_memory_stays_flat_while_a_large_file_goes_up_and_down(storage: Storage, tmp_path: Path) -> None:
    import tracemalloc

    file = tmp_path / "spool"
    with file.open("wb") as out:
        for number in range(60):
            out.write(bytes([number]) * (1 << 20))
    tracemalloc.start()
    try:
        storage.create("big", file)
        up = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        with storage.open("big") as reader:
            count = sum(len(chunk) for chunk in iter(lambda: reader.read(1 << 16), b""))
        down = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 60 << 20
    assert up < 30 << 20
    assert down < 20 << 20


def test_open_reads_lines_ranges_and_the_whole(storage: Storage) -> None:
    records = [{"n": n, "text": "漢\u2028" * 50} for n in range(60_000)]
    data = b"".join(json.dumps(r).encode() + b"\n" for r in records)
    assert len(data) > 10 << 20
    storage.write("r.jsonl", data)
    with storage.open("r.jsonl") as file:
        assert file.seekable()
        assert [json.loads(line)["n"] for line in file] == list(range(60_000))
    with storage.open("r.jsonl") as file:
        assert file.seek(0, io.SEEK_END) == len(data)
        assert file.read() == b""
        file.seek(-1000, io.SEEK_CUR)
        assert file.read(10) == data[-1000:-990]
        file.seek(5 << 20)
        assert (file.tell(), file.read(100_000)) == (5 << 20, data[5 << 20 :][:100_000])
        file.seek(len(data) + 10)
        assert file.read(10) == b""
        file.seek(0)
        assert file.read() == data
    with pytest.raises(ObjectNotFound, match="nothing"):
        storage.open("nothing")
    storage.write("empty", b"")
    with storage.open("empty") as file:
        assert file.read() == b""


def test_parquet_reads_only_what_it_needs(storage: Storage, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"n": range(3000), "text": [str(n) * 9 for n in range(3000)]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=500)
    storage.write("t.parquet", tmp_path / "t.parquet")
    with storage.open("t.parquet") as file, pq.ParquetFile(file) as parquet:
        assert parquet.num_row_groups == 6
        assert parquet.read_row_group(4)["n"].to_pylist() == list(range(2000, 2500))


def test_a_reader_keeps_to_one_version(storage: Storage) -> None:
    """Either the whole old version, or an error that asks to begin again; never a mixture."""
    storage.write("x", b"a" * (10 << 20))
    with storage.open("x") as file:
        first = file.read(100)
        storage.write("x", b"b" * (10 << 20))
        if storage.uri.startswith("gs://"):
            with pytest.raises(ObjectReplaced, match="replaced while it was read"):
                file.read()
        else:
            assert set(first + file.read()) == {ord("a")}


def test_delete(storage: Storage) -> None:
    storage.write("jobs/a/x", b"1")
    storage.write("jobs/a/y", b"2")
    storage.write("jobs/ab", b"3")
    storage.delete("jobs/a/x")
    assert list(storage.names()) == ["jobs/a/y", "jobs/ab"]
    storage.delete("jobs/a/x")
    storage.delete("no/such/folder")
    info = storage.write("jobs/a/y", b"2 again")
    storage.delete("jobs/a/y", generation=info.generation)
    assert storage.stat("jobs/a/y") is None
    assert storage.create("jobs/a/y", b"new").size == 3
    with pytest.raises(StorageError):
        storage.delete("../up")


def test_infos_are_one_listing(storage: Storage) -> None:
    written = {name: storage.write(name, name.encode() * 9) for name in ["b/2", "b-x", "a", "b/10", "bc/1"]}
    found = list(storage.infos("b"))
    assert [i.name for i in found] == ["b-x", "b/10", "b/2", "bc/1"] == sorted(i.name for i in found)
    for info in found:
        real = written[info.name]
        assert (info.size, info.generation) == (real.size, real.generation)
        assert info.crc32c in {"", real.crc32c}
        for said in (info, real, storage.stat(info.name)):
            assert said is not None
            assert said.updated is not None
            assert abs(said.updated - datetime.now(UTC)) < timedelta(minutes=5)
    assert list(storage.infos("nothing/")) == []
