"""Connections to the services that remote engines call: the test button, and what an engine gets of them.

What decides pixels (the model, never the host) becomes engine parameters and so part of job keys. Where the
service is, its key and its limits become an `Access`, which stays in memory and environment of the process.
The fields of the forms are in `operators.provider`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseHook

from localizer.errors import ConfigurationError, InputError, LocalizerError
from localizer.remote.access import REMOTE_ENGINES, Access

if TYPE_CHECKING:
    from airflow.sdk import Connection


class EngineHook(BaseHook):
    """A service that one remote engine calls, from an Airflow connection.

    Host: the base URL, such as ``https://host/v1``. Password: the key. Extras: the limits ``timeout_s``,
    ``concurrency``, ``per_minute``, ``price`` and ``currency``, and what is an engine parameter.

    Args:
        engine_conn_id: connection ID.
    """

    conn_name_attr = "engine_conn_id"
    kind: ClassVar[str] = "engine"
    engine: ClassVar[str]
    conn_type: ClassVar[str]
    usual_url: ClassVar[str] = ""
    probe: ClassVar[str]
    """What the test button asks for: a path that costs nothing and needs the key."""
    parameter_fields: ClassVar[tuple[str, ...]]
    json_fields: ClassVar[tuple[str, ...]] = ("steps", "areas")

    _limits: ClassVar = {
        "timeout_s": float,
        "concurrency": int,
        "per_minute": float,
        "price": float,
        "currency": str,
    }

    def __init__(self, engine_conn_id: str) -> None:
        super().__init__()
        self.engine_conn_id = engine_conn_id

    @cached_property
    def _connection(self) -> Connection:
        return self.get_connection(self.engine_conn_id)

    @cached_property
    def _extras(self) -> Mapping[str, Any]:
        """Extras that hold something, under their plain names."""
        raw: dict[str, Any] = self._connection.extra_dejson
        plain = {key.removeprefix(f"extra__{self.conn_type}__"): value for key, value in raw.items()}
        return {key: value for key, value in plain.items() if value not in (None, "", {}, [])}

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Engine parameters that the connection sets; no secrets, no host.

        Raises:
            ConfigurationError: one that should be JSON is not.
        """
        found = {key: value for key, value in self._extras.items() if key in self.parameter_fields}
        for key in set(self.json_fields) & set(found):
            if isinstance(found[key], str):
                try:
                    found[key] = json.loads(found[key])
                except ValueError:
                    raise ConfigurationError(
                        f"connection {self.engine_conn_id!r}: field {key!r} is not JSON"
                    ) from None
        return found

    @cached_property
    def access(self) -> Access:
        """Where the service is, with key and limits.

        Raises:
            ConfigurationError: the connection is of another type, or something in it cannot be used.
        """
        connection = self._connection
        if connection.conn_type != self.conn_type:
            raise ConfigurationError(
                f"connection {self.engine_conn_id!r} is of type {connection.conn_type!r}; "
                f"{self.kind} {self.engine!r} needs one of type {self.conn_type!r}"
            )
        url = connection.host or self.usual_url
        if url and "://" not in url:
            port = f":{connection.port}" if connection.port else ""
            url = f"{connection.schema or 'https'}://{url}{port}"
        try:
            limits = {
                key: kind(self._extras[key]) for key, kind in self._limits.items() if key in self._extras
            }
            return Access(url.rstrip("/"), key=connection.password or "", **limits)
        except (InputError, ValueError, TypeError) as error:
            raise ConfigurationError(f"connection {self.engine_conn_id!r}: {error}") from None

    def test_connection(self) -> tuple[bool, str]:
        """For the connection form: whether the service answers and takes the key. Nothing is edited."""
        from localizer.remote.transport import Transport

        try:
            _ = self.parameters
            transport = Transport(self.access, service=self.engine, pause_s=0.2)
            response = transport.request("GET", self.probe, accept=404)
        except LocalizerError as error:
            return False, str(error)
        if response.status_code == 404:
            return False, f"{self.access.url} answers, but has no /{self.probe}; is the URL right?"
        return True, f"{self.access.url} answers and takes the key"


class OpenAIHook(EngineHook):
    """Our edit server, SGLang-Diffusion, vLLM-Omni or OpenAI."""

    hook_name = "Image edits, OpenAI-compatible (localizer)"
    engine = "openai"
    conn_type = "localizer_openai"
    probe = "models"
    parameter_fields = ("model", "server", "steps", "areas", "resend_lost")


class DifyHook(EngineHook):
    """A Dify workflow app; its key says which."""

    hook_name = "Dify workflow (localizer)"
    engine = "dify"
    conn_type = "localizer_dify"
    usual_url = "https://api.dify.ai/v1"
    probe = "info"
    parameter_fields = ("workflow", "image_input", "prompt_input", "seed_input", "tier_input", "output")


class DashScopeHook(EngineHook):
    """Alibaba Cloud Model Studio."""

    hook_name = "DashScope image models (localizer)"
    engine = "dashscope"
    conn_type = "localizer_dashscope"
    usual_url = "https://dashscope.aliyuncs.com/api/v1"
    probe = "tasks/00000000-0000-0000-0000-000000000000"
    parameter_fields = ("model", "source_lang", "target_lang")


HOOKS: Mapping[str, type[EngineHook]] = {hook.engine: hook for hook in (OpenAIHook, DifyHook, DashScopeHook)}


def engine_settings(
    engine: str, engine_conn_id: str | None, engine_parameters: Mapping[str, Any] | str | None
) -> tuple[dict[str, Any], Access | None]:
    """Parameters of an engine, the same for whoever plans and whoever edits, and the access it needs.

    Args:
        engine_parameters: win over those of the connection; a JSON object as text will do.

    Raises:
        InputError: the engine takes no connection, or the parameters are no object.
        ConfigurationError: the connection cannot be used.
    """
    own = own_parameters(engine_parameters)
    if not engine_conn_id:
        return own, None
    if engine not in HOOKS:
        raise InputError(
            f"engine {engine!r} takes no connection (engine_conn_id); these do: {', '.join(REMOTE_ENGINES)}"
        )
    hook = HOOKS[engine](engine_conn_id)
    return {**hook.parameters, **own}, hook.access


def own_parameters(value: Mapping[str, Any] | str | None) -> dict[str, Any]:
    """Engine parameters as a form gives them: an object, or one as JSON.

    Raises:
        InputError: they are neither.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except ValueError:
            raise InputError("engine_parameters is not JSON") from None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError("engine_parameters must be an object of names and values")
    return dict(value)
