"""The `chat` translator against a real server, ``transformers serve``, with a tiny random model on a CPU.

Its texts are noise: every one of them must come out as no translation.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localizer.errors import ConfigurationError, EngineUnavailable
from localizer.remote.transport import Transport
from localizer.translation import TranslationRequest
from localizer.translation.access import TranslatorAccess
from localizer.translation.chat import ChatTranslator

pytestmark = pytest.mark.system

PROJECT = Path(__file__).resolve().parents[2]
READY_S = 300
NEEDED = ("torch", "transformers", "fastapi", "uvicorn", "openai", "rich")


class Server:
    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.model = str(folder / "tiny-chat")
        home = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder)}
        home["PYTHONPATH"] = os.pathsep.join([str(PROJECT), *home.get("PYTHONPATH", "").split(os.pathsep)])
        make = [sys.executable, "-m", "localizer.translation.tiny", "chat-model", self.model]
        subprocess.run(make, env=home, check=True, timeout=300)
        self.log = folder / "serve.log"
        start = (
            # Declares what a torchvision beside a CPU-only torch lacks to be imported.
            "import sys; from localizer.diffusion.runtime import import_torch; import_torch();"
            "from transformers.cli.transformers import main; sys.exit(main())"
        )
        self.process = subprocess.Popen(
            [sys.executable, "-c", start, "serve", self.model, "--device", "cpu", "--port", str(port)],
            env=home,
            cwd=folder,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.access = TranslatorAccess(f"http://127.0.0.1:{port}/v1", timeout_s=120.0)

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        pytest.skip(f"transformers serve needs {', '.join(missing)}: pip install 'transformers[serving]'")
    running = Server(tmp_path_factory.mktemp("chat"))
    try:
        until = time.monotonic() + READY_S
        while True:
            try:
                Transport(running.access, service="transformers serve", pause_s=0.1).request("GET", "models")
                break
            except EngineUnavailable:
                assert running.process.poll() is None, running.said()
                assert time.monotonic() < until, running.said()
                time.sleep(1)
        yield running
    finally:
        running.stop()


def make(server: Server, **parameters) -> ChatTranslator:
    translator = ChatTranslator.at(server.access, **{"model": server.model, **parameters})
    translator.pause_s = 0.1
    return translator


def test_noise_is_no_translation(server: Server) -> None:
    translator = make(server, fields={"max_tokens": 24})
    found = translator.translate([TranslationRequest(f"Sale {i} %", "en", "de") for i in range(3)])
    assert [answer.text for answer in found] == ["", "", ""], server.said()
    assert all(answer.problem for answer in found)
    usage = translator.usage
    assert usage.requests == 5  # three together, then one and two, then those two alone
    assert usage.tokens_in > 0
    assert 0 < usage.tokens_out <= 5 * 24


def test_noise_that_comes_to_an_end_is_none_either(server: Server) -> None:
    # It ends where the noise first holds a sign that can be read.
    fields = {"max_tokens": 400, "stop": [chr(code) for code in range(0x21, 0x7F)]}
    (answer,) = make(server, fields=fields).translate([TranslationRequest("Sale", "en", "de")])
    assert not answer.text
    assert "cannot be used" in answer.problem, server.said()


def test_another_model_than_it_serves_is_not_taken_for_it(server: Server) -> None:
    (answer,) = make(server, model="gpt-none").translate([TranslationRequest("Sale", "en", "de")])
    assert not answer.text
    assert "gpt-none" in answer.problem


def test_a_field_that_it_does_not_know_is_told(server: Server) -> None:
    (answer,) = make(server, fields={"beams": 4}).translate([TranslationRequest("Sale", "en", "de")])
    assert not answer.text
    assert "422" in answer.problem


def test_without_a_model_nothing_is_asked(server: Server) -> None:
    with pytest.raises(ConfigurationError, match="no model"):
        make(server, model="").translate([TranslationRequest("Sale", "en", "de")])
