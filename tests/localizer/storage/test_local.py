from __future__ import annotations

import errno
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localizer.errors import PreconditionFailed, StorageError, StorageFull, StorageUnavailable
from localizer.storage import local
from localizer.storage.local import LocalStorage

RACERS, ROUNDS = 8, 25


def race(work: Callable[[int, int], int]) -> list[int]:
    """Run ``work(racer, round)`` in 8 processes at once, round by round; the sums per round."""
    context = multiprocessing.get_context("fork")
    barrier, totals = context.Barrier(RACERS), context.Array("i", ROUNDS)

    def body(racer: int) -> None:
        for number in range(ROUNDS):
            barrier.wait(30)
            score = work(racer, number)
            with totals.get_lock():
                totals[number] += score
        os._exit(0)

    processes = [context.Process(target=body, args=(i,)) for i in range(RACERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [p.exitcode for p in processes] == [0] * RACERS
    return list(totals)


def test_one_of_eight_creating_processes_wins(tmp_path: Path) -> None:
    def work(racer: int, number: int) -> int:
        data = bytes([racer]) * 50_000
        try:
            LocalStorage(tmp_path).create(f"x/{number}", data)
        except PreconditionFailed:
            return 0
        return 1

    assert race(work) == [1] * ROUNDS
    for number in range(ROUNDS):
        data = LocalStorage(tmp_path).read(f"x/{number}")
        assert len(data) == 50_000
        assert len(set(data)) == 1
    assert len(list((tmp_path / "x").iterdir())) == ROUNDS  # nothing temporary is left


def test_one_of_eight_swapping_processes_wins(tmp_path: Path) -> None:
    generations = [LocalStorage(tmp_path).write(f"p{n}", b"old").generation for n in range(ROUNDS)]

    def work(racer: int, number: int) -> int:
        try:
            LocalStorage(tmp_path).swap(f"p{number}", str(racer).encode(), generation=generations[number])
        except PreconditionFailed:
            return 0
        return 1

    assert race(work) == [1] * ROUNDS


def test_no_increment_is_lost_among_processes(tmp_path: Path) -> None:
    """Compare-and-swap as it is meant to be used, with plain writes to the same object in between."""
    LocalStorage(tmp_path).write("n", b"0")

    def work(_: int, __: int) -> int:
        storage = LocalStorage(tmp_path)
        while True:
            data, info = storage.read_with_info("n")
            try:
                storage.swap("n", str(int(data) + 1).encode(), generation=info.generation)
            except PreconditionFailed:
                continue
            return 1

    race(work)
    assert LocalStorage(tmp_path).read("n") == str(RACERS * ROUNDS).encode()


def test_reader_sees_whole_objects_only(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("big", b"a" * 300_000)

    def work(racer: int, _: int) -> int:
        if racer < 2:
            storage.write("big", bytes([97 + racer]) * 300_000)
            return 0
        data, info = storage.read_with_info("big")
        return int(len(data) != 300_000 or len(set(data)) != 1 or info.size != 300_000)

    assert race(work) == [0] * ROUNDS


def test_generation_grows_even_if_the_clock_stands_or_goes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = LocalStorage(tmp_path)
    first = storage.write("x", b"1")
    ahead = first.generation + 10**15
    os.utime(tmp_path / "x", ns=(ahead, ahead))
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    second, third = storage.write("x", b"2"), storage.write("x", b"3")
    assert ahead < second.generation < third.generation


def test_without_hard_links_create_is_still_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(local.os, "link", refuse)

    def work(racer: int, number: int) -> int:
        try:
            LocalStorage(tmp_path).create(f"{number}", str(racer).encode())
        except PreconditionFailed:
            return 0
        return 1

    assert race(work) == [1] * ROUNDS


@pytest.mark.parametrize(
    ("code", "expected"),
    [(errno.ENOSPC, StorageFull), (errno.EIO, StorageUnavailable), (errno.EACCES, StorageError)],
)
def test_a_failed_write_leaves_the_old_object_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: type[Exception]
) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("x", b"old")

    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(local.os, "fsync", refuse)
    with pytest.raises(expected, match=f"/x: {os.strerror(code)}"):
        storage.write("x", b"new")
    assert storage.read("x") == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_a_killed_writer_leaves_nothing_that_counts(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    (tmp_path / ".localizer-0123456789abcdef.tmp").write_bytes(b"half")
    assert list(storage.names()) == []
    storage.create("x", b"whole")
    assert list(storage.names()) == ["x"]


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="not a folder"):
        LocalStorage(tmp_path / "file")
    with pytest.raises(StorageError, match="file/x"):
        LocalStorage(tmp_path).write("file/x", b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_permission_denied_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "ro").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="ro/x") as caught:
        LocalStorage(tmp_path).write("ro/x", b"")
    assert not isinstance(caught.value, StorageUnavailable)


def test_the_root_survives_a_change_of_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage = LocalStorage("here")
    monkeypatch.chdir("/")
    storage.write("x", b"1")
    assert (tmp_path / "here" / "x").read_bytes() == b"1"


def test_files_get_the_mode_that_the_umask_asks_for(tmp_path: Path) -> None:
    previous = os.umask(0o022)
    try:
        LocalStorage(tmp_path).write("x", b"1")
    finally:
        os.umask(previous)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644


def test_delete_needs_the_generation_it_is_given(tmp_path: Path) -> None:
    """On a folder only: the emulator of the bucket ignores conditions on removal."""
    storage = LocalStorage(tmp_path)
    first = storage.write("x", b"1")
    storage.write("x", b"2")
    with pytest.raises(PreconditionFailed, match="x"):
        storage.delete("x", generation=first.generation)
    assert storage.read("x") == b"2"


def test_a_folder_goes_with_its_last_object(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("jobs/a/x", b"1")
    storage.write("jobs/a/x", b"2")  # leaves a lock
    storage.write("jobs/a/y", b"2")
    storage.delete("jobs/a/x")
    assert (tmp_path / "jobs/a").is_dir()
    storage.delete("jobs/a/y")
    assert list(tmp_path.iterdir()) == []  # nor the folders above that are empty now
    storage.write("jobs/a/b/c/x", b"1")
    storage.write("jobs/other", b"1")
    storage.delete("jobs/a/b/c/x")
    assert [p.name for p in (tmp_path / "jobs").iterdir()] == ["other"]
    storage.write("z", b"1")
    storage.delete("z")
    assert tmp_path.is_dir()


def test_removing_never_hurts_a_writer(tmp_path: Path) -> None:
    """Writers and removers of one object at once: every write succeeds, none is seen in part."""
    storage = LocalStorage(tmp_path)

    def work(racer: int, number: int) -> int:
        if racer % 2:
            storage.delete(f"jobs/{number % 3}/x")
            return 0
        storage.write(f"jobs/{number % 3}/x", bytes([racer]) * 50_000)
        return 1

    assert race(work) == [RACERS // 2] * ROUNDS
    for name in storage.names():
        assert len(set(storage.read(name))) == 1
    assert not list(tmp_path.rglob("*.tmp"))


def test_links_to_folders_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret").write_bytes(b"1")
    storage = LocalStorage(tmp_path / "root")
    storage.write("a", b"1")
    (tmp_path / "root/link").symlink_to(tmp_path / "out")
    assert list(storage.names()) == ["a"]


FULL = """
import resource, sys
from localizer.errors import StorageFull
from localizer.storage import open_storage

storage = open_storage(sys.argv[1])
storage.write("x", b"small")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    storage.write("x", bytes(5000))
except StorageFull as error:
    print(error)
print(storage.read("x"), list(storage.names()))
"""


def test_no_space_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    said, left = ran.stdout.splitlines()
    assert said.startswith("cannot write ")
    assert "File too large; free some" in said
    assert left == "b'small' ['x']"
