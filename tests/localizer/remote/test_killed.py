"""Processes that are killed while a service works for them: the next one gets the answer, paid once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from localizer.calls import Calls
from localizer.engines.editor import EditModel
from localizer.remote.access import use_access
from localizer.remote.dashscope import DashScopeModel
from localizer.remote.dify import DifyEditModel
from localizer.remote.openai import OpenAIEditModel
from localizer.storage import open_storage
from tests.localizer.remote.conftest import JOB, access, question
from tests.localizer.remote.contract_server import ContractServer
from tests.localizer.remote.dashscope_contract_server import DashScopeServer
from tests.localizer.remote.dify_contract_server import DifyServer
from tests.localizer.remote.openai_contract_server import OpenAIServer

PROJECT = Path(__file__).resolve().parents[3]

DRIVER = """
import sys
from localizer.calls import Calls
from localizer.storage import open_storage
from tests.localizer.remote.conftest import JOB, question
from tests.localizer.remote.test_killed import MODELS
Calls(open_storage(sys.argv[2]), "mei").once(question(), model=MODELS[sys.argv[1]](), job=JOB)
"""

MODELS = {
    "openai": lambda: OpenAIEditModel(pause_s=0.01),
    "dify": lambda: DifyEditModel(poll_s=0.05),
    "dashscope": lambda: DashScopeModel("qwen-mt-image", target_lang="de", poll_s=0.05),
}


def slow(name: str) -> tuple[ContractServer, str]:
    """A service that takes its time."""
    if name == "openai":
        server = OpenAIServer()
        server.latency_s = 1.0
        return server, "/v1"
    if name == "dify":
        dify = DifyServer()
        dify.run_s = 2.0
        return dify, "/v1"
    dashscope = DashScopeServer()
    dashscope.polls = 30
    return dashscope, "/api/v1"


@pytest.mark.parametrize("name", list(MODELS))
def test_a_killed_process_is_succeeded_and_nothing_is_paid_twice(name: str, tmp_path: Path) -> None:
    server, path = slow(name)
    workspace = tmp_path / "workspace"
    with server.running(), use_access(name, access(server, path, timeout_s=20.0)):
        command = [sys.executable, "-c", DRIVER, name, str(workspace)]
        process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)})
        until = time.monotonic() + 60
        while not (server.paid and _remembered(workspace, name)) and time.monotonic() < until:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        model: EditModel = MODELS[name]()
        answer = Calls(open_storage(str(workspace)), "otto").once(question(), model=model, job=JOB)
    assert np.array_equal(answer.image, 255 - question().image)
    assert server.paid == 1
    (record,) = _records(workspace)
    assert [(t["by"], t.get("outcome")) for t in record["tries"]] == [("mei", None), ("otto", "answered")]


def _remembered(workspace: Path, name: str) -> bool:
    """The service's own ID has reached the record (our server has none)."""
    return any(r["remote_id"] and (name == "openai" or r["remote_id"] != "sent") for r in _records(workspace))


def _records(workspace: Path) -> list[dict]:
    return [json.loads(p.read_text()) for p in workspace.glob("calls/*/*.json")]
