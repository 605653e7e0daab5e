"""The edit server as it is started for real: Ray Serve, and a tiny model of the real classes."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.system
for _package in ("ray", "torch", "diffusers", "prometheus_client"):
    pytest.importorskip(_package, reason="pip install 'campaign-localizer[server,gpu]'")

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-the-tests"
STEPS = 80  # of tier `full`: seconds, so that something can happen meanwhile


class Server:
    """A running server."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.url, self.process, self.log = url, process, log
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.client = httpx.Client(base_url=url, headers=headers, timeout=300)

    def edit(self, image: bytes | None = None, **fields: Any) -> httpx.Response:
        return self.client.post("/v1/images/edits", **form(image, fields))

    def metric(self, name: str) -> float:
        found = re.search(
            rf"^localizer_server_{re.escape(name)} (\S+)$", self.client.get("/metrics").text, re.M
        )
        return float(found[1]) if found else 0.0

    def until(self, condition: Any, seconds: float = 400) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, self.log.read_text()[-4000:]
            assert self.process.poll() is None, self.log.read_text()[-4000:]
            time.sleep(0.05)

    def is_ready(self) -> bool:
        try:
            return self.client.get("/health").status_code == 200
        except httpx.ConnectError:
            return False

    def processes(self) -> dict[int, str]:
        """Command lines of this server and of everything that it started."""
        shown = subprocess.check_output(["ps", "-eo", "pid,ppid,args"], text=True).splitlines()[1:]
        rows = [line.split(maxsplit=2) for line in shown]
        ours = {str(self.process.pid)}
        while len(ours) < len(ours := ours | {pid for pid, parent, _ in rows if parent in ours}):
            pass
        return {int(pid): command for pid, _, command in rows if pid in ours}

    def replica(self) -> int:
        """Process ID of the model's replica."""
        [found] = [pid for pid, name in self.processes().items() if "ServeReplica:edit-server:model" in name]
        return found


def form(image: bytes | None, fields: dict[str, Any]) -> dict[str, Any]:
    data = {"prompt": 'Replace the text "A" with "B".'} | {k: str(v) for k, v in fields.items()}
    return {"data": data, "files": {"image": ("crop.png", image or png(256, 256), "image/png")}}


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 50).convert("RGB").save(out, "PNG")
    return out.getvalue()


def answered(response: httpx.Response) -> np.ndarray[Any, Any]:
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(response.json()["data"][0]["b64_json"]))))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, with a tier `full` that takes seconds."""
    from localizer.diffusion.tiny import write_tiny

    folder = tmp_path_factory.mktemp("models") / "tiny"
    write_tiny(folder)
    settings = json.loads((folder / "localizer.json").read_text())
    settings["tiers"]["full"] = {"steps": STEPS}
    (folder / "localizer.json").write_text(json.dumps(settings))
    return folder


def start(model: Path, log: Path, *arguments: str) -> Server:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "localizer",
        "serve",
        "--model",
        str(model),
        "--port",
        str(port),
        *arguments,
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "OMP_NUM_THREADS": "1",
        "LOCALIZER_SERVER_TOKENS": f"tests {TOKEN}",
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    return Server(f"http://127.0.0.1:{port}", process, log)


@pytest.fixture(scope="module")
def server(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one replica with a queue of two; what it said until it was warm is in `server.seen`."""
    running = start(tiny, tmp_path_factory.mktemp("server") / "log", "--max-queued", "2")
    seen: list[tuple[int, int]] = []

    def warm() -> bool:
        try:
            health = running.client.get("/health").status_code
        except httpx.ConnectError:
            return False
        if health == 503:
            edit = running.edit()
            assert edit.status_code == 200 or edit.headers["Retry-After"]
            seen.append((health, edit.status_code))
        return health == 200

    try:
        running.until(warm)
        running.seen = seen  # type: ignore[attr-defined]
        yield running
        started = running.processes()
        assert len(started) > 5  # Ray's own
        running.process.terminate()
        assert running.process.wait(200) == 0
        assert TOKEN not in running.log.read_text()
        left = [command for pid, command in started.items() if Path(f"/proc/{pid}").exists()]
        assert left == []
    finally:
        running.process.kill()


def test_while_it_loads_it_says_so(server: Any) -> None:
    assert (503, 503) in server.seen
    assert server.client.get("/health").json() == {"status": "ready", "model": "tiny", "replicas": 1}


def test_every_tier_answers_and_the_same_seed_gives_the_same_picture(server: Server) -> None:
    [model] = server.client.get("/v1/models").json()["data"]
    assert "256x256" in model["sizes"]
    for tier, steps in model["tiers"].items():
        before = server.metric(f'edits_total{{tier="{tier}"}}')
        response = server.edit(tier=tier, seed=11, model="tiny")
        assert answered(response).shape == (256, 256, 3)
        said = response.json()
        assert (said["steps"], said["seed"], said["revision"]) == (steps, 11, model["revision"])
        again = server.edit(tier=tier, seed=11)
        assert (again.json()["how"], again.json()["data"]) == ("remembered", said["data"])
        assert server.metric(f'edits_total{{tier="{tier}"}}') == before + 1
    assert (answered(server.edit(seed=12)) != answered(server.edit(seed=11, tier="fast"))).any()


