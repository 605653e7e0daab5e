"""Alibaba Cloud Model Studio (DashScope): ``qwen-image-edit-plus`` and ``qwen-mt-image``.

The first answers at once and knows no idempotency: a lost answer stays lost until an operator decides. The
second takes a task and is asked about it, so that a task's ID, once remembered, brings its picture to any
process for a day.
"""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from localizer.diffusion.sizes import MEGAPIXEL, best_size
from localizer.engines.editor import ModelAnswer
from localizer.errors import ConfigurationError, EngineError, EngineUnavailable, FateUnknown, LocalizerError
from localizer.images.plain import png_of
from localizer.remote.access import Access, concurrency_at, require_access
from localizer.remote.answers import how_to_resolve, picture
from localizer.remote.transport import SENT, Transport

if TYPE_CHECKING:
    from localizer.engines.editor import ModelCall, Pending

EDIT_PATH = "services/aigc/multimodal-generation/generation"
TRANSLATE_PATH = "services/aigc/image2image/image-synthesis"

_LONGEST_PROMPT, _LONGEST_NEGATIVE = 800, 500  # characters; what is longer is cut off without a word
_ACCOUNT_CODES = ("Arrearage", "AccessDenied", "InvalidApiKey", "ModelNotFound")
# Texts as `localizer.engines.prompts` quotes them.
_LINE = r'(?:"[^"]+"|「[^」]+」|«[^»]+»|⟦[^⟧]+⟧)'
_TEXT = rf"{_LINE}(?: and below it {_LINE})*"
_REPLACE = re.compile(rf"^Replace the text (?P<src>{_TEXT}) with (?P<tgt>{_TEXT})\.")


