"""No key and no signed address in anything that is logged, recorded or raised, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from dataclasses import replace
from pathlib import Path

import pytest

from localizer.calls import Calls
from localizer.errors import LocalizerError
from localizer.remote.dashscope import DashScopeModel
from localizer.remote.dify import DifyEditModel
from localizer.remote.openai import OpenAIEditModel
from localizer.storage.local import LocalStorage
from tests.localizer.remote.conftest import JOB, access, question
from tests.localizer.remote.contract_server import Answer, ContractServer, Cut
from tests.localizer.remote.dashscope_contract_server import DashScopeServer
from tests.localizer.remote.dify_contract_server import DifyServer
from tests.localizer.remote.openai_contract_server import OpenAIServer

FAST = {"pause_s": 0.01}


def echoes() -> Answer:
    """A proxy that shows the request that it did not understand."""
    return Answer(400, f"bad request:\nAuthorization: Bearer {ContractServer.key}".encode())


def fails() -> Answer:
    return Answer(500, {"message": f"no provider takes {ContractServer.key}", "code": "boom"})


def dies() -> Answer:
    raise Cut


@pytest.mark.parametrize("service", ["openai", "openai-url", "dify", "dashscope", "dashscope-mt"])
def test_nothing_tells_the_key(service: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    server: ContractServer
    if service.startswith("openai"):
        server = openai = OpenAIServer()
        openai.give = "url" if service == "openai-url" else "b64_json"
        model_at = lambda a: OpenAIEditModel(access=a, **FAST)  # noqa: E731
    elif service == "dify":
        server = DifyServer()
        model_at = lambda a: DifyEditModel(access=a, poll_s=0.01, grace_s=0.05, **FAST)  # noqa: E731
    else:
        server = DashScopeServer()
        options = {"model": "qwen-mt-image", "target_lang": "de"} if service == "dashscope-mt" else {}
        model_at = lambda a: DashScopeModel(access=a, poll_s=0.01, **options, **FAST)  # noqa: E731
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    calls = Calls(LocalStorage(tmp_path), "mei")
    with server.running():
        good = access(server, "/api/v1" if "dashscope" in service else "/v1")
        wrong = replace(good, key="another-secret-key-77")
        for seed, (a, faults) in enumerate(
            [(good, []), (good, [echoes]), (good, [fails] * 3), (good, [dies] * 3), (wrong, []), (good, [])]
        ):
            server.faults = list(faults)
            model = model_at(a)
            try:
                calls.once(question(seed), model=model, job=JOB)
            except LocalizerError as exc:
                said.append("".join(traceback.format_exception(exc)))
            said.append(repr(model) + repr(model._transport) + repr(a))
    assert sum("Error" in text or "FateUnknown" in text for text in said) >= 3
    recorded = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert recorded.count('"outcome": "answered"') == 2
    everything = "\n".join([*said, recorded, caplog.text])
    for secret in (ContractServer.key, "another-secret-key-77", "signature-", "sign="):
        assert secret not in everything
