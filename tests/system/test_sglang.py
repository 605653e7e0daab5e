"""Our `openai` client against a real SGLang-Diffusion server on a CPU, with a tiny model."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from localizer.engines.editor import ModelCall, Tier
from localizer.errors import EngineUnavailable, FateUnknown
from localizer.remote.access import Access
from localizer.remote.openai import OpenAIEditModel
from localizer.remote.transport import SENT, Transport
from tests.localizer.remote.conftest import Memory

pytestmark = pytest.mark.system

PROJECT = Path(__file__).resolve().parents[2]
SGLANG = PROJECT / ".sglang"
START = "from sglang.multimodal_gen.runtime.entrypoints.cli.main import main; main()"
READY_S = 900  # a minute on an idle machine


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of an environment with SGLang."""
    if shutil.which("uv") is None:
        pytest.skip("SGLang is installed by uv, which is not here")
    command = ["bash", str(Path(__file__).with_name("install_sglang.sh")), str(SGLANG)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode:
        pytest.skip(f"SGLang cannot be installed here: {done.stderr[-300:]}")
    return SGLANG / "bin" / "python"


class Server:
    def __init__(self, python: Path, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        model = folder / "Qwen-Image-Edit-2509"  # SGLang knows an edit model by its name
        home = {**os.environ, "PYTHONPATH": str(PROJECT), "HF_HUB_OFFLINE": "1"}
        home["PATH"] = f"{python.parent}:{home['PATH']}"
        subprocess.run([python, "-m", "localizer.diffusion.tiny", model], env=home, check=True, timeout=600)
        self.log = folder / "sglang.log"
        del home["PYTHONPATH"]
        address = ("--host", "127.0.0.1", "--port", str(self.port))
        self.process = subprocess.Popen(
            [
                python,
                "-c",
                START,
                "serve",
                "--model-path",
                model,
                "--backend",
                "diffusers",
                "--num-gpus",
                "1",
                *address,
            ],
            env=home,
            cwd=folder,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.access = Access(f"http://127.0.0.1:{self.port}/v1", timeout_s=120.0)

    def model(self, **options) -> OpenAIEditModel:
        options = {"model": "tiny", "server": "sglang", "areas": [256 * 256], "pause_s": 0.2, **options}
        return OpenAIEditModel(access=self.access, **options)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def question(width: int = 256, height: int = 256, seed: int = 5, tier: Tier = Tier.FAST) -> ModelCall:
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return ModelCall(
        image, 'Replace the text "SALE" with "RABATT". Keep everything else unchanged.', tier, seed
    )


@pytest.fixture(scope="module")
def starting(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[str]]]:
    """A server that answers, and what it said of edits until it did."""
    server = Server(python, tmp_path_factory.mktemp("sglang"))
    said: list[str] = []
    sent: set[str] = set()
    until = time.monotonic() + READY_S
    try:
        while True:
            memory = Memory()
            try:
                server.model(steps={"fast": 2}).edit(question(), memory)
                break
            except EngineUnavailable as warming:
                said.append(str(warming))
                sent.add(memory.id)
            assert server.process.poll() is None, server.log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, server.log.read_text(errors="replace")[-3000:]
            time.sleep(1)
        assert sent <= {""}  # down or warming: nothing was taken
        yield server, said
    finally:
        server.kill()


def test_while_it_warms_it_is_unavailable_and_nothing_else(starting: tuple[Server, list[str]]) -> None:
    _, said = starting
    assert said
    assert all("cannot be reached" in text or "503" in text for text in said), said


def test_it_edits_and_the_seed_decides(starting: tuple[Server, list[str]]) -> None:
    server, _ = starting
    model = server.model(steps={"fast": 2})
    first = model.edit(question(), Memory())
    assert first.image.shape == (256, 256, 3)
    assert first.image.std() > 0
    again, other = model.edit(question(), Memory()), model.edit(question(seed=6), Memory())
    assert np.array_equal(first.image, again.image)  # lossless: PNG was asked for, the default is JPEG
    assert not np.array_equal(first.image, other.image)


def test_a_size_that_is_none_of_the_models_comes_back_as_a_picture(
    starting: tuple[Server, list[str]],
) -> None:
    server, _ = starting
    answer = server.model(steps={"fast": 2}).edit(question(width=250, height=130), Memory())
    assert answer.image.ndim == 3
    assert 100 < max(answer.image.shape) < 400


def test_a_picture_that_it_cannot_read_is_its_error_and_it_lives_on(
    starting: tuple[Server, list[str]],
) -> None:
    server, _ = starting
    transport = Transport(server.access, service="SGLang", pause_s=0.1)
    with pytest.raises(EngineUnavailable, match="SGLang answered 500"):
        transport.request(
            "POST",
            "images/edits",
            data={"prompt": "x", "size": "256x256", "num_inference_steps": "2", "output_format": "png"},
            files={"image": ("image.png", b"not a picture", "image/png")},
        )
    server.model(steps={"fast": 2}).edit(question(seed=9), Memory())


def test_a_server_that_dies_in_the_middle_leaves_a_fate_unknown(starting: tuple[Server, list[str]]) -> None:
    server, _ = starting
    memory, raised = Memory(), []

    def ask() -> None:
        try:
            server.model(steps={"full": 100}).edit(question(seed=11, tier=Tier.FULL), memory)
        except Exception as exc:  # noqa: BLE001  looked at below
            raised.append(exc)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(1.5)
    assert (memory.id, raised) == (SENT, [])  # under way
    server.kill()
    thread.join(60)
    assert [type(exc) for exc in raised] == [FateUnknown]
    assert memory.id == SENT
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        server.model(resend_lost=True).edit(question(), Memory(memory.id))
