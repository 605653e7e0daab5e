"""Engines by name, or by import path: ``package.module:Factory``."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from localizer.documents import canonical_json, did_you_mean
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

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
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
        return _by_import_path(name, parameters)
    raise ConfigurationError(
        f"no engine {name!r}; there are {', '.join(engine_names())}, and any other by package.module:Factory"
    )


def _by_import_path(path: str, parameters: dict[str, Any]) -> Engine:
    if not _IMPORT_PATH.fullmatch(path):
        raise ConfigurationError(f"engine {path!r} is not an import path such as package.module:Factory")
    name, _, attribute = path.partition(":")
    try:
        module = import_module(name)
    except ModuleNotFoundError as exc:
        missing = exc.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise ConfigurationError(f"engine {path!r}: there is no module {missing!r} on the path") from exc
        raise ConfigurationError(f"engine {path!r} needs the module {missing!r}: install it") from exc
    except ImportError as exc:
        raise ConfigurationError(f"engine {path!r} cannot be imported: {exc}") from exc
    factory = getattr(module, attribute, None)
    if not callable(factory):
        hint = did_you_mean(attribute, (n for n, v in vars(module).items() if isinstance(v, type)))
        raise ConfigurationError(f"engine {path!r}: {name} has no {attribute!r} to call{hint}")
    try:
        inspect.signature(factory).bind(**parameters)
    except TypeError as exc:
        raise ConfigurationError(f"engine {path!r} does not take these parameters: {exc}") from exc
    engine = factory(**parameters)
    lacking = [part for part in _ENGINE_HAS if not hasattr(engine, part)]
    if lacking:
        raise ConfigurationError(f"engine {path!r} gave no engine: it lacks {', '.join(lacking)}")
    return cast(Engine, engine)


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
