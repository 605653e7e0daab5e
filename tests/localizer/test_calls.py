"""The call log: who asked, answers that are asked for once, and processes that die in between."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from localizer.calls import Calls, ask_again, open_calls
from localizer.engines.editor import ModelAnswer, ModelCall, Tier
from localizer.errors import (
    ChecksumMismatch,
    ConfigurationError,
    EngineError,
    EngineUnavailable,
    FateUnknown,
    InputError,
    StorageError,
    StorageUnavailable,
)
from localizer.model import Action, Edit, Job
from localizer.storage import Storage, open_storage
from localizer.storage.base import ObjectInfo
from localizer.storage.local import LocalStorage

JOB = Job("a" * 64, "poster", "de", "en", "sources/x.png", "0" * 64, (Edit(Action.REPLACE_TEXT, "a", "b"),))
CALL = ModelCall(
    image=np.random.default_rng(1).integers(0, 255, (20, 30, 3), dtype=np.uint8),
    prompt="将「新品上市」改为「年度热销」",
    tier=Tier.FAST,
    seed=3,
)


class Model:
    """Inverts; `answer` may fail first, `sent` is remembered before."""

    name = "inverter"

    def __init__(self, *failures: Exception, sent: str = "", takes_s: float = 0.0) -> None:
        self.failures, self.sent, self.takes_s = list(failures), sent, takes_s
        self.ids: list[str] = []

    def parameters(self) -> dict[str, Any]:
        return {"revision": "1"}

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return width, height

    def edit(self, call: ModelCall, pending: Any) -> ModelAnswer:
        self.ids.append(pending.id)
        if self.sent:
            pending.remember(self.sent)
        time.sleep(self.takes_s)
        if self.failures:
            raise self.failures.pop(0)
        return ModelAnswer(
            255 - call.image, "inverter@1", 1.25, steps=4, cost=0.2, currency="CNY", facts={"x": 1}
        )


class Taken(Model):
    """While it works, another process takes its call over."""

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self.storage = storage

    def edit(self, call: ModelCall, pending: Any) -> ModelAnswer:
        record = record_of(self.storage, self)
        key = record["key"]
        record["requested_by"] = "otto"
        record["tries"].append({"by": "otto", "at": record["tries"][0]["at"]})
        record["holder"] = {"host": "elsewhere", "pid": 1, "token": "t", "until": "2999-01-01T00:00:00+00:00"}
        self.storage.write(f"calls/{key[:2]}/{key}.json", json.dumps(record).encode())
        return super().edit(call, pending)


class Flaky(LocalStorage):
    """A folder that fails on purpose: at reading pictures; at a write that lands nevertheless."""

    reading: Exception | None = None
    unheard = 0

    def read(self, name: str) -> bytes:
        if self.reading is not None and name.endswith(".png"):
            raise self.reading
        return super().read(name)

    def swap(self, name: str, data: bytes, **how: Any) -> ObjectInfo:
        info = super().swap(name, data, **how)
        self.unheard -= 1
        if self.unheard == 0:
            raise StorageUnavailable("no answer")
        return info


@pytest.fixture(params=["local", "gcs"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    return open_storage(request.getfixturevalue("gcs_uri") if request.param == "gcs" else str(tmp_path))


def record_of(storage: Storage, model: Model) -> dict[str, Any]:
    key = CALL.key(model)
    return dict(json.loads(storage.read(f"calls/{key[:2]}/{key}.json")))


def test_who_asked_what_when_and_what_came_of_it(storage: Storage) -> None:
    model = Model()
    before = Calls(storage, "mei").once(CALL, model=model, job=JOB)
    record = record_of(storage, model)
    assert (record["state"], record["requested_by"], record["prompt"]) == ("answered", "mei", CALL.prompt)
    assert record["job"] == {"key": JOB.key, "asset_id": "poster", "locale": "de"}
    assert record["image_sha256"] == CALL.image_sha256
    assert record["answer"]["image_sha256"] == replace(CALL, image=before.image).image_sha256
    assert (record["answer"]["cost"], record["answer"]["currency"]) == (0.2, "CNY")
    (tried,) = record["tries"]
    assert (tried["by"], tried["outcome"]) == ("mei", "answered")
    assert tried["at"] <= time.strftime("%Y-%m-%dT%H:%M:%S.999+00:00", time.gmtime())
    assert record["holder"] is None


def test_an_answer_is_asked_for_once_by_whomever(storage: Storage) -> None:
    model = Model()
    first = Calls(storage, "mei").once(CALL, model=model, job=JOB)
    again = Calls(storage, "otto").once(CALL, model=model, job=JOB)
    assert len(model.ids) == 1
    assert np.array_equal(first.image, again.image)
    assert (again.model, again.steps, again.seconds, again.cost) == ("inverter@1", 4, 1.25, 0.2)
    assert again.facts == {"x": 1, "recorded": True}
    Calls(storage, "mei").once(replace(CALL, seed=4), model=model, job=JOB)
    assert len(model.ids) == 2


@pytest.mark.parametrize("name", ["", "  "])
def test_nobody_asks_without_a_name(tmp_path: Path, name: str) -> None:
    model = Model()
    with pytest.raises(ConfigurationError, match="--requested-by"):
        Calls(open_storage(str(tmp_path)), name).once(CALL, model=model, job=JOB)
    assert model.ids == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_sent_is_remembered_for_the_next_who_asks(storage: Storage) -> None:
    model = Model(EngineUnavailable("still under way"), sent="task-1")
    with pytest.raises(EngineUnavailable):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    (left,) = open_calls(storage)
    assert (left.state, left.remote_id, left.job, left.outcome) == (
        "submitted",
        "task-1",
        "poster · de",
        "still under way",
    )
    Calls(storage, "otto").once(CALL, model=model, job=JOB)
    assert model.ids == ["", "task-1"]
    assert [t["by"] for t in record_of(storage, model)["tries"]] == ["mei", "otto"]
    assert open_calls(storage) == []


def test_a_refusal_is_over_and_may_be_asked_anew(storage: Storage) -> None:
    model = Model(EngineError("no"), sent="task-1")
    with pytest.raises(EngineError):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    assert record_of(storage, model)["state"] == "failed"
    model.sent = ""
    Calls(storage, "mei").once(CALL, model=model, job=JOB)
    assert model.ids == ["", ""]


def test_an_operator_decides_on_what_nobody_knows(storage: Storage) -> None:
    model = Model(FateUnknown("lost"), sent="sent")
    with pytest.raises(FateUnknown):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    ask_again(storage, CALL.key(model), requested_by="olga")
    assert record_of(storage, model)["tries"][-1]["by"] == "olga"
    Calls(storage, "mei").once(CALL, model=model, job=JOB)
    assert model.ids == ["", ""]
    with pytest.raises(InputError, match="has its answer"):
        ask_again(storage, CALL.key(model), requested_by="olga")
    with pytest.raises(InputError, match="no call"):
        ask_again(storage, "0" * 64, requested_by="olga")
    with pytest.raises(InputError, match="not a call key"):
        ask_again(storage, "../../etc", requested_by="olga")


def test_a_damaged_picture_is_asked_for_anew(tmp_path: Path) -> None:
    storage, model = open_storage(str(tmp_path)), Model()
    Calls(storage, "mei").once(CALL, model=model, job=JOB)
    (picture,) = (name for name in storage.names("calls/") if name.endswith(".png"))
    storage.write(picture, b"not a picture")
    assert np.array_equal(Calls(storage, "mei").once(CALL, model=model, job=JOB).image, 255 - CALL.image)
    assert len(model.ids) == 2


@pytest.mark.parametrize("error", [StorageUnavailable("busy"), ChecksumMismatch("cut"), StorageError("403")])
def test_a_picture_that_cannot_be_had_now_is_not_paid_for_again(tmp_path: Path, error: Exception) -> None:
    storage, model = Flaky(str(tmp_path)), Model()
    Calls(storage, "mei").once(CALL, model=model, job=JOB)
    storage.reading = error
    with pytest.raises(type(error)):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    storage.reading = None
    assert Calls(storage, "mei").once(CALL, model=model, job=JOB).facts["recorded"]
    assert len(model.ids) == 1


def test_a_write_that_landed_unheard_loses_no_answer(tmp_path: Path) -> None:
    storage, model = Flaky(str(tmp_path)), Model(sent="task-1")
    storage.unheard = 2  # the ID of the task, of which storage says that it was not written
    with pytest.raises(StorageUnavailable):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    (left,) = open_calls(storage)
    assert (left.remote_id, left.outcome) == ("task-1", "no answer")
    Calls(storage, "mei").once(CALL, model=model, job=JOB)
    assert model.ids == ["", "task-1"]


def test_an_answer_is_kept_though_another_took_the_call_over(storage: Storage) -> None:
    late = Taken(storage)
    Calls(storage, "mei").once(CALL, model=late, job=JOB)
    record = record_of(storage, late)
    assert (record["state"], record["requested_by"]) == ("answered", "otto")
    assert [(t["by"], t.get("outcome")) for t in record["tries"]] == [
        ("mei", None),
        ("otto", None),
        ("mei", "answered"),
    ]
    again = Calls(storage, "otto").once(CALL, model=late, job=JOB)
    assert again.facts["recorded"]
    assert len(late.ids) == 1


def test_of_two_answers_the_first_stands_whole(storage: Storage) -> None:
    class Slow(Model):
        def edit(self, call: ModelCall, pending: Any) -> ModelAnswer:
            record = record_of(storage, self)
            key = record["key"]
            record["holder"] = None  # as if this one's lease had run out
            storage.write(f"calls/{key[:2]}/{key}.json", json.dumps(record).encode())
            Calls(storage, "otto").once(call, model=Model(), job=JOB)
            answer = super().edit(call, pending)
            return replace(answer, image=answer.image // 2)

    slow = Slow()
    Calls(storage, "mei").once(CALL, model=slow, job=JOB)
    first = Calls(storage, "olga").once(CALL, model=slow, job=JOB)
    assert np.array_equal(first.image, 255 - CALL.image)
    assert len(slow.ids) == 1


def test_a_damaged_record_is_shown_and_hides_no_other(tmp_path: Path) -> None:
    storage, model = open_storage(str(tmp_path)), Model(EngineUnavailable("x"))
    with pytest.raises(EngineUnavailable):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    for text in (b"{", b"{}", b'{"state": "asked", "remote_id": "", "tries": [], "answer": null}'):
        storage.write(f"calls/ff/{'f' * 64}.json", text)
        damaged, other = open_calls(storage)
        assert (damaged.key, damaged.state, other.outcome) == ("f" * 64, "damaged", "x")
        assert "asked anew" in damaged.outcome


def test_of_many_that_ask_at_once_one_pays(storage: Storage) -> None:
    model = Model(takes_s=0.3)
    answers: list[ModelAnswer] = []

    def ask() -> None:
        answers.append(Calls(storage, "mei", lease_s=10.0).once(CALL, model=model, job=JOB))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(model.ids) == 1
    assert len(answers) == 5


def begun(model: Model) -> None:
    until = time.monotonic() + 30
    while not model.ids and time.monotonic() < until:
        time.sleep(0.01)


def test_the_lease_is_renewed_while_the_model_works(tmp_path: Path) -> None:
    storage, model = open_storage(str(tmp_path)), Model(takes_s=5.0)
    slow = threading.Thread(
        target=lambda: Calls(storage, "mei", lease_s=3.0).once(CALL, model=model, job=JOB)
    )
    slow.start()
    begun(model)
    time.sleep(3.5)  # longer than the lease
    Calls(storage, "otto", lease_s=3.0).once(CALL, model=model, job=JOB)
    slow.join()
    assert len(model.ids) == 1


def test_waiting_for_another_has_an_end(tmp_path: Path) -> None:
    storage, model = open_storage(str(tmp_path)), Model(takes_s=3.0)
    slow = threading.Thread(target=lambda: Calls(storage, "mei").once(CALL, model=model, job=JOB))
    slow.start()
    begun(model)
    with pytest.raises(EngineUnavailable, match="mei has been asking the same since"):
        Calls(storage, "otto", patience_s=0.1).once(CALL, model=model, job=JOB)
    slow.join()


def test_a_dead_holder_is_succeeded_at_once_here_and_after_its_lease_elsewhere(tmp_path: Path) -> None:
    storage, model = open_storage(str(tmp_path)), Model(EngineUnavailable("x"), sent="task-9")
    with pytest.raises(EngineUnavailable):
        Calls(storage, "mei").once(CALL, model=model, job=JOB)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    record = record_of(storage, model)
    key = record["key"]

    def held_by(host: str, ahead: str) -> None:
        record["holder"] = {"host": host, "pid": dead.pid, "token": "t", "until": ahead}
        storage.write(f"calls/{key[:2]}/{key}.json", json.dumps(record).encode())

    held_by(os.uname().nodename, "2999-01-01T00:00:00+00:00")
    Calls(storage, "otto", patience_s=0.0).once(CALL, model=model, job=JOB)
    assert model.ids[-1] == "task-9"
    held_by("elsewhere", "2999-01-01T00:00:00+00:00")
    with pytest.raises(EngineUnavailable):
        Calls(storage, "otto", patience_s=0.0).once(CALL, model=model, job=JOB)
    held_by("elsewhere", "2001-01-01T00:00:00+00:00")
    Calls(storage, "otto", patience_s=0.0).once(CALL, model=model, job=JOB)
