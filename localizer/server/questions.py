"""A form to a question for the model: everything doubtful is refused before the model hears of it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localizer.engines.editor import ModelCall, Tier
from localizer.errors import ImageError, RequestRefused
from localizer.images import Limits, decode

if TYPE_CHECKING:
    from starlette.datastructures import FormData
    from starlette.requests import Request
    from starlette.types import Message

Size = tuple[int, int]

_IMAGE_FIELDS = ("image", "image[]")
_FIXED = {"n": "1", "response_format": "b64_json", "output_format": "png", "stream": "false"}
_TEXTS = ("model", "prompt", "negative_prompt", "size", "seed", "tier", "user")
KNOWN = (*_IMAGE_FIELDS, *_TEXTS, *_FIXED)
"""Form fields that are taken; anything else is refused, so that nothing is silently left out."""

MAX_SEED = 2**31 - 1
_LONGEST = {"prompt": 4000, "negative_prompt": 1000, "user": 200, "model": 300}
_MAX_PARTS = 24
_FIELD_BYTES = 32 * 1024
_NAMED_SIZES = 6


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What the server says of its model.

    Attributes:
        name: that callers must use.
        revision: which weights exactly, as far as is known.
        sizes: width and height of the pictures that the model passes untouched.
        tiers: denoising steps by tier.
        loaded: Unix time, whole seconds.
        parameters: everything configured that decides the pixels; JSON-safe.
    """

    name: str
    revision: str
    sizes: tuple[Size, ...]
    tiers: dict[str, int]
    loaded: int
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """A request that the model can answer.

    Attributes:
        user: whom the caller asks for, in the caller's own words; for the log.
        seeded: the caller gave the seed, so the same question has one answer.
    """

    call: ModelCall
    user: str
    seeded: bool


async def read_form(request: Request, *, max_bytes: int) -> FormData:
    """The multipart form, never taking in more than `max_bytes`.

    Raises:
        RequestRefused: 413 or 400.
    """
    from starlette.exceptions import HTTPException
    from starlette.requests import Request as Limited

    too_large = RequestRefused(
        f"the request has more than {max_bytes:,} bytes, the limit; send the region only, as PNG or JPEG",
        status=413,
        code="request_too_large",
    )
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _wrong("send the request as multipart/form-data", code="invalid_content_type")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    taken = 0

    async def receive() -> Message:
        nonlocal taken
        message = await request.receive()
        taken += len(message.get("body", b""))
        if taken > max_bytes:
            raise too_large
        return message

    try:
        limited = Limited(request.scope, receive)
        return await limited.form(max_files=2, max_fields=_MAX_PARTS, max_part_size=_FIELD_BYTES)
    except HTTPException as error:  # what Starlette makes of a form that it cannot parse
        raise _wrong(f"the form cannot be read: {error.detail}", code="invalid_form") from error


async def read_question(form: FormData, card: ModelCard, *, limits: Limits) -> Question:
    """Check every field; decode the image off the event loop.

    Raises:
        RequestRefused: 400, or 404 for another model.
    """
    import asyncio

    texts = _texts(form)
    wanted = texts.get("model", card.name)
    if wanted != card.name:
        raise RequestRefused(
            f"there is no model {wanted!r} here; this server has {card.name!r}",
            status=404,
            code="model_not_found",
            param="model",
        )
    for name, only in _FIXED.items():
        if texts.get(name, only).lower() != only:
            raise _wrong(f"{name} can only be {only!r} here, not {texts[name]!r}", param=name)
    prompt = texts.get("prompt", "")
    if not prompt.strip():
        raise _wrong("the prompt is missing: say what to change", param="prompt")
    tier, seed = _tier(texts, card), _seed(texts)
    data = await _image_bytes(form)
    image = await asyncio.to_thread(_decoded, data, limits)
    height, width = image.shape[:2]
    _check_size(texts.get("size", "auto"), (width, height), card)
    call = ModelCall(
        image=image,
        prompt=prompt,
        tier=tier,
        seed=secrets.randbelow(MAX_SEED + 1) if seed is None else seed,
        negative_prompt=texts.get("negative_prompt") or " ",
    )
    return Question(call, user=texts.get("user", ""), seeded=seed is not None)


def _texts(form: FormData) -> dict[str, str]:
    """Every field but the image, each at most once."""
    texts: dict[str, str] = {}
    for name, value in form.multi_items():
        if name not in KNOWN:
            raise _wrong(
                f"the field {name!r} is not known here; known: {', '.join(KNOWN)}",
                code="unknown_parameter",
                param=name,
            )
        if name in _IMAGE_FIELDS:
            continue
        if not isinstance(value, str):
            raise _wrong(f"{name} must be text, not a file", param=name)
        if name in texts:
            raise _wrong(f"{name} is given twice", param=name)
        if len(value) > _LONGEST.get(name, 40):
            raise _wrong(
                f"{name} has {len(value)} characters, the limit is {_LONGEST.get(name, 40)}", param=name
            )
        texts[name] = value
    return texts


def _tier(texts: dict[str, str], card: ModelCard) -> Tier:
    name = texts.get("tier", next(iter(card.tiers)))
    if name not in card.tiers:
        raise _wrong(f"there is no tier {name!r}; there are {', '.join(card.tiers)}", param="tier")
    return Tier(name)


def _seed(texts: dict[str, str]) -> int | None:
    text = texts.get("seed")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > MAX_SEED:
        raise _wrong(f"the seed must be a whole number from 0 to {MAX_SEED}, not {text!r}", param="seed")
    return int(text)


async def _image_bytes(form: FormData) -> bytes:
    files = [value for name in _IMAGE_FIELDS for value in form.getlist(name)]
    if len(files) != 1:
        raise _wrong(f"send exactly one image, not {len(files)}", param="image")
    if isinstance(files[0], str):
        raise _wrong("image must be a file part with a filename, not a text field", param="image")
    return await files[0].read()


def _decoded(data: bytes, limits: Limits) -> Any:
    """H x W x 3 uint8."""
    try:
        source = decode(data, name="image", limits=limits)
    except ImageError as error:
        raise _wrong(str(error), code="invalid_image", param="image") from error
    if source.alpha is not None and int(source.alpha.min()) < 255:
        raise _wrong(
            "image has transparent pixels, which the model cannot see; lay it over a colour first",
            code="invalid_image",
            param="image",
        )
    return source.rgb


def _check_size(asked: str, size: Size, card: ModelCard) -> None:
    width, height = size
    if asked.lower() not in ("auto", f"{width}x{height}"):
        raise _wrong(
            f"size is {asked!r} but the image has {width}x{height}; the answer has the image's own size",
            code="invalid_size",
            param="size",
        )
    if size not in card.sizes:
        nearest = sorted(
            card.sizes, key=lambda s: max(s[0] / width, width / s[0]) * max(s[1] / height, height / s[1])
        )
        raise _wrong(
            f"the model would resample an image of {width}x{height}; send one of the allowed sizes, nearest "
            f"are {', '.join(f'{w}x{h}' for w, h in nearest[:_NAMED_SIZES])} (allowed_sizes has all)",
            code="invalid_size",
            param="image",
            allowed_sizes=[f"{w}x{h}" for w, h in card.sizes],
        )


def _wrong(
    message: str, *, param: str | None = None, code: str = "invalid_value", **details: Any
) -> RequestRefused:
    return RequestRefused(message, status=400, code=code, param=param, details=details)
