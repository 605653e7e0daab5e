"""``POST /v1/images/edits``: what is answered, what is refused, and in which words."""

from __future__ import annotations

import asyncio
import struct
import zlib
from typing import Any

import httpx
import pytest

from localizer.engines.editor import Tier
from localizer.errors import EngineError, EngineUnavailable

from .conftest import SIZES, answered, pixels, png, serving

pytest.importorskip("prometheus_client", reason="pip install 'campaign-localizer[server]'")


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


def test_an_edit_comes_back_as_png_with_how_it_was_made() -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.edit(
                model="stand-in",
                tier="full",
                seed=7,
                negative_prompt="blur",
                size="64x64",
                n=1,
                response_format="b64_json",
                output_format="png",
            )
            assert (answered(response) == 255 - pixels(png())).all()
            said = response.json()
            expected = {
                "model": "stand-in",
                "revision": "r1",
                "answered_by": "stand-in@r1",
                "steps": 4,
                "seed": 7,
                "tier": "full",
                "seconds": 0.5,
                "size": "64x64",
                "how": "made",
            }
            assert expected.items() <= said.items()
            [call] = server.model.calls
            assert (call.tier, call.seed, call.negative_prompt) == (Tier.FULL, 7, "blur")

    run(scenario())


def test_what_is_left_out_has_a_default_and_the_answer_says_which_seed_it_was() -> None:
    async def scenario() -> None:
        async with serving() as server:
            one, two = await server.edit(), await server.edit()
            assert one.json()["tier"] == "fast"
            assert [c.negative_prompt for c in server.model.calls] == [" ", " "]
            assert one.json()["seed"] != two.json()["seed"]  # 1 in 2**31
            assert [c.seed for c in server.model.calls] == [one.json()["seed"], two.json()["seed"]]

    run(scenario())


@pytest.mark.parametrize(
    ("fields", "param", "words"),
    [
        ({"prompt": "  "}, "prompt", "prompt is missing"),
        ({"prompt": "x" * 4001}, "prompt", "4001 characters"),
        ({"n": 2}, "n", "'1'"),
        ({"response_format": "url"}, "response_format", "b64_json"),
        ({"output_format": "jpeg"}, "output_format", "png"),
        ({"size": "1024x1024"}, "size", "64x64"),
        ({"tier": "best"}, "tier", "fast, full"),
        ({"seed": -1}, "seed", "0 to 2147483647"),
        ({"seed": 2**31}, "seed", "0 to 2147483647"),
        ({"seed": "٣"}, "seed", "0 to 2147483647"),
        ({"quality": "high"}, "quality", "not known"),
        ({"mask": "x"}, "mask", "not known"),
    ],
)
def test_a_field_that_is_wrong_is_named(fields: dict[str, Any], param: str, words: str) -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.edit(**fields)
            assert response.status_code == 400
            error = response.json()["error"]
            assert (error["param"], error["type"]) == (param, "invalid_request_error")
            assert words in error["message"]
            assert server.model.calls == []

    run(scenario())


def test_another_model_is_not_found() -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.edit(model="gpt-image-1")
            assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")
            assert "'stand-in'" in response.json()["error"]["message"]

    run(scenario())


def test_a_size_that_the_model_would_resample_is_refused_with_those_it_takes() -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.edit(png(64, 50))
            assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_size")
            error = response.json()["error"]
            assert error["allowed_sizes"] == [f"{w}x{h}" for w, h in SIZES]
            assert "nearest are 64x48, " in error["message"]
            for width, height in SIZES:
                answered(await server.edit(png(width, height)))

    run(scenario())


