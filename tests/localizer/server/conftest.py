"""The edit server's HTTP side on a stand-in for the model; Ray and torch are not needed."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
from PIL import Image

from localizer.engines.editor import ModelAnswer, ModelCall, Tier
from localizer.server.questions import ModelCard
from localizer.server.settings import ServerSettings
from localizer.server.tokens import Tokens, load_tokens

TOKEN = "a-token-for-the-tests"
SIZES = ((48, 64), (64, 64), (64, 48))


class StandInModel:
    """Stands in for the replicas of a model: inverts the picture, one edit at a time, when `gate` is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.one_at_a_time = asyncio.Lock()
        self.calls: list[ModelCall] = []
        self.stopped: list[ModelCall] = []
        self.fault: Exception | None = None
        self.ready = True

    def card(self) -> ModelCard | None:
        tiers = {Tier.FAST: 4, Tier.FULL: 40}
        return ModelCard("stand-in", "r1", SIZES, tiers, 1_700_000_000) if self.ready else None

    def replicas(self) -> int:
        return 1

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def edit(self, call: ModelCall, started: Callable[[], None]) -> ModelAnswer:
        try:
            async with self.one_at_a_time:
                started()
                self.calls.append(call)
                await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped.append(call)
            raise
        if self.fault is not None:
            raise self.fault
        return ModelAnswer(image=255 - call.image, model="stand-in@r1", seconds=0.5, steps=4)


class Server:
    """The application with its stand-in, and a client that may call it."""

    def __init__(self, model: StandInModel, client: httpx.AsyncClient) -> None:
        self.model, self.client = model, client

    async def edit(self, image: bytes | None = None, **fields: Any) -> httpx.Response:
        data = {"prompt": 'Replace the text "A" with "B".'} | {k: str(v) for k, v in fields.items()}
        files = {"image": ("crop.png", png() if image is None else image, "image/png")}
        return await self.client.post("/v1/images/edits", data=data, files=files)

    async def metrics(self) -> dict[str, float]:
        text = (await self.client.get("/metrics")).text
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name.removeprefix("localizer_server_"): float(value) for name, value in lines}

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.005)


def tokens() -> Tokens:
    loaded = load_tokens({"LOCALIZER_SERVER_TOKENS": f"airflow {TOKEN}"})
    assert loaded is not None
    return loaded


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[Server]:
    """A server in this process, and its stand-in."""
    from localizer.server.app import build_app

    model = StandInModel()
    app = build_app(model, ServerSettings("stand-in", **settings), tokens())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://server", headers=headers, timeout=30
    ) as client:
        yield Server(model, client)


def png(width: int = 64, height: int = 64, mode: str = "RGB") -> bytes:
    """A picture with something in it; with alpha, half transparent."""
    out = io.BytesIO()
    image = Image.effect_mandelbrot((width, height), (-2, -1.5, 1, 1.5), 50).convert(mode)
    if mode == "RGBA":
        image.putalpha(128)
    image.save(out, "PNG")
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def answered(response: httpx.Response) -> np.ndarray[Any, Any]:
    """The picture in an answer, which must be a PNG."""
    assert response.status_code == 200, response.text
    data = base64.b64decode(response.json()["data"][0]["b64_json"])
    assert Image.open(io.BytesIO(data)).format == "PNG"
    return pixels(data)
