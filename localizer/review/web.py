"""What every request and every answer of the review app goes through, whatever it is about."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response

from localizer.errors import Conflict, InputError, LocalizerError, RequestRefused, TransientError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

_Model = TypeVar("_Model", bound=BaseModel)

MOST_BODY = 2 * 1024 * 1024
"""Bytes of a request."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self';"
    " connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_OWN_SITE = {"same-origin", "none"}  # none: typed into the address bar, which no page can do


class Guard:
    """Middleware: the headers that keep browsers from doing more with an answer than it is meant for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded if scope["type"] == "http" else send)


async def read_body(request: Request, model: type[_Model]) -> _Model:
    """The body of a request that changes something, which must come from a page of our own.

    Raises:
        RequestRefused: it comes from elsewhere, is no JSON, too long, or not what is asked for.
    """
    _check_origin(request)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestRefused("send application/json", status=415, code="not_json")
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MOST_BODY:
            raise RequestRefused(f"a request may have {MOST_BODY:,} bytes", status=413, code="too_long")
    try:
        return model.model_validate_json(bytes(data))
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False, include_context=False, include_input=False)
        field = ".".join(map(str, first["loc"])) or "body"
        raise RequestRefused(f"{field}: {first['msg']}", status=422, code="invalid", param=field) from None


def _check_origin(request: Request) -> None:
    """Refuse what another site's page has a browser send along with our visitor's cookie."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in _OWN_SITE:
            raise RequestRefused("this comes from another site", status=403, code="cross_site")
        return
    origin = request.headers.get("origin")  # older browsers; what is no browser sends neither
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise RequestRefused("this comes from another site", status=403, code="cross_site")


def tagged(
    request: Request, body: bytes | Mapping[str, Any], content_type: str = "application/json"
) -> Response:
    """An answer, as JSON if it is not bytes; or 304 where the caller has this very answer already."""
    data = body if isinstance(body, bytes) else _json(body)
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if matches(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=content_type, headers=headers)


def _json(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def matches(request: Request, tag: str) -> bool:
    """Whether the caller has the answer of that tag. A proxy that compresses makes the tag a weak one."""
    given = request.headers.get("if-none-match", "")
    return tag in {part.strip().removeprefix("W/") for part in given.split(",")}


def refusal(request: Request, error: Exception) -> Response:
    """The answer to what went wrong. What only operators should know goes to the log."""
    match error:
        case RequestRefused():
            status, code, message = error.status, error.code, error.message
        case InputError():
            status, code, message = 422, "invalid", str(error)
        case TransientError():
            log.warning("%s: %s", request.url.path, error)
            status, code, message = 503, "unavailable", "the workspace does not answer; try again"
        case LocalizerError():
            log.error("%s: %s", request.url.path, error)
            status, code, message = 500, "broken", "this run cannot be shown; the log of the server says why"
        case _:
            status, code, message = 500, "broken", "something went wrong; the log of the server says what"
    details = dict(error.details) if isinstance(error, RequestRefused) else {}
    headers = {"Retry-After": "2"} if status == 503 else {}
    body = {"error": {"code": code, "message": message}, **(details if isinstance(error, Conflict) else {})}
    return JSONResponse(body, status_code=status, headers=headers)
