"""Holders of records, dead and alive, on machines whose clocks do not agree."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localizer.leases import Watch, is_held

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
