"""The `dify` model against a server that keeps Dify's published contract: no run is started twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown
from localizer.remote.dify import DifyEditModel
from localizer.remote.transport import SENT
from tests.localizer.remote.conftest import Memory, access, question
from tests.localizer.remote.contract_server import Cut
from tests.localizer.remote.dify_contract_server import (
    DifyServer,
    quota_exceeded,
    rate_limit_error,
    too_many_requests,
)


@pytest.fixture
def server() -> Iterator[DifyServer]:
    server = DifyServer()
    with server.running():
        yield server


def model_at(server: DifyServer, **options) -> DifyEditModel:
    options = {"poll_s": 0.02, "grace_s": 0.3, "pause_s": 0.01, **options}
    return DifyEditModel(access=access(server), **options)


def test_upload_run_and_download(server: DifyServer) -> None:
    call, memory = question(), Memory()
    answer = model_at(server).edit(call, memory)
    assert np.array_equal(answer.image, 255 - call.image)
    assert memory.told == ["", SENT, next(iter(server.runs))]  # known to be sent before it is, named at once
    assert server.paid == 1
    # The key goes to the API, never to the address of a file on another host; the user is the call's own.
    users = {r.json["user"] for r in server.to("/workflows/run")}
    assert users == {f"localizer-{call.key(model_at(server))[:40]}"}


def test_inputs_and_output_have_the_names_of_the_workflow(server: DifyServer) -> None:
    server.outputs_name = "picture"
    model_at(server, output="picture", seed_input="seed", tier_input="quality").edit(question(), Memory())
    inputs = server.to("/workflows/run")[0].json["inputs"]
    assert (inputs["seed"], inputs["quality"], inputs["prompt"][:7]) == (7, "fast", "Replace")
    with pytest.raises(ConfigurationError, match="no picture in its output 'image'"):
        model_at(server).edit(question(1), Memory())


@pytest.mark.parametrize("cut", ["start", "run"])
def test_a_stream_that_breaks_off_is_followed_by_its_run(server: DifyServer, cut: str) -> None:
    server.cut, server.run_s = cut, 0.2
    call = question()
    assert np.array_equal(model_at(server).edit(call, Memory()).image, 255 - call.image)
    assert server.paid == 1
    assert bool(server.to("/workflows/logs")) == (cut == "start")  # only an unnamed run has to be looked for


def test_a_run_of_a_dead_process_is_waited_for_and_not_started_again(server: DifyServer) -> None:
    server.cut, server.run_s = "run", 0.3
    first = Memory()
    with pytest.raises(EngineUnavailable, match="still under way"):
        DifyEditModel(access=access(server, timeout_s=0.1), poll_s=0.02).edit(question(), first)
    second = Memory(first.id)
    assert np.array_equal(model_at(server).edit(question(), second).image, 255 - question().image)
    assert server.paid == 1


@pytest.mark.parametrize("filters", [True, False])
def test_a_run_that_never_got_a_name_is_found_in_the_log(server: DifyServer, filters: bool) -> None:
    server.filters = filters
    model_at(server).edit(question(1), Memory())  # somebody else's run
    model_at(server).edit(question(), Memory())
    again = Memory(SENT)
    assert np.array_equal(model_at(server).edit(question(), again).image, 255 - question().image)
    assert server.paid == 2


def test_a_request_without_a_trace_waits_for_an_operator(server: DifyServer) -> None:
    def lost() -> None:
        raise Cut

    server.faults = [lost]
    memory = Memory()
    with pytest.raises(FateUnknown, match=r"no run of end user localizer-\w+; .*--ask-again"):
        model_at(server).edit(question(), memory)
    assert (memory.id, len(server.to("/workflows/run")), server.paid) == (SENT, 1, 0)


def test_an_older_dify_logs_a_run_when_it_ends(server: DifyServer) -> None:
    server.logs_at_start, server.cut, server.run_s = False, "start", 0.2
    assert model_at(server, grace_s=1.0).edit(question(), Memory()).image.shape == (48, 64, 3)
    assert server.paid == 1


def test_both_kinds_of_429_come_before_a_run_exists(server: DifyServer) -> None:
    server.faults = [too_many_requests, rate_limit_error]
    model_at(server).edit(question(), Memory())
    assert (len(server.to("/workflows/run")), server.paid) == (3, 1)
    server.faults = [rate_limit_error] * 3
    memory = Memory()
    with pytest.raises(EngineUnavailable, match="Rate Limit Error"):
        model_at(server).edit(question(1), memory)
    assert (memory.id, server.paid) == ("", 1)


@pytest.mark.parametrize("ends", ["failed", "stopped"])
def test_http_200_with_a_run_that_failed(server: DifyServer, ends: str) -> None:
    server.ends = ends
    memory = Memory()
    with pytest.raises(EngineUnavailable, match=f"ended as {ends}: the plugin qwen_image ran out of memory"):
        model_at(server).edit(question(), memory)
    assert memory.id == ""  # it is over; the next try is a new run


def test_an_error_event_and_a_pause(server: DifyServer) -> None:
    server.ends = "error"
    with pytest.raises(EngineError, match="size not allowed"):
        model_at(server).edit(question(), Memory())
    server.ends = "paused"
    with pytest.raises(EngineError, match="waits for a person"):
        model_at(server).edit(question(1), Memory())


def test_a_partial_success_counts_if_it_has_a_picture(server: DifyServer) -> None:
    server.ends = "partial-succeeded"
    assert model_at(server).edit(question(), Memory()).image.shape == (48, 64, 3)


def test_an_expired_address_is_asked_for_anew(server: DifyServer) -> None:
    server.expired = 1
    assert model_at(server).edit(question(), Memory()).image.shape == (48, 64, 3)
    addresses = [r for r in server.requests if r.path.startswith("/files/")]
    assert len(addresses) == 2
    server.expired = 9
    memory = Memory()
    with pytest.raises(EngineUnavailable, match=r"is done, but the picture .* is gone"):
        model_at(server).edit(question(1), memory)
    assert memory.id in server.runs  # the next try asks the same run again
    assert server.paid == 2


def test_an_empty_account_is_a_matter_of_configuration(server: DifyServer) -> None:
    server.faults = [quota_exceeded]
    with pytest.raises(ConfigurationError, match="quota"):
        model_at(server).edit(question(), Memory())


def test_a_run_that_nobody_knows_any_more(server: DifyServer) -> None:
    with pytest.raises(FateUnknown, match="does not know its run"):
        model_at(server).edit(question(), Memory("11111111-2222-3333-4444-555555555555"))
    assert server.paid == 0
