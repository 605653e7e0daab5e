"""The `openai` model against servers that keep the published contracts; each test says what would be paid."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from localizer.engines.editor import Tier
from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown
from localizer.remote.openai import OpenAIEditModel
from localizer.remote.transport import SENT
from tests.localizer.remote.conftest import Memory, access, question
from tests.localizer.remote.openai_contract_server import (
    OpenAIServer,
    dies,
    gateway_timeout,
    overloaded,
    warming,
)


@pytest.fixture(params=["localizer", "sglang", "vllm-omni", "openai"])
def any_server(request: pytest.FixtureRequest) -> Iterator[OpenAIServer]:
    server = OpenAIServer(request.param)
    with server.running():
        yield server


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    server = OpenAIServer()
    with server.running():
        yield server


def model_at(server: OpenAIServer, **options) -> OpenAIEditModel:
    options = {"model": server.served, "server": server.kind, "pause_s": 0.01, **options}
    return OpenAIEditModel(access=access(server), **options)


def test_every_kind_of_server_takes_our_fields_and_gives_the_picture(any_server: OpenAIServer) -> None:
    call = question(tier=Tier.BALANCED)
    answer = model_at(any_server).edit(call, Memory())
    assert np.array_equal(answer.image, 255 - call.image)
    fields = any_server.edits[0]
    assert fields["output_format"] == "png"  # SGLang's default is a lossy JPEG
    assert fields["size"] == "64x48"
    if any_server.kind == "openai":
        assert "seed" not in fields
    else:
        assert fields["seed"] == "7"
        assert answer.seconds == 1.5
    assert ("tier" in fields) == (any_server.kind == "localizer")
    if any_server.kind in {"sglang", "vllm-omni"}:
        assert (fields["num_inference_steps"], fields["true_cfg_scale"]) == ("40", "4.0")


def test_a_distilled_tier_takes_its_steps_without_guidance() -> None:
    server = OpenAIServer("sglang")
    with server.running():
        model_at(server, steps={"fast": 4}).edit(question(), Memory())
    assert (server.edits[0]["num_inference_steps"], server.edits[0]["true_cfg_scale"]) == ("4", "1.0")


def test_an_answer_may_be_an_address(server: OpenAIServer) -> None:
    server.give = "url"
    call = question()
    assert np.array_equal(model_at(server).edit(call, Memory()).image, 255 - call.image)


def test_another_size_is_handed_on_as_it_is(server: OpenAIServer) -> None:
    server.size = (40, 30)
    assert model_at(server).edit(question(), Memory()).image.shape == (30, 40, 3)


def test_a_picture_that_cannot_be_read_is_no_picture(server: OpenAIServer) -> None:
    server.garbage = True
    with pytest.raises(EngineError, match="the edit server"):
        model_at(server).edit(question(), Memory())


def test_warming_and_overloaded_servers_are_asked_again_twice(server: OpenAIServer) -> None:
    server.faults = [warming, overloaded]
    model_at(server).edit(question(), Memory())
    assert (len(server.requests), server.paid) == (3, 1)

    server.faults = [warming] * 3
    memory = Memory()
    with pytest.raises(EngineUnavailable, match="503: model is loading"):
        model_at(server).edit(question(1), memory)
    assert (len(server.requests), server.paid, memory.id) == (6, 1, "")


def test_every_request_has_a_connection_of_its_own(server: OpenAIServer) -> None:
    # SGLang answers 500 and then closes: a second request on that connection would seem lost.
    server.faults = [warming, overloaded]
    model_at(server).edit(question(), Memory())
    assert len({r.port for r in server.requests}) == 3


def test_a_pause_that_would_hold_the_worker_for_long_is_left_to_the_next_run(server: OpenAIServer) -> None:
    from tests.localizer.remote.contract_server import Answer

    server.faults = [lambda: Answer(429, {"detail": "later"}, {"Retry-After": "3600"})]
    with pytest.raises(EngineUnavailable, match="429: later"):
        model_at(server).edit(question(), Memory())
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", [dies, gateway_timeout])
def test_our_server_joins_a_request_that_is_sent_again(server: OpenAIServer, fault) -> None:
    server.faults = [fault]
    server.lose = 1  # done, charged, and the answer lost
    call = question()
    assert np.array_equal(model_at(server).edit(call, Memory()).image, 255 - call.image)
    assert (len(server.requests), server.paid) == (3, 1)


@pytest.mark.parametrize("fault", [dies, gateway_timeout])
@pytest.mark.parametrize("kind", ["sglang", "vllm-omni", "openai"])
def test_other_servers_are_never_asked_again_blindly(kind: str, fault) -> None:
    server = OpenAIServer(kind)
    with server.running():
        server.faults = [fault]
        memory = Memory()
        with pytest.raises(FateUnknown, match=r"--ask-again [0-9a-f]{64}"):
            model_at(server).edit(question(), memory)
        assert (len(server.requests), memory.id) == (1, SENT)
        with pytest.raises(FateUnknown, match="an earlier request got lost"):
            model_at(server).edit(question(), Memory(SENT))
        assert len(server.requests) == 1
        model_at(server, resend_lost=True).edit(question(), Memory(SENT))
        assert server.paid == 1


def test_a_server_that_is_not_there_was_not_asked(server: OpenAIServer) -> None:
    from localizer.remote.access import Access

    gone = OpenAIEditModel(server="openai", access=Access("http://127.0.0.1:9/v1", key="k"), pause_s=0.01)
    memory = Memory()
    with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:9 cannot be reached"):
        gone.edit(question(), memory)
    assert memory.id == ""


def test_a_wrong_key_or_model_is_a_matter_of_configuration(server: OpenAIServer) -> None:
    from dataclasses import replace

    wrong = OpenAIEditModel(access=replace(access(server), key="sk-wrong-and-secret"), pause_s=0.01)
    with pytest.raises(ConfigurationError, match="401") as caught:
        wrong.edit(question(), Memory())
    assert "sk-wrong-and-secret" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="does not exist"):
        model_at(server, model="other").edit(question(), Memory())
    assert server.paid == 0


def test_host_and_key_decide_no_pixels() -> None:
    from localizer.remote.access import Access

    here = OpenAIEditModel(access=Access("http://a/v1", key="key-of-here"))
    there = OpenAIEditModel(access=Access("https://b/v1", key="key-of-there", concurrency=2))
    assert question().key(here) == question().key(there)
    assert question().key(here) != question().key(OpenAIEditModel(model="another"))
    assert "key-of-here" not in repr(here) + repr(here._transport) + repr(here._transport.access)
