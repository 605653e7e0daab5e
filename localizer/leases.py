"""Whether the holder of a record still works on it, told by processes whose clocks need not agree."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_FARTHEST_CLOCK_S = 86400.0  # no two clocks of working machines differ by more


def is_held(record: Mapping[str, Any]) -> bool:
    """Whether a record's holder may be alive, as far as one look can tell."""
    holder: Mapping[str, Any] = record.get("holder") or {}
    return bool(holder) and not _is_dead_here(holder) and _over_s(holder) <= 0


class Watch:
    """Tells a holder that works from one that died, by this process's own clock.

    A holder elsewhere writes its record four times in a lease. Where its clock goes wrong, its lease seems to
    be over or to have no end; so what counts is that the record goes on changing.
    """

    def __init__(self, lease_s: float) -> None:
        self._lease_s = lease_s
        self._generation, self._since = -1, 0.0

    def is_held(self, record: Mapping[str, Any], generation: int) -> bool:
        """To be asked again and again, each time with what was just read."""
        holder = record.get("holder")
        if not holder or _is_dead_here(holder) or _over_s(holder) > _FARTHEST_CLOCK_S:
            return False
        now = time.monotonic()
        if generation != self._generation:
            self._generation, self._since = generation, now
        return now - self._since < (self._lease_s / 2 if _over_s(holder) > 0 else self._lease_s)


def _over_s(holder: Mapping[str, Any]) -> float:
    """Seconds since a lease ran out, by the clock of this machine; negative before."""
    return (datetime.now(UTC) - datetime.fromisoformat(holder["until"])).total_seconds()


def _is_dead_here(holder: Mapping[str, Any]) -> bool:
    """Whether a holder was a process of this machine that is no more."""
    if holder["host"] != socket.gethostname():
        return False
    try:
        os.kill(holder["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # another user's process
    return False
