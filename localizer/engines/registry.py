"""Engines by name, or by import path: ``package.module:Factory``."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from localizer.documents import canonical_json
from localizer.engines.base import Engine
from localizer.errors import ConfigurationError
from localizer.import_paths import make_by_path

if TYPE_CHECKING:
    from localizer.remote.access import Access

_FACTORIES: dict[str, Callable[..., Engine]] = {}

_MODELS = {
    "dashscope": "localizer.remote.dashscope:DashScopeModel",
    "dify": "localizer.remote.dify:DifyEditModel",
    "openai": "localizer.remote.openai:OpenAIEditModel",
}
"""Engines that are a `ModelEngine` over a service's model; imported only when asked for."""

_ENGINE_HAS = ("name", "version", "parameters", "edit")


def register(name: str, factory: Callable[..., Engine]) -> None:
    """Make an engine known; the last registration of a name counts."""
    _FACTORIES[name] = factory


def engine_names() -> tuple[str, ...]:
    """Names that `get_engine` takes beside import paths."""
    return tuple(sorted({"qwen", "typeset", *_MODELS, *_FACTORIES}))


def get_engine(name: str, **parameters: Any) -> Engine:
    """Make an engine.

    Args:
        name: one of `engine_names`, or the import path ``package.module:Factory`` of what takes the
            parameters as keywords and gives an `Engine`. Importing runs the module's code: whoever may name
            an engine by path may run code, so forms and brand kits take names only.

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
    if ":" in name:
        return cast(Engine, make_by_path(name, parameters, kind="engine", has=_ENGINE_HAS))
    raise ConfigurationError(
        f"no engine {name!r}; there are {', '.join(engine_names())}, and any other by package.module:Factory"
    )


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