class DashScopeModel:
    """An `EditModel` at DashScope.

    ``qwen-mt-*`` models translate what they read and take no instruction; they get the approved words as
    terminology, so they serve `replace_text` and `translate_text` only.

    Args:
        model: such as ``qwen-image-edit-plus`` or ``qwen-mt-image``.
        source_lang: for ``qwen-mt-*``: language of the text that stands there; ``auto`` finds out.
        target_lang: for ``qwen-mt-*``: language to translate into (``en``); one for a run.
        access: default: what this process was given for ``dashscope``.
        poll_s: pause between two looks at a task.
        pause_s: first pause before a retry.

    Raises:
        ConfigurationError: a translating model without a target language.
    """

    def __init__(
        self,
        model: str = "qwen-image-edit-plus",
        source_lang: str = "auto",
        target_lang: str = "",
        access: Access | None = None,
        poll_s: float = 3.0,
        pause_s: float = 2.0,
    ) -> None:
        self.name, self._languages = model, (source_lang, target_lang)
        self._translates = model.startswith("qwen-mt-")
        if self._translates and not target_lang:
            raise ConfigurationError(f"{model} needs target_lang, the language to translate into")
        self._access, self._poll_s, self._pause_s = access, poll_s, pause_s

    def __repr__(self) -> str:
        return f"DashScopeModel({self.name!r})"

    @property
    def concurrency(self) -> int:
        """Calls that may be under way at once in this process."""
        return concurrency_at("dashscope", self._access)

    def parameters(self) -> Mapping[str, Any]:
        known = {"api": "dashscope", "model": self.name}
        if self._translates:
            known |= {"source_lang": self._languages[0], "target_lang": self._languages[1]}
        return known

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return best_size(width, height, (MEGAPIXEL,))

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        started = time.perf_counter()
        if pending.id == SENT:
            raise FateUnknown(f"an earlier request to DashScope got lost; {how_to_resolve(call.key(self))}")
        with self._transport.slot():
            if self._translates:
                url, facts = self._translated(call, pending)
            else:
                url, facts = self._edited(call, pending)
            image = picture(self._transport.download(url), service="DashScope")
        access = self._transport.access
        return ModelAnswer(
            image=image,
            model=self.name,
            seconds=time.perf_counter() - started,
            cost=access.price,
            currency=access.currency if access.price is not None else "",
            facts=facts,
        )

    @cached_property
    def _transport(self) -> Transport:
        access = self._access or require_access("dashscope")
        return Transport(access, service="DashScope", account_codes=_ACCOUNT_CODES, pause_s=self._pause_s)

    def _edited(self, call: ModelCall, pending: Pending) -> tuple[str, dict[str, Any]]:
        """Ask and wait on one connection; returns the picture's address."""
        if len(call.prompt) > _LONGEST_PROMPT or len(call.negative_prompt) > _LONGEST_NEGATIVE:
            raise EngineError(
                f"the prompt has {len(call.prompt)} characters; {self.name} reads only {_LONGEST_PROMPT}"
            )
        height, width = call.image.shape[:2]
        image = "data:image/png;base64," + base64.b64encode(png_of(call.image)).decode()
        content = [{"image": image}, {"text": call.prompt}]
        body = {
            "model": self.name,
            "input": {"messages": [{"role": "user", "content": content}]},
            "parameters": {
                "n": 1,
                "negative_prompt": call.negative_prompt,
                "seed": call.seed,
                "size": f"{width}*{height}",
                "prompt_extend": False,  # it would rewrite the words that are to be set
                "watermark": False,
            },
        }
        answer = self._submit(EDIT_PATH, body, call, pending, headers={})
        try:
            parts = answer["output"]["choices"][0]["message"]["content"]
            url = next(str(part["image"]) for part in parts if part.get("image"))
        except (KeyError, IndexError, TypeError, AttributeError, StopIteration):
            raise EngineError("DashScope's answer holds no picture") from None
        return url, {"request_id": answer.get("request_id"), "usage": answer.get("usage")}

    def _translated(self, call: ModelCall, pending: Pending) -> tuple[str, dict[str, Any]]:
        """Order a task unless one is known, and wait for it; returns the picture's address."""
        if not pending.id:
            words = _REPLACE.match(call.prompt)
            if words is None:
                raise EngineError(f"{self.name} only translates text; it cannot do: {call.prompt[:80]}")
            source = self._upload(png_of(call.image))
            body = {
                "model": self.name,
                "input": {
                    "image_url": source,
                    "source_lang": self._languages[0],
                    "target_lang": self._languages[1],
                    "ext": {"terminologies": _terms(_lines(words["src"]), _lines(words["tgt"]))},
                },
            }
            headers = {"X-DashScope-Async": "enable", "X-DashScope-OssResourceResolve": "enable"}
            answer = self._submit(TRANSLATE_PATH, body, call, pending, headers=headers)
            pending.remember(_output(answer, "task_id"))
        task = pending.id
        output = self._wait(task, call, pending)
        if not output.get("image_url"):
            raise EngineError(f"task {task} made no picture: {output.get('message') or 'no reason given'}")
        return str(output["image_url"]), {"task_id": task}

    def _submit(
        self, path: str, body: dict[str, Any], call: ModelCall, pending: Pending, *, headers: dict[str, str]
    ) -> dict[str, Any]:
        """Send what is paid for, once."""
        pending.remember(SENT)
        try:
            response = self._transport.request("POST", path, json=body, headers=headers)
        except FateUnknown as lost:
            raise FateUnknown(f"{lost}; {how_to_resolve(call.key(self))}") from None
        except LocalizerError:
            pending.remember("")  # failed requests are not charged
            raise
        return self._transport.json(response)

    def _wait(self, task: str, call: ModelCall, pending: Pending) -> dict[str, Any]:
        deadline = time.monotonic() + self._transport.access.timeout_s
        while True:
            answer = self._transport.json(self._transport.request("GET", f"tasks/{task}"))
            output = dict(answer.get("output") or {})
            status = output.get("task_status")
            if status == "SUCCEEDED":
                return output
            if status in {"FAILED", "CANCELED"}:
                pending.remember("")
                why = self._transport.clean(f"{output.get('message') or status} ({output.get('code')})")
                if "InternalError" in str(output.get("code")) or status == "CANCELED":
                    raise EngineUnavailable(f"DashScope's task {task}: {why}")
                raise EngineError(f"DashScope's task {task}: {why}")
            if status == "UNKNOWN":
                raise FateUnknown(
                    f"DashScope does not know task {task} any more (it keeps tasks for a day); "
                    f"{how_to_resolve(call.key(self))}"
                )
            if time.monotonic() > deadline:
                raise EngineUnavailable(
                    f"DashScope's task {task} is still {status} after "
                    f"{self._transport.access.timeout_s:.0f} s; the next try waits for the same task"
                )
            time.sleep(self._poll_s)

    def _upload(self, png: bytes) -> str:
        """An ``oss://`` address that DashScope's models can read for two days; uploads cost nothing."""
        answer = self._transport.request("GET", "uploads", params={"action": "getPolicy", "model": self.name})
        policy = self._transport.json(answer).get("data") or {}
        try:
            name = f"{policy['upload_dir']}/{uuid.uuid4().hex}.png"
            form = {
                "OSSAccessKeyId": policy["oss_access_key_id"],
                "Signature": policy["signature"],
                "policy": policy["policy"],
                "x-oss-object-acl": policy["x_oss_object_acl"],
                "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
                "key": name,
                "success_action_status": "200",
            }
            host = str(policy["upload_host"])
        except KeyError as missing:
            raise EngineError(f"DashScope's upload policy lacks {missing}") from None
        self._transport.upload(host, form, png)
        return f"oss://{name}"


def _output(answer: Mapping[str, Any], name: str) -> str:
    value = (answer.get("output") or {}).get(name)
    if not value:
        raise EngineError(f"DashScope's answer holds no {name}")
    return str(value)


def _lines(quoted: str) -> list[str]:
    return [line[1:-1] for line in re.findall(_LINE, quoted)]


def _terms(old: list[str], new: list[str]) -> list[dict[str, str]]:
    """Which words to use for which: line by line where there are as many, else as one."""
    pairs = zip(old, new, strict=True) if len(old) == len(new) else [(" ".join(old), " ".join(new))]
    return [{"src": src, "tgt": tgt} for src, tgt in pairs]
