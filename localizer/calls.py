"""The call log: every question to a model, who asked it and what came of it, kept in the workspace.

    calls/<first two digits of key>/<key>.json              the record
    calls/<first two digits of key>/<key>-<digest>.png      the answer that the record vouches for

A record goes ``asked`` → ``submitted`` (sent; `remote_id` names the work at the other end) → ``answered`` or
``failed``. An answered call is never asked again: the same key gives the recorded picture. Whoever asks holds
the record by a lease that it keeps renewing; others that want the same answer wait for it. When the holder
dies, the next one takes the record over with what was remembered of the remote work, so that a job at the
provider is waited for again and not ordered twice. Should both be at work after all, the first answer stands.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from localizer.engines.editor import ModelAnswer, pixels_sha256
from localizer.errors import (
    ConfigurationError,
    EngineError,
    EngineUnavailable,
    ImageError,
    InputError,
    ObjectNotFound,
    PreconditionFailed,
    StorageError,
    TransientError,
)
from localizer.leases import Watch, is_held

if TYPE_CHECKING:
    from localizer.engines.editor import EditModel, ModelCall
    from localizer.model import Job
    from localizer.storage import Storage

log = logging.getLogger(__name__)

_FOLDER = "calls/"


class CallState(StrEnum):
    """How far a call came."""

    ASKED = "asked"
    SUBMITTED = "submitted"
    ANSWERED = "answered"
    FAILED = "failed"


class Calls:
    """The `CallLog` of one workspace. May be used by several threads.

    Args:
        requested_by: who asks: a person's user name, or ``schedule:<dag>``. Without one no call is made.
        aside: entered around every call; gives up what others may use while this thread only waits.
        lease_s: seconds that a holder is believed to be alive after its last sign of life.
        patience_s: seconds to wait for another process that asks the same.
    """

    def __init__(
        self,
        storage: Storage,
        requested_by: str,
        *,
        aside: Callable[[], AbstractContextManager[Any]] = nullcontext,
        lease_s: float = 90.0,
        patience_s: float = 900.0,
    ) -> None:
        self._storage, self._requested_by = storage, requested_by.strip()
        self._aside, self._lease_s, self._patience_s = aside, lease_s, patience_s

    def once(self, call: ModelCall, *, model: EditModel, job: Job) -> ModelAnswer:
        """The answer that was recorded for this call, else the model's, recorded.

        Raises:
            ConfigurationError: nobody is named who asks.
            what `EditModel.edit` raises; the failure is recorded too.
        """
        if not self._requested_by:
            raise ConfigurationError(
                "no model is called without a name: say who asks "
                "(--requested-by NAME; in Airflow the user of the DAG run)"
            )
        with self._aside():
            key = call.key(model)
            fresh = {
                "key": key,
                "state": CallState.ASKED,
                "remote_id": "",
                "requested_by": self._requested_by,
                "job": {"key": job.key, "asset_id": job.asset_id, "locale": job.locale},
                "model": {"name": model.name, "parameters": dict(model.parameters())},
                "prompt": call.prompt,
                "negative_prompt": call.negative_prompt,
                "tier": str(call.tier),
                "seed": call.seed,
                "image_sha256": call.image_sha256,
                "answer": None,
                "tries": [],
            }
            held = self._hold(key, fresh)
            if isinstance(held, ModelAnswer):
                return held
            with held.renewing():
                try:
                    answer = model.edit(call, held)
                except BaseException as exc:
                    held.failed(exc)
                    raise
                held.answered(answer)
            return answer

    def _hold(self, key: str, fresh: dict[str, Any]) -> ModelAnswer | _Held:
        """The record's answer, or the record, ours to work on; waits while another holds it."""
        until = time.monotonic() + self._patience_s
        watch = Watch(self._lease_s)
        while True:
            record, generation = _read(self._storage, key)
            if record is not None:
                answer = self._recorded(record)
                if answer is not None:
                    return answer
                if watch.is_held(record, generation):
                    left = until - time.monotonic()
                    if left <= 0:
                        raise EngineUnavailable(
                            f"{record['requested_by']} has been asking the same since "
                            f"{_last_try(record)['at']} and has no answer yet"
                        )
                    time.sleep(min(2.0, self._lease_s / 10, left))
                    continue
            try:
                return _Held(self._storage, _taken_over(record, fresh), generation, self._lease_s)
            except PreconditionFailed:
                continue  # another was quicker; see what it does

    def _recorded(self, record: dict[str, Any]) -> ModelAnswer | None:
        facts = record["answer"]
        if record["state"] != CallState.ANSWERED or not facts:
            return None
        from localizer.images.plain import rgb_of

        name = picture_name(record["key"], facts["image_sha256"])
        try:
            image = rgb_of(self._storage.read(name), name=name)
            if pixels_sha256(image) == facts["image_sha256"]:
                return ModelAnswer(
                    image=image,
                    model=facts["model"],
                    seconds=facts["seconds"],
                    steps=facts["steps"],
                    cost=facts["cost"],
                    currency=facts["currency"],
                    facts={**facts["facts"], "recorded": True},
                )
        except (ObjectNotFound, ImageError) as error:  # a refused or damaged download is raised: it may pass
            log.warning("%s: %s", self._storage.uri_of(name), error)
        log.warning("%s is not the picture that was recorded; asking again", self._storage.uri_of(name))
        return None


