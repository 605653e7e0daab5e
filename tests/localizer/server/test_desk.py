"""The queue, callers that leave, equal questions, and what Prometheus hears of it all."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from typing import Any

import httpx
import pytest

from .conftest import TOKEN, StandInModel, answered, png, serving, tokens

pytest.importorskip("prometheus_client", reason="pip install 'campaign-localizer[server]'")


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    async def scenario() -> None:
        async with serving(max_queued=2) as server:
            server.model.gate.clear()
            first = asyncio.create_task(server.edit(seed=0))
            await server.until(lambda: len(server.model.calls) == 1)
            others = [asyncio.create_task(server.edit(seed=n)) for n in (1, 2)]
            while (await server.metrics())["queue_length"] < 2:
                await asyncio.sleep(0.005)
            assert (await server.metrics())["running"] == 1
            refused = await server.edit(seed=3)
            assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
            assert 1 <= int(refused.headers["Retry-After"]) <= 120
            server.model.gate.set()
            for response in await asyncio.gather(first, *others):
                answered(response)
            answered(await server.edit(seed=3))
            metrics = await server.metrics()
            assert (metrics["queue_length"], metrics["running"], metrics["refused_total"]) == (0, 0, 1)

    run(scenario())


def test_equal_questions_are_asked_once_while_running_and_afterwards() -> None:
    async def scenario() -> None:
        async with serving(max_queued=1) as server:
            server.model.gate.clear()
            twins = [asyncio.create_task(server.edit(seed=5)) for _ in range(4)]
            while (await server.metrics()).get('reused_total{how="joined"}', 0) < 3:
                await asyncio.sleep(0.005)
            server.model.gate.set()
            responses = [*await asyncio.gather(*twins), await server.edit(seed=5)]
            assert len(server.model.calls) == 1
            assert sorted(r.json()["how"] for r in responses) == ["joined"] * 3 + ["made", "remembered"]
            assert len({r.json()["data"][0]["b64_json"] for r in responses}) == 1
            for change in ({"seed": 6}, {"seed": 5, "tier": "full"}, {"seed": 5, "negative_prompt": "x"}):
                assert (await server.edit(**change)).json()["how"] == "made"
            assert (await server.edit(png(48, 64), seed=5)).json()["how"] == "made"

    run(scenario())


def test_answers_are_forgotten_when_they_are_too_many_or_too_old() -> None:
    async def scenario(**settings: Any) -> list[str]:
        async with serving(**settings) as server:
            size = len(png())
            assert size < 20_000
            for seed in (1, 2, 3):
                await server.edit(seed=seed)
            return [(await server.edit(seed=seed)).json()["how"] for seed in (3, 1)]

    assert run(scenario()) == ["remembered", "remembered"]
    assert run(scenario(memory_seconds=0.0)) == ["made", "made"]
    one = len(answer_png())
    assert run(scenario(memory_bytes=2 * one)) == ["remembered", "made"]


def answer_png() -> bytes:
    """What the stand-in's answer to `png()` weighs."""
    import io

    import numpy as np
    from PIL import Image

    from localizer.server.pictures import to_png

    return to_png(255 - np.asarray(Image.open(io.BytesIO(png())).convert("RGB")))


@pytest.fixture
def listening() -> Any:
    """The application on a real socket, in a thread: a client that hangs up needs a connection."""
    import uvicorn

    from localizer.server.app import build_app
    from localizer.server.settings import ServerSettings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model = StandInModel()
    app = build_app(model, ServerSettings("stand-in"), tokens())
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield model, f"http://127.0.0.1:{port}", server
    server.should_exit = True
    thread.join(10)


def up(client: httpx.Client) -> None:
    end = time.monotonic() + 10
    while True:
        try:
            client.get("/health")
            return
        except httpx.ConnectError:
            assert time.monotonic() < end
            time.sleep(0.02)


