"""Reading in a child process: bounded in time and memory, and the caller lives on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localizer.errors import ImageError, InputStopped, RowError
from localizer.sandbox.calling import bounded, bounded_stream
from tests.localizer import parsers

MIB = 1 << 20


def test_a_result_comes_back_and_the_process_is_used_again() -> None:
    assert bounded(parsers.length, b"x" * (5 * MIB)) == 5 * MIB
    first = bounded(parsers.process_id)
    assert first == bounded(parsers.process_id) != os.getpid()


def test_too_long() -> None:
    began = time.monotonic()
    with pytest.raises(InputStopped, match=r"^took longer than 0.5 s$"):
        bounded(parsers.spin, seconds=0.5)
    assert time.monotonic() - began < 10
    assert bounded(parsers.length, b"abc") == 3  # by another process


def test_too_much_memory_spares_the_process() -> None:
    before = bounded(parsers.process_id)
    assert bounded(parsers.take, 100 * MIB, memory_bytes=200 * MIB) == 100 * MIB
    with pytest.raises(InputStopped, match=r"^needed more than 200 MiB of memory$"):
        bounded(parsers.take, 400 * MIB, memory_bytes=200 * MIB)
    with pytest.raises(InputStopped, match="2 GiB"):
        bounded(parsers.take, 8 << 30)
    assert bounded(parsers.process_id) == before


def test_memory_of_native_code_is_bounded_too() -> None:
    assert bounded(parsers.take_natively, 100 * MIB, memory_bytes=200 * MIB)
    assert not bounded(parsers.take_natively, 400 * MIB, memory_bytes=200 * MIB)


def test_a_crash_is_told_with_its_signal() -> None:
    with pytest.raises(InputStopped, match=rf"^crashed the parser \(signal {int(signal.SIGSEGV)}\)$"):
        bounded(parsers.crash)
    with pytest.raises(InputStopped, match="exit status 3"):
        bounded(parsers.leave)
    assert bounded(parsers.length, b"abc") == 3


def test_killed_from_outside_is_tried_again(tmp_path: Path) -> None:
    assert bounded(parsers.kill_once, str(tmp_path / "killed")) == "second try"


def test_our_errors_come_through_as_they_are() -> None:
    with pytest.raises(ImageError, match=r"poster\.png"):
        bounded(parsers.raise_ours, False)
    with pytest.raises(RowError) as caught:
        bounded(parsers.raise_ours, True)
    assert (caught.value.row, caught.value.field) == (7, "image")


def test_a_bug_of_a_parser_is_an_unusable_input(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InputStopped, match="ZeroDivisionError: a bug in a parser"):
        bounded(parsers.raise_theirs)
    assert "raise_theirs" in caplog.text  # the traceback is in the log


def test_no_secrets_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bounded(parsers.process_id)
    os.kill(before, signal.SIGKILL)
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "secret")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/secret.json")
    assert "ecret" not in str(bounded(parsers.environment))


def test_it_writes_no_files(tmp_path: Path) -> None:
    with pytest.raises(InputStopped, match="OSError"):
        bounded(parsers.write, str(tmp_path / "file"))


def test_an_answer_runs_no_code_in_the_parent(tmp_path: Path) -> None:
    with pytest.raises(InputStopped, match="not allowed in an answer"):
        bounded(parsers.evil, str(tmp_path / "marker"))
    with pytest.raises(InputStopped, match="not allowed in an answer"):
        bounded(parsers.evil_function)
    assert not (tmp_path / "marker").exists()


def test_a_stream_comes_in_order_and_as_it_is_asked_for() -> None:
    assert list(bounded_stream(parsers.count, 1000)) == list(range(1000))
    assert list(bounded_stream(parsers.count, 512)) == list(range(512))
    assert list(bounded_stream(parsers.count, 0)) == []
    endless = bounded_stream(parsers.count, 10**15)
    assert [next(endless) for _ in range(3)] == [0, 1, 2]
    endless.close()  # type: ignore[attr-defined]
    assert bounded(parsers.length, b"abc") == 3


def test_a_stream_of_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    found = list(bounded_stream(parsers.count_until_killed, 2000, 900, str(tmp_path / "killed")))
    assert found == list(range(2000))
    assert (tmp_path / "killed").exists()


def test_a_stream_is_bounded() -> None:
    with pytest.raises(ImageError, match="300 is too many"):
        list(bounded_stream(parsers.fail_at, 300))
    with pytest.raises(InputStopped, match=r"longer than 0.5 s"):
        list(bounded_stream(parsers.slow_at, 300, seconds=0.5))
    taken = 0
    with pytest.raises(InputStopped, match="600 MiB"):
        for taken in bounded_stream(parsers.hoard, memory_bytes=600 * MIB):  # noqa: B007
            pass
    assert taken == 512  # in all, not for each batch


def test_many_threads_share_few_processes() -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: bounded(parsers.length, b"x" * n), range(0, 200_000, 1000)))
    assert found == list(range(0, 200_000, 1000))
    alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
    children = [p for p in alive if "localizer.sandbox.child" in p.cmdline()]
    assert 0 < len(children) <= max(2, os.cpu_count() or 1)


def test_a_fork_has_children_of_its_own() -> None:
    ours = bounded(parsers.process_id)
    reading, writing = os.pipe()
    fork = os.fork()
    if not fork:
        os.write(writing, str(bounded(parsers.process_id)).encode())
        os._exit(0)
    os.waitpid(fork, 0)
    theirs = int(os.read(reading, 100))
    os.close(reading)
    os.close(writing)
    assert theirs != ours
    assert bounded(parsers.process_id) == ours


@pytest.mark.parametrize("end", [signal.SIGKILL, None])
def test_children_end_with_their_parent(end: int | None, tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from localizer.sandbox.calling import bounded\nfrom tests.localizer import parsers\n"
        "print(bounded(parsers.process_id), flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        cwd=tmp_path,
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    if end is None:
        parent.stdin.close()
        assert parent.wait(60) == 0
    else:
        parent.send_signal(end)
        parent.wait(60)
    for _ in range(200):
        if not psutil.pid_exists(child):
            return
        time.sleep(0.1)
    pytest.fail("the child outlived its parent")