def test_what_cannot_be_edited_is_refused(server: Server) -> None:
    wrong = server.edit(png(100, 90))
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "invalid_size")
    assert "256x256" in wrong.json()["error"]["allowed_sizes"]
    broken = server.edit(png(256, 256)[:500])
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "invalid_image")
    assert server.edit(model="dall-e-2").status_code == 404
    stranger = httpx.post(f"{server.url}/v1/images/edits", **form(None, {}))
    assert stranger.status_code == 401


def test_a_caller_that_hangs_up_frees_the_gpu(server: Server) -> None:
    async def scenario() -> float:
        async with httpx.AsyncClient(
            base_url=server.url, headers=server.client.headers, timeout=60
        ) as client:
            begun = time.monotonic()
            await client.post("/v1/images/edits", **form(None, {"tier": "full", "seed": 20}))
            whole = time.monotonic() - begun
            leaving = asyncio.create_task(
                client.post("/v1/images/edits", **form(None, {"tier": "full", "seed": 21}))
            )
            await asyncio.sleep(0.25 * whole)
            leaving.cancel()
            following = await client.post("/v1/images/edits", **form(None, {"tier": "fast", "seed": 22}))
            answered(following)
            waited: float = following.json()["queued_seconds"]
            return waited / whole

    before = server.metric("cancelled_total")
    share = asyncio.run(scenario())
    assert share < 0.4, "three quarters of the edit were left to do"
    assert server.metric("cancelled_total") == before + 1


def test_a_full_queue_and_a_killed_replica(server: Server) -> None:
    async def scenario() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            base_url=server.url, headers=server.client.headers, timeout=300
        ) as client:

            async def edit(seed: int) -> httpx.Response:
                return await client.post("/v1/images/edits", **form(None, {"tier": "full", "seed": seed}))

            tasks = [asyncio.create_task(edit(30))]
            await asyncio.to_thread(server.until, lambda: server.metric("running") == 1)
            tasks += [asyncio.create_task(edit(seed)) for seed in (31, 32)]
            await asyncio.to_thread(server.until, lambda: server.metric("queue_length") == 2)
            refused = await edit(33)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
            assert int(refused.headers["Retry-After"]) >= 1
            os.kill(server.replica(), signal.SIGKILL)
            return list(await asyncio.gather(*tasks))

    died, *waiting = asyncio.run(scenario())
    assert (died.status_code, died.json()["error"]["code"]) == (503, "unavailable")
    assert died.headers["Retry-After"]
    for response in waiting:  # they had not begun: the new replica makes them
        answered(response)
    server.until(server.is_ready)  # what it says of itself may be a second old
    answered(server.edit(tier="full", seed=30))
    assert server.metric("refused_total") == 1


def test_a_stopped_server_finishes_what_it_began_and_sends_the_others_away(
    tiny: Path, tmp_path: Path
) -> None:
    server = start(tiny, tmp_path / "log")

    async def scenario() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            base_url=server.url, headers=server.client.headers, timeout=300
        ) as client:

            async def edit(seed: int) -> httpx.Response:
                return await client.post("/v1/images/edits", **form(None, {"tier": "full", "seed": seed}))

            tasks = [asyncio.create_task(edit(40))]
            await asyncio.to_thread(server.until, lambda: server.metric("running") == 1)
            tasks.append(asyncio.create_task(edit(41)))
            await asyncio.to_thread(server.until, lambda: server.metric("queue_length") == 1)
            server.process.terminate()
            return list(await asyncio.gather(*tasks))

    try:
        server.until(server.is_ready)
        begun, waiting = asyncio.run(scenario())
        answered(begun)
        assert (waiting.status_code, waiting.json()["error"]["code"]) == (503, "unavailable")
        assert "being stopped" in waiting.json()["error"]["message"]
        assert server.process.wait(200) == 0
    finally:
        server.process.kill()


def test_a_model_that_cannot_be_loaded_is_told(tiny: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny, broken)
    [weights] = (broken / "transformer").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:1000])
    server = start(broken, tmp_path / "log")
    try:
        assert server.process.wait(400) == 1
        said = [line for line in server.log.read_text().splitlines() if line.startswith("localizer: ")]
        assert "could not be started: model broken@" in said[-1]
    finally:
        server.process.kill()


def test_a_server_without_tokens_does_not_start(tiny: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCALIZER_SERVER")}
    command = [sys.executable, "-m", "localizer", "serve", "--model", str(tiny)]
    for more, words in (
        ([], "nobody may call this server yet"),
        (["--anonymous", "--host", "0.0.0.0"], "loopback only"),  # noqa: S104
    ):
        done = subprocess.run(
            [*command, *more], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert words in done.stderr
