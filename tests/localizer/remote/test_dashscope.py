"""The `dashscope` models against a server that keeps DashScope's published contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown
from localizer.remote.dashscope import DashScopeModel
from localizer.remote.transport import SENT
from tests.localizer.remote.conftest import Memory, access, question
from tests.localizer.remote.dashscope_contract_server import (
    DashScopeServer,
    allocation_quota,
    arrears,
    internal_error,
    rate_quota,
)


@pytest.fixture
def server() -> Iterator[DashScopeServer]:
    server = DashScopeServer()
    with server.running():
        yield server


def model_at(server: DashScopeServer, **options) -> DashScopeModel:
    return DashScopeModel(access=access(server, "/api/v1"), **{"poll_s": 0.01, "pause_s": 0.01, **options})


def translator_at(server: DashScopeServer) -> DashScopeModel:
    return model_at(server, model="qwen-mt-image", target_lang="de")


def test_an_edit_says_what_decides_the_picture(server: DashScopeServer) -> None:
    call = question()
    assert np.array_equal(model_at(server).edit(call, Memory()).image, 255 - call.image)
    parameters = server.to("/generation")[0].json["parameters"]
    assert parameters["prompt_extend"] is False
    assert parameters["watermark"] is False
    assert (parameters["seed"], parameters["size"]) == (7, "64*48")


def test_a_translation_is_a_task_with_the_approved_words(server: DashScopeServer) -> None:
    call, memory = question(), Memory()
    assert np.array_equal(translator_at(server).edit(call, memory).image, 255 - call.image)
    (name, task), *_ = server.tasks.items()
    assert memory.told == ["", SENT, name]
    assert task["input"]["ext"] == {"terminologies": [{"src": "SALE", "tgt": "RABATT"}]}


def test_approved_words_are_understood_however_they_are_quoted(server: DashScopeServer) -> None:
    from localizer.engines.prompts import edit_prompt
    from localizer.model import Action, Edit

    for old, new in (('买 "一" 送一', "Buy one\nget one"), ("新品\n上市", "NEU\nIM REGAL")):
        prompt = edit_prompt(Edit(Action.REPLACE_TEXT, old, new))
        translator_at(server).edit(replace(question(), prompt=prompt), Memory())
    terms = [task["input"]["ext"]["terminologies"] for task in server.tasks.values()]
    assert terms == [
        [{"src": '买 "一" 送一', "tgt": "Buy one get one"}],
        [{"src": "新品", "tgt": "NEU"}, {"src": "上市", "tgt": "IM REGAL"}],
    ]


def test_a_task_of_a_dead_process_is_asked_about_and_not_ordered_again(server: DashScopeServer) -> None:
    server.polls = 50
    first = Memory()
    slow = DashScopeModel(
        "qwen-mt-image", target_lang="de", access=access(server, "/api/v1", timeout_s=0.05), poll_s=0.01
    )
    with pytest.raises(EngineUnavailable, match="the next try waits for the same task"):
        slow.edit(question(), first)
    answer = translator_at(server).edit(question(), Memory(first.id))
    assert np.array_equal(answer.image, 255 - question().image)
    assert server.paid == 1


def test_a_lost_answer_waits_for_an_operator(server: DashScopeServer) -> None:
    for model in (model_at(server), translator_at(server)):
        server.lose, memory = 1, Memory()
        with pytest.raises(FateUnknown, match="--ask-again"):
            model.edit(question(), memory)
        before = len(server.requests)
        with pytest.raises(FateUnknown, match="an earlier request"):
            model.edit(question(), Memory(memory.id))
        assert len(server.requests) == before
    assert server.paid == 2


def test_both_quotas_and_an_internal_error_are_tried_again(server: DashScopeServer) -> None:
    server.faults = [rate_quota, internal_error]
    model_at(server).edit(question(), Memory())
    server.faults = [allocation_quota] * 3
    memory = Memory()
    with pytest.raises(EngineUnavailable, match="Allocated quota exceeded"):
        model_at(server).edit(question(1), memory)
    assert (memory.id, server.paid) == ("", 1)


def test_arrears_and_wrong_keys_are_matters_of_configuration(server: DashScopeServer) -> None:
    server.faults = [arrears]
    with pytest.raises(ConfigurationError, match="good standing"):
        model_at(server).edit(question(), Memory())
    wrong = DashScopeModel(access=replace(access(server, "/api/v1"), key="other"), pause_s=0.01)
    with pytest.raises(ConfigurationError, match="Invalid API-key"):
        wrong.edit(question(), Memory())


def test_what_is_refused_for_good(server: DashScopeServer) -> None:
    with pytest.raises(EngineError, match="inappropriate content"):
        model_at(server).edit(replace(question(), prompt="forbidden"), Memory())
    with pytest.raises(EngineError, match="reads only 800"):
        model_at(server).edit(replace(question(), prompt="x" * 801), Memory())
    with pytest.raises(EngineError, match="only translates text"):
        translator_at(server).edit(replace(question(), prompt="Remove the logo."), Memory())
    with pytest.raises(ConfigurationError, match="target_lang"):
        DashScopeModel("qwen-mt-image")
    assert server.paid == 0


def test_tasks_that_end_without_a_picture(server: DashScopeServer) -> None:
    server.message = "No text detected for translation"
    with pytest.raises(EngineError, match="No text detected"):
        translator_at(server).edit(question(), Memory())
    server.ends = "FAILED"
    with pytest.raises(EngineError, match="no text of that language"):
        translator_at(server).edit(question(1), Memory())
    with pytest.raises(FateUnknown, match="does not know task"):
        translator_at(server).edit(question(), Memory("0000-of-last-week"))
