"""Engines by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from localizer.engines.base import Engine
from localizer.errors import ConfigurationError

_FACTORIES: dict[str, Callable[..., Engine]] = {}


def register(name: str, factory: Callable[..., Engine]) -> None:
    """Make an engine known; the last registration of a name counts."""
    _FACTORIES[name] = factory


def engine_names() -> tuple[str, ...]:
    """Names that `get_engine` takes."""
    return tuple(sorted({"qwen", "typeset", *_FACTORIES}))


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
    raise ConfigurationError(f"no engine {name!r}; there are {', '.join(engine_names())}")
