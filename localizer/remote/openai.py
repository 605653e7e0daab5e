"""Models behind ``POST /v1/images/edits``: our edit server, SGLang-Diffusion, vLLM-Omni, OpenAI itself."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, best_size
from localizer.engines.editor import ModelAnswer, Tier
from localizer.errors import ConfigurationError, EngineError, FateUnknown, LocalizerError
from localizer.images.plain import png_of
from localizer.remote.access import Access, concurrency_at, require_access
from localizer.remote.answers import how_to_resolve, picture
from localizer.remote.transport import SENT, Transport

if TYPE_CHECKING:
    from localizer.engines.editor import ModelCall, Pending

SERVERS = ("localizer", "sglang", "vllm-omni", "openai")

_ACCOUNT_CODES = ("insufficient_quota", "billing_hard_limit_reached", "model_not_found")
_KEPT = ("id", "answered_by", "revision", "how", "usage")
_FULL_STEPS, _FULL_GUIDANCE = 40, 4.0


class OpenAIEditModel:
    """An `EditModel` that speaks OpenAI's image edits.

    A request that got lost is sent again only to a server of ours, which joins requests of one key into one
    edit, or where `resend_lost` says that doing it twice costs nothing.

    Args:
        model: must equal the name that the server serves it under.
        server: which of `SERVERS`; decides the fields that go beyond OpenAI's.
        steps: for ``sglang`` and ``vllm-omni``: denoising steps of a tier for which the server has loaded a
            distillation (Lightning); without guidance. The other tiers take 40 steps with true guidance.
        areas: in pixels, what the server resamples every picture to; default: its kind's.
        resend_lost: send a lost request again.
        access: default: what this process was given for ``openai``.
        pause_s: first pause before a retry.

    Raises:
        ConfigurationError: no such kind of server or tier.
    """

    def __init__(
        self,
        model: str = "Qwen/Qwen-Image-Edit-2509",
        server: str = "localizer",
        steps: Mapping[str, int] | None = None,
        areas: Sequence[int] = (),
        resend_lost: bool = False,
        access: Access | None = None,
        pause_s: float = 1.0,
    ) -> None:
        if server not in SERVERS:
            raise ConfigurationError(f"server is {server!r}; it can be {', '.join(SERVERS)}")
        if unknown := set(steps or {}) - set(Tier):
            raise ConfigurationError(f"steps: no tier {sorted(unknown)[0]!r}; there are {', '.join(Tier)}")
        self.name, self._server = model, server
        self._steps = {Tier(tier): int(count) for tier, count in (steps or {}).items()}
        self._areas = tuple(areas) or ((QUARTER, MEGAPIXEL) if server == "localizer" else (MEGAPIXEL,))
        self._resend = resend_lost or server == "localizer"
        self._access, self._pause_s = access, pause_s

    def __repr__(self) -> str:
        return f"OpenAIEditModel({self.name!r}, {self._server!r})"

    @property
    def concurrency(self) -> int:
        """Calls that may be under way at once in this process."""
        return concurrency_at("openai", self._access)

    def parameters(self) -> Mapping[str, Any]:
        steps = {str(tier): count for tier, count in sorted(self._steps.items())}
        return {
            "api": "openai",
            "server": self._server,
            "model": self.name,
            "steps": steps,
            "areas": list(self._areas),
        }

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return best_size(width, height, self._areas)

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        started = time.perf_counter()
        key = call.key(self)
        with self._transport.slot():
            if pending.id == SENT and not self._resend:
                raise FateUnknown(f"an earlier request got lost; {how_to_resolve(key)}")
            pending.remember(SENT)
            try:
                response = self._transport.request(
                    "POST",
                    "images/edits",
                    data=self._fields(call, getattr(pending, "requested_by", "")),
                    files={"image": ("image.png", png_of(call.image), "image/png")},
                    headers={"Idempotency-Key": key},
                    resend=self._resend,
                )
            except FateUnknown as lost:
                raise FateUnknown(f"{lost}; {how_to_resolve(key)}") from None
            except LocalizerError:
                pending.remember("")  # not done, or joined by the next of this key
                raise
            body = self._transport.json(response)
            image = picture(self._data(body), service=self._transport.service)
        access = self._transport.access
        return ModelAnswer(
            image=image,
            model=str(body.get("model") or self.name),
            seconds=_number(body, "seconds", "inference_time_s") or time.perf_counter() - started,
            steps=int(_number(body, "steps") or 0) or None,
            cost=access.price,
            currency=access.currency if access.price is not None else "",
            facts={name: body[name] for name in _KEPT if body.get(name)},
        )

    @cached_property
    def _transport(self) -> Transport:
        access = self._access or require_access("openai")
        return Transport(
            access, service="the edit server", account_codes=_ACCOUNT_CODES, pause_s=self._pause_s
        )

    def _fields(self, call: ModelCall, user: str) -> dict[str, str]:
        height, width = call.image.shape[:2]
        fields = {
            "model": self.name,
            "prompt": call.prompt,
            "n": "1",
            "size": f"{width}x{height}",
            "output_format": "png",  # the default is a lossy one in places
        }
        if user:
            fields["user"] = user
        if self._server == "openai":
            return fields  # refuses what it does not know; has no seeds
        fields |= {
            "response_format": "b64_json",
            "negative_prompt": call.negative_prompt,
            "seed": str(call.seed),
        }
        if self._server == "localizer":
            return {**fields, "tier": str(call.tier)}
        guided = call.tier not in self._steps
        return {
            **fields,
            "num_inference_steps": str(_FULL_STEPS if guided else self._steps[call.tier]),
            "true_cfg_scale": str(_FULL_GUIDANCE if guided else 1.0),
        }

    def _data(self, body: Mapping[str, Any]) -> bytes:
        try:
            first = body["data"][0]
            if first.get("b64_json"):
                return base64.b64decode(first["b64_json"], validate=True)
            return self._transport.download(str(first["url"]))
        except (KeyError, IndexError, TypeError, AttributeError, binascii.Error) as error:
            raise EngineError(f"the edit server's answer holds no picture ({type(error).__name__})") from None


def _number(body: Mapping[str, Any], *names: str) -> float | None:
    """The first of these that is a number, also below ``usage``."""
    usage = body.get("usage")
    for place in (body, usage if isinstance(usage, Mapping) else {}):
        for name in names:
            if isinstance(place.get(name), int | float):
                return float(place[name])
    return None