def bomb() -> bytes:
    """A PNG whose header claims 40,000 x 40,000 pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    end = b"IEND"
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + struct.pack(">I", 0)
        + end
        + struct.pack(">I", zlib.crc32(end))
    )


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b"", "empty"),
        (b"GIF89a of a kind", ""),
        (png()[:200], "cut short"),
        (b"<svg/>", ""),
        (bomb(), "pixels"),
        (png(mode="RGBA"), "transparent"),
    ],
)
def test_an_image_that_cannot_be_decoded_is_refused(image: bytes, words: str) -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.edit(image)
            error = response.json()["error"]
            assert (response.status_code, error["code"], error["param"]) == (400, "invalid_image", "image")
            assert words in error["message"]
            assert server.model.calls == []

    run(scenario())


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_image(count: int) -> None:
    async def scenario() -> None:
        async with serving() as server:
            files = [("image[]", ("a.png", png(), "image/png"))] * count
            files.append(("prompt", (None, "x", "text/plain")))  # type: ignore[arg-type]
            response = await server.client.post("/v1/images/edits", files=files)
            assert response.status_code == 400
            assert f"exactly one image, not {count}" in response.json()["error"]["message"]
            single = [("image[]", ("a.png", png(), "image/png"))]
            answered(await server.client.post("/v1/images/edits", files=single, data={"prompt": "x"}))

    run(scenario())


@pytest.mark.parametrize("chunked", [False, True])
def test_a_request_that_is_too_large_is_not_read(chunked: bool) -> None:
    async def scenario() -> None:
        async with serving(max_body_bytes=100_000) as server:
            sent = 0

            async def endless() -> Any:
                nonlocal sent
                yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
                while True:
                    sent += 10_000
                    assert sent < 1_000_000
                    yield b"\0" * 10_000

            if chunked:
                response = await server.client.post(
                    "/v1/images/edits",
                    content=endless(),
                    headers={"Content-Type": "multipart/form-data; boundary=x"},
                )
            else:
                response = await server.edit(b"\0" * 100_001)
            assert (response.status_code, response.json()["error"]["code"]) == (413, "request_too_large")

    run(scenario())


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"]
)
def test_a_body_that_is_no_form(kind: str) -> None:
    async def scenario() -> None:
        async with serving() as server:
            response = await server.client.post(
                "/v1/images/edits", content=b'{"prompt": "x"}', headers={"Content-Type": kind}
            )
            assert response.status_code == 400, response.text
            assert response.json()["error"]["message"]

    run(scenario())


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong-token-for-the-tests", "Basic a-token-for-the-tests"],
)
def test_nobody_gets_in_without_a_token(header: str | None) -> None:
    async def scenario() -> None:
        async with serving() as server:
            server.client.headers.pop("Authorization")
            headers = {} if header is None else {"Authorization": header}
            for method, path in (("POST", "/v1/images/edits"), ("GET", "/v1/models"), ("GET", "/metrics")):
                response = await server.client.request(method, path, headers=headers)
                assert response.status_code == 401, path
                assert response.headers["WWW-Authenticate"] == "Bearer"
                assert response.json()["error"]["type"] == "authentication_error"
            assert (await server.client.get("/health")).status_code == 200

    run(scenario())


def test_until_the_model_is_warm_everything_says_so() -> None:
    async def scenario() -> None:
        async with serving() as server:
            server.model.ready = False
            health, edit = await server.client.get("/health"), await server.edit()
            assert (health.status_code, edit.status_code) == (503, 503)
            assert health.json() == {"status": "warming"}
            assert edit.json()["error"]["code"] == "warming"
            assert int(edit.headers["Retry-After"]) == int(health.headers["Retry-After"]) == 5
            server.model.ready = True
            assert (await server.client.get("/health")).json()["status"] == "ready"
            answered(await server.edit())

    run(scenario())


@pytest.mark.parametrize(
    ("fault", "status", "code", "retried"),
    [
        (EngineError("not a number"), 422, "edit_refused", False),
        (EngineUnavailable("out of memory"), 503, "unavailable", True),
        (RuntimeError("secret path"), 500, "server_error", False),
    ],
)
def test_what_the_model_says_reaches_the_caller(
    fault: Exception, status: int, code: str, retried: bool
) -> None:
    async def scenario() -> httpx.Response:
        async with serving() as server:
            server.model.fault = fault
            response = await server.edit(seed=1)
            server.model.fault = None
            answered(await server.edit(seed=1))  # a failure is not remembered
            return response

    response: httpx.Response = run(scenario())
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ("Retry-After" in response.headers) is retried
    assert ("secret" in response.text) is False


def test_the_models_list_says_how_to_prepare_pictures() -> None:
    async def scenario() -> None:
        async with serving() as server:
            [model] = (await server.client.get("/v1/models")).json()["data"]
            assert model["id"] == "stand-in"
            assert model["sizes"] == ["48x64", "64x64", "64x48"]
            assert model["tiers"] == {"fast": 4, "full": 40}
            assert (await server.client.get("/v2")).json()["error"]["code"] == "no_such_route"

    run(scenario())
