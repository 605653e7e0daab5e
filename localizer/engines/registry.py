"""Engines by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from localizer.engines.base import Engine
from localizer.errors import ConfigurationError

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

    module, _, attribute = _MODELS[name].partition(":")
    model = getattr(import_module(module), attribute)
    known = set(inspect.signature(ModelEngine).parameters) - {"model", "name"}
    taken = set(inspect.signature(model).parameters) - {"access"}  # where a service is decides no pixels
    for parameter in parameters:
        if parameter not in known | taken:
            raise ConfigurationError(
                f"engine {name!r} has no parameter {parameter!r}; it has {', '.join(sorted(known | taken))}. "
                "Where a service is, and its key, belong into its connection"
            )
    own = {key: value for key, value in parameters.items() if key in known - taken}
    rest = {key: value for key, value in parameters.items() if key not in own}
    return ModelEngine(model(**rest), name=name, **own)
