"""The HTTP face of the edit server, as a plain ASGI application; Ray Serve or any ASGI server runs it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import logging
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from localizer.errors import EngineError, LocalizerError, RequestRefused, TransientError
from localizer.server.desk import Desk, Made
from localizer.server.metrics import Metrics
from localizer.server.questions import read_form, read_question

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from localizer.server.desk import Backend
    from localizer.server.questions import ModelCard, Question
    from localizer.server.settings import ServerSettings
    from localizer.server.tokens import Tokens

log = logging.getLogger("localizer.server")

_RETRY_WARMING = 5
"""Seconds; loading a large model takes minutes, and asking is cheap."""

_TYPES = {401: "authentication_error", 429: "rate_limit_error"}


def build_app(backend: Backend, settings: ServerSettings, tokens: Tokens | None) -> Starlette:
    """The application.

    Args:
        tokens: who may call; None lets anybody, which only a server on loopback may do.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect
    from starlette.routing import Route

    metrics = Metrics()
    metrics.follow_replicas(backend.replicas)
    api = _Api(backend, settings, tokens, metrics)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        background = asyncio.create_task(backend.run())
        try:
            yield
        finally:
            background.cancel()
            await asyncio.gather(background, return_exceptions=True)

    return Starlette(
        routes=[
            Route("/v1/images/edits", api.edit, methods=["POST"]),
            Route("/v1/models", api.models),
            Route("/metrics", api.metrics),
            Route("/health", api.health),
        ],
        exception_handlers={
            LocalizerError: api.refuse,
            HTTPException: api.refuse,
            ClientDisconnect: api.refuse,
            Exception: api.refuse,
        },
        lifespan=lifespan,
    )


class _Api:
    """The routes."""

    def __init__(
        self, backend: Backend, settings: ServerSettings, tokens: Tokens | None, metrics: Metrics
    ) -> None:
        self._backend, self._settings, self._tokens, self._metrics = backend, settings, tokens, metrics
        self._desk = Desk(backend, settings, metrics)

    async def edit(self, request: Request) -> Response:
        """``POST /v1/images/edits``."""
        from starlette.responses import JSONResponse

        begun = time.monotonic()
        caller = self._caller(request)
        card = self._ready()
        form = await read_form(request, max_bytes=self._settings.max_body_bytes)
        try:
            question = await read_question(form, card, limits=self._settings.limits)
        finally:
            await form.close()
        outcome, answer = "failed", "none"
        try:
            made, outcome = await _unless_gone(request, self._desk, question, card)
            answer = hashlib.sha256(made.png).hexdigest()
        except asyncio.CancelledError:
            outcome = "the caller hung up"
            raise
        except LocalizerError as error:
            outcome = f"failed: {error}"
            raise
        finally:
            seconds = time.monotonic() - begun
            _log_call(caller, question, card, outcome, answer, seconds)
        self._metrics.latency.labels(question.call.tier).observe(seconds)
        return JSONResponse(_body(made, card, outcome))

    async def models(self, request: Request) -> Response:
        """``GET /v1/models``: the one model, with what a caller must know to prepare pictures for it."""
        from starlette.responses import JSONResponse

        self._caller(request)
        card = self._ready()
        model = {
            "id": card.name,
            "object": "model",
            "created": card.loaded,
            "owned_by": "localizer",
            "revision": card.revision,
            "sizes": [f"{width}x{height}" for width, height in card.sizes],
            "tiers": card.tiers,
            "parameters": dict(card.parameters),
        }
        return JSONResponse({"object": "list", "data": [model]})

    async def metrics(self, request: Request) -> Response:
        """``GET /metrics``."""
        from starlette.responses import Response

        self._caller(request)
        text, kind = self._metrics.text()
        return Response(text, headers={"Content-Type": kind})

    async def health(self, request: Request) -> Response:
        """``GET /health``, open to everybody: 200 once a replica is loaded and warm, until then 503."""
        from starlette.responses import JSONResponse

        card = self._backend.card()
        if card is None:
            return JSONResponse(
                {"status": "warming"}, status_code=503, headers={"Retry-After": str(_RETRY_WARMING)}
            )
        return JSONResponse({"status": "ready", "model": card.name, "replicas": self._backend.replicas()})

    async def refuse(self, request: Request, error: Exception) -> Response:
        """An error as OpenAI's servers word it."""
        from starlette.responses import JSONResponse

        refusal = _as_refusal(error)
        self._metrics.errors.labels(refusal.code).inc()
        kind = "invalid_request_error" if refusal.status < 500 else "server_error"
        body = {
            "message": refusal.message,
            "type": _TYPES.get(refusal.status, kind),
            "param": refusal.param,
            "code": refusal.code,
            **refusal.details,
        }
        headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
        if refusal.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": body}, status_code=refusal.status, headers=headers)

    def _caller(self, request: Request) -> str:
        if self._tokens is None:
            return "anonymous"
        caller = self._tokens.caller(request.headers.get("authorization"))
        if caller is None:
            raise RequestRefused(
                "send the header `Authorization: Bearer TOKEN` with a token that this server knows",
                status=401,
                code="invalid_api_key",
            )
        return caller

    def _ready(self) -> ModelCard:
        card = self._backend.card()
        if card is None:
            raise RequestRefused(
                "the model is loading; try again soon", status=503, code="warming", retry_after=_RETRY_WARMING
            )
        return card