async def post(client: httpx.AsyncClient, seed: int) -> httpx.Response:
    files = {"image": ("crop.png", png(), "image/png")}
    return await client.post("/v1/images/edits", data={"prompt": "x", "seed": str(seed)}, files=files)


def test_the_edit_stops_when_its_last_caller_hangs_up(listening: Any) -> None:
    model, url, _ = listening

    up(httpx.Client(base_url=url))

    async def scenario() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}

        async def until(condition: Any) -> None:
            async with asyncio.timeout(10):
                while not condition():
                    await asyncio.sleep(0.01)

        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
            model.gate.clear()
            alone = asyncio.create_task(post(client, 1))
            await until(lambda: len(model.calls) == 1)
            alone.cancel()
            await until(lambda: len(model.stopped) == 1)

            pair = [asyncio.create_task(post(client, 2)) for _ in range(2)]
            await until(lambda: len(model.calls) == 2)
            await asyncio.sleep(0.3)
            pair[0].cancel()
            await asyncio.sleep(0.3)
            assert len(model.stopped) == 1, "somebody still waits for it"
            model.gate.set()
            answered(await pair[1])
            text = (await client.get("/metrics")).text
            assert "localizer_server_cancelled_total 1.0" in text
            assert 'localizer_server_errors_total{code="caller_gone"} 2.0' in text
            assert "localizer_server_running 0.0" in text

    run(scenario())


def test_a_caller_that_hangs_up_while_sending_is_no_error_of_ours(
    listening: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model, url, _ = listening
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=url, headers=headers) as client:
        up(client)
        with socket.create_connection(("127.0.0.1", client.base_url.port)) as connection:
            lines = (
                "POST /v1/images/edits HTTP/1.1",
                "Host: server",
                f"Authorization: Bearer {TOKEN}",
                "Content-Type: multipart/form-data; boundary=x",
                "Content-Length: 5000",
                "",
                "--x",
            )
            connection.sendall("\r\n".join(lines).encode())
            time.sleep(0.2)
        end = time.monotonic() + 10
        while 'errors_total{code="caller_gone"} 1.0' not in client.get("/metrics").text:
            assert time.monotonic() < end
            time.sleep(0.05)
    assert model.calls == []
    assert "unexpected error" not in caplog.text


def test_an_edit_that_takes_too_long_is_stopped() -> None:
    async def scenario() -> None:
        async with serving(max_seconds=0.2) as server:
            server.model.gate.clear()
            response = await server.edit(seed=1)
            assert (response.status_code, response.json()["error"]["code"]) == (504, "timeout")
            assert len(server.model.stopped) == 1

    run(scenario())


def test_prometheus_hears_of_everything() -> None:
    async def scenario() -> None:
        async with serving() as server:
            before = await server.metrics()
            assert before["replicas"] == 1
            await server.edit(seed=1)
            await server.edit(seed=1)
            await server.edit(seed=1, tier="full")
            await server.edit(n=3)
            after = await server.metrics()
            assert after['edits_total{tier="fast"}'] == after['edits_total{tier="full"}'] == 1
            assert after['reused_total{how="remembered"}'] == 1
            assert after['errors_total{code="invalid_value"}'] == 1
            assert after['latency_seconds_count{tier="fast"}'] == 2
            assert after["queued_seconds_count"] == 2
            assert after['gpu_seconds_total{tier="fast"}'] > 0

    run(scenario())


def test_every_call_is_logged_with_who_asked_what_and_no_token(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with serving() as server:
            await server.edit(seed=3, user="spring-campaign\nfake line")

    with caplog.at_level(logging.INFO, "localizer.server"):
        run(scenario())
    [line] = [r.getMessage() for r in caplog.records if r.getMessage().startswith("call ")]
    assert "caller=airflow" in line
    assert "user='spring-campaign\\nfake line'" in line
    assert "seed=3" in line
    assert "outcome='made'" in line
    assert TOKEN not in caplog.text