class _Held:
    """A record that this process holds; the `Pending` that a model remembers its remote work in."""

    def __init__(self, storage: Storage, record: dict[str, Any], generation: int, lease_s: float) -> None:
        self._storage, self._record, self._generation, self._lease_s = storage, record, generation, lease_s
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._tried = {"by": record["requested_by"], "at": _now()}
        self._token = uuid.uuid4().hex
        record["tries"] = [*record["tries"], self._tried]
        record["holder"] = {"host": socket.gethostname(), "pid": os.getpid(), "token": self._token}
        self._write()

    @property
    def id(self) -> str:
        return str(self._record["remote_id"])

    @property
    def requested_by(self) -> str:
        """Whom a service may be told that asks."""
        return str(self._record["requested_by"])

    def remember(self, id: str) -> None:
        try:
            self._write(remote_id=id, state=CallState.SUBMITTED if id else CallState.ASKED)
        except PreconditionFailed as exc:
            raise EngineUnavailable("another process took this call over; its answer will be found") from exc

    @contextmanager
    def renewing(self) -> Iterator[None]:
        """Show signs of life while the model works."""
        done = threading.Event()
        thread = threading.Thread(target=self._renew, args=(done,), name="call-lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()

    def _renew(self, done: threading.Event) -> None:
        while not done.wait(self._lease_s / 4):
            try:
                self._write()
            except (StorageError, TransientError) as error:
                log.warning("call %s: its lease could not be renewed: %s", self._record["key"], error)

    def answered(self, answer: ModelAnswer) -> None:
        """Keep the answer: the picture first, then the record that vouches for it.

        It is paid for, so it is kept even if somebody took the call over who has no answer yet.
        """
        from localizer.images.plain import png_of

        digest = pixels_sha256(answer.image)
        name = picture_name(self._record["key"], digest)
        self._storage.write(name, png_of(answer.image), content_type="image/png")
        facts = {
            "image_sha256": digest,
            "model": answer.model,
            "seconds": round(answer.seconds, 3),
            "steps": answer.steps,
            "cost": answer.cost,
            "currency": answer.currency,
            "facts": dict(answer.facts),
        }
        while not self._end("answered", state=CallState.ANSWERED, answer=facts):
            record, generation = _read(self._storage, self._record["key"])
            if record is None or record["state"] == CallState.ANSWERED:
                return
            with self._lock:
                tries = [*record["tries"], self._tried]
                self._record, self._generation = {**record, "tries": tries}, generation

    def failed(self, error: BaseException) -> None:
        """Keep why. What was sent and not refused for good stays ``submitted``, its ID remembered."""
        if self.id and not isinstance(error, EngineError):
            self._end(str(error) or type(error).__name__, state=CallState.SUBMITTED)
        else:
            self._end(str(error) or type(error).__name__, state=CallState.FAILED, remote_id="")

    def _end(self, outcome: str, **changes: Any) -> bool:
        """Give the record up; False if another process has it."""
        last = {
            **self._tried,
            "outcome": outcome,
            "seconds": round(time.monotonic() - self._started, 3),
        }
        try:
            self._write(holder=None, tries=[*self._record["tries"][:-1], last], **changes)
        except PreconditionFailed:
            log.warning("call %s: another process took it over", self._record["key"])
            return False
        return True

    def _write(self, **changes: Any) -> None:
        with self._lock:
            self._record.update(changes)
            if self._record["holder"]:
                self._record["holder"]["until"] = _now(self._lease_s)
            try:
                self._swap()
            except PreconditionFailed:
                # An earlier write of ours may have landed although storage said that it did not answer.
                record, generation = _read(self._storage, self._record["key"])
                if record is None or (record.get("holder") or {}).get("token") != self._token:
                    raise
                self._generation = generation
                self._swap()

    def _swap(self) -> None:
        name, data = _name(self._record["key"]), _dump(self._record)
        info = self._storage.swap(name, data, generation=self._generation, content_type="application/json")
        self._generation = info.generation


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call without an answer."""

    key: str
    state: str
    requested_by: str
    job: str
    remote_id: str
    at: str
    outcome: str


def open_calls(storage: Storage) -> list[OpenCall]:
    """Every call of a workspace that has no answer, oldest first."""
    found = []
    for name in storage.names(_FOLDER):
        if not name.endswith(".json"):
            continue
        key = name.removesuffix(".json").rpartition("/")[2]
        try:
            record, _ = _read(storage, key)
        except StorageError as error:
            found.append(OpenCall(key, "damaged", "", "", "", "", str(error)))
            continue
        if record is None or record["state"] == CallState.ANSWERED:
            continue
        last, job = _last_try(record), record["job"]
        found.append(
            OpenCall(
                key=record["key"],
                state=record["state"],
                requested_by=record["requested_by"],
                job=f"{job['asset_id']} · {job['locale']}",
                remote_id=record["remote_id"],
                at=last["at"],
                outcome=last.get("outcome", "under way" if is_held(record) else "its process ended"),
            )
        )
    return sorted(found, key=lambda call: call.at)


def ask_again(storage: Storage, key: str, *, requested_by: str) -> None:
    """Forget what was sent for a call, so that the next run asks it anew: an operator's decision, recorded.

    Raises:
        InputError: there is no such call, it has its answer, or somebody is asking it right now.
    """
    record, generation = _read(storage, key)
    if record is None:
        raise InputError(f"there is no call {key}")
    if record["state"] == CallState.ANSWERED:
        raise InputError(f"call {key} has its answer; it is never asked again")
    if is_held(record):
        raise InputError(f"call {key} is being asked right now by {record['requested_by']}")
    note = {
        "by": requested_by,
        "at": _now(),
        "outcome": f"may be asked again; was {record['remote_id'] or 'not sent'}",
    }
    record.update(state=CallState.FAILED, remote_id="", holder=None, tries=[*record["tries"], note])
    storage.swap(_name(key), _dump(record), generation=generation, content_type="application/json")


def _taken_over(record: dict[str, Any] | None, fresh: dict[str, Any]) -> dict[str, Any]:
    """A new record, or the old one with what it remembers of remote work and of earlier tries."""
    if record is None:
        return fresh
    kept = {"remote_id": record["remote_id"], "tries": record["tries"]}
    state = CallState.SUBMITTED if record["remote_id"] else CallState.ASKED
    return {**fresh, **kept, "state": state}


def _read(storage: Storage, key: str) -> tuple[dict[str, Any] | None, int]:
    if not (len(key) == 64 and all(c in "0123456789abcdef" for c in key)):
        raise InputError(f"{key!r} is not a call key (64 hexadecimal digits)")
    try:
        data, info = storage.read_with_info(_name(key))
    except ObjectNotFound:
        return None, 0
    try:
        record = json.loads(data)
        _ = record["state"], record["remote_id"], record["tries"][-1]["at"], record["answer"]
    except (ValueError, LookupError, TypeError) as error:
        raise StorageError(
            f"{storage.uri_of(_name(key))}: damaged record ({error!r}); the service's records say whether "
            "it was paid for; once this file is deleted, it is asked anew"
        ) from error
    return record, info.generation


def _last_try(record: dict[str, Any]) -> dict[str, Any]:
    return dict(record["tries"][-1])


def _name(key: str) -> str:
    return f"{_FOLDER}{key[:2]}/{key}.json"


def picture_name(key: str, digest: str) -> str:
    """Where an answer of these pixels lies; two answers to one call do not overwrite each other."""
    return f"{_FOLDER}{key[:2]}/{key}-{digest[:16]}.png"


def _dump(record: dict[str, Any]) -> bytes:
    return json.dumps(record, ensure_ascii=False, indent=1, default=str).encode()


def _now(ahead_s: float = 0.0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=ahead_s)).isoformat(timespec="milliseconds")