async def _unless_gone(request: Request, desk: Desk, question: Question, card: ModelCard) -> tuple[Made, str]:
    """The desk's answer, unless the caller hangs up first."""
    asking = asyncio.create_task(desk.ask(question, card))
    gone = asyncio.create_task(_gone(request))
    try:
        await asyncio.wait({asking, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            raise _caller_gone()
        return asking.result()
    finally:
        asking.cancel()
        gone.cancel()
        await asyncio.gather(asking, gone, return_exceptions=True)


def _caller_gone() -> RequestRefused:
    return RequestRefused("the caller hung up", status=499, code="caller_gone")


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _as_refusal(error: Exception) -> RequestRefused:
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect

    if isinstance(error, RequestRefused):
        return error
    if isinstance(error, ClientDisconnect):  # while it was still sending
        return _caller_gone()
    if isinstance(error, HTTPException):
        return RequestRefused(error.detail, status=error.status_code, code="no_such_route")
    if isinstance(error, TransientError):
        return RequestRefused(str(error), status=503, code="unavailable", retry_after=_RETRY_WARMING)
    if isinstance(error, EngineError):
        return RequestRefused(str(error), status=422, code="edit_refused")
    log.error("unexpected error", exc_info=error)
    return RequestRefused(
        "the server failed; its log says why, a retry may help", status=500, code="server_error"
    )


def _body(made: Made, card: ModelCard, how: str) -> dict[str, Any]:
    width, height = made.size
    return {
        "created": int(time.time()),
        "data": [{"b64_json": base64.b64encode(made.png).decode("ascii")}],
        "output_format": "png",
        "size": f"{width}x{height}",
        # What follows is ours.
        "id": made.key,
        "model": card.name,
        "revision": card.revision,
        "answered_by": made.model,
        "tier": made.tier,
        "steps": made.steps,
        "seed": made.seed,
        "seconds": round(made.seconds, 3),
        "queued_seconds": round(made.waited, 3),
        "how": how,
    }


def _log_call(
    caller: str, question: Question, card: ModelCard, outcome: str, answer: str, seconds: float
) -> None:
    """Who asked what, and what came of it."""
    call = question.call
    log.info(
        "call caller=%s user=%r model=%s tier=%s seed=%d image_sha256=%s prompt=%r outcome=%r "
        "png_sha256=%s seconds=%.3f",
        caller,
        question.user,
        card.name,
        call.tier,
        call.seed,
        call.image_sha256,
        call.prompt,
        outcome,
        answer,
        seconds,
    )
