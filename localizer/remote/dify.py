"""A Dify workflow app as a model: upload, run as a stream, and never lose sight of the run.

Dify has no idempotency key, and a run goes on when its caller is gone. So each call runs as an end user of
its own, named after the call's key; the run's ID is remembered as soon as the stream names it; and a run that
was started but never named is looked for in the app's log under that user. Nothing is sent twice on a guess.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
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
    import httpx

    from localizer.engines.editor import ModelCall, Pending

_SILENCE_S = 60.0  # a stream pings every 10 s
_DONE = {"succeeded", "partial-succeeded"}
_UNDER_WAY = {"running", "scheduled", ""}
_ACCOUNT_CODES = (
    "app_unavailable",
    "model_currently_not_support",
    "not_workflow_app",
    "provider_not_initialize",
    "provider_quota_exceeded",
    "unauthorized",
)


class DifyEditModel:
    """An `EditModel` that runs a Dify workflow app; the connection's key says which app.

    Args:
        workflow: name and version of the app's workflow, part of every key: give a new one when the app is
            published anew with other results.
        image_input: the workflow's input variable for the picture (a file).
        prompt_input: its input variable for the prompt.
        seed_input: its input variable for the seed; empty: it has none.
        tier_input: its input variable for the tier; empty: it has none.
        output: its output variable that holds the picture (a file, or a list of one).
        access: default: what this process was given for ``dify``.
        poll_s: pause between two looks at a run.
        grace_s: how long a run that was just started may stay unknown.
        pause_s: first pause before a retry.
    """

    def __init__(
        self,
        workflow: str = "workflow",
        image_input: str = "image",
        prompt_input: str = "prompt",
        seed_input: str = "",
        tier_input: str = "",
        output: str = "image",
        access: Access | None = None,
        poll_s: float = 2.0,
        grace_s: float = 30.0,
        pause_s: float = 1.0,
    ) -> None:
        self.name = workflow
        self._names = (image_input, prompt_input, seed_input, tier_input, output)
        self._access, self._poll_s, self._grace_s, self._pause_s = access, poll_s, grace_s, pause_s

    def __repr__(self) -> str:
        return f"DifyEditModel({self.name!r})"

    @property
    def concurrency(self) -> int:
        """Calls that may be under way at once in this process."""
        return concurrency_at("dify", self._access)

    def parameters(self) -> Mapping[str, Any]:
        return {"api": "dify", "workflow": self.name}

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return best_size(width, height, (MEGAPIXEL,))

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        started = time.perf_counter()
        key = call.key(self)
        work = _Work(self._transport, user=f"localizer-{key[:40]}", key=key, pending=pending)
        work.poll_s, work.grace_s = self._poll_s, self._grace_s
        with self._transport.slot():
            if not pending.id:
                run = work.start(self._inputs(call, work.upload(png_of(call.image))))
            else:
                run = work.wait(work.find() if pending.id == SENT else pending.id)
            image = picture(self._data(work, run), service="Dify")
        access = self._transport.access
        return ModelAnswer(
            image=image,
            model=self.name,
            seconds=float(run.get("elapsed_time") or time.perf_counter() - started),
            cost=access.price,
            currency=access.currency if access.price is not None else "",
            facts={"workflow_run_id": pending.id, "total_tokens": run.get("total_tokens") or 0},
        )

    @cached_property
    def _transport(self) -> Transport:
        return Transport(
            self._access or require_access("dify"),
            service="Dify",
            account_codes=_ACCOUNT_CODES,
            pause_s=self._pause_s,
        )

    def _inputs(self, call: ModelCall, file: str) -> dict[str, Any]:
        image, prompt, seed, tier, _ = self._names
        inputs: dict[str, Any] = {
            image: {"type": "image", "transfer_method": "local_file", "upload_file_id": file},
            prompt: call.prompt,
        }
        return inputs | ({seed: call.seed} if seed else {}) | ({tier: str(call.tier)} if tier else {})

    def _data(self, work: _Work, run: Mapping[str, Any]) -> bytes:
        """The picture that a run made; the address of a file lives five minutes, the run gives a new one."""
        output = self._names[-1]
        try:
            return self._transport.download(_address(run, output))
        except EngineError:
            return self._again(work, output)

    def _again(self, work: _Work, output: str) -> bytes:
        try:
            return self._transport.download(_address(work.look() or {}, output))
        except EngineError as gone:
            raise EngineUnavailable(f"Dify's run {work.pending.id} is done, but {gone}") from gone


class _Work:
    """One call at Dify: its end user, its run."""

    poll_s = 2.0
    grace_s = 30.0

    def __init__(self, transport: Transport, *, user: str, key: str, pending: Pending) -> None:
        self.transport, self.user, self.key, self.pending = transport, user, key, pending
        self.deadline = time.monotonic() + transport.access.timeout_s

    def upload(self, png: bytes) -> str:
        """File ID of the picture. A file that is uploaded twice does no harm."""
        response = self.transport.request(
            "POST",
            "files/upload",
            files={"file": ("image.png", png, "image/png")},
            data={"user": self.user},
            resend=True,
        )
        return str(self.transport.json(response)["id"])

    def start(self, inputs: dict[str, Any]) -> Mapping[str, Any]:
        """Start a run and see it end."""
        import httpx

        self.pending.remember(SENT)
        body = {"inputs": inputs, "response_mode": "streaming", "user": self.user}
        ended, taken = None, False
        try:
            with self.transport.stream(
                "POST", "workflows/run", json=body, timeout=httpx.Timeout(_SILENCE_S, connect=10.0)
            ) as response:
                taken = True
                ended = self._follow(response)
        except FateUnknown:
            pass  # the log knows
        except LocalizerError:
            if not taken:
                self.pending.remember("")
            raise
        if ended is not None:
            return self._ended(ended)
        return self.wait(self.find() if self.pending.id == SENT else self.pending.id)

    def _follow(self, response: httpx.Response) -> Mapping[str, Any] | None:
        """The end of the run out of its stream; None if the stream broke off."""
        import httpx

        try:
            for event in _events(response):
                kind, data = event.get("event"), event.get("data") or {}
                run = event.get("workflow_run_id") or ""
                if run and self.pending.id == SENT:
                    self.pending.remember(str(run))
                if kind == "workflow_finished":
                    return dict(data)
                if kind == "workflow_paused":
                    raise EngineError("the Dify workflow waits for a person; this app must run by itself")
                if kind == "error":
                    self._refused(event)
                if time.monotonic() > self.deadline:
                    self._too_long()
        except httpx.HTTPError:
            return None
        return None

    def _refused(self, event: Mapping[str, Any]) -> None:
        """An ``error`` event: the HTTP status came too late to be one."""
        message = self.transport.clean(f"Dify: {event.get('message') or 'error'} ({event.get('code')})")
        status = int(event.get("status") or 500)
        self.pending.remember("")
        if status == 429 or status >= 500:
            raise EngineUnavailable(message)
        raise EngineError(message)

    def find(self) -> str:
        """The run that was started for this call, out of the app's log."""
        until = time.monotonic() + self.grace_s
        while True:
            response = self.transport.request(
                "GET",
                "workflows/logs",
                params={"created_by_end_user_session_id": self.user, "limit": "100"},
            )
            for entry in self.transport.json(response).get("data") or []:
                # Older versions ignore the filter and list everyone's runs.
                if (entry.get("created_by_end_user") or {}).get("session_id") == self.user:
                    run = str((entry.get("workflow_run") or {})["id"])
                    self.pending.remember(run)
                    return run
            if time.monotonic() >= until:
                raise FateUnknown(
                    f"a run was sent to Dify, its answer was lost, and its log has no run of end user "
                    f"{self.user}; {how_to_resolve(self.key)}"
                )
            time.sleep(self.poll_s)

    def wait(self, run: str) -> Mapping[str, Any]:
        """Look at a run until it has ended."""
        unknown_until = time.monotonic() + self.grace_s
        while True:
            detail = self.look(run)
            if detail is None and time.monotonic() >= unknown_until:
                raise FateUnknown(f"Dify does not know its run {run} (any more); {how_to_resolve(self.key)}")
            if detail is not None and str(detail.get("status") or "") not in _UNDER_WAY:
                return self._ended(detail)
            if time.monotonic() > self.deadline:
                self._too_long()
            time.sleep(self.poll_s)

    def look(self, run: str = "") -> dict[str, Any] | None:
        """How a run stands; None while Dify does not know it."""
        response = self.transport.request("GET", f"workflows/run/{run or self.pending.id}", accept=404)
        return None if response.status_code == 404 else self.transport.json(response)

    def _ended(self, run: Mapping[str, Any]) -> Mapping[str, Any]:
        status = str(run.get("status"))
        if status in _DONE:
            return run
        if status == "paused":
            raise EngineError("the Dify workflow waits for a person; this app must run by itself")
        name = self.pending.id
        self.pending.remember("")
        why = self.transport.clean(str(run.get("error") or "no reason given"))
        raise EngineUnavailable(f"Dify's run {name} ended as {status}: {why}")

    def _too_long(self) -> None:
        raise EngineUnavailable(
            f"Dify's run {self.pending.id} is still under way after {self.transport.access.timeout_s:.0f} s; "
            "the next try waits for the same run"
        )


def _events(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Server-sent events that carry JSON; ``event: ping`` lines and comments carry none."""
    for line in response.iter_lines():
        if line.startswith("data:"):
            try:
                event = json.loads(line[5:])
            except ValueError:
                continue  # half a line: the stream broke off, and the next read says so
            if isinstance(event, dict):
                yield event


def _address(run: Mapping[str, Any], output: str) -> str:
    """Where the picture is that a run made.

    Raises:
        ConfigurationError: its outputs hold none under that name.
    """
    outputs = run.get("outputs")
    if isinstance(outputs, str):  # some versions give it as text
        outputs = json.loads(outputs or "{}")
    outputs = outputs or {}
    value = outputs.get(output)
    file = value[0] if isinstance(value, list) and value else value
    if isinstance(file, Mapping) and (file.get("url") or file.get("remote_url")):
        return str(file.get("url") or file.get("remote_url"))
    if isinstance(file, str) and file.startswith(("http://", "https://", "/")):
        return file
    raise ConfigurationError(
        f"the Dify workflow has no picture in its output {output!r} "
        f"(it has {', '.join(map(repr, outputs)) or 'no output'}); name the right one in the connection"
    )
