"""Engines by name."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from localizer.documents import canonical_json
from localizer.engines.base import Engine
from localizer.errors import ConfigurationError

if TYPE_CHECKING:
    from localizer.remote.access import Access

_FACTORIES: dict[str, Callable[..., Engine]] = {}

_MODELS = {
    "dashscope": "localizer.remote.dashscope:DashScopeModel",
    "dify": "localizer.remote.dify:DifyEditModel",
    "openai": "localizer.remote.openai:OpenAIEditModel",
}
"""Engines that are a `ModelEngine` over a service's model; imported only when asked for."""


def register(name: str, factory: Callable[..., Engine]) -> None:
    """Make an engine known; the last registration of a name counts."""
    _FACTORIES[name] = factory


def engine_names() -> tuple[str, ...]:
    """Names that `get_engine` takes."""
    return tuple(sorted({"qwen", "typeset", *_MODELS, *_FACTORIES}))


def get_engine(name: str, **parameters: Any) -> Engine:
    """Make an engine.

    Raises:
        ConfigurationError: no such engine, or it lacks something on this machine.
    """
    if name in _FACTORIES:
        return _FACTORIES[name](**parameters)
    if name == "typeset":
        from localizer.engines.typeset import TypesetEngine

        return TypesetEngine(**parameters)
    if name == "qwen":
        from localizer.diffusion.engine import qwen_engine

        return qwen_engine(**parameters)
    if name in _MODELS:
        return _over_model(name, parameters)
    raise ConfigurationError(f"no engine {name!r}; there are {', '.join(engine_names())}")


def _over_model(name: str, parameters: dict[str, Any]) -> Engine:
    """A `ModelEngine`; it takes the parameters that it knows, its model all others."""
    from localizer.engines.model_engine import ModelEngine
    from localizer.remote.access import find_access

    known = set(inspect.signature(ModelEngine).parameters) - {"model", "name"}
    taken = set(inspect.signature(_model_class(name)).parameters) - {"access"}
    for parameter in parameters:
        if parameter not in known | taken:
            raise ConfigurationError(
                f"engine {name!r} has no parameter {parameter!r}; it has {', '.join(sorted(known | taken))}. "
                "Where a service is, and its key, belong into its connection"
            )
    own = {key: value for key, value in parameters.items() if key in known - taken}
    rest = {key: value for key, value in parameters.items() if key not in own}
    return ModelEngine(_shared_model(name, canonical_json(rest), find_access(name)), name=name, **own)


def _model_class(name: str) -> Any:
    module, _, attribute = _MODELS[name].partition(":")
    return getattr(import_module(module), attribute)


@lru_cache(maxsize=8)
def _shared_model(name: str, parameters: str, access: Access | None) -> Any:
    """One model a service and process: engines are made anew for every job that falls back on them, and the
    limits of the connection hold for all of them together."""
    return _model_class(name)(**json.loads(parameters), access=access)
