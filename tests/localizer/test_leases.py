"""Holders of records, dead and alive, on machines whose clocks do not agree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localizer.leases import Watch, alone, is_held
from localizer.storage import open_storage

LEASE_S = 0.4


def held(ahead_s: float, host: str = "elsewhere") -> dict[str, Any]:
    until = datetime.now(UTC) + timedelta(seconds=ahead_s)
    return {"holder": {"host": host, "pid": os.getpid(), "token": "t", "until": until.isoformat()}}


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_holder_that_works_is_held_to_be_alive_whatever_its_clock_says(hours: float) -> None:
    watch = Watch(LEASE_S)
    for generation in range(1, 13):  # for longer than a lease
        assert watch.is_held(held(hours * 3600 + LEASE_S), generation)
        time.sleep(LEASE_S / 6)


@pytest.mark.parametrize(("hours", "share"), [(-3, 0.5), (3, 1.0)])
def test_one_that_died_is_succeeded_after_a_lease_whatever_its_clock_said(hours: float, share: float) -> None:
    watch = Watch(LEASE_S)
    assert watch.is_held(held(hours * 3600), 7)
    time.sleep(share * LEASE_S + 0.05)
    assert not watch.is_held(held(hours * 3600), 7)


def test_one_of_long_ago_or_none_is_not_waited_for() -> None:
    assert not Watch(LEASE_S).is_held(held(-3 * 86400), 7)
    assert not Watch(LEASE_S).is_held({"holder": None}, 7)
    assert not is_held({})
    assert not is_held(held(-1))
    assert is_held(held(5))


WORK = """
import sys, time
from localizer.leases import alone
from localizer.storage import open_storage

with alone(open_storage(sys.argv[1]), "work", lease_s=1.0, on_wait=lambda holder: print("waits", flush=True)):
    print("begins", flush=True)
    time.sleep(float(sys.argv[2]))
    print("ends", flush=True)
"""


def start(storage_uri: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK, storage_uri, str(seconds)], stdout=subprocess.PIPE, text=True
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_one_works_and_the_other_waits_for_longer_than_a_lease(storage_uri: str) -> None:
    first = start(storage_uri, 3.0)
    assert line(first) == "begins"
    second = start(storage_uri, 0.0)
    assert line(second) == "waits"
    assert line(first) == "ends"
    assert first.wait(10) == 0
    assert second.communicate(timeout=10)[0].split() == ["begins", "ends"]
    assert list(open_storage(storage_uri).names("leases/")) == []


def test_one_that_is_killed_is_succeeded(storage_uri: str) -> None:
    first = start(storage_uri, 60.0)
    assert line(first) == "begins"
    first.kill()
    first.wait()
    assert start(storage_uri, 0.0).communicate(timeout=10)[0].split() == ["begins", "ends"]


def test_work_that_fails_is_given_up_at_once(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    with pytest.raises(ZeroDivisionError), alone(storage, "work"):
        raise ZeroDivisionError
    with alone(storage, "work", on_wait=pytest.fail):
        pass
