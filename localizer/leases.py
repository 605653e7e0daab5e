"""Whether the holder of a record still works on it, told by processes whose clocks need not agree; and work
that only one process does at a time.

    leases/<name>.json    held while the work goes on, removed at its end
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from localizer.errors import ObjectNotFound, PreconditionFailed, StorageError, TransientError

if TYPE_CHECKING:
    from localizer.storage import Storage

log = logging.getLogger(__name__)

LEASE_S = 30.0
_PATIENCE_S = 5.0  # for a renewal under way
_FARTHEST_CLOCK_S = 86400.0  # no two clocks of working machines differ by more


def is_held(record: Mapping[str, Any]) -> bool:
    """Whether a record's holder may be alive, as far as one look can tell."""
    holder: Mapping[str, Any] = record.get("holder") or {}
    return bool(holder) and not _is_dead_here(holder) and _over_s(holder) <= 0


def is_taken(storage: Storage, name: str) -> bool:
    """Whether a process is at the work of that name, see `alone`, as far as one look can tell."""
    return is_held(_record(storage, _object(name))[0])


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


@contextmanager
def alone(
    storage: Storage,
    name: str,
    *,
    lease_s: float = LEASE_S,
    on_wait: Callable[[str], None] = lambda holder: None,
) -> Iterator[None]:
    """Be the only process that does a piece of work; wait for another that does it, for as long as it lives.

    The work must bear being done twice all the same: a process that was suspended for longer than its lease
    has been succeeded when it wakes up.

    Args:
        name: of the work; a plain file name.
        on_wait: told once whom this process waits for; what it raises ends the waiting.

    Raises:
        StorageUnavailable: storage did not answer.
    """
    lease = _Lease(storage, _object(name), lease_s)
    lease.take(on_wait)
    done = threading.Event()
    thread = threading.Thread(target=lease.renew, args=(done,), name="lease", daemon=True)
    thread.start()
    try:
        yield
    except (StorageError, TransientError):
        done.set()  # to ask that storage once more would only delay the news; the lease runs out by itself
        raise
    except BaseException:
        done.set()
        lease.give_up()
        raise
    done.set()
    thread.join(_PATIENCE_S)
    lease.give_up()


class _Lease:
    """One process's hold on one record."""

    def __init__(self, storage: Storage, name: str, lease_s: float) -> None:
        self._storage, self._name, self._lease_s = storage, name, lease_s
        self._token = secrets.token_hex(8)
        self._generation = 0

    def take(self, on_wait: Callable[[str], None]) -> None:
        watch, told = Watch(self._lease_s), False
        while True:
            record, self._generation = self._read()
            if watch.is_held(record, self._generation):
                if not told:
                    on_wait(f"process {record['holder']['pid']} on {record['holder']['host']}")
                    told = True
                time.sleep(min(2.0, self._lease_s / 10))
                continue
            try:
                self._write()
            except PreconditionFailed:
                continue  # another was quicker
            return

    def renew(self, done: threading.Event) -> None:
        while not done.wait(self._lease_s / 4):
            try:
                self._write()
            except PreconditionFailed:
                log.warning("%s: another process took this work over", self._storage.uri_of(self._name))
                return
            except (StorageError, TransientError) as error:
                log.warning("%s: could not be renewed: %s", self._storage.uri_of(self._name), error)

    def give_up(self) -> None:
        try:
            if self._read()[0].get("holder", {}).get("token") == self._token:
                self._storage.delete(self._name, generation=self._generation)
        except (StorageError, TransientError) as error:  # it runs out by itself
            log.warning("%s: could not be given up: %s", self._storage.uri_of(self._name), error)

    def _read(self) -> tuple[dict[str, Any], int]:
        return _record(self._storage, self._name)

    def _write(self) -> None:
        until = datetime.now(UTC) + timedelta(seconds=self._lease_s)
        record = {
            "holder": {
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "token": self._token,
                "until": until.isoformat(timespec="milliseconds"),
            }
        }
        data = json.dumps(record).encode()
        info = self._storage.swap(
            self._name, data, generation=self._generation, content_type="application/json"
        )
        self._generation = info.generation


def _object(name: str) -> str:
    return f"leases/{name}.json"


def _record(storage: Storage, name: str) -> tuple[dict[str, Any], int]:
    """A lease's record and its generation; nothing and 0 if there is none."""
    try:
        data, info = storage.read_with_info(name)
        return dict(json.loads(data)), info.generation
    except ObjectNotFound:
        return {}, 0
    except ValueError as error:
        raise StorageError(f"{storage.uri_of(name)} is damaged; remove it") from error


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
